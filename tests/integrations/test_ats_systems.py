"""What each system signs and sends, as far as it is known."""

import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.integrations.ats import greenhouse as greenhouse_system
from portal.integrations.ats import plain, smartrecruiters
from portal.integrations.ats.registry import SYSTEMS
from portal.integrations.ats.system import Arriving, Leaving, Merging, Nothing, Sent, TheirJob
from portal.integrations.ats.words import SENTENCES, STATES, Reason, State
from tests.cast import NOW
from tests.doubles.ats import Person, Post, ashby, generic, greenhouse, lever, workable
from tests.integrations.ats_way import ANA, DOUBLES, FETCHED

pytestmark = pytest.mark.no_stores

SIGNED = pytest.mark.parametrize("system", list(DOUBLES))
TIMED = {"lever": timedelta(days=3), "smartrecruiters": timedelta(days=3), "generic": timedelta(minutes=5)}


def sent(post: Post) -> Sent:
    return Sent({name.lower(): value for name, value in post.headers.items()}, post.body)


def doubt(system: str, post: Post, *secrets: str, now: datetime = NOW) -> Reason | None:
    return SYSTEMS[system].verify(sent(post), secrets or (DOUBLES[system].SECRET,), now)


def reading(system: str, post: Post) -> Any:
    known = SYSTEMS[system]
    payload = known.parse(post.body)
    event, key = known.describe(sent(post), payload)
    assert key
    return known.read(event, payload)


def created(system: str, person: Person = ANA, delivery: str = "delivery-1") -> Post:
    post: Post = DOUBLES[system].created(person, NOW, delivery)
    return post


# ---- Signatures ---------------------------------------------------------------------------------------------------------


def test_smartrecruiters_own_example_fits() -> None:
    """Of its documentation, with the body as it is signed there: without a space."""
    headers = {
        "smartrecruiters-timestamp": "1574080897",
        "smartrecruiters-signature": "v1=2e9291f10d44ca10204a4cd81b05d73b6a316b2b605d4e2e0e0b37b40198ce1f",
        "event-id": "123",
        "event-name": "application.created",
        "event-version": "v201910",
        "link": "<http://smartrecruiters.com/endpoint>; rel=self",
    }
    example = Sent(headers, b'{"job_id":"jid","candidate_id":"cid"}')
    at = datetime.fromtimestamp(1574080897, UTC)
    secret = ["HeBVky2bccvvkcXPimH8c"]
    assert smartrecruiters.verify(example, secret, at) is None
    assert smartrecruiters.verify(example._replace(body=b'{"job_id":"jid", "candidate_id":"cid"}'), secret, at)
    assert smartrecruiters.verify(example, ["HeBVky2bccvvkcXPimH8d"], at) is Reason.BAD_SIGNATURE
    payload = {"job_id": "jid", "candidate_id": "cid"}
    assert smartrecruiters.describe(example, payload) == ("application.created", "123")
    assert smartrecruiters.read("application.created", payload) == Arriving(person="cid", jobs=(TheirJob("jid", ""),))


def test_smartrecruiters_missing_headers_count_as_empty() -> None:
    body = b'{"candidate_id":"cid"}'
    signed = b".".join([b"1574080897", body, b"", b"candidate.deleted", b"", b""])
    digest = hmac.new(b"secret", signed, "sha256").hexdigest()
    headers = {"smartrecruiters-timestamp": "1574080897", "smartrecruiters-signature": f"v1={'0' * 64};v1={digest}"}
    example = Sent(headers | {"event-name": "candidate.deleted"}, body)
    assert smartrecruiters.verify(example, ["secret"], datetime.fromtimestamp(1574080897, UTC)) is None


def test_standard_webhooks_own_example_fits() -> None:
    """Of the specification's libraries: id, time and body as they stand there."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    example = Sent(headers, b'{"test": 2432232314}')
    at = datetime.fromtimestamp(1614265330, UTC)
    assert SYSTEMS["generic"].verify(example, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at) is None
    assert SYSTEMS["generic"].verify(example, ["not base64!"], at) is Reason.BAD_SIGNATURE
    assert SYSTEMS["generic"].verify(example._replace(body=b"\xff"), ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at)


@SIGNED
def test_what_is_signed_is_believed_with_any_secret_that_holds(system: str) -> None:
    secret = DOUBLES[system].SECRET
    old = generic.SECRET.replace("YSBz", "YSBt") if system == "generic" else "before"
    assert doubt(system, created(system)) is None
    assert doubt(system, created(system), old, secret) is None
    assert doubt(system, created(system), old) is Reason.BAD_SIGNATURE
    assert doubt(system, Post({}, created(system).body.replace(b"signature", b"x"))) is Reason.NO_SIGNATURE


@SIGNED
def test_what_was_changed_on_the_way_is_not(system: str) -> None:
    """Lever signs its token and time only; there a forged event falls to the token, which counts once."""
    post = created(system)
    changed = post.body.replace(b"delivery-1", b"delivery-2") if system == "lever" else post.body + b" "
    assert doubt(system, post._replace(body=changed)) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("system", list(TIMED))
def test_what_was_signed_too_long_ago_is_refused(system: str) -> None:
    limit, second = TIMED[system], timedelta(seconds=1)
    assert doubt(system, created(system), now=NOW + limit) is None
    assert doubt(system, created(system), now=NOW + limit + second) is Reason.TOO_OLD
    assert doubt(system, created(system), now=NOW - timedelta(minutes=6)) is Reason.TOO_OLD


@SIGNED
@given(body=st.binary(max_size=200), value=st.text(max_size=80))
def test_no_rubbish_is_believed_or_breaks_anything(system: str, body: bytes, value: str) -> None:
    headers = {name.lower(): value for name in created(system).headers} | {"signature": value}
    assert SYSTEMS[system].verify(Sent(headers, body), [DOUBLES[system].SECRET], NOW) is not None


# ---- What they say --------------------------------------------------------------------------------------------------------


@SIGNED
def test_who_applied_is_read(system: str) -> None:
    arriving = reading(system, created(system))
    assert arriving.person == ANA.id
    if system in FETCHED:
        assert (arriving.name, arriving.email) == ("", "")
    else:
        assert (arriving.name, arriving.email, arriving.phone) == (ANA.name, ANA.email, ANA.phone)
        assert arriving.jobs == (TheirJob(ANA.job_id, ANA.job_title),)
        assert arriving.can_email


@SIGNED
def test_who_was_removed_is_read(system: str) -> None:
    assert reading(system, DOUBLES[system].removed(ANA, NOW, "delivery-2")) == Leaving(ANA.id)


def test_other_events_and_tests_are_told_apart() -> None:
    assert reading("greenhouse", greenhouse.ping("1")) == Nothing(Reason.PING)
    assert reading("greenhouse", greenhouse.moved(ANA, "1")) == Nothing(Reason.OTHER_EVENT)
    assert reading("lever", lever.ping(NOW, "1")) == Nothing(Reason.PING)
    assert reading("ashby", ashby.ping()) == Nothing(Reason.PING)
    assert reading("generic", generic.post({"type": "ping"}, NOW, "1")) == Nothing(Reason.PING)
    assert reading("generic", generic.post({"type": "job.closed"}, NOW, "1")) == Nothing(Reason.OTHER_EVENT)


def test_greenhouse_says_who_wants_no_email_who_is_anonymous_and_who_is_one() -> None:
    assert not reading("greenhouse", created("greenhouse", replace(ANA, can_email=False))).can_email
    assert reading("greenhouse", greenhouse.anonymized(ANA, "1")) == Leaving(ANA.id)
    assert reading("greenhouse", greenhouse.merged(ANA, "4711002", "1")) == Merging(ANA.id, "4711002")


@pytest.mark.parametrize("key", ["event_type", "type", "event"])
def test_workable_may_name_its_event_in_three_ways(key: str) -> None:
    arriving = reading("workable", workable.created(ANA, NOW, "1", event_key=key))
    assert (arriving.person, arriving.email) == (ANA.id, ANA.email)


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "Ana Duarte", "email": "Ana@example.com", "job_id": "night-nurse-leeds"}',
        b"name=Ana+Duarte&email=Ana%40example.com&job_id=night-nurse-leeds",
        b'{"event": "candidate.created", "data": {"candidate": {"first_name": "Ana", "last_name": "Duarte", '
        b'"email": "Ana@example.com"}, "job": {"id": "night-nurse-leeds"}}}',
    ],
)
def test_plain_ones_are_taken_as_json_and_as_forms(body: bytes) -> None:
    arriving = reading("plain", Post({}, body))
    assert (arriving.name, arriving.email, arriving.person) == ("Ana Duarte", "Ana@example.com", "ana@example.com")
    assert arriving.jobs == (TheirJob("night-nurse-leeds", ""),)


def test_nobody_is_erased_on_the_word_of_an_unsigned_one() -> None:
    assert plain.read("candidate.deleted", {"id": "1"}) == Nothing(Reason.UNSIGNED_REMOVAL)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("system", list(SYSTEMS))
@given(data=JSON, event=st.sampled_from(["new_candidate_application", "applicationCreated", "applicationSubmit", "ping"]))
def test_readings_break_only_in_the_ways_that_they_may(system: str, data: Any, event: str) -> None:
    known = SYSTEMS[system]
    for payload in (data, {"payload": data, "data": data, "type": "candidate.created"}, {"payload": {"application": data}}):
        try:
            known.read(event, payload)
        except (LookupError, TypeError, ValueError, AttributeError):
            continue


def test_each_system_says_what_to_do_there_and_each_reason_says_why() -> None:
    assert set(SENTENCES) == set(Reason)
    assert set(STATES) == set(State)
    for key, known in SYSTEMS.items():
        assert known.key == key
        assert any("{url}" in step for step in known.steps)
        assert known.summary.endswith(".")
    assert greenhouse_system.SYSTEM.signs and not plain.SYSTEM.signs
