"""Drawing a card's picture: the workspace's colour as ground, on it who hires, for what, where and for how much; in a band at
the foot what comes next.

Apps show it 300 to 600 pixels wide and may cut a little off each side, so letters are large and margins wide.
"""

import io

from PIL import Image, ImageColor, ImageDraw

from portal.accounts.colors import DARK, LIGHT, contrast, text_on
from portal.clicks.cards import HEIGHT, WIDTH, Shown
from portal.clicks.lettering import Block, Weight, bearing, fit, legible
from portal.jobs.branding import mix

MARGIN = 80
INNER = WIDTH - 2 * MARGIN
COMPANY_SIZES, TITLE_SIZES = (44, 38, 32), (104, 92, 80, 70, 60, 52, 46)
LINE_SIZES, BAND_SIZES = (46, 42, 38, 34), (38, 34, 30)
BAND_TOP = 506
"""The band reaches from here to the lower edge."""
BODY_TOP, BODY_END = 158, 470
"""Between these the title and the line below it stand, in the middle."""
GAP = 22
SHADES = 32
"""Between ground and letters: enough for smooth edges."""
APART = 1.15
"""Contrast of two grounds that touch: to be seen, not to be read."""
NEXT_STEP = "Interview"
"""In place of title and company when the font has neither."""


def draw(shown: Shown) -> bytes:
    """A PNG of 1200x630 pixels."""
    letters = Image.new("L", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(letters)
    for block, top in layout(shown):
        _set(pen, block, top)
    file = io.BytesIO()
    _colored(letters, shown.color).save(file, "PNG", compress_level=7)
    return file.getvalue()


def _colored(letters: Image.Image, color: str) -> Image.Image:
    """A palette of few shades makes a file a third as large, and quicker, than full colours would."""
    text = text_on(color)
    image = letters.point([level * (SHADES - 1) // 255 for level in range(256)]).convert("P")
    band = (0, BAND_TOP, WIDTH, HEIGHT)
    image.paste(image.crop(band).point([(level + SHADES) % 256 for level in range(256)]), band)
    image.putpalette(_shades(color, text) + _shades(band_color(color), text))
    return image


def _shades(ground: str, text: str) -> list[int]:
    """From `ground` to `text`: red, green and blue of each."""
    return [part for step in range(SHADES) for part in ImageColor.getrgb(mix(ground, text, step / (SHADES - 1)))]


def layout(shown: Shown) -> list[tuple[Block, int]]:
    """What stands on the picture, and at which height it begins."""
    company, title = legible(shown.company), legible(shown.title)
    line = " · ".join(filter(None, map(legible, (shown.place, shown.pay))))
    placed = []
    if title and company:
        placed.append((fit(company, Weight.BOLD, COMPANY_SIZES, INNER, 76), 72))
    placed += _body(title or company or NEXT_STEP, line)
    band = fit(legible(shown.next_step), Weight.MEDIUM, BAND_SIZES, INNER, 60)
    return [*placed, (band, (BAND_TOP + HEIGHT - band.height) // 2)]


def _body(heading: str, line: str) -> list[tuple[Block, int]]:
    below = fit(line, Weight.MEDIUM, LINE_SIZES, INNER, 90) if line else None
    taken = below.height + GAP if below else 0
    above = fit(heading, Weight.BOLD, TITLE_SIZES, INNER, BODY_END - BODY_TOP - taken)
    top = (BODY_TOP + BODY_END - above.height - taken) // 2
    return [(above, top)] + ([(below, top + above.height + GAP)] if below else [])


def band_color(color: str) -> str:
    """A shade of `color` that can be told from it, and on which its text is read better still; of black and white, a grey."""
    text = text_on(color)
    shades = (mix(color, DARK if text == LIGHT else LIGHT, share) for share in (0.18, 0.3, 0.45))
    return next((shade for shade in shades if contrast(shade, color) >= APART), mix(color, text, 0.18))


def _set(pen: ImageDraw.ImageDraw, block: Block, top: int) -> None:
    """Every line begins with its ink at the margin, whatever its first letter and its size."""
    ascent, descent = block.font.getmetrics()
    down = (block.leading - ascent - descent) // 2 + ascent
    for number, line in enumerate(block.lines):
        pen.text(
            (MARGIN - bearing(line, block.font), top + number * block.leading + down),
            line,
            font=block.font,
            fill=255,
            anchor="ls",
        )
