"""Colours that can be read."""

import pytest

from portal.accounts.colors import contrast, read_color, text_on


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0f766e", "#0f766e", 1.0)]
)
def test_contrast_is_what_wcag_says(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(expected, abs=0.005)


def test_letters_can_be_read_on_every_colour() -> None:
    steps = ("00", "33", "66", "77", "99", "cc", "ff")
    colors = [f"#{r}{g}{b}" for r in steps for g in steps for b in steps]
    assert min(contrast(text_on(color), color) for color in colors) >= 4.5


@pytest.mark.parametrize(
    ("text", "color"), [(" #0F766E ", "#0f766e"), ("#fff", None), ("red", None), ("", None), ("#0f766g", None)]
)
def test_a_colour_is_six_digits(text: str, color: str | None) -> None:
    assert read_color(text) == color
