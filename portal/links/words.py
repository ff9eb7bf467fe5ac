"""What a link does, and what was changed of it, in sentences."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from portal.jobs import deadlines
from portal.jobs.jobs import Job, Status
from portal.links.destinations import Kind, kind_of
from portal.links.history import Entry, What
from portal.links.links import LinkState, ShownLink
from portal.web.templating import moment, plural

NAMES = {
    What.TARGET: "Leads elsewhere",
    What.START: "Start changed",
    What.END: "End changed",
    What.PAUSED: "Paused",
    What.RESUMED: "Goes on",
    What.ARCHIVED: "Archived",
    What.RESTORED: "Back in use",
    What.CARD: "Words or picture when shared changed",
    What.NAME: "Name or note changed",
}


class Said(msgspec.Struct, frozen=True):
    """A change, for a list."""

    id: UUID
    at: datetime
    by: str
    title: str
    before: str
    after: str


def state(link: ShownLink, job: Job, now: datetime, timezone: str) -> str:
    """What somebody who taps now gets."""
    shown = link.state(now)
    if shown is LinkState.ARCHIVED and link.archived_at:
        return f"Archived on {moment(link.archived_at, timezone)}. Who taps it reads that it is no longer in use."
    if shown is LinkState.PAUSED and link.paused_at:
        return f"Paused since {moment(link.paused_at, timezone)}. Who taps it is asked to try again later."
    if shown is LinkState.EXPIRED and link.expires_at:
        return f"Ended on {moment(link.expires_at, timezone)}. Who taps it reads that a newer post may have the new link."
    if shown is LinkState.NOT_STARTED and link.starts_at:
        return f"Opens on {moment(link.starts_at, timezone)}. Until then, who taps it is asked to come later."
    return _leads(link, job, now)


def end(link: ShownLink, timezone: str) -> str:
    """Until when it leads on."""
    if link.expires_at:
        return moment(link.expires_at, timezone)
    if link.expires_after_hours:
        return f"{plural(link.expires_after_hours, 'hour')} after the first tap; none is known yet"
    return "the job closes" if kind_of(link.target_url) is Kind.JOB else "no end"


def changed(entry: Entry, jobs: Mapping[UUID, str], timezone: str) -> Said:
    """`jobs`: the titles of the workspace's."""
    before, after = (_value(entry.what, values, jobs, timezone) for values in (entry.before, entry.after))
    return Said(entry.id, entry.at, entry.by or "The portal", NAMES[entry.what], before, after)


def _leads(link: ShownLink, job: Job, now: datetime) -> str:
    kind = kind_of(link.target_url)
    if kind is Kind.WEBSITE:
        return "It leads to another website. The portal counts the taps; what people do there it can't see."
    if kind is Kind.ALL_JOBS:
        return "It leads to the list of all your open jobs. Who starts there counts for this link."
    if job.status == Status.DRAFT:
        return "It works, but the job is not published: who taps it is asked to come later."
    if not deadlines.is_open(job, now):
        return "It works, but the job takes nobody new: who taps it reads that it is closed. Lead it elsewhere to keep using it."
    return "It leads to the job's page."


def _value(what: What, values: Mapping[str, object], jobs: Mapping[UUID, str], timezone: str) -> str:
    if what is What.TARGET:
        return _target(values, jobs)
    if what is What.END:
        return _end(values, timezone)
    if what is What.START:
        return _moment(values["starts_at"], timezone) or "at once"
    if what in {What.NAME, What.CARD}:
        texts = [str(value) for name, value in values.items() if value and not name.endswith("_id")]
        return " · ".join(texts + ["a picture of its own"] * bool(values.get("card_picture_id"))) or "nothing of its own"
    return ""


def _target(values: Mapping[str, object], jobs: Mapping[UUID, str]) -> str:
    target_url, job_id = str(values["target_url"]), values["job_id"]
    kind = kind_of(target_url)
    if kind is Kind.JOB:
        return jobs.get(job_id, "a job") if isinstance(job_id, UUID) else "a job"
    return "all open jobs" if kind is Kind.ALL_JOBS else target_url


def _end(values: Mapping[str, object], timezone: str) -> str:
    hours = values.get("expires_after_hours")
    if isinstance(hours, int):
        return f"{plural(hours, 'hour')} after the first tap"
    return _moment(values["expires_at"], timezone) or "no date"


def _moment(value: object, timezone: str) -> str:
    return moment(value, timezone) if isinstance(value, datetime) else ""
