"""Setup faults: found in taps of people, counted once, quiet when mended."""

from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.clicks import faults
from portal.clicks.faults import QUIET_AFTER, Fault, after
from portal.clicks.prefill import stored
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_channel, add_link, post
from tests.clicks.hitting import click, ingest_all, write

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def link_id(northgate: Northgate) -> UUID:
    channel = await add_channel(
        northgate.id, network="ats", placement="email", network_name="ATS", placement_name="Email template"
    )
    return await add_link(northgate.id, northgate.job_id, channel, "nurse-ats", label="Greenhouse", system="greenhouse")


async def tap(link_id: UUID, query: str, at: datetime = NOW) -> None:
    await write(click(link_id, at=at, query=stored(query)))
    await ingest_all()


def one(taps: str) -> Fault | None:
    """What becomes of a field: ``x`` a merge field, ``.`` a value, ``m`` marked as mended, one a minute."""
    fault: Fault | None = None
    for minute, what in enumerate(taps):
        at = NOW + minute * MINUTE
        if what == "m" and fault is not None:
            fault = Fault(token=fault.token, taps=fault.taps, first_at=fault.first_at, last_at=fault.last_at, mended_at=at)
        else:
            fault = after(fault, at, "{{name}}" if what == "x" else "")
    return fault


@pytest.mark.parametrize(
    ("taps", "is_open", "count"),
    [
        ("x", True, 1),
        ("xxx", True, 3),
        ("..x", True, 1),
        ("x..", True, 1),
        ("x..x", True, 2),
        ("x...", False, 1),
        ("xx...x", True, 1),
        ("xm", False, 1),
        ("xm.", False, 1),
        ("xxmx", True, 1),
        ("xmx...", False, 1),
    ],
)
def test_a_fault_is_open_until_it_is_mended_or_clean_taps_follow(taps: str, is_open: bool, count: int) -> None:
    fault = one(taps)
    assert fault is not None
    assert (fault.is_open, fault.taps) == (is_open, count)


def test_taps_that_come_late_mend_nothing_and_break_nothing() -> None:
    fault = one("xx")
    assert after(fault, NOW, "") == fault
    mended = one("x.m")
    assert mended is not None
    late = after(mended, NOW - MINUTE, "{{name}}")
    assert late is not None
    assert not late.is_open
    assert one("...") is None


async def test_what_arrived_unreplaced_is_shown_with_its_count_and_last_time(northgate: Northgate, link_id: UUID) -> None:
    await tap(link_id, "name={{first_name}}&email=ana@example.com")
    await tap(link_id, "name={{first_name}}&email=bea@example.com", NOW + MINUTE)

    (fault,) = await faults.open_faults(northgate.id)
    assert (fault.field, fault.token, fault.taps, fault.last_at) == ("name", "{{first_name}}", 2, NOW + MINUTE)
    assert (fault.link_id, fault.system, fault.name) == (link_id, "greenhouse", "ATS · Email template · Greenhouse")


async def test_only_people_who_were_led_on_count_and_each_of_them_once(northgate: Northgate, link_id: UUID) -> None:
    query = stored("name={{first_name}}")
    hit = click(link_id, query=query)
    await write(hit, click(link_id, query=query, user_agent="curl/8"), click(link_id, query=query, staff=True))
    await write(click(link_id, query=query, outcome="closed"), click(link_id, query=query, user_agent="facebookexternalhit/1.1"))
    await ingest_all()
    await write(hit)
    await ingest_all()

    assert [fault.taps for fault in await faults.open_faults(northgate.id)] == [1]


async def test_filled_taps_that_follow_make_it_quiet(northgate: Northgate, link_id: UUID) -> None:
    await tap(link_id, "name={{first_name}}&phone={{phone}}")
    for minute in range(1, QUIET_AFTER + 1):
        await tap(link_id, "name=Ana", NOW + minute * MINUTE)

    assert [fault.field for fault in await faults.open_faults(northgate.id)] == ["phone"]


async def test_it_can_be_marked_as_mended_and_is_back_when_it_comes_again(
    marketer: httpx.AsyncClient, northgate: Northgate, link_id: UUID
) -> None:
    await tap(link_id, "name={{first_name}}")
    (fault,) = await faults.open_faults(northgate.id)
    for page in (f"/app/links/{link_id}", f"/app/jobs/{northgate.job_id}/share"):
        assert "{{first_name}}" in (await marketer.get(page)).text
    answer = await post(marketer, f"/app/links/faults/{fault.id}/mended", {"back": f"/app/links/{link_id}"})
    assert answer.headers["location"] == f"/app/links/{link_id}"
    assert "{{first_name}}" not in (await marketer.get(f"/app/links/{link_id}")).text

    mended_at = await db.value("SELECT mended_at FROM prefill_fault")
    await tap(link_id, "name={{first_name}}", mended_at + MINUTE)
    assert [fault.taps for fault in await faults.open_faults(northgate.id)] == [1]


async def test_viewers_see_it_and_mend_nothing(viewer: httpx.AsyncClient, northgate: Northgate, link_id: UUID) -> None:
    await tap(link_id, "name={{first_name}}")
    (fault,) = await faults.open_faults(northgate.id)
    page = (await viewer.get(f"/app/links/{link_id}")).text
    assert "{{first_name}}" in page
    assert "It is mended" not in page
    assert (await post(viewer, f"/app/links/faults/{fault.id}/mended")).status_code == 403


async def test_another_workspace_mends_nothing_of_ours(northgate: Northgate, link_id: UUID) -> None:
    await tap(link_id, "name={{first_name}}")
    (fault,) = await faults.open_faults(northgate.id)
    with pytest.raises(Missing):
        await faults.mend(link_id, fault.id, now=NOW)
    assert await faults.open_faults(link_id) == []
