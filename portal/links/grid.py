"""The grid: all links of a campaign in one action, chosen jobs by chosen channels.

Names of ads multiply the channels that are ads, print runs those that are print; each name becomes a link's label.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portal import changes, db
from portal.links import campaigns, making
from portal.links.campaigns import CampaignFields
from portal.links.links import LONGEST_LABEL
from portal.links.making import PlannedLink, WantedLink
from portal.web.forms import Form

MOST = 500
"""Links in one action."""
LONGEST_LIST = 20_000
"""Characters of all names together."""
AD, PRINT = "ad", "qr"
"""The placement that has ads, the network that is printed."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What was ticked and typed, each once, in the order in which it was sent."""

    jobs: tuple[UUID, ...]
    channels: tuple[str, ...]
    ads: tuple[str, ...]
    runs: tuple[str, ...]


def read_choice(form: Form) -> Choice:
    """Notes what is wrong in the form; the caller checks it, together with what else it holds."""
    choice = Choice(
        jobs=_jobs(form),
        channels=tuple(dict.fromkeys(form.list("channel"))),
        ads=_lines(form, "ads"),
        runs=_lines(form, "runs"),
    )
    if not choice.jobs:
        form.wrong("job", "Choose at least one job.")
    if not choice.channels:
        form.wrong("channel", "Choose at least one channel.")
    number = len(choice.jobs) * sum(len(_labels(channel, choice)) for channel in choice.channels)
    if number > MOST:
        form.wrong("channel", f"That would be {number:,} links; {MOST} can be made in one go. Choose fewer jobs or channels.")
    return choice


def wanted(choice: Choice, form: Form, campaign_id: UUID) -> list[WantedLink]:
    """The links of the grid, job by job. `form` holds the slugs that a preview offered: ``slug:0`` is the first link's."""
    cells = [
        (job_id, channel, label) for job_id in choice.jobs for channel in choice.channels for label in _labels(channel, choice)
    ]
    return [
        WantedLink(
            job_id=job_id,
            channel=channel,
            label=label,
            campaign_id=campaign_id,
            slug=form.text(f"slug:{n}"),
            slug_field=f"slug:{n}",
        )
        for n, (job_id, channel, label) in enumerate(cells)
    ]


async def preview(workspace_id: UUID, asked: Sequence[WantedLink], new: CampaignFields | None) -> list[PlannedLink]:
    """What would be made. `new`: of a campaign that will be made with its links.

    Raises `Missing`, and `Invalid` for a channel that is gone or a name that is taken.
    """
    if new is None:
        return await making.plan(workspace_id, asked)
    await campaigns.check_name(workspace_id, new.name)
    code = await campaigns.free_code(workspace_id, new.name)
    return await making.plan(workspace_id, asked, {want.campaign_id: code for want in asked if want.campaign_id})


async def make(
    workspace_id: UUID, asked: Sequence[WantedLink], *, new: CampaignFields | None, member_id: UUID, now: datetime
) -> list[PlannedLink]:
    """All links of one campaign that are not there yet, and the campaign itself if it is `new`: everything or nothing.

    Raises `Missing`, and `Invalid` with a sentence for each field.
    """
    async with db.transaction():
        if new is not None and asked[0].campaign_id is not None:
            await campaigns.make_campaign(workspace_id, asked[0].campaign_id, new, now=now)
        made = await making.make_within(workspace_id, asked, member_id=member_id, now=now)
    await changes.slugs_made([link.slug for link in made if link.fresh])
    return made


def _labels(channel: str, choice: Choice) -> tuple[str, ...]:
    network, _, placement = channel.partition("/")
    if placement == AD and choice.ads:
        return choice.ads
    return choice.runs if network == PRINT and choice.runs else ("",)


def _jobs(form: Form) -> tuple[UUID, ...]:
    try:
        return tuple(dict.fromkeys(UUID(text) for text in form.list("job")))
    except ValueError:
        form.wrong("job", "One of the jobs is no longer in the list. Choose again.")
        return ()


def _lines(form: Form, name: str) -> tuple[str, ...]:
    """One name a line; the same in other letters counts once."""
    found: dict[str, str] = {}
    for line in form.long_text(name, longest=LONGEST_LIST).split("\n"):
        tidy = " ".join(line.split())
        if tidy:
            found.setdefault(tidy.lower(), tidy)
    if any(len(line) > LONGEST_LABEL for line in found.values()):
        form.wrong(name, f"Use at most {LONGEST_LABEL} characters a line.")
    return tuple(found.values())
