"""What a campaign may spend on each of its channels."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from portal import db
from portal.links import money
from portal.web.forms import Form


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of a campaign. `amount` None: nothing was set."""

    channel_id: UUID
    name: str
    amount: Decimal | None
    currency: str | None

    @property
    def field(self) -> str:
        return f"amount:{self.channel_id}"


class Spend(msgspec.Struct, frozen=True):
    """One campaign's budget: one currency for all its channels."""

    amounts: dict[UUID, Decimal]
    currency: str


async def budget_of(workspace_id: UUID, campaign_id: UUID) -> list[Budget]:
    """The channels that the campaign uses, and those that money was set aside for, by name."""
    found = await db.rows(
        "SELECT c.id AS channel_id, c.network_name || ' · ' || c.placement_name AS name, b.amount, b.currency FROM channel c "
        "LEFT JOIN campaign_budget b ON b.workspace_id = $1 AND b.campaign_id = $2 AND b.channel_id = c.id "
        "WHERE c.workspace_id = $1 AND (b.id IS NOT NULL OR EXISTS (SELECT 1 FROM link l WHERE l.workspace_id = $1 "
        "AND l.campaign_id = $2 AND l.channel_id = c.id AND l.archived_at IS NULL)) "
        "ORDER BY lower(c.network_name), lower(c.placement_name)",
        workspace_id,
        campaign_id,
    )
    return [Budget(**dict(row)) for row in found]


def total(budget: Sequence[Budget]) -> str:
    """All channels together: "£1,200.00". Of several currencies, each by itself; empty if nothing was set."""
    sums: dict[str, Decimal] = {}
    for entry in budget:
        if entry.amount is not None and entry.currency:
            sums[entry.currency] = sums.get(entry.currency, Decimal(0)) + entry.amount
    return " + ".join(money.shown(amount, currency) for currency, amount in sums.items())


def read_spend(form: Form, budget: Sequence[Budget]) -> Spend:
    """Raises `Invalid`. An empty field: nothing is set for that channel."""
    amounts = {}
    for entry in budget:
        typed = form.raw(entry.field).strip()
        amount = money.read_amount(typed) if typed else None
        if amount is not None:
            amounts[entry.channel_id] = amount
        elif typed:
            form.wrong(entry.field, "Give an amount, such as 250 or 1,200.50, or leave it empty.")
    currency = form.choice("currency", money.currencies(), wrong="Choose a currency from the list.")
    form.check()
    return Spend(amounts, currency)


async def save_spend(workspace_id: UUID, campaign_id: UUID, spend: Spend) -> None:
    """In place of what was set before."""
    async with db.transaction():
        await db.run("DELETE FROM campaign_budget WHERE workspace_id = $1 AND campaign_id = $2", workspace_id, campaign_id)
        await db.run_many(
            "INSERT INTO campaign_budget (id, workspace_id, campaign_id, channel_id, amount, currency) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            [
                (db.new_id(), workspace_id, campaign_id, channel_id, amount, spend.currency)
                for channel_id, amount in spend.amounts.items()
            ],
        )
