"""The numbers, held against the clicks, people and messages that they are made of."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.clicks.verdicts import Verdict
from portal.jobs.jobs import JobCounts
from portal.reports import counts, numbers
from portal.reports.figures import ChannelTable, Figures, LinkTable, channel_table, count, link_table, link_tables, total
from portal.reports.kept import blocks, click_folds
from portal.reports.people import Times
from portal.reports.scope import Dimension, Scope
from portal.reports.series import series
from portal.reports.tally import Tally
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_link
from tests.reports import raw
from tests.reports.conftest import World, hit, landing, record
from tests.reports.raw import day_of, scope_of

TODAY = NOW.date()
ALL = (TODAY - timedelta(days=60), TODAY)
PERIODS = [ALL, (TODAY - timedelta(days=29), TODAY), (TODAY - timedelta(days=12), TODAY - timedelta(days=12)), (TODAY, TODAY)]


FILTERS: list[dict[str, Any]] = [
    {"values": ((Dimension.DEVICE, "phone"),)},
    {"values": ((Dimension.REFERRER, ""),)},
    {"values": ((Dimension.DEVICE, "desktop"), (Dimension.LANGUAGE, "en"))},
    {"values": ((Dimension.APP, "Instagram"), (Dimension.LANGUAGE, "en"), (Dimension.REFERRER, ""))},
    {"verdict": Verdict.PREVIEW},
    {"verdict": Verdict.STAFF, "values": ((Dimension.APP, "Instagram"),)},
    {"zone": "Europe/Warsaw"},
    {"zone": "Europe/London", "values": ((Dimension.SYSTEM, "iOS"),)},
]


def places(world: World) -> list[dict[str, Any]]:
    jobs = [{"job_id": job_id} for job_id in world.jobs]
    links = [{"link_id": link_id} for link_id in world.links]
    return [{}, *jobs, *links, *groups(world)]


def groups(world: World) -> list[dict[str, Any]]:
    """Places of several links, and several places at once."""
    job, campaign, channel = {"job_id": world.jobs[1]}, {"campaign_id": world.campaigns[0]}, {"channel_id": world.channels[1]}
    return [campaign, channel, campaign | job, channel | job, channel | campaign, {"channel_id": world.channels[0], **job}]


async def test_every_number_is_what_the_rows_say(world: World) -> None:
    tables = await raw.tables()
    for start, end in PERIODS:
        for place in places(world):
            await check(scope_of(world.workspace_id, start, end, **place), tables)


@pytest.mark.parametrize("few", [0, numbers.FEW_HITS])
async def test_every_number_under_a_filter_is_what_the_rows_say(world: World, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Also where links have too many taps to be looked up one by one."""
    monkeypatch.setattr(numbers, "FEW_HITS", few)
    tables = await raw.tables()
    start, end = PERIODS[1]
    for filters in FILTERS:
        for place in [*places(world)[::3], {"channel_id": world.channels[0], "job_id": world.jobs[0]}]:
            await check(scope_of(world.workspace_id, start, end, **place, **filters), tables)


async def test_days_that_are_put_together_say_what_they_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = [hit(world.links[days % 3], NOW - timedelta(days=days), visitor=bytes([days])) for days in range(61, 150, 3)]
    await record([*long_ago, *(landing(tap) for tap in long_ago[::2])])
    tables, start = await raw.tables(), TODAY - timedelta(days=150)
    while await click_folds.fold(NOW):
        continue
    until = {row[0]: row[1] for row in await db.rows("SELECT days, max(day + days) FROM click_block GROUP BY 1")}
    assert until == {size: TODAY - timedelta(days=(TODAY - blocks.BEGINNING).days % size) for size in blocks.SIZES}
    nothing: dict[str, Any] = {}
    for filters in [nothing, *FILTERS]:
        for place in [nothing, {"job_id": world.jobs[1]}, {"link_id": world.links[1]}, *groups(world)]:
            for first, few in ((None, numbers.FEW_HITS), (start, 0)):
                monkeypatch.setattr(numbers, "FEW_HITS", few)
                await check(scope_of(world.workspace_id, start, TODAY, first=first, **place, **filters), tables)
    late = [hit(world.links[0], NOW - timedelta(days=days), visitor=b"late") for days in (5, 20)]
    await record([*late, landing(late[0])])
    tables = await raw.tables()
    for _ in range(2):
        for filters in [nothing, FILTERS[0], FILTERS[2]]:
            for place in (nothing, {"link_id": world.links[0]}, {"channel_id": world.channels[0]}):
                await check(scope_of(world.workspace_id, start, TODAY, **place, **filters), tables)
        assert await click_folds.fold(NOW) in (2 * 3, 0)


async def test_blocks_that_reach_over_the_ends_of_a_period_say_no_more_than_it_has(world: World) -> None:
    taps = [hit(world.links[days % 3], NOW - timedelta(days=days), visitor=bytes([days])) for days in range(10, 130, 2)]
    await record([*taps, *(landing(tap) for tap in taps[::2])])
    tables = await raw.tables()
    while await click_folds.fold(NOW):
        continue
    blocks_of = [day for day in blocks.days_in(TODAY - timedelta(days=120), TODAY) if not (day - blocks.BEGINNING).days % 16]
    phones, three = (Dimension.DEVICE, "phone"), FILTERS[3]
    assert len(three["values"]) == 3
    for start, end in ((3, -4), (7, -2), (8, -9), (1, 0)):
        period = blocks_of[0] + timedelta(days=start), blocks_of[4] + timedelta(days=end)
        scope = scope_of(world.workspace_id, *period)
        found, left, beyond = await click_folds.KEPT.across(scope, 16)
        days = {day.day for block in found for day in blocks.split(block, 1)}
        assert days - {*beyond} | {*left} == {*blocks.days_in(*period)}
        assert len(left) + len(beyond) <= 16
        previews = {"verdict": Verdict.PREVIEW, "values": (phones, (Dimension.APP, "Instagram"))}
        within = {"channel_id": world.channels[0], "job_id": world.jobs[0], "values": (phones,)}
        for asked in (three, previews, within):
            await check(scope_of(world.workspace_id, *period, **asked), tables)


async def test_lines_say_what_clicks_were_under_two_filters_and_mixes_what_they_were_under_more(world: World) -> None:
    taps = [hit(world.links[days % 3], NOW - timedelta(days=days), visitor=bytes([days])) for days in range(10, 130, 2)]
    await record(taps)
    while await click_folds.fold(NOW):
        continue
    phones, start = (Dimension.DEVICE, "phone"), TODAY - timedelta(days=120)
    english, within = (Dimension.LANGUAGE, "en"), {"channel_id": world.channels[0], "job_id": world.jobs[0]}
    two: list[dict[str, Any]] = [{"values": (english, phones)}, {"verdict": Verdict.PREVIEW, "values": (phones,)}]
    for known in ({"values": (phones,)}, *two, within, {"job_id": world.jobs[0]} | two[0]):
        tally = Tally()
        left = await click_folds.read(scope_of(world.workspace_id, start, TODAY, **known), tally)
        assert left is not None
        assert len(left) <= 2 * 3 + 1, known
        assert tally.days or known.get("verdict"), known
    for unknown in (FILTERS[3], two[1] | {"values": (phones, english)}, within | {"values": (phones,)}):
        assert await click_folds.read(scope_of(world.workspace_id, start, TODAY, **unknown), Tally()) is None


async def check(scope: Scope, tables: raw.Tables) -> None:
    """All that a page shows of `scope`, but costs."""
    rows, found = raw.Raw(tables, scope), (await count(scope))[0]
    table = found.table
    of_links = await link_table(scope)
    links = [link for link in of_links.links if link.figures != Figures()]
    channels = [row for row in table.channels if row.figures != Figures()]
    known = {
        link_id: msgspec.structs.replace(rows.of([link_id]), **dict.fromkeys(of_links.unknown, 0)) for link_id in rows.link_ids
    }
    assert {link.id: link.figures for link in links} == {key: one for key, one in known.items() if one != Figures()}, scope
    assert {row.id: row.figures for row in channels} == {key: rows.of(ids) for key, ids in rows.channels.items()}, scope
    assert (table.direct, table.invited) == (rows.without_link(direct=True), rows.without_link(direct=False)), scope
    beside = (await count(msgspec.structs.replace(scope, is_beside=True)))[0]
    assert {row.id: row.figures for row in beside.table.channels} == {row.id: row.figures for row in table.channels}, scope
    assert (beside.table.total, beside.clicks.days) == (table.total, found.clicks.days), scope
    await check_compared(scope, table, of_links)
    for kind, lines in (("channel", table.excluded), ("personal", table.excluded_personal)):
        assert {(line.verdict, line.reason): line.hits for line in lines} == rows.excluded(kind), scope
    assert found.clicks.days == rows.days(), scope
    assert found.clicks.hours == rows.hours(), scope
    if scope.values or scope.verdict is Verdict.PERSON:
        for name in Dimension:
            assert {one.value: one.clicks for one in found.clicks.ranked(name)} == rows.values(name), (scope, name)
    assert dict(found.people.zones) == rows.zones(), scope
    assert same(table.times, rows.times(rows.people)), scope
    for row in channels:
        assert same(row.times, rows.times(p for p in rows.people if p["link_id"] in rows.channels[row.id])), scope
    for link in links:
        assert same(link.times, rows.times(p for p in rows.people if p["link_id"] == link.id)), scope


async def check_compared(scope: Scope, table: ChannelTable, of_links: LinkTable) -> None:
    """Two periods that are asked together say what each says alone."""
    (now, before), of_both = await count(scope, compare=True), await link_tables(scope, compare=True)
    earlier = msgspec.structs.replace(scope.before(), is_beside=False)
    (alone,), links_alone = await count(earlier), await link_table(earlier)
    assert (now.table, of_both[0]) == (table, of_links), scope
    assert {row.id: row.figures for row in before.table.channels} == {row.id: row.figures for row in alone.table.channels}, scope
    assert (before.table.total, before.clicks.days) == (alone.table.total, alone.clicks.days), scope
    figures = {link.id: link.figures for link in links_alone.links if link.figures != Figures()}
    assert {key: one for key, one in of_both[1].figures.items() if isinstance(key, UUID) and one != Figures()} == figures, scope


def same(shown: Times, expected: Times) -> bool:
    """To the millisecond: that is how well a click's id knows its time."""
    return msgspec.structs.asdict(shown) == pytest.approx(msgspec.structs.asdict(expected), abs=0.002)


async def test_the_world_of_these_tests_has_something_of_everything(world: World) -> None:
    table = await channel_table(scope_of(world.workspace_id, ALL[0], ALL[1]))
    assert all(msgspec.structs.astuple(table.links))
    assert 0 < table.links.visitors < table.links.clicks
    assert table.direct.people > 0
    assert table.invited.invited > 0
    assert {line.verdict for line in table.excluded} == {"preview", "prefetch", "bot", "staff"}
    assert {line.verdict for line in table.excluded_personal} == {"scanner"}


async def test_rows_add_up_to_their_totals(world: World) -> None:
    table = await channel_table(scope_of(world.workspace_id, ALL[0], ALL[1]))
    links = (await link_table(scope_of(world.workspace_id, ALL[0], ALL[1]))).links
    by_channel = [total(link.figures for link in links if link.channel_id == row.id) for row in table.channels]
    assert [row.figures for row in table.channels] == by_channel
    assert table.links == total(row.figures for row in table.channels)
    assert table.total == table.links + table.direct + table.invited


async def test_the_figures_of_all_jobs_are_the_figures_of_the_workspace(world: World) -> None:
    for start, end in PERIODS:
        await check_sums(world, start, end)


async def check_sums(world: World, start: date, end: date) -> None:
    whole = await channel_table(scope_of(world.workspace_id, start, end))
    parts = [await channel_table(scope_of(world.workspace_id, start, end, job_id=job_id)) for job_id in world.jobs]
    assert total(part.total for part in parts) == whole.total
    assert total(part.links for part in parts) == whole.links
    assert sum(line.hits for part in parts for line in part.excluded) == sum(line.hits for line in whole.excluded)


async def test_single_days_add_up_to_the_period(world: World) -> None:
    days = [ALL[0] + timedelta(days=n) for n in range(61)]
    parts = [await channel_table(scope_of(world.workspace_id, day, day)) for day in days]
    assert total(part.total for part in parts) == (await channel_table(scope_of(world.workspace_id, ALL[0], ALL[1]))).total


async def test_the_chart_adds_up_to_the_tiles(world: World) -> None:
    for days, unit in ((30, "day"), (120, "day"), (121, "week"), (201, "week")):
        await check_chart(world, TODAY - timedelta(days=days - 1), unit)


async def check_chart(world: World, start: date, unit: str) -> None:
    scope = scope_of(world.workspace_id, start, TODAY)
    found = (await count(scope))[0]
    drawn, table = series(scope, found), found.table
    assert drawn.unit == unit
    assert (sum(drawn.clicks), sum(drawn.completed)) == (table.total.clicks, table.total.completed)


async def test_the_list_of_jobs_says_what_their_figures_say(world: World) -> None:
    listed = await counts.job_counts(world.workspace_id, world.jobs)
    for job_id in world.jobs:
        table = await channel_table(scope_of(world.workspace_id, ALL[0], ALL[1], job_id=job_id))
        names = JobCounts.__struct_fields__
        assert {name: getattr(listed[job_id], name) for name in names} == {name: getattr(table.total, name) for name in names}


async def test_the_list_of_links_says_what_their_figures_say(world: World) -> None:
    links = (await link_table(scope_of(world.workspace_id, ALL[0], ALL[1]))).links
    shown = {link.id: link.figures.clicks for link in links}
    assert await counts.link_clicks(world.workspace_id, world.links) == shown


async def test_nothing_of_it_is_seen_from_another_workspace(world: World, outsider: SignedIn) -> None:
    other = outsider.workspace_id
    for job_id in (None, *world.jobs):
        table = await channel_table(scope_of(other, ALL[0], ALL[1], job_id=job_id))
        assert table == empty_table()
    assert await numbers.first_day(scope_of(other, TODAY, TODAY)) is None
    assert not any(msgspec.structs.astuple((await counts.job_counts(other, world.jobs))[world.jobs[0]]))
    assert set((await counts.link_clicks(other, world.links)).values()) == {0}


def empty_table() -> ChannelTable:
    none = Figures()
    return ChannelTable(
        channels=[],
        links=none,
        direct=none,
        invited=none,
        total=none,
        times=Times(),
        cost=None,
        excluded=[],
        excluded_personal=[],
    )


async def test_figures_read_rollups_and_never_a_month_of_clicks(world: World) -> None:
    """Every statement that a page without filters makes is explained. Clicks are looked up one by one, by the id that a person
    came with or by the link of one application; no plan reads them by workspace or time."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    async with db.transaction(), db.connection() as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")
        with connection.query_logger(lambda query: asked.append((query.query, query.args))):
            await ask_everything(world)
        scans = [scan for sql, args in asked for scan in await scans_of(sql, args)]
    assert len(asked) >= 14
    assert {"click_sum_daily", "click_sum_hourly", "click_total"} <= {scan["Relation Name"] for scan in scans}
    looks = [scan for scan in scans if scan["Relation Name"].startswith("click_2")]
    assert looks
    assert [scan for scan in looks if not re.search(r"\b(id|link_id) = ", scan.get("Index Cond", ""))] == []


async def ask_everything(world: World) -> None:
    scope = scope_of(world.workspace_id, *ALL)
    await channel_table(scope)
    await channel_table(scope_of(world.workspace_id, ALL[0], ALL[1], job_id=world.jobs[0]))
    await numbers.first_day(scope_of(world.workspace_id, TODAY, TODAY))
    await counts.job_counts(world.workspace_id, world.jobs)
    await counts.link_clicks(world.workspace_id, world.links)


async def scans_of(sql: str, args: tuple[object, ...]) -> list[dict[str, Any]]:
    plan = await db.value(f"EXPLAIN (FORMAT JSON) {sql}", *args)
    return list(_scans(json.loads(plan)))


def _scans(plan: object) -> Iterator[dict[str, Any]]:
    if isinstance(plan, list):
        for part in plan:
            yield from _scans(part)
    elif isinstance(plan, dict):
        if "Relation Name" in plan:
            yield plan
        for part in plan.values():
            yield from _scans(part)


async def test_a_link_put_away_stays_in_the_figures_of_its_time(northgate: Northgate) -> None:
    channel_id = await add_channel(northgate.id)
    link_id = await add_link(northgate.id, northgate.job_id, channel_id, "nurse-old", archived_at=NOW)
    before = await channel_table(scope_of(northgate.id, TODAY, TODAY))
    await record([hit(link_id, NOW)])
    after = await channel_table(scope_of(northgate.id, TODAY, TODAY))
    assert before.channels == []
    assert [row.figures.clicks for row in after.channels] == [1]
    links = (await link_table(scope_of(northgate.id, TODAY, TODAY))).links
    assert [(link.archived, link.figures.clicks) for link in links] == [(True, 1)]


async def test_taps_on_a_personal_link_are_in_no_row(northgate: Northgate) -> None:
    application_id = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id), door="form")
    link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    await record([hit(link_id, NOW)])
    table = await channel_table(scope_of(northgate.id, TODAY, TODAY))
    assert (table.total.clicks, table.total.people) == (0, 1)


async def test_first_day_is_the_day_of_the_first_tap_or_person(world: World) -> None:
    rows = raw.Raw(await raw.tables(), scope_of(world.workspace_id, *ALL))
    days = [day_of(one["at"]) for one in rows.hits] + [day_of(one["created_at"]) for one in rows.people]
    assert await numbers.first_day(scope_of(world.workspace_id, TODAY, TODAY)) == min(days)
