"""Lists, a page at a time: the newest first, going on after an id.

Ids made later sort later. So what is added while somebody pages through comes before the first page, and moves nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portal import db
from portal.integrations.api.reading import utc
from portal.reports.scope import Query

T = TypeVar("T")

Moment = Annotated[datetime, Meta(tz=True)]
Limit = Annotated[int, Meta(ge=1, le=100, description="How many at most.")]
After = Annotated[UUID, Meta(description="Go on after this id: the `next_cursor` of the page before.")]
CreatedAfter = Annotated[datetime, Meta(tz=True, description="Only what was made at this moment or later.")]
CreatedBefore = Annotated[datetime, Meta(tz=True, description="Only what was made at this moment or before.")]


class Paging(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of a list."""

    limit: Limit = 20
    starting_after: After | UnsetType = UNSET


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list."""

    data: list[T]
    has_more: bool
    next_cursor: str | None
    """What `starting_after` takes for the next part."""


class Listing:
    """A list as SQL: columns, tables, and what must hold of a row. `key`: its id."""

    def __init__(self, columns: str, source: str, key: str) -> None:
        self.columns, self.source, self.key = columns, source, key
        self.where: list[str] = []
        self.mark = Query()

    def only(self, condition: str, value: object = UNSET) -> None:
        """Add a condition, with ``{}`` where `value` stands; nothing if there is none to go by."""
        if "{}" not in condition:
            self.where.append(condition)
        elif value is not UNSET:
            self.where.append(condition.format(self.mark(value)))

    def made_between(self, column: str, after: datetime | UnsetType, before: datetime | UnsetType) -> None:
        """Both ends included."""
        self.only(f"{column} >= {{}}", after if isinstance(after, UnsetType) else utc(after))
        self.only(f"{column} <= {{}}", before if isinstance(before, UnsetType) else utc(before))

    async def page(self, paging: Paging, shape: Callable[[db.Row], T]) -> Page[T]:
        self.only(f"{self.key} < {{}}", paging.starting_after)
        found = await db.rows(
            f"SELECT {self.columns} FROM {self.source} WHERE {' AND '.join(self.where)} "
            f"ORDER BY {self.key} DESC LIMIT {self.mark(paging.limit + 1)}",
            *self.mark.args,
        )
        return part([(str(row["id"]), shape(row)) for row in found], paging.limit)


def part(found: Sequence[tuple[str, Any]], limit: int) -> Page[Any]:
    """The first `limit` of what was found, with the ids they go by; there may be more in `found`."""
    more = len(found) > limit
    return Page([one for _, one in found[:limit]], more, found[limit - 1][0] if more else None)
