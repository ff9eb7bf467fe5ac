"""What every process of this room does first."""

import sys

from portal.settings import SettingsError, settings
from portal.web import logs


def start() -> None:
    """Set up logs and read the settings; without them, say what is missing and end with code 2."""
    logs.configure()
    try:
        settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
