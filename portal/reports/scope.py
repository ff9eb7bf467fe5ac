"""What a page of figures counts: days, a place, and filters. How SQL says so stands here, once.

Clicks come from the daily rollups, which know one dimension at a time; under filters from the mixes, which know all of them, of a
workspace, a job or a campaign. Of one link, the single clicks of the period are counted.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import md5
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal.clicks.verdicts import Verdict

CLICK_TO_PERSON = timedelta(days=2)
"""How long after its click a person is looked for. Click tables are kept by month; this says in which to look."""

CLICKED_AT = f"""
CASE WHEN uuid_extract_timestamp(a.click_id) BETWEEN a.created_at - interval '{CLICK_TO_PERSON.days} days'
  AND a.created_at + interval '1 minute' THEN uuid_extract_timestamp(a.click_id) END
"""
"""When the click was that brought `application a`. It is in the click's id, to the millisecond (UUID version 7, RFC 9562); the
address of the page brought it, so what lies elsewhere in time is not believed."""
FARTHEST = timedelta(hours=26)
"""From UTC-12 to UTC+14: no two clocks are farther apart."""


class Dimension(StrEnum):
    """What is known of a click, besides its link and time. The names of the rollups' dimensions and of the table's columns."""

    APP = "app"
    DEVICE = "device"
    SYSTEM = "system"
    LANGUAGE = "language"
    REFERRER = "referrer"


COLUMN = {
    Dimension.APP: "c.app",
    Dimension.DEVICE: "c.device",
    Dimension.SYSTEM: "c.system",
    Dimension.LANGUAGE: "split_part(c.language, '-', 1)",
    Dimension.REFERRER: "c.referrer_host",
}
"""The same values as the rollups keep, out of `click c`."""
VERDICT = "verdict"
"""A dimension too, of rollups and lines."""
CHANNEL = "channel"
"""The kind of links that are counted."""
HIT_FIGURES = frozenset({"clicks", "visitors", "landed"})
PEOPLE_FIGURES = frozenset({"people", "captured", "started", "completed", "returned"})


class By(StrEnum):
    """Whose figures stand apart: the column of `l` that tells them apart."""

    CHANNEL = "channel_id"
    LINK = "id"


def pair_of(job_id: UUID, campaign_id: UUID) -> UUID:
    """Who owns the mixes of a job within a campaign, as the database's `pair_of` says too."""
    return UUID(md5(f"{job_id}{campaign_id}".encode(), usedforsecurity=False).hexdigest())


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted, from the first to the last day, both included. Days are those of `timezone`, the workspace's own."""

    workspace_id: UUID
    timezone: str
    start: date
    end: date
    job_id: UUID | None = None
    campaign_id: UUID | None = None
    channel_id: UUID | None = None
    link_id: UUID | None = None
    verdict: Verdict = Verdict.PERSON
    values: tuple[tuple[Dimension, str], ...] = ()
    """Clicks of these apps, devices … only, and people whom such a click brought."""
    zone: str = ""
    """People of this time zone only; of clicks nobody knows it."""
    first: date | None = None
    """Before this day nothing happened at the place, if that is known."""
    counted_until: date = date.min
    """People who came before this day are in running totals: see `totals`."""
    settled_until: date = date.min
    """Of people who came before this day it is noted what brought them back: see `touches`."""
    is_beside: bool = False
    """Whether it is asked only as far as another period is compared with it: not what hits were, at which hours, or why they do
    not count."""

    @property
    def begins_at(self) -> datetime:
        return _midnight(self.start, self.timezone)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is no longer part of it."""
        return _midnight(self.end + timedelta(days=1), self.timezone)

    @property
    def is_from_the_first(self) -> bool:
        """Whether there is nothing before it."""
        return self.first is not None and self.start <= self.first

    @property
    def filters(self) -> list[tuple[str, str]]:
        """Dimension and value of each filter of hits, as rollups and lines name them, in one order."""
        values = sorted((tuple(Dimension).index(name), (str(name), value)) for name, value in self.values)
        return [*(of for _, of in values), *([(VERDICT, self.verdict.value)] if self.verdict is not Verdict.PERSON else [])]

    @property
    def is_mixed(self) -> bool:
        """Whether more is asked at once than rollups of one dimension say."""
        return len(self.filters) > 1

    @property
    def reads_mixes(self) -> bool:
        """Whether no rollup says what it is: of several filters at once, or of a channel within another place."""
        return self.mixer is not None and (self.is_mixed or (self.owner is None and self.channel_id is not None))

    @property
    def is_everywhere(self) -> bool:
        """Whether it is all links of the workspace."""
        return not any(self._places)

    @property
    def owner(self) -> UUID | None:
        """The workspace, job, campaign or channel whose links are counted, all of them; None for one link, and where several of
        these must hold at once."""
        if self.link_id or sum(place is not None for place in self._places) > 1:
            return None
        return next((place for place in self._places if place is not None), self.workspace_id)

    @property
    def mixer(self) -> UUID | None:
        """The workspace, job, campaign, or job within a campaign, whose mixes say what is counted, with or without a channel;
        None for one link."""
        if self.link_id:
            return None
        if self.job_id and self.campaign_id:
            return pair_of(self.job_id, self.campaign_id)
        return self.job_id or self.campaign_id or self.workspace_id

    @property
    def _places(self) -> tuple[UUID | None, ...]:
        return self.job_id, self.campaign_id, self.channel_id, self.link_id

    @property
    def is_narrowed(self) -> bool:
        """Whether less is counted than everything at its place."""
        return bool(self.values or self.zone or self.verdict is not Verdict.PERSON)

    @property
    def unknown(self) -> frozenset[str]:
        """Figures that nobody can tell for these filters, by the names of `Figures`."""
        if self.verdict is not Verdict.PERSON:
            return (HIT_FIGURES | PEOPLE_FIGURES) - {"clicks"}
        if self.zone:
            return HIT_FIGURES
        return frozenset({"visitors"}) if self.values else frozenset()

    def before(self) -> "Scope":
        """The same for as many days just before, to compare it with."""
        days = self.end - self.start + timedelta(days=1)
        return msgspec.structs.replace(self, start=self.start - days, end=self.end - days, is_beside=True)


def _midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(timezone))


class Query:
    """The values of a statement's parameters, in the order in which it names them."""

    def __init__(self) -> None:
        self.args: list[object] = []

    def __call__(self, value: object) -> str:
        """The mark that stands for `value` in the statement."""
        self.args.append(value)
        return f"${len(self.args)}"


def at_place(scope: Scope, q: Query) -> str:
    """Of `link l`: the links that are counted."""
    wanted = {"job_id": scope.job_id, "campaign_id": scope.campaign_id, "channel_id": scope.channel_id, "id": scope.link_id}
    parts = [f"l.{name} = {q(value)}" for name, value in wanted.items() if value is not None]
    return " AND ".join([f"l.workspace_id = {q(scope.workspace_id)}", *parts])


LINK = "l.id, l.workspace_id, l.kind, l.job_id, l.channel_id, l.campaign_id, l.slug, l.label, l.archived_at"
"""What figures ask of a link. All the rest of a thousand links takes longer than the question."""


def links(scope: Scope, q: Query) -> str:
    """``WITH l``: the channel links that are counted. Apart, since they are few beside the links of people, which no index of
    figures tells from them."""
    return f"WITH l AS MATERIALIZED (SELECT {LINK} FROM link l WHERE {at_place(scope, q)} AND l.kind = '{CHANNEL}')"


def daily(scope: Scope, q: Query, dimensions: Sequence[str]) -> str:
    """Of `click_daily d`, or the sums of it: the days and these dimensions."""
    when = f"d.day BETWEEN {q(scope.start)} AND {q(scope.end)}"
    return f"d.workspace_id = {q(scope.workspace_id)} AND d.dimension = ANY({q(list(dimensions))}::text[]) AND {when}"


def mixes(scope: Scope, q: Query, days: Sequence[date]) -> str:
    """Of `click_mix m`: the place, some days of the scope, in order, and its filters but the verdict. For scopes with a
    `mixer`."""
    # Not by the index of a workspace's days: there are many owners in each.
    ours = f"(m.workspace_id = {q(scope.workspace_id)}) IS TRUE"
    return " AND ".join([ours, f"m.owner_id = {q(scope.mixer)}", f"m.{on_days(days, q)}", *fits(scope, q)])


def on_days(days: Sequence[date], q: Query) -> str:
    """Of a column `day`: these, in order."""
    whole = (days[-1] - days[0]).days + 1 == len(days)
    return f"day BETWEEN {q(days[0])} AND {q(days[-1])}" if whole else f"day = ANY({q(days)}::date[])"


def fits(scope: Scope, q: Query) -> list[str]:
    """Of a mix `m` of the scope's owner: its channel, and its filters but the verdict."""
    channel = [f"m.channel_id = {q(scope.channel_id)}"] if scope.channel_id else []
    return [*channel, *(f"m.{dimension} = {q(value)}" for dimension, value in scope.values)]


def single(scope: Scope, q: Query) -> str:
    """Of `click c`: the period, and the filters of the scope but its verdict."""
    values = [f"{COLUMN[dimension]} = {q(value)}" for dimension, value in scope.values]
    # Days are those that the rollups counted by, also if the workspace has moved since. The times say in which months to look.
    days = f"c.day BETWEEN {q(scope.start)} AND {q(scope.end)}"
    return " AND ".join([f"c.workspace_id = {q(scope.workspace_id)}", days, in_time(scope, q), *values])


def in_time(scope: Scope, q: Query) -> str:
    """Of `click c`: the period, and what other clocks might call so."""
    return f"c.at >= {q(scope.begins_at - FARTHEST)} AND c.at < {q(scope.ends_at + FARTHEST)}"


def arrived(scope: Scope, q: Query, of: str = "application", *, zones: bool = False, spans: Sequence[Scope] = ()) -> str:
    """FROM and WHERE of the people: `application a`, or some `of` them, with `l` of `links`, the link that brought them first, if
    one did; `zones`: with `candidate person`, if they named one. `spans`: who came on the days of these, at the same place and
    under the same filters, instead of those of `scope`.

    A person counts on the day of arrival, also for what they did later: so the steps of a period are steps of the same people.
    """
    where = [f"a.job_id = {q(scope.job_id)}"] if scope.job_id else []
    where += [f"person.timezone = {q(scope.zone)}"] if scope.zone else []
    # Who named one is in an index of its own.
    whom = "person.workspace_id = a.workspace_id AND person.id = a.candidate_id AND person.timezone <> ''"
    named = f"JOIN candidate person ON {whom} "
    joined = named if scope.zone else f"LEFT {named}" if zones else ""
    return f"FROM {_came_in(scope, q, of, spans or [scope])} {joined}WHERE {' AND '.join(where) or 'TRUE'}"


def _came_in(scope: Scope, q: Query, of: str, spans: Sequence[Scope]) -> str:
    """`application a` of the period, with `l`, and the filters of what brought them; of links that were chosen, only whom those
    brought."""
    times = ", ".join(f"({q(span.begins_at)}::timestamptz, {q(span.ends_at)}::timestamptz)" for span in spans)
    people = (
        f"SELECT a.* FROM (VALUES {times}) w (since, until) JOIN {of} a ON a.workspace_id = {q(scope.workspace_id)} "
        "AND a.created_at >= w.since AND a.created_at < w.until WHERE TRUE"
    )
    noted, looked_up = _came_by(scope, q)
    either = f"{people} AND CASE WHEN a.came IS NULL THEN {looked_up} ELSE {noted} END" if scope.values else people
    if not (scope.campaign_id or scope.channel_id or scope.link_id):
        # Of three filters nothing is put together: an index leads to those of the whole period of whom it is noted.
        apart = f"{people} AND a.came IS NOT NULL AND {noted} UNION ALL {people} AND a.came IS NULL AND {looked_up}"
        are_many = scope.values and len(scope.values) + bool(scope.zone) > 2
        return f"({apart if are_many else either}) a {_with_link(scope)}"
    if of != "application":
        return f"({either}) a JOIN l ON l.id = a.link_id"
    # From each link to its people, by an index. Where the planner thinks that links are few, it would otherwise go through all of
    # them for each person; OFFSET keeps it from putting both together.
    return f"l CROSS JOIN LATERAL ({either} AND a.link_id = l.id OFFSET 0) a"


def _with_link(scope: Scope) -> str:
    """JOIN of `l` to `application a`."""
    if not scope.is_everywhere or (scope.values and not scope.zone):
        return "LEFT JOIN l ON l.id = a.link_id"
    # They are those of a few days, for totals say the rest, or of one time zone: each looks for its link among a thousand.
    own = f"SELECT {LINK} FROM link l WHERE l.id = a.link_id AND l.kind = '{CHANNEL}' OFFSET 0"
    return f"LEFT JOIN LATERAL ({own}) l ON true"


def _came_by(scope: Scope, q: Query) -> tuple[str, str]:
    """Of `application a`: whether the click that brought them is one that the filters ask for, where it is noted, and where it is
    not: that comes some days later."""
    values = [(dimension, q(value)) for dimension, value in scope.values]
    noted = [f"a.came[{CAME.index(dimension) + 1}] = {value}" for dimension, value in values]
    fits = [f"{COLUMN[dimension]} = {value}" for dimension, value in values]
    looked_up = f"EXISTS (SELECT FROM ({CLICK_OF_PERSON}) c WHERE {' AND '.join(fits)})"
    return " AND ".join(noted), looked_up


CAME = tuple(Dimension)
"""What is noted of that click, in the order of the column."""
CLICK_OF_PERSON = f"""
  SELECT c.* FROM (
    SELECT * FROM click
    WHERE id = a.click_id
      AND at > a.created_at - interval '{CLICK_TO_PERSON.days} days' AND at <= a.created_at + interval '1 minute'
    LIMIT 1
  ) c WHERE c.workspace_id = a.workspace_id AND c.link_id = a.link_id
"""
"""The click that brought `application a`. The inner part has nothing to go by but the click's id: one look at an index for each
person, whatever the planner believes. The outer one makes sure that the page's address named a click of that link."""
