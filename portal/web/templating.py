"""Jinja: the engine, and the few words that every template may use."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from portal.settings import ROOT, settings
from portal.web import drawing
from portal.web.static import static


def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # it would look at seventeen files for each page; whoever edits one starts anew
    )
    env.globals.update(static=static, public_url=lambda: settings().public_url, short_host=lambda: settings().short_host)
    env.globals["drawing"] = drawing
    env.filters.update(
        day=day, date=calendar_day, clock=clock, moment=moment, iso=iso, number=number, percent=percent, plural=plural
    )
    return env


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))


def day(at: datetime, timezone: str, locale: str = "en_GB") -> str:
    """The day at the reader's place: "3 December"."""
    return format_skeleton("MMMMd", at.astimezone(ZoneInfo(timezone)), locale=locale)


def calendar_day(on: date, locale: str = "en_GB") -> str:
    """A day that is one everywhere: "3 Dec 2026"."""
    return format_date(on, "d MMM y", locale=locale)


def clock(at: datetime, timezone: str) -> str:
    """The time at the reader's place: "09:40"."""
    return f"{at.astimezone(ZoneInfo(timezone)):%H:%M}"


def moment(at: datetime, timezone: str, locale: str = "en_GB") -> str:
    """Day and time at the reader's place: "Wed 3 Dec, 09:40"."""
    return format_datetime(at.astimezone(ZoneInfo(timezone)), "EEE d MMM, HH:mm", locale=locale)


def iso(at: datetime) -> str:
    """For ``<time datetime>`` (ISO 8601, UTC)."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def number(value: int) -> str:
    return f"{value:,}"


def percent(part: int, whole: int, digits: int = 0) -> str:
    """ "30 %"; a dash when there is nothing to divide by."""
    return f"{100 * part / whole:.{digits}f} %" if whole else "–"


def plural(count: int, one: str, many: str | None = None) -> str:
    """ "1 link", "4 links"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def render(name: str, **context: Any) -> str:
    """A template as text, outside of a request: emails, texts, cards."""
    return _environment().get_template(name).render(**context)


_kept: list[Environment] = []


def _environment() -> Environment:
    if not _kept:
        _kept.append(environment())
    return _kept[0]
