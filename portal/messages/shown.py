"""Messages as members read them: a name, a time, and why."""

from uuid import UUID

from portal import crypto, db
from portal.candidates.timeline import Action, ShownMessage
from portal.messages import texts
from portal.messages.facts import Known, load
from portal.messages.plans import Plan, plan_for
from portal.messages.rules import track_of
from portal.messages.suppression import Cause
from portal.messages.words import NUDGES, Channel, Override, Reason, State, Track

NAMES = {Channel.EMAIL: "Email", Channel.SMS: "Text"}
AHEAD = (State.SCHEDULED, State.CLAIMED)
PARKED = (State.HELD, State.SKIPPED)
MAY_GO_NOW = frozenset(
    {Reason.CAP, Reason.TOO_CLOSE, Reason.MISSED, Reason.TOO_OLD, Reason.HELD_OUT, Reason.REPLIED, Reason.REMINDED_ELSEWHERE}
)
"""Why a nudge may be skipped and yet be sent by a member's word: the plan forbids it, and nothing else."""
ENDINGS = {
    State.FAILED: " was refused",
    State.BOUNCED: " came back",
    State.UNKNOWN: " may have arrived",
}


STOPS = {
    Cause.INVALID: "address invalid",
    Cause.BOUNCED: "address bounced",
    Cause.BY_HAND: "stopped by hand",
    Cause.UNSUBSCRIBED: "unsubscribed",
    Cause.STOP: "stopped by them",
    Cause.COMPLAINED: "marked as spam",
    Cause.ERASED: "erased",
}
"""Why an address is not written to, in a word or two."""


async def contact_stops(workspace_id: UUID, email: str | None, phone: str | None) -> dict[str, str]:
    """By channel, why nothing goes to a candidate's address; without those that are written to."""
    found = await db.rows(
        "SELECT channel, reason FROM suppression "
        "WHERE workspace_id = $1 AND (channel = 'email' AND address_hash = $2 OR channel = 'sms' AND address_hash = $3)",
        workspace_id,
        crypto.address_hash(email) if email else None,
        crypto.address_hash(phone) if phone else None,
    )
    return {row["channel"]: STOPS[Cause(row["reason"])] for row in found}


async def messages_shown(workspace_id: UUID, application_id: UUID) -> list[ShownMessage]:
    """The messages of one application for its page: what is planned, what is not and why, what has gone out.

    Left out is what was cancelled, and what was skipped on a track that the person is on no more. Oldest first.
    """
    found = await db.rows(
        "SELECT id, step_key, track, channel, state, reason_code, reason, due_at, handed_over_at, ended_at, subject, wish "
        "FROM message WHERE workspace_id = $1 AND application_id = $2 AND state <> 'cancelled' AND reason_code <> $3 "
        "ORDER BY due_at, id",
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
        at=(row["handed_over_at"] if kind == "done" else None) or row["due_at"],
        reason=row["reason"],
        kind=kind,
        href=f"/app/messages/{row['id']}",
        actions=_actions(row),
    )


def _actions(row: db.Row) -> tuple[Action, ...]:
    """What a member may do about it: the addresses that `override_pages` answers."""
    state, wish, home = row["state"], row["wish"], f"/app/messages/{row['id']}"
    found = []
    if wish == Override.SKIP and state in PARKED:
        return (Action("bring back", f"{home}/as-planned"),)
    if wish == Override.NOW and state == State.SCHEDULED:
        return (Action("not now, as planned", f"{home}/as-planned"),)
    if state in {State.SCHEDULED, State.HELD}:
        found.append(Action("skip", f"{home}/skip"))
    if row["track"] in NUDGES and (state == State.SCHEDULED or (state == State.SKIPPED and row["reason_code"] in MAY_GO_NOW)):
        found.append(Action("send now", f"{home}/send-now"))
    return tuple(found)


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
