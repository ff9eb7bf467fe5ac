"""What the address said about an advert."""

import re
from urllib.parse import parse_qsl

KEPT = frozenset(
    {"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"}
    | {"campaign", "adset", "ad", "placement", "site_source_name"}
    | {f"{what}_{part}" for what in ("campaign", "adset", "ad") for part in ("id", "name")}
)
"""The names that marketers give, and those of Meta's own macros."""
PRESENT_ONLY = frozenset({"fbclid", "gclid", "gbraid", "wbraid", "ttclid", "igshid", "igsh", "li_fat_id", "msclkid", "twclid"})
"""Ids of a person's click at the network: that there was one is kept, never the id."""
MOST, LONGEST = 20, 120
MACRO = re.compile(r"\{\{|%7B%7B", re.IGNORECASE)
"""Of a macro that the network did not fill in: ``{{ad.name}}``. Some who pass addresses on encode them twice."""
UNFILLED = "(unfilled)"


def parameters(query: str) -> dict[str, str]:
    """The parameters worth keeping of a raw query string; the last of a name counts. Nonsense gives nothing."""
    kept: dict[str, str] = {}
    for spelt, value in parse_qsl(query, errors="replace")[:MOST]:
        name = spelt.lower()
        if name in PRESENT_ONLY:
            kept[name] = "present"
        elif name in KEPT:
            kept[name] = UNFILLED if MACRO.search(value) else value.replace("\0", "")[:LONGEST]
    return kept
