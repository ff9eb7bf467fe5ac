"""A year of clicks, made in the database itself: so many of them, spread evenly over links and days, and the people whom they
brought. Figures are counted from them, as `portal rebuild-figures` would; then the clock has been here.

Whatever slows loading down (indexes, triggers, foreign keys) waits until everything is there.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from portal import db
from portal.accounts.access import Role, SignedIn
from portal.clicks import partitions
from portal.migrations import migrate
from portal.migrations.versions import portal_2026_11_23_sums
from portal.reports.kept import came, click_folds, person_folds, totals, touches
from tests.cast import NOW, add_channel, add_job, add_link, add_member, add_workspace, insert

LINKS, DAYS, PEOPLE = 1_000, 365, 20_000
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 "
    "Instagram 334.0.4.25.89 (iPhone14,5; iOS 17_5_1; en_GB; en-GB; scale=3.00; 1170x2532; 608720130)"
)
CLICKS = """
INSERT INTO click (id, at, day, mailed, workspace_id, link_id, outcome, verdict, reason, rules, method, app, device, system,
  language, referrer_host, user_agent, purpose, sec_fetch, parameters, visitor)
SELECT uuidv7(at - clock_timestamp()), at, (at AT TIME ZONE 'Europe/London')::date, false, $1, ($2::uuid[])[1 + place],
  'redirected', split_part(judged, ':', 1), split_part(judged, ':', 2), 1, 'GET', split_part(came, ':', 1),
  CASE WHEN b < 860 THEN 'phone' WHEN b < 910 THEN 'tablet' ELSE 'desktop' END,
  CASE WHEN b < 500 THEN 'iOS' WHEN b < 910 THEN 'Android' WHEN b < 980 THEN 'Windows' ELSE 'Mac OS X' END,
  (ARRAY['en-gb', 'en-gb', 'en-gb', 'en-gb', 'en-gb', 'en-gb', 'en-us', 'en-us', 'pl-pl', 'ro-ro', 'pt-pt', 'es-es', 'hi-in',
    'tl-ph', 'it-it', ''])[1 + c % 16],
  split_part(came, ':', 2), $4, '', 'none navigate - document', '{"utm_source": "ig", "fbclid": "present"}',
  int8send(hashint8extended(n / 20, 1))
FROM (
  SELECT *, CASE
    WHEN a >= 120 THEN 'person:in_app' WHEN a < 80 THEN 'preview:link_preview' WHEN a < 100 THEN 'bot:library'
    WHEN a < 110 THEN 'prefetch:prefetch' ELSE 'staff:member' END AS judged,
  CASE
    WHEN d < 60 THEN 'Chrome:' WHEN d < 100 THEN 'Safari:' WHEN d < 130 THEN 'Samsung Internet:'
    ELSE (ARRAY['Instagram:l.instagram.com', 'Instagram:instagram.com', 'Instagram:', 'Instagram:l.instagram.com',
      'Facebook:l.facebook.com', 'Facebook:m.facebook.com', 'LinkedIn:linkedin.com', 'WhatsApp:', 'Safari:',
      'Chrome:jobs.example'])[1 + place / 10 % 10] END AS came
  FROM (
    SELECT n, $5::timestamptz + n * $6::interval AS at, n * 7919 % $3 AS place, (hash & 1023) * 1000 / 1024 AS a,
      (hash >> 10 & 1023) * 1000 / 1024 AS b, hash >> 20 & 1023 AS c, (hash >> 30 & 1023) * 1000 / 1024 AS d
    FROM generate_series($7::bigint, $8::bigint) n, LATERAL (SELECT hashint8extended(n, 0) AS hash) h
  ) dice
) taps
"""
"""Of a thousand clicks 880 are people's, who come by the app of the link's channel, or by a browser."""
LANDINGS = """
INSERT INTO landing (id, at, workspace_id, job_id, link_id, click_id, verdict)
SELECT uuidv7(click.at - clock_timestamp()), click.at + interval '2 s', click.workspace_id, link.job_id, click.link_id, click.id,
  'person' FROM click JOIN link ON link.id = click.link_id
WHERE click.verdict = 'person' AND uuid_hash(click.id) & 7 <> 0
"""
AT_ONCE = 500_000
PERSONS = ("app", "device", "system", "split_part(language, '-', 1) AS language", "referrer_host AS referrer")
DAILY = f"""
INSERT INTO click_daily (workspace_id, link_id, day, dimension, value, clicks)
WITH c AS MATERIALIZED (
  SELECT c.id, c.workspace_id, c.link_id, c.day, verdict, reason, visitor, {", ".join(PERSONS)} FROM click c
  WHERE c.day BETWEEN $1 AND $2 AND c.at BETWEEN $1::date - 1 AND $2::date + 2
), person AS MATERIALIZED (SELECT * FROM c WHERE verdict = 'person')
SELECT workspace_id, link_id, day, 'verdict', verdict, count(*) FROM c GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT workspace_id, link_id, day, 'excluded', verdict || ':' || reason, count(*) FROM c WHERE verdict <> 'person'
  GROUP BY 1, 2, 3, 4, 5
UNION ALL
{
    " UNION ALL ".join(
        f"SELECT workspace_id, link_id, day, '{name}', {name}, count(*) FROM person GROUP BY 1, 2, 3, 4, 5"
        for name in ("app", "device", "system", "language", "referrer")
    )
}
UNION ALL
SELECT workspace_id, link_id, day, 'visitor', 'person', count(*)
FROM (SELECT DISTINCT workspace_id, link_id, day, visitor FROM person) met GROUP BY 1, 2, 3
UNION ALL
SELECT person.workspace_id, person.link_id, day, 'landed', 'person', count(*)
FROM person JOIN landing ON landing.click_id = person.id AND landing.at BETWEEN $1::date - 1 AND $2::date + 3 GROUP BY 1, 2, 3
"""
HOURLY = """
INSERT INTO click_hourly (workspace_id, link_id, hour, verdict, clicks)
SELECT workspace_id, link_id, date_trunc('hour', at, 'UTC'), verdict, count(*) FROM click GROUP BY 1, 2, 3, 4
"""
SUMS = ((portal_2026_11_23_sums, "-- What was counted before there were sums."),)
"""Migrations that fill tables beside the rollups, and where in them that begins."""

PEOPLE_OF = """
CREATE TEMP TABLE person AS
SELECT row_number() OVER (ORDER BY c.at) AS n, c.id AS click_id, c.at + interval '90 s' AS at, c.link_id, link.job_id,
  c.workspace_id, uuidv7() AS candidate_id, uuidv7() AS application_id, uuidv7() AS own_id
FROM (SELECT * FROM click WHERE verdict = 'person' ORDER BY uuid_hash(id) LIMIT $1) c JOIN link ON link.id = c.link_id
"""
CANDIDATES = """
INSERT INTO candidate (id, workspace_id, name, email, language, timezone, metadata, created_at)
SELECT candidate_id, workspace_id, 'Person ' || n, 'person' || n || '@example.com', 'en',
  (ARRAY['', '', '', 'Europe/London', 'Europe/London', 'Europe/Dublin', 'Europe/Warsaw'])[1 + n % 7], '{}', at FROM person
"""
APPLICATIONS = """
INSERT INTO application (id, workspace_id, job_id, candidate_id, stage, door, link_id, click_id, invite, answered, invited_at,
  captured_at, started_at, completed_at, active_at, returned, plan_stale, created_at)
SELECT application_id, workspace_id, job_id, candidate_id,
  CASE WHEN step >= 3 THEN 'completed' WHEN step = 2 THEN 'started' WHEN linked THEN 'captured' ELSE 'invited' END,
  CASE WHEN linked THEN 'landing' ELSE 'api' END, CASE WHEN linked THEN link_id END, CASE WHEN linked THEN click_id END, false, 3,
  CASE WHEN NOT linked THEN at END, CASE WHEN linked THEN at END, CASE WHEN step >= 2 THEN at + pause END,
  CASE WHEN step >= 3 THEN at + 3 * pause END, at,
  CASE WHEN step >= 3 AND at < $1::timestamptz - interval '4 days' THEN n % 9 = 0 END,
  false, at
FROM (SELECT *, n % 4 + 1 AS step, n % 10 > 0 AS linked, (1 + n % 200) * interval '17 s' AS pause FROM person) p
"""
"""One in ten was invited; half finish, within three hours."""
PERSONAL_LINKS = """
INSERT INTO link (id, workspace_id, kind, job_id, application_id, token_digest, token_version, label, target_url, note,
  card_title, card_text, created_at)
SELECT own_id, workspace_id, 'personal', job_id, application_id, sha256(own_id::text::bytea), 1, '', '', '', '', '', at
FROM person
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
    for setting in ("synchronous_commit = off", "work_mem = '512MB'", "maintenance_work_mem = '1GB'"):
        await db.run(f"SET {setting}")
    began = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    await partitions.make({partitions.month_of(began + timedelta(days=n)) for n in range(DAYS + 62)})
    await db.run("SET session_replication_role = replica")  # no triggers, no foreign keys
    async with _without_indexes("click", "landing"):
        await _add_clicks(year, began, (now - began) / clicks)
    await _run("ANALYZE")
    await _add_people(now)
    async with _without_indexes("click_daily", "click_hourly"):
        await _add_figures(began, now)
    await _run("ANALYZE")
    await _add_sums()
    await _run("ANALYZE")
    await _let_the_clock_work(now)
    await _run("VACUUM ANALYZE")
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


@asynccontextmanager
async def _without_indexes(*tables: str) -> AsyncIterator[None]:
    """Indexes and keys of `tables` are made when everything is there."""
    kept = await db.rows(
        "SELECT t.name, c.conname, i.indexrelid::regclass::text AS index, "
        "replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS made, "
        "pg_get_constraintdef(c.oid) AS bound FROM unnest($1::text[]) t (name) JOIN pg_index i ON i.indrelid = t.name::regclass "
        "LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid",
        list(tables),
    )
    for one in kept:
        name = one["conname"]
        await _run(f"ALTER TABLE {one['name']} DROP CONSTRAINT {name}" if name else f"DROP INDEX {one['index']}")
    yield
    for one in kept:
        name = one["conname"]
        await _run(f"ALTER TABLE {one['name']} ADD CONSTRAINT {name} {one['bound']}" if name else one["made"])


async def _add_clicks(year: Year, began: datetime, step: timedelta) -> None:
    for first in range(0, year.clicks, AT_ONCE):
        last = min(first + AT_ONCE, year.clicks) - 1
        await _run(CLICKS, year.workspace_id, year.links, LINKS, AGENT, began, step, first, last)
    await _run(LANDINGS)


async def _add_people(now: datetime) -> None:
    await _run(PEOPLE_OF, PEOPLE)
    await _run(CANDIDATES)
    await _run(APPLICATIONS, now)
    await _run(PERSONAL_LINKS)


async def _add_figures(began: datetime, now: datetime) -> None:
    first = began.date() - timedelta(days=1)
    while first <= now.date():
        last = first + timedelta(days=29)
        await _run(DAILY, first, last)
        first = last + timedelta(days=1)
    await _run(HOURLY)


async def _add_sums() -> None:
    for migration, begins in SUMS:
        async with db.connection() as connection:
            await connection.execute(
                Path(str(migration.__file__)).with_suffix(".sql").read_text().partition(begins)[2], timeout=3600
            )
    await _run("SELECT total_jobs(array_agg(id)) FROM job")
    for row in await db.rows("SELECT DISTINCT workspace_id, day FROM click_sum_daily ORDER BY 2"):
        await _run("SELECT count_mix($1, $2)", *row)


async def _let_the_clock_work(now: datetime) -> None:
    for chore in (touches.settle, came.settle, totals.fold, click_folds.fold, person_folds.fold):
        while await chore(now):
            pass


async def _run(sql: str, *args: object) -> None:
    """Pages have half a minute for a question; this has an hour."""
    async with db.connection() as connection:
        await connection.execute(sql, *args, timeout=3600)
