"""What a job's Share page shows: its links, and the channels that have none yet."""

from collections.abc import Collection, Mapping
from itertools import groupby
from uuid import UUID

import msgspec

from portal.jobs.jobs import Job
from portal.links import channels, links, making, slugs
from portal.links.catalogue import BY_KEY, CatalogueChannel
from portal.links.links import ShownLink
from portal.links.making import WantedLink
from portal.web.forms import Form, Invalid

ALWAYS_IN_SIGHT = ("instagram", "facebook")
STARTER_SET = ("instagram/bio", "instagram/story", "facebook/post", "facebook/apply", "whatsapp/message", "qr/poster")
"""Chosen for a job that has no link yet."""


class Row(msgspec.Struct, frozen=True):
    """A channel: the links made for it, or the slug that one would get."""

    channel: CatalogueChannel
    links: list[ShownLink]
    slug: str
    chosen: bool

    @property
    def in_sight(self) -> bool:
        """Or folded away, with the many that most jobs don't need."""
        own = self.channel.key not in BY_KEY
        return bool(self.links) or self.chosen or own or self.channel.network in ALWAYS_IN_SIGHT


class Group(msgspec.Struct, frozen=True):
    """Channels of one network."""

    name: str
    rows: list[Row]


class Board(msgspec.Struct, frozen=True):
    rows: list[Row]
    made: list[ShownLink]

    @property
    def in_sight(self) -> list[Group]:
        return _groups([row for row in self.rows if row.in_sight])

    @property
    def folded(self) -> list[Group]:
        return _groups([row for row in self.rows if not row.in_sight])

    @property
    def chosen(self) -> int:
        return sum(row.chosen for row in self.rows)

    @property
    def used(self) -> list[tuple[str, str]]:
        """Channels that have a link, for choosing one (key, name)."""
        return list(dict.fromkeys((link.channel, f"{link.network_name} · {link.placement_name}") for link in self.made))

    @property
    def as_lines(self) -> str:
        """Name and address of each link, separated by a tab: it pastes into a table."""
        return "\n".join(f"{link.name}\t{link.url}" for link in self.made)


async def board(job: Job, typed: Mapping[str, str] | None = None, chosen: Collection[str] | None = None) -> Board:
    """`typed` and `chosen`: what a form that could not be used held, to be shown again."""
    made = await links.links_of_job(job.workspace_id, job.id)
    offered = await _offered(job.workspace_id, made)
    wanted = chosen if chosen is not None else () if made else STARTER_SET
    return Board(await _rows(job, offered, made, typed or {}, wanted), made)


def read_wanted(job: Job, form: Form) -> list[WantedLink]:
    """The links that the form asks for. Raises `Invalid` when none is chosen."""
    keys = list(dict.fromkeys(form.list("channel")))
    if not keys:
        raise Invalid({"channel": "Choose at least one channel."})
    return [WantedLink(job_id=job.id, channel=key, slug=form.text(f"slug:{key}")) for key in keys]


def read_another(job: Job, form: Form) -> WantedLink:
    """One more link of a channel that has one. Raises `Invalid`."""
    label = form.text("label", missing="Give it a name that tells it from the first, such as the name of the ad.", longest=60)
    wanted = WantedLink(job_id=job.id, channel=form.raw("another"), slug=form.text("slug"), label=label)
    form.check()
    return wanted


async def _offered(workspace_id: UUID, made: list[ShownLink]) -> list[CatalogueChannel]:
    """What can be chosen, and what was used before it was taken out of the list; a network's channels side by side."""
    offered = {channel.key: channel for channel in await channels.channels_of(workspace_id)}
    for link in made:
        gone = CatalogueChannel(link.network, link.placement, link.network_name, link.placement_name, "", link.hint)
        offered.setdefault(link.channel, gone)
    order = list(dict.fromkeys(channel.network for channel in offered.values()))
    return sorted(offered.values(), key=lambda channel: order.index(channel.network))


async def _rows(
    job: Job, offered: list[CatalogueChannel], made: list[ShownLink], typed: Mapping[str, str], chosen: Collection[str]
) -> list[Row]:
    taken = await making.taken_slugs(slugs.short_name(job.title))
    rows = []
    for channel in offered:
        there = [link for link in made if link.channel == channel.key]
        slug = "" if there else typed.get(f"slug:{channel.key}") or slugs.proposal(job.title, channel.code, taken)
        rows.append(Row(channel, there, slug, not there and channel.key in chosen))
    return rows


def _groups(rows: list[Row]) -> list[Group]:
    parts = [list(part) for _, part in groupby(rows, key=lambda row: row.channel.network)]
    return [Group(part[0].channel.network_name, part) for part in parts]
