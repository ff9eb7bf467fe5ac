"""Pages of a list."""

from dataclasses import dataclass
from urllib.parse import urlencode

PAGE_SIZE = 50
DEEPEST_PAGE = 10_000


@dataclass(frozen=True)
class Pager:
    """Which part of a list is shown, and the addresses of the parts beside it (None at the ends)."""

    start: int
    end: int
    total: int
    prev_href: str | None
    next_href: str | None


def page_number(text: str | None) -> int:
    """The page asked for in an address, counted from 1; nonsense is page 1."""
    return min(max(int(text), 1), DEEPEST_PAGE) if text and text.isdecimal() and len(text) < 9 else 1


def pager(*, path: str, query: dict[str, str], page: int, total: int, size: int = PAGE_SIZE) -> Pager:
    """`query`: the filters in force, which stay in the addresses."""

    def href(number: int) -> str:
        return f"{path}?{urlencode({**query, 'page': number})}"

    start = (page - 1) * size
    return Pager(
        start=min(start + 1, total),
        end=min(start + size, total),
        total=total,
        prev_href=href(page - 1) if page > 1 else None,
        next_href=href(page + 1) if start + size < total else None,
    )
