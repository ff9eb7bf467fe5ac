"""Whose text a message gets: the job's own, the workspace's own, or ours; and how members keep theirs.

A text is looked for in the person's best language first, in the next one only if nobody has any in that: who reads Spanish gets
our Spanish text rather than the job's English one.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from portal import db
from portal.messages.facts import Known
from portal.messages.fields import Ways
from portal.messages.languages import LANGUAGES, chain
from portal.messages.occasions import Text, TextKind
from portal.messages.plans import Plan
from portal.messages.rules import track_of
from portal.messages.texts import OURS, Chosen, key_of, kind_of, ours
from portal.messages.words import Channel, Track
from portal.settings import settings

UNWRITTEN_LINK = "their-own-link-stands-here"
"""Stands for the link of a message that is not written yet, and is as long as one: each gets one of its own when it leaves."""
BLAST = "blast:"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a text is used. `job_id`: None for all jobs of the workspace."""

    workspace_id: UUID
    job_id: UUID | None
    step_key: str
    channel: Channel
    language: str
    variant: str = "a"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A text of a workspace's own, or of one of its jobs'."""

    id: UUID
    place: Place
    text: Text
    updated_at: datetime


COLUMNS = "id, workspace_id, job_id, step_key, channel, language, variant, subject, body, button, updated_at"


# ---- What a message gets ---------------------------------------------------------------------------------------------


async def text_for(known: Known, step_key: str, channel: Channel, plan: Plan, track: Track | None = None) -> Chosen:
    """The text of this person's message: of a message by hand what was typed, else what is in force for its step. `track`: the
    message's, where it is known; a step may have left the plan since."""
    kind = kind_of(track or _track(step_key, known, plan), step_key, plan)
    if step_key.startswith(BLAST):
        return await _by_hand(known, UUID(step_key.removeprefix(BLAST)), channel)
    found = await db.rows(
        f"SELECT {COLUMNS} FROM template WHERE workspace_id = $1 AND (job_id = $2 OR job_id IS NULL) "
        "AND step_key = $3 AND channel = $4",
        known.workspace_id,
        known.job_id,
        key_of(step_key),
        channel.value,
    )
    return choose(
        [_kept(row) for row in found], ours(kind, channel), chain(known.languages), coin(known.application_id, step_key)
    )


def choose(kept: Iterable[Kept], plain: Chosen, languages: Iterable[str], side: str) -> Chosen:
    """The text in force among those `kept` for one step and channel, else ours, of the kind of `plain`. `side`: a or b, for where
    two texts are compared."""
    for language in languages:
        mine = [one for one in kept if one.place.language == language]
        for of_job in (True, False):
            level = {one.place.variant: one for one in mine if (one.place.job_id is not None) is of_job}
            if "b" in level:
                return _side(level, side, [one for one in mine if one.place.variant == "a"], plain, language)
            if "a" in level:
                return _chosen(level["a"], plain, "")
        if language in OURS:
            return ours(plain.kind, plain.channel, language)
    return plain


def coin(application_id: UUID, step_key: str) -> str:
    """Which of two texts somebody gets: always the same for one person and step, and by chance between people."""
    return "ab"[hashlib.sha256(f"{application_id}:{step_key}".encode()).digest()[0] & 1]


def text_of_blast(subject: str, body: str, button: str, channel: Channel, language: str) -> Text:
    """What a member typed for a message by hand, made whole: a link in it, and for texts, how to stop."""
    if channel is Channel.EMAIL:
        manual = OURS[language][TextKind.MANUAL]
        return Text(subject=subject or manual.subject, body=body, button=button or manual.button)
    with_link = body if "{{ link }}" in body else f"{body} {{{{ link }}}}"
    return Text(body=with_link if "STOP" in with_link else f"{with_link} {LANGUAGES[language].stop}")


def language_by_hand(known: Known) -> str:
    """In which language the words around a message by hand are: members write as their workspace speaks."""
    return chain(known.languages[-1:])[0]


def nobodys_ways() -> Ways:
    """Addresses that stand for those of a message that is not written yet."""
    home = f"{settings().public_url}/{UNWRITTEN_LINK}"
    return Ways(link=home, preferences=home, unsubscribe=home)


async def _by_hand(known: Known, blast_id: UUID, channel: Channel) -> Chosen:
    """What the blast says. One that is gone says what our own text for messages by hand does."""
    language = language_by_hand(known)
    row = await db.row(
        "SELECT subject, body, button FROM blast WHERE workspace_id = $1 AND id = $2", known.workspace_id, blast_id
    )
    plain = ours(TextKind.MANUAL, channel, language)
    if row is None:
        return plain
    return msgspec.structs.replace(plain, text=text_of_blast(row["subject"], row["body"], row["button"], channel, language))


def _track(step_key: str, known: Known, plan: Plan) -> Track:
    """The track of a step: of the plan's if it is in it, else the person's."""
    step = plan.step(step_key)
    if step is not None:
        return step.track
    start = key_of(step_key)
    if start in {"invite", "link", "manual"}:
        return Track(start)
    return Track.LINK if start == "extension" else track_of(known.facts.stage) or Track.NEVER_STARTED


def _side(level: dict[str, Kept], side: str, firsts: list[Kept], plain: Chosen, language: str) -> Chosen:
    """One of two texts. Who wrote only a second one compares it with what was in force before: the workspace's, or ours."""
    if side == "b":
        return _chosen(level["b"], plain, "b")
    first = level.get("a") or next((one for one in firsts if one.place.job_id is None), None)
    if first is not None:
        return _chosen(first, plain, "a")
    return msgspec.structs.replace(ours(plain.kind, plain.channel, language), variant="a")


def _chosen(kept: Kept, plain: Chosen, variant: str) -> Chosen:
    return msgspec.structs.replace(plain, text=kept.text, language=kept.place.language, variant=variant, template_id=kept.id)


# ---- What members keep -----------------------------------------------------------------------------------------------


async def list_kept(workspace_id: UUID, job_id: UUID | None) -> list[Kept]:
    """The workspace's own texts, and the job's if there is one."""
    found = await db.rows(
        f"SELECT {COLUMNS} FROM template WHERE workspace_id = $1 AND (job_id = $2 OR job_id IS NULL) "
        "ORDER BY step_key, channel, language, variant",
        workspace_id,
        job_id,
    )
    return [_kept(row) for row in found]


async def find_kept(place: Place) -> Kept | None:
    """The text kept for exactly this place."""
    row = await db.row(
        f"SELECT {COLUMNS} FROM template WHERE workspace_id = $1 AND job_id IS NOT DISTINCT FROM $2 AND step_key = $3 "
        "AND channel = $4 AND language = $5 AND variant = $6",
        *_values(place),
    )
    return _kept(row) if row else None


async def keep(place: Place, text: Text, *, member_id: UUID, now: datetime) -> UUID:
    """Keep `text` for this place, in place of what was kept there; the id. What is sent already does not change."""
    kept: UUID = await db.value(
        """
        INSERT INTO template (id, workspace_id, job_id, step_key, channel, language, variant, subject, body, button,
          member_id, updated_at) VALUES ($7, $1, $2, $3, $4, $5, $6, $8, $9, $10, $11, $12)
        ON CONFLICT (workspace_id, job_id, step_key, channel, language, variant) DO UPDATE
          SET subject = $8, body = $9, button = $10, member_id = $11, updated_at = $12
        RETURNING id
        """,
        *_values(place),
        db.new_id(),
        text.subject,
        text.body,
        text.button,
        member_id,
        now,
    )
    return kept


async def remove(place: Place) -> Kept | None:
    """Take back what was kept for this place: what was in force before is so again. What was taken away, if anything was."""
    row = await db.row(
        f"DELETE FROM template WHERE workspace_id = $1 AND job_id IS NOT DISTINCT FROM $2 AND step_key = $3 "
        f"AND channel = $4 AND language = $5 AND variant = $6 RETURNING {COLUMNS}",
        *_values(place),
    )
    return _kept(row) if row else None


def in_force(kept: Iterable[Kept], place: Place, kind: TextKind) -> Chosen:
    """What messages of this place say now: `place.variant` picks the side where two texts are compared."""
    same = [one for one in kept if (one.place.step_key, one.place.channel) == (place.step_key, place.channel)]
    if place.job_id is None:
        same = [one for one in same if one.place.job_id is None]
    return choose(same, ours(kind, place.channel), (place.language,), place.variant)


def languages_of(kept: Iterable[Kept], place: Place) -> list[str]:
    """In which languages the same place has a text of its own."""
    same = msgspec.structs.replace
    return [code for code in LANGUAGES if any(one.place == same(place, language=code) for one in kept)]


def _kept(row: db.Row) -> Kept:
    place = {name: row[name] for name in Place.__struct_fields__} | {"channel": Channel(row["channel"])}
    text = Text(subject=row["subject"], body=row["body"], button=row["button"])
    return Kept(id=row["id"], place=Place(**place), text=text, updated_at=row["updated_at"])


def _values(place: Place) -> tuple[UUID, UUID | None, str, str, str, str]:
    return place.workspace_id, place.job_id, place.step_key, place.channel.value, place.language, place.variant
