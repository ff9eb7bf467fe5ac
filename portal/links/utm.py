"""UTM words: what a link says of itself to a website that is not ours.

They are derived from channel and campaign by the workspace's words, so that nobody spells "Instagram" in two ways. Our own
pages need none: they know the link.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode, urlsplit, urlunsplit
from uuid import UUID

import msgspec
from slugify import slugify

from portal import changes, db
from portal.web.forms import Form
from portal.web.missing import Missing

DEFAULT = {
    "utm_source": "{network}",
    "utm_medium": "{placement}",
    "utm_campaign": "{campaign}",
    "utm_content": "{label}",
    "utm_term": "",
}
PLACEHOLDERS = {
    "network": "such as instagram",
    "placement": "such as story",
    "channel": "both in short, such as ig-story",
    "campaign": "the campaign's word",
    "job": "the job's title",
    "label": "the link's name, such as that of an ad",
    "slug": "the end of the short address",
}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
LONGEST = 100

META = (
    "campaign={{campaign.name}}&adset={{adset.name}}&ad={{ad.name}}&placement={{placement}}&site_source_name={{site_source_name}}"
)
"""For the field "URL parameters" of an ad on Facebook or Instagram: Meta fills in the names, and figures show them."""
META_NETWORKS = ("facebook", "instagram")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a link, by the names of the placeholders."""

    network: str
    placement: str
    channel: str
    """The channel's code."""
    campaign: str = ""
    """The campaign's code."""
    job: str = ""
    label: str = ""
    slug: str = ""


class Words(msgspec.Struct, frozen=True):
    """A workspace's words by parameter. Locked: they also replace what the address of a target says itself."""

    words: dict[str, str]
    locked: bool


def parameters(words: Mapping[str, str], of: Facts) -> dict[str, str]:
    """The words of one link, in small letters, digits and hyphens; those that come out empty are left away."""
    facts = msgspec.structs.asdict(of)
    filled = {name: PLACEHOLDER.sub(lambda found: facts.get(found[1], ""), words.get(name, "")) for name in DEFAULT}
    return {name: word for name, text in filled.items() if (word := slugify(text))}


def tagged(url: str, words: Mapping[str, str], *, locked: bool = False) -> str:
    """`url` with `words` added to its query. What it says itself stays; if `locked`, its own ``utm_`` parameters give way."""
    parts = urlsplit(url)
    own = [pair for pair in parts.query.split("&") if pair and not (locked and _name(pair).startswith("utm_"))]
    said = {_name(pair) for pair in own}
    added = urlencode({name: word for name, word in words.items() if name not in said})
    return urlunsplit(parts._replace(query="&".join([*own, added] if added else own)))


def location(target_url: str, words: Words, of: Facts) -> str:
    """Where a link leads on another website; empty if it leads to a page of ours."""
    if not target_url.startswith(("https://", "http://")):
        return ""
    return tagged(target_url, parameters(words.words, of), locked=words.locked)


def stored(words: Mapping[str, str], *, locked: bool) -> Words:
    """As the workspace's row has them: none means those that everybody starts with."""
    return Words({name: words.get(name, "") for name in DEFAULT} if words else dict(DEFAULT), locked)


async def words_of(workspace_id: UUID) -> Words:
    """Raises `Missing`."""
    found = await db.row("SELECT utm_words, utm_locked FROM workspace WHERE id = $1", workspace_id)
    if found is None:
        raise Missing("workspace")
    return stored(found["utm_words"], locked=found["utm_locked"])


async def save_words(workspace_id: UUID, words: Words) -> None:
    """For all links of the workspace, old and new: where they lead changes at once."""
    await db.run("UPDATE workspace SET utm_words = $2, utm_locked = $3 WHERE id = $1", workspace_id, words.words, words.locked)
    outward = "SELECT id FROM link WHERE workspace_id = $1 AND kind = 'channel' AND target_url <> '' AND archived_at IS NULL"
    for row in await db.rows(outward, workspace_id):
        await changes.link_changed(row["id"])


def read_words(form: Form) -> Words:
    """Raises `Invalid`."""
    words = {name: form.text(name, longest=LONGEST) for name in DEFAULT}
    for name, text in words.items():
        if fault := _fault(text):
            form.wrong(name, fault)
    form.check()
    return Words(words, form.checked("locked"))


def is_meta_ad(network: str, placement: str) -> bool:
    return network in META_NETWORKS and placement == "ad"


def _fault(text: str) -> str:
    unknown = [name for name in PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        return f"{{{unknown[0]}}} is not known. Use {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}, or plain words."
    if set(PLACEHOLDER.sub("", text)) & set("{}"):
        return "Each { needs its }, with one of the names below between them."
    return ""


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0]).lower()
