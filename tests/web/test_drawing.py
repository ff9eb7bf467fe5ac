"""What charts and tables are put together from."""

import pytest
from markupsafe import Markup

from portal.web import drawing

pytestmark = pytest.mark.no_stores


def test_names_are_escaped() -> None:
    rows = drawing.number_rows(["<b>Mon</b>"], [[1200], [None]])
    assert rows == '<tr><th scope="row">&lt;b&gt;Mon&lt;/b&gt;</th><td class="num">1,200</td><td class="num">–</td></tr>'
    slots = drawing.slots(["1 & 2"], [("<i>Taps</i>", "area", [3])], 4, dots=True)
    assert "1 &amp; 2\n&lt;i&gt;Taps&lt;/i&gt;: 3" in slots


def test_what_is_marked_as_safe_once_makes_no_other_text_safe() -> None:
    for ours in ("<b>Tue</b>", "<b>Wed</b>"):
        drawing.number_rows([Markup(ours)], [[1]])
        assert ours not in drawing.number_rows([ours], [[1]])
        assert ours in drawing.number_rows([Markup(ours)], [[1]])


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (3, 4), (8, 8), (9, 10), (11, 12), (13, 16), (99, 100), (101, 120), (40_001, 60_000)]
)
def test_a_scale_ends_at_a_round_number_with_a_whole_half(most: int, top: int) -> None:
    assert drawing.scale(most) == top
    assert top % 2 == 0
