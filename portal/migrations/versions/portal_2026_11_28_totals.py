"""Running totals of clicks say all three figures in one line, as the SQL file beside this one has it."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-28T02:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Running totals of clicks in one line for each day"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)
    manager.add_raw(_change)
    return manager


async def _change() -> None:
    # The tool notes a migration as done after its transaction: killed in between, it comes here again.
    if await db.value("SELECT pg_get_functiondef('total_jobs'::regproc) LIKE '%visitors%'"):
        return
    async with db.connection() as connection:
        await connection.execute(Path(__file__).with_suffix(".sql").read_text())
