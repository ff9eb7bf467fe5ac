"""What an open page of figures asks again and again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.plugins.htmx import ClientRefresh
from litestar.response import Template
from litestar.status_codes import HTTP_204_NO_CONTENT

from portal.accounts.access import Permission, SignedIn
from portal.reports import live
from portal.reports.asking import Asked, ask
from portal.reports.board import tables
from portal.reports.filters import read_filters

AnyRequest = Request[Any, Any, Any]


@get("/app/figures/live", opt={"permission": Permission.SEE_FIGURES})
async def live_figures(request: AnyRequest, member: SignedIn, now: datetime) -> Response[Any]:
    """204 while nothing has moved since ``seen``; else what has: tiles and channel table, or only who is here.

    ``of`` says that the page is a job's or a link's own; ``empty`` that it shows no figures yet, so that the first ones make it
    another page.
    """
    query = request.query_params
    asked = await _ask(member, query, now)
    watch = await live.watch(member, asked, now)
    seen = query.get("seen", "")
    if watch is None or seen == watch.state.seen:
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    board = await tables(asked.scope, asked.view) if watch.has_moved(seen) and asked.first else None
    empty = query.get("empty") == "1"
    if empty and board is not None and not board.is_empty:
        return ClientRefresh()
    return Template("reports/_live.html", context={"watch": watch, "view": asked.view, "board": board, "empty": empty})


async def _ask(member: SignedIn, query: Mapping[str, str], now: datetime) -> Asked:
    filters, of = await read_filters(member.workspace_id, query), query.get("of", "")
    if of in {"job", "link"} and of in filters.places:
        path = f"/app/{of}s/{filters.places[of].id}/figures"
        return await ask(member, query, now, filters, path=path, of=of)
    return await ask(member, query, now, filters)


handlers = [live_figures]
