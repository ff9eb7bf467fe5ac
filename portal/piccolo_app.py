"""What Piccolo's migration tool needs to know: the tables of every room, and where migrations lie."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

HERE = Path(__file__).parent
KEPT = sorted(".".join(path.relative_to(HERE.parent).with_suffix("").parts) for path in HERE.rglob("tables.py"))
"""The modules that say what is kept: one a room."""

APP_CONFIG = AppConfig(
    app_name="portal",
    migrations_folder_path=str(HERE / "migrations" / "versions"),
    table_classes=table_finder(KEPT),
)
