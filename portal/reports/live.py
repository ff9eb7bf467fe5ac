"""What tells an open page of figures that something has moved, for far less than what it takes to count it all again."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from portal import db
from portal.accounts.access import SignedIn
from portal.reports.asking import Asked
from portal.reports.scope import CHANNEL, Query, Scope, at_place

RECENT = timedelta(minutes=5)
"""How long somebody counts as being here."""


class State(msgspec.Struct, frozen=True):
    """`figures` is another text whenever figures of today may be others. `here`: people of the last minutes."""

    figures: str
    here: int

    @property
    def seen(self) -> str:
        """Both, as an open page sends them back."""
        return f"{self.figures}.{self.here}"


class Watch(msgspec.Struct, frozen=True):
    """How a page asks whether it has moved."""

    href: str
    state: State

    def has_moved(self, seen: str) -> bool:
        """Whether figures may be others than when the page was told `seen`."""
        return seen.partition(".")[0] != self.state.figures


async def watch(member: SignedIn, asked: Asked, now: datetime) -> Watch | None:
    """None: nothing can move, since the period ended before today."""
    if asked.errors or asked.scope.end < asked.today:
        return None
    place = asked.filters.place.scope(member.workspace_id, member.timezone, asked.today, asked.today)
    state = State(asked.moved, await _here(place, now))
    return Watch(asked.view.part_href("live", of=next(iter(asked.view.fixed), ""), seen=state.seen), state)


async def _here(scope: Scope, now: datetime) -> int:
    """Different people at the place of `scope` who tapped a link, gave their name or answered. Other filters are not asked."""
    q = Query()
    since, until = q(now - RECENT), q(now)
    workspace_id = q(scope.workspace_id)
    days = q(sorted({at.astimezone(ZoneInfo(scope.timezone)).date() for at in (now - RECENT, now)}))
    found: int = await db.value(
        f"""
        WITH active AS (
          SELECT a.id, a.click_id FROM application a LEFT JOIN link l ON l.id = a.link_id AND l.kind = '{CHANNEL}'
          WHERE a.workspace_id = {workspace_id} AND a.active_at > {since} AND a.active_at <= {until}
            AND (a.captured_at IS NOT NULL OR a.started_at IS NOT NULL) AND {_person_at(scope, q)}
        ), visitor AS (
          SELECT FROM click c JOIN link l ON l.id = c.link_id
          WHERE c.workspace_id = {workspace_id} AND c.day = ANY({days}::date[]) AND c.at > {since} AND c.at <= {until}
            AND c.verdict = 'person'
            AND {at_place(scope, q)}
          GROUP BY coalesce(c.visitor, uuid_send(c.id))
          HAVING NOT bool_or(EXISTS (SELECT FROM active WHERE active.click_id = c.id OR active.id = l.application_id))
        )
        SELECT (SELECT count(*) FROM active) + (SELECT count(*) FROM visitor)
        """,
        *q.args,
    )
    return found


def _person_at(scope: Scope, q: Query) -> str:
    """Of `application a` with its channel link `l`."""
    parts = [f"a.job_id = {q(scope.job_id)}"] if scope.job_id else []
    return " AND ".join(
        [*parts, at_place(scope, q)] if scope.campaign_id or scope.channel_id or scope.link_id else [*parts, "TRUE"]
    )
