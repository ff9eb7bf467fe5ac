"""Pages of campaigns, as members see them."""

import re
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.links import utm
from portal.links.slugs import SlugFault
from tests.cast import NOW, Northgate, add_channel, add_job, add_link, insert, post

NEW = "/app/campaigns/new"


@pytest.fixture
async def campaign_id(northgate: Northgate) -> UUID:
    return await insert("campaign", workspace_id=northgate.id, name="Spring", code="spring", notes="", created_at=NOW)


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser would send of the form that is not ticked or typed by hand: hidden fields and texts."""
    found: dict[str, list[str]] = {}
    for kind, name, value in re.findall(
        r'<input (?:class="[^"]*" )?type="(hidden|text)"[^>]*? name="([^"]+)" value="([^"]*)"', page
    ):
        if kind == "hidden" or name.startswith("slug:"):
            found.setdefault(name, []).append(value)
    return found


async def test_a_campaign_of_twelve_links_in_three_pages(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    other = await add_job(northgate.id, title="Porter")
    assert 'href="/app/campaigns/new"' in (await marketer.get("/app/links")).text
    page = (await marketer.get(NEW)).text
    chosen = re.findall(r'name="channel" id="[^"]*" value="([^"]+)" checked', page)
    assert len(chosen) == 6
    sent = {"id": fields_of(page)["id"][0], "name": "Spring nurses", "starts_on": "2027-03-01", "notes": "A “note”"}
    sent |= {"ads": "", "runs": "", "ends_on": ""}
    look = await post(marketer, NEW, {**sent, "job": [str(northgate.job_id), str(other)], "channel": chosen, "step": "look"})
    assert look.status_code == 200
    assert "Make 12 links" in look.text
    assert "instagram · story · spring-nurses" in look.text
    assert await db.value("SELECT count(*) FROM link") == 0
    held = fields_of(look.text)
    assert len([name for name in held if name.startswith("slug:")]) == 12
    held["slug:0"] = ["my-own"]
    made = await post(marketer, NEW, {**held, "step": "make"}, follow_redirects=True)
    assert "12 links made." in made.text
    assert 'data-copy="http://portal.test/my-own"' in made.text
    assert "Porter\tInstagram · Story\thttp://portal.test/porter-ig-story" in made.text
    assert "A “note”" in made.text
    again = await post(marketer, NEW, {**held, "step": "make"}, follow_redirects=True)
    assert "These links were there already." in again.text
    assert await db.value("SELECT count(*) FROM link") == 12


async def test_one_open_job_is_chosen_already(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await add_job(northgate.id, title="Closed one", status="closed", closed_at=NOW)
    page = (await marketer.get(NEW)).text
    assert f'value="{northgate.job_id}" checked' in page
    assert "Closed one" not in page


async def test_a_choice_that_cannot_be_used_keeps_what_was_typed(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    sent = {"name": "", "starts_on": "soon", "notes": "<b>", "ads": "A\nB", "channel": "x/bio", "step": "look"}
    page = await post(marketer, NEW, sent)
    assert page.status_code == 422
    for said in (
        "Give the campaign a name",
        "Choose at least one job.",
        "Give the day",
        "&lt;b&gt;",
        "A\nB",
        'value="x/bio" checked',
    ):
        assert said in page.text, said
    assert 'value="instagram/bio" checked' not in page.text


async def test_a_slug_that_clashes_is_said_beside_it(
    marketer: httpx.AsyncClient, northgate: Northgate, campaign_id: UUID
) -> None:
    await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "taken", campaign_id=campaign_id)
    sent = {"job": str(northgate.job_id), "channel": ["instagram/story", "x/bio", "x/post"], "step": "make"}
    slugs = {"slug:1": "taken", "slug:2": "fine"}
    page = await post(marketer, f"/app/campaigns/{campaign_id}/grid", sent | slugs)
    assert page.status_code == 422
    assert page.text.count(SlugFault.TAKEN.value) == 2, "at the top and beside the field"
    assert 'name="slug:2" value="fine"' in page.text
    assert "there already" in page.text
    assert "Make 2 links" in page.text
    assert await db.value("SELECT count(*) FROM link") == 1


async def test_choosing_again_brings_the_choice_back(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    sent = {"name": "Spring", "job": str(northgate.job_id), "channel": "facebook/ad", "ads": "A\nB", "step": "choose"}
    page = await post(marketer, NEW, sent)
    assert page.status_code == 200
    assert 'value="facebook/ad" checked' in page.text
    assert "A\nB" in page.text
    assert 'value="Spring"' in page.text


async def test_a_name_that_is_taken_is_said_before_anything_is_shown(
    marketer: httpx.AsyncClient, northgate: Northgate, campaign_id: UUID
) -> None:
    sent = {"name": "SPRING", "job": str(northgate.job_id), "channel": "x/bio"}
    for step in ("look", "make", "only"):
        page = await post(marketer, NEW, sent | {"step": step})
        assert page.status_code == 422, step
        assert "There is a campaign of this name already." in page.text
    assert await db.value("SELECT count(*) FROM campaign") == 1


async def test_a_campaign_can_be_saved_without_links(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    sent = {"id": str(db.new_id()), "name": "Later", "step": "only"}
    saved = await post(marketer, NEW, sent, follow_redirects=True)
    assert "No links in use" in saved.text
    await post(marketer, NEW, sent)
    assert await db.value("SELECT count(*) FROM campaign") == 1


async def test_an_ad_on_facebook_brings_metas_parameters(
    marketer: httpx.AsyncClient, northgate: Northgate, campaign_id: UUID
) -> None:
    assert "URL parameters" not in (await marketer.get(f"/app/campaigns/{campaign_id}")).text
    ad = await add_channel(northgate.id, network="facebook", placement="ad", code="fb-ad")
    await add_link(northgate.id, northgate.job_id, ad, "ad", campaign_id=campaign_id)
    assert utm.META.replace("&", "&amp;") in (await marketer.get(f"/app/campaigns/{campaign_id}")).text


async def test_a_budget_is_saved_and_a_wrong_one_kept_in_its_field(
    marketer: httpx.AsyncClient, northgate: Northgate, campaign_id: UUID
) -> None:
    channel_id, base = await add_channel(northgate.id), f"/app/campaigns/{campaign_id}"
    await add_link(northgate.id, northgate.job_id, channel_id, "story", campaign_id=campaign_id)
    wrong = await post(marketer, f"{base}/budget", {f"amount:{channel_id}": "lots", "currency": "GBP"})
    assert wrong.status_code == 422
    assert 'value="lots"' in wrong.text
    saved = await post(marketer, f"{base}/budget", {f"amount:{channel_id}": "1,250", "currency": "EUR"}, follow_redirects=True)
    assert "€1,250.00" in saved.text
    assert 'value="1250.00"' in saved.text


async def test_edit_archive_and_back(marketer: httpx.AsyncClient, northgate: Northgate, campaign_id: UUID) -> None:
    base = f"/app/campaigns/{campaign_id}"
    assert 'value="Spring"' in (await marketer.get(f"{base}/edit")).text
    assert (await post(marketer, f"{base}/edit", {"name": ""})).status_code == 422
    renamed = await post(marketer, f"{base}/edit", {"name": "Summer", "ends_on": "2020-01-01"}, follow_redirects=True)
    assert "Summer" in renamed.text
    assert "Ended" in renamed.text
    gone = await post(marketer, f"{base}/archive", follow_redirects=True)
    assert f'action="{base}/restore"' in gone.text, "it can be undone"
    await insert("campaign", workspace_id=northgate.id, name="Summer", code="summer", notes="", created_at=NOW)
    refused = await post(marketer, f"{base}/restore", follow_redirects=True)
    assert "Another campaign has this name now." in refused.text
    await db.run("DELETE FROM campaign WHERE code = 'summer'")
    await post(marketer, f"{base}/restore")
    assert await db.value("SELECT archived_at FROM campaign WHERE id = $1", campaign_id) is None


async def test_the_list_counts_links_and_clicks(marketer: httpx.AsyncClient, northgate: Northgate, campaign_id: UUID) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "one", campaign_id=campaign_id)
    values = {"workspace_id": northgate.id, "link_id": link_id, "day": NOW.date(), "dimension": "verdict", "value": "person"}
    names = ", ".join(values)
    await db.run(f"INSERT INTO click_daily ({names}, clicks) VALUES ($1, $2, $3, $4, $5, 41)", *values.values())
    page = (await marketer.get("/app/campaigns")).text
    assert re.search(r'data-label="Links">1<.*?data-label="Clicks">41<', page, re.DOTALL)
    assert "Running" in page


async def test_a_viewer_sees_campaigns_and_changes_none(
    viewer: httpx.AsyncClient, northgate: Northgate, campaign_id: UUID
) -> None:
    base = f"/app/campaigns/{campaign_id}"
    page = await viewer.get(base)
    assert page.status_code == 200
    assert "Add links" not in page.text
    assert "New campaign" not in (await viewer.get("/app/campaigns")).text
    for path in (NEW, f"{base}/grid", f"{base}/edit"):
        assert (await viewer.get(path)).status_code == 403
    for path in (NEW, f"{base}/grid", f"{base}/edit", f"{base}/budget", f"{base}/archive", f"{base}/restore"):
        assert (await post(viewer, path, {"name": "Mine", "step": "only"})).status_code == 403


async def test_an_outsider_finds_no_campaign(elsewhere: httpx.AsyncClient, northgate: Northgate, campaign_id: UUID) -> None:
    base = f"/app/campaigns/{campaign_id}"
    assert "Spring" not in (await elsewhere.get("/app/campaigns")).text
    for end in ("", "/grid", "/edit"):
        assert (await elsewhere.get(f"{base}{end}")).status_code == 404
    for end in ("/grid", "/edit", "/budget", "/archive", "/restore"):
        assert (await post(elsewhere, f"{base}{end}", {"name": "Mine", "step": "make"})).status_code == 404
    taken = {"id": str(campaign_id), "name": "Mine", "step": "only"}
    assert (await post(elsewhere, NEW, taken)).status_code == 404
    foreign = {"id": str(db.new_id()), "name": "Mine", "job": str(northgate.job_id), "channel": "x/bio", "step": "make"}
    assert (await post(elsewhere, NEW, foreign)).status_code == 404
    assert await db.value("SELECT count(*) FROM campaign") == 1
