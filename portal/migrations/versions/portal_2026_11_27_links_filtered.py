"""Filters of single links read lines, and mixes are found by what filters ask for: see `portal.reports.kept`."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from portal import db

ID = "2026-11-27T23:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Lines of single links under filters, and another order of the mixes' index"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)
    manager.add_raw(_change)
    return manager


async def _change() -> None:
    """To do it twice does no harm."""
    # The clock makes larger blocks again, with lines of links; until then pages count in other ways.
    await db.run("DELETE FROM click_block WHERE days >= 16")
    # After the day what has the fewest values comes first: PostgreSQL skips over what is not asked for. Reason and app stood
    # before the device, and all lines of a day were looked at.
    await db.run(
        "ALTER TABLE click_mix DROP CONSTRAINT IF EXISTS click_mix_owner_id_kind_verdict_day_channel_id_reason_app_d_key, "
        "DROP CONSTRAINT IF EXISTS click_mix_key, ADD CONSTRAINT click_mix_key UNIQUE NULLS NOT DISTINCT "
        "(owner_id, kind, verdict, day, channel_id, device, language, app, system, referrer, reason)"
    )
