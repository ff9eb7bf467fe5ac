"""Who is a person, and why the others are not."""

import crawleruseragents
import pytest

from portal import db
from portal.clicks import agents
from portal.clicks.agents import NOT_CRAWLERS, WANTS_CARD, AgentKind
from portal.clicks.hits import Hit
from portal.clicks.verdicts import BY_AGENT, BY_NEIGHBOURS, OPEN, Reason, Verdict, judge
from tests.cast import NOW
from tests.clicks.agents import INSTAGRAM, OTHERS, PEOPLE
from tests.clicks.hitting import DESK

MAIL_GATEWAY = "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"


def hit(user_agent: str = INSTAGRAM, *, method: str = "GET", purpose: str = "", staff: bool = False) -> Hit:
    return Hit(id=db.new_id(), at=NOW, kind="click", user_agent=user_agent, method=method, purpose=purpose, staff=staff)


@pytest.mark.parametrize(("app", "user_agent"), PEOPLE)
def test_people_are_persons_whatever_they_tap_in(app: str, user_agent: str) -> None:
    for mailed in (False, True):
        verdict, reason = judge(hit(user_agent), mailed=mailed)
        assert verdict is Verdict.PERSON
        assert reason in {Reason.IN_APP, Reason.BROWSER}
    assert agents.describe(user_agent).app == app
    assert agents.kind_of(user_agent) not in WANTS_CARD


def test_there_are_enough_of_both_signs() -> None:
    assert sum(agents.kind_of(agent) is AgentKind.IN_APP for _, agent in PEOPLE) >= 40
    assert len({agent for _, agent in PEOPLE}) == len(PEOPLE)
    assert len({agent for _, agent in OTHERS}) == len(OTHERS) >= 40


@pytest.mark.parametrize(("kind", "user_agent"), OTHERS)
def test_others_are_not_and_say_what_they_are(kind: str, user_agent: str) -> None:
    assert agents.kind_of(user_agent) == kind
    for mailed in (False, True):
        verdict, reason = judge(hit(user_agent), mailed=mailed)
        assert verdict is not Verdict.PERSON
        assert reason == kind


def test_every_crawler_that_the_list_has_seen_is_taken_for_one() -> None:
    entries = [entry for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA if entry["pattern"] not in NOT_CRAWLERS]
    seen = [agent for entry in entries for agent in entry["instances"]]
    assert len(seen) > 2000
    assert [agent for agent in seen if judge(hit(agent))[0] is Verdict.PERSON] == []


def test_what_the_list_wrongly_names_is_still_in_it() -> None:
    assert {entry["pattern"] for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA} >= NOT_CRAWLERS


def test_every_kind_of_agent_is_a_person_or_has_a_verdict() -> None:
    assert set(AgentKind) - set(BY_AGENT) == {AgentKind.BROWSER, AgentKind.IN_APP}


TABLE = [
    (hit(), False, Verdict.PERSON, Reason.IN_APP),
    (hit(DESK), False, Verdict.PERSON, Reason.BROWSER),
    (hit(staff=True), False, Verdict.STAFF, Reason.MEMBER),
    (hit("Twitterbot/1.0"), False, Verdict.PREVIEW, Reason.LINK_PREVIEW),
    (hit("DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)"), False, Verdict.PREVIEW, Reason.CRAWLER),
    (hit("curl/8.5.0"), False, Verdict.BOT, Reason.LIBRARY),
    (hit("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)"), False, Verdict.BOT, Reason.MONITOR),
    (hit("Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)"), False, Verdict.BOT, Reason.PROBE),
    (hit(MAIL_GATEWAY), True, Verdict.SCANNER, Reason.MAIL_GATEWAY),
    (hit(MAIL_GATEWAY), False, Verdict.BOT, Reason.MAIL_GATEWAY),
    (hit(method="HEAD"), False, Verdict.BOT, Reason.HEAD),
    (hit(method="HEAD"), True, Verdict.BOT, Reason.HEAD),
    (hit(""), False, Verdict.BOT, Reason.NO_USER_AGENT),
    (hit("-"), False, Verdict.BOT, Reason.ODD_USER_AGENT),
    (hit(purpose="prefetch"), False, Verdict.PREFETCH, Reason.PREFETCH),
    (hit(purpose="prefetch;prerender"), False, Verdict.PREFETCH, Reason.PREFETCH),
    (hit(purpose="prefetch;anonymous-client-ip"), True, Verdict.PREFETCH, Reason.PREFETCH),
    (hit(purpose="Preview"), False, Verdict.PREFETCH, Reason.PREFETCH),
    (hit(purpose="instant"), False, Verdict.PREFETCH, Reason.PREFETCH),
    (hit(purpose="something else"), False, Verdict.PERSON, Reason.IN_APP),
    # Two rules fit: the first decides.
    (hit("curl/8.5.0", staff=True), True, Verdict.STAFF, Reason.MEMBER),
    (hit(MAIL_GATEWAY, staff=True), True, Verdict.STAFF, Reason.MEMBER),
    (hit("Twitterbot/1.0", method="HEAD"), False, Verdict.PREVIEW, Reason.LINK_PREVIEW),
    (hit("curl/8.5.0", purpose="prefetch"), False, Verdict.BOT, Reason.LIBRARY),
    (hit(method="HEAD", purpose="prefetch"), False, Verdict.BOT, Reason.HEAD),
]


@pytest.mark.parametrize(("asked", "mailed", "verdict", "reason"), TABLE)
def test_the_first_rule_that_fits_decides(asked: Hit, mailed: bool, verdict: Verdict, reason: Reason) -> None:
    assert judge(asked, mailed=mailed) == (verdict, reason)


def test_the_table_knows_every_verdict_and_every_reason() -> None:
    """Those that a hit has by itself; for those by its neighbours see `test_scanners`."""
    assert {reason for *_, reason in TABLE} == set(Reason) - BY_NEIGHBOURS
    assert {verdict for _, _, verdict, _ in TABLE} == set(Verdict)


def test_neighbours_say_nothing_of_members_and_of_what_says_itself_what_it_is() -> None:
    assert Reason.MEMBER not in OPEN
    assert {reason for _, reason in BY_AGENT.values()} & OPEN == set()


@pytest.mark.parametrize(
    ("fragment", "device", "system"),
    [
        ("iPhone; CPU iPhone OS 17_5_1", "phone", "iOS"),
        ("iPad; CPU OS 16_6", "tablet", "iOS"),
        ("Pixel 7 Build", "phone", "Android"),
        ("SM-X115; Android 16", "tablet", "Android"),
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
