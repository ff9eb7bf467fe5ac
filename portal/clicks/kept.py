"""A hit as it is kept: judged, described, and with whose it is."""

from collections.abc import Collection, Sequence
from datetime import UTC, date
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portal import db
from portal.clicks import agents
from portal.clicks.hits import Hit
from portal.clicks.parameters import parameters
from portal.clicks.rollups import Counted
from portal.clicks.scanners import MAIL_NETWORKS, Near
from portal.clicks.verdicts import OPEN, RULES, Judgement, judge


class Home(msgspec.Struct, frozen=True):
    """Whose link it is."""

    workspace_id: UUID
    zone: ZoneInfo
    mailed: bool
    """The link travels by mail, where scanners are."""


async def homes(link_ids: Collection[UUID]) -> dict[UUID | None, Home]:
    """Of those links that are still there."""
    found = await db.rows(
        "SELECT link.id, link.workspace_id, workspace.timezone, "
        "link.kind = 'personal' OR coalesce(channel.network = ANY($2::text[]), false) AS mailed "
        "FROM link JOIN workspace ON workspace.id = link.workspace_id LEFT JOIN channel ON channel.id = link.channel_id "
        "WHERE link.id = ANY($1::uuid[])",
        list(link_ids),
        MAIL_NETWORKS,
    )
    return {row["id"]: Home(row["workspace_id"], ZoneInfo(row["timezone"]), row["mailed"]) for row in found}


class Kept(msgspec.Struct, frozen=True):
    """A click on its way into the table."""

    hit: Hit
    home: Home
    counted: Counted

    @property
    def near(self) -> Near | None:
        """As its neighbours see it; None if they can say nothing about it."""
        hit, counted = self.hit, self.counted
        if not self.home.mailed or hit.visitor is None or counted.reason not in OPEN:
            return None
        return Near(hit.id, hit.at, counted.link_id, hit.visitor, hit.method, counted.device)

    def judged(self, judgement: Judgement) -> "Kept":
        """The same click with another verdict."""
        verdict, reason = judgement
        return Kept(self.hit, self.home, msgspec.structs.replace(self.counted, verdict=verdict, reason=reason.value))

    def row(self) -> tuple[object, ...]:
        """In the order of `CLICK_COLUMNS`."""
        c, hit = self.counted, self.hit
        return (
            *(c.id, c.at, c.day, c.workspace_id, c.link_id, self.home.mailed, c.outcome, c.verdict.value, c.reason, RULES),
            *(hit.method, c.app, c.device, c.system, c.language, c.referrer_host, hit.user_agent, hit.purpose, hit.sec_fetch),
            *(msgspec.json.encode(parameters(hit.query)).decode(), c.visitor),
        )


CLICK_COLUMNS = {
    "id": "uuid",
    "at": "timestamptz",
    "day": "date",
    "workspace_id": "uuid",
    "link_id": "uuid",
    "mailed": "bool",
    "outcome": "text",
    "verdict": "text",
    "reason": "text",
    "rules": "int",
    "method": "text",
    "app": "text",
    "device": "text",
    "system": "text",
    "language": "text",
    "referrer_host": "text",
    "user_agent": "text",
    "purpose": "text",
    "sec_fetch": "text",
    "parameters": "jsonb",
    "visitor": "bytea",
}


def keep(hit: Hit, link_id: UUID, home: Home) -> Kept:
    """`hit` judged by itself. Its day is the workspace's as of now, and stays so if the workspace moves."""
    verdict, reason = judge(hit, mailed=home.mailed)
    said = agents.describe(hit.user_agent)
    counted = Counted(
        id=hit.id,
        workspace_id=home.workspace_id,
        link_id=link_id,
        at=hit.at.astimezone(UTC),
        day=_day(hit, home),
        verdict=verdict,
        reason=reason.value,
        outcome=hit.outcome,
        app=said.app,
        device=said.device,
        system=said.system,
        language=hit.language,
        referrer_host=hit.referrer_host,
        visitor=hit.visitor,
    )
    return Kept(hit, home, counted)


async def insert(clicks: Sequence[Kept]) -> list[Counted]:
    """Those that were not there before. In the order of their ids: two workers that hold the same click wait, not ring."""
    ordered = sorted(clicks, key=lambda click: click.hit.id)
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(CLICK_COLUMNS.values(), start=1))
    found = await db.rows(
        f"INSERT INTO click ({', '.join(CLICK_COLUMNS)}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING RETURNING id",
        *(list(column) for column in zip(*(click.row() for click in ordered), strict=True)),
    )
    by_id = {click.hit.id: click.counted for click in ordered}
    return [by_id[row["id"]] for row in found]


def _day(hit: Hit, home: Home) -> date:
    return hit.at.astimezone(home.zone).date()
