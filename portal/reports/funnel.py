"""The steps from a tap to a finished interview, each with what it is a share of and how long it took."""

import msgspec

from portal.reports.figures import ChannelTable, Figures, Share, share
from portal.reports.say import change, duration
from portal.web.templating import number, plural


class Step(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    value: int | None
    """None: nobody can tell for the filters chosen."""
    sub: str = ""
    delta: str = ""
    """Against the period before."""


def funnel(table: ChannelTable, before: ChannelTable | None = None) -> list[Step]:
    """Clicks and landings exist for links only, so the share of those who gave their name leaves direct arrivals out."""
    subs = {
        "clicks": "" if "visitors" in table.unknown else plural(table.total.visitors, "visitor"),
        "landed": _share("of clicks", share(table.links.landed, table.links.clicks)),
        "captured": _captured(table),
        "started": _join(_share("of these", share(table.total.started, table.total.people)), _median(table.times.to_started)),
        "completed": _completed(table),
    }
    labels = {"clicks": "Clicks", "landed": "Landed", "captured": "Gave name", "started": "Started", "completed": "Completed"}
    if "people" in table.unknown:
        return [_step(table, before, "clicks", "Hits", "")]
    return [_step(table, before, name, label, subs[name]) for name, label in labels.items()]


def _step(table: ChannelTable, before: ChannelTable | None, name: str, label: str, sub: str) -> Step:
    if name in table.unknown:
        return Step(label=label, value=None, sub="not known here")
    return Step(label=label, value=_of(table.total, name), sub=sub, delta=_delta(table, before, name))


def _delta(table: ChannelTable, before: ChannelTable | None, name: str) -> str:
    return change(_of(table.total, name), _of(before.total, name)) if before else ""


def _of(figures: Figures, name: str) -> int:
    return int(getattr(figures, name))


def _captured(table: ChannelTable) -> str:
    direct = f"{number(table.direct.captured)} direct" if table.direct.captured else ""
    invited = f"{number(table.total.invited)} more invited" if table.total.invited else ""
    of_landed = _share("of landed", share(table.links.captured, table.links.landed))
    return _join(of_landed, _median(table.times.to_captured), direct, invited)


def _completed(table: ChannelTable) -> str:
    returned = f"{number(table.total.returned)} by nudge" if table.total.returned else ""
    of_started = _share("of started", share(table.total.completed, table.total.started))
    return _join(of_started, _median(table.times.to_completed), returned)


def _share(of: str, found: Share | None) -> str:
    if found is None:
        return ""
    interval = f" ({found.low:.0f}–{found.high:.0f})" if found.low is not None and found.high is not None else ""
    return f"{found.percent:.0f} %{interval} {of}"


def _median(seconds: float | None) -> str:
    return f"{duration(seconds)} median" if seconds is not None else ""


def _join(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
