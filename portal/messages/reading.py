"""One message, as the candidate gets it and as a member asks about it."""

from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.messages import callbacks, sms, templates, texts
from portal.messages.facts import Known, load
from portal.messages.languages import LANGUAGES
from portal.messages.plans import plan_for
from portal.messages.sms import Size
from portal.messages.texts import Rendered
from portal.messages.words import Channel, State, Track
from portal.settings import settings
from portal.web.missing import Missing


class Moment(msgspec.Struct, frozen=True):
    """One line of a message's history."""

    title: str
    at: datetime


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A message with all that its page says."""

    id: UUID
    application_id: UUID
    job_id: UUID
    job_title: str
    candidate: str
    channel: Channel
    state: State
    reason: str
    error: str
    due_at: datetime
    to_address: str
    provider: str
    rendered: Rendered
    version: str
    """In which language it was written, and which of two texts that are compared it got."""
    is_written: bool
    """Whether this is what was sent, or how it would read if it went when it is due."""
    size: Size
    """Of a text."""
    history: list[Moment]
    at: datetime
    """When it went, else when it is due."""

    @property
    def title(self) -> str:
        return self.rendered.subject or "Message"


async def open_message(workspace_id: UUID, message_id: UUID) -> Opened:
    """Raises `Missing`."""
    row = await db.row("SELECT * FROM message WHERE workspace_id = $1 AND id = $2", workspace_id, message_id)
    known = await load(row["application_id"]) if row else None
    if row is None or known is None:
        raise Missing("message")
    channel = Channel(row["channel"])
    rendered = await _rendered(row, known)
    return Opened(
        id=row["id"],
        application_id=known.application_id,
        job_id=known.job_id,
        job_title=known.job_title,
        candidate=known.candidate_name or known.email or "No name",
        channel=channel,
        state=State(row["state"]),
        reason=row["reason"],
        error=row["error"],
        due_at=row["due_at"],
        to_address=row["to_address"] or known.address(channel),
        provider=row["provider"],
        rendered=rendered,
        version=_version(row),
        is_written=bool(row["body_text"]),
        size=sms.measure(rendered.text),
        history=_history(row, await callbacks.told_about(row["id"])),
        at=row["handed_over_at"] or row["due_at"],
    )


def without_link(opened: Opened) -> Opened:
    """`opened` with its link covered, for members who may look but not act for the candidate: the link is a key."""
    cover = f"{settings().public_url}/{templates.UNWRITTEN_LINK}"
    text, html = (texts.cover_links(part, cover) for part in (opened.rendered.text, opened.rendered.html))
    return msgspec.structs.replace(opened, rendered=msgspec.structs.replace(opened.rendered, text=text, html=html))


async def _rendered(row: db.Row, known: Known) -> Rendered:
    if row["body_text"]:
        return Rendered(subject=row["subject"], text=row["body_text"], html=row["body_html"])
    plan = await plan_for(known.workspace_id, known.job_id)
    chosen = await templates.text_for(known, row["step_key"], Channel(row["channel"]), plan, Track(row["track"]))
    return texts.write(chosen, known, templates.nobodys_ways(), row["due_at"])


def _version(row: db.Row) -> str:
    language = LANGUAGES[row["language"]].name if row["language"] in LANGUAGES else ""
    compared = {"a": "the first of two texts", "b": "the second of two texts"}.get(row["variant"], "")
    return ", ".join(part for part in (language, compared) if part)


def _history(row: db.Row, heard: list[tuple[str, datetime]]) -> list[Moment]:
    """Newest first."""
    ended = {
        State.SKIPPED: "Skipped",
        State.CANCELLED: "Cancelled",
        State.FAILED: "Refused" if row["handed_over_at"] else "Given up",
        State.UNKNOWN: "No answer from the provider",
        State.BOUNCED: "Came back",
        State.DELIVERED: "Delivered",
    }
    told = [
        ("Planned", row["created_at"]),
        (f"Handed over to {row['provider']}", row["handed_over_at"]),
        (f"Taken by {row['provider']}", row["sent_at"]),
        (ended.get(State(row["state"]), "Ended"), row["ended_at"]),
    ]
    known = heard + [(title, at) for title, at in reversed(told) if at is not None]
    return [Moment(title, at) for title, at in sorted(known, key=lambda line: line[1], reverse=True)]
