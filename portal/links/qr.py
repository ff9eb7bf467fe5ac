"""QR codes of short addresses (ISO/IEC 18004), as SVG and PNG.

Around the code stays a quiet zone of four modules, as the standard asks. A logo in the middle covers at most a twentieth of
the code, and the error level is then H, which forgives about 30 %.
"""

import base64
import io
from collections.abc import Iterator
from enum import StrEnum
from xml.sax.saxutils import quoteattr

import msgspec
import segno
from PIL import Image

from portal.links.pictures import Picture

QUIET = 4
"""Modules."""
LOGO_SHARE = 0.22
"""Of a side, with the white ground of the logo."""
SIZES = (300, 600, 1200, 2400)
"""Pixels a side of a PNG: screen, flyer, poster, banner."""


class Level(StrEnum):
    """How much of a code may be dirty or torn."""

    L = "L"
    M = "M"
    Q = "Q"
    H = "H"


LEVELS = {Level.L: "7 %", Level.M: "15 %", Level.Q: "25 %", Level.H: "30 %"}


class Code(msgspec.Struct, frozen=True):
    """The modules of a code, with its quiet zone; `level` as it came out: never lower than was asked for."""

    rows: tuple[bytes, ...]
    level: str

    @property
    def side(self) -> int:
        return len(self.rows)


def code_of(url: str, level: Level = Level.M, *, logo: bool = False) -> Code:
    made = segno.make(url, error=Level.H if logo else level, micro=False, boost_error=True)
    rows = tuple(bytes(row) for row in made.matrix_iter(scale=1, border=QUIET))
    return Code(rows, str(made.error))


def as_svg(code: Code, title: str, logo: Picture | None = None) -> bytes:
    """Sharp at any size. `title` is for screen readers."""
    side = code.side
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" aria-label={quoteattr(title)} '
        'shape-rendering="crispEdges">',
        f'<rect width="{side}" height="{side}" fill="#fff"/>',
        f'<path d="{"".join(_runs(code))}" fill="#000"/>',
    ]
    if logo:
        parts += _svg_logo(side, logo)
    return "".join([*parts, "</svg>"]).encode()


def as_png(code: Code, size: int, logo: Picture | None = None) -> bytes:
    """`size` pixels a side. Modules are whole pixels wide; what is left over widens the quiet zone."""
    scale = max(size // code.side, 1)
    drawn = Image.frombytes("L", (code.side, code.side), b"".join(code.rows)).point([255, *[0] * 255])
    drawn = drawn.resize((code.side * scale, code.side * scale), Image.Resampling.NEAREST)
    whole = max(size, drawn.width)
    image = Image.new("RGB" if logo else "L", (whole, whole), "white")
    image.paste(drawn, ((whole - drawn.width) // 2, (whole - drawn.height) // 2))
    if logo:
        _paste_logo(image, (code.side - 2 * QUIET) * scale, logo)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def runs(code: Code) -> Iterator[tuple[int, int, int]]:
    """Dark modules that stand side by side: where they begin (across, down), and how many they are."""
    for down, row in enumerate(code.rows):
        start = -1
        for across, dark in enumerate([*row, 0]):
            if dark and start < 0:
                start = across
            elif not dark and start >= 0:
                yield start, down, across - start
                start = -1


def logo_box(code_side: float, logo: Picture) -> tuple[float, float]:
    """Width and height that the logo may have within its white ground."""
    room = code_side * LOGO_SHARE * 0.86
    scale = room / max(logo.width, logo.height)
    return logo.width * scale, logo.height * scale


def _runs(code: Code) -> Iterator[str]:
    return (f"M{across} {down}h{length}v1h-{length}z" for across, down, length in runs(code))


def _svg_logo(side: int, logo: Picture) -> list[str]:
    ground = (side - 2 * QUIET) * LOGO_SHARE
    width, height = logo_box(side - 2 * QUIET, logo)
    at, data = (side - ground) / 2, base64.b64encode(logo.content).decode()
    return [
        f'<rect x="{at:.3f}" y="{at:.3f}" width="{ground:.3f}" height="{ground:.3f}" fill="#fff"/>',
        f'<image x="{(side - width) / 2:.3f}" y="{(side - height) / 2:.3f}" width="{width:.3f}" height="{height:.3f}" '
        f'href="data:{logo.type};base64,{data}"/>',
    ]


def _paste_logo(image: Image.Image, code_side: int, logo: Picture) -> None:
    ground, middle = round(code_side * LOGO_SHARE / 2), image.width // 2
    width, height = (max(round(length), 1) for length in logo_box(code_side, logo))
    picture = Image.open(io.BytesIO(logo.content)).convert("RGBA").resize((width, height), Image.Resampling.LANCZOS)
    image.paste("white", (middle - ground, middle - ground, middle + ground, middle + ground))
    image.paste(picture, (middle - width // 2, middle - height // 2), picture)
