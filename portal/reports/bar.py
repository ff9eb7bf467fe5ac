"""The row of filters above the figures: those in force, each with a cross, and menus of those that can be added."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from portal.reports.breakdowns import Breakdown
from portal.reports.filters import NAMES, NOTHING, VERDICTS, Filters, Place, View, places_of


class Choice(msgspec.Struct, frozen=True):
    label: str
    href: str


class Menu(msgspec.Struct, frozen=True):
    label: str
    choices: list[Choice]


class Bar(msgspec.Struct, frozen=True):
    chosen: list[Choice]
    """Each leads to the view without it."""
    menus: list[Menu]


async def places(workspace_id: UUID, filters: Filters) -> dict[str, list[Place]]:
    """What filters can name beside those in force."""
    kinds = [kind for kind in ("job", "campaign", "channel") if "link" not in filters.places and kind not in filters.places]
    return await places_of(workspace_id, kinds)


def bar(view: View, filters: Filters, places: Mapping[str, Sequence[Place]], breakdowns: Sequence[Breakdown]) -> Bar:
    in_force = {name: words for name, words in filters.chosen if name in view.filters}
    chosen = [Choice(f"{NAMES[name]}: {words}", view.href(**{name: ""})) for name, words in in_force.items()]
    found = {kind: {str(place.id): place.name for place in of_kind} for kind, of_kind in places.items()}
    return Bar(chosen, _menus(view, filters, found | _values(breakdowns) | _verdicts(filters)))


def _menus(view: View, filters: Filters, found: Mapping[str, Mapping[str, str]]) -> list[Menu]:
    """Of the filters that are not in force and have something to choose from."""
    taken = {name for name, _ in filters.chosen}
    return [
        Menu(VERDICTS[filters.verdict] if name == "verdict" else words, _choices(view, name, found[name]))
        for name, words in NAMES.items()
        if found.get(name) and name not in taken
    ]


def _choices(view: View, name: str, values: Mapping[str, str]) -> list[Choice]:
    return [Choice(words, view.href(**{name: value})) for value, words in values.items()]


def _values(breakdowns: Sequence[Breakdown]) -> dict[str, dict[str, str]]:
    return {part.name: {item.value or NOTHING: item.label for item in part.items} for part in breakdowns}


def _verdicts(filters: Filters) -> dict[str, dict[str, str]]:
    """Of hits nobody knows the person's time zone."""
    others = {verdict.value: words for verdict, words in VERDICTS.items() if verdict is not filters.verdict}
    return {} if filters.zone else {"verdict": others}
