"""All links of a workspace: searched, filtered, in order."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from portal import db
from portal.links.links import COLUMNS, SOURCE, STATE_SQL, LinkState, ShownLink, shown

PATH = "/app/links"
LONGEST_SEARCH = 100


class Sort(StrEnum):
    NEWEST = "newest"
    NAME = "name"
    CLICKS = "clicks"


ORDERS = {
    Sort.NEWEST: "l.created_at DESC, l.id",
    Sort.NAME: "lower(c.network_name), lower(c.placement_name), lower(l.label), lower(job.title), l.id",
}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows, and how: all of it stands in its address."""

    q: str = ""
    """Words that must all be found."""
    job: UUID | None = None
    campaign: UUID | None = None
    channel: str = ""
    """Network and placement."""
    state: str = ""
    """One of `LinkState`; empty: all but archived."""
    sort: Sort = Sort.NEWEST

    @property
    def query(self) -> dict[str, str]:
        """The parameters of its address; what is as usual is left out."""
        usual = View()
        return {name: str(value) for name, value in msgspec.structs.asdict(self).items() if value != getattr(usual, name)}

    @property
    def is_filtered(self) -> bool:
        return any(name != "sort" for name in self.query)

    def href(self, end: str = "", **changes: object) -> str:
        """The address of the same view with something changed; `end` names another page of it."""
        query = urlencode(msgspec.structs.replace(self, **changes).query)
        return f"{PATH}{end}?{query}" if query else f"{PATH}{end}"


def read_view(asked: Mapping[str, str]) -> View:
    """The view that an address asks for; nonsense in it counts as not there."""
    state, sort = asked.get("state", ""), asked.get("sort", "")
    return View(
        q=" ".join(asked.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH],
        job=_uuid(asked.get("job", "")),
        campaign=_uuid(asked.get("campaign", "")),
        channel=asked.get("channel", "").replace("\0", "")[:LONGEST_SEARCH],
        state=state if state in set(LinkState) else "",
        sort=Sort(sort) if sort in set(Sort) else Sort.NEWEST,
    )


async def find(
    workspace_id: UUID, view: View, *, now: datetime, clicks: Callable[[UUID, Sequence[UUID]], Awaitable[dict[UUID, int]]]
) -> list[UUID]:
    """The ids of all links that fit, in order. `clicks` is asked only where the order is by clicks."""
    condition = STATE_SQL[LinkState(view.state)] if view.state else "l.archived_at IS NULL"
    found = await db.rows(
        f"SELECT l.id FROM {SOURCE} WHERE l.workspace_id = $1 AND l.kind = 'channel' AND {condition} "
        "AND $2::timestamptz IS NOT NULL AND ($3::uuid IS NULL OR l.job_id = $3) AND ($4::uuid IS NULL OR l.campaign_id = $4) "
        "AND ($5 = '' OR c.network || '/' || c.placement = $5) "
        "AND NOT EXISTS (SELECT 1 FROM unnest($6::text[]) word WHERE strpos(lower(concat_ws(' ', l.slug, l.label, l.note, "
        "c.network_name, c.placement_name, job.title, campaign.name, l.target_url)), word) = 0) "
        f"ORDER BY {ORDERS.get(view.sort, ORDERS[Sort.NEWEST])}",
        workspace_id,
        now,
        view.job,
        view.campaign,
        view.channel,
        view.q.lower().split(),
    )
    ids = [row["id"] for row in found]
    if view.sort is not Sort.CLICKS:
        return ids
    counted = await clicks(workspace_id, ids)
    return sorted(ids, key=lambda link_id: -counted.get(link_id, 0))


async def fetch(workspace_id: UUID, link_ids: Sequence[UUID]) -> list[ShownLink]:
    """These links, in the order of `link_ids`; those that are not there are left out."""
    found = await db.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE l.workspace_id = $1 AND l.id = ANY($2) AND l.kind = 'channel'",
        workspace_id,
        list(link_ids),
    )
    by_id = {row["id"]: shown(row) for row in found}
    return [by_id[link_id] for link_id in link_ids if link_id in by_id]


async def used_channels(workspace_id: UUID) -> list[tuple[str, str]]:
    """Key and name of the channels that have a link, for choosing one."""
    found = await db.rows(
        "SELECT c.network || '/' || c.placement AS key, c.network_name || ' · ' || c.placement_name AS name FROM channel c "
        "WHERE c.workspace_id = $1 AND EXISTS (SELECT 1 FROM link l WHERE l.workspace_id = $1 AND l.channel_id = c.id) "
        "ORDER BY lower(c.network_name), lower(c.placement_name)",
        workspace_id,
    )
    return [(row["key"], row["name"]) for row in found]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
