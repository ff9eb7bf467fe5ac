"""The week's figures by email, on Mondays, to members who want them.

A report is written once for a member and week, and leaves once: it is marked as handed over before anybody carries it, and what
dies after that leaves it ``unknown``. It holds figures and names of channels, and nothing of a candidate.
"""

import asyncio
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog

from portal import db
from portal.accounts.colors import text_on
from portal.messages import frame
from portal.messages.pace import provider as provider_named
from portal.messages.providers import Later, Provider, Refused, Uncertain
from portal.messages.senders import sender_of
from portal.messages.words import Channel
from portal.reports import chance, excluded, weekly_stop
from portal.reports.figures import ChannelRow, ChannelTable, Figures, channel_table
from portal.reports.filters import address
from portal.reports.funnel import Step, funnel
from portal.reports.periods import OWN, Period
from portal.reports.scope import Scope
from portal.settings import settings
from portal.web.missing import Missing
from portal.web.templating import plural, render

log = structlog.get_logger()

AT = time(8)
"""On Monday, at the workspace."""
LATE = timedelta(days=2)
"""So long after that a report is still news; later it is left out."""
SILENCE = timedelta(minutes=10)
"""After this long without a result, a report that was handed over is ``unknown``."""
PATIENCE = 20.0
"""Seconds that a provider gets to answer."""
NAMED = 8
"""So many channels stand in a report."""
SETTINGS = "/app/settings/weekly"


class State(StrEnum):
    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Home(msgspec.Struct, frozen=True):
    """A workspace, as far as its report needs it."""

    id: UUID
    name: str
    timezone: str
    brand_color: str


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says."""

    home: Home
    period: Period
    steps: list[Step]
    """Against the week before."""
    channels: list[ChannelRow]
    """With anything in this week, the most clicked first."""
    ranking: str
    not_counted: str
    total: Figures

    @property
    def subject(self) -> str:
        clicks, done = plural(self.total.clicks, "click"), plural(self.total.completed, "finished interview")
        return f"{self.home.name}: {clicks}, {done}, {self.period.words}"

    @property
    def href(self) -> str:
        return settings().public_url + address("/app/figures", {**self.period.query, "compare": "1"})


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A report on its way: what a provider needs to know of it."""

    message_id: UUID
    workspace_id: UUID
    channel: Channel = Channel.EMAIL
    to_address: str
    to_name: str
    from_name: str
    subject: str
    text: str
    html: str
    from_address: str = ""
    reply_to: str = ""
    unsubscribe_url: str = ""
    valid_until: datetime | None = None


class Report(msgspec.Struct, frozen=True):
    """One that was made, as its reader sees it again."""

    week: date
    subject: str
    body_text: str
    state: State
    sent_at: datetime | None


# ---- Who wants it --------------------------------------------------------------------------------------------------------


async def wants(workspace_id: UUID, member_id: UUID) -> bool:
    """Raises `Missing`."""
    found: bool | None = await db.value(
        "SELECT weekly_report FROM member WHERE workspace_id = $1 AND id = $2", workspace_id, member_id
    )
    if found is None:
        raise Missing
    return found


async def choose(workspace_id: UUID, member_id: UUID, *, wanted: bool) -> None:
    """Raises `Missing`."""
    sql = "UPDATE member SET weekly_report = $3 WHERE workspace_id = $1 AND id = $2"
    if not await db.run(sql, workspace_id, member_id, wanted):
        raise Missing


async def reports_of(workspace_id: UUID, member_id: UUID) -> list[Report]:
    """The last year's, the newest first."""
    found = await db.rows(
        "SELECT week, subject, body_text, state, sent_at FROM weekly_report WHERE workspace_id = $1 AND member_id = $2 "
        "ORDER BY week DESC LIMIT 52",
        workspace_id,
        member_id,
    )
    return [Report(**dict(row) | {"state": State(row["state"])}) for row in found]


# ---- Making --------------------------------------------------------------------------------------------------------------


async def make_due(now: datetime) -> int:
    """Write the reports that are due and not written yet; how many. Several may do so at once: each report is made once."""
    homes = await db.rows(
        "SELECT id, name, timezone, brand_color FROM workspace w WHERE EXISTS "
        "(SELECT FROM member m WHERE m.workspace_id = w.id AND m.weekly_report AND m.disabled_at IS NULL) ORDER BY id"
    )
    made = 0
    for home in (Home(**dict(row)) for row in homes):
        monday = due_week(now, home.timezone)
        made += await _make(home, monday, now) if monday else 0
    return made


def due_week(now: datetime, timezone: str) -> date | None:
    """The Monday of the week whose report is due: last week's, from Monday 8:00 at the workspace on, for two days."""
    local = now.astimezone(ZoneInfo(timezone))
    monday = local.date() - timedelta(days=local.weekday())
    begins = datetime.combine(monday, AT, local.tzinfo)
    return monday - timedelta(days=7) if begins <= now < begins + LATE else None


async def _make(home: Home, monday: date, now: datetime) -> int:
    readers = await db.rows(
        "SELECT id, name FROM member m WHERE workspace_id = $1 AND weekly_report AND disabled_at IS NULL "
        "AND NOT EXISTS (SELECT FROM weekly_report r WHERE r.member_id = m.id AND r.week = $2) ORDER BY id",
        home.id,
        monday,
    )
    if not readers:
        return 0
    week = await read_week(home, monday)
    return sum([await _write(week, reader["id"], reader["name"], now) for reader in readers])


async def read_week(home: Home, monday: date) -> Week:
    """The week that begins on `monday`, against the one before."""
    period = Period(monday, monday + timedelta(days=6), OWN)
    scope = Scope(workspace_id=home.id, timezone=home.timezone, start=period.start, end=period.end)
    table, before = await channel_table(scope), await channel_table(scope.before())
    return Week(
        home=home,
        period=period,
        steps=funnel(table, before),
        channels=_busy(table),
        ranking=chance.say(chance.rank(table.channels)),
        not_counted=excluded.say(table.excluded),
        total=table.total,
    )


def _busy(table: ChannelTable) -> list[ChannelRow]:
    return [row for row in table.channels if row.figures != Figures()]


async def _write(week: Week, member_id: UUID, name: str, now: datetime) -> int:
    parts = {
        **{"week": week, "reader": name, "named": NAMED, "link": week.href, "off": settings().public_url + SETTINGS},
        **{"subject": week.subject, "workspace": week.home.name, "privacy_url": "", "brand": week.home.brand_color},
        "on_brand": text_on(week.home.brand_color),
    }
    return await db.run(
        "INSERT INTO weekly_report (id, workspace_id, member_id, week, subject, body_text, body_html, state, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8) ON CONFLICT (member_id, week) DO NOTHING",
        db.new_id(),
        week.home.id,
        member_id,
        week.period.start,
        week.subject,
        render("reports/weekly_email.txt", **parts),
        frame.inline(render("reports/weekly_email.html", **parts, **frame.for_members())),
        now,
    )


# ---- Sending -------------------------------------------------------------------------------------------------------------


async def send_due(now: datetime, provider: Provider | None = None) -> int:
    """Send what waits, each report once; how many were tried. `provider`: who carries them, if not whoever carries the
    workspace's emails. Where one is turned away for now, it and the others wait for the next tick."""
    await _give_up(now)
    tried = 0
    while (letter := await _take(now)) is not None:
        tried += 1
        sender = await sender_of(letter.workspace_id)
        named = msgspec.structs.replace(letter, from_name=sender.from_name, from_address=sender.from_email)
        if not await _send(named, provider or provider_named(sender.email), now):
            break
    return tried


async def _give_up(now: datetime) -> None:
    """Of those that nobody heard of since the hand-over, and of those that nobody wants any more or that are old news."""
    await db.run("UPDATE weekly_report SET state = 'unknown' WHERE state = 'handed_over' AND handed_over_at < $1", now - SILENCE)
    await db.run(
        "DELETE FROM weekly_report r USING member m WHERE r.state = 'waiting' AND m.id = r.member_id "
        "AND (m.disabled_at IS NOT NULL OR NOT m.weekly_report OR r.made_at < $1)",
        now - LATE,
    )


async def _take(now: datetime) -> Letter | None:
    """The next one, marked as handed over: from here on it is never sent again."""
    found = await db.row(
        """
        UPDATE weekly_report taken SET state = 'handed_over', handed_over_at = $1
        FROM member m JOIN workspace w ON w.id = m.workspace_id
        WHERE m.id = taken.member_id AND taken.id = (
          SELECT r.id FROM weekly_report r JOIN member reader ON reader.id = r.member_id
          WHERE r.state = 'waiting' AND reader.disabled_at IS NULL AND reader.weekly_report
          ORDER BY r.made_at, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED
        )
        RETURNING m.id AS member_id,
          taken.id AS message_id, taken.workspace_id, m.email AS to_address, m.name AS to_name, w.name AS from_name,
          taken.subject, taken.body_text AS text, taken.body_html AS html
        """,
        now,
    )
    if found is None:
        return None
    parts = dict(found)
    way_out = weekly_stop.stop_url(parts.pop("member_id"))
    return Letter(**parts, unsubscribe_url=way_out)


async def _send(letter: Letter, provider: Provider, now: datetime) -> bool:
    """Whether others may follow."""
    try:
        await asyncio.wait_for(provider.send(letter), PATIENCE)
    except Later as later:
        log.warning("weekly report waits", report=str(letter.message_id), reason=str(later))
        await _end(letter, State.WAITING, None)
        return False
    except Refused as refusal:
        log.warning("weekly report refused", report=str(letter.message_id), error=str(refusal))
        await _end(letter, State.FAILED, None)
    except Uncertain:
        await _end(letter, State.UNKNOWN, None)
    except Exception as error:  # a fault of ours or theirs: the report may have left all the same
        log.error("provider failed", report=str(letter.message_id), provider=provider.name, error=repr(error))
        await _end(letter, State.UNKNOWN, None)
    else:
        await _end(letter, State.SENT, now)
    return True


async def _end(letter: Letter, state: State, sent_at: datetime | None) -> None:
    await db.run(
        "UPDATE weekly_report SET state = $2, sent_at = $3 WHERE id = $1 AND state IN ('handed_over', 'unknown')",
        letter.message_id,
        state.value,
        sent_at,
    )
