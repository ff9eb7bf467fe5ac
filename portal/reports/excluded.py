"""Saying what was not counted, and why."""

from collections.abc import Sequence

from portal.clicks.verdicts import Reason, Verdict
from portal.reports.tally import Excluded
from portal.web.templating import plural

KINDS: dict[str, tuple[str, str]] = {
    Verdict.PREVIEW: ("link preview", "link previews"),
    Verdict.PREFETCH: ("prefetch", "prefetches"),
    Verdict.SCANNER: ("mail scanner", "mail scanners"),
    Verdict.BOT: ("robot", "robots"),
    Verdict.STAFF: ("tap by your own team", "taps by your own team"),
}
WHY: dict[str, str] = {
    Reason.MEMBER: "Somebody who is signed in here",
    Reason.LINK_PREVIEW: "An app fetched the card that it shows with a shared link",
    Reason.CRAWLER: "A search engine or an app reads the web by itself",
    Reason.PREFETCH: "A browser fetched the page before anybody asked for it",
    Reason.LIBRARY: "A programme, not a browser",
    Reason.MONITOR: "A service that watches whether pages answer",
    Reason.PROBE: "A probe that looks for holes",
    Reason.MAIL_GATEWAY: "A mail system tries links before it hands the mail over",
    Reason.BURST: "Opened several personal links within seconds, as mail scanners do",
    Reason.HEAD_THEN_GET: "Tried the link before it opened it, as mail scanners do",
    Reason.HEAD: "Only asked whether the page is there",
    Reason.NO_USER_AGENT: "Does not say what it is",
    Reason.ODD_USER_AGENT: "Says of itself what no browser says",
}
COUNTED_WHY: dict[str, str] = {
    Reason.BROWSER: "A browser, and nothing speaks against a person",
    Reason.IN_APP: "The browser inside an app, and nothing speaks against a person",
}
EVERY_REASON = WHY | COUNTED_WHY


def say(excluded: Sequence[Excluded]) -> str:
    """ "312 link previews, 44 prefetches", the most frequent first; empty when everything was counted."""
    totals: dict[str, int] = {}
    for line in excluded:
        totals[line.verdict] = totals.get(line.verdict, 0) + line.hits
    ordered = sorted(totals.items(), key=lambda pair: -pair[1])
    return ", ".join(plural(hits, *KINDS[verdict]) for verdict, hits in ordered)


def kind_of(line: Excluded) -> str:
    return KINDS[line.verdict][0].capitalize()


def why(line: Excluded) -> str:
    """The reason, as a person reads it. Clicks keep the reason of their day: rules that are gone had other ones."""
    return words(line.reason)


def words(reason: str) -> str:
    """The reason of any hit, counted or not."""
    return EVERY_REASON.get(reason, reason.replace("_", " ").capitalize())
