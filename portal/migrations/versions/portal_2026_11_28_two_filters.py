"""Lines of two filters, and of a channel within another place: see `portal.reports.kept.click_folds`."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-28T06:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Blocks of clicks are made again, with lines of two filters"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)
    manager.add_raw(_change)
    return manager


async def _change() -> None:
    """To do it twice does no harm."""
    # A block that is there without such lines would say that nothing happened. The clock makes all of them again; until then
    # pages count in other ways.
    await db.run("DELETE FROM click_block")
