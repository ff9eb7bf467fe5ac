"""Pages of links, as members see them."""

import re

import httpx
import pytest

from portal import db
from portal.links.slugs import SlugFault
from tests.cast import NOW, Northgate, add_channel, add_link, post


def share(northgate: Northgate) -> str:
    return f"/app/jobs/{northgate.job_id}/share"


async def test_a_set_of_links_is_made_in_one_go_and_can_be_copied(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    page = (await recruiter.get(share(northgate))).text
    assert "none made yet" in page
    assert 'value="night-nurse-ig-story"' in page
    sent = {
        "channel": ["instagram/story", "facebook/ad"],
        "slug:instagram/story": "night-nurse-ig-story",
        "slug:facebook/ad": "own-ad",
    }
    answer = await post(recruiter, share(northgate), sent, follow_redirects=True)
    assert "2 links made." in answer.text
    assert 'data-copy="http://portal.test/own-ad"' in answer.text
    assert "Instagram · Story\thttp://portal.test/night-nurse-ig-story\nFacebook · Ad\thttp://portal.test/own-ad" in answer.text
    again = await post(recruiter, share(northgate), sent, follow_redirects=True)
    assert "These links were there already." in again.text
    assert await db.value("SELECT count(*) FROM link") == 2


async def test_a_slug_that_cannot_be_used_is_said_beside_it_and_what_was_typed_is_kept(
    recruiter: httpx.AsyncClient, northgate: Northgate
) -> None:
    sent = {"channel": ["instagram/bio", "tiktok/bio"], "slug:instagram/bio": "app", "slug:tiktok/bio": "my own"}
    answer = await post(recruiter, share(northgate), sent)
    assert answer.status_code == 422
    assert answer.text.count(SlugFault.RESERVED.value) == 2, "at the top and beside the field"
    assert SlugFault.UNSAFE.value in answer.text
    assert 'value="my own"' in answer.text
    assert re.search(r'value="tiktok/bio"\s+checked', answer.text)
    assert await db.value("SELECT count(*) FROM link") == 0


async def test_choosing_nothing_says_what_to_do(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    answer = await post(recruiter, share(northgate), {"slug:instagram/bio": "x"})
    assert answer.status_code == 422
    assert "Choose at least one channel." in answer.text


async def test_a_second_link_of_a_channel_needs_a_name(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await post(recruiter, share(northgate), {"channel": "facebook/ad"})
    answer = await post(recruiter, f"{share(northgate)}/another", {"another": "facebook/ad", "label": ""})
    assert answer.status_code == 422
    assert "Give it a name" in answer.text
    answer = await post(
        recruiter, f"{share(northgate)}/another", {"another": "facebook/ad", "label": "Weekend"}, follow_redirects=True
    )
    assert "1 link made." in answer.text
    assert "night-nurse-fb-ad-weekend" in answer.text
    answer = await post(recruiter, f"{share(northgate)}/another", {"another": "facebook/ad", "label": "B", "slug": "a b"})
    assert (answer.status_code, SlugFault.UNSAFE.value in answer.text) == (422, True)


async def test_the_button_says_how_many_links_it_makes(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    button = await recruiter.get(f"{share(northgate)}/button?channel=instagram/bio&channel=x/bio")
    assert ">Make 2 links<" in button.text


async def test_a_viewer_sees_links_and_makes_none(viewer: httpx.AsyncClient, northgate: Northgate) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    page = await viewer.get(share(northgate))
    assert "portal.test/nurse" in page.text
    assert "Make " not in page.text
    assert (await post(viewer, share(northgate), {"channel": "x/bio"})).status_code == 403
    assert (await post(viewer, f"/app/links/{link_id}/pause")).status_code == 403
    assert (await viewer.get(f"/app/links/{link_id}")).status_code == 200
    assert (await viewer.get("/app/links/channels")).status_code == 200


async def test_an_outsider_finds_nothing(elsewhere: httpx.AsyncClient, northgate: Northgate) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    assert (await elsewhere.get(share(northgate))).status_code == 404
    assert (await elsewhere.get(f"{share(northgate)}/button")).status_code == 404
    assert (await post(elsewhere, share(northgate), {"channel": "x/bio"})).status_code == 404
    for end in ("", "/pause", "/resume", "/archive", "/restore"):
        assert (await post(elsewhere, f"/app/links/{link_id}{end}", {"label": "mine"})).status_code == 404
    assert (await elsewhere.get(f"/app/links/{link_id}")).status_code == 404
    assert "nurse" not in (await elsewhere.get("/app/links")).text
    assert await db.value("SELECT label || coalesce(paused_at::text, '') FROM link WHERE id = $1", link_id) == ""


async def test_all_links_can_be_searched_and_filtered(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    assert "No links yet" in (await recruiter.get("/app/links")).text
    channel_id = await add_channel(northgate.id)
    await add_link(northgate.id, northgate.job_id, channel_id, "spring")
    await add_link(northgate.id, northgate.job_id, channel_id, "autumn", paused_at=NOW)
    page = (await recruiter.get("/app/links")).text
    assert "portal.test/spring" in page
    assert "portal.test/autumn" in page
    assert "portal.test/autumn" not in (await recruiter.get("/app/links?q=SPRING")).text
    paused = (await recruiter.get(f"/app/links?state=paused&job={northgate.job_id}")).text
    assert ("portal.test/autumn" in paused, "portal.test/spring" in paused) == (True, False)
    assert "Nothing found" in (await recruiter.get("/app/links?q=nothing")).text
    assert (await recruiter.get("/app/links?job=nonsense&state=nonsense&page=-4")).status_code == 200
    part = await recruiter.get("/app/links?q=spring", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "portal.test/spring" in part.text


async def test_a_link_is_edited_in_the_workspaces_own_time(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await db.run("UPDATE workspace SET timezone = 'America/New_York'")
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    sent = {"label": "Spring", "note": "Until\r\nMay", "ends": "at", "expires_at": "2030-07-01T17:30"}
    answer = await post(recruiter, f"/app/links/{link_id}", sent, follow_redirects=True)
    assert "Saved." in answer.text
    assert 'value="2030-07-01T17:30"' in answer.text
    stored = await db.row("SELECT label, note, expires_at FROM link WHERE id = $1", link_id)
    assert stored is not None
    assert (stored["label"], stored["note"]) == ("Spring", "Until\nMay")
    assert stored["expires_at"].isoformat() == "2030-07-01T21:30:00+00:00"


@pytest.mark.parametrize("typed", ["2001-01-01T10:00", "tomorrow", "0001-01-01T00:00", "9999-12-31T23:59", "2030-02-30T10:00"])
async def test_an_end_that_cannot_be_is_refused_and_kept_in_the_field(
    recruiter: httpx.AsyncClient, northgate: Northgate, typed: str
) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    answer = await post(recruiter, f"/app/links/{link_id}", {"label": "Kept", "ends": "at", "expires_at": typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text
    assert 'value="Kept"' in answer.text
    assert await db.value("SELECT expires_at FROM link WHERE id = $1", link_id) is None


async def test_pause_archive_and_back(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    paused = await post(recruiter, f"/app/links/{link_id}/pause", follow_redirects=True)
    assert "Paused" in paused.text
    assert f'action="/app/links/{link_id}/resume"' in paused.text
    await post(recruiter, f"/app/links/{link_id}/resume")
    gone = await post(recruiter, f"/app/links/{link_id}/archive", follow_redirects=True)
    assert f'action="/app/links/{link_id}/restore"' in gone.text
    assert "portal.test/nurse" not in gone.text
    back = await post(recruiter, f"/app/links/{link_id}/restore", follow_redirects=True)
    assert "Active" in back.text


async def test_reading_changes_nothing(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    for end in ("pause", "resume", "archive", "restore"):
        assert (await recruiter.get(f"/app/links/{link_id}/{end}")).status_code in {404, 405}
    before = await db.value("SELECT count(*) FROM channel")
    await recruiter.get(share(northgate))
    assert await db.value("SELECT count(*) FROM channel") == before


async def test_a_channel_of_ones_own_is_added_and_then_offered(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    wrong = await post(recruiter, "/app/links/channels", {"network_name": "Leeds <forum>", "placement_name": ""})
    assert wrong.status_code == 422
    assert 'value="Leeds &lt;forum&gt;"' in wrong.text
    sent = {"network_name": "Leeds <forum>", "placement_name": "Jobs", "hint": "Pin it"}
    added = await post(recruiter, "/app/links/channels", sent, follow_redirects=True)
    assert "Leeds &lt;forum&gt; · Jobs" in added.text
    assert 'value="leeds-forum/jobs"' in (await recruiter.get(share(northgate))).text
    channel_id = await db.value("SELECT id FROM channel WHERE own")
    await post(recruiter, f"/app/links/channels/{channel_id}/archive")
    assert 'value="leeds-forum/jobs"' not in (await recruiter.get(share(northgate))).text
    await post(recruiter, f"/app/links/channels/{channel_id}/restore")
    assert 'value="leeds-forum/jobs"' in (await recruiter.get(share(northgate))).text
