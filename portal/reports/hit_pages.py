"""The page of single hits: what was not counted, one by one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, get
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import member_page
from portal.clicks.verdicts import Verdict
from portal.reports import excluded, hits, numbers
from portal.reports.asking import today_of
from portal.reports.filters import VERDICTS, Filters, address, read_filters
from portal.reports.periods import Period, read_or_default
from portal.web.paging import page_number, pager

AnyRequest = Request[Any, Any, Any]
PATH = "/app/figures/hits"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the address asks for."""

    period: Period
    filters: Filters
    verdict: Verdict | None
    """None: all that was not counted."""
    reason: str
    page: int

    @property
    def query(self) -> dict[str, str]:
        filters = {name: value for name, value in self.filters.query.items() if value and name != "verdict"}
        own = {"verdict": self.verdict.value if self.verdict else "", "reason": self.reason}
        return {**self.period.query, **filters, **{name: value for name, value in own.items() if value}}

    def href(self, **changes: str) -> str:
        return address(PATH, self.query | changes)

    @property
    def back_href(self) -> str:
        """The figures that these hits are behind."""
        query = {name: value for name, value in self.query.items() if name not in {"verdict", "reason"}}
        for kind in ("link", "job"):
            if kind in query:
                return address(f"/app/{kind}s/{query.pop(kind)}/figures", query)
        return address("/app/figures", query)


@get(PATH, opt={"permission": Permission.SEE_FIGURES})
async def hits_page(request: AnyRequest, member: SignedIn, now: datetime) -> Template:
    """With ``verdict`` and ``reason`` only those; with ``verdict=person`` what was counted."""
    asked, errors = await _read(member, request.query_params, now)
    whole = asked.filters.scope(member.workspace_id, member.timezone, asked.period.start, asked.period.end)
    scope = await hits.still_kept(whole)
    shown, total = await hits.list_hits(scope, verdict=asked.verdict, reason=asked.reason, page=asked.page)
    context = {
        **{"hits": shown, "asked": asked, "excluded": excluded, "verdicts": VERDICTS, "errors": errors},
        "kept_since": scope.start if scope.start > whole.start else None,
        "page": pager(path=PATH, query=asked.query, page=asked.page, total=total),
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if errors else HTTP_200_OK
    return member_page(request, member, "reports/hits.html", nav="figures", status=status, **context)


async def _read(member: SignedIn, query: Mapping[str, str], now: datetime) -> tuple[Asked, dict[str, str]]:
    """What is asked for, and what is wrong with its days."""
    filters = msgspec.structs.replace(await read_filters(member.workspace_id, query), verdict=Verdict.PERSON, zone="")
    first = await numbers.first_day(filters.scope(member.workspace_id, member.timezone))
    period, errors = read_or_default(query, today=today_of(member, now), first=first)
    verdict, reason = query.get("verdict", ""), query.get("reason", "")
    asked = Asked(
        period=period,
        filters=filters,
        verdict=Verdict(verdict) if verdict in set(Verdict) else None,
        reason=reason if reason in excluded.EVERY_REASON and verdict != Verdict.PERSON else "",
        page=page_number(query.get("page")),
    )
    return asked, errors


handlers = [hits_page]
