"""A workspace's colour, made safe to read: as a sheet of its own, since pages may not hold styles.

Contrast as WCAG 2.2 counts it (relative luminance, success criteria 1.4.3 and 1.4.11).
"""

import hashlib
from uuid import UUID

from portal.accounts.colors import contrast
from portal.accounts.colors import text_on as text_on

LIGHT_PAGE, DARK_PAGE = "#ffffff", "#131316"
"""The grounds of candidate pages: ``static/css/candidate.css``."""
TEXT_CONTRAST, SHAPE_CONTRAST = 4.5, 3.0
STEPS = 50


def brand_css(color: str) -> str:
    """The sheet for `color` (``#rrggbb``): ``--brand`` to fill with, ``--on-brand`` for text on it, ``--brand-ink`` for text in
    the colour on the page; and the same for dark pages."""
    dark = towards("#ffffff", color, DARK_PAGE, SHAPE_CONTRAST)
    return (
        _block(color, towards("#000000", color, LIGHT_PAGE, TEXT_CONTRAST))
        + "@media (prefers-color-scheme: dark) {\n"
        + _block(dark, towards("#ffffff", color, DARK_PAGE, TEXT_CONTRAST))
        + "}\n"
    )


def brand_hash(color: str) -> str:
    """Names the sheet's content, so that browsers may keep it for ever."""
    return hashlib.sha256(brand_css(color).encode()).hexdigest()[:12]


def brand_css_href(workspace_id: UUID, color: str) -> str:
    return f"/brand/{workspace_id}-{brand_hash(color)}.css"


def towards(end: str, color: str, page: str, least: float) -> str:
    """`color`, mixed with as little of `end` as gives it the contrast `least` on `page`."""
    mixes = (mix(color, end, step / STEPS) for step in range(STEPS + 1))
    return next((mixed for mixed in mixes if contrast(mixed, page) >= least), end)


def mix(color: str, end: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(end), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _block(fill: str, ink: str) -> str:
    return f":root {{ --brand: {fill}; --on-brand: {text_on(fill)}; --brand-ink: {ink}; }}\n"
