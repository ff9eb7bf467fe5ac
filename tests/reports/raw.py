"""Every row that figures are made of, and what they come to: counted here without a join, a rollup or a sum of the portal's."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from portal import db
from portal.reports.figures import Figures
from portal.reports.people import Times
from portal.reports.scope import Scope

ZONE = ZoneInfo("Europe/London")
Row = asyncpg.Record
Tables = dict[str, dict[UUID, Row]]
"""Rows by their ids, by table."""
VALUE: dict[str, Callable[[Row], str]] = {
    "app": lambda click: str(click["app"]),
    "device": lambda click: str(click["device"]),
    "system": lambda click: str(click["system"]),
    "language": lambda click: str(click["language"]).split("-")[0],
    "referrer": lambda click: str(click["referrer_host"]),
}


def scope_of(workspace_id: UUID, start: date, end: date, **filters: Any) -> Scope:
    return Scope(workspace_id=workspace_id, timezone="Europe/London", start=start, end=end, **filters)


def day_of(at: datetime) -> date:
    return at.astimezone(ZONE).date()


class Raw:
    """What fits a scope."""

    def __init__(self, tables: Tables, scope: Scope) -> None:
        self.scope, self.tables = scope, tables
        self.links = tables["link"]
        self.landed = {one["click_id"] for one in tables["landing"].values()}
        self.hits = [c for c in tables["click"].values() if self._fits_click(c) and self._at_place(self.links[c["link_id"]])]
        wanted = scope.verdict.value
        self.taps = [] if scope.zone else [c for c in self.hits if c["verdict"] == wanted and self._is_channel(c)]
        people = [a for a in tables["application"].values() if self._fits_person(a)]
        self.people = people if wanted == "person" else []

    def _fits_click(self, click: Row) -> bool:
        return self.scope.start <= day_of(click["at"]) <= self.scope.end and self._has_values(click)

    def _has_values(self, click: Row) -> bool:
        return all(VALUE[name](click) == value for name, value in self.scope.values)

    def _at_place(self, link: Row) -> bool:
        scope = self.scope
        wanted = {"job_id": scope.job_id, "campaign_id": scope.campaign_id, "channel_id": scope.channel_id, "id": scope.link_id}
        return link["workspace_id"] == scope.workspace_id and all(link[k] == v for k, v in wanted.items() if v is not None)

    def _is_channel(self, click: Row) -> bool:
        return bool(self.links[click["link_id"]]["kind"] == "channel")

    def _fits_person(self, person: Row) -> bool:
        scope, link, click = self.scope, self.links.get(person["link_id"]), self.tables["click"].get(person["click_id"])
        if not scope.start <= day_of(person["created_at"]) <= scope.end or scope.job_id not in (None, person["job_id"]):
            return False
        needs_link = scope.campaign_id or scope.channel_id or scope.link_id
        zone = self.tables["candidate"][person["candidate_id"]]["timezone"]
        return (
            (link is not None and self._at_place(link) if needs_link else person["workspace_id"] == scope.workspace_id)
            and (click is not None and self._has_values(click) if scope.values else True)
            and scope.zone in ("", zone)
        )

    def returned(self, person: Row) -> bool:
        """Completed, and the last link of their own that a person had tapped by then stood in a nudge."""
        if person["completed_at"] is None:
            return False
        own = {link_id for link_id, link in self.links.items() if link["application_id"] == person["id"]}
        clicks = [c for c in self.tables["click"].values() if c["link_id"] in own and c["verdict"] == "person"]
        last = max((c for c in clicks if c["at"] <= person["completed_at"]), key=lambda c: c["at"], default=None)
        nudges = {
            m["link_id"] for m in self.tables["message"].values() if m["track"] in ("never_started", "unfinished", "manual")
        }
        return last is not None and last["link_id"] in nudges

    def figures(self, people: list[Row], taps: list[Row]) -> Figures:
        unknown = self.scope.unknown
        return Figures(
            clicks=len(taps),
            visitors=0 if "visitors" in unknown else len({(c["link_id"], day_of(c["at"]), c["visitor"]) for c in taps}),
            landed=0 if "landed" in unknown else sum(c["id"] in self.landed for c in taps),
            people=len(people),
            captured=sum(p["captured_at"] is not None for p in people),
            started=sum(p["started_at"] is not None for p in people),
            completed=sum(p["completed_at"] is not None for p in people),
            returned=sum(self.returned(p) for p in people),
        )

    def of(self, link_ids: Collection[UUID]) -> Figures:
        """Of these links together."""
        return self.figures(
            [p for p in self.people if p["link_id"] in link_ids], [c for c in self.taps if c["link_id"] in link_ids]
        )

    @property
    def link_ids(self) -> set[UUID]:
        """Links of which anything is known."""
        return {c["link_id"] for c in self.taps} | {p["link_id"] for p in self.people if p["link_id"]}

    @property
    def channels(self) -> dict[UUID, set[UUID]]:
        """Their channels, each with its links."""
        found = defaultdict[UUID, set[UUID]](set)
        for link_id in self.link_ids:
            found[self.links[link_id]["channel_id"]].add(link_id)
        return found

    def without_link(self, *, direct: bool) -> Figures:
        return self.figures([p for p in self.people if p["link_id"] is None and (p["door"] == "landing") is direct], [])

    def excluded(self, kind: str) -> Counter[tuple[str, str]]:
        others = [c for c in self.hits if c["verdict"] != "person" and self.links[c["link_id"]]["kind"] == kind]
        return Counter((c["verdict"], c["reason"]) for c in others)

    def values(self, name: str) -> Counter[str]:
        return Counter(VALUE[name](c) for c in self.taps)

    def hours(self) -> Counter[tuple[int, int]]:
        return Counter((at.isoweekday(), at.hour) for at in (c["at"].astimezone(ZONE) for c in self.taps))

    def days(self) -> Counter[date]:
        return Counter(day_of(c["at"]) for c in self.taps)

    def zones(self) -> Counter[str]:
        named = (self.tables["candidate"][p["candidate_id"]]["timezone"] for p in self.people)
        return Counter(zone for zone in named if zone)

    def times(self, people: Iterable[Row]) -> Times:
        seconds = defaultdict[str, list[float]](list)
        for person in people:
            click = self.tables["click"].get(person["click_id"])
            moments = [click["at"] if click else None, person["captured_at"], person["started_at"], person["completed_at"]]
            for name, earlier, later in zip(Times.__struct_fields__, moments, moments[1:], strict=False):
                if earlier is not None and later is not None:
                    seconds[name].append((later - earlier).total_seconds())
        return Times(**{name: median(found) for name, found in seconds.items()})


async def tables() -> Tables:
    names = ("link", "click", "landing", "application", "message", "candidate")
    return {name: {row["id"]: row for row in await db.rows(f"SELECT * FROM {name}")} for name in names}
