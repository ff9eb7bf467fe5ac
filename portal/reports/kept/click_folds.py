"""What is known of the clicks of days that are over, put together from their mixes by the clock: see `blocks`.

Owners are a workspace, its jobs, campaigns, jobs within campaigns, channels, and, in larger blocks, links. The `parts` of a line,
of people's taps, or of hits with another verdict where the line is of that (what was not counted is said there of all of them):

    values     dimension -> value -> taps
    hours      day of the week (1 is Monday) -> taps by hour of the day
    days       pairs in one list: day (as Python numbers them) and taps
    channels   channel -> taps
    landed     channel -> taps whose page was shown
    excluded   "kind:verdict:reason" -> hits

A channel within another place is a dimension too. Three more kinds are in larger blocks alone: lines of two filters; those of a
channel that say under one filter the taps of each of its links, as if links were ``values``, and nothing else; and those of
`link_mixes`.

Whatever changes a mix takes its blocks away.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from operator import add
from typing import Any
from uuid import UUID

import msgspec

from portal import db
from portal.clicks.recount import MIXES_OF_DAY
from portal.clicks.verdicts import Verdict
from portal.reports.durations import add_flat, pairs
from portal.reports.kept import link_mixes, mix_folds
from portal.reports.kept.blocks import BEGINNING, SIZES, Block, Kept, Key, Parts, as_id, days_in, pair
from portal.reports.kept.link_mixes import MIXES
from portal.reports.scope import CHANNEL, VERDICT, Dimension, Scope
from portal.reports.tally import Tally

KEPT = Kept("click_fold", "click_block")
OF_LINKS = 16
"""Days of the smallest blocks that have lines of single links: there are a thousand of them, and of most nobody asks."""
OF_CHANNEL = "channel"
"""The dimension of a channel within another place."""
OF_PAIRS = 4
"""Days of the smallest blocks that have lines of two filters."""
LINKS = "links by "
"""Before the dimension of lines that say the taps of links."""
BY_LINK = 4
"""Days of the smallest blocks that have such lines."""
NOBODY = UUID(int=0)
AT_ONCE = 20
"""Days, and blocks of each size, in one round."""


async def read(scope: Scope, tally: Tally) -> list[date] | None:
    """Add what lines say of `scope`; the days of it that they do not know. None: there are no such lines."""
    key = _key(scope)
    if key is None:
        return None
    ((found, left),) = await KEPT.read([scope], key, smallest=_smallest(key, scope))
    parts = _together([_beside(parts) if scope.is_beside else parts for _, parts in found if parts])
    _add(tally, {"excluded": parts["excluded"]} if scope.zone else parts)  # nobody knows the time zone of a tap
    return left


def _beside(parts: Parts) -> Parts:
    """What another period is compared with: the rest need not be added up."""
    return {**_nothing(), **{name: parts[name] for name in ("days", "channels", "landed")}}


async def read_not_counted(scope: Scope, tally: Tally) -> list[date] | None:
    """The same, of what was not counted alone: that is so for any verdict, and of one filter less there may be lines."""
    key = _key(msgspec.structs.replace(scope, verdict=Verdict.PERSON))
    if key is None:
        return None
    ((found, left),) = await KEPT.read([scope], key, smallest=_smallest(key, scope))
    _add(tally, {"excluded": _together([parts for _, parts in found if parts])["excluded"]})
    return left


async def read_link(scope: Scope, tally: Tally) -> list[date]:
    """Add what lines say of one link under filters; the days that they do not know."""
    ((found, left),) = await KEPT.read([scope], Key(scope.link_id or NOBODY, MIXES), smallest=OF_LINKS)
    link_mixes.add(scope, [parts for _, parts in found if parts], tally)
    return left


async def taps_of_links(scopes: Sequence[Scope]) -> list[tuple[Counter[UUID], list[date]]]:
    """What lines say of the links of one channel under one filter, in each of the periods; and the days that they do not know."""
    scope = scopes[0]
    dimension, value = scope.filters[0]
    key = Key(scope.channel_id or NOBODY, LINKS + dimension, value)
    return [(_of_each_link(found), left) for found, left in await KEPT.read(scopes, key, smallest=BY_LINK)]


def _of_each_link(found: Sequence[tuple[Block, Parts]]) -> Counter[UUID]:
    taps = Counter[str]()
    for _, parts in found:
        taps.update(parts.get("values", {}).get("link", {}))
    return Counter({as_id(link): number for link, number in taps.items()})


def _key(scope: Scope) -> Key | None:
    """Whose lines say it; None: nobody's."""
    if scope.link_id:
        return None if scope.is_narrowed else Key(scope.link_id)
    owner = scope.owner or scope.mixer or NOBODY
    within = [(OF_CHANNEL, str(scope.channel_id))] if scope.channel_id and owner != scope.channel_id else []
    match [*within, *scope.filters]:
        case []:
            return Key(owner)
        case [one]:
            return Key(owner, *one)
        case [one, two] if not scope.channel_id:
            return Key(owner, *pair(one, two))
    return None


def _smallest(key: Key, scope: Scope) -> int:
    """Days of the smallest blocks that have such lines."""
    if scope.link_id:
        return OF_LINKS
    return OF_PAIRS if "," in key.dimension else 1


def _add(tally: Tally, parts: Parts) -> None:
    for weekday, hours in parts.get("hours", {}).items():
        for hour, number in enumerate(hours):
            if number:
                tally.hours[int(weekday), hour] += number
    add_flat(days := Counter[int](), parts.get("days"))
    tally.days.update({date.fromordinal(day): number for day, number in days.items()})
    for dimension, values in parts.get("values", {}).items():
        counts = tally.values[dimension]
        for value, number in values.items():
            counts[value] += number
    for channel, clicks in parts.get("channels", {}).items():
        tally.channels[as_id(channel)] += clicks
    for channel, landed in parts.get("landed", {}).items():
        tally.landed[as_id(channel)] += landed
    for key, hits in parts.get("excluded", {}).items():
        tally.add_excluded(*_split(key), hits)


def _split(key: str) -> tuple[str, str, str]:
    kind, verdict, reason = key.split(":", 2)
    return kind, verdict, reason


# ---- Keeping ---------------------------------------------------------------------------------------------------------------


async def fold(now: datetime) -> int:
    """Put together days that are over and not folded, or no longer, the latest first; then blocks of which that is done. Of how
    many. For a clock to call."""
    days = await _open_days(now)
    for row in days:
        await _keep(row["id"], Block(row["day"], 1))
    made = len(days)
    for size in SIZES[1:]:
        found = await _open_blocks(size, now)
        for row in found:
            await _keep(row["workspace_id"], Block(row["day"], size))
        made += len(found)
    return made


TODAY = "($1::timestamptz AT TIME ZONE w.timezone)::date"


async def _open_days(now: datetime) -> list[db.Row]:
    return await db.rows(
        "SELECT w.id, d.day FROM workspace w CROSS JOIN LATERAL (SELECT DISTINCT s.day FROM click_sum_daily s "
        f"WHERE s.owner_id = w.id AND s.workspace_id = w.id AND s.dimension IN ('verdict', 'excluded') AND s.day < {TODAY} "
        "AND NOT EXISTS (SELECT FROM click_block f WHERE f.workspace_id = w.id AND f.day = s.day AND f.days = 1) "
        "ORDER BY 1 DESC LIMIT $2) d",
        now,
        AT_ONCE,
    )


OPEN = """
SELECT FROM click_sum_daily s WHERE s.owner_id = {0} AND s.workspace_id = {0} AND s.dimension IN ('verdict', 'excluded')
  AND s.day >= {1} AND s.day < {1} + {2}::integer AND NOT EXISTS (
    SELECT FROM click_block f
    WHERE f.workspace_id = {0} AND f.days = {2} / 4 AND f.day = {1} + (s.day - {1}) / ({2} / 4) * ({2} / 4)
  )
"""
"""Days of a block that have hits and are in no block of the next smaller size."""


async def _open_blocks(size: int, now: datetime) -> list[db.Row]:
    """Blocks that are over, are not there, and could be."""
    return await db.rows(
        "SELECT b.workspace_id, b.day FROM (SELECT DISTINCT workspace_id, $4::date + (day - $4) / $3 * $3 AS day "
        "FROM click_block WHERE days = $3 / 4) b JOIN workspace w ON w.id = b.workspace_id "
        f"WHERE b.day + $3 <= {TODAY} "
        "AND NOT EXISTS (SELECT FROM click_block f WHERE f.workspace_id = w.id AND f.day = b.day AND f.days = $3) "
        f"AND NOT EXISTS ({OPEN.format('w.id', 'b.day', '$3')}) ORDER BY 2 DESC LIMIT $2",
        now,
        AT_ONCE,
        size,
        BEGINNING,
    )


async def _keep(workspace_id: UUID, block: Block) -> None:
    async with db.transaction():
        # Nobody changes mixes of this workspace meanwhile.
        await db.run("SELECT lock_sums(ARRAY[$1::uuid || 'mix'])", workspace_id)
        if block.days == 1:
            made = await _of_day(workspace_id, block.day, _of_values)
        elif await db.value(f"SELECT EXISTS ({OPEN.format('$1::uuid', '$2::date', '$3')})", workspace_id, *block):
            return  # one of its days has changed since
        else:
            inside = await KEPT.inside(workspace_id, block)
            made = {key: (link_mixes.together if key.dimension == MIXES else _together)(of) for key, of in inside.items()}
        if block.days == BY_LINK:
            made |= await _by_link(workspace_id, block)
        if block.days == OF_PAIRS:
            made |= await _of_pairs(workspace_id, block)
        if block.days == OF_LINKS:
            made |= await _of_links(workspace_id, block) | await link_mixes.of_days(workspace_id, block)
        if block.days >= mix_folds.SMALLEST:
            await mix_folds.keep(workspace_id, block)
        await KEPT.keep(workspace_id, block, made)


Lines = Callable[[Sequence[db.Row], date], Iterator[tuple[tuple[str, str], Parts]]]
"""Of the mixes of one owner and day: by dimension and value."""


async def _of_day(workspace_id: UUID, day: date, lines: Lines) -> dict[Key, Parts]:
    mixes = await db.rows(f"SELECT * FROM click_mix WHERE workspace_id = $1 AND {MIXES_OF_DAY}", workspace_id, day)
    by_owner: dict[UUID, list[db.Row]] = defaultdict(list)
    for mix in mixes:
        by_owner[mix["owner_id"]].append(mix)
        # Channels have no mixes of their own: those of the workspace name them.
        if lines is _of_values and mix["owner_id"] == workspace_id and mix["channel_id"]:
            by_owner[mix["channel_id"]].append(mix)
    return {Key(owner_id, *of): parts for owner_id, its in by_owner.items() for of, parts in lines(its, day)}


async def _of_pairs(workspace_id: UUID, block: Block) -> dict[Key, Parts]:
    by_key: dict[Key, list[Parts]] = defaultdict(list)
    for day in days_in(block.day, _last(block)):
        for key, parts in (await _of_day(workspace_id, day, _of_two_values)).items():
            by_key[key].append(parts)
    return {key: _together(each) for key, each in by_key.items()}


def _of_values(mixes: Sequence[db.Row], day: date) -> Iterator[tuple[tuple[str, str], Parts]]:
    """Of everything, of each value, and of what is no person's."""
    yield ("", ""), _parts(mixes, day)
    for of, its in (*_by_value(mixes).items(), *_by_channel(mixes).items()):
        yield of, _parts(its, day)
    for verdict in OTHERS:
        yield (VERDICT, verdict.value), {**_parts(mixes, day, verdict), "values": {}}


def _of_two_values(mixes: Sequence[db.Row], day: date) -> Iterator[tuple[tuple[str, str], Parts]]:
    """Of two values, and of each value that is no person's."""
    by_pair: dict[tuple[tuple[str, str], tuple[str, str]], list[db.Row]] = defaultdict(list)
    for mix in mixes:
        for two in combinations([(str(name), mix[name]) for name in Dimension], 2):
            by_pair[two].append(mix)
    for (one, other), its in by_pair.items():
        yield pair(one, other), _parts(its, day)
    for one, its in _by_value(mixes).items():
        for verdict in OTHERS:
            yield pair(one, (VERDICT, verdict.value)), _parts(its, day, verdict)


OTHERS = [verdict for verdict in Verdict if verdict is not Verdict.PERSON]


def _by_value(mixes: Iterable[db.Row]) -> dict[tuple[str, str], list[db.Row]]:
    by_value: dict[tuple[str, str], list[db.Row]] = defaultdict(list)
    for mix in mixes:
        for name in Dimension:
            by_value[str(name), mix[name]].append(mix)
    return by_value


def _by_channel(mixes: Iterable[db.Row]) -> dict[tuple[str, str], list[db.Row]]:
    by_channel: dict[tuple[str, str], list[db.Row]] = defaultdict(list)
    for mix in mixes:
        if mix["channel_id"]:
            by_channel[OF_CHANNEL, str(mix["channel_id"])].append(mix)
    return by_channel


def _parts(lines: Iterable[db.Row], day: date, counted: Verdict = Verdict.PERSON) -> Parts:
    values: dict[str, Counter[str]] = {str(name): Counter() for name in Dimension}
    channels, landed, excluded, hours = Counter[str](), Counter[str](), Counter[str](), [0] * 24
    for line in lines:
        if line["verdict"] != Verdict.PERSON:
            excluded[f"{line['kind']}:{line['verdict']}:{line['reason']}"] += line["clicks"]
        if line["verdict"] == counted and line["kind"] == CHANNEL:
            channels[str(line["channel_id"])] += line["clicks"]
            landed[str(line["channel_id"])] += line["landed"]
            hours = list(map(add, hours, line["hours"]))
            for name in Dimension:
                values[name][line[name]] += line["clicks"]
    return {
        "values": {name: _some(of) for name, of in values.items()},
        "hours": {str(day.isoweekday()): hours} if any(hours) else {},
        "days": pairs(Counter({day.toordinal(): taps})) if (taps := channels.total()) else [],
        "channels": _some(channels),
        "landed": _some(landed),
        "excluded": _some(excluded),
    }


def _some(counts: Counter[str]) -> dict[str, int]:
    return {key: number for key, number in counts.items() if number}


def _together(each: Sequence[Parts]) -> Parts:
    values: dict[str, Counter[str]] = defaultdict(Counter)
    channels, landed, excluded, hours = Counter[str](), Counter[str](), Counter[str](), dict[str, list[int]]()
    days = Counter[int]()
    for parts in each:
        add_flat(days, parts["days"])
        for dimension, of in parts["values"].items():
            values[dimension].update(of)
        for weekday, row in parts["hours"].items():
            hours[weekday] = list(map(add, hours[weekday], row)) if weekday in hours else row
        channels.update(parts["channels"])
        landed.update(parts["landed"])
        excluded.update(parts["excluded"])
    return {
        "values": values,
        "hours": hours,
        "days": pairs(days),
        "channels": channels,
        "landed": landed,
        "excluded": excluded,
    }


def _nothing() -> dict[str, Any]:
    return {"values": defaultdict(dict), "hours": {}, "days": [], "channels": {}, "landed": {}, "excluded": {}}


async def _by_link(workspace_id: UUID, block: Block) -> dict[Key, Parts]:
    """From their rollups."""
    made: dict[Key, dict[str, Any]] = defaultdict(_nothing)
    for row in await db.rows(LINK_VALUES, workspace_id, block.day, _last(block), [*Dimension, VERDICT]):
        of_channel = made[Key(row["channel_id"], LINKS + row["dimension"], row["value"])]
        of_channel["values"]["link"][str(row["link_id"])] = row["clicks"]
    return dict(made)


async def _of_links(workspace_id: UUID, block: Block) -> dict[Key, Parts]:
    """From their rollups."""
    made: dict[Key, dict[str, Any]] = defaultdict(_nothing)
    for row in await db.rows(LINK_VALUES, workspace_id, block.day, _last(block), [*Dimension, "excluded"]):
        parts, dimension, value = made[Key(row["link_id"])], row["dimension"], row["value"]
        if dimension == "excluded":
            parts["excluded"][f"{CHANNEL}:{value}"] = row["clicks"]
        else:
            parts["values"][dimension][value] = row["clicks"]
    for day in days_in(block.day, _last(block)):  # a day takes a second where the disk is cold
        for row in await db.rows(LINK_HOURS, workspace_id, day, day):
            hours = made[Key(row["link_id"])]["hours"].setdefault(str(row["weekday"]), [0] * 24)
            hours[row["hour"]] += row["clicks"]
    for row in await db.rows(LINK_DAYS, workspace_id, block.day, _last(block)):
        made[Key(row["link_id"])]["days"] += [row["day"].toordinal(), row["clicks"]]
    return dict(made)


def _last(block: Block) -> date:
    return block.day + timedelta(days=block.days - 1)


LINK_VALUES = f"""
SELECT d.link_id, l.channel_id, d.dimension, d.value, sum(d.clicks)::bigint AS clicks
FROM click_daily d JOIN link l ON l.id = d.link_id AND l.kind = '{CHANNEL}'
WHERE d.workspace_id = $1 AND d.day BETWEEN $2 AND $3 AND d.dimension = ANY($4::text[])
GROUP BY 1, 2, 3, 4 HAVING sum(d.clicks) <> 0
"""
LINK_DAYS = f"""
SELECT d.link_id, d.day, d.clicks FROM click_daily d JOIN link l ON l.id = d.link_id AND l.kind = '{CHANNEL}'
WHERE d.workspace_id = $1 AND d.day BETWEEN $2 AND $3 AND d.dimension = '{VERDICT}' AND d.value = 'person' AND d.clicks <> 0
ORDER BY d.day
"""
LINK_HOURS = f"""
SELECT l.id AS link_id, extract(isodow FROM h.hour AT TIME ZONE w.timezone)::integer AS weekday,
  extract(hour FROM h.hour AT TIME ZONE w.timezone)::integer AS hour, sum(h.clicks)::bigint AS clicks
FROM workspace w JOIN link l ON l.workspace_id = w.id AND l.kind = '{CHANNEL}' CROSS JOIN LATERAL (
  SELECT h.hour, h.clicks FROM click_hourly h
  WHERE h.link_id = l.id AND h.verdict = 'person' AND h.hour >= $2::timestamp AT TIME ZONE w.timezone
    AND h.hour < ($3::date + 1)::timestamp AT TIME ZONE w.timezone
  OFFSET 0
) h
WHERE w.id = $1
GROUP BY 1, 2, 3 HAVING sum(h.clicks) <> 0
"""
"""From each link to its hours: those of a workspace lie all over the table."""
