"""Posters to print: what the job is, a QR code, and the short address for those who type. As PDF; the printable page is HTML.

Each print run is a link of its own, so that what was posted in the canteen can be told from what lies at the bus stop.
"""

import io
import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

import msgspec
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import Align, MethodReturnValue, XPos, YPos

from portal import db
from portal.accounts.colors import text_on
from portal.jobs.jobs import Job
from portal.links import making, qr
from portal.links.links import LONGEST_LABEL, ShownLink
from portal.links.making import WantedLink
from portal.links.pictures import Picture
from portal.settings import ROOT
from portal.web.templating import plural

FONT = "static/vendor/inter-4.001-{}.ttf"
RUN = re.compile(r"(?:^|· )Print run (\d+)$")


SMALLEST = 8.0
"""Points."""


class Size(StrEnum):
    A4 = "a4"
    A5 = "a5"


WIDTHS = {Size.A4: 210.0, Size.A5: 148.0}
HEIGHTS = {Size.A4: 297.0, Size.A5: 210.0}
"""Millimetres."""


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on it."""

    company: str
    color: str
    title: str
    place_and_pay: str
    minutes: str
    url: str
    short_url: str

    @property
    def on_color(self) -> str:
        return text_on(self.color)


def poster(link: ShownLink, job: Job) -> Poster:
    return Poster(
        company=job.workspace_name,
        color=job.brand_color,
        title=link.card_title or job.title,
        place_and_pay=job.place_and_pay,
        minutes=f"{plural(job.minutes, 'minute')} from your phone",
        url=link.url,
        short_url=link.short_url,
    )


def is_drawable(what: Poster) -> bool:
    """Whether the PDF's font has all letters. If not, the printable page has: browsers know more fonts."""
    text = unicodedata.normalize("NFC", what.company + what.title + what.place_and_pay + what.short_url)
    return all(ord(sign) in _letters() for sign in text)


def as_pdf(what: Poster, size: Size, logo: Picture | None = None) -> bytes:
    """One page, sharp at any size."""
    pdf = FPDF(unit="mm", format=(WIDTHS[size], HEIGHTS[size]))
    pdf.set_title(what.title)
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    for style, weight in (("", "medium"), ("B", "bold")):
        pdf.add_font("Inter", style, str(ROOT / FONT.format(weight)))
    pdf.add_page()
    _draw(pdf, what, WIDTHS[size] / WIDTHS[Size.A4], logo)
    return bytes(pdf.output())


async def make_print_run(workspace_id: UUID, link: ShownLink, *, member_id: UUID, now: datetime) -> UUID:
    """Another link like this one, named "Print run 2" and so on; its id."""
    base = RUN.sub("", link.label).strip(" ·")
    label = next_label(base, await _labels(workspace_id, link))
    wanted = WantedLink(
        job_id=link.job_id,
        channel=link.channel,
        label=label,
        campaign_id=link.campaign_id,
        target_url=link.target_url,
        note=link.note,
    )
    made = await making.make_links(workspace_id, [wanted], member_id=member_id, now=now)
    return made[0].link_id


def next_label(base: str, labels: set[str]) -> str:
    """The name of the next run. The first one needs none: it is the link that there was."""
    number = max([int(found[1]) for label in labels if (found := RUN.search(label))], default=1) + 1
    end = f"Print run {number}"
    return f"{base[: LONGEST_LABEL - len(end) - 3].strip()} · {end}" if base else end


async def _labels(workspace_id: UUID, link: ShownLink) -> set[str]:
    """Of all links for the same place, archived ones too: a number is given once."""
    found = await db.rows(
        "SELECT l.label FROM link l JOIN link this ON this.channel_id = l.channel_id AND this.job_id = l.job_id "
        "WHERE l.workspace_id = $1 AND this.workspace_id = $1 AND this.id = $2",
        workspace_id,
        link.id,
    )
    return {row["label"] for row in found}


def _draw(pdf: FPDF, what: Poster, scale: float, logo: Picture | None) -> None:
    """All measures are those of A4, in millimetres, times `scale`."""
    width, margin = 210 * scale, 18 * scale
    pdf.set_fill_color(what.color)
    pdf.rect(0, 0, width, 112 * scale, style="F")
    pdf.set_text_color(what.on_color)
    _lines(pdf, what.company, 24 * scale, 20 * scale, most=1)
    _lines(pdf, what.title, 44 * scale, 52 * scale, most=2)
    _lines(pdf, what.place_and_pay, 94 * scale, 22 * scale, most=1, bold=False)
    pdf.set_text_color("#000000")
    side = 118 * scale
    _code(pdf, what.url, ((width - side) / 2, 120 * scale), side, logo)
    _lines(pdf, what.short_url, 244 * scale, 38 * scale, most=1, align=Align.C)
    _lines(pdf, what.minutes, 270 * scale, 22 * scale, most=1, bold=False, align=Align.C)
    pdf.set_draw_color(what.color)
    pdf.line(margin, 264 * scale, width - margin, 264 * scale)


def _lines(pdf: FPDF, text: str, top: float, points: float, *, most: int, bold: bool = True, align: Align = Align.L) -> None:
    """`text` in at most `most` lines, as large as they fit, `points` at the most."""
    margin = pdf.w * 18 / 210
    room = pdf.w - 2 * margin
    while True:
        pdf.set_font("Inter", "B" if bold else "", points)
        if _count(pdf, text, room) <= most or points <= SMALLEST:
            break
        points *= 0.94
    pdf.set_xy(margin, top)
    pdf.multi_cell(room, points * 0.42, text=text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _count(pdf: FPDF, text: str, room: float) -> int:
    lines = pdf.multi_cell(room, text=text, dry_run=True, output=MethodReturnValue.LINES) if text else []
    return len(lines) if isinstance(lines, list) else 1


def _code(pdf: FPDF, url: str, corner: tuple[float, float], side: float, logo: Picture | None) -> None:
    left, top = corner
    code = qr.code_of(url, qr.Level.Q, logo=logo is not None)
    module = side / code.side
    pdf.set_fill_color("#000000")
    for across, down, length in qr.runs(code):
        # A hair wider than it is: otherwise some printers leave white lines between rows.
        pdf.rect(left + across * module, top + down * module, length * module + 0.01, module + 0.01, style="F")
    if logo:
        _logo(pdf, left + side / 2, top + side / 2, side - 2 * qr.QUIET * module, logo)


def _logo(pdf: FPDF, across: float, down: float, side: float, logo: Picture) -> None:
    ground = side * qr.LOGO_SHARE
    width, height = qr.logo_box(side, logo)
    pdf.set_fill_color("#ffffff")
    pdf.rect(across - ground / 2, down - ground / 2, ground, ground, style="F")
    pdf.image(io.BytesIO(logo.content), across - width / 2, down - height / 2, width, height)


@cache
def _letters() -> frozenset[int]:
    return frozenset(TTFont(ROOT / FONT.format("bold")).getBestCmap())
