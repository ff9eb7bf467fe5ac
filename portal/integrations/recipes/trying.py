"""The tester: a link as an applicant system really sent it, and what a candidate would see of it."""

from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, urlsplit

import msgspec

from portal.clicks import carried, prefill
from portal.clicks.prefill import Field, Prefill
from portal.integrations.recipes.merge_fields import NAMES
from portal.integrations.recipes.recipe import Recipe
from portal.jobs.jobs import Job
from portal.web.forms import Form

LONGEST = prefill.LONGEST_QUERY
EMPTY = "Paste a link as it arrived in a message of the system."
NO_LINK = "This is no link. Copy its address from the message: it begins with https://."


class Came(StrEnum):
    FILLED = "filled"
    LEFT = "left"
    """The merge field still stands there."""
    NOTHING = "nothing"


class TriedField(msgspec.Struct, frozen=True):
    name: str
    came: Came
    text: str
    """The value, or the merge field."""


class Tried(msgspec.Struct, frozen=True):
    """What a candidate would see."""

    fields: list[TriedField]
    dropped: list[str]
    """Parameters that nothing is made of."""
    warnings: list[str]
    form: dict[str, str]
    """What the landing page's form would hold, by its fields."""
    href: str
    """The landing page with it."""


def read_sent(form: Form) -> str:
    """Raises `Invalid`."""
    sent = form.long_text("sent", missing=EMPTY, longest=LONGEST).strip("<>\"' \n")
    if sent and not sent.lower().startswith(("http://", "https://")):
        form.wrong("sent", NO_LINK)
    try:
        urlsplit(sent)
    except ValueError:
        form.wrong("sent", NO_LINK)
    form.check()
    return sent


def tried(sent: str, recipe: Recipe, job: Job, now: datetime) -> Tried:
    """`sent`: a link, from `read_sent`."""
    address, _, query = sent.replace("\n", " ").partition("?")
    read = prefill.read(query.partition("#")[0].replace(" ", "%20"))
    parcel = carried.seal(read.values, now)
    form = {
        name: text
        for name, text in (
            ("name", prefill.full_name(read.values)),
            ("email", read.values.get(Field.EMAIL, "")),
            ("phone", read.values.get(Field.PHONE, "")),
        )
        if text
    }
    href = f"/apply/{quote(job.slug)}" + (f"?{carried.NAME}={parcel}" if parcel else "")
    return Tried(_fields(read), read.dropped, _warnings(sent, address, recipe), form, href)


def _fields(read: Prefill) -> list[TriedField]:
    found = []
    for field, name in NAMES.items():
        if field in read.values:
            found.append(TriedField(name, Came.FILLED, read.values[field]))
        elif field in read.unreplaced:
            found.append(TriedField(name, Came.LEFT, read.unreplaced[field]))
        else:
            found.append(TriedField(name, Came.NOTHING, ""))
    return found


def _warnings(sent: str, address: str, recipe: Recipe) -> list[str]:
    said = []
    if recipe.made is not None and address.rstrip("/").lower() != recipe.made.link.url.lower():
        said.append(f"This is another address than the recipe’s, {recipe.made.link.short_url}: it may lead elsewhere.")
    if " " in sent or "\n" in sent:
        said.append(
            "There is a space in it: where a message is plain text, the link ends there. Put it behind a word or a button."
        )
    if "#" in sent:
        said.append("What stands behind the # never arrives.")
    return said
