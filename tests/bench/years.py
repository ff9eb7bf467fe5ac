"""A year of clicks, made in the database itself: so many of them, spread evenly over links and days, with the figures beside
them that such clicks give."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.access import Role, SignedIn
from portal.clicks import partitions
from portal.migrations import migrate
from portal.migrations.versions import portal_2026_11_23_sums
from tests.cast import NOW, add_channel, add_job, add_link, add_member, add_workspace, insert

LINKS, DAYS, PEOPLE = 1_000, 365, 20_000
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 "
    "Instagram 334.0.4.25.89 (iPhone14,5; iOS 17_5_1; en_GB; en-GB; scale=3.00; 1170x2532; 608720130)"
)
CLICKS = """
INSERT INTO click (id, at, day, mailed, workspace_id, link_id, outcome, verdict, reason, rules, method, app, device, system,
  language, referrer_host, user_agent, purpose, sec_fetch, parameters, visitor)
SELECT uuidv7(at - clock_timestamp()), at, (at AT TIME ZONE 'Europe/London')::date, false, $1, ($2::uuid[])[1 + n * 7919 % $3],
  'redirected', CASE WHEN n % 10 = 0 THEN 'preview' ELSE 'person' END, CASE WHEN n % 10 = 0 THEN 'link_preview' ELSE 'in_app' END,
  1, 'GET', 'Instagram', 'phone', 'iOS', 'en-gb', 'instagram.com', $4, '', 'none navigate - document',
  '{"utm_source": "ig", "fbclid": "present"}', decode(md5(n::text), 'hex')
FROM (SELECT n, $5::timestamptz + n * $6::interval AS at FROM generate_series($7::bigint, $8::bigint) n) taps
"""
LANDINGS = """
INSERT INTO landing (id, at, workspace_id, job_id, link_id, click_id, verdict)
SELECT uuidv7(click.at - clock_timestamp()), click.at + interval '2 s', click.workspace_id, link.job_id, click.link_id, click.id,
  'person' FROM click JOIN link ON link.id = click.link_id WHERE click.verdict = 'person' AND click.at >= $1 AND click.at < $2
"""
AT_ONCE = 100_000
SUMS = Path(portal_2026_11_23_sums.__file__).with_suffix(".sql")
BEFORE_SUMS = "-- What was counted before there were sums."
VALUES = (
    *(("verdict", "person", 90), ("verdict", "preview", 10), ("excluded", "preview:link_preview", 10)),
    *(
        ("visitor", "person", 80),
        ("landed", "person", 85),
        ("app", "Instagram", 60),
        ("app", "Facebook", 20),
        ("app", "Safari", 10),
    ),
    *(
        ("device", "phone", 80),
        ("device", "desktop", 10),
        ("system", "iOS", 50),
        ("system", "Android", 40),
        ("language", "en", 70),
    ),
    *(("language", "de", 20), ("referrer", "instagram.com", 60), ("referrer", "l.facebook.com", 20), ("referrer", "", 10)),
)
"""Dimension, value, and of a hundred clicks how many."""
DAILY = """
INSERT INTO click_daily (workspace_id, link_id, day, dimension, value, clicks)
SELECT $1, link_id, day, dimension, value, greatest(1, round($6 * share / 100)) FROM unnest($2::uuid[]) link_id,
  generate_series($3::date, $4::date, interval '1 day') day,
  unnest($5::text[], $7::text[], $8::float[]) AS of (dimension, value, share)
WHERE hashtext(link_id::text || day || dimension || value) & 65535 < 65536 * $6 * share / 100
"""
HOURLY = """
INSERT INTO click_hourly (workspace_id, link_id, hour, verdict, clicks)
SELECT $1, link_id, hour, verdict, greatest(1, round($5 * share)) FROM unnest($2::uuid[]) link_id,
  generate_series($3::timestamptz, $4::timestamptz - interval '1 hour', interval '1 hour') hour,
  (VALUES ('person', 0.9), ('preview', 0.1)) of (verdict, share)
WHERE hashtext(link_id::text || hour || verdict) & 65535 < 65536 * $5 * share
"""

PERSON = """
SELECT n, $4::timestamptz + n * $5::interval AS at, ($2::uuid[])[1 + n * 7 % array_length($2::uuid[], 1)] AS link_id,
  ($3::uuid[])[1 + n * 7 % array_length($3::uuid[], 1)] AS job_id, md5('person' || n)::uuid AS candidate_id,
  md5('application' || n)::uuid AS application_id, md5('link' || n)::uuid AS own_id, $1::uuid AS workspace_id, n % 2 = 1 AS done
FROM generate_series(0, $6::int - 1) n
"""
CANDIDATES = f"""
INSERT INTO candidate (id, workspace_id, name, email, language, timezone, metadata, created_at)
SELECT candidate_id, workspace_id, 'Person ' || n, 'person' || n || '@example.com', 'en', '', '{{}}', at FROM ({PERSON}) p
"""
APPLICATIONS = f"""
INSERT INTO application (id, workspace_id, job_id, candidate_id, stage, door, link_id, invite, answered, captured_at, started_at,
  completed_at, active_at, plan_stale, created_at)
SELECT application_id, workspace_id, job_id, candidate_id, CASE WHEN done THEN 'completed' ELSE 'started' END, 'landing', link_id,
  false, 3, at, at, CASE WHEN done THEN at END, at, false, at FROM ({PERSON}) p
"""
PERSONAL_LINKS = f"""
INSERT INTO link (id, workspace_id, kind, job_id, application_id, token_digest, token_version, label, target_url, note,
  card_title, card_text, created_at)
SELECT own_id, workspace_id, 'personal', job_id, application_id, sha256(own_id::text::bytea), 1, '', '', '', '', '', at
FROM ({PERSON}) p
"""


class Year(msgspec.Struct, frozen=True):
    """What was made. `url`: the database's."""

    url: str
    clicks: int
    workspace_id: UUID
    jobs: list[UUID]
    channels: list[UUID]
    campaign_id: UUID
    links: list[UUID]
    member: SignedIn


async def make(url: str, clicks: int, now: datetime) -> Year:
    """`clicks` of the year before `now`, into the empty database `url`."""
    await migrate(url)
    await db.open(url, max_size=1)
    year = await _cast(url, clicks)
    await db.run("SET synchronous_commit = off")
    began = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    await partitions.make({partitions.month_of(began + timedelta(days=n)) for n in range(DAYS + 62)})
    await _add_clicks(year, began, (now - began) / clicks)
    await _add_figures(year, began, now)
    await db.close()
    return year


async def _cast(url: str, clicks: int) -> Year:
    workspace_id = await add_workspace()
    member = await add_member(workspace_id, Role.ADMIN, "Mara Lind", "mara@northgate.example")
    jobs = [await add_job(workspace_id, title=f"Night nurse {n}", deadline_at=None) for n in range(10)]
    places = [{"code": f"c{n}", "placement": f"story-{n}", "placement_name": f"Story {n}"} for n in range(10)]
    channels = [await add_channel(workspace_id, **place) for place in places]
    campaign = {"name": "Spring nurses", "code": "spring-nurses", "notes": "", "created_at": NOW}
    campaign_id = await insert("campaign", workspace_id=workspace_id, **campaign)
    links = [
        await add_link(
            workspace_id, jobs[n % 10], channels[n // 10 % 10], f"bench-{n}", campaign_id=None if n % 20 else campaign_id
        )
        for n in range(LINKS)
    ]
    return Year(url, clicks, workspace_id, jobs, channels, campaign_id, links, member)


async def _add_clicks(year: Year, began: datetime, step: timedelta) -> None:
    for first in range(0, year.clicks, AT_ONCE):
        last = min(first + AT_ONCE, year.clicks) - 1
        await _run(CLICKS, year.workspace_id, year.links, LINKS, AGENT, began, step, first, last)
        await _run(LANDINGS, began + first * step, began + (last + 1) * step)


async def _add_figures(year: Year, began: datetime, now: datetime) -> None:
    a_day = year.clicks / LINKS / DAYS
    dimensions, values, shares = (list(column) for column in zip(*VALUES, strict=True))
    for table in ("click_daily", "click_hourly"):  # the sums beside them come in one go
        await _run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await _run(DAILY, year.workspace_id, year.links, began.date(), now.date(), dimensions, a_day, values, shares)
    await _run(HOURLY, year.workspace_id, year.links, began, now, a_day / 24)
    await _run("ANALYZE")
    async with db.connection() as connection:
        await connection.execute(SUMS.read_text().partition(BEFORE_SUMS)[2], timeout=600)
    for table in ("click_daily", "click_hourly"):
        await _run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    await _add_people(year, began, now)
    await _run("VACUUM ANALYZE")


async def _add_people(year: Year, began: datetime, now: datetime) -> None:
    """Half of them finish."""
    args = year.workspace_id, year.links, year.jobs, began, (now - began) / PEOPLE, PEOPLE
    for sql in (CANDIDATES, APPLICATIONS, PERSONAL_LINKS):
        await _run(sql, *args)


async def _run(sql: str, *args: object) -> None:
    """Pages have half a minute for a question; this has ten."""
    async with db.connection() as connection:
        await connection.execute(sql, *args, timeout=600)
