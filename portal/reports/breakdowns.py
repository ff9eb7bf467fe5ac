"""What the taps came from: apps, devices, systems, languages, referrers. Where people are, as far as they said so."""

import msgspec

from portal.reports.figures import Count
from portal.reports.filters import NAMES, NOTHING, View, label, zone_label
from portal.reports.scope import Dimension, Scope
from portal.reports.tally import Counted
from portal.web.drawing import Bar
from portal.web.templating import percent


class Item(msgspec.Struct, frozen=True, kw_only=True):
    value: str
    label: str
    number: int
    href: str
    """The view with this filter."""


class Breakdown(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """Of the filter."""
    title: str
    of: str
    """What is counted."""
    items: list[Item]
    """The most frequent first."""

    @property
    def bars(self) -> list[Bar]:
        """As charts take them."""
        whole = self.total
        return [Bar(item.label, item.number, item.href, percent(item.number, whole)) for item in self.items]

    @property
    def total(self) -> int:
        return sum(item.number for item in self.items)


def breakdowns(scope: Scope, view: View, count: Count) -> list[Breakdown]:
    """One for each dimension that has anything, in the order of the filters; people's time zones last."""
    of = "people's taps" if "people" not in scope.unknown else "hits"
    parts = [_of_clicks(name, count.clicks.ranked(name), of, view) for name in NAMES if isinstance(name, Dimension)]
    zones = [
        Item(value=zone, label=zone_label(zone), number=number, href=view.href(zone=zone)) for zone, number in count.people.zones
    ]
    parts.append(Breakdown(name="zone", title="Time zone", of="people who named one", items=zones))
    return [part for part in parts if part.items]


def _of_clicks(dimension: Dimension, found: list[Counted], of: str, view: View) -> Breakdown:
    items = [
        Item(
            value=one.value,
            label=label(dimension, one.value),
            number=one.clicks,
            href=view.href(**{dimension.value: one.value or NOTHING}),
        )
        for one in found
    ]
    return Breakdown(name=dimension.value, title=NAMES[dimension], of=of, items=items)
