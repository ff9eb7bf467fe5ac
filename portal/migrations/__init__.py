"""Bringing a database up to the schema of this version."""

import contextlib
import io

import asyncpg
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards

from portal import db
from portal.piccolo_app import APP_CONFIG

LOCK = 7_062_843_511
"""Any number, the same in every process: replicas that start together must not migrate together."""


async def migrate(database_url: str) -> list[str]:
    """Apply what is missing; the ids of what was applied. Safe to run from several processes at once.

    Raises `RuntimeError` with the migration tool's words when one fails; what it had done is rolled back.
    """
    guard = await asyncpg.connect(database_url, timeout=10)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", LOCK)
        return await _migrate(database_url)
    finally:
        await guard.close()


async def _migrate(database_url: str) -> list[str]:
    before = await _applied(database_url)
    db.DB.config = {"dsn": database_url}
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = await run_forwards("portal")
    if not result.success:
        raise RuntimeError(f"The database could not be migrated: {result.message or said.getvalue()}")
    return sorted(await _applied(database_url) - before)


async def pending(database_url: str) -> bool:
    """Whether this version knows a migration that the database has not."""
    known = set(BaseMigrationManager().get_migration_modules(APP_CONFIG.resolved_migrations_folder_path))
    return bool(known - await _applied(database_url))


async def _applied(database_url: str) -> set[str]:
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        if await connection.fetchval("SELECT to_regclass('migration')") is None:
            return set()
        return {row["name"] for row in await connection.fetch("SELECT name FROM migration WHERE app_name = 'portal'")}
    finally:
        await connection.close()
