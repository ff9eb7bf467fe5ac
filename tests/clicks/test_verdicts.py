"""Who is a person, and why the others are not."""

import pytest

from portal import db
from portal.clicks import agents
from portal.clicks.agents import WANTS_CARD, AgentKind
from portal.clicks.hits import Hit
from portal.clicks.verdicts import BY_AGENT, Reason, Verdict, judge
from tests.cast import NOW
from tests.clicks.agents import INSTAGRAM, OTHERS, PEOPLE


def hit(user_agent: str = INSTAGRAM, *, method: str = "GET", purpose: str = "", staff: bool = False) -> Hit:
    return Hit(id=db.new_id(), at=NOW, kind="click", user_agent=user_agent, method=method, purpose=purpose, staff=staff)


@pytest.mark.parametrize(("app", "user_agent"), PEOPLE)
def test_people_are_persons_whatever_they_tap_in(app: str, user_agent: str) -> None:
    verdict, reason = judge(hit(user_agent))
    assert verdict is Verdict.PERSON
    assert reason in {Reason.IN_APP, Reason.BROWSER}
    assert agents.describe(user_agent).app == app
    assert agents.kind_of(user_agent) not in WANTS_CARD


@pytest.mark.parametrize(("kind", "user_agent"), OTHERS)
def test_others_are_not_and_say_what_they_are(kind: str, user_agent: str) -> None:
    assert agents.kind_of(user_agent) == kind
    verdict, reason = judge(hit(user_agent))
    assert verdict is not Verdict.PERSON
    assert reason == kind


def test_every_kind_of_agent_is_a_person_or_has_a_verdict() -> None:
    assert set(AgentKind) - set(BY_AGENT) == {AgentKind.BROWSER, AgentKind.IN_APP}


@pytest.mark.parametrize(
    ("asked", "verdict", "reason"),
    [
        (hit(method="HEAD"), Verdict.BOT, Reason.HEAD),
        (hit(purpose="prefetch"), Verdict.PREFETCH, Reason.PREFETCH),
        (hit(purpose="prefetch;prerender"), Verdict.PREFETCH, Reason.PREFETCH),
        (hit(purpose="Preview"), Verdict.PREFETCH, Reason.PREFETCH),
        (hit(purpose="something else"), Verdict.PERSON, Reason.IN_APP),
        (hit(staff=True), Verdict.STAFF, Reason.MEMBER),
        (hit("curl/8.5.0", staff=True), Verdict.STAFF, Reason.MEMBER),
        (hit("Twitterbot/1.0", method="HEAD"), Verdict.PREVIEW, Reason.LINK_PREVIEW),
        (hit("curl/8.5.0", purpose="prefetch"), Verdict.BOT, Reason.LIBRARY),
    ],
)
def test_the_first_rule_that_fits_decides(asked: Hit, verdict: Verdict, reason: Reason) -> None:
    assert judge(asked) == (verdict, reason)


@pytest.mark.parametrize(
    ("fragment", "device", "system"),
    [
        ("iPhone; CPU iPhone OS 17_5_1", "phone", "iOS"),
        ("iPad; CPU OS 16_6", "tablet", "iOS"),
        ("Pixel 7 Build", "phone", "Android"),
        (
            "Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36 Edg",
            "desktop",
            "Windows",
        ),
        ("Macintosh; Intel Mac OS X 10_15_7", "desktop", "macOS"),
        ("X11; Linux x86_64; rv:128.0", "desktop", "Linux"),
    ],
)
def test_the_device_is_told(fragment: str, device: str, system: str) -> None:
    said = agents.describe(next(agent for _, agent in PEOPLE if fragment in agent))
    assert (said.device, said.system) == (device, system)
