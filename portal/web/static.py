"""Static files at addresses that name their content, so that browsers keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from portal.settings import ROOT

STATIC = ROOT / "static"


@cache
def fingerprint() -> str:
    """One hash over all static files: they change together, with a release."""
    total = hashlib.sha256()
    for path in sorted(p for p in STATIC.rglob("*") if p.is_file()):
        total.update(path.relative_to(STATIC).as_posix().encode() + path.read_bytes())
    return total.hexdigest()[:12]


def static(path: str) -> str:
    """The address of ``static/{path}``. Raises `FileNotFoundError`: a template that names a missing file is wrong."""
    if not Path(STATIC / path).is_file():
        raise FileNotFoundError(path)
    return f"/static/{fingerprint()}/{path}"


def router() -> Router:
    return create_static_files_router(
        path=f"/static/{fingerprint()}",
        directories=[STATIC],
        cache_control=CacheControlHeader(public=True, max_age=31_536_000, immutable=True),
        include_in_schema=False,
        opt={"public": True},
    )
