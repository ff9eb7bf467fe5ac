"""QR codes are read back by a decoder that is not ours."""

import io

import pytest
import resvg_py
import zxingcpp
from PIL import Image

from portal.links import pictures, qr
from portal.links.pictures import Picture
from portal.links.qr import Level

URLS = [
    "https://go.northgate.example/nurse-ig",
    "http://portal.test/" + "a-very-long-slug-of-sixty-characters-that-nobody-types-abcdef",
]


def a_logo(width: int = 300, height: int = 120, color: str = "#0f766e") -> Picture:
    file = io.BytesIO()
    Image.new("RGBA", (width, height), color).save(file, "PNG")
    return pictures.read_picture(file.getvalue(), pictures.LOGO_SIDE)


def read(image: Image.Image) -> tuple[str, str]:
    """Text and error level of the one code in `image`."""
    found = zxingcpp.read_barcodes(image.convert("L"))
    assert len(found) == 1
    return found[0].text, found[0].ec_level


def of_svg(svg: bytes, size: int) -> Image.Image:
    return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg.decode(), width=size, height=size))))


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("logo", [None, a_logo(), a_logo(200, 500, "#000000")], ids=["plain", "wide logo", "tall logo"])
@pytest.mark.parametrize("level", Level)
def test_every_code_is_read_back_with_at_least_the_level_asked_for(url: str, logo: Picture | None, level: Level) -> None:
    code = qr.code_of(url, level, logo=logo is not None)
    sizes = qr.SIZES[:2] if level != Level.H else qr.SIZES
    images = [Image.open(io.BytesIO(qr.as_png(code, size, logo))) for size in sizes]
    for image in [*images, of_svg(qr.as_svg(code, "QR code", logo), 600)]:
        text, ec_level = read(image)
        assert text == url
        assert "LMQH".index(ec_level) >= "LMQH".index(level)
        assert ec_level == "H" if logo else True
    assert [image.size for image in images] == [(size, size) for size in sizes]


def test_the_quiet_zone_stays_white() -> None:
    code = qr.code_of(URLS[0], logo=True)
    image = Image.open(io.BytesIO(qr.as_png(code, 600, a_logo()))).convert("L")
    edge = (600 // code.side) * qr.QUIET
    for box in ((0, 0, 600, edge), (0, 0, edge, 600), (600 - edge, 0, 600, 600), (0, 600 - edge, 600, 600)):
        assert image.crop(box).getextrema() == (255, 255)


def test_a_logo_covers_no_more_than_a_twentieth_of_the_code() -> None:
    assert qr.LOGO_SHARE**2 <= 0.05


def test_a_torn_code_is_still_read() -> None:
    code = qr.code_of(URLS[0], logo=True)
    image = Image.open(io.BytesIO(qr.as_png(code, 1200, a_logo())))
    image.paste("white", (700, 900, 850, 1000))
    assert read(image)[0] == URLS[0]


def test_a_title_cannot_break_out_of_the_svg() -> None:
    svg = qr.as_svg(qr.code_of("https://a.example/b"), '"><script>alert(1)</script>').decode()
    assert "<script" not in svg
