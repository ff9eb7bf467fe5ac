"""A year of clicks, made in the database itself: so many of them, spread evenly over links and days, with the figures beside
them that such clicks give."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.access import Role, SignedIn
from portal.clicks import partitions
from portal.migrations import migrate
from tests.cast import add_application, add_candidate, add_channel, add_job, add_link, add_member, add_workspace

LINKS, DAYS, PEOPLE = 200, 365, 2_000
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
  generate_series($3::date - $4::int, $3::date, interval '1 day') day,
  unnest($5::text[], $7::text[], $8::float[]) AS of (dimension, value, share)
WHERE hashtext(link_id::text || day || dimension || value) & 65535 < 65536 * $6 * share / 100
"""
HOURLY = """
INSERT INTO click_hourly (workspace_id, link_id, hour, verdict, clicks)
SELECT $1, link_id, hour, verdict, greatest(1, round($5 * share)) FROM unnest($2::uuid[]) link_id,
  generate_series($3::timestamptz, $4::timestamptz, interval '1 hour') hour,
  (VALUES ('person', 0.9), ('preview', 0.1)) of (verdict, share)
WHERE hashtext(link_id::text || hour || verdict) & 65535 < 65536 * $5 * share
"""


class Year(msgspec.Struct, frozen=True):
    """What was made. `url`: the database's."""

    url: str
    clicks: int
    workspace_id: UUID
    jobs: list[UUID]
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
    links = [await add_link(workspace_id, jobs[n % 10], channels[n // 10 % 10], f"bench-{n}") for n in range(LINKS)]
    return Year(url, clicks, workspace_id, jobs, links, member)


async def _add_clicks(year: Year, began: datetime, step: timedelta) -> None:
    for first in range(0, year.clicks, AT_ONCE):
        last = min(first + AT_ONCE, year.clicks) - 1
        await _run(CLICKS, year.workspace_id, year.links, LINKS, AGENT, began, step, first, last)
        await _run(LANDINGS, began + first * step, began + (last + 1) * step)


async def _add_figures(year: Year, began: datetime, now: datetime) -> None:
    a_day = year.clicks / LINKS / DAYS
    dimensions, values, shares = (list(column) for column in zip(*VALUES, strict=True))
    await _run(DAILY, year.workspace_id, year.links, now.date(), DAYS, dimensions, a_day, values, shares)
    await _run(HOURLY, year.workspace_id, year.links, began, now, a_day / 24)
    for n in range(PEOPLE):
        at = began + (now - began) * n / PEOPLE
        candidate_id = await add_candidate(year.workspace_id, f"Person {n}", f"person{n}@example.com")
        link_id, job_id = year.links[n % LINKS], year.jobs[n % 10]
        steps = {"started_at": at} | ({"completed_at": at, "stage": "completed"} if n % 2 else {"stage": "started"})
        await add_application(year.workspace_id, job_id, candidate_id, link_id=link_id, created_at=at, captured_at=at, **steps)
    await _run("VACUUM ANALYZE")


async def _run(sql: str, *args: object) -> None:
    """Pages have half a minute for a question; this has ten."""
    async with db.connection() as connection:
        await connection.execute(sql, *args, timeout=600)
