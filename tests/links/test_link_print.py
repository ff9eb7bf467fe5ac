"""Posters, print runs, the logo, and the card of one link."""

import io
import re
from uuid import UUID

import httpx
import pypdfium2
import pytest
import zxingcpp
from litestar.types import ASGIApp
from PIL import Image

from portal import db
from portal.accounts.access import SignedIn
from portal.jobs.jobs import get_job
from portal.links import history, links, pictures, posters
from portal.links.pictures import Fault, Refused
from portal.links.posters import Size
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_channel, add_link, csrf, post, sign_in
from tests.conftest import browser


def png(width: int = 300, height: int = 120, color: str = "#0f766e", **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, "PNG", **options)
    return file.getvalue()


def photo() -> bytes:
    """With the place where it was taken, lying on its side."""
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at home"
    Image.effect_noise((400, 200), 80).convert("RGB").save(file, "JPEG", exif=exif)
    return file.getvalue()


@pytest.fixture
async def link_id(northgate: Northgate) -> UUID:
    return await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-poster")


async def upload(client: httpx.AsyncClient, path: str, file: bytes, **fields: str) -> httpx.Response:
    token = await csrf(client)
    files = {"picture": ("photo.jpg", file, "image/jpeg")}
    return await client.post(path, data={"_csrf_token": token} | fields, files=files, follow_redirects=True)


# ---- Pictures ----------------------------------------------------------------------------------------------------------


def test_a_picture_is_drawn_anew_upright_and_without_what_stood_beside_its_colours() -> None:
    assert b"taken at home" in photo()
    kept = pictures.read_picture(photo(), 1600)
    assert (kept.type, kept.width, kept.height) == ("image/jpeg", 200, 400)
    assert b"taken at home" not in kept.content
    assert not Image.open(io.BytesIO(kept.content)).getexif()
    assert b"hidden" not in pictures.read_picture(png() + b"hidden <script>", 512).content


def test_large_pictures_are_made_smaller() -> None:
    kept = pictures.read_picture(png(3000, 1500), 512)
    assert (kept.type, kept.width, kept.height) == ("image/png", 512, 256)
    assert Image.open(io.BytesIO(kept.content)).size == (512, 256)


def gif() -> bytes:
    file = io.BytesIO()
    Image.new("P", (10, 10)).save(file, "GIF")
    return file.getvalue()


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        (b"", Fault.EMPTY),
        (b"x" * 1_000_001, Fault.LARGE),
        (b"no picture", Fault.KIND),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Fault.KIND),
        (gif(), Fault.KIND),
        (png()[:60], Fault.KIND),
        (png(5001, 2), Fault.PIXELS),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(file: bytes, fault: Fault) -> None:
    with pytest.raises(Refused) as refused:
        pictures.read_picture(file, 512)
    assert refused.value.fault is fault


async def test_the_logo_of_another_workspace_cannot_be_taken(northgate: Northgate, outsider: SignedIn) -> None:
    ours = await pictures.keep(northgate.id, pictures.read_picture(png(), 512), now=NOW)
    with pytest.raises(Missing):
        await pictures.set_logo(outsider.workspace_id, ours)
    with pytest.raises(Missing):
        await pictures.set_logo(northgate.id, db.new_id())


async def test_a_logo_is_uploaded_and_taken_back(app: ASGIApp, northgate: Northgate, stranger: httpx.AsyncClient) -> None:
    async with browser(app) as admin:
        await sign_in(admin, northgate.admin)
        wrong = await upload(admin, "/app/settings/logo", b"no picture")
        assert wrong.status_code == 422
        assert Fault.KIND.value in wrong.text
        told = await upload(admin, "/app/settings/logo", png())
        assert "This is the logo now." in told.text
        path = re.search(r'src="(/card/picture/[^"]+)"', told.text)
        assert path
        seen = await stranger.get(path[1])
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/png")
        assert "immutable" in seen.headers["cache-control"]
        await post(admin, "/app/settings/logo/restore?picture=")
        assert await pictures.logo_of(northgate.id) is None
    assert (await stranger.get(f"/card/picture/{db.new_id()}")).status_code == 404


# ---- Paper -------------------------------------------------------------------------------------------------------------


def codes(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image.convert("L"))]


@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("logo", [None, pictures.read_picture(png(), 512)], ids=["plain", "logo"])
async def test_a_poster_is_one_page_whose_code_can_be_read(
    northgate: Northgate, link_id: UUID, size: Size, logo: pictures.Picture | None
) -> None:
    await db.run("UPDATE job SET title = 'Nachtschwester für Łódź & 100 € extra' WHERE id = $1", northgate.job_id)
    link = await links.get_link(northgate.id, link_id)
    what = posters.poster(link, await get_job(northgate.id, northgate.job_id))
    assert posters.is_drawable(what)
    document = pypdfium2.PdfDocument(posters.as_pdf(what, size, logo))
    assert len(document) == 1
    width, height = document[0].get_size()
    assert (round(width * 25.4 / 72), round(height * 25.4 / 72)) == (posters.WIDTHS[size], posters.HEIGHTS[size])
    text = " ".join(document[0].get_textpage().get_text_bounded().split())
    for words in ("Northgate Care", "Nachtschwester für", "100 € extra", "Leeds · £21 an hour", "8 minutes from your phone"):
        assert words in text
    assert "portal.test/nurse-poster" in text
    assert codes(document[0].render(scale=2).to_pil()) == [link.url]


async def test_letters_that_the_font_lacks_leave_the_page_to_print(
    recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID
) -> None:
    await db.run("UPDATE job SET title = '夜勤看護師' WHERE id = $1", northgate.job_id)
    page = f"/app/links/{link_id}"
    assert "poster.pdf" not in (await recruiter.get(f"{page}/print")).text
    told = await recruiter.get(f"{page}/poster.pdf", follow_redirects=True)
    assert "lacks letters" in told.text
    assert "夜勤看護師" in (await recruiter.get(f"{page}/poster?paper=a5")).text


async def test_the_code_is_downloaded_as_asked_for(recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID) -> None:
    page = f"/app/links/{link_id}"
    saved = await recruiter.get(f"{page}/qr.png?size=600&level=Q&download=1")
    assert saved.headers["content-disposition"] == 'attachment; filename="nurse-poster.png"'
    image = Image.open(io.BytesIO(saved.content))
    assert (image.size, codes(image)) == ((600, 600), ["http://portal.test/nurse-poster"])
    shown = await recruiter.get(f"{page}/qr.svg?level=nonsense&size=-1&logo=1")
    assert shown.headers["content-type"].startswith("image/svg+xml")
    assert "content-disposition" not in shown.headers
    printed = (await recruiter.get(f"{page}/poster?paper=a5")).text
    assert "8 minutes from your phone" in printed
    assert "portal.test/nurse-poster" in printed


async def test_each_print_run_is_a_link_of_its_own(recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID) -> None:
    first = await post(recruiter, f"/app/links/{link_id}/print-run")
    made = UUID(first.headers["location"].split("/")[3])
    await history.archive(northgate.id, made, by=None, now=NOW)
    second = UUID((await post(recruiter, f"/app/links/{made}/print-run")).headers["location"].split("/")[3])
    labels = [(await links.get_link(northgate.id, one)).label for one in (link_id, made, second)]
    assert labels == ["", "Print run 2", "Print run 3"]
    assert len({(await links.get_link(northgate.id, one)).slug for one in (link_id, made, second)}) == 3


@pytest.mark.parametrize(
    ("base", "labels", "expected"),
    [
        ("", {""}, "Print run 2"),
        ("Canteen", {"Canteen"}, "Canteen · Print run 2"),
        ("Canteen", {"Canteen · Print run 9", "Print run x"}, "Canteen · Print run 10"),
        ("x" * 60, set(), "x" * 46 + " · Print run 2"),
    ],
)
def test_the_next_run_is_numbered_on(base: str, labels: set[str], expected: str) -> None:
    assert posters.next_label(base, labels) == expected
    assert len(expected) <= 60


# ---- The card ----------------------------------------------------------------------------------------------------------


async def test_words_and_picture_of_a_card_are_changed_and_taken_back(
    recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID
) -> None:
    page = f"/app/links/{link_id}/card"
    told = await upload(recruiter, page, photo(), card_title="Nights that fit", card_text="Four a week")
    assert told.text.count('src="/card/picture/') == 3, "Facebook, WhatsApp, LinkedIn"
    assert "Nights that fit" in told.text
    link = await links.get_link(northgate.id, link_id)
    assert link.card_picture_id is not None
    undo = re.search(rf'action="(/app/links/{link_id}/undo\?change=[^"]+)"', told.text)
    assert undo
    await post(recruiter, undo[1])
    back = await links.get_link(northgate.id, link_id)
    assert (back.card_title, back.card_picture_id) == ("", None)


async def test_a_picture_that_cannot_be_used_keeps_the_words(
    recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID
) -> None:
    wrong = await upload(recruiter, f"/app/links/{link_id}/card", gif(), card_title="Kept", card_text="")
    assert wrong.status_code == 422
    assert Fault.KIND.value in wrong.text
    assert 'value="Kept"' in wrong.text
    assert (await links.get_link(northgate.id, link_id)).card_title == ""


async def test_saving_words_alone_leaves_the_picture(recruiter: httpx.AsyncClient, northgate: Northgate, link_id: UUID) -> None:
    page = f"/app/links/{link_id}/card"
    await upload(recruiter, page, png(), card_title="", card_text="")
    before = (await links.get_link(northgate.id, link_id)).card_picture_id
    await post(recruiter, page, {"card_title": "New", "card_text": ""})
    assert (await links.get_link(northgate.id, link_id)).card_picture_id == before
    await post(recruiter, page, {"card_title": "New", "card_text": "", "without": "on"})
    assert (await links.get_link(northgate.id, link_id)).card_picture_id is None
