"""Numbers that stand beside jobs and links in lists."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from portal.jobs.jobs import JobCounts
from portal.reports import numbers
from portal.reports.kept import totals


async def job_counts(workspace_id: UUID, job_ids: Sequence[UUID]) -> dict[UUID, JobCounts]:
    """How far people got at each job, since it was made; jobs where nothing happened too."""
    counts: dict[UUID, Counter[str]] = {job_id: Counter() for job_id in job_ids}
    for row in await numbers.clicks_of_jobs(workspace_id, job_ids):
        counts[row["job_id"]].update({name: row[name] for name in numbers.TOTALS})
    for row in await totals.people_of_jobs(workspace_id, job_ids):
        counts[row["job_id"]].update({name: row[name] for name in totals.REACHED})
        counts[row["job_id"]]["invited"] += row["people"] - row["captured"]
    return {job_id: JobCounts(**found) for job_id, found in counts.items()}


async def link_clicks(workspace_id: UUID, link_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Taps by people on each link, since it was made; 0 for those that nobody tapped."""
    found = {row["link_id"]: row["number"] for row in await numbers.clicks_of_links(workspace_id, link_ids)}
    return {link_id: found.get(link_id, 0) for link_id in link_ids}
