"""Larger blocks of clicks are made again, with lines of single links: see `portal.reports.kept.link_mixes`."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-27T23:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Lines of single links under filters"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)
    manager.add_raw(_change)
    return manager


async def _change() -> None:
    """The clock makes them; until then pages count in other ways. To do it twice makes them twice."""
    await db.run("DELETE FROM click_block WHERE days >= 16")
