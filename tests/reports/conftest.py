"""Forty days at Northgate Care: taps of every kind, people at every stage, nudges that worked and others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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


@dataclass
class World:
    """What was put there. The clicks of it went through the journal, as real ones do."""

    workspace_id: UUID
    jobs: list[UUID]
    links: list[UUID]
    """Channel links: two of one channel at the first job, one of another, one at the second job."""


def hit(link_id: UUID, at: datetime, **changes: object) -> Hit:
    plain: dict[str, object] = {"outcome": "redirected", "method": "GET", "user_agent": PHONE, "visitor": b"somebody"}
    return Hit(id=db.new_id(), at=at, kind=Kind.CLICK.value, link_id=link_id, **(plain | changes))  # type: ignore[arg-type]


def landing(click: Hit) -> Hit:
    return Hit(id=db.new_id(), at=click.at + timedelta(seconds=2), kind=Kind.LANDING.value, click_id=click.id)


async def record(hits: Sequence[Hit]) -> None:
    """Into the journal, and from there into clicks and rollups."""
    marks = ", ".join(f"${n}" for n in range(1, 1 + len(COLUMNS)))
    sql = f"INSERT INTO click_journal ({', '.join(COLUMNS)}) VALUES ({marks})"
    await db.run_many(sql, [[getattr(one, name) for name in COLUMNS] for one in hits])
    while await ingest_batch(NOW):
        pass


@pytest.fixture
async def world(northgate: Northgate) -> World:
    dice = Random(7)
    jobs = [northgate.job_id, await add_job(northgate.id, title="Day porter", slug="day-porter")]
    story = await add_channel(northgate.id)
    names = {"network": "facebook", "placement": "ad", "network_name": "Facebook", "placement_name": "Ad", "code": "fb-ad"}
    advert = await add_channel(northgate.id, **names)
    links = [
        await add_link(northgate.id, jobs[0], story, "nurse-story"),
        await add_link(northgate.id, jobs[0], story, "nurse-story-b", label="B"),
        await add_link(northgate.id, jobs[0], advert, "nurse-ad"),
        await add_link(northgate.id, jobs[1], advert, "porter-ad"),
    ]
    hits = [one for _ in range(300) for one in _tap(dice, dice.choice(links))]
    for number in range(60):
        hits += await _person(dice, northgate.id, jobs, links, number)
    await record(hits)
    return World(northgate.id, jobs, links)


def _when(dice: Random) -> datetime:
    """In the last forty days; often near midnight, and near the change of the clocks."""
    day = NOW.replace(hour=0, minute=0) - timedelta(days=dice.randrange(1, 41))
    return day + timedelta(minutes=dice.choice([dice.randrange(1440), dice.randrange(-70, 70)]))


def _tap(dice: Random, link_id: UUID) -> list[Hit]:
    agent = dice.choices(list(AGENTS), list(AGENTS.values()))[0]
    extra: dict[str, object] = dice.choice([{}, {}, {}, {}, {"purpose": "prefetch"}, {"staff": True}, {"method": "HEAD"}])
    tap = hit(link_id, _when(dice), user_agent=agent, visitor=bytes([dice.randrange(9)]), **extra)
    return [tap, landing(tap)] if dice.random() < 0.8 else [tap]


async def _person(dice: Random, workspace_id: UUID, jobs: list[UUID], links: list[UUID], number: int) -> list[Hit]:
    arrived = _when(dice)
    steps = dice.randrange(3)
    link_id, door = dice.choice([(dice.choice(links), "landing"), (None, "landing"), (None, "form"), (None, "api")])
    started = arrived + timedelta(hours=1) if steps else None
    completed = arrived + timedelta(hours=dice.choice([2, 30, 80])) if steps > 1 else None
    application_id = await add_application(
        workspace_id,
        jobs[1] if link_id == links[3] else jobs[0],
        await add_candidate(workspace_id, f"Person {number}", f"person{number}@example.com"),
        stage="completed" if completed else "started" if started else "captured" if door == "landing" else "invited",
        door=door,
        link_id=link_id,
        invited_at=None if door == "landing" else arrived,
        captured_at=arrived if door == "landing" else None,
        started_at=started,
        completed_at=completed,
        created_at=arrived,
    )
    return await _nudge(dice, workspace_id, application_id, arrived)


async def _nudge(dice: Random, workspace_id: UUID, application_id: UUID, arrived: datetime) -> list[Hit]:
    """A message with a link of its own; and who tapped it, if anybody did."""
    job_id = await db.value("SELECT job_id FROM application WHERE id = $1", application_id)
    link_id = await new_personal_link(workspace_id=workspace_id, job_id=job_id, application_id=application_id, now=arrived)
    sent = arrived + timedelta(hours=dice.choice([1, 24]))
    await add_message(
        workspace_id, application_id, link_id, sent, track=dice.choice(["unfinished", "never_started", "invite", "manual"])
    )
    by = dice.choice([{}, {}, {"user_agent": "Barracuda Sentinel"}, None])
    return [] if by is None else [hit(link_id, sent + timedelta(minutes=30), **by)]


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
