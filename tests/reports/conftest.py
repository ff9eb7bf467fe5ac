"""Forty days at Northgate Care: taps of every kind, people at every stage, nudges that worked and others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from portal import db
from portal.clicks.hits import COLUMNS, Hit, Kind
from portal.clicks.ingest import ingest_batch
from portal.links.personal import new_personal_link
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_job, add_link, insert

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 Instagram 9"
AGENTS = {
    PHONE: 12,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36": 4,
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": 3,
    "curl/8.5.0": 1,
    "": 1,
}
ZONES = ["", "", "Europe/London", "Europe/Warsaw"]


@dataclass
class World:
    """What was put there. The clicks of it went through the journal, as real ones do."""

    workspace_id: UUID
    jobs: list[UUID]
    links: list[UUID]
    """Channel links: two of one channel at the first job, one of another, one at the second job."""
    channels: list[UUID]
    campaigns: list[UUID]
    """The first has the links of the second channel, at both jobs; the other has the second link and no end."""


def hit(link_id: UUID, at: datetime, **changes: object) -> Hit:
    plain: dict[str, object] = {"outcome": "redirected", "method": "GET", "user_agent": PHONE, "visitor": b"somebody"}
    return Hit(id=id_at(at), at=at, kind=Kind.CLICK.value, link_id=link_id, **(plain | changes))  # type: ignore[arg-type]


def id_at(at: datetime) -> UUID:
    """An id that says when it was made, as those of real clicks do (UUID version 7)."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (db.new_id().int & ((1 << 80) - 1)))


def landing(click: Hit) -> Hit:
    return Hit(id=db.new_id(), at=click.at + timedelta(seconds=2), kind=Kind.LANDING.value, click_id=click.id)


async def write(hits: Sequence[Hit]) -> None:
    """Into the journal."""
    marks = ", ".join(f"${n}" for n in range(1, 1 + len(COLUMNS)))
    sql = f"INSERT INTO click_journal ({', '.join(COLUMNS)}) VALUES ({marks})"
    await db.run_many(sql, [[getattr(one, name) for name in COLUMNS] for one in hits])


async def record(hits: Sequence[Hit]) -> None:
    """Into the journal, and from there into clicks and rollups."""
    await write(hits)
    while await ingest_batch(NOW):
        pass


@pytest.fixture
async def world(northgate: Northgate) -> World:
    dice = Random(7)
    jobs = [northgate.job_id, await add_job(northgate.id, title="Day porter", slug="day-porter")]
    story = await add_channel(northgate.id)
    names = {"network": "facebook", "placement": "ad", "network_name": "Facebook", "placement_name": "Ad", "code": "fb-ad"}
    advert = await add_channel(northgate.id, **names)
    campaigns = await _campaigns(northgate.id, story, advert)
    links = [
        await add_link(northgate.id, jobs[0], story, "nurse-story"),
        await add_link(northgate.id, jobs[0], story, "nurse-story-b", label="B", campaign_id=campaigns[1]),
        await add_link(northgate.id, jobs[0], advert, "nurse-ad", campaign_id=campaigns[0]),
        await add_link(northgate.id, jobs[1], advert, "porter-ad", campaign_id=campaigns[0]),
    ]
    hits = [one for _ in range(300) for one in _tap(dice, dice.choice(links))]
    for number in range(100):
        hits += await _person(dice, northgate.id, jobs, links, number)
    await record(hits)
    return World(northgate.id, jobs, links, [story, advert], campaigns)


async def _campaigns(workspace_id: UUID, story: UUID, advert: UUID) -> list[UUID]:
    """One that ran for thirty days and ended, one that runs on."""
    made = []
    for name, channel_id, first, last, amount in (("Autumn", advert, 50, 21, "620.00"), ("Stories", story, 20, None, "99.90")):
        days = {"starts_on": NOW.date() - timedelta(days=first), "ends_on": NOW.date() - timedelta(days=last) if last else None}
        plain = {"workspace_id": workspace_id, "notes": "", "created_at": NOW - timedelta(days=55)}
        campaign_id = await insert("campaign", name=name, code=name.lower(), **plain, **days)
        budget = {"campaign_id": campaign_id, "channel_id": channel_id, "amount": Decimal(amount), "currency": "GBP"}
        await insert("campaign_budget", workspace_id=workspace_id, **budget)
        made.append(campaign_id)
    return made


def _when(dice: Random) -> datetime:
    """In the last forty days; often near midnight, and near the change of the clocks."""
    day = NOW.replace(hour=0, minute=0) - timedelta(days=dice.randrange(1, 41))
    return day + timedelta(minutes=dice.choice([dice.randrange(1440), dice.randrange(-70, 70)]))


def _tap(dice: Random, link_id: UUID) -> list[Hit]:
    agent = dice.choices(list(AGENTS), list(AGENTS.values()))[0]
    extra: dict[str, object] = dice.choice([{}, {}, {}, {}, {"purpose": "prefetch"}, {"staff": True}, {"method": "HEAD"}])
    said = {"language": dice.choice(["en-gb", "en", "pl-pl", ""]), "referrer_host": dice.choice(["", "l.instagram.com"])}
    tap = hit(link_id, _when(dice), user_agent=agent, visitor=bytes([dice.randrange(9)]), **said, **extra)
    return [tap, landing(tap)] if dice.random() < 0.8 else [tap]


async def _person(dice: Random, workspace_id: UUID, jobs: list[UUID], links: list[UUID], number: int) -> list[Hit]:
    arrived = _when(dice)
    steps = dice.randrange(3)
    by_link = (dice.choice(links), "landing")
    link_id, door = dice.choice([by_link, by_link, by_link, (None, "landing"), (None, "form"), (None, "api")])
    tap = [hit(link_id, arrived - timedelta(seconds=dice.randrange(9, 400)), user_agent=_browser(dice))] if link_id else []
    started = arrived + timedelta(minutes=dice.randrange(1, 90)) if steps else None
    completed = arrived + timedelta(hours=dice.choice([2, 30, 80])) if steps > 1 else None
    application_id = await add_application(
        workspace_id,
        jobs[1] if link_id == links[3] else jobs[0],
        await add_candidate(workspace_id, f"Person {number}", f"person{number}@example.com", timezone=dice.choice(ZONES)),
        stage="completed" if completed else "started" if started else "captured" if door == "landing" else "invited",
        door=door,
        link_id=link_id,
        click_id=tap[0].id if tap else None,
        invited_at=None if door == "landing" else arrived,
        captured_at=arrived if door == "landing" else None,
        started_at=started,
        completed_at=completed,
        created_at=arrived,
    )
    return [*tap, *([landing(tap[0])] if tap else []), *await _nudge(dice, workspace_id, application_id, arrived)]


def _browser(dice: Random) -> str:
    return dice.choice(list(AGENTS)[:2])


async def _nudge(dice: Random, workspace_id: UUID, application_id: UUID, arrived: datetime) -> list[Hit]:
    """A message with a link of its own; and who tapped it, if anybody did."""
    job_id = await db.value("SELECT job_id FROM application WHERE id = $1", application_id)
    link_id = await new_personal_link(workspace_id=workspace_id, job_id=job_id, application_id=application_id, now=arrived)
    sent = arrived + timedelta(hours=dice.choice([1, 24]))
    await add_message(
        workspace_id, application_id, link_id, sent, track=dice.choice(["unfinished", "never_started", "invite", "manual"])
    )
    tapped: list[dict[str, object] | None] = [{}, {}, {"user_agent": "Barracuda Sentinel"}, None]
    by = dice.choice(tapped)
    taps = [hit(link_id, sent + timedelta(minutes=30), **by)] if by is not None else []
    own: UUID = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    return [*taps, *([hit(own, sent + timedelta(minutes=dice.choice([20, 40])))] if dice.random() < 0.3 else [])]


async def add_message(workspace_id: UUID, application_id: UUID, link_id: UUID, sent: datetime, *, track: str) -> UUID:
    empty = ("to_address", "subject", "body_text", "body_html", "provider", "provider_id", "error", "reason_code")
    return await insert(
        "message",
        workspace_id=workspace_id,
        application_id=application_id,
        step_key=f"{track}-1",
        track=track,
        channel="email",
        state="sent",
        reason="Because.",
        due_at=sent,
        attempts=1,
        link_id=link_id,
        handed_over_at=sent.astimezone(UTC),
        sent_at=sent,
        created_at=sent,
        **dict.fromkeys(empty, ""),
    )
