"""Taps that led nowhere: addresses that nobody made, and links that ended but are tapped still.

A hit on an address that nobody made belongs to no workspace. Each sees only those that resemble one of its own slugs: what was
meant for somebody else is nobody's business here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from portal import db
from portal.links import links, making, slugs
from portal.links.links import LONGEST_LABEL
from portal.links.making import WantedLink
from portal.web.forms import Invalid

LOOKED_BACK = timedelta(days=30)
MOST = 1000
"""Unknown addresses that are compared: those hit most often."""
ALIKE = 80
"""Of 100: how near an address must be to be taken for a typo."""
SLIPS = 2
"""Letters wrong, missing, added or swapped that a short one may have."""
ENDED = ("expired", "archived", "paused", "closed", "not_open", "not_started")
"""Outcomes of taps on links that are there and lead nowhere."""


class Near(msgspec.Struct, frozen=True):
    """A link that was probably meant."""

    link_id: UUID
    slug: str
    name: str


class Orphan(msgspec.Struct, frozen=True):
    """An address that nobody made."""

    slug: str
    hits: int
    last_at: datetime
    near: Near
    can_be_made: bool


class Ended(msgspec.Struct, frozen=True):
    """A link that leads nowhere, with the taps of people in the last 30 days."""

    link_id: UUID
    slug: str
    name: str
    outcome: str
    hits: int
    last_at: datetime


async def orphans(workspace_id: UUID, now: datetime) -> list[Orphan]:
    """Of the last 30 days, those hit most often first."""
    found = await db.rows(
        "SELECT o.slug, sum(o.hits)::bigint AS hits, max(o.last_at) AS last_at FROM orphan_hit o "
        "WHERE o.day >= $1 AND o.slug <> '' AND NOT EXISTS (SELECT 1 FROM link WHERE link.slug = o.slug) "
        "GROUP BY o.slug ORDER BY 2 DESC, 3 DESC, 1 LIMIT $2",
        (now - LOOKED_BACK).date(),
        MOST,
    )
    own = await _own(workspace_id) if found else {}
    made = [(row, nearest(row["slug"], list(own))) for row in found]
    return [
        Orphan(row["slug"], row["hits"], row["last_at"], own[near], slugs.fault_of(row["slug"]) is None)
        for row, near in made
        if near
    ]


async def ended(workspace_id: UUID, now: datetime) -> list[Ended]:
    """Those tapped most often first. Counted by what people were answered, so the same link may stand here twice."""
    found = await db.rows(
        "SELECT k.link_id, k.outcome, count(*) AS hits, max(k.at) AS last_at FROM click k "
        "WHERE k.workspace_id = $1 AND k.day >= $4 AND k.at >= $2 AND k.verdict = 'person' AND k.outcome = ANY($3::text[]) "
        "GROUP BY 1, 2 ORDER BY 3 DESC, 4 DESC LIMIT 200",
        workspace_id,
        now - LOOKED_BACK,
        list(ENDED),
        (now - LOOKED_BACK).date() - timedelta(days=1),
    )
    own = {near.link_id: near for near in (await _own(workspace_id)).values()}
    return [
        Ended(row["link_id"], own[row["link_id"]].slug, own[row["link_id"]].name, row["outcome"], row["hits"], row["last_at"])
        for row in found
        if row["link_id"] in own
    ]


async def make_orphan(workspace_id: UUID, slug: str, like: UUID, *, member_id: UUID, now: datetime) -> UUID:
    """A link at the address that people tap, beside the one that was meant and leading to the same; its id. What was tapped
    before stays uncounted. Raises `Missing`, and `Invalid` when the address can't be used."""
    meant = await links.get_link(workspace_id, like)
    checked = slugs.check_slug(slug)
    if nearest(checked, [meant.slug]) is None:
        raise Invalid({"slug": "This address is not like that of any link of yours."})
    wanted = WantedLink(
        job_id=meant.job_id,
        channel=meant.channel,
        slug=checked,
        label=" · ".join(part for part in (meant.label[:20].strip(), f"typed /{checked}") if part)[:LONGEST_LABEL],
        campaign_id=meant.campaign_id,
        target_url=meant.target_url,
        slug_field="slug",
    )
    made = await making.make_links(workspace_id, [wanted], member_id=member_id, now=now)
    return made[0].link_id


def nearest(slug: str, own: Sequence[str]) -> str | None:
    """The one of `own` that `slug` was probably meant to be: a slip or two away (Damerau and Levenshtein's distance), or for
    longer ones much the same as a whole."""
    slips = min(SLIPS, max(len(slug) // 4, 1))
    if slip := process.extractOne(slug, own, scorer=OSA.distance, score_cutoff=slips):
        return str(slip[0])
    alike = process.extractOne(slug, own, scorer=fuzz.ratio, score_cutoff=ALIKE) if len(slug) >= 8 else None
    return str(alike[0]) if alike else None


async def _own(workspace_id: UUID) -> dict[str, Near]:
    """All channel links, archived ones too, by slug."""
    found = await db.rows(
        "SELECT l.id, l.slug, concat_ws(' · ', c.network_name, c.placement_name, nullif(l.label, '')) AS name "
        "FROM link l JOIN channel c ON c.id = l.channel_id WHERE l.workspace_id = $1 AND l.kind = 'channel'",
        workspace_id,
    )
    return {row["slug"]: Near(row["id"], row["slug"], row["name"]) for row in found}
