"""The steps from a tap to a finished interview, each with what it is a share of."""

import msgspec

from portal.reports.figures import ChannelTable, Share, share
from portal.web.templating import number, plural


class Step(msgspec.Struct, frozen=True):
    label: str
    value: int
    sub: str


def funnel(table: ChannelTable) -> list[Step]:
    """Clicks and landings exist for links only, so the share of those who gave their name leaves direct arrivals out."""
    links, total = table.links, table.total
    direct = f"{number(table.direct.captured)} direct" if table.direct.captured else ""
    invited = f"{number(total.invited)} more invited" if total.invited else ""
    returned = f"{number(total.returned)} by nudge" if total.returned else ""
    return [
        Step("Clicks", total.clicks, plural(total.visitors, "visitor")),
        Step("Landed", total.landed, _share("of clicks", share(links.landed, links.clicks))),
        Step("Gave name", total.captured, _join(_share("of landed", share(links.captured, links.landed)), direct, invited)),
        Step("Started", total.started, _share("of these", share(total.started, total.people))),
        Step("Completed", total.completed, _join(_share("of started", share(total.completed, total.started)), returned)),
    ]


def _share(of: str, found: Share | None) -> str:
    return f"{100 * found.part / found.whole:.0f} % {of}" if found else ""


def _join(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
