"""What must hold for any life, plan, place and time: promises, checked on made-up ones."""

import itertools
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.messages.facts import ApplicationFacts, Done
from portal.messages.plans import Plan, Step
from portal.messages.quiet import QuietHours, is_quiet, next_allowed
from portal.messages.rehearsal import sample
from portal.messages.rules import Planned
from portal.messages.schedule import LATE, MORNING, anchor, schedule
from portal.messages.spread import LEAST_LEFT, OVER
from portal.messages.words import Anchor, Arm, Channel, Override, Reason, State, Track, Wish

pytestmark = pytest.mark.no_stores

HOUR = timedelta(hours=1)
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FEWER = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLACES = [
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
    "UTC",
]
"""Half and quarter hours, clocks that change by half an hour, at midnight, and around Ramadan."""
CHANGES = [datetime(2026, 3, 29), datetime(2026, 4, 5), datetime(2026, 9, 27), datetime(2026, 10, 4), datetime(2026, 10, 25)]
"""Days on which clocks change somewhere, and the day that Samoa left out: 30 December 2011."""
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.builds(
        lambda day, minutes: day + timedelta(minutes=minutes),
        st.sampled_from([*CHANGES, datetime(2011, 12, 29)]),
        st.integers(-2000, 3000),
    ),
).map(lambda d: d.replace(tzinfo=UTC, microsecond=0))
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
STEPS = st.builds(
    lambda n, anchor, hours, wish: Step(f"s{n}", Track.UNFINISHED, anchor, hours, wish),
    st.integers(0, 99),
    st.sampled_from(Anchor),
    st.integers(0, 72) | st.integers(0, 400),
    st.sampled_from(Wish),
)
PLANS = st.builds(
    Plan,
    most=st.sampled_from([4, 3, 2, 6, 1, 0]),
    gap=st.integers(1, 30).map(lambda h: h * HOUR),
    age=st.sampled_from([30, 60, 10, 3, 1]).map(lambda d: timedelta(days=d)),
    steps=st.lists(STEPS, min_size=2, max_size=6, unique_by=lambda s: s.key).map(tuple),
    quiet=st.none(),
    holdout_percent=st.just(0),
    stop_on_reply=st.booleans(),
)
NIGHT = QuietHours(begin=time(21), end=time(8))
UNREACHABLE: list[dict[Channel, Reason]] = [{}, {}, {}, {Channel.SMS: Reason.NO_PHONE}, {Channel.EMAIL: Reason.SUPPRESSED}]
UNREACHABLE.append(UNREACHABLE[3] | UNREACHABLE[4])
Life = tuple[ApplicationFacts, Plan, datetime]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Somebody who stopped some time before now, with a past, and members who interfere."""
    stopped, plan = draw(MOMENTS), draw(PLANS)
    past = draw(st.one_of(st.integers(0, 20), st.integers(0, 20), st.integers(0, 400)))
    now = stopped + past * HOUR

    def since(least: int, most: int) -> st.SearchStrategy[datetime]:
        return st.integers(least * 60, most * 60).map(lambda m: stopped + timedelta(minutes=m))

    keys = [step.key for step in plan.steps]
    hands = st.tuples(st.sampled_from(Override), since(max(0, past - 18), past))
    facts = msgspec.structs.replace(
        sample(stopped, track=Track.UNFINISHED, role_type="professional", zone="UTC", quiet=NIGHT, deadline_at=None),
        role_type=draw(st.sampled_from(["professional", "shift"])),
        application_id=draw(st.none() | st.uuids()),
        deadline_at=draw(st.none() | since(past, past + 400) | since(0, 400)),
        snoozed_until=draw(st.none() | st.none() | since(-50, 300)),
        replied_at=draw(st.none() | st.none() | st.none() | since(-50, past)),
        arm=draw(st.sampled_from([None, None, Arm.NUDGED, Arm.NUDGED, Arm.HELD_OUT])),
        zones=tuple(draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True))),
        quiet=draw(st.just(NIGHT) | st.just(NIGHT) | st.builds(QuietHours, begin=CLOCKS, end=CLOCKS)),
        hold=draw(st.sampled_from([None, None, Reason.COMMUNICATIONS_OFF])),
        unreachable=draw(st.sampled_from(UNREACHABLE)),
        done=tuple(Done(f"d{n}", at) for n, at in enumerate(sorted(draw(st.lists(since(-300, past), max_size=3, unique=True))))),
        overrides=draw(st.dictionaries(st.sampled_from(keys), hands, max_size=2)),
    )
    return facts, plan, now


def going(planned: list[Planned]) -> list[Planned]:
    return [one for one in planned if one.state in {State.SCHEDULED, State.HELD} and one.code is not Reason.NO_HOUR_FITS]


def by_hand(facts: ApplicationFacts) -> set[str]:
    return {key for key, (override, _) in facts.overrides.items() if override is Override.NOW}


@MANY
@given(lives())
def test_planning_is_pure_and_says_why(life: Life) -> None:
    facts, plan, now = life
    planned = schedule(facts, plan, now)
    assert planned == schedule(facts, plan, now)
    assert all(p.reason.strip() for p in planned)
    assert len({p.step_key for p in planned}) == len(planned) <= len(plan.steps)


@MANY
@given(lives())
def test_nothing_goes_in_quiet_hours_wherever_they_may_be(life: Life) -> None:
    facts, plan, now = life
    for p in going(schedule(facts, plan, now)):
        assert not is_quiet(p.due_at, facts.quiet, facts.zones)
        assert p.due_at > now or not is_quiet(now, facts.quiet, facts.zones)


def began(night: datetime, facts: ApplicationFacts) -> datetime:
    """When quiet hours that hold at `night` began, to the minute."""
    while is_quiet(night - timedelta(minutes=1), facts.quiet, facts.zones):
        night -= timedelta(minutes=1)
    return night - timedelta(minutes=1)


@MANY
@given(lives())
def test_nothing_goes_after_the_deadline_nor_before_the_person_stopped(life: Life) -> None:
    facts, plan, now = life
    for p in going(schedule(facts, plan, now)):
        left = timedelta(seconds=1) if p.step_key in by_hand(facts) else LEAST_LEFT
        assert facts.deadline_at is None or (p.due_at <= facts.deadline_at - left and facts.deadline_at > now)
        waited = not is_quiet(now, facts.quiet, facts.zones) and is_quiet(now - MORNING, facts.quiet, facts.zones)
        assert p.due_at >= anchor(facts) and p.due_at >= (began(now - MORNING, facts) if waited else now) - LATE
        assert facts.snoozed_until is None or p.due_at >= facts.snoozed_until
        assert p.channel not in facts.unreachable
        assert p.step_key in by_hand(facts) or p.due_at <= anchor(facts) + plan.age


@MANY
@given(lives())
def test_no_more_than_the_plan_allows_and_no_closer(life: Life) -> None:
    """What members send by hand counts for the others, and is not held back itself."""
    facts, plan, now = life
    coming = going(schedule(facts, plan, now))
    hands = [p for p in coming if p.step_key in by_hand(facts)]
    assert len(facts.done) + len(coming) <= max(plan.most, len(facts.done) + len(hands))
    bound = {p.due_at for p in coming} - {p.due_at for p in hands}
    times = sorted([done.at for done in facts.done] + [p.due_at for p in coming])
    assert all(later - earlier >= plan.gap for earlier, later in itertools.pairwise(times) if later in bound)


@MANY
@given(lives())
def test_members_replies_and_the_comparison_are_heeded(life: Life) -> None:
    facts, plan, now = life
    silent = facts.arm is Arm.HELD_OUT or (
        plan.stop_on_reply and facts.replied_at is not None and facts.replied_at > anchor(facts)
    )
    for p in schedule(facts, plan, now):
        override, since = facts.overrides.get(p.step_key, (None, None))
        if override is Override.SKIP:
            assert (p.state, p.code) == (State.SKIPPED, Reason.SKIPPED_BY_MEMBER)
        elif override is Override.NOW:
            assert since is not None and p.due_at >= since and p.code not in {Reason.CAP, Reason.TOO_CLOSE, Reason.GAP}
        elif silent:
            assert p.state is State.SKIPPED and p.code in {Reason.HELD_OUT, Reason.REPLIED}


@MANY
@given(lives(), st.floats(0, 1))
def test_time_passing_alone_moves_nothing_still_to_come(life: Life, part: float) -> None:
    """Planning again a while later gives the same times, so that planning often is harmless. Once the night has ended, a step
    that waited for that is no longer moved: it goes."""
    facts, plan, now = life
    before = going(schedule(facts, plan, now))
    morning = next_allowed(now, facts.quiet, facts.zones)
    ends = [morning] if morning is not None and morning > now else []
    first = min([*(p.due_at for p in before), *ends], default=now)
    then = now + max(min((first - now) * part, first - now - timedelta(microseconds=1)), timedelta(0))
    assert going(schedule(facts, plan, then)) == before


@MANY
@given(lives(), st.uuids())
def test_the_spread_moves_the_first_by_less_than_half_an_hour(life: Life, application_id: UUID) -> None:
    facts, plan, now = life
    plain = going(schedule(msgspec.structs.replace(facts, application_id=None), plan, now))[:1]
    spread = going(schedule(msgspec.structs.replace(facts, application_id=application_id), plan, now))[:1]
    for one, other in zip(plain, spread, strict=False):
        if one.step_key == other.step_key:
            assert timedelta(0) <= other.due_at - one.due_at < OVER
            assert other.due_at == one.due_at or other.code is Reason.QUIET_HOURS or facts.hold is not None


@FEWER
@given(lives())
def test_a_hold_changes_states_and_no_times(life: Life) -> None:
    facts, plan, now = life
    free = schedule(msgspec.structs.replace(facts, hold=None), plan, now)
    held = schedule(msgspec.structs.replace(facts, hold=Reason.COMMUNICATIONS_OFF), plan, now)
    assert [(p.step_key, p.due_at) for p in free] == [(p.step_key, p.due_at) for p in held]
    assert [p for p in free if p.state is State.SKIPPED] == [p for p in held if p.state is State.SKIPPED]
    assert not [p for p in held if p.state is State.SCHEDULED]
