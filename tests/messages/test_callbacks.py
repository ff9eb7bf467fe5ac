"""What providers tell, in any order and any number of times, ends the same."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import strategies as st

from portal import db
from portal.messages import callbacks, delivery, sendgrid_callbacks, suppression, twilio_callbacks
from portal.messages.callbacks import CallbackEvent
from portal.messages.suppression import Cause
from portal.messages.words import Channel
from tests.cast import NOW, Northgate, insert
from tests.messages.conftest import Life, new_life

EMAIL, PHONE = "ana.duarte@example.com", "+447700900123"


async def add_message(
    life: Life, *, state: str = "sent", channel: str = "email", provider: str = "sendgrid", **changes: Any
) -> UUID:
    """A message that was handed over a minute ago."""
    plain = {
        "step_key": f"unfinished-{db.new_id()}",
        "track": "unfinished",
        "reason_code": "on_time",
        "reason": "3 h after they stopped",
        "due_at": NOW,
        "attempts": 1,
        "to_address": EMAIL if channel == "email" else PHONE,
        "subject": "Three questions left",
        "body_text": "Go on: …",
        "body_html": "",
        "provider_id": "",
        "error": "",
        "handed_over_at": NOW - timedelta(minutes=1),
        "created_at": NOW,
    }
    values = plain | changes
    return await insert(
        "message",
        workspace_id=life.workspace_id,
        application_id=life.id,
        state=state,
        channel=channel,
        provider=provider,
        **values,
    )


def batch(*said: dict[str, object]) -> list[CallbackEvent]:
    """Events as SendGrid would send them, read."""
    import json

    return sendgrid_callbacks.read(json.dumps(said).encode())


def event(kind: str, message_id: UUID | None, minutes: int = 0, **more: object) -> dict[str, object]:
    at = int((NOW + timedelta(minutes=minutes)).timestamp())
    plain: dict[str, object] = {"event": kind, "timestamp": at, "sg_event_id": f"{kind}-{message_id}-{minutes}"}
    return plain | ({"message_id": str(message_id)} if message_id else {}) | more


def status(message_id: UUID, state: str, **more: str) -> CallbackEvent:
    fields = {"MessageSid": f"SM{message_id.hex}", "MessageStatus": state} | more
    read = twilio_callbacks.read_status(list(fields.items()), str(message_id), NOW)
    assert read is not None
    return read


async def state_of(message_id: UUID) -> str:
    state: str = await db.value("SELECT state FROM message WHERE id = $1", message_id)
    return state


async def row_of(message_id: UUID) -> db.Row:
    row = await db.row("SELECT * FROM message WHERE id = $1", message_id)
    assert row is not None
    return row


async def cause_of(life: Life, channel: str = "email") -> str | None:
    found: str | None = await db.value(
        "SELECT reason FROM suppression WHERE workspace_id = $1 AND channel = $2", life.workspace_id, channel
    )
    return found


# ---- SendGrid ------------------------------------------------------------------------------------------------------------


async def test_a_delivered_email_is_delivered(life: Life) -> None:
    message = await add_message(life)
    assert await callbacks.record(batch(event("processed", message), event("delivered", message, 1)), NOW) == 2
    assert await state_of(message) == "delivered"
    assert await life.events() == ["message_delivered"]


async def test_what_is_told_twice_is_heard_once(life: Life) -> None:
    message = await add_message(life)
    told = batch(event("delivered", message))
    assert [await callbacks.record(told, NOW), await callbacks.record(told + told, NOW)] == [1, 0]
    assert await life.events() == ["message_delivered"]


async def test_a_callback_says_what_became_of_an_unknown_message(life: Life) -> None:
    message = await add_message(life, state="unknown", ended_at=NOW, error="no result")
    await callbacks.record(batch(event("processed", message, sg_message_id="abc.recvd-1")), NOW)
    row = await row_of(message)
    assert (row["state"], row["provider_id"], row["error"], row["ended_at"]) == ("sent", "abc", "", None)
    assert await life.events() == ["message_sent"]


async def test_a_callback_that_is_quicker_than_the_answer_counts(life: Life) -> None:
    message = await add_message(life, state="handed_over")
    await callbacks.record(batch(event("delivered", message)), NOW)
    assert await state_of(message) == "delivered"
    assert await life.events() == ["message_sent", "message_delivered"]
    assert (await row_of(message))["sent_at"] is not None


async def test_a_message_is_found_by_the_providers_own_name(life: Life) -> None:
    message = await add_message(life, provider_id="abc")
    await callbacks.record(batch(event("delivered", None, sg_message_id="abc.recvd-5d8c7-1-64F0-1.0")), NOW)
    assert await state_of(message) == "delivered"


async def test_another_providers_word_changes_nothing(life: Life) -> None:
    message = await add_message(life, channel="sms", provider="twilio", provider_id="abc")
    assert await callbacks.record(batch(event("bounce", message, sg_message_id="abc.x", type="bounce")), NOW) == 0
    assert await state_of(message) == "sent"


async def test_what_nobody_knows_is_dropped(life: Life) -> None:
    assert await callbacks.record(batch(event("bounce", db.new_id(), type="bounce"), event("delivered", None)), NOW) == 0
    assert await db.value("SELECT count(*) FROM callback") == 0


async def test_what_never_left_us_stays_as_it_is(life: Life) -> None:
    message = await add_message(life, state="scheduled", handed_over_at=None)
    await callbacks.record(batch(event("delivered", message)), NOW)
    assert await state_of(message) == "scheduled"


async def test_a_hard_bounce_ends_all_emails_to_that_address(life: Life, northgate: Northgate) -> None:
    other = await new_life_of_the_same_person(life, northgate)
    await life.plan(), await other.plan()
    message = await add_message(life)
    await callbacks.record(batch(event("bounce", message, type="bounce", reason="550 5.1.1 unknown user")), NOW)
    row = await row_of(message)
    assert (row["state"], row["reason"]) == ("bounced", "It came back: 550 5.1.1 unknown user")
    assert await cause_of(life) == "bounced"
    assert await db.value("SELECT count(*) FROM application WHERE plan_stale") == 2
    await other.plan()
    assert set((await other.states()).values()) == {"skipped"}


async def new_life_of_the_same_person(life: Life, northgate: Northgate) -> Life:
    from tests.cast import add_application, add_job

    job_id = await add_job(northgate.id)
    return Life(northgate.id, job_id, await add_application(northgate.id, job_id, life.candidate_id), life.candidate_id)


async def test_a_passing_bounce_suppresses_nobody(life: Life) -> None:
    message = await add_message(life)
    await callbacks.record(batch(event("bounce", message, type="blocked", reason="421 too many")), NOW)
    assert (await state_of(message), await cause_of(life)) == ("bounced", None)


async def test_a_complaint_ends_it(life: Life) -> None:
    message = await add_message(life)
    await callbacks.record(batch(event("spamreport", message)), NOW)
    assert (await state_of(message), await cause_of(life)) == ("delivered", "complained")
    assert "opted_out" in await life.events()


async def test_an_unsubscription_at_the_provider_is_ours_too(life: Life) -> None:
    message = await add_message(life)
    await callbacks.record(batch(event("group_unsubscribe", message)), NOW)
    assert (await state_of(message), await cause_of(life)) == ("sent", "unsubscribed")


DROPPED = {
    "Bounced Address": "bounced",
    "Unsubscribed Address": "unsubscribed",
    "Spam Reporting Address": "complained",
    "Invalid": "invalid",
    "Invalid SMTPAPI header": None,
    "Recipient List over Package Quota": None,
}


async def test_a_dropped_email_suppresses_by_its_reason(northgate: Northgate) -> None:
    found = {}
    for number, reason in enumerate(DROPPED):
        life = await new_life(northgate, email=f"ana.{number}@example.com")
        message = await add_message(life, to_address=f"ana.{number}@example.com")
        await callbacks.record(batch(event("dropped", message, reason=reason)), NOW)
        assert await state_of(message) == "failed"
        cause = await db.value("SELECT reason FROM suppression WHERE address = $1", f"ana.{number}@example.com")
        found[reason] = cause
    assert found == DROPPED


async def test_putting_off_and_opening_drive_nothing(life: Life) -> None:
    await life.plan()
    message = await add_message(life)
    await callbacks.record(batch(event("deferred", message), event("open", message, 5, sg_machine_open=True)), NOW)
    row = await row_of(message)
    assert (row["state"], row["opened_at"], row["opened_by_machine"]) == ("sent", NOW + timedelta(minutes=5), True)
    assert await life.events() == []
    assert not await db.value("SELECT plan_stale FROM application WHERE id = $1", life.id)
    await callbacks.record(batch(event("open", message, 2, sg_machine_open=False)), NOW)
    row = await row_of(message)
    assert (row["opened_at"], row["opened_by_machine"]) == (NOW + timedelta(minutes=2), False)


async def test_an_unreadable_event_does_not_hold_up_the_others(life: Life) -> None:
    message = await add_message(life)
    told = batch({"event": "bounce"}, {"event": "open", "timestamp": 10**30}, event("delivered", message, reason="a\0b"))
    assert await callbacks.record(told, NOW) == 1
    assert await state_of(message) == "delivered"


async def test_a_late_answer_of_the_provider_moves_nothing_back(life: Life) -> None:
    from portal.messages import fates
    from portal.messages.providers import Accepted, Handed

    message = await add_message(life, state="handed_over")
    await callbacks.record(batch(event("bounce", message, type="bounce")), NOW)
    handed = Handed(message_id=message, workspace_id=life.workspace_id, application_id=life.id, channel=Channel.EMAIL, subject="")
    await fates.record_success(handed, Accepted("abc"), NOW)
    assert await state_of(message) == "bounced"


# ---- Twilio --------------------------------------------------------------------------------------------------------------


async def test_a_text_goes_its_way(life: Life) -> None:
    message = await add_message(life, state="unknown", channel="sms", provider="twilio")
    for step in ("queued", "sent", "delivered"):
        await callbacks.record([status(message, step)], NOW)
    row = await row_of(message)
    assert (row["state"], row["provider_id"]) == ("delivered", f"SM{message.hex}")
    assert await life.events() == ["message_sent", "message_delivered"]


async def test_an_undelivered_text_says_why(life: Life) -> None:
    message = await add_message(life, channel="sms", provider="twilio")
    await callbacks.record([status(message, "undelivered", ErrorCode="30003")], NOW)
    row = await row_of(message)
    assert (row["state"], row["reason_code"]) == ("failed", "undelivered")
    assert row["reason"] == "Not delivered: The phone could not be reached: it may be off, or without a network (Twilio 30003)"
    assert await cause_of(life, "sms") is None


async def test_a_text_to_somebody_who_said_stop_suppresses(life: Life) -> None:
    message = await add_message(life, channel="sms", provider="twilio")
    await callbacks.record([status(message, "failed", ErrorCode="21610")], NOW)
    assert ((await row_of(message))["reason_code"], await cause_of(life, "sms")) == ("opted_out", "stop")


async def test_a_callback_takes_back_that_a_text_was_not_sent(life: Life) -> None:
    """Looked for and not found, and then it had been sent after all."""
    message = await add_message(life, channel="sms", provider="twilio", state="failed", reason_code="not_sent", ended_at=NOW)
    await callbacks.record([status(message, "delivered")], NOW)
    assert await state_of(message) == "delivered"


async def test_after_stop_nothing_more_is_handed_over(life: Life) -> None:
    """The stop comes between planning and sending."""
    await life.stop()
    later = NOW + timedelta(hours=3)
    await life.plan()
    message = await add_message(life)
    await callbacks.record(batch(event("spamreport", message)), NOW)
    for message_id in await life.claim(later):
        await delivery.deliver(message_id, later)
    assert await db.value("SELECT count(*) FROM message WHERE provider = 'outbox'") == 0


# ---- Any order -----------------------------------------------------------------------------------------------------------

EMAIL_EVENTS: list[dict[str, object]] = [
    {"event": "processed"},
    {"event": "deferred"},
    {"event": "delivered"},
    {"event": "open", "sg_machine_open": True},
    {"event": "open", "sg_machine_open": False},
    {"event": "bounce", "type": "bounce", "reason": "550"},
    {"event": "bounce", "type": "blocked", "reason": "421"},
    {"event": "dropped", "reason": "Bounced Address"},
    {"event": "spamreport"},
    {"event": "unsubscribe"},
]
TEXT_STATES = ["accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled"]


@st.composite
def orders(draw: st.DrawFn, size: int) -> tuple[list[int], list[list[int]]]:
    """Some things that are told, and two ways of telling them: each at least once, in batches."""
    told = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6, unique=True))
    again = st.lists(st.sampled_from(told), max_size=4)
    return told, [draw(st.permutations([*told, *draw(again)])) for _ in range(2)]


async def ends(life: Life, message: UUID) -> tuple[object, ...]:
    row = await row_of(message)
    found = await db.rows("SELECT reason FROM suppression WHERE workspace_id = $1", life.workspace_id)
    names = ("state", "opened_at", "opened_by_machine", "provider_id")
    return (*(row[name] for name in names), [r["reason"] for r in found], sorted(set(await life.events())))


async def tell(events: Sequence[CallbackEvent], cut: int) -> None:
    for part in (events[:cut], events[cut:]):
        await callbacks.record(part, NOW)


ONCE_A_TEST = hypothesis.settings(
    max_examples=25, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)


@ONCE_A_TEST
@hypothesis.given(orders(len(EMAIL_EVENTS)), st.sampled_from(["handed_over", "sent", "unknown"]), st.integers(0, 6))
async def test_emails_end_the_same_in_any_order(
    life: Life, ways: tuple[list[int], list[list[int]]], first: str, cut: int
) -> None:
    found = []
    for way in ways[1]:
        message = await add_message(life, state=first)
        said = [
            event(str(EMAIL_EVENTS[n]["event"]), message, n, sg_event_id=f"{message}-{n}", **_but_kind(EMAIL_EVENTS[n]))
            for n in way
        ]
        await tell(batch(*said), cut)
        found.append(await ends(life, message))
        await forget(life)
    assert _without_notes(found[0]) == _without_notes(found[1])


@ONCE_A_TEST
@hypothesis.given(orders(len(TEXT_STATES)), st.sampled_from(["handed_over", "sent", "unknown"]), st.integers(0, 6))
async def test_texts_end_the_same_in_any_order(life: Life, ways: tuple[list[int], list[list[int]]], first: str, cut: int) -> None:
    found = []
    for way in ways[1]:
        message = await add_message(life, state=first, channel="sms", provider="twilio")
        await tell([status(message, TEXT_STATES[n]) for n in way], cut)
        state = await ends(life, message)
        found.append((state[0], state[4]))
        await forget(life)
    assert found[0] == found[1]


def _but_kind(said: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if name != "event"}


def _without_notes(end: tuple[object, ...]) -> tuple[object, ...]:
    """All but the notes on the timeline: what was skipped on the way is not told afterwards."""
    return end[:-1]


async def forget(life: Life) -> None:
    for table in ("event", "suppression"):
        await db.run(f"DELETE FROM {table} WHERE workspace_id = $1", life.workspace_id)


# ---- Forgetting ----------------------------------------------------------------------------------------------------------


async def test_what_was_heard_is_forgotten_after_a_month(life: Life) -> None:
    message = await add_message(life)
    await callbacks.record(batch(event("delivered", message)), datetime(2026, 10, 1, tzinfo=UTC))
    await callbacks.record(batch(event("open", message)), NOW)
    assert await callbacks.forget_old(NOW) == 1
    assert await db.value("SELECT kind FROM callback") == "open"


async def test_the_history_of_a_message_tells_of_opens_with_doubt(life: Life) -> None:
    message = await add_message(life)
    await callbacks.record(batch(event("open", message, 1), event("open", message, 2), event("delivered", message)), NOW)
    assert [title for title, _ in await callbacks.told_about(message)] == [
        "Opened, perhaps: mail programs open emails by themselves"
    ]


async def test_a_weightier_cause_takes_the_place_of_a_lighter_one(life: Life) -> None:
    for cause in (Cause.BOUNCED, Cause.COMPLAINED, Cause.BY_HAND):
        await suppression.suppress(life.workspace_id, Channel.EMAIL, EMAIL, cause=cause, source="test", now=NOW)
    assert await cause_of(life) == "complained"
