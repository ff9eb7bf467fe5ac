"""The page that explains the API, and the schema behind it."""

import re

import httpx

from portal.accounts.keys import Scope
from portal.integrations.api.pages import OPERATIONS


async def test_the_schema_is_open_to_all_and_names_everything_once(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/schema/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert found["openapi"] == "3.1.0"
    names = [one["operationId"] for path in found["paths"].values() for one in path.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)
    assert all(path.startswith("/api/v1/") for path in found["paths"])
    assert [name for name in found["components"]["schemas"] if "." in name] == []
    assert all(one["description"] for path in found["paths"].values() for one in path.values())


async def test_the_page_shows_every_operation_and_needs_nobody_else(stranger: httpx.AsyncClient) -> None:
    page = (await stranger.get("/schema")).text
    for operation in OPERATIONS:
        assert f"/api/v1{operation.path}" in page
        assert operation.summary in page
    assert all(f"<code>{scope}</code>" in page for scope in Scope)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=|<style", page)
    assert set(re.findall(r'(?:src|href)="(https?://[^"]*)"', page)) == set()
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_every_operation_says_what_it_does() -> None:
    assert [operation.name for operation in OPERATIONS if not operation.about and operation.method != "GET"] == []
