"""The list of links, taken away and brought in again; UTM words in the settings."""

import csv
import io
import zipfile

import httpx
import pytest

from portal import db
from portal.links import sheets
from portal.links.list_pages import HEADER
from portal.web.exports import as_csv
from tests.cast import NOW, Northgate, add_channel, add_link, insert, post

UPLOAD = "/app/links/upload"
UTM = "/app/settings/utm"


def table(answer: httpx.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def send(client: httpx.AsyncClient, content: bytes, name: str = "my list.csv") -> httpx.Response:
    return await post(client, UPLOAD, files={"file": (name, content, "text/csv")})


async def test_what_is_taken_away_is_what_is_shown(viewer: httpx.AsyncClient, northgate: Northgate) -> None:
    channel_id = await add_channel(northgate.id)
    campaign_id = await insert("campaign", workspace_id=northgate.id, name="Spring", code="spring", notes="", created_at=NOW)
    await add_link(northgate.id, northgate.job_id, channel_id, "one", campaign_id=campaign_id, label="=1+1", note="a\nb")
    await add_link(northgate.id, northgate.job_id, channel_id, "two", paused_at=NOW)
    rows = table(await viewer.get("/app/links/links.csv"))
    assert rows[0] == list(HEADER)
    assert len(rows) == 3
    answer = await viewer.get(f"/app/links/links.csv?campaign={campaign_id}")
    assert "attachment" in answer.headers["content-disposition"]
    named = ["http://portal.test/one", "one", "Night nurse", "Instagram · Story", "Spring"]
    assert table(answer)[1:] == [[*named, "'=1+1", "", "a\nb", "Active", "0", "2026-11-23 10:00"]]
    book = zipfile.ZipFile(io.BytesIO((await viewer.get("/app/links/links.xlsx?state=paused")).content))
    texts = book.read("xl/sharedStrings.xml").decode()
    assert (">two<" in texts, ">one<" in texts) == (True, False)


async def test_filters_and_orders_stand_in_the_address(viewer: httpx.AsyncClient, northgate: Northgate) -> None:
    channel_id = await add_channel(northgate.id)
    for n in range(51):
        await add_link(northgate.id, northgate.job_id, channel_id, f"link-{n:02}", label=f"{n:02}")
    page = (await viewer.get("/app/links?sort=name&channel=instagram/story")).text
    assert "/app/links?channel=instagram%2Fstory&amp;sort=name&amp;page=2" in page
    assert 'aria-sort="ascending"' in page
    assert "portal.test/link-49" in page
    assert "portal.test/link-50" not in page
    second = (await viewer.get("/app/links?sort=name&channel=instagram/story&page=2")).text
    assert "portal.test/link-50" in second
    assert "/app/links/links.csv?channel=instagram%2Fstory&amp;sort=name" in page
    part = (await viewer.get("/app/links?q=link-07", headers={"HX-Request": "true"})).text
    assert "<html" not in part
    assert part.count("data-item") == 1


async def test_an_export_comes_in_again_with_nothing_to_make(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    channel_id = await add_channel(northgate.id)
    campaign_id = await insert("campaign", workspace_id=northgate.id, name="Spring", code="spring", notes="", created_at=NOW)
    await add_link(northgate.id, northgate.job_id, channel_id, "one", campaign_id=campaign_id, label="+2 nights")
    await add_link(northgate.id, northgate.job_id, channel_id, "two")
    content = (await marketer.get("/app/links/links.csv")).content
    answer = await send(marketer, content)
    page = (await marketer.get(answer.headers["location"])).text
    assert "There already: 2" in page
    assert "Make " not in page


async def test_a_list_is_looked_through_and_then_made(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    content = as_csv(["job", "channel"], [["Night nurse", "ig-bio"], ["Night nurse", "x-bio"], ["Nobody", "<b>"]])
    answer = await send(marketer, content, "Näh <list>.csv")
    assert answer.status_code == 303
    where = answer.headers["location"]
    page = (await marketer.get(where)).text
    assert "Make 2 links" in page
    assert "Näh &lt;list&gt;.csv" in page
    assert "There is no job “Nobody”." in page
    assert "night-nurse-ig-bio" not in (await marketer.get(f"{where}?show=fault")).text
    assert await db.value("SELECT count(*) FROM link") == 0
    made = await post(marketer, where, follow_redirects=True)
    assert "2 links made." in made.text
    assert "Make 2" not in made.text
    again = await post(marketer, where, follow_redirects=True)
    assert "were there already" in again.text
    left = await marketer.get(f"{where}/left-out.csv")
    assert table(left) == [["job", "channel", "reason"], ["Nobody", "<b>", "There is no job “Nobody”."]]
    assert left.headers["content-disposition"] == 'attachment; filename="left-out-of-nah-list.csv"'


async def test_rows_can_be_pasted(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    answer = await post(marketer, UPLOAD, {"pasted": "Job\tChannel\r\nNight nurse\tInstagram Bio"}, follow_redirects=True)
    assert "Make 1 link<" in answer.text


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "Choose a file"), (b"a,b\nc,d", "no column named job"), (b"job,channel\n" + b"x" * sheets.MOST_BYTES, "2 MB")],
)
async def test_a_list_that_cannot_be_read_says_what_to_do(
    marketer: httpx.AsyncClient, northgate: Northgate, content: bytes, said: str
) -> None:
    answer = await send(marketer, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert await db.value("SELECT count(*) FROM link_upload") == 0


async def test_only_those_who_make_links_bring_lists_in(
    viewer: httpx.AsyncClient, elsewhere: httpx.AsyncClient, marketer: httpx.AsyncClient
) -> None:
    where = (await send(marketer, b"job,channel\nNight nurse,ig-bio")).headers["location"]
    assert (await viewer.get(UPLOAD)).status_code == (await viewer.get(where)).status_code == 403
    assert (await send(viewer, b"job,channel\na,b")).status_code == (await post(viewer, where)).status_code == 403
    assert (await elsewhere.get(where)).status_code == (await post(elsewhere, where)).status_code == 404
    assert (await elsewhere.get(f"{where}/left-out.csv")).status_code == 404
    assert table(await elsewhere.get("/app/links/links.csv")) == [list(HEADER)]


async def test_only_admins_change_the_utm_words(
    admin: httpx.AsyncClient, marketer: httpx.AsyncClient, northgate: Northgate
) -> None:
    assert (await marketer.get(UTM)).status_code == (await post(marketer, UTM)).status_code == 403
    assert "/app/settings/domains" not in (await marketer.get("/app/settings")).text
    assert UTM in (await admin.get("/app/settings/domains")).text
    page = (await admin.get(UTM)).text
    assert "utm_source=facebook&amp;utm_medium=ad" in page
    wrong = await post(admin, UTM, {"utm_source": "{netwrok}", "utm_medium": "kept"})
    assert wrong.status_code == 422
    assert 'value="{netwrok}"' in wrong.text
    assert 'value="kept"' in wrong.text
    saved = await post(admin, UTM, {"utm_source": "{channel}", "locked": "on"}, follow_redirects=True)
    assert "utm_source=fb-ad" in saved.text
    assert await db.value("SELECT utm_locked FROM workspace WHERE id = $1", northgate.id)
    part = await admin.get(f"{UTM}/example?utm_medium=Paid+Social")
    assert "utm_medium=paid-social" in part.text
