"""Whether a colour can be read: relative luminance and contrast, as WCAG 2.2 defines them."""

import re

DARK = "#000000"
LIGHT = "#ffffff"


def read_color(text: str) -> str | None:
    """`#rrggbb` in lower case, or None if it is no colour."""
    color = text.strip().lower()
    return color if re.fullmatch("#[0-9a-f]{6}", color) else None


def luminance(color: str) -> float:
    """0 (black) to 1 (white) of `#rrggbb`."""
    red, green, blue = (_linear(int(color[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def text_on(color: str) -> str:
    """The colour of letters that is read best on `color`; at least 4.5, whatever the colour."""
    return max(LIGHT, DARK, key=lambda text: contrast(text, color))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
