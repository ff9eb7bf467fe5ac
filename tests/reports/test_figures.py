"""The numbers, held against the clicks, people and messages that they are made of."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from portal import db
from portal.accounts.access import SignedIn
from portal.jobs.jobs import JobCounts
from portal.reports import counts, numbers
from portal.reports.figures import ChannelTable, Figures, channel_table, total
from portal.reports.numbers import Scope
from portal.reports.periods import Period
from portal.reports.series import series
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_link
from tests.reports.conftest import World, hit, record

TODAY = NOW.date()
ALL = (TODAY - timedelta(days=60), TODAY)
PERIODS = [ALL, (TODAY - timedelta(days=29), TODAY), (TODAY - timedelta(days=12), TODAY - timedelta(days=12)), (TODAY, TODAY)]
ZONE = ZoneInfo("Europe/London")


class Raw:
    """Every row, read without a join or a sum."""

    def __init__(self, tables: dict[str, list[asyncpg.Record]], job_id: UUID | None, start: date, end: date) -> None:
        self.links = {link["id"]: link for link in tables["link"]}
        self.first, self.last = start, end
        self.job_id = job_id
        self.clicks = [c for c in tables["click"] if self._fits(c["at"], self.links[c["link_id"]]["job_id"])]
        self.all_clicks = tables["click"]
        self.landed = {one["click_id"] for one in tables["landing"]}
        self.people = [a for a in tables["application"] if self._fits(a["created_at"], a["job_id"])]
        self.messages = tables["message"]

    def _fits(self, at: datetime, job_id: UUID) -> bool:
        return self.first <= day_of(at) <= self.last and self.job_id in (None, job_id)

    def taps(self, link_id: UUID) -> list[asyncpg.Record]:
        return [c for c in self.clicks if c["link_id"] == link_id and c["verdict"] == "person"]

    def returned(self, person: asyncpg.Record) -> bool:
        """Completed, after a nudge whose own link somebody had tapped by that day."""
        if person["completed_at"] is None:
            return False
        nudges = [m for m in self.messages if m["application_id"] == person["id"] and m["track"] != "invite"]
        return any(
            m["sent_at"] <= person["completed_at"] and day_of(c["at"]) <= day_of(person["completed_at"])
            for m in nudges
            for c in self.all_clicks
            if c["link_id"] == m["link_id"] and c["verdict"] == "person"
        )

    def figures(self, people: list[asyncpg.Record], taps: list[asyncpg.Record]) -> Figures:
        return Figures(
            clicks=len(taps),
            visitors=len({(c["link_id"], day_of(c["at"]), c["visitor"]) for c in taps}),
            landed=sum(c["id"] in self.landed for c in taps),
            people=len(people),
            captured=sum(p["captured_at"] is not None for p in people),
            started=sum(p["started_at"] is not None for p in people),
            completed=sum(p["completed_at"] is not None for p in people),
            returned=sum(self.returned(p) for p in people),
        )


def day_of(at: datetime) -> date:
    return at.astimezone(ZONE).date()


async def raw(job_id: UUID | None, start: date, end: date) -> Raw:
    names = ("link", "click", "landing", "application", "message")
    return Raw({name: await db.rows(f"SELECT * FROM {name}") for name in names}, job_id, start, end)


async def test_every_number_of_the_table_is_what_the_rows_say(world: World) -> None:
    for start, end in PERIODS:
        for job_id in (None, *world.jobs):
            await check_table(world, job_id, start, end)


async def check_table(world: World, job_id: UUID | None, start: date, end: date) -> None:
    table = await channel_table(world.workspace_id, job_id=job_id, start=start, end=end)
    rows = await raw(job_id, start, end)
    shown = {link.id: link.figures for row in table.channels for link in row.links}
    assert shown == {
        link_id: rows.figures([p for p in rows.people if p["link_id"] == link_id], rows.taps(link_id))
        for link_id in world.links
        if job_id in (None, rows.links[link_id]["job_id"])
    }
    without = [p for p in rows.people if p["link_id"] is None]
    assert table.direct == rows.figures([p for p in without if p["door"] == "landing"], [])
    assert table.invited == rows.figures([p for p in without if p["door"] != "landing"], [])


async def test_what_was_not_counted_is_named_with_its_reason(world: World) -> None:
    for start, end in PERIODS:
        await check_excluded(world, start, end)


async def check_excluded(world: World, start: date, end: date) -> None:
    table = await channel_table(world.workspace_id, start=start, end=end)
    rows = await raw(None, start, end)
    for kind, lines in (("channel", table.excluded), ("personal", table.excluded_personal)):
        others = [c for c in rows.clicks if c["verdict"] != "person" and rows.links[c["link_id"]]["kind"] == kind]
        assert {(line.verdict, line.reason): line.hits for line in lines} == Counter((c["verdict"], c["reason"]) for c in others)


async def test_the_world_of_these_tests_has_something_of_everything(world: World) -> None:
    table = await channel_table(world.workspace_id, start=ALL[0], end=ALL[1])
    assert all(msgspec.structs.astuple(table.links))
    assert 0 < table.links.visitors < table.links.clicks
    assert table.direct.people > 0
    assert table.invited.invited > 0
    assert {line.verdict for line in table.excluded} == {"preview", "prefetch", "bot", "staff"}
    assert {line.verdict for line in table.excluded_personal} == {"scanner"}


async def test_rows_add_up_to_their_totals(world: World) -> None:
    table = await channel_table(world.workspace_id, start=ALL[0], end=ALL[1])
    assert [row.figures for row in table.channels] == [total(link.figures for link in row.links) for row in table.channels]
    assert table.links == total(row.figures for row in table.channels)
    assert table.total == table.links + table.direct + table.invited


async def test_the_figures_of_all_jobs_are_the_figures_of_the_workspace(world: World) -> None:
    for start, end in PERIODS:
        await check_sums(world, start, end)


async def check_sums(world: World, start: date, end: date) -> None:
    whole = await channel_table(world.workspace_id, start=start, end=end)
    parts = [await channel_table(world.workspace_id, job_id=job_id, start=start, end=end) for job_id in world.jobs]
    assert total(part.total for part in parts) == whole.total
    assert total(part.links for part in parts) == whole.links
    assert sum(line.hits for part in parts for line in part.excluded) == sum(line.hits for line in whole.excluded)


async def test_single_days_add_up_to_the_period(world: World) -> None:
    days = [ALL[0] + timedelta(days=n) for n in range(61)]
    parts = [await channel_table(world.workspace_id, start=day, end=day) for day in days]
    assert total(part.total for part in parts) == (await channel_table(world.workspace_id, start=ALL[0], end=ALL[1])).total


async def test_the_chart_adds_up_to_the_tiles(world: World) -> None:
    for days, unit in ((30, "day"), (120, "day"), (121, "week"), (201, "week")):
        await check_chart(world, TODAY - timedelta(days=days - 1), unit)


async def check_chart(world: World, start: date, unit: str) -> None:
    scope = Scope(workspace_id=world.workspace_id, job_id=None, start=start, end=TODAY)
    drawn = await series(scope, Period(start, TODAY, "own"))
    table = await channel_table(world.workspace_id, start=start, end=TODAY)
    assert drawn.unit == unit
    assert (sum(drawn.clicks), sum(drawn.completed)) == (table.total.clicks, table.total.completed)


async def test_the_list_of_jobs_says_what_their_figures_say(world: World) -> None:
    listed = await counts.job_counts(world.workspace_id, world.jobs)
    for job_id in world.jobs:
        table = await channel_table(world.workspace_id, job_id=job_id, start=ALL[0], end=ALL[1])
        names = JobCounts.__struct_fields__
        assert {name: getattr(listed[job_id], name) for name in names} == {name: getattr(table.total, name) for name in names}


async def test_the_list_of_links_says_what_their_figures_say(world: World) -> None:
    table = await channel_table(world.workspace_id, start=ALL[0], end=ALL[1])
    shown = {link.id: link.figures.clicks for row in table.channels for link in row.links}
    assert await counts.link_clicks(world.workspace_id, world.links) == shown


async def test_nothing_of_it_is_seen_from_another_workspace(world: World, outsider: SignedIn) -> None:
    other = outsider.workspace_id
    for job_id in (None, *world.jobs):
        table = await channel_table(other, job_id=job_id, start=ALL[0], end=ALL[1])
        assert table == empty_table()
    assert await numbers.first_day(other, None) is None
    assert not any(msgspec.structs.astuple((await counts.job_counts(other, world.jobs))[world.jobs[0]]))
    assert set((await counts.link_clicks(other, world.links)).values()) == {0}


def empty_table() -> ChannelTable:
    none = Figures()
    return ChannelTable(channels=[], links=none, direct=none, invited=none, total=none, excluded=[], excluded_personal=[])


async def test_figures_read_rollups_and_never_a_click(world: World) -> None:
    """Every statement that a page of figures makes is explained; no plan may touch the table of clicks or a month of it."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    async with db.transaction(), db.connection() as connection:
        with connection.query_logger(lambda query: asked.append((query.query, query.args))):
            await ask_everything(world)
    touched = {name for sql, args in asked for name in await relations(sql, args)}
    assert len(asked) >= 14
    assert "click_daily" in touched
    assert not {name for name in touched if name == "click" or name.startswith("click_2")}


async def ask_everything(world: World) -> None:
    scope = Scope(workspace_id=world.workspace_id, job_id=None, start=ALL[0], end=ALL[1])
    await channel_table(world.workspace_id, job_id=world.jobs[0], start=ALL[0], end=ALL[1])
    await series(scope, Period(*ALL, "own"))
    await numbers.first_day(world.workspace_id, None)
    await counts.job_counts(world.workspace_id, world.jobs)
    await counts.link_clicks(world.workspace_id, world.links)


async def relations(sql: str, args: tuple[object, ...]) -> set[str]:
    plan = await db.value(f"EXPLAIN (FORMAT JSON) {sql}", *args)
    return set(_names(json.loads(plan)))


def _names(plan: object) -> Iterator[str]:
    if isinstance(plan, list):
        for part in plan:
            yield from _names(part)
    elif isinstance(plan, dict):
        if "Relation Name" in plan:
            yield str(plan["Relation Name"])
        for part in plan.values():
            yield from _names(part)


async def test_a_link_put_away_stays_in_the_figures_of_its_time(northgate: Northgate) -> None:
    channel_id = await add_channel(northgate.id)
    link_id = await add_link(northgate.id, northgate.job_id, channel_id, "nurse-old", archived_at=NOW)
    before = await channel_table(northgate.id, start=TODAY, end=TODAY)
    await record([hit(link_id, NOW)])
    after = await channel_table(northgate.id, start=TODAY, end=TODAY)
    assert before.channels == []
    assert [(link.archived, link.figures.clicks) for link in after.channels[0].links] == [(True, 1)]


async def test_taps_on_a_personal_link_are_in_no_row(northgate: Northgate) -> None:
    application_id = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id), door="form")
    link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    await record([hit(link_id, NOW)])
    table = await channel_table(northgate.id, start=TODAY, end=TODAY)
    assert (table.total.clicks, table.total.people) == (0, 1)


async def test_first_day_is_the_day_of_the_first_tap_or_person(world: World) -> None:
    rows = await raw(None, *ALL)
    days = [day_of(c["at"]) for c in rows.clicks] + [day_of(p["created_at"]) for p in rows.people]
    assert await numbers.first_day(world.workspace_id, None) == min(days)
