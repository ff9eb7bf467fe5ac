"""What members see of candidates, and what they can do for them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.access import SignedIn
from portal.candidates.pages import language_name
from portal.links.personal import personal_url
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_job, add_link, insert, post, sign_in
from tests.conftest import browser


@pytest.fixture
async def people(northgate: Northgate) -> dict[str, UUID]:
    """Ana came by a story and stopped at a question; Ben was added by hand; Eve typed the address and finished."""
    story = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    started: dict[str, Any] = {
        "stage": "started",
        "started_at": NOW - timedelta(days=3),
        "answered": 2,
        "active_at": NOW - timedelta(days=3),
    }
    invited = {"stage": "invited", "door": "form", "captured_at": None, "invited_at": NOW, "active_at": NOW - timedelta(hours=1)}
    completed = {"stage": "completed", "completed_at": NOW, "answered": 3, "deadline_at": None}
    made = {}
    for name, changes in {"Ana": started | {"link_id": story}, "Ben": invited, "Eve": completed}.items():
        person = await add_candidate(northgate.id, f"{name} Sample", f"{name.lower()}@example.com")
        values = {"deadline_at": NOW + timedelta(days=3650)} | changes
        made[name] = await add_application(northgate.id, northgate.job_id, person, **values)
    return made


async def names(client: httpx.AsyncClient, query: str = "", path: str = "/app/candidates") -> set[str]:
    page = await client.get(path + query, headers={"HX-Request": "true"})
    assert page.status_code == 200, page.text
    return {name for name in ("Ana", "Ben", "Eve") if f"{name} Sample" in page.text}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Ana", "Ben", "Eve"}),
        ("?q=BEN", {"Ben"}),
        ("?q=eve@example", {"Eve"}),
        ("?q=%25", set()),
        ("?stage=started", {"Ana"}),
        ("?stage=nonsense", {"Ana", "Ben", "Eve"}),
        ("?stuck=1", {"Ana"}),
        ("?channel=by-hand", {"Ben"}),
        ("?channel=direct", {"Eve"}),
        ("?channel=nonsense", set()),
        ("?page=2", set()),
    ],
)
async def test_the_list_is_what_its_address_says(
    recruiter: httpx.AsyncClient, people: dict[str, UUID], query: str, found: set[str]
) -> None:
    assert await names(recruiter, query) == found


async def test_the_list_can_be_narrowed_to_a_channel(
    recruiter: httpx.AsyncClient, northgate: Northgate, people: dict[str, UUID]
) -> None:
    channel = await db.value("SELECT id FROM channel WHERE workspace_id = $1", northgate.id)
    assert await names(recruiter, f"?channel={channel}") == {"Ana"}


async def test_the_list_is_sorted_by_what_was_asked(recruiter: httpx.AsyncClient, people: dict[str, UUID]) -> None:
    page = (await recruiter.get("/app/candidates?sort=active")).text
    assert page.index("Eve Sample") < page.index("Ben Sample") < page.index("Ana Sample")


async def test_a_jobs_list_shows_only_its_own(
    recruiter: httpx.AsyncClient, northgate: Northgate, people: dict[str, UUID]
) -> None:
    other = await add_job(northgate.id)
    assert await names(recruiter, path=f"/app/jobs/{northgate.job_id}/candidates") == {"Ana", "Ben", "Eve"}
    assert await names(recruiter, path=f"/app/jobs/{other}/candidates") == set()


async def test_a_row_says_how_they_came_and_how_far_they_are(recruiter: httpx.AsyncClient, people: dict[str, UUID]) -> None:
    page = (await recruiter.get("/app/candidates")).text
    for words in ("Instagram · Story", "Added by hand", "Direct", "2 of 3", "Night nurse"):
        assert words in page


async def test_fifty_stand_on_a_page(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    for n in range(51):
        await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id, f"P {n}", f"p{n}@example.com"))
    first, second = [(await recruiter.get(f"/app/candidates?page={n}")).text for n in (1, 2)]

    assert first.count("data-item") == 50
    assert second.count("data-item") == 1
    assert "51–51 of 51" in second


async def test_an_empty_list_says_what_to_do_next(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    page = (await recruiter.get(f"/app/jobs/{northgate.job_id}/candidates")).text
    assert "Nobody has come yet" in page
    assert f"/app/jobs/{northgate.job_id}/share" in page


PAGES = ["/app/candidates", "/app/jobs/{job}/candidates", "/app/jobs/{job}/candidates/add", "/app/candidates/{ana}"]
FORMS = [
    "/app/jobs/{job}/candidates/add",
    "/app/candidates/{ana}/withdraw",
    "/app/candidates/{ana}/restore",
    "/app/candidates/{ana}/deadline",
]


@pytest.mark.parametrize("path", PAGES)
async def test_a_marketer_sees_no_candidate(app: ASGIApp, northgate: Northgate, people: dict[str, UUID], path: str) -> None:
    async with browser(app) as client:
        await sign_in(client, northgate.marketer)
        page = await client.get(path.format(job=northgate.job_id, ana=people["Ana"]))
    assert page.status_code == 403
    assert "Sample" not in page.text


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("role", ["marketer", "viewer"])
async def test_who_may_only_look_changes_nothing(
    app: ASGIApp, northgate: Northgate, people: dict[str, UUID], path: str, role: str
) -> None:
    async with browser(app) as client:
        await sign_in(client, getattr(northgate, role))
        answer = await post(client, path.format(job=northgate.job_id, ana=people["Ana"]), {"until": "2099-01-01"})
    assert answer.status_code == 403
    assert await db.value("SELECT count(*) FROM event") == 0


async def test_a_viewer_gets_no_link_to_copy(app: ASGIApp, northgate: Northgate, people: dict[str, UUID]) -> None:
    async with browser(app) as client:
        await sign_in(client, northgate.viewer)
        page = await client.get(f"/app/candidates/{people['Ana']}")
    assert page.status_code == 200
    assert await link_of(people["Ana"]) not in page.text


@pytest.mark.parametrize("path", [*PAGES[1:], *FORMS])
async def test_an_outsider_finds_nothing(
    app: ASGIApp, northgate: Northgate, outsider: SignedIn, people: dict[str, UUID], path: str
) -> None:
    async with browser(app) as client:
        await sign_in(client, outsider)
        where = path.format(job=northgate.job_id, ana=people["Ana"])
        answer = await (post(client, where, {"until": "2099-01-01", "name": "X"}) if path in FORMS[1:] else client.get(where))
    assert answer.status_code == 404
    assert "Sample" not in answer.text


async def link_of(application_id: UUID) -> str:
    return personal_url(await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id))


def form(**changes: Any) -> dict[str, Any]:
    return {"name": "Ida Sample", "email": "ida@example.com", "invite": "now", "note": "Met at the fair"} | changes


async def test_somebody_added_by_hand_gets_a_link_to_copy_at_once(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await keep_open(northgate)
    answer = await post(recruiter, f"/app/jobs/{northgate.job_id}/candidates/add", form())
    assert answer.status_code == 303
    page = (await recruiter.get(answer.headers["location"])).text

    made = await db.row("SELECT * FROM application")
    assert made is not None
    assert (made["stage"], made["door"], made["invite"]) == ("invited", "form", True)
    assert f'data-copy="{await link_of(made["id"])}"' in page
    assert "Met at the fair" in (await recruiter.get(f"/app/candidates/{made['id']}")).text


async def test_copying_only_invites_nobody(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await keep_open(northgate)
    await post(recruiter, f"/app/jobs/{northgate.job_id}/candidates/add", form(invite="copy"))
    assert await db.value("SELECT invite FROM application") is False


async def test_a_form_that_cannot_be_used_keeps_what_was_typed(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await keep_open(northgate)
    answer = await post(recruiter, f"/app/jobs/{northgate.job_id}/candidates/add", form(name="", email="ida", phone="12"))
    assert answer.status_code == 422
    assert answer.text.count('class="error"') == 3
    assert 'value="ida"' in answer.text
    assert "Met at the fair" in answer.text


async def test_adding_to_a_draft_says_why_not(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("UPDATE job SET status = 'draft'")
    answer = await post(recruiter, f"/app/jobs/{northgate.job_id}/candidates/add", form())
    assert answer.status_code == 422
    assert "Publish it first" in answer.text


async def test_adding_somebody_twice_shows_the_link_they_have(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await keep_open(northgate)
    first, second = [await post(recruiter, f"/app/jobs/{northgate.job_id}/candidates/add", form()) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    assert "at this job already" in (await recruiter.get(second.headers["location"])).text


async def keep_open(northgate: Northgate) -> None:
    """Pages ask the real clock."""
    await db.run("UPDATE job SET deadline_at = NULL WHERE id = $1", northgate.job_id)


async def test_one_person_s_page_tells_the_way_the_answers_and_the_contact(
    recruiter: httpx.AsyncClient, northgate: Northgate, people: dict[str, UUID]
) -> None:
    answer = {"question_id": northgate.question_ids[0], "prompt": "Registration?", "value": {"value": "19I4512E"}}
    await insert("answer", workspace_id=northgate.id, application_id=people["Ana"], answered_at=NOW, **answer)
    for kind, data in [("captured", {}), ("started", {}), ("answered", {"number": 1}), ("answered", {"number": 2})]:
        await insert("event", workspace_id=northgate.id, application_id=people["Ana"], kind=kind, at=NOW, data=data)
    page = (await recruiter.get(f"/app/candidates/{people['Ana']}")).text

    for words in ("What happens next", "What happened", "Instagram · Story", "2 of 3 answered", "ana@example.com"):
        assert words in page
    for words in ("Registration?", "19I4512E", "Answered questions 1 to 2", "Started the interview", "no texts"):
        assert words in page
    assert await link_of(people["Ana"]) in page


async def test_a_withdrawal_can_be_undone(recruiter: httpx.AsyncClient, people: dict[str, UUID]) -> None:
    home = f"/app/candidates/{people['Ana']}"
    answer = await post(recruiter, f"{home}/withdraw")
    page = (await recruiter.get(answer.headers["location"])).text
    assert f'action="{home}/restore"' in page
    assert await stage(people["Ana"]) == "withdrawn"

    await post(recruiter, f"{home}/restore")
    assert await stage(people["Ana"]) == "started"


async def test_a_deadline_is_moved_to_the_end_of_the_day_at_the_workspace(
    recruiter: httpx.AsyncClient, people: dict[str, UUID]
) -> None:
    await post(recruiter, f"/app/candidates/{people['Ana']}/deadline", {"until": "2099-07-01"})
    until = await db.value("SELECT deadline_at FROM application WHERE id = $1", people["Ana"])
    assert f"{until:%Y-%m-%d %H:%M}" == "2099-07-01 22:59"


@pytest.mark.parametrize("until", ["", "2001-01-01", "soon", "0001-01-01", "9999-12-31x"])
async def test_a_day_that_is_none_moves_nothing(recruiter: httpx.AsyncClient, people: dict[str, UUID], until: str) -> None:
    before = await db.value("SELECT deadline_at FROM application WHERE id = $1", people["Ana"])
    answer = await post(recruiter, f"/app/candidates/{people['Ana']}/deadline", {"until": until})
    assert answer.status_code == 303
    assert await db.value("SELECT deadline_at FROM application WHERE id = $1", people["Ana"]) == before


async def stage(application_id: UUID) -> str:
    return str(await db.value("SELECT stage FROM application WHERE id = $1", application_id))


@pytest.mark.parametrize(("tag", "name"), [("pt", "Portuguese"), ("pt-br", "Portuguese (Brazil)"), ("", ""), ("xx1", "xx1")])
def test_a_language_is_called_by_its_name(tag: str, name: str) -> None:
    assert language_name(tag) == name
