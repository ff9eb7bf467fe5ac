"""Rows gathered by table, then written with COPY: all of them or none."""

import json
from collections import defaultdict
from typing import Any

import asyncpg

from portal.settings import settings

ORDER = (
    "workspace",
    "member",
    "nudge_plan",
    "step",
    "job",
    "question",
    "channel",
    "campaign",
    "campaign_budget",
    "candidate",
    "consent",
    "application",
    "link",
    "click",
    "landing",
    "click_hourly",
    "click_daily",
    "event",
    "answer",
    "message",
    "suppression",
)
"""Tables after those that they refer to."""


class Book:
    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, table: str, **values: Any) -> None:
        """One row. All rows of a table name the same columns."""
        self.rows[table].append(values)

    async def write(self) -> None:
        """Put everything into the database, in one transaction. Raises what asyncpg raises; then nothing was written."""
        # A connection of its own: COPY is binary, and the pool's connections speak of jsonb in text.
        connection = await asyncpg.connect(settings().database_url)
        try:
            await connection.set_type_codec(
                "jsonb", schema="pg_catalog", encoder=_jsonb, decoder=lambda octets: json.loads(octets[1:]), format="binary"
            )
            async with connection.transaction():
                for table in ORDER:
                    await self._copy(connection, table)
            # Until the server has looked at what came in at once, it would look for it in the slowest ways.
            await connection.execute(f"ANALYZE {', '.join(ORDER)}")
        finally:
            await connection.close()

    async def _copy(self, connection: asyncpg.Connection, table: str) -> None:
        rows = self.rows[table]
        if rows:
            columns = list(rows[0])
            records = [tuple(row[name] for name in columns) for row in rows]
            await connection.copy_records_to_table(table, records=records, columns=columns)


def _jsonb(value: object) -> bytes:
    """PostgreSQL's binary form: a version octet and the text."""
    return b"\x01" + json.dumps(value).encode()
