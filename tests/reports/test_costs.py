"""Budgets, spread over the days of their campaigns and shared by the people whom those brought."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.reports.costs import Cost, costs
from portal.reports.figures import channel_table
from portal.reports.scope import Dimension
from tests.cast import NOW, insert
from tests.reports.conftest import World
from tests.reports.raw import Raw, scope_of, tables

TODAY = NOW.date()
WHOLE = (TODAY - timedelta(days=60), TODAY)


async def spent(world: World, first: int, last: int, **place: object) -> dict[UUID, Decimal]:
    """By channel, from so many days ago to so many."""
    scope = scope_of(world.workspace_id, TODAY - timedelta(days=first), TODAY - timedelta(days=last), **place)
    return {channel_id: cost.spent for channel_id, cost in (await costs(scope)).items()}


async def test_a_period_that_holds_the_campaign_holds_its_budget(world: World) -> None:
    assert await spent(world, 60, 0) == {world.channels[0]: Decimal("99.90"), world.channels[1]: Decimal("620.00")}


async def test_a_part_of_its_days_holds_a_part_of_it(world: World) -> None:
    """It ran for thirty days, from 50 to 21 days ago."""
    assert (await spent(world, 60, 36))[world.channels[1]] == Decimal(620) * 15 / 30
    assert (await spent(world, 21, 21))[world.channels[1]] == pytest.approx(Decimal(620) / 30)
    assert world.channels[1] not in await spent(world, 20, 0)


async def test_a_campaign_without_an_end_has_spent_all_by_the_last_day(world: World) -> None:
    """It began 20 days ago, so by today it has run for 21 days."""
    assert (await spent(world, 6, 0))[world.channels[0]] == pytest.approx(Decimal("99.90") * 7 / 21)


async def test_a_budget_for_more_than_is_shown_is_not_shared_out(world: World) -> None:
    """The second channel's budget pays for links of both jobs."""
    assert await spent(world, 60, 0, job_id=world.jobs[1]) == {}
    assert set(await spent(world, 60, 0, job_id=world.jobs[0])) == {world.channels[0]}
    assert set(await spent(world, 60, 0, campaign_id=world.campaigns[0])) == {world.channels[1]}
    assert await spent(world, 60, 0, link_id=world.links[2]) == {}
    assert await spent(world, 60, 0, values=((Dimension.DEVICE, "phone"),)) == {}


async def test_it_is_shared_by_the_people_whom_its_links_brought(world: World) -> None:
    scope = scope_of(world.workspace_id, *WHOLE)
    rows, table = Raw(await tables(), scope), await channel_table(scope)
    shown = {row.id: row.cost for row in table.channels}
    for channel_id, link_ids, amount in (
        (world.channels[0], world.links[1:2], "99.90"),
        (world.channels[1], world.links[2:], "620"),
    ):
        people = [p for p in rows.people if p["link_id"] in link_ids]
        cost = shown[channel_id]
        assert cost is not None
        assert cost.captured == sum(p["captured_at"] is not None for p in people) > 0
        assert cost.per_captured == pytest.approx(Decimal(amount) / cost.captured)
        assert cost.completed == sum(p["completed_at"] is not None for p in people) > 0
        assert cost.per_completed == pytest.approx(Decimal(amount) / cost.completed)
    assert table.cost is not None
    assert table.cost.spent == Decimal("719.90")


async def test_currencies_are_never_added_up(world: World) -> None:
    await db.run("UPDATE campaign_budget SET currency = 'EUR' WHERE channel_id = $1", world.channels[0])
    table = await channel_table(scope_of(world.workspace_id, *WHOLE))
    assert {row.cost.currency for row in table.channels if row.cost} == {"EUR", "GBP"}
    assert table.cost is None
    plain = {"workspace_id": world.workspace_id, "campaign_id": world.campaigns[0], "amount": Decimal(5), "currency": "PLN"}
    await insert("campaign_budget", channel_id=world.channels[0], **plain)
    await db.run("UPDATE link SET campaign_id = $2 WHERE id = $1", world.links[0], world.campaigns[0])
    assert world.channels[0] not in await costs(scope_of(world.workspace_id, *WHOLE))


async def test_nobody_came_means_no_cost_each() -> None:
    cost = Cost(spent=Decimal(9), currency="GBP")
    assert (cost.per_captured, cost.per_completed) == (None, None)


async def test_another_workspace_sees_no_budget(world: World, outsider: SignedIn) -> None:
    assert await costs(scope_of(outsider.workspace_id, *WHOLE)) == {}
    assert await costs(scope_of(outsider.workspace_id, *WHOLE, campaign_id=world.campaigns[0])) == {}
