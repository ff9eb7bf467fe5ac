"""What a candidate wants of us: by which channel, in which language, when, or nothing at all.

Whoever holds a personal link of theirs may say so, whichever of their jobs it belongs to: what they choose holds for all jobs of
the workspace. The one exception is a link that anybody got who typed a known email at a landing page: it proves nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from babel.core import get_global

from portal import crypto, db
from portal.accounts.places import timezones
from portal.candidates.applications import LIVE
from portal.candidates.consents import record_consent
from portal.candidates.events import EventKind, add_event
from portal.jobs.jobs import Job, get_job
from portal.links.personal import PersonalLink, find_even_replaced, token_of
from portal.messages import suppression
from portal.messages.suppression import Cause
from portal.messages.words import Channel
from portal.settings import settings
from portal.web.forms import Form
from portal.web.missing import Missing

LANGUAGES = ("en", "es")
SOURCE = "On the page of their contact preferences"
ONE_CLICK = "By the unsubscribe button of an email"
MOST_LIKELY = 30
"""So many time zones are offered before all are asked for."""
MORNING = time(8)


class Standing(StrEnum):
    """Whether we write by a channel, and who could change that."""

    NONE = "none"
    """No address is known."""
    ON = "on"
    OFF = "off"
    STOPPED = "stopped"
    """They texted STOP: carriers let nobody but them take it back, by texting START."""
    BLOCKED = "blocked"
    """It bounced, was marked as spam, or a member put it on the list."""


YOURS = (Standing.ON, Standing.OFF)
"""What the candidate can change on the page."""
BY_THEM = {Channel.EMAIL: (Cause.UNSUBSCRIBED, Cause.STOP, Cause.ERASED), Channel.SMS: (Cause.UNSUBSCRIBED, Cause.ERASED)}
"""What they can take back on the page. Who was erased and came back by themselves is written to from their own yes on."""


class Snooze(StrEnum):
    TODAY = "today"
    DAYS = "days"
    WEEK = "week"


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one candidate, as the holder of `token` may read and change it."""

    token: str
    link: PersonalLink
    job: Job
    candidate_id: UUID
    is_live: bool
    """Whether there is an interview to go back to."""
    deadline_at: datetime | None
    email: str
    phone: str
    written_to: str
    """The address that the message with this link went to, if it was an email."""
    standing: dict[Channel, Standing]
    language: str
    timezone: str
    """As they chose it, or empty."""
    browser_timezone: str
    snoozed_until: datetime | None

    @property
    def zone(self) -> str:
        """Where they seem to be."""
        return self.timezone or self.browser_timezone or self.job.timezone

    def addresses(self, channel: Channel) -> list[str]:
        known = (self.email, self.written_to) if channel is Channel.EMAIL else (self.phone,)
        return [address for address in dict.fromkeys(known) if address]


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says. `wanted`: only of channels that the candidate can change."""

    wanted: dict[Channel, bool]
    language: str
    timezone: str


READ = """
SELECT a.candidate_id, a.stage, a.deadline_at, a.snoozed_until, c.email, c.phone, c.language, c.timezone, c.browser_timezone,
       coalesce(m.to_address, '') AS written_to,
       a.door <> 'landing' OR c.created_at = a.created_at OR m.id IS NOT NULL AS is_their_own,
       (SELECT k.given FROM consent k WHERE k.candidate_id = c.id AND k.channel = 'sms' AND k.address = c.phone
        ORDER BY k.at DESC, k.id DESC LIMIT 1) AS texts_allowed
FROM application a
JOIN candidate c ON c.id = a.candidate_id AND c.erased_at IS NULL
LEFT JOIN message m ON m.link_id = $3 AND m.channel = 'email'
WHERE a.workspace_id = $1 AND a.id = $2
"""


# ---- Addresses ----------------------------------------------------------------------------------------------------------


def preferences_url(link_id: UUID, version: int = 1) -> str:
    """The page of contact preferences, by the personal link of an application or of one of its messages."""
    return f"{settings().public_url}/p/{token_of(link_id, version)}"


def unsubscribe_url(link_id: UUID, version: int = 1) -> str:
    """Takes the POST of RFC 8058. Short, since long headers get folded, which has broken signatures."""
    return f"{preferences_url(link_id, version)}/unsubscribe"


# ---- Reading ------------------------------------------------------------------------------------------------------------


async def open_preferences(token: str, now: datetime) -> Preferences:
    """What `token` opens. Raises `Missing` for one that opens nothing."""
    link = await find_even_replaced(token)
    row = await db.row(READ, link.workspace_id, link.application_id, link.link_id) if link else None
    if link is None or row is None or not row["is_their_own"]:
        raise Missing("token")
    job = await get_job(link.workspace_id, link.job_id)
    snoozed = row["snoozed_until"]
    return Preferences(
        token=token.strip().lower(),
        link=link,
        job=job,
        candidate_id=row["candidate_id"],
        is_live=row["stage"] in LIVE,
        deadline_at=row["deadline_at"],
        email=row["email"] or "",
        phone=row["phone"] or "",
        written_to=row["written_to"],
        standing={
            Channel.EMAIL: await _standing(link.workspace_id, Channel.EMAIL, row["email"], allowed=True),
            Channel.SMS: await _standing(link.workspace_id, Channel.SMS, row["phone"], allowed=bool(row["texts_allowed"])),
        },
        language=_language(row["language"] or job.language),
        timezone=row["timezone"],
        browser_timezone=row["browser_timezone"],
        snoozed_until=snoozed if snoozed and snoozed > now else None,
    )


async def _standing(workspace_id: UUID, channel: Channel, address: str | None, *, allowed: bool) -> Standing:
    if not address:
        return Standing.NONE
    cause = await db.value(
        "SELECT reason FROM suppression WHERE workspace_id = $1 AND channel = $2 AND address_hash = $3",
        workspace_id,
        channel.value,
        crypto.address_hash(address),
    )
    if cause is None:
        return Standing.ON if allowed else Standing.OFF
    if cause in BY_THEM[channel]:
        return Standing.OFF
    return Standing.STOPPED if cause == Cause.STOP else Standing.BLOCKED


def _language(tag: str) -> str:
    """The one of `LANGUAGES` that comes nearest to a tag such as ``es-mx``."""
    return tag[:2] if tag[:2] in LANGUAGES else LANGUAGES[0]


def likely_zones(preferences: Preferences) -> list[str]:
    """Where they may be, the likeliest first: what they chose, what their browser said, the job's place and its country."""
    known = timezones()
    country = get_global("territory_zones").get(preferences.job.country, [])
    likely = [preferences.timezone, preferences.browser_timezone, preferences.job.timezone, *country]
    return [zone for zone in dict.fromkeys(likely) if zone in known][:MOST_LIKELY]


def read_wishes(preferences: Preferences, form: Form, wrong: dict[str, str]) -> Wishes:
    """`wrong`: the sentences for a language and a time zone that can't be used. Raises `Invalid`."""
    wishes = Wishes(
        wanted={channel: form.checked(channel.value) for channel in Channel if preferences.standing[channel] in YOURS},
        language=form.choice("language", LANGUAGES, wrong=wrong["language"]),
        timezone=form.choice("timezone", {"", *timezones()}, wrong=wrong["timezone"]),
    )
    form.check()
    return wishes


# ---- Changing -----------------------------------------------------------------------------------------------------------


async def save(preferences: Preferences, wishes: Wishes, *, wording: str, page: str, now: datetime) -> None:
    """`wording`, `page`: what stood beside the box for texts, and where; kept as proof of a yes."""
    async with db.transaction():
        theirs = await _lock(preferences)
        for channel, wanted in wishes.wanted.items():
            if wanted == (preferences.standing[channel] is Standing.ON):
                continue
            if channel is Channel.SMS:
                await _keep_consent(preferences, wording, page, now, given=wanted)
            if not await _turn(preferences, channel, SOURCE, now, on=wanted):
                kind = EventKind.OPTED_IN if wanted else EventKind.OPTED_OUT
                await _tell(preferences, theirs, kind, {"channel": channel.value, "source": SOURCE}, now)
        await _choose(preferences, wishes, theirs, now)


async def stop_all(preferences: Preferences, *, now: datetime) -> list[Channel]:
    """Nothing more, of any job of the workspace. The channels that this stopped; those that were off stay off at an `undo`."""
    async with db.transaction():
        await _lock(preferences)
        return [channel for channel in Channel if await _turn(preferences, channel, SOURCE, now, on=False)]


async def unsubscribe(preferences: Preferences, *, now: datetime) -> list[Channel]:
    """No more emails (RFC 8058). Asked twice, it is done once."""
    async with db.transaction():
        await _lock(preferences)
        stopped = await _turn(preferences, Channel.EMAIL, ONE_CLICK, now, on=False)
    return [Channel.EMAIL] if stopped else []


async def undo(preferences: Preferences, channels: Collection[Channel], *, now: datetime) -> None:
    """Take a stop back. Texts go on only if there was a yes to them."""
    async with db.transaction():
        await _lock(preferences)
        for channel in channels:
            await _turn(preferences, channel, SOURCE, now, on=True)


async def snooze(preferences: Preferences, wish: Snooze, *, now: datetime) -> datetime:
    """No nudges for a while, of any of their jobs; until when."""
    until = snooze_end(wish, preferences.zone, now)
    async with db.transaction():
        live = await _set_snooze(preferences, until)
        await _tell(preferences, live, EventKind.SNOOZED, {"until": until.isoformat()}, now)
    return until


async def wake(preferences: Preferences, *, now: datetime) -> None:
    """End a snooze."""
    async with db.transaction():
        live = await _set_snooze(preferences, None)
        await _tell(preferences, live, EventKind.SNOOZED, {"until": ""}, now)


def snooze_end(wish: Snooze, zone: str, now: datetime) -> datetime:
    """Today lasts until tomorrow morning."""
    if wish is Snooze.TODAY:
        tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
        return datetime.combine(tomorrow, MORNING, ZoneInfo(zone))
    return now + timedelta(days=3 if wish is Snooze.DAYS else 7)


async def _lock(preferences: Preferences) -> list[UUID]:
    """All applications of the candidate; locked, as are those of everybody else with one of their addresses, in the order of
    their ids, as by all who lock several."""
    found = await db.rows(
        "SELECT application.id, candidate_id = $2 AS is_theirs FROM application WHERE workspace_id = $1 AND candidate_id IN "
        "(SELECT id FROM candidate WHERE workspace_id = $1 AND (id = $2 OR email = ANY($3) OR phone = ANY($4))) "
        "ORDER BY application.id FOR NO KEY UPDATE OF application",
        preferences.link.workspace_id,
        preferences.candidate_id,
        preferences.addresses(Channel.EMAIL),
        preferences.addresses(Channel.SMS),
    )
    return [row["id"] for row in found if row["is_theirs"]]


async def _turn(preferences: Preferences, channel: Channel, source: str, now: datetime, *, on: bool) -> bool:
    """Whether that changed the list of those not to be written to. Only their own word can be taken back here."""
    workspace_id, changed = preferences.link.workspace_id, False
    for address in preferences.addresses(channel):
        if on:
            causes = BY_THEM[channel]
            changed |= await suppression.lift(workspace_id, channel, address, causes=causes, source=source, now=now)
        else:
            cause = Cause.UNSUBSCRIBED
            changed |= await suppression.suppress(workspace_id, channel, address, cause=cause, source=source, now=now)
    return changed


async def _keep_consent(preferences: Preferences, wording: str, page: str, now: datetime, *, given: bool) -> None:
    await record_consent(
        workspace_id=preferences.link.workspace_id,
        candidate_id=preferences.candidate_id,
        channel=Channel.SMS.value,
        address=preferences.phone,
        wording=wording,
        page=page,
        now=now,
        given=given,
    )


async def _choose(preferences: Preferences, wishes: Wishes, theirs: Sequence[UUID], now: datetime) -> None:
    """Language and time zone, if they changed."""
    changed = {
        name: value
        for name, value in (("language", wishes.language), ("timezone", wishes.timezone))
        if value != getattr(preferences, name)
    }
    if not changed:
        return
    await db.run(
        "UPDATE candidate SET language = coalesce($3, language), timezone = coalesce($4, timezone) "
        "WHERE workspace_id = $1 AND id = $2",
        preferences.link.workspace_id,
        preferences.candidate_id,
        changed.get("language"),
        changed.get("timezone"),
    )
    await _tell(preferences, theirs, EventKind.PREFERENCES_CHANGED, changed, now)


async def _set_snooze(preferences: Preferences, until: datetime | None) -> list[UUID]:
    """The applications that it holds for: those that may still be finished."""
    await _lock(preferences)
    found = await db.rows(
        "UPDATE application SET snoozed_until = $3 WHERE workspace_id = $1 AND candidate_id = $2 AND stage = ANY($4) "
        "RETURNING id",
        preferences.link.workspace_id,
        preferences.candidate_id,
        until,
        [stage.value for stage in LIVE],
    )
    return [row["id"] for row in found]


async def _tell(
    preferences: Preferences, applications: Sequence[UUID], kind: EventKind, data: dict[str, str], now: datetime
) -> None:
    """A line in each timeline, and plans that are made anew."""
    for application_id in applications:
        await add_event(preferences.link.workspace_id, application_id, kind, now, data)
    await db.run(
        "UPDATE application SET plan_stale = true WHERE workspace_id = $1 AND id = ANY($2)",
        preferences.link.workspace_id,
        list(applications),
    )
