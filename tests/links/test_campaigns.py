"""Campaigns: their names, codes, days and budgets."""

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.links import budgets, campaigns
from portal.links.campaigns import CampaignFields, CampaignState
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_channel, add_link


def fields(name: str = "Spring nurses", starts_on: date | None = None, ends_on: date | None = None) -> CampaignFields:
    return CampaignFields(name=name, starts_on=starts_on, ends_on=ends_on, notes="")


async def make(workspace_id: UUID, name: str = "Spring nurses") -> UUID:
    campaign_id = db.new_id()
    await campaigns.make_campaign(workspace_id, campaign_id, fields(name), now=NOW)
    return campaign_id


async def code_of(workspace_id: UUID, campaign_id: UUID) -> str:
    return (await campaigns.get_campaign(workspace_id, campaign_id)).code


async def test_the_code_comes_from_the_first_name_and_stays(northgate: Northgate) -> None:
    campaign_id = await make(northgate.id, "Früh & spät: Nurses (2027)")
    assert await code_of(northgate.id, campaign_id) == "fruh-spat-nurses-2027"
    await campaigns.edit_campaign(northgate.id, campaign_id, fields("Another name"))
    kept = await campaigns.get_campaign(northgate.id, campaign_id)
    assert (kept.name, kept.code) == ("Another name", "fruh-spat-nurses-2027")


async def test_codes_are_unique_also_for_names_without_latin_letters(northgate: Northgate) -> None:
    first, second, third = [await make(northgate.id, name) for name in ("!!!", "???", "x" * 120)]
    codes = [await code_of(northgate.id, each) for each in (first, second, third)]
    assert codes == ["campaign", "campaign-2", "x" * campaigns.LONGEST_CODE]


async def test_a_name_is_taken_until_its_campaign_is_archived(northgate: Northgate) -> None:
    first = await make(northgate.id)
    with pytest.raises(Invalid):
        await make(northgate.id, "SPRING nurses")
    await campaigns.set_archived(northgate.id, first, at=NOW)
    second = await make(northgate.id)
    assert await code_of(northgate.id, second) == "spring-nurses-2"
    with pytest.raises(Invalid):
        await campaigns.set_archived(northgate.id, first, at=None)
    other = await make(northgate.id, "Autumn")
    with pytest.raises(Invalid):
        await campaigns.edit_campaign(northgate.id, other, fields("Spring Nurses"))


async def test_the_same_form_sent_four_times_at_once_makes_one(northgate: Northgate) -> None:
    campaign_id = db.new_id()
    await asyncio.gather(*(campaigns.make_campaign(northgate.id, campaign_id, fields(), now=NOW) for _ in range(4)))
    assert await db.value("SELECT count(*) FROM campaign") == 1


async def test_several_of_one_code_at_once_get_numbers(northgate: Northgate) -> None:
    names = ("Spring!", "Spring?", "Spring", "spring.")
    await asyncio.gather(*(make(northgate.id, name) for name in names))
    found = await campaigns.list_campaigns(northgate.id)
    assert {campaign.code for campaign in found} == {"spring", "spring-2", "spring-3", "spring-4"}


async def test_nobody_reaches_campaigns_of_another_workspace(northgate: Northgate, outsider: SignedIn) -> None:
    campaign_id, theirs = await make(northgate.id), outsider.workspace_id
    assert await campaigns.find_campaign(theirs, campaign_id) is None
    assert await campaigns.list_campaigns(theirs) == []
    assert await campaigns.links_of_campaign(theirs, campaign_id) == []
    for attempt in (
        campaigns.get_campaign(theirs, campaign_id),
        campaigns.edit_campaign(theirs, campaign_id, fields("Mine")),
        campaigns.set_archived(theirs, campaign_id, at=NOW),
        campaigns.make_campaign(theirs, campaign_id, fields("Mine"), now=NOW),
    ):
        with pytest.raises(Missing):
            await attempt
    assert (await campaigns.get_campaign(northgate.id, campaign_id)).name == "Spring nurses"
    assert await make(theirs), "a name of another workspace is free"


@pytest.mark.parametrize(
    ("starts", "ends", "state"),
    [
        (None, None, CampaignState.RUNNING),
        (date(2026, 11, 24), None, CampaignState.PLANNED),
        (date(2026, 11, 23), date(2026, 11, 23), CampaignState.RUNNING),
        (None, date(2026, 11, 22), CampaignState.ENDED),
        (date(2026, 11, 1), date(2026, 11, 30), CampaignState.RUNNING),
    ],
)
def test_a_campaigns_state_follows_the_day(starts: date | None, ends: date | None, state: CampaignState) -> None:
    plain = {"id": db.new_id(), "code": "spring", "name": "Spring", "notes": "", "starts_on": starts, "ends_on": ends}
    assert campaigns.Campaign(**plain, archived_at=None).state(NOW.date()) == state  # type: ignore[arg-type]
    assert campaigns.Campaign(**plain, archived_at=NOW).state(NOW.date()) == CampaignState.ARCHIVED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a", "starts_on": "tomorrow"}, "starts_on"),
        ({"name": "a", "starts_on": "0001-01-01"}, "starts_on"),
        ({"name": "a", "starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "ends_on"),
        ({"name": "a", "notes": "x" * 2001}, "notes"),
    ],
)
def test_a_form_that_cannot_be_used_says_where(sent: dict[str, str], wrong: str) -> None:
    form = Form(sent)
    campaigns.read_campaign(form)
    assert list(form.errors) == [wrong]


async def test_a_budget_is_kept_for_each_channel_in_one_currency(northgate: Northgate, outsider: SignedIn) -> None:
    campaign_id, channel_id = await make(northgate.id), await add_channel(northgate.id)
    other = await add_channel(northgate.id, network="qr", placement="poster", network_name="Print", code="qr-poster")
    await add_link(northgate.id, northgate.job_id, channel_id, "story", campaign_id=campaign_id)
    await add_link(northgate.id, northgate.job_id, other, "poster", campaign_id=campaign_id, archived_at=NOW)
    budget = await budgets.budget_of(northgate.id, campaign_id)
    assert [(entry.name, entry.amount) for entry in budget] == [("Instagram · Story", None)]
    spend = budgets.read_spend(Form({budget[0].field: "1,200.50", "currency": "GBP"}), budget)
    await budgets.save_spend(northgate.id, campaign_id, spend)
    kept = await budgets.budget_of(northgate.id, campaign_id)
    assert [(entry.amount, entry.currency) for entry in kept] == [(Decimal("1200.50"), "GBP")]
    assert budgets.total(kept) == "£1,200.50"
    assert await budgets.budget_of(outsider.workspace_id, campaign_id) == []
    await budgets.save_spend(outsider.workspace_id, campaign_id, budgets.Spend({}, "GBP"))
    assert len(await budgets.budget_of(northgate.id, campaign_id)) == 1
    await budgets.save_spend(northgate.id, campaign_id, budgets.Spend({}, "GBP"))
    assert budgets.total(await budgets.budget_of(northgate.id, campaign_id)) == ""


def test_a_budget_that_is_no_amount_is_refused() -> None:
    entry = budgets.Budget(channel_id=db.new_id(), name="Ad", amount=None, currency=None)
    with pytest.raises(Invalid) as refused:
        budgets.read_spend(Form({entry.field: "much", "currency": "XXX"}), [entry])
    assert set(refused.value.errors) == {entry.field, "currency"}
