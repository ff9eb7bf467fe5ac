from uuid import uuid4

import pytest

from portal.reports.figures import ChannelRow, Figures
from portal.reports.ordering import Order, read_order, sort_rows


def row(name: str, **figures: int) -> ChannelRow:
    return ChannelRow(id=uuid4(), name=name, link_count=1, figures=Figures(**figures))


ROWS = [row("Bio", clicks=5, completed=4), row("Ad", clicks=50, completed=5), row("Post"), row("Card", clicks=5)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Ad", "Bio", "Card", "Post"]),
        ({"sort": "clicks", "up": "1"}, ["Post", "Bio", "Card", "Ad"]),
        ({"sort": "completed"}, ["Ad", "Bio", "Card", "Post"]),
        ({"sort": "rate"}, ["Bio", "Ad", "Card", "Post"]),
        ({"sort": "channel"}, ["Ad", "Bio", "Card", "Post"]),
        ({"sort": "channel", "up": "1"}, ["Post", "Card", "Bio", "Ad"]),
        ({"sort": "__class__"}, ["Ad", "Bio", "Card", "Post"]),
    ],
)
def test_rows_stand_in_the_order_of_the_address(query: dict[str, str], names: list[str]) -> None:
    assert [found.name for found in sort_rows(ROWS, read_order(query))] == names


def test_the_default_order_is_not_in_the_address() -> None:
    assert [value for value in Order().query.values() if value] == []
