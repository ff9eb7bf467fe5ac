"""An interview that takes place elsewhere: the way there, and what it means to come back.

What coming back proves: that the browser holds the return address, which stands in the address of the interview and nowhere else.
Nobody guesses it, but whoever is on the way to the interview can open it at once. So a return counts as a finish only where the
job says so, and by a button; a system that signs what it tells (`portal.interviews.hooks`) proves more.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote, urlsplit
from uuid import UUID

from portal import crypto, db
from portal.candidates import applications
from portal.interviews.sittings import Sitting
from portal.jobs.jobs import InterviewKind
from portal.settings import settings
from portal.web.limits import Limit, wait_for

PLACEHOLDER = re.compile(r"(?:\{|%7B)([^{}%]*)(?:\}|%7D)", re.IGNORECASE)
"""Address bars write braces as %7B and %7D."""
ASCII = "".join(map(chr, range(0x21, 0x7F)))
TAPS = Limit("interview-go", burst=30, seconds=600)


class Mark(StrEnum):
    """What an address may hold in braces."""

    NAME = "name"
    EMAIL = "email"
    TOKEN = "token"  # noqa: S105 - a word
    APPLICATION_ID = "application_id"
    RETURN_URL = "return_url"


MEANINGS = {
    Mark.NAME: "their name, as they gave it",
    Mark.EMAIL: "their email address",
    Mark.TOKEN: "their secret at this portal; the hook takes it",
    Mark.APPLICATION_ID: "the number of their application; the hook and the API take it",
    Mark.RETURN_URL: "where to send them when they have finished",
}
MADE_UP = {
    Mark.NAME: "Ana Example",
    Mark.EMAIL: "ana@example.com",
    Mark.TOKEN: "a" * 26,
    Mark.APPLICATION_ID: str(UUID(int=0)),
}
TELLS_WHO = frozenset({Mark.TOKEN, Mark.APPLICATION_ID, Mark.RETURN_URL})
"""One of these is needed: without it no finish can be told apart from another."""


class AddressCheck(NamedTuple):
    """What an address holds."""

    known: list[Mark]
    unknown: list[str]
    """Words in braces that mean nothing here, and stay as they are."""
    tells_who: bool
    example: str
    """Filled for somebody made up."""


class Place(NamedTuple):
    """Where somebody's interview is."""

    href: str
    """Empty: it can't be told just now."""


Maker = Callable[[UUID, UUID, datetime], Awaitable[Place]]
"""Finds or makes the interview of an application (workspace, application) in another system. A room above brings it."""
Makers = Mapping[InterviewKind, Maker]


class Way(NamedTuple):
    """What follows the tap on "Open the interview"."""

    href: str
    wait: int = 0
    """Seconds, when that was tapped very often."""


def check_address(url: str) -> AddressCheck:
    found = dict.fromkeys(PLACEHOLDER.findall(url))
    known = [Mark(word) for word in found if word in set(Mark)]
    values = MADE_UP | {Mark.RETURN_URL: return_url("a" * 26, UUID(int=0))}
    return AddressCheck(
        known=known,
        unknown=[word for word in found if word not in set(Mark)],
        tells_who=not TELLS_WHO.isdisjoint(known),
        example=fill(url, values),
    )


def fill(url: str, values: Mapping[Mark, str]) -> str:
    """`url` with each placeholder that is known replaced, in one pass: what people are called is never read as a placeholder."""

    def value(found: re.Match[str]) -> str:
        return quote(values[Mark(found[1])], safe="") if found[1] in set(Mark) else found[0]

    # A header carries it to the browser, and takes no letters beyond ASCII.
    return quote(PLACEHOLDER.sub(value, url), safe=ASCII)


def href_of(sitting: Sitting) -> str:
    """The address of an external interview for this person."""
    application_id = sitting.link.application_id
    values = {
        Mark.NAME: sitting.name,
        Mark.EMAIL: sitting.email,
        Mark.TOKEN: sitting.token,
        Mark.APPLICATION_ID: str(application_id),
        Mark.RETURN_URL: return_url(sitting.token, application_id),
    }
    return fill(sitting.job.external_url, values)


def host_of(sitting: Sitting) -> str:
    """The host that people go on to, if all go to the same one."""
    return urlsplit(sitting.job.external_url).netloc if sitting.job.interview_kind is InterviewKind.EXTERNAL else ""


def return_url(token: str, application_id: UUID) -> str:
    return f"{settings().public_url}/i/{token}/done/{proof_of(application_id)}"


def proof_of(application_id: UUID) -> str:
    """The part of the return address that only the address of the interview tells."""
    return crypto.token("interview-return", application_id)


def proves(sitting: Sitting, proof: str) -> bool:
    return hmac.compare_digest(proof.lower().encode(), proof_of(sitting.link.application_id).encode())


async def go(sitting: Sitting, makers: Mapping[InterviewKind, Maker], now: datetime) -> Way:
    """The way to the interview, for somebody who wants to begin or go on. At an address of the job's that is a start; other
    systems tell of it themselves."""
    link, kind = sitting.link, sitting.job.interview_kind
    if wait := await wait_for(TAPS, str(link.application_id), now):
        return Way("", wait)
    if kind is not InterviewKind.EXTERNAL:
        place = await makers[kind](link.workspace_id, link.application_id, now)
        return Way(place.href)
    await applications.start(link.workspace_id, link.application_id, now=now)
    return Way(href_of(sitting))


async def return_finishes(workspace_id: UUID, job_id: UUID) -> bool:
    """Whether somebody who comes back may say that they have finished. Unless a member said otherwise, they may."""
    said = await db.value(
        "SELECT return_finishes FROM external_interview WHERE workspace_id = $1 AND job_id = $2", workspace_id, job_id
    )
    return bool(said) if said is not None else True


async def finish(sitting: Sitting, now: datetime) -> bool:
    """They say that they have finished. Whether that is believed."""
    link = sitting.link
    if not await return_finishes(link.workspace_id, link.job_id):
        return False
    await applications.complete(link.workspace_id, link.application_id, now=now)
    return True


async def choose(workspace_id: UUID, job_id: UUID, *, url: str, return_finishes: bool) -> None:
    """Keep a job's address elsewhere, and what a return means there. Changes nothing at a job that has its interview here."""
    async with db.transaction():
        await db.run(
            "UPDATE job SET external_url = $3 WHERE workspace_id = $1 AND id = $2 AND interview_kind = 'external'",
            workspace_id,
            job_id,
            url,
        )
        await db.run(
            "INSERT INTO external_interview (job_id, workspace_id, return_finishes, secret_sealed) "
            "SELECT id, workspace_id, $3, '' FROM job WHERE workspace_id = $1 AND id = $2 "
            "ON CONFLICT (job_id) DO UPDATE SET return_finishes = EXCLUDED.return_finishes",
            workspace_id,
            job_id,
            return_finishes,
        )
