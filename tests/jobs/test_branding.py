import re
from uuid import uuid4

import pytest

from portal.accounts.colors import contrast
from portal.jobs.branding import DARK_PAGE, LIGHT_PAGE, brand_css, brand_css_href

COLORS = ["#0f766e", "#ffffff", "#000000", "#ffff00", "#7f7f7f", "#777777", "#001f3f", "#ff0000", "#00ff00", "#0000ff", "#f0abfc"]


def values(sheet: str, name: str) -> list[str]:
    """For light pages, then for dark ones."""
    return re.findall(rf"{name}: (#[0-9a-f]{{6}});", sheet)


@pytest.mark.parametrize("color", COLORS)
def test_text_on_the_brand_can_be_read_on_light_and_dark_pages(color: str) -> None:
    sheet = brand_css(color)
    pairs = list(zip(values(sheet, "--brand"), values(sheet, "--on-brand"), strict=True))
    assert len(pairs) == 2
    assert all(contrast(fill, text) >= 4.5 for fill, text in pairs)


@pytest.mark.parametrize("color", COLORS)
def test_text_in_the_brand_can_be_read_on_the_page(color: str) -> None:
    light, dark = values(brand_css(color), "--brand-ink")
    assert contrast(light, LIGHT_PAGE) >= 4.5
    assert contrast(dark, DARK_PAGE) >= 4.5


@pytest.mark.parametrize("color", COLORS)
def test_a_button_stands_out_from_a_dark_page(color: str) -> None:
    assert contrast(values(brand_css(color), "--brand")[1], DARK_PAGE) >= 3


def test_on_light_pages_the_brand_stays_as_it_was_chosen() -> None:
    assert values(brand_css("#0f766e"), "--brand")[0] == "#0f766e"


def test_a_colour_that_reads_well_is_not_changed_for_text() -> None:
    assert values(brand_css("#0f766e"), "--brand-ink")[0] == "#0f766e"


def test_the_address_changes_with_the_colour_and_with_nothing_else() -> None:
    workspace_id = uuid4()
    assert brand_css_href(workspace_id, "#0f766e") == brand_css_href(workspace_id, "#0f766e")
    assert brand_css_href(workspace_id, "#0f766e") != brand_css_href(workspace_id, "#0f766f")
    assert brand_css_href(workspace_id, "#0f766e").startswith(f"/brand/{workspace_id}-")
