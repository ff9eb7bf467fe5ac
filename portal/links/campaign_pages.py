"""Member pages of campaigns: the list, and one campaign. Its links are made in `grid_pages`."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.response import Template

from portal.accounts.access import SignedIn
from portal.accounts.page import done, member_page
from portal.accounts.workspaces import get_workspace
from portal.links import budgets, campaigns, money, utm
from portal.links.campaigns import Campaign, CampaignState
from portal.links.page import EDIT, SEE, AnyRequest, LinkClicks, state_at, status_of
from portal.web.forms import Form, Invalid

LIST = "/app/campaigns"
STATES = {
    CampaignState.PLANNED: "Planned",
    CampaignState.RUNNING: "Running",
    CampaignState.ENDED: "Ended",
    CampaignState.ARCHIVED: "Archived",
}
TONES = {CampaignState.PLANNED: "going", CampaignState.RUNNING: "good"}


@get(LIST, opt=SEE)
async def list_page(request: AnyRequest, member: SignedIn, now: datetime, link_clicks: LinkClicks) -> Template:
    shown = await campaigns.list_campaigns(member.workspace_id)
    links = await campaigns.links_by_campaign(member.workspace_id)
    counted = await link_clicks(member.workspace_id, [link_id for ids in links.values() for link_id in ids])
    clicks = {campaign_id: sum(counted.get(link_id, 0) for link_id in ids) for campaign_id, ids in links.items()}
    context: dict[str, Any] = {"campaigns": shown, "links": links, "clicks": clicks, "badge_of": _badge_at(_today(member, now))}
    return member_page(request, member, "links/campaigns.html", nav="links", **context)


@get(f"{LIST}/{{campaign_id:uuid}}", opt=SEE)
async def campaign_page(
    request: AnyRequest, member: SignedIn, now: datetime, campaign_id: UUID, link_clicks: LinkClicks
) -> Template:
    campaign = await campaigns.get_campaign(member.workspace_id, campaign_id)
    return await _campaign(request, member, campaign, Form({}), link_clicks=link_clicks, now=now)


@get(f"{LIST}/{{campaign_id:uuid}}/edit", opt=EDIT)
async def edit_page(request: AnyRequest, member: SignedIn, campaign_id: UUID) -> Template:
    campaign = await campaigns.get_campaign(member.workspace_id, campaign_id)
    days = {name: str(getattr(campaign, name) or "") for name in ("starts_on", "ends_on")}
    return _edit(request, member, campaign, Form(days | {"name": campaign.name, "notes": campaign.notes}))


@post(f"{LIST}/{{campaign_id:uuid}}/edit", opt=EDIT)
async def edit(request: AnyRequest, member: SignedIn, campaign_id: UUID) -> Response[str] | Template:
    campaign, form = await campaigns.get_campaign(member.workspace_id, campaign_id), Form(await request.form())
    try:
        fields = campaigns.read_campaign(form)
        form.check()
        await campaigns.edit_campaign(member.workspace_id, campaign_id, fields)
    except Invalid as wrong:
        form.errors = wrong.errors
        return _edit(request, member, campaign, form)
    return done(request, f"{LIST}/{campaign_id}", "Saved.")


@post(f"{LIST}/{{campaign_id:uuid}}/budget", opt=EDIT)
async def save_budget(
    request: AnyRequest, member: SignedIn, now: datetime, campaign_id: UUID, link_clicks: LinkClicks
) -> Response[str] | Template:
    campaign, form = await campaigns.get_campaign(member.workspace_id, campaign_id), Form(await request.form())
    try:
        spend = budgets.read_spend(form, await budgets.budget_of(member.workspace_id, campaign_id))
    except Invalid:
        return await _campaign(request, member, campaign, form, link_clicks=link_clicks, now=now)
    await budgets.save_spend(member.workspace_id, campaign_id, spend)
    return done(request, f"{LIST}/{campaign_id}", "Budget saved.")


@post(f"{LIST}/{{campaign_id:uuid}}/archive", opt=EDIT)
async def archive(request: AnyRequest, member: SignedIn, now: datetime, campaign_id: UUID) -> Response[str]:
    campaign = await campaigns.get_campaign(member.workspace_id, campaign_id)
    await campaigns.set_archived(member.workspace_id, campaign_id, at=now)
    said = f"“{campaign.name}” is archived. Its links go on, and its figures stay."
    return done(request, LIST, said, undo=f"{LIST}/{campaign_id}/restore")


@post(f"{LIST}/{{campaign_id:uuid}}/restore", opt=EDIT)
async def restore(request: AnyRequest, member: SignedIn, campaign_id: UUID) -> Response[str]:
    try:
        await campaigns.set_archived(member.workspace_id, campaign_id, at=None)
    except Invalid:
        said = "Another campaign has this name now. Give one of them another name first."
        return done(request, f"{LIST}/{campaign_id}", said, kind="error")
    return done(request, f"{LIST}/{campaign_id}", "It is back in use.")


async def _campaign(
    request: AnyRequest, member: SignedIn, campaign: Campaign, form: Form, *, link_clicks: LinkClicks, now: datetime
) -> Template:
    links = await campaigns.links_of_campaign(member.workspace_id, campaign.id)
    budget = await budgets.budget_of(member.workspace_id, campaign.id)
    every = (await campaigns.links_by_campaign(member.workspace_id)).get(campaign.id, [])
    clicks = await link_clicks(member.workspace_id, every)
    context: dict[str, Any] = {
        "campaign": campaign,
        "badge": _badge_at(_today(member, now))(campaign),
        "links": links,
        "clicks": clicks,
        "all_clicks": sum(clicks.values()),
        "state_of": state_at(now),
        "as_lines": "\n".join(f"{link.job_title}\t{link.name}\t{link.url}" for link in links),
        "budget": budget,
        "budget_total": budgets.total(budget),
        "currencies": money.currencies(),
        "values": await _amounts(member, budget) | form.values,
        "errors": form.errors,
        "meta": utm.META if any(utm.is_meta_ad(link.network, link.placement) for link in links) else "",
    }
    return member_page(request, member, "links/campaign.html", nav="links", status=status_of(form), **context)


async def _amounts(member: SignedIn, budget: list[budgets.Budget]) -> dict[str, str]:
    """What the fields of the budget hold at first."""
    used = next((entry.currency for entry in budget if entry.currency), None)
    currency = used or money.currency_of((await get_workspace(member.workspace_id)).country)
    return {entry.field: f"{entry.amount}" for entry in budget if entry.amount is not None} | {"currency": currency}


def _edit(request: AnyRequest, member: SignedIn, campaign: Campaign, form: Form) -> Template:
    context: dict[str, Any] = {"campaign": campaign, "values": form.values, "errors": form.errors}
    return member_page(request, member, "links/campaign_edit.html", nav="links", status=status_of(form), **context)


def _badge_at(today: date) -> Callable[[Campaign], tuple[str, str, str]]:
    """Key, words and tone of a campaign's badge."""

    def badge(campaign: Campaign) -> tuple[str, str, str]:
        state = campaign.state(today)
        return state.value, STATES[state], TONES.get(state, "quiet")

    return badge


def _today(member: SignedIn, now: datetime) -> date:
    return now.astimezone(ZoneInfo(member.timezone)).date()


handlers = [list_page, campaign_page, edit_page, edit, save_budget, archive, restore]
