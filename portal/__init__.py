"""The portal: tracked links, short interviews and decent nudges for hiring teams."""

import os

os.environ.setdefault("PICCOLO_CONF", "portal.piccolo_conf")
