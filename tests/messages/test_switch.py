"""What the switch held goes in good order when it is turned on again: not all at once, not twice, and not what is stale."""

import asyncio
from collections import Counter
from contextvars import Context
from datetime import datetime, timedelta
from uuid import UUID

from portal import db
from portal.accounts.workspaces import switch_communications
from portal.messages import delivery, planning, switch
from portal.messages.words import Reason
from tests.cast import NOW, Northgate
from tests.messages.conftest import AFTER_3H, Life, new_life

MANY = 2000
OFF = NOW + timedelta(minutes=1)
ON = NOW + timedelta(hours=6)
A_MINUTE = int(timedelta(minutes=1) / switch.APART)


COPY = """
INSERT INTO message (id, workspace_id, application_id, step_key, track, channel, state, reason_code, reason, due_at, attempts,
  to_address, subject, body_text, body_html, provider, provider_id, error, created_at)
SELECT gen_random_uuid(), m.workspace_id, $2, m.step_key, m.track, m.channel, m.state, m.reason_code, m.reason,
  m.due_at - make_interval(secs => $3), 0, '', '', '', '', '', '', '', m.created_at FROM message m WHERE m.application_id = $1
"""


async def add_crowd(like: Life, number: int) -> None:
    """People like the one of `like`, each a second earlier, with the messages that planning would give them; put in at once."""
    people = [(db.new_id(), db.new_id(), n, NOW - timedelta(seconds=n)) for n in range(1, number + 1)]
    await db.run_many(
        "INSERT INTO candidate (id, workspace_id, name, email, language, timezone, metadata, created_at) "
        "VALUES ($1, $2, 'Somebody', $3, 'en', '', '{}', $4)",
        [(c, like.workspace_id, f"{c.hex}@example.com", at) for c, _, _, at in people],
    )
    await db.run_many(
        "INSERT INTO application (id, workspace_id, job_id, candidate_id, stage, door, invite, answered, captured_at, active_at, "
        "deadline_at, plan_stale, created_at) VALUES ($1, $2, $3, $4, 'captured', 'landing', false, 0, $5, $5, $6, false, $5)",
        [(a, like.workspace_id, like.job_id, c, at, NOW + timedelta(days=10)) for c, a, _, at in people],
    )
    await db.run_many(COPY, [(like.id, a, float(n)) for _, a, n, _ in people])


async def turn(northgate: Northgate, at: datetime, *, on: bool) -> None:
    """And have the workers see it through."""
    await switch_communications(northgate.id, on=on, now=at)
    await planning.mark_changed(at, limit=10**6)
    await planning.replan_stale(at, limit=10**6)


async def test_two_thousand_held_messages_get_slots_in_the_order_in_which_they_were_due(life: Life, northgate: Northgate) -> None:
    await turn(northgate, OFF, on=False)
    await add_crowd(life, MANY - 1)
    assert await db.value("SELECT count(*) FROM message WHERE state = 'held' AND due_at <= $1", ON) == MANY
    await switch_communications(northgate.id, on=True, now=ON)
    assert await switch.give_slots(ON) == MANY
    assert await switch.give_slots(ON) == 0

    in_order = await db.rows("SELECT retry_at FROM message WHERE due_at <= $1 ORDER BY due_at, id", ON)
    assert [row["retry_at"] for row in in_order] == [ON + n * switch.APART for n in range(1, MANY + 1)]


async def test_the_released_leave_at_a_hundred_a_minute_each_claimed_once(life: Life, northgate: Northgate) -> None:
    await turn(northgate, OFF, on=False)
    await add_crowd(life, 249)
    await turn(northgate, ON, on=True)

    claimed: list[list[UUID]] = []
    for minute in range(1, 5):
        claimed.append(await delivery.claim_due(ON + timedelta(minutes=minute), MANY))
        await db.run("UPDATE message SET lease_until = $1 WHERE state = 'claimed'", ON + timedelta(days=1))
    assert [len(taken) for taken in claimed] == [A_MINUTE, A_MINUTE, 50, 0]
    assert len({message_id for taken in claimed for message_id in taken}) == 250


async def test_each_is_sent_once_and_says_why_it_waited(northgate: Northgate) -> None:
    lives = [await new_life(northgate, email=f"person{n}@example.com") for n in range(12)]
    await turn(northgate, OFF, on=False)
    assert await lives[0].claim(AFTER_3H) == []
    await turn(northgate, ON, on=True)
    message = await lives[0].message("3h")
    assert (message["reason_code"], "communications were off" in message["reason"]) == (Reason.SPREAD, True)
    sent = [await lives[0].tick(ON + timedelta(seconds=s)) for s in range(10)]

    assert sum(sent) == 12
    assert max(sent) <= 2
    assert Counter(row["state"] for row in await db.rows("SELECT state FROM message WHERE step_key LIKE '%-3h'")) == {"sent": 12}


async def test_what_is_stale_gets_no_slot_and_is_skipped(northgate: Northgate) -> None:
    old, fresh = await new_life(northgate), await new_life(northgate, email="fresh@example.com")
    late = AFTER_3H + timedelta(hours=21)
    await fresh.change(captured_at=late - timedelta(hours=4), active_at=late - timedelta(hours=4))
    await turn(northgate, OFF, on=False)
    await turn(northgate, late, on=True)

    skipped = await old.message("3h")
    assert (skipped["state"], skipped["reason_code"], skipped["retry_at"]) == ("skipped", "missed", None)
    assert (await fresh.message("3h"))["retry_at"] == late + switch.APART


async def test_nothing_goes_in_quiet_hours_that_begin_while_messages_wait(northgate: Northgate) -> None:
    evening = NOW.replace(hour=20, minute=59, second=59)
    lives = [await new_life(northgate, email=f"person{n}@example.com") for n in range(10)]
    await turn(northgate, OFF, on=False)
    await turn(northgate, evening, on=True)
    at_nine = [await lives[0].tick(evening + timedelta(seconds=s)) for s in range(1, 20)]
    sent = [row["sent_at"] for row in await db.rows("SELECT sent_at FROM message WHERE sent_at IS NOT NULL")]

    assert sum(at_nine) > len(sent)
    assert all(at < evening.replace(hour=21, minute=0, second=0) for at in sent)
    waiting = await db.rows("SELECT due_at FROM message WHERE step_key LIKE '%-3h' AND state = 'scheduled'")
    morning = (NOW + timedelta(days=1)).replace(hour=8)
    assert len(waiting) == 10 - len(sent)
    assert all(morning <= row["due_at"] <= morning + timedelta(minutes=30) for row in waiting)


async def test_what_is_to_come_waits_for_no_slot(life: Life, northgate: Northgate) -> None:
    await turn(northgate, OFF, on=False)
    await turn(northgate, NOW + timedelta(hours=1), on=True)
    message = await life.message("3h")
    assert (message["state"], message["due_at"], message["retry_at"]) == ("scheduled", AFTER_3H, None)


async def test_two_clocks_give_each_message_one_slot(northgate: Northgate) -> None:
    for n in range(20):
        await new_life(northgate, email=f"person{n}@example.com")
    await turn(northgate, OFF, on=False)
    await switch_communications(northgate.id, on=True, now=ON)
    given = await asyncio.gather(*(asyncio.create_task(switch.give_slots(ON), context=Context()) for _ in range(3)))

    assert sum(given) == 20
    slots = await db.rows("SELECT retry_at FROM message WHERE retry_at IS NOT NULL ORDER BY retry_at")
    assert [row["retry_at"] for row in slots] == [ON + n * switch.APART for n in range(1, 21)]


async def test_off_again_and_on_again_starts_anew(life: Life, northgate: Northgate) -> None:
    await turn(northgate, OFF, on=False)
    await turn(northgate, ON, on=True)
    await turn(northgate, ON, on=False)
    assert (await life.message("3h"))["state"] == "held"
    assert await life.claim(ON + timedelta(hours=1)) == []
    later = ON + timedelta(hours=2)
    await turn(northgate, later, on=True)
    assert await life.tick(later + timedelta(seconds=1)) == 1
    assert (await life.message("3h"))["state"] == "sent"
