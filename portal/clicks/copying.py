"""Hits into the journal's table."""

from collections.abc import Sequence

import asyncpg
import msgspec

from portal.clicks.hits import COLUMNS, Hit


async def copy(connection: asyncpg.Connection, hits: Sequence[Hit]) -> None:
    """All of `hits` in one commit, or none. Raises what asyncpg raises."""
    records = [msgspec.structs.astuple(hit) for hit in hits]
    await connection.copy_records_to_table("click_journal", records=records, columns=COLUMNS)
