"""Mixes of 16 and of 64 days that are over: what several filters at once read of a long time, instead of the mixes of each day.

They are made with the blocks of `click_folds`, and there while those are.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from portal import db
from portal.reports.blocks import Block, Kept
from portal.reports.scope import Query, Scope, fits

SMALLEST = 16
"""Days of a block."""


async def there(kept: Kept, scope: Scope) -> tuple[list[Block], list[date]]:
    """Blocks within the days of `scope` whose mixes are there, and the days that are left."""
    return await kept.there(scope.workspace_id, scope.start, scope.end, SMALLEST)


def by_size(blocks: Sequence[Block]) -> list[tuple[int, list[date]]]:
    """How many days blocks have, and the first days of those that have so many."""
    return [(size, [block.day for block in blocks if block.days == size]) for size in sorted({block.days for block in blocks})]


def lines(scope: Scope, size: int, first: Sequence[date], q: Query) -> str:
    """FROM and WHERE of the mixes `m` of blocks that begin on these days. For scopes with a `mixer`."""
    ours = f"(m.workspace_id = {q(scope.workspace_id)}) IS TRUE AND m.owner_id = {q(scope.mixer)}"
    where = [ours, f"m.days = {q(size)} AND m.day = ANY({q(first)}::date[])", *fits(scope, q)]
    return f"FROM mix_fold m WHERE {' AND '.join(where)}"


async def keep(workspace_id: UUID, block: Block) -> None:
    """Put together what `click_mix` says, or smaller blocks do. In a transaction that nobody changes these days beside."""
    await db.run("SELECT fold_mixes($1, $2, $3)", workspace_id, *block)
