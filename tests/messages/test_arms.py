"""Who is held out of nudges: drawn fairly, once, at the first planning, and never moved."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal import db
from portal.candidates.events import EventKind, add_event
from portal.messages.arms import draw
from portal.messages.words import Arm
from tests.cast import NOW, Northgate, insert
from tests.messages.conftest import AFTER_3H, Life, new_life

IDS = [UUID(int=n * 0x1_0000_0001) for n in range(20_000)]


async def hold_out(workspace_id: UUID, percent: int) -> None:
    await db.run("DELETE FROM nudge_plan WHERE workspace_id = $1", workspace_id)
    plan_id = await insert(
        "nudge_plan",
        workspace_id=workspace_id,
        job_id=None,
        most=4,
        gap_hours=20,
        age_days=30,
        holdout_percent=percent,
        created_at=NOW,
    )
    for place, key in enumerate(("never-started-3h", "never-started-24h"), start=1):
        values = {
            "track": "never_started",
            "position": place,
            "anchor": "after",
            "hours": 3 * 8 ** (place - 1),
            "channel": "by_role",
        }
        await insert("step", workspace_id=workspace_id, plan_id=plan_id, key=key, **values)


async def lives(northgate: Northgate, count: int) -> list[Life]:
    return [await new_life(northgate, email=f"n{n}@example.com") for n in range(count)]


async def arms() -> dict[UUID, str | None]:
    return {row["id"]: row["arm"] for row in await db.rows("SELECT id, arm FROM application")}


@pytest.mark.parametrize("percent", [0, 1, 10, 50])
def test_the_draw_is_fair(percent: int) -> None:
    """Within five standard deviations of its share, and the same each time."""
    held = [one for one in IDS if draw(one, percent) is Arm.HELD_OUT]
    share, sigma = percent / 100, (percent / 100 * (1 - percent / 100) * len(IDS)) ** 0.5
    assert abs(len(held) - share * len(IDS)) <= 5 * sigma
    assert held == [one for one in IDS if draw(one, percent) is Arm.HELD_OUT]


def test_a_greater_share_holds_out_the_same_people_and_more() -> None:
    assert {i for i in IDS if draw(i, 10) is Arm.HELD_OUT} < {i for i in IDS if draw(i, 20) is Arm.HELD_OUT}


async def test_who_is_held_out_gets_no_nudge_and_the_page_says_why(northgate: Northgate) -> None:
    await hold_out(northgate.id, 50)
    people = await lives(northgate, 12)
    await people[0].tick(AFTER_3H)
    drawn = await arms()
    assert set(drawn.values()) == {"held_out", "nudged"}
    for person in people:
        first = await person.message("3h")
        assert first["state"] == ("skipped" if drawn[person.id] == "held_out" else "sent")
        assert drawn[person.id] == "nudged" or first["reason_code"] == "held_out"
    assert drawn == {person.id: draw(person.id, 50) for person in people}


async def test_nobody_is_drawn_where_nobody_is_held_out(life: Life) -> None:
    await life.plan()
    assert await arms() == {life.id: None}


async def test_an_arm_never_changes(northgate: Northgate) -> None:
    await hold_out(northgate.id, 50)
    people = await lives(northgate, 8)
    await people[0].plan()
    before = await db.rows("SELECT id, arm, arm_at FROM application ORDER BY id")
    for percent in (0, 50, 1):
        await hold_out(northgate.id, percent)
        await db.run("UPDATE application SET plan_stale = true")
        await people[0].plan(NOW + timedelta(hours=percent))
        assert await db.rows("SELECT id, arm, arm_at FROM application ORDER BY id") == before


async def test_who_was_planned_without_a_comparison_never_joins_one(northgate: Northgate) -> None:
    await hold_out(northgate.id, 0)
    people = await lives(northgate, 8)
    await people[0].plan()
    await hold_out(northgate.id, 50)
    await db.run("UPDATE application SET plan_stale = true")
    await people[0].plan()
    assert set((await arms()).values()) == {None}


async def test_invitations_and_links_go_to_both_halves(northgate: Northgate) -> None:
    await hold_out(northgate.id, 50)
    people = [
        await new_life(
            northgate, email=f"i{n}@example.com", stage="invited", door="form", invite=True, invited_at=NOW, captured_at=None
        )
        for n in range(8)
    ]
    for person in people:
        await add_event(person.workspace_id, person.id, EventKind.LINK_REQUESTED, NOW)
    await people[0].tick(NOW)
    assert "held_out" in (await arms()).values()
    gone = await db.rows("SELECT track, count(*) AS n FROM message WHERE state = 'sent' GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in gone] == [("invite", 8), ("link", 8)]


async def test_who_is_through_before_the_first_planning_is_not_drawn(northgate: Northgate, life: Life) -> None:
    await hold_out(northgate.id, 50)
    await life.finish(NOW)
    await life.plan()
    assert await arms() == {life.id: None}
