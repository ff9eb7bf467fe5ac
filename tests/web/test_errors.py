"""Whatever happens, people read a sentence, and every answer carries the headers."""

import httpx
from litestar import get

from portal import app as portal_app
from portal.web.security import HEADERS
from tests.conftest import browser


async def test_an_unknown_address_says_so_in_words(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/app/no/such/page")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


async def test_errors_carry_the_security_headers_too(stranger: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/app/no/such/page"), ("POST", "/health"), ("GET", "/health"), ("GET", "/static/none.css")):
        answer = await stranger.request(method, path)
        missing = [name for name in HEADERS if name not in answer.headers]
        assert missing == [], f"{method} {path} {answer.status_code}"


async def test_the_policy_forbids_inline_script_and_style(stranger: httpx.AsyncClient) -> None:
    policy = (await stranger.get("/health")).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


async def test_a_fault_of_ours_shows_no_stack_trace(stores: None) -> None:
    @get("/health/broken", opt={"public": True})
    async def broken() -> None:
        raise RuntimeError("the secret inside")

    litestar = portal_app.litestar_app()
    litestar.register(broken)
    async with browser(litestar) as client:
        answer = await client.get("/health/broken")
    assert answer.status_code == 500
    assert "Our mistake" in answer.text
    assert "secret inside" not in answer.text


async def test_machines_get_a_problem_document(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/api/v1/none")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404
