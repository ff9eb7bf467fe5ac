"""Totals of people, and what is put together of them under a filter, say what the people say one by one, whatever changes, and
whenever they are made."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest

from portal import db
from portal.reports import counts, durations, numbers, people
from portal.reports.durations import Durations
from portal.reports.kept import came, person_folds, totals, touches
from portal.reports.kept.blocks import BEGINNING
from portal.reports.people import People, Steps, Times
from portal.reports.scope import By, Dimension, Scope
from tests.cast import NOW
from tests.reports.conftest import World
from tests.reports.raw import scope_of
from tests.reports.test_figures import ALL, PERIODS, places

ONE_FILTER: list[dict[str, Any]] = [
    {"values": ((Dimension.DEVICE, "phone"),)},
    {"values": ((Dimension.REFERRER, ""),)},
    {"zone": "Europe/Warsaw"},
]
TWO_FILTERS: list[dict[str, Any]] = [
    {"values": ((Dimension.SYSTEM, "iOS"), (Dimension.APP, "Instagram"))},
    {"zone": "Europe/London", "values": ((Dimension.APP, "Instagram"),)},
]


async def fold() -> None:
    await came.settle(NOW)
    for _ in range(3):
        await totals.fold(NOW)
    while await person_folds.fold(NOW):
        continue


async def until(world: World) -> date:
    found: date | None = await db.value(totals.UNTIL, world.workspace_id)
    return found or date.min


async def check(world: World) -> None:
    """All places and periods, by totals as far as they go, against everybody counted one by one."""
    kept = await until(world)
    settled = await db.value(touches.UNTIL, world.workspace_id) or date.max
    for start, end in (*PERIODS, (ALL[0], NOW.date() - timedelta(days=9))):
        for place in places(world):
            for filters in ({}, *ONE_FILTER, *TWO_FILTERS):
                one_by_one = scope_of(world.workspace_id, start, end, **place, **filters)
                first = await numbers.first_day(one_by_one)
                by_totals = msgspec.structs.replace(one_by_one, first=first, counted_until=kept, settled_until=settled)
                await check_scope(one_by_one, by_totals)


async def check_scope(one_by_one: Scope, by_totals: Scope) -> None:
    for by in By:
        right, said = await everybody(one_by_one, by), await everybody(by_totals, by)
        whole = await everybody(by_totals, by, times=False)
        assert said.steps == whole.steps == right.steps, by_totals
        compared, before = await people.everybody([by_totals, by_totals.before()], by)
        assert (compared.steps, compared.total) == (right.steps, said.total), by_totals
        assert before.steps == (await everybody(one_by_one.before(), by)).steps, by_totals
        for found in (said, whole) if by is By.CHANNEL else ():
            assert (found.days, found.zones) == (right.days, right.zones), by_totals
            assert about(found.total, right.total), by_totals
        for key, times in right.times.items():
            assert about(said.times[key], times), by_totals


async def everybody(scope: Scope, by: By, *, times: bool = True) -> People:
    return (await people.everybody([scope], by, times=times))[0]


def about(said: Times, right: Times) -> bool:
    """Within what the module promises; or within a second, the shortest length there is."""
    pairs = [(getattr(said, name), getattr(right, name)) for name in Times.__struct_fields__]
    return all(a is b is None or (None not in (a, b) and abs(a - b) <= max(1, b * 0.05)) for a, b in pairs)


async def test_totals_say_what_people_say_one_by_one(world: World) -> None:
    await fold()
    assert await until(world) == NOW.date() - totals.OPEN_DAYS
    await check(world)


async def test_days_that_are_settled_are_read_in_blocks(world: World) -> None:
    await fold()
    kept = await until(world)
    settled = NOW.date() - touches.SETTLED_AFTER
    for filters in ONE_FILTER:
        scope = scope_of(world.workspace_id, *ALL, counted_until=kept, **filters)
        ((parts, since, here),) = await person_folds.read([scope], "each")
        assert since == ALL[0]
        assert settled <= here <= min(kept, settled + timedelta(days=1))
        assert any(parts)
        assert len(parts) < 20
    for filters in TWO_FILTERS:
        scope = scope_of(world.workspace_id, *ALL, counted_until=kept, **filters)
        ((parts, since, here),) = await person_folds.read([scope], "each")
        assert ALL[0] <= since < here <= kept
        assert (here - BEGINNING).days % 16 == 0
        assert any(parts)
    days = await db.rows("SELECT days, count(*) AS number FROM person_block GROUP BY 1 ORDER BY 1")
    assert [row["days"] for row in days] == [1, 4, 16]
    assert await person_folds.fold(NOW) == 0


async def test_nothing_is_missing_while_totals_are_being_made(world: World) -> None:
    first = await db.value("SELECT min(created_at) FROM application")
    await totals.fold(first + timedelta(days=9))
    assert await until(world) < NOW.date() - timedelta(days=20)
    await check(world)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE application SET stage = 'completed', started_at = created_at + interval '1 hour', "
        "completed_at = created_at + interval '2 hours' WHERE completed_at IS NULL AND captured_at IS NOT NULL",
        "DELETE FROM application WHERE door = 'api' AND completed_at IS NULL",
        "UPDATE candidate SET timezone = 'Asia/Tokyo' WHERE timezone = 'Europe/Warsaw'",
        "UPDATE link SET job_id = (SELECT job_id FROM link WHERE slug = 'porter-ad') WHERE slug = 'nurse-ad'",
        "UPDATE application SET created_at = created_at - interval '50 days' WHERE door = 'form'",
        "UPDATE link SET campaign_id = (SELECT max(id::text)::uuid FROM campaign) WHERE kind = 'channel'",
    ],
)
async def test_what_changes_is_seen_at_once_and_after_the_next_round(world: World, change: str) -> None:
    await fold()
    assert await db.run(change)
    await check(world)
    assert await until(world) < NOW.date() - timedelta(days=20)
    await fold()
    assert await until(world) == NOW.date() - totals.OPEN_DAYS
    await check(world)


async def test_last_touches_are_right_before_and_after_they_are_noted(world: World) -> None:
    await fold()
    assert (await whole(world)).returned
    await check(world)
    for later in (timedelta(), timedelta(days=30)):
        await touches.settle(NOW + later)
        await fold()
        await check(world)


async def whole(world: World) -> Steps:
    found = await everybody(scope_of(world.workspace_id, *ALL, counted_until=await until(world)), By.CHANNEL)
    return sum_of(list(found.steps.values()))


def sum_of(steps: list[Steps]) -> Steps:
    return Steps(*(sum(getattr(one, name) for one in steps) for name in Steps.__struct_fields__))


async def test_a_workspace_that_moves_has_its_days_counted_anew(world: World) -> None:
    await fold()
    await db.run("UPDATE workspace SET timezone = 'Pacific/Auckland' WHERE id = $1", world.workspace_id)
    for _ in range(2):
        kept = await until(world)
        one_by_one = Scope(workspace_id=world.workspace_id, timezone="Pacific/Auckland", start=ALL[0], end=PERIODS[2][1])
        by_totals = Scope(
            workspace_id=world.workspace_id, timezone="Pacific/Auckland", start=ALL[0], end=PERIODS[2][1], counted_until=kept
        )
        await check_scope(one_by_one, by_totals)
        await fold()
    assert kept > ALL[0]


async def test_the_list_of_jobs_says_the_same_by_totals(world: World) -> None:
    one_by_one = await counts.job_counts(world.workspace_id, world.jobs)
    await fold()
    assert await counts.job_counts(world.workspace_id, world.jobs) == one_by_one
    await db.run("DELETE FROM application WHERE job_id = $1 AND completed_at IS NULL", world.jobs[0])
    left = (await counts.job_counts(world.workspace_id, world.jobs))[world.jobs[0]]
    assert left.completed == one_by_one[world.jobs[0]].completed == left.started
    await fold()
    assert (await counts.job_counts(world.workspace_id, world.jobs))[world.jobs[0]] == left


async def test_workspaces_have_totals_of_their_own(world: World, outsider: object) -> None:
    await fold()
    rows = await db.rows("SELECT DISTINCT workspace_id FROM person_total")
    assert [row["workspace_id"] for row in rows] == [world.workspace_id]
    assert await db.value(totals.UNTIL, UUID(int=1)) is None


async def test_what_brought_people_is_noted_as_it_was_looked_up(world: World) -> None:
    def scope(name: Dimension, value: str) -> Scope:
        return scope_of(world.workspace_id, *ALL, values=((name, value),))

    wanted = [(Dimension.DEVICE, "phone"), (Dimension.APP, "Instagram"), (Dimension.LANGUAGE, ""), (Dimension.SYSTEM, "Windows")]
    await touches.settle(NOW + timedelta(days=30))
    before = [await everybody(scope(*one), By.CHANNEL) for one in wanted]
    assert any(found.steps for found in before)
    assert await came.settle(NOW + timedelta(days=30)) == await db.value("SELECT count(*) FROM application")
    await db.run("DELETE FROM click")
    assert [(await everybody(scope(*one), By.CHANNEL)).steps for one in wanted] == [found.steps for found in before]


def test_a_median_of_counts_is_nearly_that_of_the_seconds() -> None:
    seconds = [1.7 * 1.013**n for n in range(801)]
    exact, counted = Durations(), Durations()
    exact.single = seconds
    counted.counts.update(durations.length_of(one) for one in seconds)
    assert exact.median() == seconds[400]
    assert counted.median() == pytest.approx(exact.median(), rel=0.05)
    assert all(durations.length_of(a) <= durations.length_of(b) for a, b in pairwise([0.0, 0.5, *seconds]))
    assert Durations().median() is None


def test_counts_come_back_from_a_column_as_they_went_in() -> None:
    steps = [Durations(), Durations(), Durations()]
    steps[2].counts.update([5, 5, 90])
    steps[0].counts.update([0])
    kept, again = Counter[int](), [Durations(), Durations(), Durations()]
    durations.add_flat(kept, durations.flat([one.counts for one in steps]))
    durations.add_steps(again, kept)
    assert [one.counts for one in again] == [one.counts for one in steps]
    durations.add_flat(kept, durations.flat([one.counts for one in steps]), -1)
    assert not any(kept.values())
