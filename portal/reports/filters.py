"""The filters of a page of figures. They stand in its address, so that a view can be sent to a colleague."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from babel import Locale

from portal import db
from portal.clicks.verdicts import Verdict
from portal.links.links import get_link
from portal.reports.ordering import Order
from portal.reports.periods import Period
from portal.reports.scope import Dimension, Scope
from portal.web.missing import Missing

NOTHING = "none"
"""Stands in an address for an empty value: a link without a referrer."""
LONGEST_VALUE = 100
PLACES = ("job", "campaign", "channel", "link")
"""Filters that name a row of ours."""
VERDICTS = {
    Verdict.PERSON: "People only",
    Verdict.PREVIEW: "Link previews",
    Verdict.PREFETCH: "Prefetches",
    Verdict.SCANNER: "Mail scanners",
    Verdict.BOT: "Robots",
    Verdict.STAFF: "Your own team",
}
NAMES = {
    "job": "Job",
    "campaign": "Campaign",
    "channel": "Channel",
    "link": "Link",
    Dimension.DEVICE: "Device",
    Dimension.APP: "App",
    Dimension.SYSTEM: "System",
    Dimension.LANGUAGE: "Language",
    Dimension.REFERRER: "Referrer",
    "zone": "Time zone",
    "verdict": "Hits",
}
"""In the order in which the filters stand."""


class Place(msgspec.Struct, frozen=True):
    """A job, campaign, channel or link, as filters name it."""

    id: UUID
    name: str


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What the address asks for."""

    places: dict[str, Place] = {}
    """By one of `PLACES`."""
    values: dict[Dimension, str] = {}
    zone: str = ""
    verdict: Verdict = Verdict.PERSON

    def scope(
        self,
        workspace_id: UUID,
        timezone: str,
        start: date = date.min,
        end: date = date.min,
        *,
        first: date | None = None,
        counted_until: date = date.min,
        settled_until: date = date.min,
    ) -> Scope:
        """Of the days from `start` to `end`; of none, to ask for what needs no days. `first`: when anything happened there at all
        (None: not known); `counted_until`, `settled_until`: as `totals` and `touches` say."""
        return Scope(
            workspace_id=workspace_id,
            timezone=timezone,
            start=start,
            end=end,
            job_id=self._id("job"),
            campaign_id=self._id("campaign"),
            channel_id=self._id("channel"),
            link_id=self._id("link"),
            verdict=self.verdict,
            values=tuple(sorted(self.values.items())),
            zone=self.zone,
            first=first,
            counted_until=counted_until,
            settled_until=settled_until,
        )

    def _id(self, kind: str) -> UUID | None:
        return self.places[kind].id if kind in self.places else None

    def at(self, **places: Place) -> "Filters":
        """The same at a place that the page is about."""
        return msgspec.structs.replace(self, places={**self.places, **places})

    def only_at(self, **places: Place) -> "Filters":
        """The same at this place and no other."""
        return msgspec.structs.replace(self, places=places)

    @property
    def place(self) -> "Filters":
        """Where alone, whoever and whatever it was."""
        return Filters(places=self.places)

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address."""
        chosen = {kind: str(place.id) for kind, place in self.places.items()}
        chosen |= {str(dimension): value or NOTHING for dimension, value in self.values.items()}
        return chosen | {"zone": self.zone, "verdict": "" if self.verdict is Verdict.PERSON else self.verdict.value}

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """Name in the address and words of each filter in force, in the order of `NAMES`."""
        words = {kind: place.name for kind, place in self.places.items()}
        words |= {str(dimension): label(dimension, value) for dimension, value in self.values.items()}
        words |= {"zone": zone_label(self.zone)} if self.zone else {}
        words |= {"verdict": VERDICTS[self.verdict]} if self.verdict is not Verdict.PERSON else {}
        return [(str(name), words[name]) for name in NAMES if name in words]


EVERY = "all"
"""Of the links of an open channel."""


class View(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the address says, so that each link on the page changes one thing and keeps the rest."""

    path: str
    filters: dict[str, str]
    fixed: dict[str, str] = {}
    """The filter that the path itself says."""
    period: Period
    order: Order
    compare: bool = False
    show: str = ""
    """Which columns the table has."""
    open: str = ""
    """The channel whose links are shown."""
    links: str = ""
    """``all``: every one of them, and not only the most clicked."""

    @cached_property
    def query(self) -> dict[str, str]:
        """Put together once: a page has a hundred links."""
        own = {"compare": "1" if self.compare else "", "show": self.show, "open": self.open, "links": self.links}
        kept = {**self.filters, **self.period.query, **own, **self.order.query}
        return {name: value for name, value in kept.items() if value}

    def href(self, **changes: str) -> str:
        """This view with some of it changed; an empty value takes it out."""
        kept = self.query
        if "period" in changes:
            kept = {name: value for name, value in kept.items() if name not in {"from", "to"}}
        return address(self.path, kept | changes)

    def sort_href(self, key: str) -> str:
        """Sorted by `key`: the largest first, and the other way round at the second press."""
        return self.href(sort=key, up="1" if self.order == Order(key) else "")

    def part_href(self, part: str, **changes: str) -> str:
        """Something that belongs to this view, at an address of its own below the figures."""
        return address(f"/app/figures/{part}", {**self.fixed, **self.query, **changes})

    def hits_href(self, **changes: str) -> str:
        """The single hits behind this view."""
        return address("/app/figures/hits", {**self.period.query, **self.fixed, **self.filters, "verdict": "", **changes})


def address(path: str, query: Mapping[str, str]) -> str:
    """Without what is empty."""
    kept = "&".join(_pair(name, value) for name, value in query.items() if value)
    return f"{path}?{kept}" if kept else path


@lru_cache(maxsize=4096)
def _pair(name: str, value: str) -> str:
    """A page of figures writes some hundred addresses of the same few pairs."""
    return urlencode({name: value})


async def read_filters(workspace_id: UUID, query: Mapping[str, str]) -> Filters:
    """Raises `Missing` for a job, campaign, channel or link that is not there. Other values are taken as they are: those that
    never occurred are found nowhere."""
    kinds = [kind for kind in PLACES if query.get(kind)]
    found = await db.side_by_side(*(find_place(workspace_id, kind, query[kind]) for kind in kinds))
    values = {dimension: _text(query[dimension]) for dimension in Dimension if query.get(dimension)}
    verdict = query.get("verdict", "")
    return Filters(
        places=dict(zip(kinds, found, strict=True)),
        values={dimension: "" if value == NOTHING else value for dimension, value in values.items()},
        zone=_text(query.get("zone", "")),
        verdict=Verdict(verdict) if verdict in set(Verdict) else Verdict.PERSON,
    )


def _text(value: str) -> str:
    """Only what a database takes."""
    return "".join(c for c in value if c.isprintable())[:LONGEST_VALUE]


async def find_place(workspace_id: UUID, kind: str, text: str) -> Place:
    """Raises `Missing`."""
    try:
        wanted = UUID(text)
    except ValueError:
        raise Missing(kind) from None
    if kind == "link":
        link = await get_link(workspace_id, wanted)
        return Place(link.id, f"{link.name} /{link.slug}")
    name = await db.value(f"SELECT {_NAME[kind]} FROM {kind} WHERE workspace_id = $1 AND id = $2", workspace_id, wanted)
    if name is None:
        raise Missing(kind)
    return Place(wanted, name)


_NAME = {"job": "title", "campaign": "name", "channel": "network_name || ' · ' || placement_name"}


async def places_of(workspace_id: UUID, kinds: Sequence[str]) -> dict[str, list[Place]]:
    """All that a filter can name, by `kinds`: jobs, the newest first; campaigns likewise; channels that have links, by name."""
    used = "EXISTS (SELECT FROM link WHERE link.workspace_id = $1 AND link.channel_id = channel.id AND kind = 'channel')"
    each = [
        f"SELECT '{kind}' AS kind, id, {_NAME[kind]} AS name, created_at FROM {kind} "
        f"WHERE workspace_id = $1 AND {used if kind == 'channel' else 'TRUE'}"
        for kind in kinds
    ]
    found: dict[str, list[Place]] = {kind: [] for kind in kinds}
    if not kinds:
        return found
    order = "CASE WHEN kind = 'channel' THEN name END, created_at DESC, id"
    for row in await db.rows(f"SELECT * FROM ({' UNION ALL '.join(each)}) place ORDER BY {order}", workspace_id):
        found[row["kind"]].append(Place(row["id"], row["name"]))
    return found


def label(dimension: Dimension, value: str) -> str:
    """How a value of a dimension is said."""
    if not value:
        return "No referrer" if dimension is Dimension.REFERRER else "Not said"
    if dimension is Dimension.LANGUAGE:
        return str(Locale("en", "GB").languages.get(value, value))
    return value.capitalize() if dimension is Dimension.DEVICE else value


def zone_label(zone: str) -> str:
    return zone.replace("_", " ")
