"""What one link does: its dates, its target, what was changed, and the way back."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.links import countdown, destinations, history, links, public
from portal.links.destinations import Fault
from portal.links.history import What
from portal.links.links import LinkState
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, post

LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def link_id(northgate: Northgate) -> UUID:
    return await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig")


async def change(northgate: Northgate, link_id: UUID, **values: object) -> list[UUID]:
    return await history.change(northgate.id, link_id, values, by=northgate.marketer.id, now=NOW)


async def test_a_change_is_written_down_with_who_and_from_what_to_what(northgate: Northgate, link_id: UUID) -> None:
    await change(northgate, link_id, target_url="https://example.com/a", label="Night ad")
    found = {entry.what: entry for entry in await history.entries(northgate.id, link_id)}
    assert set(found) == {What.TARGET, What.NAME}
    assert found[What.TARGET].by == "Sam Reed"
    assert found[What.TARGET].before == {"job_id": northgate.job_id, "target_url": ""}
    assert found[What.TARGET].after["target_url"] == "https://example.com/a"


async def test_what_is_so_already_is_no_change(northgate: Northgate, link_id: UUID) -> None:
    assert await change(northgate, link_id, label="", paused_at=None) == []
    assert len(await history.pause(northgate.id, link_id, by=None, now=NOW)) == 1
    assert await history.pause(northgate.id, link_id, by=None, now=LATER) == []
    assert (await links.get_link(northgate.id, link_id)).paused_at == NOW


@pytest.mark.parametrize(
    "values",
    [
        {"starts_at": LATER},
        {"expires_at": LATER},
        {"expires_after_hours": 24},
        {"target_url": "/jobs"},
        {"paused_at": NOW},
        {"archived_at": NOW},
        {"label": "Other", "note": "Why"},
        {"card_title": "Nights", "card_text": "Tonight"},
    ],
)
async def test_each_change_can_be_taken_back_and_that_too(northgate: Northgate, link_id: UUID, values: dict[str, object]) -> None:
    before = await links.get_link(northgate.id, link_id)
    made = await change(northgate, link_id, **values)
    after = await links.get_link(northgate.id, link_id)
    assert after != before
    back = await history.undo(northgate.id, link_id, made, by=None, now=LATER)
    assert await links.get_link(northgate.id, link_id) == before
    await history.undo(northgate.id, link_id, back, by=None, now=LATER)
    again = await links.get_link(northgate.id, link_id)
    assert again == after


async def test_nobody_changes_links_of_another_workspace(northgate: Northgate, outsider: SignedIn, link_id: UUID) -> None:
    made = await change(northgate, link_id, label="Ours")
    theirs = outsider.workspace_id
    with pytest.raises(Missing):
        await history.change(theirs, link_id, {"label": "Mine"}, by=outsider.id, now=NOW)
    with pytest.raises(Missing):
        await history.undo(theirs, link_id, made, by=outsider.id, now=NOW)
    assert await history.entries(theirs, link_id) == []
    assert (await links.get_link(northgate.id, link_id)).label == "Ours"


# ---- Hours after the first tap -----------------------------------------------------------------------------------------


async def test_a_link_ends_so_many_hours_after_its_first_tap(northgate: Northgate, link_id: UUID) -> None:
    await change(northgate, link_id, expires_after_hours=24)
    assert await countdown.first_taps({link_id: LATER}) == [link_id]
    assert await countdown.first_taps({link_id: LATER + timedelta(hours=3)}) == [], "only the first counts"
    link = await links.get_link(northgate.id, link_id)
    assert (link.first_tap_at, link.expires_at) == (LATER, LATER + timedelta(hours=24))
    assert link.state(LATER + timedelta(hours=23)) is LinkState.ACTIVE
    assert link.state(LATER + timedelta(hours=24)) is LinkState.EXPIRED


async def test_an_earlier_tap_that_comes_late_moves_the_end(northgate: Northgate, link_id: UUID) -> None:
    await change(northgate, link_id, expires_after_hours=1)
    await countdown.first_taps({link_id: LATER})
    assert await countdown.first_taps({link_id: NOW}) == [link_id]
    assert (await links.get_link(northgate.id, link_id)).expires_at == NOW + timedelta(hours=1)


async def test_the_first_tap_is_known_of_links_without_such_an_end_too(northgate: Northgate, link_id: UUID) -> None:
    assert await countdown.first_taps({link_id: NOW}) == [], "nothing that the redirect must hear of"
    await change(northgate, link_id, expires_after_hours=48)
    assert (await links.get_link(northgate.id, link_id)).expires_at == NOW + timedelta(hours=48)


async def test_taking_back_a_date_counts_from_the_first_tap_again(northgate: Northgate, link_id: UUID) -> None:
    await change(northgate, link_id, expires_after_hours=24)
    made = await change(northgate, link_id, expires_after_hours=None, expires_at=NOW + timedelta(days=9))
    await countdown.first_taps({link_id: LATER})
    assert (await links.get_link(northgate.id, link_id)).expires_at == NOW + timedelta(days=9)
    await history.undo(northgate.id, link_id, made, by=None, now=LATER)
    assert (await links.get_link(northgate.id, link_id)).expires_at == LATER + timedelta(hours=24)


# ---- Where it leads ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://example.com/a?b=c#d", None),
        ("http://example.com:8080", None),
        ("https://bücher.example/straße", None),
        ("https://8.8.8.8/", None),
        ("", Fault.EMPTY),
        ("example.com", Fault.SHAPE),
        ("https://", Fault.SHAPE),
        ("https://exa mple.com", Fault.SHAPE),
        ("https://example.com/\n", Fault.SHAPE),
        ("https://example.com\\@evil.example", Fault.SHAPE),
        ("https://nodots", Fault.SHAPE),
        ("https://example.com:99999", Fault.SHAPE),
        ("https://[::1", Fault.SHAPE),
        ("https://example.com/" + "a" * 2000, Fault.LONG),
        ("javascript:alert(1)", Fault.SHAPE),
        ("ftp://example.com/", Fault.SCHEME),
        ("https://user:secret@example.com/", Fault.SECRET),
        ("https://portal.test/x", Fault.LOOP),
        ("https://GO.Example.com./x", Fault.LOOP),
        ("http://localhost/", Fault.PRIVATE),
        ("http://printer.local/", Fault.PRIVATE),
        ("http://127.0.0.1/", Fault.PRIVATE),
        ("http://127.1/", Fault.PRIVATE),
        ("http://0x7f.0.0.1/", Fault.PRIVATE),
        ("http://2130706433/", Fault.PRIVATE),
        ("http://10.1.2.3/", Fault.PRIVATE),
        ("http://169.254.169.254/latest", Fault.PRIVATE),
        ("http://[::1]/", Fault.PRIVATE),
        ("http://[fd00::1]/", Fault.PRIVATE),
        ("http://[::ffff:127.0.0.1]/", Fault.PRIVATE),
    ],
)
def test_only_addresses_that_everybody_can_reach_are_led_to(url: str, fault: Fault | None) -> None:
    assert destinations.fault_of(url, {"portal.test", "go.example.com"}) is fault


def test_an_address_is_kept_in_letters_that_a_header_can_carry() -> None:
    assert destinations.tidy("https://Bücher.example:8443/straße?q=ä%20b") == (
        "https://xn--bcher-kva.example:8443/stra%C3%9Fe?q=%C3%A4%20b"
    )


async def test_the_redirect_learns_where_a_link_leads(northgate: Northgate, link_id: UUID) -> None:
    async def location() -> str:
        return (await public.find_links(["nurse-ig"]))["nurse-ig"].location

    assert await location() == ""
    await change(northgate, link_id, target_url="https://example.com/a?utm_source=own")
    assert await location() == "https://example.com/a?utm_source=own&utm_medium=story"
    await change(northgate, link_id, target_url="/jobs")
    assert await location() == f"/jobs/{str(northgate.id)[-12:]}"


# ---- Pages -------------------------------------------------------------------------------------------------------------


async def test_a_link_is_led_elsewhere_and_back(recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID) -> None:
    page = f"/app/links/{link_id}"
    other = await add_job(northgate.id, title="Day nurse")
    sent = {"leads_to": "website", "job": str(northgate.job_id), "website": "https://example.com/jobs"}
    answer = await post(recruiter, f"{page}/target", sent, follow_redirects=True)
    assert "It leads to another website." in answer.text
    undo = re.search(rf'action="({page}/undo\?change=[^"]+)"', answer.text)
    assert undo
    await post(recruiter, undo[1])
    assert "It leads to the job&#39;s page" in (await recruiter.get(page)).text
    await post(recruiter, f"{page}/target", {"leads_to": "job", "job": str(other), "website": ""})
    assert (await links.get_link(northgate.id, link_id)).job_title == "Day nurse"
    told = (await recruiter.get(f"{page}/history")).text
    assert "Night nurse → Day nurse" in " ".join(told.split())
    assert "https://example.com/jobs" in told
    assert told.count("Take this back") == 3


async def test_a_wrong_target_is_said_beside_its_field_and_kept(
    recruiter: httpx.AsyncClient, northgate: Northgate, outsider: SignedIn, link_id: UUID
) -> None:
    page = f"/app/links/{link_id}/target"
    answer = await post(recruiter, page, {"leads_to": "website", "website": "http://localhost/x"})
    assert answer.status_code == 422
    assert answer.text.count(Fault.PRIVATE.value.replace("'", "&#39;")) == 2
    assert 'value="http://localhost/x"' in answer.text
    foreign = await add_job(outsider.workspace_id)
    answer = await post(recruiter, page, {"leads_to": "job", "job": str(foreign)})
    assert answer.status_code == 422
    assert await history.entries(northgate.id, link_id) == []


async def test_dates_are_the_workspaces_own_and_must_make_sense(
    recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID
) -> None:
    page = f"/app/links/{link_id}"
    sent = {"label": "", "note": "", "ends": "at", "starts_at": "2030-07-01T08:00", "expires_at": "2030-07-02T08:00"}
    assert (await post(recruiter, page, sent)).status_code == 303
    link = await links.get_link(northgate.id, link_id)
    assert link.starts_at is not None
    assert link.starts_at.isoformat() == "2030-07-01T07:00:00+00:00"
    wrong = await post(recruiter, page, sent | {"expires_at": "2030-06-30T08:00"})
    assert wrong.status_code == 422
    assert "It would end before it starts." in wrong.text
    assert (await post(recruiter, page, sent | {"expires_at": ""})).status_code == 422
    assert (await post(recruiter, page, sent | {"ends": "after", "expires_after_hours": "0"})).status_code == 422
    assert (await post(recruiter, page, sent | {"ends": "after", "expires_after_hours": "24"})).status_code == 303
    link = await links.get_link(northgate.id, link_id)
    assert (link.expires_at, link.expires_after_hours) == (None, 24)
    assert "24 hours after the first tap; none is known yet" in (await recruiter.get(page)).text


async def test_an_undo_of_what_is_not_there_is_nothing(recruiter: httpx.AsyncClient, link_id: UUID) -> None:
    for query in ("", "?change=x", f"?change={db.new_id()}"):
        assert (await post(recruiter, f"/app/links/{link_id}/undo{query}")).status_code == 404
