"""Messages as members read them: a name, a time, and why."""

from uuid import UUID

from portal import db
from portal.candidates.timeline import ShownMessage
from portal.messages import texts
from portal.messages.facts import Known, load
from portal.messages.plans import Plan, plan_for
from portal.messages.rules import track_of
from portal.messages.words import NUDGES, Channel, Reason, State, Track

NAMES = {Channel.EMAIL: "Email", Channel.SMS: "Text"}
AHEAD = (State.SCHEDULED, State.CLAIMED)
PARKED = (State.HELD, State.SKIPPED)
ENDINGS = {
    State.FAILED: " was refused",
    State.BOUNCED: " came back",
    State.UNKNOWN: " may have arrived",
}


async def messages_shown(workspace_id: UUID, application_id: UUID) -> list[ShownMessage]:
    """The messages of one application for its page: what is planned, what is not and why, what has gone out.

    Left out is what was cancelled, and what was skipped on a track that the person is on no more. Oldest first.
    """
    found = await db.rows(
        "SELECT id, step_key, track, channel, state, reason_code, reason, due_at, handed_over_at, ended_at, subject FROM message "
        "WHERE workspace_id = $1 AND application_id = $2 AND state <> 'cancelled' AND reason_code <> $3 ORDER BY due_at, id",
        workspace_id,
        application_id,
        Reason.ALREADY_ANSWERED.value,
    )
    known = await load(application_id) if found else None
    if known is None:
        return []
    plan = await plan_for(workspace_id, known.job_id)
    return [_shown(row, known, plan) for row in found if _belongs(row, known)]


def _belongs(row: db.Row, known: Known) -> bool:
    track = track_of(known.facts.stage)
    return row["state"] not in PARKED or (track is not None and (row["track"] == track or row["track"] not in NUDGES))


def _shown(row: db.Row, known: Known, plan: Plan) -> ShownMessage:
    state = State(row["state"])
    kind = "planned" if state in AHEAD else "attention" if state in PARKED else "done"
    return ShownMessage(
        title=headline(row, known, plan),
        channel=row["channel"],
        state=state.value,
        at=row["handed_over_at"] or row["due_at"],
        reason=row["reason"],
        kind=kind,
        href=f"/app/messages/{row['id']}",
    )


def headline(row: db.Row, known: Known, plan: Plan) -> str:
    """ "Email “Three questions left”", "Text “Closes tomorrow” not planned"."""
    state = State(row["state"])
    ending = " not planned" if state is State.SKIPPED else " held" if state is State.HELD else ENDINGS.get(state, "")
    return f"{NAMES[Channel(row['channel'])]} “{name_of(row, known, plan)}”{ending}"


def name_of(row: db.Row, known: Known, plan: Plan) -> str:
    """What the message is called: its subject once it is written, until then the title of its text."""
    if row["subject"]:
        return str(row["subject"])
    kind = texts.kind_of(Track(row["track"]), row["step_key"], plan)
    return texts.title(kind, known, row["due_at"])
