"""Days that are over, put together once and for all: any period is a few blocks of 1, 4, 16 and 64 days.

A line belongs to an owner, to one value of a dimension, and to a block; what it says stands in its `parts`. Which blocks are
there stands apart, for a block may have no line for many a value. Whoever changes a day takes away the blocks that it is in;
until they are made again, the smaller ones inside are read, and the days of which there is none are counted in another way.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from portal import db
from portal.reports.scope import Query, Scope

SIZES = (1, 4, 16, 64)
"""Days of a block. The statements that take blocks away know the largest too."""
BEGINNING = date(2001, 1, 1)
"""Blocks are laid from here."""


class Key(NamedTuple):
    owner_id: UUID
    dimension: str = ""
    value: str = ""
    """Both empty: of everything."""


def pair(one: tuple[str, str], two: tuple[str, str]) -> tuple[str, str]:
    """Two filters, as a dimension and a value of lines. As JSON: there is nothing that no value may hold."""
    return f"{one[0]},{two[0]}", msgspec.json.encode([one[1], two[1]]).decode()


NOBODYS = "nothing"
"""A dimension of which there are no lines."""


class Block(NamedTuple):
    day: date
    """The first one."""
    days: int


Parts = Mapping[str, Any]


@lru_cache(maxsize=4096)
def as_id(text: str) -> UUID:
    """As lines write it: the same few on every page."""
    return UUID(text)


def lay(start: date, end: date, smallest: int = 1, *, nothing_before: bool = False) -> list[Block]:
    """The largest ones, and none below `smallest`, that make up the days from `start` to `end`, both included; what is left at
    both ends as single days. Where nothing happened before `start`, the first one may begin earlier."""
    found, at, last = list[Block](), (start - BEGINNING).days, (end - BEGINNING).days
    if nothing_before:
        at = next((at - at % size for size in reversed(SIZES) if size >= smallest and at - at % size + size - 1 <= last), at)
    while at <= last:
        fitting = (size for size in reversed(SIZES) if size >= smallest and at % size == 0 and at + size - 1 <= last)
        found.append(Block(BEGINNING + timedelta(days=at), next(fitting, 1)))
        at += found[-1].days
    return found


def split(block: Block, size: int) -> list[Block]:
    return [Block(block.day + timedelta(days=n), size) for n in range(0, block.days, size)]


def days_in(start: date, end: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


A_DAY = timedelta(days=1)


def _wider(scope: Scope, size: int) -> Scope:
    """To the ends of the blocks of this size that it has the larger part of."""
    before, after = (scope.start - BEGINNING).days % size, size - 1 - (scope.end - BEGINNING).days % size
    if (scope.end - scope.start).days < size:
        return scope
    return msgspec.structs.replace(
        scope,
        start=scope.start - (before if before < size / 2 else 0) * A_DAY,
        end=scope.end + (after if after < size / 2 else 0) * A_DAY,
    )


def _laid(scope: Scope, until: date | None, smallest: int) -> list[Block]:
    last = scope.end if until is None else min(scope.end, until - A_DAY)
    return lay(scope.start, last, smallest, nothing_before=scope.is_from_the_first)


def _there(
    scope: Scope, laid: Sequence[Block], found: Mapping[Block, Parts], smallest: int
) -> tuple[list[tuple[Block, Parts]], list[date]]:
    """Of the blocks of a scope, or the smallest ones in them: those that were found, and the other days."""
    known, left = list[tuple[Block, Parts]](), list[date]()
    for block in laid:
        for part in [block] if block in found or block.days <= smallest else split(block, smallest):
            if part in found:
                known.append((part, found[part]))
            else:
                left += [day.day for day in split(part, 1) if day.day >= scope.start]
    return known, left


class Kept(NamedTuple):
    """Two tables: of lines, and of the blocks that are there."""

    lines: str
    blocks: str

    async def read(
        self, scopes: Sequence[Scope], key: Key, until: date | None = None, smallest: int = 1, *, part: str = ""
    ) -> list[tuple[list[tuple[Block, Parts]], list[date]]]:
        """What is there of the days of each scope, before `until` if there is one; and the days that are not. No two scopes have
        a day in common. `smallest`: below it, blocks have no line of this key. `part`: of the lines, this alone."""
        laid = [_laid(scope, until, smallest) for scope in scopes]
        wanted = [block for blocks in laid for block in blocks if block.days >= smallest]
        found = await self._look_up(scopes[0].workspace_id, key, wanted, part)
        smaller = [small for block in wanted if block not in found and block.days > smallest for small in split(block, smallest)]
        found |= await self._look_up(scopes[0].workspace_id, key, smaller, part)
        return [_there(scope, blocks, found, smallest) for scope, blocks in zip(scopes, laid, strict=True)]

    async def there(self, scope: Scope, smallest: int) -> tuple[list[Block], list[date]]:
        """Which blocks are there, of `smallest` days at least; and the days that are in none."""
        ((found, left),) = await self.read([scope], Key(scope.workspace_id, NOBODYS), smallest=smallest)
        return [block for block, _ in found], left

    async def across(self, scope: Scope, smallest: int) -> tuple[list[Block], list[date], list[date]]:
        """The same, but a block may reach over an end of `scope` where that leaves fewer days to themselves; and the days that
        are in a block though the scope does not have them: they are to be taken off."""
        wider = _wider(scope, smallest)
        blocks, left = await self.there(wider, smallest)
        beyond = [*days_in(wider.start, scope.start - A_DAY), *days_in(scope.end + A_DAY, wider.end)]
        return blocks, [day for day in left if scope.start <= day <= scope.end], sorted({*beyond} - {*left})

    async def _look_up(self, workspace_id: UUID, key: Key, wanted: Sequence[Block], part: str) -> dict[Block, Parts]:
        if not wanted:
            return {}
        q = Query()
        parts = f"l.parts -> {q(part)}" if part else "l.parts"
        rows = await db.rows(
            f"SELECT b.day, b.days, {parts} AS parts FROM unnest({q([block.day for block in wanted])}::date[], "
            f"{q([block.days for block in wanted])}::integer[]) w (day, days) "
            f"JOIN {self.blocks} b ON b.workspace_id = {q(workspace_id)} AND b.day = w.day AND b.days = w.days "
            f"LEFT JOIN {self.lines} l ON l.workspace_id = b.workspace_id AND l.day = b.day AND l.days = b.days "
            f"AND l.owner_id = {q(key.owner_id)} AND l.dimension = {q(key.dimension)} AND l.value = {q(key.value)}",
            *q.args,
        )
        return {Block(row["day"], row["days"]): row["parts"] or {} for row in rows}

    async def inside(self, workspace_id: UUID, block: Block) -> dict[Key, list[Parts]]:
        """The lines of the four blocks in it."""
        by_key: dict[Key, list[Parts]] = defaultdict(list)
        async with db.connection() as connection:
            days = connection.cursor(
                f"SELECT owner_id, dimension, value, parts FROM {self.lines} "
                "WHERE workspace_id = $1 AND day >= $2 AND day < $2 + $3::integer AND days = $3 / 4",
                workspace_id,
                *block,
                prefetch=1000,
            )
            async for *key, parts in days:
                by_key[Key(*key)].append(parts)
        return by_key

    async def keep(self, workspace_id: UUID, block: Block, made: Mapping[Key, Parts]) -> None:
        """In a transaction that nobody changes these days beside."""
        await db.run(f"DELETE FROM {self.lines} WHERE workspace_id = $1 AND day = $2 AND days = $3", workspace_id, *block)
        await db.run_many(
            f"INSERT INTO {self.lines} (workspace_id, owner_id, dimension, value, day, days, parts) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [(workspace_id, *key, *block, parts) for key, parts in made.items()],
        )
        await db.run(
            f"INSERT INTO {self.blocks} (workspace_id, day, days) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            workspace_id,
            *block,
        )
