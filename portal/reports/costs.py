"""What a name and a finished interview cost, where a campaign has a budget for a channel.

A budget is spent evenly over the days of its campaign, from the first to the last, or to the last day of the period while it has
none; a campaign without a first day begins with the day on which it was made. It counts only where all links that it pays for are
in view: nobody can tell which part of it went to one job, link or device.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from portal import db
from portal.reports import people
from portal.reports.scope import Query, Scope, at_place


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """`spent`: in `currency` (ISO 4217), of the period. `captured` and `completed`: people whom that brought."""

    spent: Decimal
    currency: str
    campaign_ids: frozenset[UUID] = frozenset()
    captured: int = 0
    completed: int = 0

    @property
    def per_captured(self) -> Decimal | None:
        return self.spent / self.captured if self.captured else None

    @property
    def per_completed(self) -> Decimal | None:
        return self.spent / self.completed if self.completed else None

    @staticmethod
    def of_all(costs: Sequence["Cost"]) -> "Cost | None":
        """Together, if they are in one currency."""
        if len({cost.currency for cost in costs}) != 1:
            return None
        return Cost(
            spent=sum((cost.spent for cost in costs), start=Decimal()),
            currency=costs[0].currency,
            campaign_ids=frozenset().union(*(cost.campaign_ids for cost in costs)),
            captured=sum(cost.captured for cost in costs),
            completed=sum(cost.completed for cost in costs),
        )


async def costs(scope: Scope) -> dict[UUID, Cost]:
    """By channel: what was spent on it in the period, and whom that brought. Channels with budgets in several currencies have
    none."""
    spent = await _spent(scope)
    pairs = [(channel_id, campaign_id) for channel_id, cost in spent.items() for campaign_id in cost.campaign_ids]
    brought = await people.paid(scope, pairs) if pairs else {}
    return {
        channel_id: msgspec.structs.replace(cost, captured=brought[channel_id].captured, completed=brought[channel_id].completed)
        if channel_id in brought
        else cost
        for channel_id, cost in spent.items()
    }


async def _spent(scope: Scope) -> dict[UUID, Cost]:
    if scope.is_narrowed:
        return {}
    by_channel: dict[UUID, list[Cost]] = {}
    for row in await _budgets(scope):
        spent = row["amount"] * _part(scope, row["first"], row["last"])
        if spent:
            cost = Cost(spent=spent, currency=row["currency"], campaign_ids=frozenset({row["campaign_id"]}))
            by_channel.setdefault(row["channel_id"], []).append(cost)
    return {channel_id: whole for channel_id, found in by_channel.items() if (whole := Cost.of_all(found))}


def _part(scope: Scope, first: date, last: date | None) -> Decimal:
    """Which part of the days from `first` to `last` lies in the period."""
    last = max(first, last or scope.end)
    shared = (min(last, scope.end) - max(first, scope.start)).days + 1
    return Decimal(max(0, shared)) / Decimal((last - first).days + 1)


async def _budgets(scope: Scope) -> list[db.Row]:
    """Those whose links are all in view. The same channel and campaign may have links of several jobs."""
    q = Query()
    return await db.rows(
        f"""
        SELECT b.campaign_id, b.channel_id, b.amount, b.currency, p.ends_on AS last,
          coalesce(p.starts_on, (p.created_at AT TIME ZONE {q(scope.timezone)})::date) AS first
        FROM campaign_budget b
        JOIN campaign p ON p.workspace_id = b.workspace_id AND p.id = b.campaign_id
        JOIN link l ON l.workspace_id = b.workspace_id AND l.campaign_id = b.campaign_id AND l.channel_id = b.channel_id
        WHERE b.workspace_id = {q(scope.workspace_id)} AND b.amount > 0
        GROUP BY b.id, p.id
        HAVING bool_and({at_place(scope, q)})
        """,
        *q.args,
    )
