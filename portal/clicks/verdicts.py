"""Whether a click was a person, and why we think so."""

from enum import StrEnum

from portal.clicks import agents
from portal.clicks.agents import AgentKind
from portal.clicks.hits import Hit

RULES = 2
"""Raised with each change of the rules, here, in `agents` or in `scanners`; every click keeps the number it was judged by, and
`portal reclassify` judges it again."""


class Verdict(StrEnum):
    PERSON = "person"
    PREVIEW = "preview"
    PREFETCH = "prefetch"
    SCANNER = "scanner"
    BOT = "bot"
    STAFF = "staff"


class Reason(StrEnum):
    """Shown beside what was not counted."""

    BROWSER = "browser"
    IN_APP = "in_app"
    MEMBER = "member"
    LINK_PREVIEW = "link_preview"
    CRAWLER = "crawler"
    PREFETCH = "prefetch"
    LIBRARY = "library"
    MONITOR = "monitor"
    PROBE = "probe"
    MAIL_GATEWAY = "mail_gateway"
    BURST = "burst"
    HEAD_THEN_GET = "head_then_get"
    HEAD = "head"
    NO_USER_AGENT = "no_user_agent"
    ODD_USER_AGENT = "odd_user_agent"


Judgement = tuple[Verdict, Reason]

BY_AGENT: dict[AgentKind, Judgement] = {
    AgentKind.LINK_PREVIEW: (Verdict.PREVIEW, Reason.LINK_PREVIEW),
    AgentKind.CRAWLER: (Verdict.PREVIEW, Reason.CRAWLER),
    AgentKind.LIBRARY: (Verdict.BOT, Reason.LIBRARY),
    AgentKind.MONITOR: (Verdict.BOT, Reason.MONITOR),
    AgentKind.PROBE: (Verdict.BOT, Reason.PROBE),
    AgentKind.MAIL_GATEWAY: (Verdict.BOT, Reason.MAIL_GATEWAY),
    AgentKind.NONE: (Verdict.BOT, Reason.NO_USER_AGENT),
    AgentKind.ODD: (Verdict.BOT, Reason.ODD_USER_AGENT),
}
EARLY = ("prefetch", "prerender", "preview", "instant")
"""In `Sec-Purpose`, `Purpose`, `X-Purpose` and `X-Moz`: the page was fetched before anybody asked for it."""

BY_NEIGHBOURS = frozenset({Reason.BURST, Reason.HEAD_THEN_GET})
OPEN = frozenset({Reason.BROWSER, Reason.IN_APP, Reason.HEAD, Reason.PREFETCH}) | BY_NEIGHBOURS
"""What the neighbours of a hit may still change. The other reasons say more."""


def judge(hit: Hit, *, mailed: bool = False) -> Judgement:
    """The first of these that fits. Pure: the same hit always gets the same verdict. `mailed`: its link travels by mail, where
    scanners are. Neighbours may say more of such a hit: see `scanners`."""
    if hit.staff:
        return Verdict.STAFF, Reason.MEMBER
    kind = agents.kind_of(hit.user_agent)
    if mailed and kind is AgentKind.MAIL_GATEWAY:
        return Verdict.SCANNER, Reason.MAIL_GATEWAY
    if kind in BY_AGENT:
        return BY_AGENT[kind]
    if hit.method == "HEAD":
        return Verdict.BOT, Reason.HEAD
    if any(word in hit.purpose.lower() for word in EARLY):
        return Verdict.PREFETCH, Reason.PREFETCH
    return Verdict.PERSON, Reason.IN_APP if kind is AgentKind.IN_APP else Reason.BROWSER
