"""What happened to an application, and what will, as one person reads it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.applications import Application, Stage
from portal.candidates.events import EventKind
from portal.settings import settings
from portal.web.templating import moment, plural

STOPPED_AFTER = timedelta(minutes=30)
"""Without an answer for that long, they have stopped."""
TOLD_BY_MESSAGES = frozenset(
    {
        EventKind.MESSAGE_SENT,
        EventKind.MESSAGE_DELIVERED,
        EventKind.MESSAGE_BOUNCED,
        EventKind.MESSAGE_FAILED,
        EventKind.MESSAGE_UNKNOWN,
    }
)
CHANNELS = {"email": ("email", "emails"), "sms": ("text", "texts")}


class ShownAnswer(msgspec.Struct, frozen=True, kw_only=True):
    prompt: str
    text: str
    answered_at: datetime


class Action(msgspec.Struct, frozen=True):
    """Something that a member can do about a line, by a POST to `href`."""

    label: str
    href: str


class ShownMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message, planned, sent, or not sent and why."""

    title: str
    channel: str
    state: str
    at: datetime
    reason: str
    kind: str
    """``planned``, ``attention`` or ``done``."""
    href: str | None
    actions: tuple[Action, ...] = ()


class LineKind(StrEnum):
    PLANNED = "planned"
    ATTENTION = "attention"
    DONE = "done"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline."""

    kind: LineKind
    title: str
    at: datetime
    text: str = ""
    why: str = ""
    href: str | None = None
    actions: tuple[Action, ...] = ()


class Event(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    at: datetime
    data: dict[str, Any]
    member_name: str | None


class Tap(msgspec.Struct, frozen=True, kw_only=True):
    """The click that brought them."""

    at: datetime
    slug: str
    campaign: str | None
    seen: str
    """With what: "Instagram, Android, pt"."""


async def events_of(workspace_id: UUID, application_id: UUID) -> list[Event]:
    """Newest first."""
    found = await db.rows(
        "SELECT event.kind, event.at, event.data, member.name AS member_name FROM event "
        "LEFT JOIN member ON member.id = event.member_id AND member.workspace_id = event.workspace_id "
        "WHERE event.workspace_id = $1 AND event.application_id = $2 ORDER BY event.at DESC, event.id DESC",
        workspace_id,
        application_id,
    )
    return [msgspec.convert(dict(row), Event) for row in found]


async def tap_of(application: Application) -> Tap | None:
    """The click they came by, once it has been counted."""
    row = await db.row(
        "SELECT click.at, link.slug, campaign.name AS campaign, click.app, click.system, click.language FROM click "
        "JOIN link ON link.id = click.link_id LEFT JOIN campaign ON campaign.id = link.campaign_id "
        "WHERE click.id = $2 AND click.workspace_id = $1 AND link.kind = 'channel'",
        application.workspace_id,
        application.click_id,
    )
    if row is None:
        return None
    seen = ", ".join(part for part in (row["app"], row["system"], row["language"]) if part)
    return Tap(at=row["at"], slug=row["slug"], campaign=row["campaign"], seen=seen)


def what_is_next(messages: Sequence[ShownMessage]) -> list[Line]:
    """Soonest first; what needs a look stands after what is planned."""
    ahead = [message for message in messages if message.kind != LineKind.DONE]
    return [_message_line(m) for m in sorted(ahead, key=lambda m: (m.kind == LineKind.ATTENTION, m.at))]


def what_happened(
    application: Application,
    events: Sequence[Event],
    messages: Sequence[ShownMessage],
    tap: Tap | None,
    *,
    timezone: str,
    now: datetime,
) -> list[Line]:
    """Newest first. Days in texts are those of `timezone`."""
    groups = groupby(events, key=lambda event: event.kind)
    stopped = _stopped(application, events, now)
    lines = [stopped] if stopped else []
    lines += [line for kind, group in groups for line in _event_lines(kind, list(group), timezone)]
    lines += [_message_line(message) for message in messages if message.kind == LineKind.DONE]
    if tap:
        why = " · ".join(part for part in (tap.campaign, tap.seen) if part)
        lines.append(Line(kind=LineKind.DONE, title="Tapped", text=f"{settings().short_host}/{tap.slug}", why=why, at=tap.at))
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _message_line(message: ShownMessage) -> Line:
    return Line(
        kind=LineKind(message.kind),
        title=message.title,
        at=message.at,
        why=message.reason,
        href=message.href,
        actions=message.actions,
    )


def _event_lines(kind: str, group: list[Event], timezone: str) -> list[Line]:
    """Neighbours of one kind: answers in a row are one line, everything else is a line each."""
    if kind in TOLD_BY_MESSAGES:
        return []
    if kind == EventKind.ANSWERED:
        return [Line(kind=LineKind.DONE, title=_answered(group), at=group[0].at)]
    return [_line(event, timezone) for event in group]


def _answered(group: list[Event]) -> str:
    numbers = sorted({int(event.data.get("number", 0)) for event in group})
    if len(numbers) == 1:
        return f"Answered question {numbers[0]}"
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"Answered questions {numbers[0]} to {numbers[-1]}"
    return "Answered questions " + ", ".join(str(n) for n in numbers)


def _line(event: Event, timezone: str) -> Line:
    say = SAID.get(event.kind)
    title, text = say(event, timezone) if say else (event.kind.replace("_", " ").capitalize(), "")
    return Line(kind=LineKind.DONE, title=title, text=text, at=event.at, why=str(event.data.get("note", "")))


def _by(event: Event) -> str:
    return f"by {event.member_name}" if event.member_name else ""


def _invited(event: Event, timezone: str) -> tuple[str, str]:
    door = {"api": "through the API", "ats": "by the ATS", "file": "from a file"}.get(str(event.data.get("door")), "by hand")
    return f"Added {door}", _by(event)


def _captured(event: Event, timezone: str) -> tuple[str, str]:
    """Whose id it is, only their link says: anybody can write one."""
    named = " ".join(str(event.data[name]) for name in ("system", "external_id") if event.data.get(name))
    return "Gave name and email", f"id by their link: {named}" if event.data.get("external_id") else ""


def _extended(event: Event, timezone: str) -> tuple[str, str]:
    until = str(event.data.get("until", ""))
    if not until:  # of one whose data was erased
        return "Deadline moved", _by(event)
    return f"Deadline moved to {moment(datetime.fromisoformat(until), timezone)}", _by(event)


def _asked_for_time(event: Event, timezone: str) -> tuple[str, str]:
    if event.data.get("again"):
        return "The wish for more time is open again", _by(event)
    return f"Asked for {plural(int(event.data.get('hours', 0)), 'hour')} more", ""


def _snoozed(event: Event, timezone: str) -> tuple[str, str]:
    until = str(event.data.get("until", ""))
    by = _by(event) or "by themselves"
    return (f"No nudges until {moment(datetime.fromisoformat(until), timezone)}" if until else "Nudges go again"), by


def _opted(title: str, by_member: str) -> Callable[[Event, str], tuple[str, str]]:
    """`by_member`: the title where a member did it."""

    def say(event: Event, timezone: str) -> tuple[str, str]:
        _, many = CHANNELS.get(str(event.data.get("channel")), ("message", "messages"))
        source = str(event.data.get("source", ""))
        if event.member_name:
            return by_member.format(many), _by(event)
        return title.format(many), f"· {source}" if source else ""

    return say


def _preferred(event: Event, timezone: str) -> tuple[str, str]:
    named = {"language": "the language", "timezone": "the time zone"}
    chosen = [f"{words} {event.data[name]}" for name, words in named.items() if event.data.get(name)]
    return f"Chose {' and '.join(chosen)}" if chosen else "Changed how they are written to", _by(event)


def _replied(event: Event, timezone: str) -> tuple[str, str]:
    one, _ = CHANNELS.get(str(event.data.get("channel")), ("message", ""))
    text = str(event.data.get("text", ""))
    return f"Wrote back by {one}", f"“{text}”" if text else ""


def _skipped(event: Event, timezone: str) -> tuple[str, str]:
    one, _ = CHANNELS.get(str(event.data.get("channel")), ("message", ""))
    what = f"{one.capitalize()} “{event.data.get('title', '')}”"
    return f"{what} {'left out' if event.data.get('on') else 'brought back'}", _by(event)


def _retried(event: Event, timezone: str) -> tuple[str, str]:
    one, _ = CHANNELS.get(str(event.data.get("channel")), ("message", ""))
    return f"{one.capitalize()} “{event.data.get('title', '')}” goes once more", ""


def _plainly(title: str) -> Callable[[Event, str], tuple[str, str]]:
    return lambda event, timezone: (title, _by(event))


SAID: dict[str, Callable[[Event, str], tuple[str, str]]] = {
    EventKind.INVITED: _invited,
    EventKind.INVITE_WANTED: _plainly("Invite asked for"),
    EventKind.CAPTURED: _captured,
    EventKind.LINK_REQUESTED: _plainly("Asked for the link"),
    EventKind.STARTED: _plainly("Started the interview"),
    EventKind.SAVED_FOR_LATER: _plainly("Saved for later"),
    EventKind.COMPLETED: _plainly("Finished the interview"),
    EventKind.EXPIRED: _plainly("The deadline passed"),
    EventKind.WITHDRAWN: _plainly("Withdrawn"),
    EventKind.DISQUALIFIED: _plainly("Turned down"),
    EventKind.REPORT_READY: _plainly("The report is there"),
    EventKind.RESTORED: _plainly("Brought back"),
    EventKind.DEADLINE_EXTENDED: _extended,
    EventKind.EXTENSION_ASKED: _asked_for_time,
    EventKind.EXTENSION_DECLINED: _plainly("More time declined"),
    EventKind.SNOOZED: _snoozed,
    EventKind.OPTED_OUT: _opted("Wants no more {}", "No more {}"),
    EventKind.OPTED_IN: _opted("Wants {} again", "May get {} again"),
    EventKind.PREFERENCES_CHANGED: _preferred,
    EventKind.REPLIED: _replied,
    EventKind.MESSAGE_SKIPPED: _skipped,
    EventKind.MESSAGE_RETRIED: _retried,
}


def _stopped(application: Application, events: Sequence[Event], now: datetime) -> Line | None:
    """Where somebody stands still, when they do."""
    if application.stage is not Stage.STARTED or now - application.active_at < STOPPED_AFTER:
        return None
    last = next((event for event in events if event.kind == EventKind.ANSWERED), None)
    number = last.data.get("next_number") if last else None
    if last is None or number is None:
        return None
    text = f"“{last.data.get('next_prompt', '')}”"
    return Line(kind=LineKind.ATTENTION, title=f"Stopped at question {number}", text=text, at=last.at)
