"""What a member writes by hand: read, checked, and shown as it would arrive."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal.messages import checker, sms, templates, texts
from portal.messages.blasts import Draft
from portal.messages.checker import Finding
from portal.messages.facts import Known
from portal.messages.languages import DEFAULT
from portal.messages.occasions import TextKind
from portal.messages.rules import ORDERS, NoSlot, channels, choose_channel
from portal.messages.sms import Size
from portal.messages.templates import Place
from portal.messages.texts import Chosen, Rendered
from portal.messages.words import Channel, Wish
from portal.web.forms import Form

LONGEST_SUBJECT, LONGEST_BUTTON = 200, 60
MANUAL = "manual"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as one person would get it by one channel."""

    channel: Channel
    rendered: Rendered
    size: Size


async def begin_draft(workspace_id: UUID, job_id: UUID | None, wish: Wish, role_type: str, language: str = DEFAULT) -> Draft:
    """What the form begins with: the text that is in force for messages by hand. Where most get a text and others an email, it
    is that of the email cut to its first paragraph, which makes a good text too."""
    channel = Channel.SMS if wish is Wish.SMS else Channel.EMAIL
    place = Place(workspace_id=workspace_id, job_id=job_id, step_key=MANUAL, channel=channel, language=language)
    text = templates.in_force(await templates.list_kept(workspace_id, job_id), place, TextKind.MANUAL).text
    brief = wish is Wish.BY_ROLE and ORDERS[role_type][0] is Channel.SMS
    body = text.body.split("\n\n", maxsplit=1)[0] if brief else text.body
    return Draft(channel=wish, subject=text.subject, body=body, button=text.button)


def read_draft(form: Form, language: str = DEFAULT) -> Draft:
    """The draft as typed. Raises `Invalid`."""
    wish = form.choice("by", list(Wish), wrong="Choose how it is to go: by email, by text, or by what suits the role.")
    subject = form.text("subject", longest=LONGEST_SUBJECT)
    body = form.long_text("body", missing="Write what the message says.", longest=5000)
    button = form.text("button", longest=LONGEST_BUTTON)
    draft = Draft(channel=Wish(wish) if wish in set(Wish) else Wish.BY_ROLE, subject=subject, body=body, button=button)
    for field, sentence in checker.errors_of(findings(draft, language)).items():
        form.wrong(field, sentence)
    form.check()
    return draft


def findings(draft: Draft, language: str = DEFAULT) -> list[Finding]:
    """What there is to say about a draft, in all the forms in which it may go."""
    found: dict[tuple[str, str], Finding] = {}
    for channel in _ways(draft.channel):
        for finding in checker.check(_chosen(draft, channel, language)):
            found.setdefault((finding.warning, finding.field), finding)
    return list(found.values())


def shown_to(draft: Draft, known: Known, now: datetime) -> Shown:
    """The draft as this person would get it, with addresses that stand for their own."""
    channel = _channel(draft.channel, known)
    language = templates.language_by_hand(known)
    rendered = texts.write(_chosen(draft, channel, language), known, templates.nobodys_ways(), now)
    return Shown(channel=channel, rendered=rendered, size=sms.measure(rendered.text))


def _chosen(draft: Draft, channel: Channel, language: str) -> Chosen:
    text = templates.text_of_blast(draft.subject, draft.body, draft.button, channel, language)
    return Chosen(kind=TextKind.MANUAL, channel=channel, text=text, language=language)


def _ways(wish: Wish) -> tuple[Channel, ...]:
    return tuple(Channel) if wish is Wish.BY_ROLE else (Channel(wish.value),)


def _channel(wish: Wish, known: Known) -> Channel:
    try:
        return choose_channel(wish, known.facts)[0]
    except NoSlot:
        return channels(wish, known.facts)[0]
