"""What is sent: the same envelope around each kind, `{id, type, created_at, data}`.

It reports a state and when that was, so that a receiver who hears things out of order keeps the newer by `created_at`. Fields are
added at most: none changes its name or meaning. No personal link is ever in it: its token is a secret of the candidate's.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from portal import db
from portal.integrations.webhooks.kinds import STAGE, Kind
from portal.links import links
from portal.links.links import ShownLink


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened and is to be told."""

    event_id: UUID
    workspace_id: UUID
    kind: Kind
    at: datetime
    application_id: UUID | None = None
    link_id: UUID | None = None
    opted_out_of: str = ""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """An id that another system has for a candidate, such as ``greenhouse``."""

    system: str
    external_id: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    email: str | None
    phone_number: str | None
    external_id: str | None
    """The one that was given by API, file or form; if there are several, the first."""
    external_ids: list[Identity]
    """Those of named systems."""


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    slug: str
    url: str
    label: str


class OfApplication(msgspec.Struct, frozen=True, kw_only=True):
    """`channel`, `campaign` and `link`: of the channel link that somebody came through, if they came through one."""

    application_id: UUID
    job_id: UUID
    job_title: str
    stage: str
    candidate: Candidate
    channel: str | None
    """Such as ``instagram/story``."""
    campaign: Campaign | None
    link: Link | None
    captured_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    deadline_at: datetime | None
    opted_out_of: str | UnsetType = UNSET
    """``email`` or ``sms``."""


class OfLink(msgspec.Struct, frozen=True, kw_only=True):
    job_id: UUID
    job_title: str
    channel: str
    campaign: Campaign | None
    link: Link


class OfTest(msgspec.Struct, frozen=True, kw_only=True):
    webhook_id: UUID
    message: str


Data = OfApplication | OfLink | OfTest
APPLICATIONS = """
SELECT a.id AS application_id, a.job_id, job.title AS job_title, a.stage, a.link_id, a.captured_at, a.started_at, a.completed_at,
  a.deadline_at, c.id, c.name, c.email, c.phone AS phone_number,
  (SELECT external_id FROM candidate_identity WHERE candidate_id = c.id AND system = '' ORDER BY created_at, external_id LIMIT 1),
  (SELECT coalesce(jsonb_agg(jsonb_build_object('system', i.system, 'external_id', i.external_id) ORDER BY i.created_at), '[]')
   FROM candidate_identity i WHERE i.candidate_id = c.id AND i.system <> '') AS external_ids
FROM application a JOIN candidate c ON c.id = a.candidate_id JOIN job ON job.id = a.job_id WHERE a.id = ANY($1::uuid[])
"""


def body_of(news: News, data: Data) -> str:
    """The JSON that is signed and sent."""
    envelope = {"id": news.event_id, "type": news.kind.value, "created_at": news.at.astimezone(UTC), "data": data}
    return msgspec.json.encode(envelope).decode()


async def bodies_of(news: Iterable[News]) -> dict[UUID, str]:
    """What is sent of each event, by its id, as things stand now. One whose application is gone is left out."""
    told = list(news)
    people = await _applications({one.application_id for one in told if one.application_id})
    ways = {row["link_id"] for row in people.values() if row["link_id"]} | {one.link_id for one in told if one.link_id}
    known = await _links(ways)
    return {one.event_id: body_of(one, data) for one in told if (data := _data(one, people, known)) is not None}


def _data(news: News, people: Mapping[UUID, db.Row], known: Mapping[UUID, ShownLink]) -> Data | None:
    if news.link_id is not None:
        link = known.get(news.link_id)
        return OfLink(job_id=link.job_id, job_title=link.job_title, **_source(link)) if link else None
    person = people.get(news.application_id) if news.application_id else None
    return _of_application(news, person, known.get(person["link_id"])) if person else None


def _of_application(news: News, row: db.Row, link: ShownLink | None) -> OfApplication:
    copied = ("application_id", "job_id", "job_title", "captured_at", "started_at", "completed_at", "deadline_at")
    return OfApplication(
        **{name: row[name] for name in copied},
        **_source(link),
        stage=STAGE.get(news.kind, row["stage"]),
        candidate=msgspec.convert({name: row[name] for name in Candidate.__struct_fields__}, Candidate),
        opted_out_of=news.opted_out_of or UNSET,
    )


def _source(link: ShownLink | None) -> dict[str, Any]:
    if link is None:
        return {"channel": None, "campaign": None, "link": None}
    return {
        "channel": link.channel,
        "campaign": Campaign(id=link.campaign_id, name=link.campaign or "") if link.campaign_id else None,
        "link": Link(id=link.id, slug=link.slug, url=link.url, label=link.label),
    }


async def _applications(ids: set[UUID]) -> dict[UUID, db.Row]:
    return {row["application_id"]: row for row in await db.rows(APPLICATIONS, list(ids))} if ids else {}


async def _links(ids: set[UUID]) -> dict[UUID, ShownLink]:
    if not ids:
        return {}
    found = await db.rows(f"SELECT {links.COLUMNS} FROM {links.SOURCE} WHERE l.id = ANY($1::uuid[])", list(ids))
    return {row["id"]: links.shown(row) for row in found}
