"""Where Piccolo finds the engine and the tables."""

from piccolo.conf.apps import AppRegistry

from portal.db import DB as DB

APP_REGISTRY = AppRegistry(apps=["portal.piccolo_app"])
