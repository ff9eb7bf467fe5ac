"""What messages say, and how they are put together.

Each text of ours says plainly that an interactive interview is next, how long it takes, until when, and that one can stop and
come back. What they may name, and how that is filled in, stands in `fields` and `filling`; whose text a message gets, in
`templates`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from portal.messages import frame, sms, texts_english, texts_spanish
from portal.messages.facts import Known
from portal.messages.fields import Fields, Ways, fields
from portal.messages.filling import fill
from portal.messages.languages import DEFAULT, LANGUAGES, chain
from portal.messages.occasions import Occasion, Text
from portal.messages.occasions import TextKind as TextKind
from portal.messages.plans import Plan
from portal.messages.words import Anchor, Channel, Track

PERSONAL = re.compile(r"https?://[^\s/\"<>]+/(?:[ip]/)?[a-z2-7]{26}\b(?:/[a-z]+)?")
"""A personal link, wherever it stands: `portal.crypto.token`."""
SHORT_TITLE = 20
"""To how many letters a job's title is cut where a text would not fit into one message."""
OURS: Mapping[str, Mapping[TextKind, Occasion]] = {"en": texts_english.TEXTS, "es": texts_spanish.TEXTS}
TITLES: Mapping[TextKind, str] = {
    TextKind.INVITE: "Invitation to the interview",
    TextKind.LINK: "The link they asked for",
    TextKind.MORE_TIME: "More time",
    TextKind.NEVER_FIRST: "Your interview is ready",
    TextKind.NEVER_SECOND: "A few minutes are enough",
    TextKind.NEVER_LATER: "Still interested?",
    TextKind.NEVER_DEADLINE: "Closes {{ closes }}",
    TextKind.UNFINISHED_FIRST: "{{ left }}",
    TextKind.UNFINISHED_SECOND: "Your answers are saved",
    TextKind.UNFINISHED_LATER: "Your interview is still open",
    TextKind.UNFINISHED_DEADLINE: "Closes {{ closes }}",
    TextKind.MANUAL: "Message by hand",
}
"""How members see a message named that is not written yet. Members read English."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The text that a message gets. `template_id`: None for one of ours. `variant`: empty where nothing is compared."""

    kind: TextKind
    channel: Channel
    text: Text
    language: str = DEFAULT
    variant: str = ""
    template_id: UUID | None = None


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it leaves. For texts, `subject` is the title that members see, and `html` is empty."""

    subject: str
    text: str
    html: str
    segments: int = 0
    """Messages that a text is sent and paid for as."""


NEVER = (TextKind.NEVER_FIRST, TextKind.NEVER_SECOND, TextKind.NEVER_LATER)
UNFINISHED = (TextKind.UNFINISHED_FIRST, TextKind.UNFINISHED_SECOND, TextKind.UNFINISHED_LATER)
DIRECT = {"invite": TextKind.INVITE, "link": TextKind.LINK, "extension": TextKind.MORE_TIME, "manual": TextKind.MANUAL}
"""The messages that belong to no plan, by the key of their text."""


def key_of(step_key: str) -> str:
    """The key under which the text of a message is kept: ``link:{id}`` and its like have one text for all."""
    start = step_key.partition(":")[0]
    return {"blast": "manual"}.get(start, start)


def kind_of(track: Track, step_key: str, plan: Plan) -> TextKind:
    """Which text a message gets: by its track, and by which of the track's steps it is."""
    if track not in {Track.NEVER_STARTED, Track.UNFINISHED}:
        return DIRECT.get(key_of(step_key), TextKind(track.value))
    step = plan.step(step_key)
    if step is not None and step.anchor is Anchor.BEFORE_DEADLINE:
        return TextKind.NEVER_DEADLINE if track is Track.NEVER_STARTED else TextKind.UNFINISHED_DEADLINE
    after = sorted((s.hours, s.key) for s in plan.track(track) if s.anchor is Anchor.AFTER)
    place = next((n for n, (_, key) in enumerate(after) if key == step_key), len(after))
    return (NEVER if track is Track.NEVER_STARTED else UNFINISHED)[min(place, 2)]


def ours(kind: TextKind, channel: Channel, language: str = DEFAULT) -> Chosen:
    """The text that comes with the portal."""
    occasion = OURS[language][kind]
    if channel is Channel.SMS:
        text = Text(body=occasion.sms[0], brief=occasion.sms[1])
    else:
        text = Text(subject=occasion.subject, body="\n\n".join(occasion.lines), button=occasion.button)
    return Chosen(kind=kind, channel=channel, text=text, language=language)


def ours_for(known: Known, kind: TextKind, channel: Channel) -> Chosen:
    """The text that comes with the portal, in the language of this person."""
    return ours(kind, channel, chain(known.languages)[0])


def title(kind: TextKind, known: Known, at: datetime) -> str:
    """How members see the message named, if it goes at `at`."""
    nowhere = Ways(link="", preferences="", unsubscribe="")
    return fill(TITLES[kind], fields(known, nowhere, at, LANGUAGES[DEFAULT]))


def write(chosen: Chosen, known: Known, to: Ways, now: datetime, postal_address: str = "") -> Rendered:
    """The message to this person. `postal_address`: the sender's, for the foot of emails."""
    words = LANGUAGES[chosen.language]
    filling = fields(known, to, now, words)
    if chosen.channel is Channel.SMS:
        text = _short(chosen.text, filling)
        return Rendered(subject=title(chosen.kind, known, now), text=text, html="", segments=sms.measure(text).segments)
    letter = frame.Letter(
        subject=" ".join(fill(chosen.text.subject, filling).split()),
        body=fill(chosen.text.body, filling),
        button=fill(chosen.text.button, filling),
        postal_address=postal_address,
    )
    text, html = frame.set_in(letter, known, filling, words, chosen.language)
    return Rendered(subject=letter.subject, text=text, html=html)


def cover_links(text: str, cover: str) -> str:
    """`text` with `cover` in place of every personal link."""
    return PERSONAL.sub(cover, text)


def _short(text: Text, filling: Fields) -> str:
    """A text, cut down step by step until it fits into one message: to its brief form, without details, with a shorter job title.
    What can't be made to fit goes in several: ours in brief, a member's as it was typed."""
    cut = filling.job if len(filling.job) <= SHORT_TITLE else filling.job[:SHORT_TITLE].rstrip() + ".."
    bare = msgspec.structs.replace(filling, details="")
    brief = text.brief or text.body
    tries = [(text.body, filling), (brief, bare), (brief, msgspec.structs.replace(bare, job=cut))]
    written = []
    for template, one in tries:
        written.append(sms.plain(fill(template, one)))
        if sms.measure(written[-1]).segments == 1:
            return written[-1]
    return written[-1] if text.brief else written[0]
