"""Mixes of 16 and of 64 days that are over: what several filters at once read of a long time, instead of the mixes of each day.

They are made with the blocks of `click_folds`, and there while those are.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from portal import db
from portal.reports.kept.blocks import Block
from portal.reports.scope import Query, Scope, fits

SMALLEST = 16
"""Days of a block."""
MAKES = {16: "fold_mixes", 64: "fold_mixes_again"}
DIGITS = 8
BESIDE = 10**DIGITS
"""Counts stand side by side in one number, eight digits each. Fifty million taps in one hour of the week would be too many."""


def by_size(blocks: Sequence[Block]) -> list[tuple[int, list[date]]]:
    """How many days blocks have, and the first days of those that have so many."""
    return [(size, [block.day for block in blocks if block.days == size]) for size in sorted({block.days for block in blocks})]


def lines(scope: Scope, size: int, first: Sequence[date], q: Query) -> str:
    """FROM and WHERE of the mixes `m` of blocks that begin on these days. For scopes with a `mixer`."""
    ours = f"(m.workspace_id = {q(scope.workspace_id)}) IS TRUE AND m.owner_id = {q(scope.mixer)}"
    where = [ours, f"m.days = {q(size)} AND m.day = ANY({q(first)}::date[])", *fits(scope, q)]
    return f"FROM mix_fold m WHERE {' AND '.join(where)}"


def apart(beside: int, length: int) -> list[int]:
    """The counts that stand side by side in a number, or in a sum of such numbers. One that is below zero took from its left."""
    digits = str(beside).zfill(length * DIGITS)
    found = [int(digits[at : at + DIGITS]) for at in range(0, len(digits), DIGITS)] if digits.isdigit() else []
    return found if len(found) == length and max(found) < BESIDE // 2 else _one_by_one(beside, length)


def _one_by_one(beside: int, length: int) -> list[int]:
    """The same where some are below zero."""
    found = list[int]()
    for _ in range(length):
        beside, count = divmod(beside + BESIDE // 2, BESIDE)
        found.append(count - BESIDE // 2)
    return found[::-1]


async def keep(workspace_id: UUID, block: Block) -> None:
    """Put together what `click_mix` says, or smaller blocks do. In a transaction that nobody changes these days beside."""
    await db.run("DELETE FROM mix_fold WHERE workspace_id = $1 AND day = $2 AND days = $3", workspace_id, *block)
    await db.run(f"SELECT {MAKES[block.days]}($1, $2)", workspace_id, block.day)
