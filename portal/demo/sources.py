"""Where people come from: each channel link of the demo, how often it is tapped, and how far its people get."""

from dataclasses import dataclass

MADE_AT = 8
"""The hour at which links are made."""
NIGHT_OWL = (3, 2, 1, 1, 1, 1, 2, 4, 5, 5, 5, 5, 6, 6, 5, 5, 6, 7, 8, 9, 10, 10, 8, 5)
OFFICE = (1, 0, 0, 0, 0, 1, 2, 5, 9, 11, 10, 9, 10, 9, 8, 8, 7, 6, 4, 3, 3, 2, 2, 1)
OUTDOORS = (0, 0, 0, 0, 0, 1, 3, 6, 8, 7, 6, 7, 8, 7, 6, 6, 8, 9, 7, 5, 3, 2, 1, 0)
EVERY_DAY = (0.95, 0.95, 1.0, 1.0, 0.9, 1.05, 1.15)
"""Monday first."""
WORKING_DAYS = (1.25, 1.3, 1.25, 1.15, 0.95, 0.55, 0.55)


@dataclass(frozen=True)
class Burst:
    """Something was posted: taps come at once and fade."""

    days_ago: int
    hour: int
    taps: int
    fades_in: float
    """Hours until half as many come."""
    ends_after: float = 24 * 30
    """Hours; a story lives 24."""


@dataclass(frozen=True)
class Source:
    job: str
    """The job's slug."""
    channel: tuple[str, str]
    """Network and placement, as in the catalogue."""
    slug: str
    mix: str
    """A key of `agents.MIXES`."""
    captures: float
    """How many of those who landed give name and email."""
    completes: float
    """How likely one who starts goes on from one question to the next."""
    a_day: float = 0
    since: int = 60
    """Days ago; when the link was made."""
    until: int = 0
    bursts: tuple[Burst, ...] = ()
    hours: tuple[int, ...] = NIGHT_OWL
    weekdays: tuple[float, ...] = EVERY_DAY
    campaign: str = ""
    label: str = ""
    previews: float = 0.05
    """Hits by link previews for each visit by a person. The next three likewise."""
    prefetches: float = 0.02
    scanners: float = 0.0
    bots: float = 0.015
    budget: int = 0
    """Pounds spent in its campaign."""


def stories(*days_ago: int, taps: int) -> tuple[Burst, ...]:
    return tuple(Burst(d, hour=18, taps=taps - 23 * n % 90, fades_in=6, ends_after=24) for n, d in enumerate(days_ago))


def posts(*days_ago: int, taps: int) -> tuple[Burst, ...]:
    return tuple(Burst(d, hour=12, taps=taps - 17 * n % 60, fades_in=20) for n, d in enumerate(days_ago))


AUTUMN, NIGHTS = "Autumn wards", "Warehouse opening"
CAMPAIGNS = {
    AUTUMN: (45, 0, "Ads and stories for the wards in Leeds. Every picture shows the team, no stock photos."),
    NIGHTS: (30, 2, "The second hall opens: 40 people for all shifts."),
}
"""Name: first day and last day in days ago, notes."""

LEEDS, WAKEFIELD, ROTA, YORK = "night-nurse-leeds", "warehouse-shifts-wakefield", "software-engineer-rota", "weekend-carer-york"
SOURCES = (
    Source(
        LEEDS,
        ("instagram", "story"),
        "nurse-ig-story",
        "instagram",
        captures=0.059,
        completes=0.87,
        bursts=stories(44, 37, 30, 24, 16, 9, 3, taps=300),
        campaign=AUTUMN,
        previews=0.02,
    ),
    Source(LEEDS, ("instagram", "bio"), "nurse-ig-bio", "instagram", captures=0.097, completes=0.89, a_day=11),
    Source(
        LEEDS,
        ("instagram", "ad"),
        "nurse-ig-ad",
        "instagram",
        captures=0.027,
        completes=0.82,
        a_day=44,
        since=42,
        campaign=AUTUMN,
        prefetches=0.06,
        budget=620,
    ),
    Source(
        LEEDS, ("instagram", "dm"), "nurse-ig-dm", "instagram", captures=0.216, completes=0.9, a_day=1.4, since=40, previews=0.4
    ),
    Source(
        LEEDS,
        ("facebook", "post"),
        "nurse-fb-post",
        "facebook",
        captures=0.05,
        completes=0.86,
        bursts=posts(51, 33, 18, 6, taps=230),
        previews=0.12,
    ),
    Source(
        LEEDS,
        ("facebook", "ad"),
        "nurse-fb-ad",
        "facebook",
        captures=0.024,
        completes=0.81,
        a_day=52,
        since=38,
        campaign=AUTUMN,
        prefetches=0.08,
        budget=540,
        label="Nights, A",
    ),
    Source(LEEDS, ("facebook", "apply"), "nurse-fb-apply", "facebook", captures=0.115, completes=0.88, a_day=5, since=52),
    Source(
        LEEDS,
        ("whatsapp", "group"),
        "nurse-whatsapp",
        "whatsapp",
        captures=0.151,
        completes=0.89,
        a_day=3,
        since=47,
        previews=1.1,
    ),
    Source(
        LEEDS,
        ("qr", "poster"),
        "nurse-ward-poster",
        "qr",
        captures=0.137,
        completes=0.89,
        a_day=4.5,
        since=48,
        hours=OUTDOORS,
        weekdays=WORKING_DAYS,
        label="Ward poster, print 2",
        previews=0,
        prefetches=0,
    ),
    Source(
        LEEDS,
        ("careers", "page"),
        "nurse-careers",
        "careers",
        captures=0.122,
        completes=0.89,
        a_day=6,
        hours=OFFICE,
        weekdays=WORKING_DAYS,
        bots=0.2,
    ),
    Source(
        WAKEFIELD,
        ("tiktok", "bio"),
        "warehouse-tt-bio",
        "tiktok",
        captures=0.054,
        completes=0.84,
        a_day=9,
        since=34,
        bursts=posts(29, 13, taps=260),
        campaign=NIGHTS,
    ),
    Source(
        WAKEFIELD,
        ("facebook", "ad"),
        "warehouse-fb-ad",
        "facebook",
        captures=0.033,
        completes=0.84,
        a_day=70,
        since=30,
        until=2,
        campaign=NIGHTS,
        prefetches=0.07,
        budget=780,
    ),
    Source(
        WAKEFIELD,
        ("instagram", "story"),
        "warehouse-ig-story",
        "instagram",
        captures=0.043,
        completes=0.85,
        bursts=stories(28, 21, 14, 7, taps=240),
        since=30,
        campaign=NIGHTS,
        previews=0.02,
    ),
    Source(
        WAKEFIELD,
        ("boards", "indeed"),
        "warehouse-indeed",
        "indeed",
        captures=0.065,
        completes=0.83,
        a_day=26,
        since=50,
        hours=OFFICE,
        weekdays=WORKING_DAYS,
        bots=0.09,
    ),
    Source(
        WAKEFIELD,
        ("sms", "text"),
        "warehouse-text",
        "sms",
        captures=0.144,
        completes=0.88,
        bursts=(Burst(26, 10, 180, 3), Burst(11, 10, 150, 3)),
        since=27,
        previews=0.3,
    ),
    Source(
        WAKEFIELD,
        ("qr", "poster"),
        "warehouse-gate",
        "qr",
        captures=0.108,
        completes=0.87,
        a_day=6,
        since=31,
        hours=OUTDOORS,
        label="Gate of hall 2",
        previews=0,
        prefetches=0,
    ),
    Source(
        WAKEFIELD,
        ("referral", "employees"),
        "warehouse-friends",
        "referral",
        captures=0.23,
        completes=0.9,
        a_day=3,
        since=45,
        previews=0.5,
    ),
    Source(
        ROTA,
        ("linkedin", "post"),
        "rota-li-post",
        "linkedin",
        captures=0.032,
        completes=0.84,
        bursts=posts(40, 26, 12, 4, taps=340),
        since=41,
        hours=OFFICE,
        weekdays=WORKING_DAYS,
        previews=0.2,
        bots=0.05,
    ),
    Source(
        ROTA,
        ("x", "post"),
        "rota-x",
        "x",
        captures=0.022,
        completes=0.82,
        bursts=posts(39, 10, taps=170),
        since=40,
        previews=0.6,
        bots=0.3,
    ),
    Source(
        ROTA,
        ("email", "newsletter"),
        "rota-news",
        "email",
        captures=0.065,
        completes=0.87,
        bursts=(Burst(35, 9, 190, 8), Burst(14, 9, 170, 8)),
        since=36,
        hours=OFFICE,
        weekdays=WORKING_DAYS,
        scanners=0.7,
        previews=0,
    ),
    Source(
        ROTA,
        ("careers", "page"),
        "rota-careers",
        "careers",
        captures=0.079,
        completes=0.87,
        a_day=5,
        since=41,
        hours=OFFICE,
        weekdays=WORKING_DAYS,
        bots=0.25,
    ),
    Source(
        YORK,
        ("facebook", "post"),
        "carer-fb-post",
        "facebook",
        captures=0.09,
        completes=0.85,
        since=5,
        until=2,
        bursts=posts(5, taps=120),
        previews=0.12,
    ),
)


def pull(source: Source, ago: int, hour: int, weekday: int | None) -> float:
    """How many people tap `source` on average in that local hour, so many days ago.

    `weekday`: 0 is Monday; None stands for the average day, so that a sum does not depend on where the weekends lie.
    """
    made_only_now = ago == source.since and hour < MADE_AT
    if made_only_now or not source.until <= ago <= source.since:
        return 0.0
    day = source.hours[hour] / sum(source.hours)
    growth = 1.2 - 0.4 * ago / 60
    mood = source.weekdays[weekday] if weekday is not None else sum(source.weekdays) / 7
    awake = min(day * 24, 1.6)
    return source.a_day * day * mood * growth + sum(fading(burst, ago, hour) for burst in source.bursts) * awake


def fading(burst: Burst, ago: int, hour: int) -> float:
    """What is left of `burst` in that hour: all its hours together make about its taps."""
    posted = 24 * (burst.days_ago - ago) + hour - burst.hour
    if not 0 <= posted < burst.ends_after:
        return 0.0
    decay = 0.5 ** (1 / burst.fades_in)
    whole = (1 - decay**burst.ends_after) / (1 - decay)
    return float(burst.taps * decay**posted / whole)
