"""The web server, set up in one way wherever it is started."""

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels

BACKLOG = 2048
GRACE = 8
"""Seconds in which requests under way may end; less than the supervisor waits."""


def serve(target: str, *, address: str, port: int, workers: int = 1) -> None:
    """Run Granian with `target`, ``module:factory`` of an ASGI application, until it is told to end. `workers`: processes that
    share the port; each is started anew when it dies, and ends its requests on SIGTERM."""
    Granian(
        target,
        factory=True,
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        backlog=BACKLOG,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
    ).serve()
