from random import Random
from uuid import uuid4

import pytest

from portal.reports.chance import Ranking, rank, say
from portal.reports.figures import ChannelRow, Figures
from portal.reports.intervals import Z, is_higher, z_among


def rows(**shares: tuple[int, int]) -> list[ChannelRow]:
    return [
        ChannelRow(id=uuid4(), name=name, link_count=1, figures=Figures(clicks=clicks, completed=completed))
        for name, (completed, clicks) in shares.items()
    ]


def test_a_clear_lead_is_no_chance() -> None:
    found = rank(rows(Story=(300, 1000), Bio=(100, 1000), Ad=(20, 1000)))
    assert found == Ranking("Story", [], 2)
    assert say(found) == "Highest share of completed interviews: Story, by more than chance."


def test_small_numbers_may_be_chance() -> None:
    found = rank(rows(Story=(3, 10), Bio=(100, 500), Ad=(1, 500)))
    assert found == Ranking("Story", ["Bio"], 1)
    assert say(found) == "Highest share of completed interviews: Story. That Bio is behind may be chance."


def test_of_many_that_may_be_alike_three_are_named() -> None:
    found = rank(rows(A=(10, 100), B=(9, 100), C=(8, 100), D=(7, 100), E=(6, 100), F=(5, 100)))
    assert say(found).endswith("That B, C, D and 2 others are behind may be chance.")


@pytest.mark.parametrize("of", [{}, {"Story": (3, 10)}, {"Story": (0, 10), "Bio": (0, 20)}, {"Story": (1, 10), "Bio": (0, 0)}])
def test_there_must_be_something_to_compare(of: dict[str, tuple[int, int]]) -> None:
    assert rank(rows(**of)) is None
    assert say(rank(rows(**of))) == ""


def test_a_difference_is_real_when_its_interval_is_above_nothing() -> None:
    """The first is an example of Newcombe's: 0.0524 to 0.3339 by method 10."""
    assert is_higher(56, 70, 48, 80)
    assert not is_higher(48, 80, 56, 70)
    assert not is_higher(9, 10, 3, 10, z=2.9)
    assert is_higher(9, 10, 3, 10)
    assert not is_higher(5, 56, 0, 29)


def test_more_comparisons_ask_for_a_larger_difference() -> None:
    assert z_among(2) == pytest.approx(Z, abs=1e-3)
    assert z_among(2) < z_among(3) < z_among(20) < 4


def test_channels_that_are_alike_are_seldom_told_apart() -> None:
    """Ten channels with the same true share, again and again: a lead is called real in at most one case of twenty."""
    dice = Random(3)
    wrong = sum(_found_a_difference(dice) for _ in range(400))
    assert wrong <= 20


def _found_a_difference(dice: Random) -> bool:
    shares = {f"C{n}": (sum(dice.random() < 0.1 for _ in range(80)), 80) for n in range(10)}
    found = rank(rows(**shares))
    return found is not None and found.others > 0
