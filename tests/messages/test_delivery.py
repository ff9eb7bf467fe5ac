"""From due to sent, at most once, whatever dies in between and whatever happens meanwhile."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextvars import Context
from datetime import timedelta
from uuid import UUID

import pytest

from portal import db, redis
from portal.candidates.events import EventKind, add_event
from portal.links import personal
from portal.messages import delivery, fates, pace, planning, senders
from portal.messages.providers import Accepted, Fault, Later, Letter, Outgoing, Refused, Uncertain
from portal.messages.suppression import Cause, is_suppressed, suppress
from portal.messages.words import Channel
from portal.settings import settings
from tests.cast import NOW, Northgate, insert
from tests.messages.conftest import AFTER_3H, Life, give_phone, new_life

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NIGHT = NOW + timedelta(hours=13)


class Carrier:
    """A provider that keeps what it gets, or fails as told."""

    name = "carrier"

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.got: list[Letter] = []

    async def send(self, outgoing: Letter) -> Accepted:
        self.got.append(outgoing)
        if self.fault:
            raise self.fault
        return Accepted("id-of-the-carrier")


async def claimed(life: Life) -> UUID:
    """The first nudge, claimed when it is due."""
    await life.plan()
    [message_id] = await life.claim(AFTER_3H)
    return message_id


async def handed_over(life: Life) -> Outgoing:
    outgoing = await delivery.hand_over(await claimed(life), AFTER_3H)
    assert outgoing is not None
    return outgoing


async def test_a_due_nudge_is_written_and_sent(life: Life) -> None:
    assert await life.tick(AFTER_3H) == 1
    sent = await life.message("3h")
    assert (sent["state"], sent["provider"], sent["to_address"]) == ("sent", "outbox", "ana.duarte@example.com")
    assert sent["sent_at"] == sent["handed_over_at"] == AFTER_3H
    assert sent["reason"] == "3 h after they gave their name"
    link = personal.personal_url(sent["link_id"])
    assert link in sent["body_text"] and link in sent["body_html"]
    assert await life.events() == ["message_sent"]


async def test_what_no_worker_heard_of_is_claimed_again_at_once(life: Life) -> None:
    message_id = await claimed(life)
    await delivery.give_back([message_id])
    assert await life.claim(AFTER_3H) == [message_id]


async def test_no_more_is_claimed_than_was_asked_for(northgate: Northgate) -> None:
    for number in range(12):
        await new_life(northgate, email=f"ana{number}@example.com")
    await planning.replan_stale(NOW)
    assert len(await delivery.claim_due(AFTER_3H, 5)) == 5
    assert len(await delivery.claim_due(AFTER_3H, 20)) == 7
    assert len(await delivery.claim_due(AFTER_3H + delivery.LEASE, 5)) == 5


async def test_what_was_handed_over_is_never_given_back(life: Life) -> None:
    outgoing = await handed_over(life)
    await delivery.give_back([outgoing.message_id])
    assert (await life.message("3h"))["state"] == "handed_over"


async def test_each_message_has_a_personal_link_of_its_own(life: Life) -> None:
    await life.tick(AFTER_3H)
    await life.tick(NOW + 24 * HOUR)
    rows = await life.messages()
    links = {rows["3h"]["link_id"], rows["24h"]["link_id"]}
    assert len(links) == 2 and None not in links
    found = await personal.find_personal(personal.token_of(rows["24h"]["link_id"]))
    assert found is not None and found.application_id == life.id


async def test_nothing_is_claimed_before_it_is_due(life: Life) -> None:
    await life.plan()
    assert await life.claim(AFTER_3H - SECOND) == []


async def test_a_whole_plan_goes_out_step_by_step_and_no_further(life: Life) -> None:
    for hour in range(0, 24 * 11):
        await life.tick(NOW + hour * HOUR)
    rows = await life.messages()
    assert {r["state"] for r in rows.values()} == {"sent"} and len(rows) == 4
    times = sorted(r["sent_at"] for r in rows.values())
    assert all(b - a >= timedelta(hours=20) for a, b in itertools.pairwise(times))


async def test_what_was_planned_around_a_nudge_that_stays_behind_is_planned_again(life: Life) -> None:
    message_id = await claimed(life)
    await life.stop()
    await life.plan(AFTER_3H)  # it counts as gone while a worker has it
    await delivery.deliver(message_id, AFTER_3H)
    assert await life.tick(AFTER_3H) == 1
    rows = await db.rows("SELECT step_key, state FROM message WHERE sent_at = $1 OR ended_at = $1", AFTER_3H)
    assert dict(map(tuple, rows))["never-started-3h"] == "cancelled"
    assert dict(map(tuple, rows))["unfinished-3h"] == "sent"


async def test_a_late_nudge_moves_those_after_it(life: Life) -> None:
    await life.plan()
    await life.tick(NOW + 10 * HOUR)
    assert (await life.message("24h"))["due_at"] == NOW + 30 * HOUR
    assert "20 h between nudges" in (await life.message("24h"))["reason"]


Change = Callable[[Northgate, Life], Awaitable[object]]


async def finish(northgate: Northgate, life: Life) -> None:
    await life.finish(AFTER_3H)


async def withdraw(northgate: Northgate, life: Life) -> None:
    await life.change(stage="withdrawn", ended_at=AFTER_3H)


async def begin(northgate: Northgate, life: Life) -> None:
    await life.stop(AFTER_3H)


async def close_job(northgate: Northgate, life: Life) -> None:
    await db.run("UPDATE job SET status = 'closed' WHERE id = $1", life.job_id)


async def erase(northgate: Northgate, life: Life) -> None:
    await db.run("UPDATE candidate SET erased_at = $2, email = NULL WHERE id = $1", life.candidate_id, AFTER_3H)


async def pass_deadline(northgate: Northgate, life: Life) -> None:
    await life.change(deadline_at=AFTER_3H)


async def near_deadline(northgate: Northgate, life: Life) -> None:
    await life.change(deadline_at=AFTER_3H + HOUR / 2)


async def opt_out(northgate: Northgate, life: Life) -> None:
    await suppress(northgate.id, Channel.EMAIL, "ana.duarte@example.com", cause=Cause.UNSUBSCRIBED, source="link", now=NOW)


async def switch_off(northgate: Northgate, life: Life) -> None:
    await db.run("UPDATE workspace SET communications_off_at = $2 WHERE id = $1", northgate.id, NOW)


async def move_to_the_night(northgate: Northgate, life: Life) -> None:
    await db.run("UPDATE candidate SET timezone = 'Pacific/Auckland' WHERE id = $1", life.candidate_id)


async def snooze(northgate: Northgate, life: Life) -> None:
    await life.change(snoozed_until=AFTER_3H + 2 * HOUR)


async def send_by_hand(northgate: Northgate, life: Life) -> None:
    await db.run(
        "INSERT INTO message SELECT gen_random_uuid(), workspace_id, application_id, 'manual:1', 'manual', channel, 'sent', "
        "reason_code, reason, due_at, NULL, 0, NULL, '', '', '', '', '', '', '', NULL, $2, $2, NULL, created_at "
        "FROM message WHERE application_id = $1 AND step_key = 'never-started-3h'",
        life.id,
        NOW + 2 * HOUR,
    )


@pytest.mark.parametrize(
    ("meanwhile", "state", "code"),
    [
        (finish, "cancelled", "finished"),
        (withdraw, "cancelled", "withdrawn"),
        (begin, "cancelled", "moved_on"),
        (close_job, "cancelled", "job_closed"),
        (erase, "cancelled", "erased"),
        (pass_deadline, "cancelled", "expired"),
        (near_deadline, "skipped", "after_deadline"),
        (opt_out, "skipped", "suppressed"),
        (switch_off, "held", "communications_off"),
        (move_to_the_night, "scheduled", "quiet_hours"),
        (snooze, "scheduled", "snoozed"),
        (send_by_hand, "scheduled", "gap"),
    ],
)
async def test_what_happens_between_claim_and_hand_over_counts(
    northgate: Northgate, life: Life, meanwhile: Change, state: str, code: str
) -> None:
    message_id = await claimed(life)
    await meanwhile(northgate, life)
    await delivery.deliver(message_id, AFTER_3H)
    row = await life.message("3h")
    assert (row["state"], row["reason_code"], row["handed_over_at"]) == (state, code, None)
    assert row["reason"] and row["body_text"] == ""
    if state == "scheduled":
        assert row["due_at"] > AFTER_3H
    assert not [kind for kind in await life.events() if kind.startswith("message")]


async def test_a_lost_consent_sends_an_email_instead_of_a_text(northgate: Northgate, life: Life) -> None:
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", life.job_id)
    await give_phone(life)
    message_id = await claimed(life)
    assert (await life.message("3h"))["channel"] == "sms"
    await db.run("UPDATE consent SET given = false")
    await delivery.deliver(message_id, AFTER_3H)
    row = await life.message("3h")
    assert (row["channel"], row["state"], row["to_address"]) == ("email", "sent", "ana.duarte@example.com")


async def test_a_text_goes_to_the_phone(northgate: Northgate, life: Life) -> None:
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", life.job_id)
    await give_phone(life)
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    assert (row["channel"], row["to_address"], row["body_html"]) == ("sms", "+447700900123", "")
    assert personal.personal_url(row["link_id"]) in row["body_text"] and len(row["body_text"]) <= 160


async def test_nothing_goes_at_night_even_when_it_was_due_by_day(life: Life) -> None:
    await life.plan()
    assert await life.tick(NIGHT) == 1
    row = await life.message("3h")
    assert row["state"] == "scheduled" and NOW + 22 * HOUR <= row["due_at"] <= NOW + 22.5 * HOUR


async def test_an_invitation_goes_at_night_by_email(northgate: Northgate) -> None:
    life = await new_life(northgate, stage="invited", invite=True, invited_at=NIGHT, captured_at=None, created_at=NIGHT)
    await life.tick(NIGHT)
    assert (await life.message("invite"))["state"] == "sent"


async def test_the_link_that_was_asked_for_goes_at_once(life: Life) -> None:
    event_id = await add_event(life.workspace_id, life.id, EventKind.LINK_REQUESTED, NIGHT)
    await life.change(answered=0)
    await life.tick(NIGHT)
    assert (await life.message(f"link:{event_id}"))["state"] == "sent"


async def test_a_claim_is_one_workers_alone(northgate: Northgate) -> None:
    lives = [await new_life(northgate, email=f"ana{n}@example.com") for n in range(30)]
    await lives[0].plan()
    got = await asyncio.gather(*(delivery.claim_due(AFTER_3H, 7) for _ in range(6)))
    got.append(await delivery.claim_due(AFTER_3H, 30))  # what each of them passed by, since another had it in hand for a moment
    ids = [message_id for batch in got for message_id in batch]
    assert len(ids) == len(set(ids)) == 30
    assert await delivery.claim_due(AFTER_3H, 7) == []


async def test_two_workers_with_the_same_message_send_it_once(life: Life) -> None:
    message_id = await claimed(life)
    tasks = [asyncio.create_task(delivery.deliver(message_id, AFTER_3H), context=Context()) for _ in range(5)]
    await asyncio.gather(*tasks)
    assert await life.events() == ["message_sent"]
    assert await db.value("SELECT count(*) FROM link WHERE kind = 'personal'") == 2


async def test_a_worker_that_dies_after_the_claim_is_stood_in_for(life: Life) -> None:
    message_id = await claimed(life)
    assert await life.claim(AFTER_3H + delivery.LEASE - SECOND) == []
    later = AFTER_3H + delivery.LEASE
    assert await life.claim(later) == [message_id]
    await delivery.deliver(message_id, later)
    assert await life.events() == ["message_sent"]


async def test_a_worker_that_comes_back_after_its_lease_does_nothing(life: Life) -> None:
    message_id = await claimed(life)
    await delivery.deliver(message_id, AFTER_3H + delivery.LEASE)
    assert (await life.message("3h"))["state"] == "claimed"


async def test_a_worker_that_dies_after_the_hand_over_leaves_it_unknown(life: Life) -> None:
    outgoing = await handed_over(life)
    soon, later = AFTER_3H + fates.SILENCE - SECOND, AFTER_3H + fates.SILENCE + SECOND
    assert await fates.sweep_unknown(soon) == 0
    assert await fates.sweep_unknown(later) == 1
    row = await life.message("3h")
    assert (row["state"], row["reason_code"]) == ("unknown", "no_answer")
    assert await life.events() == ["message_unknown"]
    for hour in range(1, 30):
        await life.tick(AFTER_3H + hour * HOUR)
        await delivery.deliver(outgoing.message_id, AFTER_3H + hour * HOUR)
    assert (await life.message("3h"))["state"] == "unknown"


async def test_a_result_that_comes_late_settles_what_was_unknown(life: Life) -> None:
    outgoing = await handed_over(life)
    later = AFTER_3H + timedelta(minutes=5)
    await fates.sweep_unknown(later)
    await delivery.send(outgoing, Carrier(), later)
    row = await life.message("3h")
    assert (row["state"], row["provider_id"], row["ended_at"]) == ("sent", "id-of-the-carrier", None)


@pytest.mark.parametrize(
    ("fault", "state", "event"),
    [
        (Refused("no such number"), "failed", "message_failed"),
        (Uncertain("time-out"), "unknown", "message_unknown"),
        (ConnectionResetError("reset"), "unknown", "message_unknown"),
        (ValueError("their answer makes no sense"), "unknown", "message_unknown"),
    ],
)
async def test_a_fault_of_the_provider_is_told_as_what_it_is(life: Life, fault: Exception, state: str, event: str) -> None:
    carrier = Carrier(fault)
    await delivery.send(await handed_over(life), carrier, AFTER_3H)
    row = await life.message("3h")
    assert row["state"] == state and row["reason"] and len(carrier.got) == 1
    assert await life.events() == [event]


async def test_a_refused_nudge_is_not_sent_again_and_the_next_one_goes(life: Life) -> None:
    await delivery.send(await handed_over(life), Carrier(Refused("mailbox is gone")), AFTER_3H)
    for hour in range(1, 25):
        await life.tick(AFTER_3H + hour * HOUR)
    assert await life.states() == {"3h": "failed", "24h": "sent", "72h": "scheduled", "deadline-24h": "scheduled"}


async def test_a_provider_that_never_answers_is_given_up(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Carrier):
        async def send(self, outgoing: Letter) -> Accepted:
            await asyncio.Event().wait()
            return Accepted("never")

    monkeypatch.setattr(delivery, "PATIENCE", 0.05)
    await delivery.send(await handed_over(life), Hanging(), AFTER_3H)
    assert (await life.message("3h"))["state"] == "unknown"


async def test_a_finish_waits_for_a_hand_over_under_way_and_the_other_way_round(life: Life) -> None:
    """Whichever is first, there is never a hand-over after the finish."""
    message_id = await claimed(life)
    both = [
        asyncio.create_task(life.finish(AFTER_3H), context=Context()),
        asyncio.create_task(delivery.hand_over(message_id, AFTER_3H), context=Context()),
    ]
    _, outgoing = await asyncio.gather(*both)
    assert (await life.message("3h"))["state"] == ("handed_over" if outgoing else "cancelled")


async def test_planning_and_recording_do_not_lock_each_other_out(northgate: Northgate) -> None:
    """Both take the application first."""
    life = await new_life(northgate, stage="invited", invite=True, invited_at=NOW, captured_at=None)
    for _ in range(10):
        await db.run("DELETE FROM message")
        await life.change(answered=0)
        await life.plan()
        [message_id] = await life.claim(NOW)
        outgoing = await delivery.hand_over(message_id, NOW)
        assert outgoing is not None
        await life.change(answered=0)
        await asyncio.gather(
            asyncio.create_task(fates.record_success(outgoing, Accepted("x"), NOW), context=Context()),
            asyncio.create_task(life.plan(), context=Context()),
        )
        assert (await life.message("invite"))["state"] == "sent"


async def test_losing_redis_between_claim_and_worker_only_costs_the_lease(life: Life) -> None:
    await claimed(life)
    await redis.client().flushall()
    assert await life.tick(AFTER_3H + delivery.LEASE) == 1
    assert await life.events() == ["message_sent"]


async def test_a_message_that_cannot_be_written_is_given_up(life: Life) -> None:
    message_id = await claimed(life)
    await insert(
        "template",
        **{"workspace_id": life.workspace_id, "step_key": "never-started-3h", "channel": "email", "language": "en"},
        **{"variant": "a", "subject": "Hello", "body": "{{ nonsense", "button": "Go", "updated_at": NOW},
    )
    at = AFTER_3H
    for _ in range(fates.MOST_ATTEMPTS):
        assert (await life.message("3h"))["state"] == "claimed"
        await delivery.deliver(message_id, at)
        at += delivery.LEASE
        await life.claim(at)
    row = await life.message("3h")
    assert (row["state"], row["reason_code"], row["attempts"]) == ("failed", "broken", fates.MOST_ATTEMPTS)
    assert await life.events() == ["message_failed"]
    assert await life.plan(AFTER_3H + HOUR) == 1


async def test_a_candidate_who_is_gone_takes_the_message_along(life: Life) -> None:
    message_id = await claimed(life)
    await db.run("DELETE FROM candidate WHERE id = $1", life.candidate_id)
    await delivery.deliver(message_id, AFTER_3H)
    assert await db.value("SELECT count(*) FROM message") == 0


# ---- What comes back ---------------------------------------------------------------------------------------------------------


async def texted(life: Life) -> None:
    """Have Ana texted."""
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", life.job_id)
    await give_phone(life)


async def test_what_the_provider_did_not_take_goes_later(life: Life) -> None:
    outgoing = await handed_over(life)
    await delivery.send(outgoing, Carrier(Later("too many requests")), AFTER_3H)
    row = await life.message("3h")
    assert (row["state"], row["reason_code"], row["attempts"]) == ("scheduled", "try_again", 1)
    assert "too many requests" in row["reason"]
    assert 60 <= (row["due_at"] - AFTER_3H).total_seconds() <= 90
    await life.plan(AFTER_3H)
    assert (await life.message("3h"))["due_at"] == row["due_at"]
    assert await life.tick(row["due_at"] - SECOND) == 0
    assert await life.tick(row["due_at"]) == 1
    again = await life.message("3h")
    assert (again["state"], again["attempts"], again["link_id"], again["error"]) == ("sent", 2, row["link_id"], "")
    assert await life.events() == ["message_sent"]


async def test_the_provider_says_how_long_to_wait(life: Life) -> None:
    await delivery.send(await handed_over(life), Carrier(Later("busy", seconds=600)), AFTER_3H)
    assert 600 <= ((await life.message("3h"))["due_at"] - AFTER_3H).total_seconds() <= 900


async def test_what_is_never_taken_has_failed_after_so_many_attempts(life: Life) -> None:
    at, carrier = AFTER_3H, Carrier(Later("nobody there"))
    message_id = await claimed(life)
    for attempt in range(1, fates.MOST_ATTEMPTS + 1):
        outgoing = await delivery.hand_over(message_id, at)
        assert outgoing is not None and outgoing.attempt == attempt
        await delivery.send(outgoing, carrier, at)
        at = (await life.message("3h"))["due_at"]
        await life.plan(at)
        await life.claim(at)
    row = await life.message("3h")
    assert (row["state"], row["reason_code"]) == ("failed", "refused") and "5 times" in row["reason"]
    assert at < AFTER_3H + 3 * HOUR
    assert await life.events() == ["message_failed"]


async def test_pauses_grow_and_end(life: Life) -> None:
    longest = fates.LONGEST_PAUSE * 1.5
    pauses = [fates.pause(attempt) for attempt in range(1, 20)]
    assert pauses[0] < pauses[1] < pauses[2] and max(pauses) <= longest
    assert fates.pause(1, seconds=10**9) <= longest


async def test_somebody_who_finished_while_it_waited_gets_nothing(life: Life) -> None:
    await delivery.send(await handed_over(life), Carrier(Later("busy")), AFTER_3H)
    await life.finish(AFTER_3H)
    for minutes in range(5):
        await life.tick(AFTER_3H + minutes * HOUR)
    assert (await life.message("3h"))["state"] == "cancelled"


async def test_a_late_no_of_an_earlier_attempt_changes_nothing(life: Life) -> None:
    """The worker of the first attempt was frozen; meanwhile another one has it in hand."""
    first = await handed_over(life)
    await delivery.send(first, Carrier(Later("busy")), AFTER_3H)
    at = (await life.message("3h"))["due_at"]
    await life.plan(at)
    [message_id] = await life.claim(at)
    second = await delivery.hand_over(message_id, at)
    assert second is not None and second.attempt == 2
    for late in (Later("busy"), Refused("no"), Uncertain("time-out")):
        await delivery.send(first, Carrier(late), at)
        assert (await life.message("3h"))["state"] == "handed_over"


async def test_a_no_that_comes_after_it_was_given_up_still_counts(life: Life) -> None:
    outgoing = await handed_over(life)
    await fates.sweep_unknown(AFTER_3H + 3 * fates.SILENCE)
    await delivery.send(outgoing, Carrier(Later("busy")), AFTER_3H + 3 * fates.SILENCE)
    assert (await life.message("3h"))["state"] == "scheduled"


async def test_a_worker_that_was_held_up_sends_nothing(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "STALE", -1.0)
    carrier = Carrier()
    await delivery.deliver(await claimed(life), AFTER_3H, lambda name: carrier)
    assert carrier.got == [] and (await life.message("3h"))["state"] == "scheduled"


async def test_a_text_to_somebody_who_told_the_provider_to_stop_ends_all_texts(northgate: Northgate, life: Life) -> None:
    await texted(life)
    await delivery.send(await handed_over(life), Carrier(Refused("21610", Fault.OPTED_OUT)), AFTER_3H)
    row = await life.message("3h")
    assert (row["state"], row["reason_code"]) == ("failed", "opted_out")
    assert await is_suppressed(northgate.id, Channel.SMS, "+447700900123")
    await life.tick(NOW + 24 * HOUR)
    later = await life.message("24h")
    assert (later["state"], later["channel"]) == ("sent", "email")


async def test_a_number_that_nobody_has_is_not_written_to_again(northgate: Northgate, life: Life) -> None:
    await texted(life)
    await delivery.send(await handed_over(life), Carrier(Refused("21211", Fault.INVALID_ADDRESS)), AFTER_3H)
    row = await life.message("3h")
    assert (row["state"], row["reason_code"]) == ("failed", "invalid_address") and "21211" in row["reason"]
    reason = await db.value("SELECT reason FROM suppression WHERE channel = 'sms'")
    assert reason == "invalid"


async def test_a_text_must_arrive_before_the_night(life: Life) -> None:
    await texted(life)
    outgoing = await handed_over(life)
    assert outgoing.valid_until == NOW.replace(hour=21)


async def test_a_text_must_arrive_before_the_deadline(life: Life) -> None:
    await texted(life)
    await life.change(deadline_at=AFTER_3H + 2 * HOUR)
    outgoing = await handed_over(life)
    assert outgoing.valid_until == AFTER_3H + 2 * HOUR


async def test_an_email_says_how_to_unsubscribe_and_may_arrive_at_any_time(life: Life) -> None:
    outgoing = await handed_over(life)
    link_id = (await life.message("3h"))["link_id"]
    assert outgoing.valid_until is None
    assert personal.token_of(link_id) in outgoing.unsubscribe_url and outgoing.unsubscribe_url.startswith("http")


async def test_a_provider_that_fails_is_given_nothing(life: Life, sent_by_twilio: None) -> None:
    await texted(life)
    for _ in range(pace.FAILURES):
        await pace.heard("twilio", "+15005550006", Uncertain("no answer"))
    carrier = Carrier()
    await delivery.deliver(await claimed(life), AFTER_3H, lambda name: carrier)
    row = await life.message("3h")
    assert (row["state"], row["reason_code"], row["attempts"], row["handed_over_at"]) == ("scheduled", "provider_down", 0, None)
    assert row["due_at"] > AFTER_3H and carrier.got == []
    await life.plan(AFTER_3H)
    assert (await life.message("3h"))["reason_code"] == "provider_down"
    await pace.heard("twilio", "+15005550006", None)


async def test_more_than_may_leave_at_once_wait_their_turn(northgate: Northgate, sent_by_twilio: None) -> None:
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", northgate.job_id)
    lives = [await new_life(northgate, email=f"ana{n}@example.com") for n in range(4)]
    for number, one in enumerate(lives):
        await give_phone(one, phone=f"+44770090012{number}")
    await lives[0].plan()
    carrier = Carrier()
    for message_id in await lives[0].claim(AFTER_3H):
        await delivery.deliver(message_id, AFTER_3H, lambda name: carrier)
    waiting = [row for one in lives if (row := await one.message("3h"))["state"] == "scheduled"]
    assert carrier.got and len(carrier.got) + len(waiting) == 4 and waiting
    assert {(row["reason_code"], row["attempts"]) for row in waiting} == {("try_again", 0)}
    assert all(AFTER_3H < row["due_at"] < AFTER_3H + HOUR for row in waiting)


async def test_a_message_leaves_from_its_workspaces_own_sender(northgate: Northgate, life: Life) -> None:
    choice = senders.Choice(from_name="Jo of Northgate", from_email="jo@northgate.example", reply_to="hr@northgate.example")
    await senders.choose(northgate.id, choice, NOW)
    outgoing = await handed_over(life)
    assert (outgoing.from_name, outgoing.from_address) == ("Jo of Northgate", "jo@northgate.example")
    assert outgoing.reply_to == "hr@northgate.example"
    assert (await life.message("3h"))["from_address"] == "jo@northgate.example"


@pytest.fixture
def sent_by_twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A text a second."""
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "a-token-for-tests")
    monkeypatch.setenv("TWILIO_FROM", "+15005550006")
    monkeypatch.setenv("PORTAL_SMS_PER_SECOND", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()
