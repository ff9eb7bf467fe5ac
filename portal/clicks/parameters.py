"""What the address said about an advert."""

from urllib.parse import parse_qsl

KEPT = frozenset(
    {"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"}
    | {"campaign", "adset", "ad", "placement", "site_source_name", "campaign_id", "adset_id", "ad_id"}
)
PRESENT_ONLY = frozenset({"fbclid", "gclid", "ttclid", "igshid", "li_fat_id", "msclkid", "twclid"})
"""Ids of a person's click at the network: that there was one is kept, never the id."""
MOST, LONGEST = 20, 120
UNFILLED = "(unfilled)"
"""For a macro that the network did not fill in: ``{{ad.name}}``."""


def parameters(query: str) -> dict[str, str]:
    """The parameters worth keeping of a raw query string; the last of a name counts. Nonsense gives nothing."""
    kept: dict[str, str] = {}
    for name, value in parse_qsl(query, errors="replace")[:MOST]:
        if name in PRESENT_ONLY:
            kept[name] = "present"
        elif name in KEPT:
            kept[name] = UNFILLED if "{{" in value else value.replace("\0", "")[:LONGEST]
    return kept
