"""What links look like where they are pasted: tags in the head, and the picture that they name."""

import asyncio
import io
import re
import time
from html import unescape
from itertools import pairwise

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.types import ASGIApp
from PIL import Image, ImageChops

from portal import db
from portal.accounts.access import SignedIn
from portal.accounts.colors import contrast, text_on
from portal.clicks import cards, front
from portal.clicks.cards import Shown, find_shown, shortened
from portal.clicks.gallery import Gallery
from portal.clicks.lettering import legible
from portal.clicks.pictures import BAND_TOP, MARGIN, band_color, draw, layout
from portal.links import history, personal
from portal.links import pictures as uploads
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_application, add_candidate, add_job, sign_in
from tests.clicks.agents import OTHERS
from tests.clicks.conftest import Tapped
from tests.conftest import PUBLIC_URL, browser

FACEBOOK = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
PREVIEWERS = [agent for kind, agent in OTHERS if kind in {"link_preview", "crawler"}]
NURSE = Shown(
    color="#0f766e",
    company="Northgate Care",
    title="Night nurse",
    place="Leeds",
    pay="£21 an hour",
    next_step="Interactive interview · about 8 minutes · on your phone",
)
COLORS = ["#0f766e", "#ffffff", "#000000", "#ffd400", "#777777", "#ea580c", "#001f3f", "#ff0000", "#00ff00", "#f0abfc"]
SENTENCE = "Senior registered intensive care night nurse with responsibility for the training of junior colleagues in three wards"
LONG = [
    SENTENCE,
    "W" * 200,
    "i" * 400,
    "Ế" * 200,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "Pflegefachfrau/Pflegefachmann/Gesundheits- und Krankenpfleger/in (m/w/d) " * 3,
    "jÅgŷ Ǻ " * 40,
    "W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W W",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWW " * 8,
]


def picture(shown: Shown) -> Image.Image:
    return Image.open(io.BytesIO(draw(shown))).convert("RGB")


def ink(image: Image.Image, top: int, bottom: int) -> tuple[int, int, int, int]:
    """Where something stands between two heights, on a ground of one colour: left, top, right, bottom."""
    part = image.crop((0, top, image.width, bottom))
    ground = Image.new("RGB", part.size, part.getpixel((0, 0)))
    left, upper, right, lower = found(part, ground)
    return left, upper + top, right, lower + top


def found(part: Image.Image, ground: Image.Image) -> tuple[int, int, int, int]:
    box = ImageChops.difference(part, ground).getbbox()
    assert box is not None, "nothing is drawn there"
    return box


def hexed(pixel: object) -> str:
    assert isinstance(pixel, tuple)
    return "#" + "".join(f"{part:02x}" for part in pixel)


# ---- The picture -------------------------------------------------------------------------------------------------------


def test_a_picture_has_the_size_that_apps_want_and_the_colour_of_the_workspace() -> None:
    png = draw(NURSE)
    image = Image.open(io.BytesIO(png))
    assert (image.format, image.size) == ("PNG", (1200, 630))
    corners = [(0, 0), (1199, 0), (0, BAND_TOP - 1), (1199, BAND_TOP - 1)]
    assert {hexed(image.convert("RGB").getpixel(corner)) for corner in corners} == {"#0f766e"}
    assert len(png) < 100_000


@pytest.mark.parametrize("color", COLORS)
def test_letters_can_be_read_on_every_colour(color: str) -> None:
    image = picture(NURSE._replace(color=color))
    ground, band = hexed(image.getpixel((0, 0))), hexed(image.getpixel((0, 629)))
    for part, on in ((image.crop((0, 0, 1200, BAND_TOP)), ground), (image.crop((0, BAND_TOP, 1200, 630)), band)):
        colors = part.getcolors(200_000)
        assert colors is not None
        letters = max(((hexed(color), count) for count, color in colors if count > 500), key=lambda one: contrast(one[0], on))
        assert contrast(letters[0], on) >= 4.5
    assert ground == color


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_the_band_stands_apart_and_is_read_as_well_as_the_rest(rgb: tuple[int, int, int]) -> None:
    color = hexed(rgb)
    text, band = text_on(color), band_color(color)
    assert contrast(text, color) >= 4.5
    assert contrast(text, band) >= 4.5
    assert contrast(color, band) >= 1.15


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Night nurses"},
        {"company": "Northgate"},
        {"place": "York"},
        {"pay": ""},
        {"color": "#0f766f"},
        {"next_step": "Now"},
    ],
)
def test_everything_that_it_shows_can_be_seen(other: dict[str, str]) -> None:
    assert draw(NURSE._replace(**other)) != draw(NURSE)
    assert draw(NURSE) == draw(NURSE)


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12])
def test_nothing_is_clipped_or_overlaps_however_long_it_is(text: str) -> None:
    shown = NURSE._replace(company=text[:120], title=text, place=text[:120], pay=text[:120])
    stays_inside(shown)
    assert len(draw(shown)) < 100_000


@given(company=st.text(max_size=120), title=st.text(max_size=200), place=st.text(max_size=120))
@settings(max_examples=20, deadline=None)
def test_whatever_is_typed_can_be_drawn(company: str, title: str, place: str) -> None:
    stays_inside(NURSE._replace(company=company, title=title, place=place))


def stays_inside(shown: Shown) -> None:
    """No ink in the margins, nor between what stands one above the other."""
    image = picture(shown)
    placed = layout(shown)
    left, upper, right, lower = ink(image, 0, BAND_TOP)
    assert left >= MARGIN - 2
    assert right <= 1200 - MARGIN + 2
    assert upper >= 40
    assert lower <= BAND_TOP - 10
    assert ink(image, BAND_TOP, 630)[3] <= 610
    for (block, top), (_, following) in pairwise(placed):
        assert top + block.height <= following


def test_a_title_as_long_as_the_form_allows_is_shown_whole() -> None:
    shown = NURSE._replace(title=SENTENCE)
    _, (title, _), _, _ = layout(shown)
    assert 110 < len(SENTENCE) <= 120
    assert " ".join(title.lines) == SENTENCE


def test_what_has_no_room_ends_with_an_ellipsis_after_a_word() -> None:
    _, (title, _), _, _ = layout(NURSE._replace(title=f"{SENTENCE}, {SENTENCE}, {SENTENCE}"))
    assert title.lines[-1].endswith("…")
    assert all(word in SENTENCE.split() for word in title.lines[-1].rstrip("…").replace(",", "").split())


def test_a_short_title_is_large_and_no_word_stands_alone() -> None:
    (title, _) = layout(NURSE)[1]
    assert title.font.size > 100
    (title, _) = layout(NURSE._replace(title="Registered night nurse for intensive care"))[1]
    assert min(map(len, title.lines)) > 10


@pytest.mark.parametrize(
    "text",
    [
        "Bäckereifachverkäufer/in (m/w/d)",
        "Łódź, Škoda, Şişli, Țara, Þór, ß, Œuvre · 1 200 zł · ₹20,000",
        "ĐIỀU DƯỠNG ca đêm · 15.000.000 ₫",
        "Νυχτερινή νοσηλεύτρια ΆΈΉΊΌΎΏ",
        "Нічна медсестра № 5 «Їжак» · 38 000 ₴",
        "Түнкү медайым, қала Алматы, Ђорђе, Љубљана",
    ],
)
def test_latin_greek_and_cyrillic_are_shown_letter_by_letter(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize("text", ["夜勤看護師", "ممرضة ليلية", "אחות לילה", "रात की नर्स", "Night nurse 夜勤", "พยาบาล"])
def test_a_title_in_letters_that_the_font_lacks_leaves_the_company_and_no_boxes(text: str) -> None:
    assert legible(text) == ""
    shown = NURSE._replace(title=text)
    assert draw(shown) == draw(NURSE._replace(title=""))
    assert layout(shown)[0][0].lines == ["Northgate Care"]
    assert layout(NURSE._replace(title=text, company=text))[0][0].lines == ["Interview"]


def test_pictograms_and_invisible_signs_are_left_away() -> None:
    assert legible("🚀 Barista\u200b 👩🏽‍🍳\u202e  wanted\n\x07 🍵 ") == "Barista wanted"
    assert legible("e\u0301 is é") == "é is é"


# ---- One at a time, and kept ---------------------------------------------------------------------------------------------


class Counting:
    """A gallery whose drawings are counted."""

    def __init__(self, most: int = 10) -> None:
        self.drawn: list[str] = []
        self.asked = 0
        self.at_once = self.most_at_once = 0
        self.gallery = Gallery(self.find, self.draw, most)

    async def find(self, name: str) -> Shown:
        self.asked += 1
        if name == "nothing":
            raise Missing("picture")
        return NURSE._replace(title=name)

    def draw(self, shown: Shown) -> bytes:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.drawn.append(shown.title)
        time.sleep(0.005)
        self.at_once -= 1
        return shown.title.encode()


async def test_a_storm_of_crawlers_costs_one_look_and_one_drawing() -> None:
    counting = Counting()
    assert set(await asyncio.gather(*(counting.gallery.png("nurse") for _ in range(50)))) == {b"nurse"}
    assert await counting.gallery.png("nurse") == b"nurse"
    assert (counting.asked, counting.drawn) == (1, ["nurse"])


async def test_pictures_are_drawn_one_after_another() -> None:
    counting = Counting()
    names = [f"nurse {n}" for n in range(6)]
    assert await asyncio.gather(*map(counting.gallery.png, names)) == [name.encode() for name in names]
    assert counting.most_at_once == 1


async def test_only_so_many_are_kept_and_those_that_are_looked_at_stay() -> None:
    counting = Counting(most=2)
    for name in ("a", "b", "a", "c", "a", "b"):
        await counting.gallery.png(name)
    assert counting.drawn == ["a", "b", "c", "b"]


async def test_what_is_not_there_is_asked_for_again() -> None:
    counting = Counting()
    for _ in range(2):
        with pytest.raises(Missing):
            await counting.gallery.png("nothing")
    assert (counting.asked, counting.drawn) == (2, [])


async def test_who_goes_away_does_not_spoil_it_for_the_others() -> None:
    counting = Counting()
    gone, stays = (asyncio.create_task(counting.gallery.png("nurse")) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == b"nurse"
    assert counting.drawn == ["nurse"]


# ---- The address of a picture ------------------------------------------------------------------------------------------


def tags(page: str) -> dict[str, str]:
    """The tags of a head, by name; each stands there once."""
    pairs = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page)
    assert len(dict(pairs)) == len(pairs)
    return {name: unescape(content) for name, content in pairs}


async def card(tapped: Tapped, path: str = "") -> dict[str, str]:
    front.engine().cache.expire_all()
    answer = await tapped.tap(path, user_agent=FACEBOOK)
    assert answer.status_code == 200
    return tags(answer.text)


async def path(tapped: Tapped, of: str = "") -> str:
    """Of the picture that a card names."""
    return (await card(tapped, of))["og:image"].removeprefix(PUBLIC_URL)


async def test_anybody_gets_the_picture_and_may_keep_it_for_ever(tapped: Tapped, stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get(await path(tapped))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert int(answer.headers["content-length"]) == len(answer.content) < 100_000
    assert "set-cookie" not in answer.headers
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)


async def test_who_only_asks_for_the_headers_of_a_picture_gets_them(tapped: Tapped) -> None:
    address = await path(tapped)
    got, asked = await tapped.client.get(address), await tapped.client.head(address)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers == got.headers


async def test_a_member_of_another_workspace_gets_it_like_anybody(tapped: Tapped, app: ASGIApp, outsider: SignedIn) -> None:
    async with browser(app) as client:
        await sign_in(client, outsider)
        assert (await client.get(await path(tapped))).status_code == 200


async def test_no_other_address_makes_the_server_draw(tapped: Tapped, northgate: Northgate, stranger: httpx.AsyncClient) -> None:
    right = await path(tapped)
    await add_job(northgate.id, slug="day-nurse")
    await db.run("UPDATE job SET slug = 'day-nurse-2', title = 'Day nurse' WHERE slug = 'day-nurse'")
    digest = right[-30:-4]
    wrong = [
        right.replace(digest, digest[::-1]),
        right.replace(digest, digest[:-1]),
        right.replace("night-nurse-leeds", "day-nurse-2"),
        right.replace("night-nurse-leeds", "nobody"),
        right.replace("/job-", "/link-"),
        right.replace("/job-night-nurse-leeds", f"/link-{tapped.slug}"),
        right.replace(".png", ".jpg"),
        right.removesuffix(".png"),
        right.upper(),
        "/card/x.png",
        "/card/%00.png",
        "/card/job--.png",
        f"/card/link-{'a' * 26}-{digest}.png",
        f"/card/job-{'x' * 500}-{digest}.png",
    ]
    assert {address: (await stranger.get(address)).status_code for address in wrong} == dict.fromkeys(wrong, 404)
    assert (await stranger.get(right)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE job SET title = 'Day nurse'",
        "UPDATE job SET card_title = 'Nurses wanted'",
        "UPDATE job SET location = 'York'",
        "UPDATE job SET pay = '£22 an hour'",
        "UPDATE job SET minutes = 9",
        "UPDATE workspace SET name = 'Northgate Health'",
        "UPDATE workspace SET brand_color = '#b91c1c'",
        "UPDATE link SET card_title = 'Spring'",
    ],
)
async def test_an_edit_of_what_it_shows_gives_a_new_address(tapped: Tapped, change: str) -> None:
    before = await path(tapped)
    assert await path(tapped) == before
    await db.run(change)
    after = await path(tapped)
    assert after != before
    assert await find_shown(after.removeprefix("/card/"))
    if "link" not in change:
        with pytest.raises(Missing):
            await find_shown(before.removeprefix("/card/"))


async def test_an_edit_of_anything_else_keeps_the_address(tapped: Tapped) -> None:
    before = await path(tapped)
    await db.run("UPDATE job SET summary = 'New', card_text = 'New'")
    await db.run("UPDATE link SET card_text = 'Newer', label = 'New'")
    assert await path(tapped) == before


async def test_a_link_with_a_title_of_its_own_has_a_picture_of_its_own(tapped: Tapped) -> None:
    await db.run("UPDATE link SET card_title = 'Nurses for spring'")
    address = await path(tapped)
    assert address.startswith(f"/card/link-{tapped.slug}-")
    shown = await find_shown(address.removeprefix("/card/"))
    assert (shown.title, shown.company) == ("Nurses for spring", "Northgate Care")
    assert (await tapped.client.get(address)).status_code == 200


async def test_a_personal_link_shows_the_picture_of_its_job(tapped: Tapped, northgate: Northgate) -> None:
    application_id = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))
    link_id = await db.value("UPDATE link SET card_title = 'For Ana' WHERE kind = 'personal' RETURNING id")
    assert link_id == await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    token = personal.token_of(link_id)
    answer = await tapped.tap(f"/{token}", user_agent=FACEBOOK)
    assert tags(answer.text)["og:image"] == (await card(tapped))["og:image"]
    assert "og:url" not in tags(answer.text)
    job = await find_shown((await path(tapped)).removeprefix("/card/"))
    with pytest.raises(Missing):
        await find_shown(cards.picture_name(cards.Source.LINK, token, job))


async def test_the_picture_of_a_closed_job_stays_where_it_was_shared(tapped: Tapped) -> None:
    address = await path(tapped)
    await db.run("UPDATE job SET status = 'closed', closed_at = created_at")
    assert await find_shown(address.removeprefix("/card/"))


# ---- The head of a page ------------------------------------------------------------------------------------------------


async def test_every_app_that_shows_previews_finds_the_same_card(tapped: Tapped) -> None:
    assert len(PREVIEWERS) >= 15
    for name in (
        "facebookexternalhit",
        "Facebot",
        "WhatsApp",
        "LinkedInBot",
        "Slackbot",
        "Twitterbot",
        "TelegramBot",
        "Discordbot",
    ):
        assert any(name in agent for agent in PREVIEWERS), name
    answers = {agent: await tapped.tap(user_agent=agent) for agent in PREVIEWERS}
    assert {agent: answer.status_code for agent, answer in answers.items()} == dict.fromkeys(PREVIEWERS, 200)
    assert len({answer.text for answer in answers.values()}) == 1


async def test_a_card_says_all_that_apps_ask_for(tapped: Tapped) -> None:
    said = await card(tapped)
    picture = said.pop("og:image")
    assert re.fullmatch(rf"{PUBLIC_URL}/card/job-night-nurse-leeds-[a-z2-7]{{26}}\.png", picture)
    assert said == {
        "viewport": "width=device-width, initial-scale=1",
        "description": "Leeds · £21 an hour",
        "og:type": "website",
        "og:title": "Night nurse",
        "og:description": "Leeds · £21 an hour",
        "og:site_name": "Northgate Care",
        "og:locale": "en_GB",
        "og:url": f"{PUBLIC_URL}/nurse-ig-story",
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Northgate Care: Night nurse. Leeds · £21 an hour",
        "twitter:card": "summary_large_image",
        "twitter:image:alt": "Northgate Care: Night nurse. Leeds · £21 an hour",
    }


async def test_a_card_has_the_headers_of_the_other_answers(tapped: Tapped) -> None:
    own = {"content-type", "content-length", "location"}
    redirect, page = await tapped.tap(), await tapped.tap(user_agent=FACEBOOK)
    assert {k: v for k, v in page.headers.items() if k not in own} == {k: v for k, v in redirect.headers.items() if k not in own}


async def test_long_titles_and_texts_are_cut_between_words(tapped: Tapped) -> None:
    await db.run("UPDATE job SET card_title = $1, card_text = $2", SENTENCE, SENTENCE * 3)
    said = await card(tapped)
    assert said["og:title"] == "Senior registered intensive care night nurse with responsibility for…"
    assert len(said["og:description"]) <= 200
    assert said["og:description"].endswith("…")
    assert SENTENCE in said["og:image:alt"]


def test_cutting_keeps_what_fits_and_one_line() -> None:
    assert shortened("Night\n nurse", 11) == "Night nurse"
    assert shortened("Nightly nurse", 12) == "Nightly…"
    assert shortened("Night-shift, nurse", 13) == "Night-shift…"
    assert shortened("x" * 80, 70) == "x" * 69 + "…"
    assert all(len(shortened("word " * 30, n)) <= n for n in range(5, 100))


async def test_what_members_type_stays_text(tapped: Tapped) -> None:
    typed = '"><script>alert(1)</script> & ’quotes’'
    await db.run("UPDATE job SET title = $1, location = $1", typed)
    answer = await tapped.tap(user_agent=FACEBOOK)
    assert "<script" not in answer.text
    assert tags(answer.text)["og:title"] == typed


async def test_one_minute_is_one_minute(tapped: Tapped) -> None:
    await db.run("UPDATE job SET location = '', pay = '', minutes = 1")
    said = await card(tapped)
    assert said["og:description"] == "About 1 minute, from your phone."
    assert (await find_shown(said["og:image"].rpartition("/")[2])).next_step.startswith(
        "Interactive interview · about 1 minute ·"
    )


async def test_a_closed_job_shows_crawlers_its_closed_page_and_no_picture(tapped: Tapped) -> None:
    await db.run("UPDATE job SET status = 'closed', closed_at = created_at")
    answer = await tapped.tap(user_agent=FACEBOOK)
    assert answer.status_code == 410
    assert "og:image" not in answer.text


async def test_the_landing_page_itself_names_the_same_picture(tapped: Tapped, northgate: Northgate) -> None:
    answer = await tapped.tap(f"/apply/{northgate.job_slug}?click={db.new_id()}&via={tapped.slug}", user_agent=FACEBOOK)
    assert answer.status_code == 200
    said, of_link = tags(answer.text), await card(tapped)
    assert said["og:url"] == f"{PUBLIC_URL}/apply/{northgate.job_slug}"
    assert said.items() >= {k: v for k, v in of_link.items() if k not in {"og:url", "viewport"}}.items()


async def test_the_landing_page_of_a_closed_job_names_no_picture(tapped: Tapped, northgate: Northgate) -> None:
    await db.run("UPDATE job SET status = 'closed', closed_at = created_at")
    answer = await tapped.tap(f"/apply/{northgate.job_slug}", user_agent=FACEBOOK)
    assert answer.status_code == 410
    assert "og:image" not in answer.text


async def test_a_picture_that_a_member_gave_comes_before_the_drawn_one(tapped: Tapped) -> None:
    image = io.BytesIO()
    Image.new("RGB", (640, 480), "red").save(image, "PNG")
    picture_id = await uploads.keep(tapped.workspace_id, uploads.read_picture(image.getvalue(), 1600), now=NOW)
    changed = {"card_picture_id": picture_id}
    await history.change(tapped.workspace_id, tapped.link_id, changed, by=None, now=NOW)
    front.engine().cache.expire_all()
    page = (await tapped.tap(user_agent="facebookexternalhit/1.1")).text
    address = f"{PUBLIC_URL}/card/picture/{picture_id}"
    assert f'property="og:image" content="{address}"' in page
    assert "og:image:width" not in page
    assert (await tapped.client.get(f"/card/picture/{picture_id}")).headers["content-type"] == "image/png"
