"""The tables of the figures as files."""

from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.exceptions import HTTPException
from litestar.response import Stream

from portal.accounts.access import Permission, SignedIn
from portal.reports import exports
from portal.reports.asking import ask
from portal.reports.board import board
from portal.reports.filters import read_filters
from portal.web.exports import Format, download
from portal.web.missing import Missing

AnyRequest = Request[Any, Any, Any]


@get("/app/figures/export/{table:str}", opt={"permission": Permission.SEE_FIGURES})
async def export_table(request: AnyRequest, member: SignedIn, now: datetime, table: str) -> Stream:
    """`table`: ``channels.csv``, ``hours.xlsx`` and so on, of the view that the rest of the address asks for.

    Pages of a job and of a link name themselves as filters.
    """
    name, _, ending = table.rpartition(".")
    if ending not in set(Format):
        raise Missing(table)
    filters = await read_filters(member.workspace_id, request.query_params)
    asked = await ask(member, request.query_params, now, filters)
    if asked.errors:
        raise HTTPException(status_code=422)
    shown = await board(asked.scope, asked.view, filters, every_link=True) if asked.first else None
    if shown is None or shown.is_empty:
        raise Missing(table)
    made, days = exports.table(shown, name), asked.view.period
    title = f"{made.name} {days.start:%Y%m%d}-{days.end:%Y%m%d}"
    return download(Format(ending), title, made.header, made.rows)


handlers = [export_table]
