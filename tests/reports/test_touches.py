"""Last touches are noted once they are settled, and say then what looking them up said."""

from datetime import timedelta

from portal import db
from portal.reports.figures import Figures, channel_table
from portal.reports.kept import touches
from tests.cast import NOW
from tests.reports.conftest import World
from tests.reports.raw import scope_of

LATER = NOW + timedelta(days=400)


async def figures(world: World) -> Figures:
    return (await channel_table(scope_of(world.workspace_id, NOW.date() - timedelta(days=60), NOW.date()))).total


async def unsettled() -> int:
    found: int = await db.value("SELECT count(*) FROM application WHERE completed_at IS NOT NULL AND returned IS NULL")
    return found


async def test_what_is_noted_is_what_was_looked_up(world: World) -> None:
    before = await figures(world)
    assert before.returned
    assert await touches.settle(LATER) == before.completed
    assert await unsettled() == 0
    assert await figures(world) == before


async def test_what_was_noted_is_not_looked_up_again(world: World) -> None:
    await touches.settle(LATER)
    await db.run("DELETE FROM click")
    assert (await figures(world)).returned
    await touches.unsettle()
    assert not (await figures(world)).returned


async def test_nobody_is_settled_before_late_clicks_can_have_come(world: World) -> None:
    last = await db.value("SELECT max(completed_at) FROM application")
    await touches.settle(last + touches.SETTLED_AFTER)
    assert await unsettled() == 1
    assert await touches.settle(last + touches.SETTLED_AFTER + timedelta(seconds=1)) == 1
