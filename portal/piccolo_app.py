"""What Piccolo's migration tool needs to know: the tables of every room, and where migrations lie."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

ROOMS = (
    *("accounts", "jobs", "links", "clicks", "candidates", "interviews", "messages", "reports", "integrations"),
    "integrations.webhooks",
)

APP_CONFIG = AppConfig(
    app_name="portal",
    migrations_folder_path=str(Path(__file__).parent / "migrations" / "versions"),
    table_classes=table_finder([f"portal.{room}.tables" for room in ROOMS]),
)
