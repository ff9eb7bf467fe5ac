"""What messages say, and how they are put together.

Each text says plainly that an interactive interview is next, how long it takes, until when, and that one can stop and come back.
The texts are Jinja templates over `Fields`, run in a sandbox.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date, format_datetime
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from portal.jobs.branding import text_on
from portal.messages import sms
from portal.messages.facts import Known
from portal.messages.plans import Plan
from portal.messages.words import Anchor, Channel, Track
from portal.web.templating import plural, render

LOCALE = "en_GB"
COUNTS = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
PERSONAL = re.compile(r"https?://[^\s/\"<>]+/[a-z2-7]{26}\b")
"""A personal link, wherever it stands: `portal.crypto.token`."""
SHORT_TITLE = 20
"""To how many letters a job's title is cut where a text would not fit into one message."""


class TextKind(StrEnum):
    """The occasions that have a text of their own."""

    INVITE = "invite"
    LINK = "link"
    NEVER_FIRST = "never_first"
    NEVER_SECOND = "never_second"
    NEVER_LATER = "never_later"
    NEVER_DEADLINE = "never_deadline"
    UNFINISHED_FIRST = "unfinished_first"
    UNFINISHED_SECOND = "unfinished_second"
    UNFINISHED_LATER = "unfinished_later"
    UNFINISHED_DEADLINE = "unfinished_deadline"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """One text in all its forms, as templates. `title` names the message to members."""

    title: str
    subject: str
    lines: tuple[str, ...]
    button: str
    sms: tuple[str, str]
    """In full, and for where that does not fit into one message."""


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


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it leaves. For texts, `subject` is the title that members see, and `html` is empty."""

    subject: str
    text: str
    html: str


COME_BACK = "You can stop at any point and come back with the same link. What you have answered is kept."
END = "{{ link }} STOP to end"
SHORT = "{{ workspace }}: interactive interview for {{ job }}: "
READY = "{{ workspace }}: your interactive interview for {{ job }} is ready."

ENGLISH: Mapping[TextKind, Text] = {
    TextKind.INVITE: Text(
        title="Invitation to the interview",
        subject="Your interview for {{ job }} at {{ workspace }}",
        lines=(
            "{{ workspace }} would like to interview you for {{ job }}.",
            "It is an interactive interview: {{ size }}, on your phone or computer, whenever it suits you{{ until }}.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(
            READY + "{{ details }} " + END,
            READY + " " + END,
        ),
    ),
    TextKind.LINK: Text(
        title="The link they asked for",
        subject="Your link to the interview: {{ job }}",
        lines=(
            "Here is your link to the interactive interview for {{ job }} at {{ workspace }}.",
            "It opens where you left off, on any phone or computer{{ until }}. It takes {{ size }} in all.",
            "The link is yours alone: please don't pass it on.",
        ),
        button="Go to the interview",
        sms=(
            "{{ workspace }}: your link to the interactive interview for {{ job }}: " + END,
            SHORT + END,
        ),
    ),
    TextKind.NEVER_FIRST: Text(
        title="Your interview is ready",
        subject="Your interview is ready: {{ job }}",
        lines=(
            "Your interactive interview for {{ job }} at {{ workspace }} is ready for you.",
            "It is {{ size }}, on your phone or computer, whenever it suits you{{ until }}.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(
            READY + "{{ details }} " + END,
            READY + " " + END,
        ),
    ),
    TextKind.NEVER_SECOND: Text(
        title="A few minutes are enough",
        subject="A few minutes are enough: {{ job }}",
        lines=(
            "The next step for {{ job }} at {{ workspace }} is an interactive interview, which you can take right where you are.",
            "{{ size[0] | upper }}{{ size[1:] }}{{ until }}. No appointment, no app to install.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(
            SHORT + "a few minutes are enough.{{ details }} " + END,
            SHORT + "just a few minutes. " + END,
        ),
    ),
    TextKind.NEVER_LATER: Text(
        title="Still interested?",
        subject="Still interested in {{ job }}?",
        lines=(
            "Your place in the interactive interview for {{ job }} at {{ workspace }} is still open{{ until }}.",
            "It is {{ size }}. If it is no longer for you, there is nothing you need to do.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(
            "{{ workspace }}: still interested in {{ job }}? Your interactive interview is open.{{ details }} " + END,
            SHORT + "still interested? " + END,
        ),
    ),
    TextKind.NEVER_DEADLINE: Text(
        title="Closes {{ closes }}",
        subject="{{ job }}: the interview closes {{ closes }}",
        lines=(
            "The interactive interview for {{ job }} at {{ workspace }} closes {{ closes }}: you can take it{{ until }}.",
            "It is {{ size }}, on your phone or computer.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(
            "{{ workspace }}: your interactive interview for {{ job }} closes {{ closes }}.{{ details }} " + END,
            SHORT + "closes {{ closes }}. " + END,
        ),
    ),
    TextKind.UNFINISHED_FIRST: Text(
        title="{{ left }}",
        subject="{{ left }}: {{ job }}",
        lines=(
            "You have begun the interactive interview for {{ job }} at {{ workspace }}. {{ left }}.",
            "What you have answered is kept. The link opens where you stopped, on any phone or computer{{ until }}.",
        ),
        button="Go on where you stopped",
        sms=(
            SHORT + "{{ left | lower }}. Go on where you stopped: " + END,
            SHORT + "{{ left | lower }}. " + END,
        ),
    ),
    TextKind.UNFINISHED_SECOND: Text(
        title="Your answers are saved",
        subject="Your answers are saved: {{ job }}",
        lines=(
            "Your answers in the interactive interview for {{ job }} at {{ workspace }} are saved. {{ left }}.",
            "Finish whenever it suits you{{ until }}: the link opens where you stopped.",
        ),
        button="Finish the interview",
        sms=(
            SHORT + "your answers are saved, {{ left | lower }}. " + END,
            SHORT + "{{ left | lower }}. " + END,
        ),
    ),
    TextKind.UNFINISHED_LATER: Text(
        title="Your interview is still open",
        subject="Your interview is still open: {{ job }}",
        lines=(
            "Your interactive interview for {{ job }} at {{ workspace }} is still open{{ until }}. {{ left }}.",
            "The link opens where you stopped. If the job is no longer for you, there is nothing you need to do.",
        ),
        button="Finish the interview",
        sms=(
            SHORT + "still open, {{ left | lower }}. " + END,
            SHORT + "{{ left | lower }}. " + END,
        ),
    ),
    TextKind.UNFINISHED_DEADLINE: Text(
        title="Closes {{ closes }}",
        subject="Closes {{ closes }}: {{ job }}, {{ left | lower }}",
        lines=(
            "The interactive interview for {{ job }} at {{ workspace }} closes {{ closes }}. {{ left }}.",
            "What you have answered is kept: the link opens where you stopped, and you can finish{{ until }}.",
        ),
        button="Finish the interview",
        sms=(
            SHORT + "closes {{ closes }}, {{ left | lower }}. " + END,
            SHORT + "closes {{ closes }}. " + END,
        ),
    ),
}

NEVER = (TextKind.NEVER_FIRST, TextKind.NEVER_SECOND, TextKind.NEVER_LATER)
UNFINISHED = (TextKind.UNFINISHED_FIRST, TextKind.UNFINISHED_SECOND, TextKind.UNFINISHED_LATER)


def kind_of(track: Track, step_key: str, plan: Plan) -> TextKind:
    """Which text a message gets: by its track, and by which of the track's steps it is."""
    if track in {Track.INVITE, Track.LINK}:
        return TextKind(track.value)
    step = plan.step(step_key)
    if step is not None and step.anchor is Anchor.BEFORE_DEADLINE:
        return TextKind.NEVER_DEADLINE if track is Track.NEVER_STARTED else TextKind.UNFINISHED_DEADLINE
    after = sorted((s.hours, s.key) for s in plan.track(track) if s.anchor is Anchor.AFTER)
    place = next((n for n, (_, key) in enumerate(after) if key == step_key), len(after))
    return (NEVER if track is Track.NEVER_STARTED else UNFINISHED)[min(place, 2)]


def fields(known: Known, link: str, now: datetime) -> Fields:
    """What the texts to this person may name, as it is at `now`."""
    deadline, zone = known.facts.deadline_at, known.facts.zones[0]
    size = f"about {plural(known.minutes, 'minute')}"
    details = f"{known.minutes} min"
    if known.questions and not known.external:
        questions = plural(known.questions, "question")
        size, details = f"{questions}, {size}", f"{questions}, {details}"
    if deadline:
        details = f"{details}, until {_date(deadline, zone, 'EEE d MMM HH:mm')}"
    return Fields(
        first_name=known.candidate_name.split(" ")[0],
        job=known.job_title,
        workspace=known.workspace_name,
        size=size,
        left=_left(known),
        until=f" until {_date(deadline, zone, 'EEEE d MMMM, HH:mm')}" if deadline else "",
        closes=_closes(deadline, zone, now) if deadline else "soon",
        details=f" {details}.",
        link=link,
    )


def title(kind: TextKind, known: Known, at: datetime) -> str:
    """How members see the message named, if it goes at `at`."""
    return _fill(ENGLISH[kind].title, fields(known, "", at))


def write(kind: TextKind, channel: Channel, known: Known, link: str, now: datetime) -> Rendered:
    """The message of this kind to this person."""
    text, filling = ENGLISH[kind], fields(known, link, now)
    if channel is Channel.SMS:
        return Rendered(subject=_fill(text.title, filling), text=_short(text.sms, filling), html="")
    subject = _fill(text.subject, filling)
    parts = {
        "subject": subject,
        "hello": f"Hello {filling.first_name}," if filling.first_name else "Hello,",
        "lines": [_fill(line, filling) for line in text.lines],
        "button": text.button,
        "link": link,
        "why": why_they_get_it(known),
        "workspace": known.workspace_name,
        "privacy_url": known.privacy_url,
        "brand": known.brand_color,
        "on_brand": text_on(known.brand_color),
    }
    return Rendered(subject=subject, text=render("email/frame.txt", **parts), html=render("email/frame.html", **parts))


def cover_links(text: str, cover: str) -> str:
    """`text` with `cover` in place of every personal link."""
    return PERSONAL.sub(cover, text)


def why_they_get_it(known: Known) -> str:
    if known.facts.captured_at is None:
        return f"You get this email because {known.workspace_name} invited you to interview for {known.job_title}."
    return f"You get this email because you gave your address to {known.workspace_name} for {known.job_title}."


def _short(templates: tuple[str, str], filling: Fields) -> str:
    """A text, cut down step by step until it fits into one message. What can't be made to fit goes in several."""
    full, brief = templates
    cut = filling.job if len(filling.job) <= SHORT_TITLE else filling.job[:SHORT_TITLE].rstrip() + ".."
    written = [_fill(full, filling), _fill(brief, filling), _fill(brief, msgspec.structs.replace(filling, job=cut))]
    texts = [sms.plain(text) for text in written]
    return next((text for text in texts if sms.measure(text).segments == 1), texts[-1])


def _left(known: Known) -> str:
    if known.external:
        return "Not finished yet"
    if not known.left:
        return "Only the last step left"
    count = COUNTS[known.left] if known.left < len(COUNTS) else str(known.left)
    return f"{count} {'question' if known.left == 1 else 'questions'} left"


def _closes(deadline: datetime, zone: str, now: datetime) -> str:
    place = ZoneInfo(zone)
    last = (deadline - timedelta(seconds=1)).astimezone(place).date()  # midnight belongs to the day that it ends
    days = (last - now.astimezone(place).date()).days
    if days <= 1:
        return "today" if days <= 0 else "tomorrow"
    return f"on {format_date(last, 'EEEE' if days < 7 else 'd MMMM', locale=LOCALE)}"


def _date(at: datetime, zone: str, pattern: str) -> str:
    return format_datetime(at.astimezone(ZoneInfo(zone)), pattern, locale=LOCALE)


@cache
def _sandbox() -> SandboxedEnvironment:
    return SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)  # plain text: pages escape it


def _fill(template: str, filling: Fields) -> str:
    return " ".join(_compiled(template).render(**msgspec.structs.asdict(filling)).split())


@lru_cache(maxsize=500)
def _compiled(template: str) -> Template:
    return _sandbox().from_string(template)
