"""The merge fields: what a text may name, and what each says to a person at a time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal.links.personal import personal_url
from portal.messages.facts import Known
from portal.messages.languages import Words, counted, date_in, day_in
from portal.messages.preferences import preferences_url, unsubscribe_url

STRANGE = frozenset("/:@<>{}[]|\\0123456789")
"""No name has these. What does may be an address that somebody wants us to send to others."""


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """What a text may name."""

    first_name: str
    job: str
    workspace: str
    size: str
    """ "5 questions, about 8 minutes"."""
    left: str
    """ "Three questions left"; "Not finished yet" where nobody can count them."""
    until: str
    """ " until Thursday 3 December, 18:00", with its space, or nothing."""
    closes: str
    """ "today", "tomorrow", "on Thursday", "on 3 December"."""
    details: str
    """For texts: " 5 questions, 8 min, until Thu 3 Dec 18:00.", or nothing where there is no room."""
    link: str
    preferences: str
    unsubscribe: str


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message leads: the interview, the page of preferences, the page that ends it."""

    link: str
    preferences: str
    unsubscribe: str


SAID: Mapping[str, str] = {
    "first_name": "Their first name, or nothing",
    "job": "The job's title",
    "workspace": "The name of your organisation",
    "link": "Their own link to the interview",
    "size": "How long it is: “5 questions, about 8 minutes”",
    "left": "What is left to do: “Three questions left”",
    "until": "“ until Thursday 3 December, 18:00” with a space before it, or nothing without a deadline",
    "closes": "When it closes: “tomorrow”, “on Thursday”; “soon” without a deadline",
    "details": "For text messages: “ 5 questions, 8 min, until Thu 3 Dec 18:00.”, or nothing where there is no room",
    "preferences": "The page on which they choose what we send them",
    "unsubscribe": "The page on which they end our emails",
}
"""Each field in words, as members read it."""


def ways(link_id: UUID) -> Ways:
    """Where a message with this personal link leads."""
    return Ways(link=personal_url(link_id), preferences=preferences_url(link_id), unsubscribe=unsubscribe_url(link_id))


def fields(known: Known, to: Ways, now: datetime, words: Words) -> Fields:
    """What the texts to this person may name, as it is at `now`."""
    deadline, zone = known.facts.deadline_at, known.facts.zones[0]
    size, details = counted(words, words.minutes, known.minutes), f"{known.minutes} min"
    if known.questions and not known.external:
        questions = counted(words, words.questions, known.questions)
        size, details = f"{questions}, {size}", f"{questions}, {details}"
    if deadline:
        details = f"{details}, {words.until_brief.format(date_in(words, deadline, zone, words.brief_day_and_time))}"
    return Fields(
        first_name=first_name(known.candidate_name),
        job=known.job_title,
        workspace=known.workspace_name,
        size=size,
        left=_left(known, words),
        until=words.until.format(date_in(words, deadline, zone, words.day_and_time)) if deadline else "",
        closes=_closes(deadline, zone, now, words) if deadline else words.soon,
        details=f" {details}.",
        link=to.link,
        preferences=to.preferences,
        unsubscribe=to.unsubscribe,
    )


def first_name(name: str) -> str:
    """How to greet somebody; empty for what is no name, since anybody can type anything beside somebody else's address."""
    first = name.split(" ", maxsplit=1)[0]
    is_strange = STRANGE & set(first) or "." in first[:-1] or len(first) > 40
    return "" if is_strange else first


def _left(known: Known, words: Words) -> str:
    if known.external:
        return words.unfinished
    if not known.left:
        return words.last_left
    shown = words.counts[known.left] if known.left < len(words.counts) else str(known.left)
    return counted(words, words.left, known.left, shown)


def _closes(deadline: datetime, zone: str, now: datetime, words: Words) -> str:
    place = ZoneInfo(zone)
    last = (deadline - timedelta(seconds=1)).astimezone(place).date()  # midnight belongs to the day that it ends
    return day_in(words, last, (last - now.astimezone(place).date()).days)
