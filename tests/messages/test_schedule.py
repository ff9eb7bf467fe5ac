"""When nudges go: by table, then by what must hold for any life whatever."""

import itertools
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.messages.direct import direct, link_key
from portal.messages.facts import ApplicationFacts, Done
from portal.messages.plans import DEFAULT, Plan, Step
from portal.messages.quiet import QuietHours, is_quiet
from portal.messages.rehearsal import sample
from portal.messages.rules import Planned
from portal.messages.schedule import LATE, LEAST_LEFT, schedule
from portal.messages.words import Anchor, Channel, Reason, State, Track, Wish

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


HOUR = timedelta(hours=1)
MOMENTS = st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 30)).map(lambda d: d.replace(tzinfo=UTC))
STEPS = st.builds(
    lambda n, anchor, hours, wish: Step(f"s{n}", Track.UNFINISHED, anchor, hours, wish),
    st.integers(0, 99),
    st.sampled_from(Anchor),
    st.integers(0, 400),
    st.sampled_from(Wish),
)
PLANS = st.builds(
    Plan,
    most=st.integers(0, 6),
    gap=st.integers(1, 72).map(lambda h: h * HOUR),
    age=st.integers(1, 60).map(lambda d: timedelta(days=d)),
    steps=st.lists(STEPS, max_size=6, unique_by=lambda s: s.key).map(tuple),
)
ZONES = st.lists(
    st.sampled_from(["Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Santiago"]),
    min_size=1,
    max_size=2,
)
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))


@st.composite
def lives(draw: st.DrawFn) -> tuple[ApplicationFacts, Plan, datetime]:
    stopped = draw(MOMENTS)
    facts = msgspec.structs.replace(
        person(stopped),
        role_type=draw(st.sampled_from(ROLES)),
        deadline_at=draw(st.none() | st.integers(0, 1000).map(lambda h: stopped + h * HOUR)),
        snoozed_until=draw(st.none() | st.integers(-50, 300).map(lambda h: stopped + h * HOUR)),
        zones=tuple(draw(ZONES)),
        quiet=draw(st.builds(QuietHours, begin=CLOCKS, end=CLOCKS)),
        unreachable=draw(st.dictionaries(st.sampled_from(Channel), st.just(Reason.SUPPRESSED), max_size=2)),
        done=tuple(
            Done(f"d{n}", stopped - h * HOUR) for n, h in enumerate(draw(st.lists(st.integers(0, 300), max_size=3, unique=True)))
        ),
    )
    now = stopped + draw(st.integers(0, 400)) * HOUR
    return facts, draw(PLANS), now


@settings(max_examples=400, deadline=None)
@given(lives())
def test_whatever_the_life_the_rules_hold(life: tuple[ApplicationFacts, Plan, datetime]) -> None:
    facts, plan, now = life
    planned = schedule(facts, plan, now)
    assert planned == schedule(facts, plan, now)
    assert all(p.reason.strip() for p in planned)
    assert len({p.step_key for p in planned}) == len(planned)
    going = [p for p in planned if p.state is State.SCHEDULED]
    assert going == [] or facts.deadline_at is None or facts.deadline_at > now
    for p in going:
        assert not is_quiet(p.due_at, facts.quiet, facts.zones)
        assert not is_quiet(max(p.due_at, now), facts.quiet, facts.zones) or p.due_at > now
        assert facts.deadline_at is None or p.due_at <= facts.deadline_at - LEAST_LEFT
        assert p.due_at >= max(facts.active_at, now - LATE - timedelta(days=1))
        assert p.channel not in facts.unreachable
        assert facts.snoozed_until is None or p.due_at >= facts.snoozed_until
    times = sorted([done.at for done in facts.done] + [p.due_at for p in going])
    fresh = [p.due_at for p in going]
    assert len(times) <= max(plan.most, len(facts.done))
    assert all(b - a >= plan.gap for a, b in itertools.pairwise(times) if b in fresh)


@settings(max_examples=200, deadline=None)
@given(lives(), st.integers(0, 200))
def test_time_passing_alone_moves_nothing_still_to_come(life: tuple[ApplicationFacts, Plan, datetime], hours: int) -> None:
    """Planning again a while later gives the same times, so that planning often is harmless."""
    facts, plan, _now = life
    before = {p.step_key: p for p in schedule(facts, plan, facts.active_at) if p.state is State.SCHEDULED}
    then = facts.active_at + hours * HOUR
    if facts.deadline_at is not None and then >= facts.deadline_at:
        return
    for p in schedule(facts, plan, then):
        if p.step_key in before and min(b.due_at for b in before.values()) > then:
            assert p == before[p.step_key]
