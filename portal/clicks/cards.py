"""What a link says of itself where it is pasted: an Open Graph card (ogp.me).

The picture is only named here. Its address holds a keyed digest of all that it shows: an edit gives a new address, so the old
one may be kept for ever; and nobody can make up an address that lets us draw something.
"""

import hmac
import re
from enum import StrEnum
from typing import NamedTuple

from portal import crypto
from portal.clicks.targets import Target, read_target
from portal.clicks.words import words
from portal.jobs.jobs import Job, find_public_job
from portal.links.pictures import path_of
from portal.links.slugs import is_token
from portal.settings import settings
from portal.web.missing import Missing
from portal.web.templating import render

WIDTH, HEIGHT = 1200, 630
LOOK = 1
"""Raised whenever the same words are drawn differently: every picture then has a new address."""
LONGEST_TITLE, LONGEST_TEXT = 70, 200
"""Characters. What is longer is cut by the apps, each in its own way."""
NAME = re.compile(r"(job|link)-([a-z0-9-]+)-([a-z2-7]{26})\.png")


class Source(StrEnum):
    """Whose slug names a picture: a link has one of its own only if it has a title of its own."""

    JOB = "job"
    LINK = "link"


class Shown(NamedTuple):
    """All that a picture shows. Nothing of a person."""

    color: str
    company: str
    title: str
    place: str
    pay: str
    next_step: str


class Card(NamedTuple):
    """What crawlers read in a page's head."""

    title: str
    text: str
    company: str
    url: str
    """Crawlers come back to this address and count what they find as the same page. Empty for personal links: a secret is no
    such address."""
    locale: str
    picture: str
    picture_alt: str
    width: int = WIDTH
    """0, like the height, for a picture that a member gave: apps find out for themselves."""
    height: int = HEIGHT


def card(target: Target) -> bytes:
    """The page for crawlers. A person who is taken for one finds the way on, too."""
    job = target.job
    return render("clicks/card.html", card=card_of_target(target), lang=job.language, href=target.page).encode()


def card_of_target(target: Target) -> Card:
    url = "" if target.personal else f"{settings().public_url}/{target.key}"
    card = _card(target.job, target.link.card_title, target.link.card_text, url, _picture_of_target(target))
    own = target.link.card_picture_id
    return card._replace(picture=f"{settings().public_url}{path_of(own)}", width=0, height=0) if own else card


def card_of_job(job: Job) -> Card:
    """For the landing page itself."""
    return _card(job, "", "", f"{settings().public_url}/apply/{job.slug}", picture_name(Source.JOB, job.slug, shown(job)))


def shown(job: Job, title: str = "") -> Shown:
    """`title`: of the link, if it has one."""
    return Shown(
        color=job.brand_color,
        company=job.workspace_name,
        title=title or job.card_title or job.title,
        place=job.location,
        pay=job.pay,
        next_step=words(job.language).next_step_of(job.minutes),
    )


def picture_name(source: Source, slug: str, what: Shown) -> str:
    return f"{source.value}-{slug}-{crypto.token('card', LOOK, source.value, slug, *what)}.png"


async def find_shown(name: str) -> Shown:
    """What the picture called `name` shows. Raises `Missing` for a name that no page gives any more, or ever gave."""
    found = NAME.fullmatch(name)
    if found is None:
        raise Missing("picture")
    source, slug = Source(found[1]), found[2]
    what = await _shown_of(source, slug)
    if what is None or not hmac.compare_digest(name, picture_name(source, slug, what)):
        raise Missing("picture")
    return what


async def _shown_of(source: Source, slug: str) -> Shown | None:
    if source is Source.JOB:
        job = await find_public_job(slug)
        return shown(job) if job else None
    target = None if is_token(slug) else await read_target(slug)
    return shown(target.job, target.link.card_title) if target else None


def _picture_of_target(target: Target) -> str:
    """A personal link shows its job's: what names it is a secret."""
    job, title = target.job, target.link.card_title
    if target.personal or not title:
        return picture_name(Source.JOB, job.slug, shown(job))
    return picture_name(Source.LINK, target.key, shown(job, title))


def _card(job: Job, title: str, text: str, url: str, picture: str) -> Card:
    title = title or job.card_title or job.title
    about = words(job.language).about_of(job.minutes)
    return Card(
        title=shortened(title, LONGEST_TITLE),
        text=shortened(text or job.card_text or job.place_and_pay or about, LONGEST_TEXT),
        company=job.workspace_name,
        url=url,
        locale=f"{job.language}_{job.country}",
        picture=f"{settings().public_url}/card/{picture}",
        picture_alt=". ".join(part for part in (f"{job.workspace_name}: {title}", job.place_and_pay) if part),
    )


def shortened(text: str, longest: int) -> str:
    """`text` in one line of at most `longest` characters, cut between words where it has any."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    whole, _, _ = line[:longest].rpartition(" ")
    kept = whole if len(whole) > longest // 2 else line[: longest - 1]
    return f"{kept.rstrip(' ,;:.-–—')}…"
