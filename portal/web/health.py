"""For machines that watch the portal."""

from litestar import Response, get
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from portal import db, redis
from portal.web.errors import AWAY


@get("/health", opt={"public": True}, include_in_schema=False)
async def health() -> dict[str, str]:
    """This process answers. It says nothing of the database: restarting the web would not bring that back."""
    return {"status": "ok"}


@get("/ready", opt={"public": True}, include_in_schema=False)
async def ready() -> Response[dict[str, str]]:
    """Whether every page works. Redirects go on while this says no."""
    state = {"database": await _database(), "redis": await _redis()}
    fine = all(word == "ok" for word in state.values())
    return Response(state, status_code=HTTP_200_OK if fine else HTTP_503_SERVICE_UNAVAILABLE)


@get("/metrics", opt={"public": True}, include_in_schema=False)
async def metrics() -> Response[bytes]:
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


async def _database() -> str:
    try:
        await db.value("SELECT 1")
    except (*AWAY, RuntimeError):
        return "away"
    return "ok"


async def _redis() -> str:
    try:
        await redis.client().ping()
    except Exception:  # every client error means the same here, and the probe must answer
        return "away"
    return "ok"


handlers = [health, ready, metrics]
