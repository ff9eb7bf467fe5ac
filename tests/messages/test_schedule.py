"""When nudges go, by table. What must hold for any life whatever stands in `test_schedule_rules`."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from portal.messages.direct import direct, link_key
from portal.messages.facts import ApplicationFacts, Done
from portal.messages.plans import DEFAULT, Plan
from portal.messages.quiet import QuietHours, is_quiet
from portal.messages.rehearsal import sample
from portal.messages.rules import Planned
from portal.messages.schedule import schedule
from portal.messages.spread import OVER
from portal.messages.words import Arm, Channel, Override, Reason, State, Track

pytestmark = pytest.mark.no_stores

NIGHT = QuietHours(begin=time(21), end=time(8))
ROLES = ("professional", "shift")


def at(text: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


MONDAY_TEN = at("2026-11-23 10:00")


def person(stopped: datetime = MONDAY_TEN, **changes: Any) -> ApplicationFacts:
    plain = sample(stopped, track=Track.UNFINISHED, role_type="professional", zone="Europe/London", quiet=NIGHT, deadline_at=None)
    return msgspec.structs.replace(plain, **changes)


def told(planned: list[Planned]) -> list[str]:
    """One line a step: "unfinished-3h Mon 13:00 scheduled"."""
    london = ZoneInfo("Europe/London")
    return [f"{p.step_key.removeprefix('unfinished-')} {p.due_at.astimezone(london):%a %H:%M} {p.state}" for p in planned]


@pytest.mark.parametrize(
    ("stopped", "deadline", "lines"),
    [
        pytest.param(
            "2026-11-23 10:00",
            None,
            ["3h Mon 13:00 scheduled", "24h Tue 10:00 scheduled", "72h Thu 10:00 scheduled"],
            id="in the morning",
        ),
        pytest.param(
            "2026-11-23 10:00",
            "2026-12-03 18:00",
            ["3h Mon 13:00 scheduled", "24h Tue 10:00 scheduled", "72h Thu 10:00 scheduled", "deadline-24h Wed 18:00 scheduled"],
            id="with a deadline far away",
        ),
        pytest.param(
            "2026-11-23 03:12",
            None,
            ["3h Mon 08:00 scheduled", "24h Tue 08:00 scheduled", "72h Thu 08:00 scheduled"],
            id="in the night",
        ),
        pytest.param(
            "2026-11-23 20:00",
            None,
            ["3h Tue 08:00 scheduled", "24h Wed 08:00 scheduled", "72h Thu 20:00 scheduled"],
            id="in the evening the first goes in the morning and the second keeps its distance",
        ),
        pytest.param(
            "2026-11-23 10:00",
            "2026-11-24 12:00",
            ["deadline-24h Mon 12:00 scheduled", "3h Mon 13:00 skipped", "24h Tue 10:00 scheduled", "72h Thu 10:00 skipped"],
            id="what is near the reminder is left out",
        ),
        pytest.param(
            "2026-11-23 10:00",
            "2026-11-25 09:00",
            ["3h Mon 13:00 scheduled", "deadline-24h Tue 09:00 scheduled", "24h Tue 10:00 skipped", "72h Thu 10:00 skipped"],
            id="a reminder twenty hours after the first",
        ),
        pytest.param(
            "2026-11-23 10:00",
            "2026-11-23 20:00",
            ["deadline-24h Sun 20:00 skipped", "3h Mon 13:00 scheduled", "24h Tue 10:00 skipped", "72h Thu 10:00 skipped"],
            id="a deadline on the same evening",
        ),
        pytest.param(
            "2026-11-20 10:00",
            "2026-12-03 23:59",
            ["3h Fri 13:00 skipped", "24h Sat 10:00 skipped", "72h Mon 10:00 scheduled", "deadline-24h Wed 20:00 scheduled"],
            id="planned late: what is past is left out, and the reminder avoids the night by going earlier",
        ),
    ],
)
def test_the_default_plan(stopped: str, deadline: str | None, lines: list[str]) -> None:
    facts = person(at(stopped), deadline_at=at(deadline) if deadline else None)
    assert told(schedule(facts, DEFAULT, max(at(stopped), at("2026-11-23 00:00")))) == lines


@pytest.mark.parametrize(
    ("changes", "state", "code", "reason"),
    [
        ({}, State.SCHEDULED, Reason.ON_TIME, "3 h after they stopped"),
        ({"stage": "captured"}, State.SCHEDULED, Reason.ON_TIME, "3 h after they gave their name"),
        (
            {"stage": "invited", "invited_at": MONDAY_TEN, "captured_at": None},
            State.SCHEDULED,
            Reason.ON_TIME,
            "3 h after the invitation",
        ),
        (
            {"active_at": at("2026-11-23 03:12")},
            State.SCHEDULED,
            Reason.QUIET_HOURS,
            "3 h after they stopped; moved from Mon 06:12, quiet hours end at 08:00 (Europe/London)",
        ),
        (
            {"zones": ("America/New_York",)},
            State.SCHEDULED,
            Reason.ON_TIME,
            "3 h after they stopped",
        ),
        (
            {"done": (Done("manual:1", at("2026-11-23 15:00")),)},
            State.SKIPPED,
            Reason.TOO_CLOSE,
            "Too close to the one after it (3 h after they stopped)",
        ),
        (
            {"snoozed_until": at("2026-11-23 17:00")},
            State.SCHEDULED,
            Reason.SNOOZED,
            "3 h after they stopped; moved from Mon 13:00, they asked for quiet until Mon 17:00",
        ),
        (
            {"role_type": "shift", "unreachable": {Channel.SMS: Reason.NO_PHONE}},
            State.SCHEDULED,
            Reason.ON_TIME,
            "3 h after they stopped; by email: no mobile number given",
        ),
        (
            {"unreachable": {Channel.EMAIL: Reason.SUPPRESSED}},
            State.SCHEDULED,
            Reason.ON_TIME,
            "3 h after they stopped; by text: this address must not be written to",
        ),
        (
            {"unreachable": {Channel.EMAIL: Reason.SUPPRESSED, Channel.SMS: Reason.NO_CONSENT}},
            State.SKIPPED,
            Reason.SUPPRESSED,
            "This address must not be written to (3 h after they stopped)",
        ),
        ({"hold": Reason.COMMUNICATIONS_OFF}, State.HELD, Reason.COMMUNICATIONS_OFF, "Communications are switched off"),
        ({"hold": Reason.JOB_DRAFT}, State.HELD, Reason.JOB_DRAFT, "The job is a draft"),
        (
            {"deadline_at": at("2026-11-23 13:30")},
            State.SKIPPED,
            Reason.AFTER_DEADLINE,
            "Less than an hour before the deadline (3 h after they stopped)",
        ),
        (
            {"deadline_at": at("2026-11-23 12:30")},
            State.SKIPPED,
            Reason.AFTER_DEADLINE,
            "After the deadline (3 h after they stopped)",
        ),
        (
            {"done": tuple(Done(f"old-{n}", at(f"2026-11-{n} 10:00")) for n in (10, 12, 14, 16))},
            State.SKIPPED,
            Reason.CAP,
            "4 nudges are the most for one person (3 h after they stopped)",
        ),
        (
            {"active_at": at("2026-11-21 10:00")},
            State.SKIPPED,
            Reason.MISSED,
            "Its time had passed (3 h after they stopped)",
        ),
        (
            {"zones": ("Europe/London", "Pacific/Auckland"), "quiet": QuietHours(begin=time(18), end=time(9))},
            State.HELD,
            Reason.NO_HOUR_FITS,
            "No hour of the day suits all places where they may be (Europe/London, Pacific/Auckland) (3 h after they stopped)",
        ),
    ],
)
def test_each_reason_is_said_in_words(changes: dict[str, Any], state: State, code: Reason, reason: str) -> None:
    first = next(p for p in schedule(person(**changes), DEFAULT, MONDAY_TEN) if p.step_key.endswith("-3h"))
    assert (first.state, first.code, first.reason) == (state, code, reason)


def test_a_refused_nudge_is_not_tried_again_and_takes_no_place() -> None:
    planned = schedule(person(done=(Done("unfinished-3h", at("2026-11-23 13:00"), counts=False),)), DEFAULT, MONDAY_TEN)
    assert told(planned) == ["24h Tue 10:00 scheduled", "72h Thu 10:00 scheduled"]


def test_what_was_sent_on_the_other_track_counts() -> None:
    before = (Done("never-started-3h", at("2026-11-23 08:00")), Done("never-started-24h", at("2026-11-23 09:00")))
    planned = schedule(person(done=before), DEFAULT, MONDAY_TEN)
    assert told(planned) == ["3h Tue 08:00 scheduled", "24h Wed 08:00 scheduled", "72h Thu 10:00 skipped"]
    assert planned[-1].code is Reason.CAP


def test_old_age_ends_a_plan() -> None:
    slow = Plan(4, timedelta(hours=20), timedelta(days=2), DEFAULT.steps)
    assert [p.code for p in schedule(person(), slow, MONDAY_TEN)] == [Reason.ON_TIME, Reason.ON_TIME, Reason.TOO_OLD]


@pytest.mark.parametrize("stage", ["completed", "expired", "withdrawn", "disqualified"])
def test_nothing_is_planned_for_who_is_through(stage: str) -> None:
    facts = person(stage=stage, invite=True, requests=((UUID(int=1), MONDAY_TEN),))
    assert schedule(facts, DEFAULT, MONDAY_TEN) == direct(facts, MONDAY_TEN) == []


@pytest.mark.parametrize("changes", [{"erased": True}, {"job_closed": True}, {"deadline_at": MONDAY_TEN}])
def test_nothing_is_planned_where_nothing_may_go(changes: dict[str, Any]) -> None:
    facts = person(stage="captured", invite=True, requests=((UUID(int=1), MONDAY_TEN),), **changes)
    assert schedule(facts, DEFAULT, MONDAY_TEN) == direct(facts, MONDAY_TEN) == []


def test_an_overdue_nudge_waits_out_the_night() -> None:
    [first, *_] = schedule(person(), DEFAULT, at("2026-11-23 22:00"))
    assert first.due_at == at("2026-11-24 08:00") and first.reason.startswith("3 h after they stopped; moved from Mon 13:00")


def test_an_overdue_nudge_that_waits_for_the_morning_is_not_given_up_before_it() -> None:
    [evening, *_] = schedule(person(), DEFAULT, at("2026-11-23 22:00"))
    [dawn, *_] = schedule(person(), DEFAULT, at("2026-11-24 07:59"))
    assert evening == dawn
    assert evening.state is State.SCHEDULED


@pytest.mark.parametrize(("now", "goes"), [("2026-11-24 08:00", True), ("2026-11-24 09:59", True), ("2026-11-24 10:01", False)])
def test_an_overdue_nudge_that_waited_for_the_morning_goes_then_or_never(now: str, goes: bool) -> None:
    [first, *_] = schedule(person(), DEFAULT, at(now))
    assert (first.state is State.SCHEDULED and first.due_at <= at(now)) is goes
    assert goes or first.code is Reason.MISSED


INVITED: dict[str, Any] = {"stage": "invited", "invite": True, "invited_at": at("2026-11-23 23:00"), "captured_at": None}


def test_an_invitation_goes_by_email_at_any_hour() -> None:
    [planned] = direct(person(**INVITED), at("2026-11-23 23:00"))
    assert (planned.channel, planned.due_at, planned.code) == (Channel.EMAIL, at("2026-11-23 23:00"), Reason.AT_ONCE)


def test_an_invitation_by_text_waits_for_the_morning() -> None:
    [planned] = direct(person(**INVITED, role_type="shift"), at("2026-11-23 23:00"))
    assert (planned.channel, planned.due_at) == (Channel.SMS, at("2026-11-24 08:00"))
    assert planned.reason == "At once: the invitation; texts wait, quiet hours end at 08:00 (Europe/London)"


def test_who_asks_twice_for_the_link_gets_it_once() -> None:
    asked = [MONDAY_TEN, MONDAY_TEN + timedelta(minutes=2), MONDAY_TEN + timedelta(minutes=9)]
    facts = person(requests=tuple((UUID(int=n), when) for n, when in enumerate(asked)))
    planned = direct(facts, MONDAY_TEN)
    assert [p.state for p in planned] == [State.SCHEDULED, State.SKIPPED, State.SCHEDULED]
    assert planned[1].code is Reason.ALREADY_ANSWERED and planned[0].step_key == link_key(UUID(int=0))


def test_a_link_that_could_not_go_for_a_day_goes_no_more() -> None:
    [planned] = direct(person(requests=((UUID(int=1), MONDAY_TEN),)), MONDAY_TEN + timedelta(days=2))
    assert (planned.state, planned.code) == (State.SKIPPED, Reason.MISSED)


HELD_OUT: dict[str, Any] = {"arm": Arm.HELD_OUT}
TWO_PM = at("2026-11-23 14:00")


def hand(step: str, override: Override, when: datetime = TWO_PM) -> dict[str, tuple[Override, datetime]]:
    return {f"unfinished-{step}": (override, when)}


def test_a_skipped_step_takes_no_place() -> None:
    planned = schedule(person(overrides=hand("3h", Override.SKIP)), DEFAULT, MONDAY_TEN)
    assert told(planned) == ["3h Mon 13:00 skipped", "24h Tue 10:00 scheduled", "72h Thu 10:00 scheduled"]
    assert (planned[0].code, planned[0].reason) == (Reason.SKIPPED_BY_MEMBER, "A member skipped it (3 h after they stopped)")


def test_nothing_makes_room_for_a_skipped_step() -> None:
    """Without the reminder, the first nudge has its place again."""
    near = {"deadline_at": at("2026-11-24 12:00")}
    assert told(schedule(person(**near), DEFAULT, MONDAY_TEN))[1] == "3h Mon 13:00 skipped"
    skipped = schedule(person(**near, overrides=hand("deadline-24h", Override.SKIP)), DEFAULT, MONDAY_TEN)
    assert told(skipped)[:2] == ["deadline-24h Mon 12:00 skipped", "3h Mon 13:00 scheduled"]


def test_a_step_by_hand_goes_at_once_and_the_others_keep_their_distance() -> None:
    planned = schedule(person(overrides=hand("72h", Override.NOW)), DEFAULT, TWO_PM)
    assert told(planned) == ["72h Mon 14:00 scheduled", "3h Mon 13:00 skipped", "24h Tue 10:00 scheduled"]
    assert (planned[0].code, planned[0].reason) == (Reason.BY_HAND, "A member sends it now")


@pytest.mark.parametrize(
    "changes",
    [
        {"done": tuple(Done(f"old-{n}", at(f"2026-11-{n} 10:00")) for n in (10, 12, 14, 16))},
        {"done": (Done("unfinished-3h", at("2026-11-23 13:00")),)},
        {"active_at": at("2026-10-01 10:00")},
        {"replied_at": at("2026-11-23 11:00")},
        {"deadline_at": at("2026-11-23 14:30")},
        HELD_OUT,
    ],
    ids=["cap", "gap", "age", "reply", "half an hour before the deadline", "held out"],
)
def test_a_member_overrules_the_plan(changes: dict[str, Any]) -> None:
    planned = schedule(person(**changes, overrides=hand("24h", Override.NOW)), DEFAULT, TWO_PM)
    assert told(planned)[0] == "24h Mon 14:00 scheduled"


@pytest.mark.parametrize(
    ("changes", "code", "line"),
    [
        ({"snoozed_until": at("2026-11-25 09:00")}, Reason.SNOOZED, "24h Wed 09:00 scheduled"),
        ({"quiet": QuietHours(begin=time(12), end=time(15))}, Reason.QUIET_HOURS, "24h Mon 15:00 scheduled"),
        ({"deadline_at": at("2026-11-23 14:30"), "snoozed_until": at("2026-11-23 15:00")}, Reason.AFTER_DEADLINE, None),
        ({"unreachable": {Channel.EMAIL: Reason.SUPPRESSED, Channel.SMS: Reason.NO_CONSENT}}, Reason.SUPPRESSED, None),
        ({"hold": Reason.COMMUNICATIONS_OFF}, Reason.COMMUNICATIONS_OFF, "24h Mon 14:00 held"),
    ],
)
def test_what_a_member_cannot_overrule(changes: dict[str, Any], code: Reason, line: str | None) -> None:
    [first, *_] = schedule(person(**changes, overrides=hand("24h", Override.NOW)), DEFAULT, TWO_PM)
    assert first.code is code
    assert told([first])[0] == line if line else first.state is State.SKIPPED


def test_a_step_by_hand_that_could_not_go_for_long_goes_no_more() -> None:
    [first, *_] = schedule(person(overrides=hand("24h", Override.NOW)), DEFAULT, at("2026-11-25 10:00"))
    assert (first.state, first.code) == (State.SKIPPED, Reason.MISSED)


def test_who_is_held_out_hears_nothing_from_the_plan() -> None:
    planned = schedule(person(**HELD_OUT), DEFAULT, MONDAY_TEN)
    assert {(p.state, p.code) for p in planned} == {(State.SKIPPED, Reason.HELD_OUT)} and len(planned) == 3
    assert planned[0].reason == "They get no nudges, so that one can see whether nudges help (3 h after they stopped)"


@pytest.mark.parametrize(
    ("replied", "stops", "code"),
    [
        ("2026-11-23 11:00", True, Reason.REPLIED),
        ("2026-11-23 11:00", False, Reason.ON_TIME),
        ("2026-11-23 09:00", True, Reason.ON_TIME),
    ],
    ids=["wrote back", "a plan that goes on", "has done something since"],
)
def test_who_has_written_back_is_nudged_no_more(replied: str, stops: bool, code: Reason) -> None:
    plan = msgspec.structs.replace(DEFAULT, stop_on_reply=stops)
    [first, *_] = schedule(person(replied_at=at(replied)), plan, MONDAY_TEN)
    assert first.code is code


def test_the_morning_is_spread_over_half_an_hour() -> None:
    """Always the same for one person and step; others elsewhere."""
    people = [person(at("2026-11-22 20:00"), application_id=UUID(int=n)) for n in range(200)]
    firsts = [schedule(one, DEFAULT, MONDAY_TEN - timedelta(hours=12))[0] for one in people]
    eight = at("2026-11-23 08:00")
    assert all(eight <= p.due_at < eight + OVER and p.code is Reason.QUIET_HOURS for p in firsts)
    assert len({p.due_at for p in firsts}) > 150
    by_ten = [sum(1 for p in firsts if n <= (p.due_at - eight) / timedelta(minutes=10) < n + 1) for n in range(3)]
    assert min(by_ten) > 40
    assert firsts == [schedule(one, DEFAULT, MONDAY_TEN - timedelta(hours=11))[0] for one in people]


def test_the_spread_leads_neither_into_the_night_nor_past_the_deadline() -> None:
    crowd = [UUID(int=n) for n in range(50)]
    short = QuietHours(begin=time(8, 10), end=time(8))
    for one in crowd:
        slot = schedule(person(at("2026-11-22 20:00"), application_id=one, quiet=short), DEFAULT, at("2026-11-22 22:00"))[0]
        assert not is_quiet(slot.due_at, short, ["Europe/London"])
        tight = person(at("2026-11-22 20:00"), application_id=one, deadline_at=at("2026-11-23 09:05"))
        going = [p for p in schedule(tight, DEFAULT, at("2026-11-22 22:00")) if p.state is State.SCHEDULED]
        assert [p.step_key for p in going] == ["unfinished-3h"] and going[0].due_at <= at("2026-11-23 08:05")
