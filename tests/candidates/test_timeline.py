"""What one person's page tells, in which order."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from portal import db
from portal.candidates import applications, timeline
from portal.candidates.applications import Application
from portal.candidates.events import EventKind, add_event
from portal.candidates.timeline import Line, ShownMessage, what_happened, what_is_next
from portal.clicks import partitions
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_link, insert

LONG_AFTER = NOW + timedelta(hours=5)
DAY = {"day": NOW.date(), "mailed": False}
CLICK = (
    DAY
    | {"outcome": "redirect", "verdict": "person", "reason": "", "rules": 1, "method": "GET", "device": "phone"}
    | {
        "app": "Instagram",
        "system": "Android",
        "language": "pt",
        "referrer_host": "",
        "user_agent": "",
        "purpose": "",
        "sec_fetch": "",
        "parameters": {},
    }
)


@pytest.fixture
async def ana(northgate: Northgate) -> UUID:
    person = await add_candidate(northgate.id)
    return await add_application(northgate.id, northgate.job_id, person, stage="started", started_at=NOW, answered=2)


async def tell(northgate: Northgate, application_id: UUID, *lines: tuple[EventKind, dict[str, Any]]) -> None:
    for minute, (kind, data) in enumerate(lines):
        await add_event(northgate.id, application_id, kind, NOW + timedelta(minutes=minute), data)


async def told(application: Application, *messages: ShownMessage, hours: float = 5) -> list[Line]:
    events = await timeline.events_of(application.workspace_id, application.id)
    tap = await timeline.tap_of(application)
    now = NOW + timedelta(hours=hours)
    return what_happened(application, events, messages, tap, timezone="Europe/London", now=now)


def message(kind: str, hour: int, title: str = "Email") -> ShownMessage:
    at = NOW + timedelta(hours=hour)
    return ShownMessage(title=title, channel="email", state="x", at=at, reason="why", kind=kind, href=None)


ANSWERED = [
    (EventKind.STARTED, {}),
    (EventKind.ANSWERED, {"number": 1, "next_number": 2, "next_prompt": "B?"}),
    (EventKind.ANSWERED, {"number": 2, "next_number": 3, "next_prompt": "C?"}),
]


async def test_answers_in_a_row_are_one_line_and_the_stop_stands_on_top(northgate: Northgate, ana: UUID) -> None:
    await tell(northgate, ana, *ANSWERED)
    lines = await told(await applications.get_application(northgate.id, ana))

    assert [(line.title, line.text) for line in lines] == [
        ("Stopped at question 3", "“C?”"),
        ("Answered questions 1 to 2", ""),
        ("Started the interview", ""),
    ]


async def test_nobody_has_stopped_while_they_still_write(northgate: Northgate, ana: UUID) -> None:
    await tell(northgate, ana, *ANSWERED)
    lines = await told(await applications.get_application(northgate.id, ana), hours=0.2)
    assert "Stopped" not in " ".join(line.title for line in lines)


async def test_the_tap_that_brought_them_is_the_first_line(northgate: Northgate, ana: UUID) -> None:
    story = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    await partitions.make_ahead(NOW)
    at = NOW - timedelta(minutes=1)
    click = await insert("click", workspace_id=northgate.id, link_id=story, at=at, **CLICK)
    await db.run("UPDATE application SET link_id = $2, click_id = $3 WHERE id = $1", ana, story, click)
    await tell(northgate, ana, (EventKind.CAPTURED, {}))
    last = (await told(await applications.get_application(northgate.id, ana)))[-1]

    assert (last.title, last.text, last.why) == ("Tapped", "portal.test/nurse-ig-story", "Instagram, Android, pt")


async def test_what_was_sent_stands_among_what_happened_and_once(northgate: Northgate, ana: UUID) -> None:
    await tell(northgate, ana, (EventKind.CAPTURED, {}), (EventKind.MESSAGE_SENT, {}))
    lines = await told(await applications.get_application(northgate.id, ana), message("done", 1), message("planned", 9))
    assert [line.title for line in lines] == ["Email", "Gave name and email"]


def test_what_comes_next_is_in_order_and_what_needs_a_look_comes_after() -> None:
    lines = what_is_next(
        [message("attention", 1, "A"), message("planned", 9, "C"), message("planned", 2, "B"), message("done", 0)]
    )
    assert [line.title for line in lines] == ["B", "C", "A"]


async def test_a_member_is_named_for_what_they_did(northgate: Northgate, ana: UUID) -> None:
    until = NOW + timedelta(days=2)
    await applications.extend_deadline(northgate.id, ana, until, now=NOW, member_id=northgate.recruiter.id)
    line = (await told(await applications.get_application(northgate.id, ana)))[0]
    assert (line.title, line.text) == ("Deadline moved to Wed 25 Nov, 10:00", f"by {northgate.recruiter.name}")


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind not in timeline.TOLD_BY_MESSAGES])
def test_every_kind_of_event_has_words(kind: EventKind) -> None:
    assert kind in timeline.SAID or kind is EventKind.ANSWERED


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("extension_asked", {"hours": 24}, "Asked for 24 hours more"),
        ("snoozed", {"until": "2026-11-25T23:59:00+00:00"}, "No nudges until Wed 25 Nov, 23:59 by themselves"),
        ("snoozed", {"until": ""}, "Nudges go again by themselves"),
        ("opted_out", {"channel": "sms", "source": "STOP"}, "Wants no more texts · STOP"),
        ("opted_in", {"channel": "email"}, "Wants emails again"),
        ("preferences_changed", {"language": "es"}, "Chose the language es"),
        ("replied", {"channel": "sms", "text": "Which ward?"}, "Wrote back by text “Which ward?”"),
        ("message_skipped", {"channel": "email", "title": "Closes tomorrow", "on": True}, "Email “Closes tomorrow” left out"),
        ("message_skipped", {"channel": "email", "title": "Closes soon", "on": False}, "Email “Closes soon” brought back"),
    ],
)
def test_what_happened_is_said_in_words(kind: str, data: dict[str, object], said: str) -> None:
    event = timeline.Event(kind=kind, at=NOW, data=data, member_name=None)
    assert " ".join(part for part in timeline.SAID[kind](event, "Europe/London") if part) == said
