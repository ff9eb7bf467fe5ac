"""What a user agent says it is.

The list of crawlers is crawler-user-agents (MIT). It is made for web logs and errs on the side of "crawler"; here an error of
that kind hides a candidate. So what the apps say in which candidates tap is looked at before it.
"""

import re
from enum import StrEnum
from functools import cache, lru_cache
from typing import NamedTuple

import crawleruseragents
import ua_parser

REMEMBERED = 20_000


class AgentKind(StrEnum):
    BROWSER = "browser"
    IN_APP = "in_app"
    LINK_PREVIEW = "link_preview"
    CRAWLER = "crawler"
    LIBRARY = "library"
    MONITOR = "monitor"
    PROBE = "probe"
    MAIL_GATEWAY = "mail_gateway"
    NONE = "no_user_agent"
    ODD = "odd_user_agent"


WANTS_CARD = frozenset({AgentKind.LINK_PREVIEW, AgentKind.CRAWLER})
"""Those that are shown an Open Graph card in place of a redirect."""

PREVIEWS = re.compile(
    r"facebookexternalhit|Facebot\b|meta-external(?:agent|fetcher|hit)|Twitterbot|^WhatsApp/|LinkedInBot|Slackbot|Slack-ImgProxy"
    r"|Discordbot|TelegramBot|SkypeUriPreview|MicrosoftPreview|Snap URL Preview|Pinterestbot|redditbot|Applebot|Iframely|Embedly"
    r"|^Viber$|TikTokSpider|Bytespider|\bms-office\b|\bMSOffice\b|^Microsoft Office",
    re.IGNORECASE,
)
"""Fetchers of link previews. iMessage names two of them in a Safari of 2015, so this comes first. Office looks at a link itself
before it opens the browser."""

IN_APPS = (
    ("Instagram", re.compile(r"\bInstagram\b")),
    ("Threads", re.compile(r"\bBarcelona \d")),
    ("Messenger", re.compile(r"FBAN/Messenger|FB_IAB/(?:Orca-Android|MESSENGER)|FBAN/MessengerLite")),
    ("Facebook", re.compile(r"FBAN/|FBAV/|FB_IAB/|MetaIAB|FBIOS")),
    ("TikTok", re.compile(r"musical_ly|BytedanceWebview|\bTikTok\b|\btrill_|ByteLocale")),
    ("Snapchat", re.compile(r"\bSnapchat/?\s?\d")),
    ("WeChat", re.compile(r"MicroMessenger/")),
    ("LinkedIn", re.compile(r"LinkedInApp")),
    ("WhatsApp", re.compile(r"^Mozilla/.*\bWhatsApp/")),
    ("X", re.compile(r"Twitter for |TwitterAndroid")),
    ("Pinterest", re.compile(r"\[Pinterest/|Pinterest for ")),
    ("Line", re.compile(r"\bLine/\d")),
    ("KakaoTalk", re.compile(r"KAKAOTALK")),
    ("Telegram", re.compile(r"Telegram-Android/|Telegram-iOS/")),
    ("Viber", re.compile(r"^Mozilla/.*\bViber/")),
    ("Reddit", re.compile(r"^Mozilla/.*\bReddit/")),
    ("Google app", re.compile(r"\bGSA/")),
    ("YouTube", re.compile(r"com\.google\.(?:android\.|ios\.)youtube")),
)

GATEWAYS = re.compile(
    r"Barracuda|Mimecast|Proofpoint|SafeLinks|MessageLabs|TrendMicro|BitDefender|Sophos|FireEye|Trellix|Forti(?:net|Mail|Guard)"
    r"|Cloudmark|Forcepoint|IronPort|Hornetsecurity|MailMarshal|SpamTitan|Libraesva|Avanan",
    re.IGNORECASE,
)
"""Security gateways that say so. Most pose as a browser: see `scanners`."""

NOT_CRAWLERS = frozenset({r"AP3A\.240617\.008", "MetaIAB Facebook", r"Code\/1\.", r"Trae\/", "Fluid", "WhatsApp", "Viber"})
"""Entries of the list that people match: a build of Android, Meta's own in-app browser, editors, messengers."""

KIND_OF_TAG = {
    "social-preview": AgentKind.LINK_PREVIEW,
    "http-library": AgentKind.LIBRARY,
    "browser-automation": AgentKind.LIBRARY,
    "monitoring": AgentKind.MONITOR,
    "scanner": AgentKind.PROBE,
}
DEVICE = re.compile(
    r"^(Mozilla/5\.0 )\((?:Linux; )?(?:U; )?Android\b(?![^()]*(?:compatible|https?:|[a-z]bot\b))[^()]*(?:\([^()]*\)[^()]*)*\)"
)
"""Where Android names the device. Phones are called CUBOT, HTC Butterfly and Ultra Sonic, and so are crawlers."""
LITERAL = re.compile(r"(?:[\w \-:;,!'@=&%#~]|\\[./()+\-!])+")
BROWSER = re.compile(r"^(?:Mozilla/\d|Opera/\d|UCWEB|Dalvik)")
SHORTEST_BROWSER = 20


@lru_cache(maxsize=REMEMBERED)
def kind_of(user_agent: str) -> AgentKind:
    """What sent this `User-Agent`. The first of these that fits."""
    if not user_agent.strip():
        return AgentKind.NONE
    if PREVIEWS.search(user_agent):
        return AgentKind.LINK_PREVIEW
    if in_app(user_agent) and "://" not in user_agent:
        return AgentKind.IN_APP
    if GATEWAYS.search(user_agent):
        return AgentKind.MAIL_GATEWAY
    return _listed_kind(user_agent) or _browser_or_odd(user_agent)


@lru_cache(maxsize=REMEMBERED)
def wants_card(user_agent: str) -> bool:
    return kind_of(user_agent) in WANTS_CARD


def in_app(user_agent: str) -> str:
    """The app whose own browser this is; empty for none that is known."""
    return next((name for name, pattern in IN_APPS if pattern.search(user_agent)), "")


class Described(NamedTuple):
    """What figures say of a person's device."""

    app: str
    device: str
    system: str


@lru_cache(maxsize=REMEMBERED)
def describe(user_agent: str) -> Described:
    found = ua_parser.parse(user_agent)
    family = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    return Described(
        app=in_app(user_agent) or PLAIN_APPS.get(family, family) or "Other",
        device=_device(user_agent),
        system=PLAIN_SYSTEMS.get(system, system) or "Other",
    )


PLAIN_APPS = {
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "App on iOS",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "App on Android",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
}
PLAIN_SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS", "Ubuntu": "Linux"}


def _device(user_agent: str) -> str:
    if "iPad" in user_agent or ("Android" in user_agent and "Mobile" not in user_agent):
        return "tablet"
    return "phone" if "Mobile" in user_agent or "iPhone" in user_agent else "desktop"


def _browser_or_odd(user_agent: str) -> AgentKind:
    plausible = BROWSER.match(user_agent) and len(user_agent) >= SHORTEST_BROWSER
    return AgentKind.BROWSER if plausible else AgentKind.ODD


def _listed_kind(user_agent: str) -> AgentKind | None:
    literals, patterns = _list()
    said = DEVICE.sub(r"\1", user_agent)
    for literal, kind in literals:
        if literal in said:
            return kind
    return next((kind for pattern, kind in patterns if pattern.search(said)), None)


@cache
def _list() -> tuple[list[tuple[str, AgentKind]], list[tuple[re.Pattern[str], AgentKind]]]:
    """The list, once: plain words apart from patterns, since looking for a word is three times as fast."""
    literals, patterns = [], []
    for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA:
        pattern, kind = entry["pattern"], _kind_of_entry(entry)
        if pattern in NOT_CRAWLERS:
            continue
        if LITERAL.fullmatch(pattern):
            literals.append((pattern.replace("\\", ""), kind))
        else:
            patterns.append((re.compile(pattern), kind))
    return literals, patterns


def _kind_of_entry(entry: dict[str, list[str]]) -> AgentKind:
    return next((kind for tag, kind in KIND_OF_TAG.items() if tag in entry["tags"]), AgentKind.CRAWLER)
