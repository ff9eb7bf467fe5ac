"""What people text back: STOP and its kin, START, HELP, and all that a person should read.

The provider stops and answers by itself; we do the same in our own lists, and understand more: whoever asks in their own words to
be left alone is left alone. A text belongs to the application that was last texted from the number that it came to, in each
workspace that texted them from it.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.events import EventKind, add_event
from portal.messages import callbacks, replies, suppression
from portal.messages.opting_out import OptOut, opt_out_words
from portal.messages.suppression import Cause
from portal.messages.words import Channel

__all__ = ["InboundText", "Meaning", "OptOut", "hear", "meaning_of", "opt_out_words"]

STARTS = frozenset({"start", "unstop"})
YES = "yes"
"""Twilio takes it for START. But it may as well answer a question: it undoes a STOP, and nothing else."""
HELPS = frozenset({"help", "info"})
KIND = "received"
BY_KEYWORD = "Texted {word}"
IN_WORDS = "Wrote: “{words}”"
LONGEST_QUOTE = 120


class InboundText(msgspec.Struct, frozen=True, kw_only=True):
    """A text that came in. `to`: the number and, if there is one, the Messaging Service that got it."""

    provider: str
    provider_id: str
    from_number: str
    to: tuple[str, ...]
    body: str
    opt_out_type: str = ""
    """STOP, START or HELP, where Twilio's Advanced Opt-Out has understood it already."""
    pictures: int = 0


class Meaning(StrEnum):
    STOP = "stop"
    START = "start"
    YES = "yes"
    HELP = "help"
    REPLY = "reply"


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it is understood in one workspace: whom it comes from, and what it says."""

    workspace_id: UUID
    application_id: UUID
    email: str
    text: InboundText
    meaning: Meaning
    opt_out: OptOut | None


async def hear(text: InboundText, now: datetime) -> int:
    """Keep a text and do what it asks for, in each workspace concerned; how many these were. The same text is heard once."""
    concerned = await _concerned(text)
    async with db.transaction():
        for row in concerned:  # in order of their ids, before anything else
            await suppression.hold(row["workspace_id"], Channel.SMS, text.from_number, also=[row["application_id"]])
        if not await callbacks.first_time(text.provider, f"{text.provider_id}:{KIND}", None, KIND, at=now, now=now):
            return 0
        for row in concerned:
            await _act(_understand(row, text), now)
    return len(concerned)


def meaning_of(text: InboundText, language: str) -> tuple[Meaning, OptOut | None]:
    """What a text asks for. What Advanced Opt-Out says comes first: it knows the keywords of the account."""
    word = _bare(text.body)
    asked = text.opt_out_type.lower()
    if asked == "stop":
        return Meaning.STOP, opt_out_words(text.body, language) or OptOut(words=text.body.strip(), is_keyword=True)
    if asked == "start" or word in STARTS:
        return Meaning.START, None
    if asked == "help" or word in HELPS:
        return Meaning.HELP, None
    if word == YES:
        return Meaning.YES, None
    found = opt_out_words(text.body, language)
    return (Meaning.STOP, found) if found else (Meaning.REPLY, None)


async def _concerned(text: InboundText) -> list[db.Row]:
    """By workspace, the application that was last texted from the number that this came to."""
    return await db.rows(
        """
        SELECT DISTINCT ON (m.workspace_id) m.workspace_id, m.application_id, coalesce(c.email, '') AS email, c.language
        FROM message m
        JOIN application a ON a.id = m.application_id
        JOIN candidate c ON c.id = a.candidate_id AND c.erased_at IS NULL
        WHERE m.channel = 'sms' AND m.to_address = $1 AND m.to_address <> '' AND m.from_address = ANY($2)
          AND m.handed_over_at IS NOT NULL
        ORDER BY m.workspace_id, m.handed_over_at DESC, m.id DESC
        """,
        text.from_number,
        [address for address in text.to if address],
    )


def _understand(row: db.Row, text: InboundText) -> Heard:
    meaning, opt_out = meaning_of(text, row["language"])
    return Heard(
        workspace_id=row["workspace_id"],
        application_id=row["application_id"],
        email=row["email"],
        text=text,
        meaning=meaning,
        opt_out=opt_out,
    )


async def _act(heard: Heard, now: datetime) -> None:
    """A word to the provider is done with; what is written to people waits for one."""
    if heard.opt_out is not None:
        await _stop(heard, heard.opt_out, now)
    lifted = heard.meaning in {Meaning.START, Meaning.YES} and await _start(heard, now)
    by_itself = lifted or heard.meaning is Meaning.START or (heard.opt_out is not None and heard.opt_out.is_keyword)
    await _keep(heard, now, needs_nobody=by_itself)


async def _stop(heard: Heard, opt_out: OptOut, now: datetime) -> None:
    said = heard.text.body.strip()[:LONGEST_QUOTE]
    source = (BY_KEYWORD if opt_out.is_keyword else IN_WORDS).format(word=said.upper(), words=said)
    await suppression.suppress(heard.workspace_id, Channel.SMS, heard.text.from_number, cause=Cause.STOP, source=source, now=now)
    if opt_out.everything and heard.email:
        await suppression.suppress(
            heard.workspace_id, Channel.EMAIL, heard.email, cause=Cause.UNSUBSCRIBED, source=source, now=now
        )


async def _start(heard: Heard, now: datetime) -> bool:
    """Whether anything stood against texts that this lifted."""
    causes = {Cause.STOP} if heard.meaning is Meaning.YES else {Cause.STOP, Cause.UNSUBSCRIBED}
    source = BY_KEYWORD.format(word=_bare(heard.text.body).upper() or "START")
    return await suppression.lift(heard.workspace_id, Channel.SMS, heard.text.from_number, causes=causes, source=source, now=now)


async def _keep(heard: Heard, now: datetime, *, needs_nobody: bool) -> None:
    """On the list of replies and on the timeline. Nudges stop for who writes back; not for a word to the provider."""
    text = heard.text
    body = text.body.strip() if not text.pictures else f"{text.body.strip()}\n({_pictures(text.pictures)})".strip()
    reply_id = await replies.keep(
        heard.workspace_id,
        heard.application_id,
        channel=Channel.SMS,
        provider_id=text.provider_id,
        body=body,
        is_opt_out=heard.opt_out is not None,
        seen_at=now if needs_nobody else None,
        now=now,
    )
    data = {"channel": Channel.SMS.value, "reply": str(reply_id), "text": body}
    await add_event(heard.workspace_id, heard.application_id, EventKind.REPLIED, now, data)
    if not needs_nobody and heard.meaning is not Meaning.HELP:
        await db.run(
            "UPDATE application SET replied_at = $3, plan_stale = true WHERE workspace_id = $1 AND id = $2",
            heard.workspace_id,
            heard.application_id,
            now,
        )


def _pictures(count: int) -> str:
    return "with a picture, which is not kept here" if count == 1 else f"with {count} pictures, which are not kept here"


def _bare(text: str) -> str:
    """A text of one word, in small letters and without what stands around it."""
    return text.strip().strip(".,;:!?¡¿\"'“”‘’*()[]").lower()
