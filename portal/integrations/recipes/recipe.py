"""A recipe: the tracked link with an applicant system's merge fields, and the texts around it."""

import msgspec

from portal.clicks.prefill import Field
from portal.integrations.recipes import texts
from portal.integrations.recipes.merge_fields import Fields, MergeFields, merge_fields_of
from portal.integrations.recipes.systems import BY_KEY, System
from portal.integrations.recipes.texts import Text
from portal.interviews.questions import count_of
from portal.jobs.jobs import Job
from portal.links.ats_links import AtsLink, find_ats_link
from portal.web.missing import Missing

NAMES = (Field.NAME, Field.FIRST_NAME, Field.LAST_NAME)


class Recipe(msgspec.Struct, frozen=True):
    """All that a page says of one system at one job."""

    system: System
    merge_fields: MergeFields
    made: AtsLink | None
    """None: nobody has made the link yet."""
    link: str
    """With the merge fields in it; empty without a link."""
    invite: Text | None
    reminders: list[Text]
    """A day and two days later."""


def get_system(key: str) -> System:
    """Raises `Missing`."""
    if key not in BY_KEY:
        raise Missing("system")
    return BY_KEY[key]


async def recipe_of(job: Job, system: System) -> Recipe:
    known = await merge_fields_of(job.workspace_id, system)
    made = await find_ats_link(job.workspace_id, job.id, system.key)
    if made is None:
        return Recipe(system, known, None, "", None, [])
    link = tracked(made.link.url, known.fields)
    occasion = texts.Occasion(
        job=job,
        questions=await count_of(job.id),
        greeting=known.fields.get(Field.FIRST_NAME) or known.fields.get(Field.NAME, ""),
        link=link,
        short_link=tracked(made.link.url, without_names(known.fields)),
    )
    invite, *reminders = texts.written(occasion)
    return Recipe(system, known, made, link, invite, reminders)


def tracked(url: str, fields: Fields) -> str:
    """`url` with merge fields in its query, as the system writes them: encoded, it would not know them again. Names last, since
    a mail programme that makes links of plain text ends them at the first space."""
    query = "&".join(f"{field.value}={fields[field]}" for field in carried(fields))
    return f"{url}?{query}" if query else url


def carried(fields: Fields) -> list[Field]:
    """The fields that a link takes along: of a name no more than it needs, and first and last name before a whole one."""
    names = set(NAMES) & fields.keys()
    if {Field.FIRST_NAME, Field.LAST_NAME} <= names:
        names = {Field.FIRST_NAME, Field.LAST_NAME}
    elif Field.NAME in names:
        names = {Field.NAME}
    return [field for field in Field if field in fields and (field not in NAMES or field in names)]


def without_names(fields: Fields) -> Fields:
    """For text messages: phones end a link at the first space."""
    return {field: token for field, token in fields.items() if field not in NAMES}
