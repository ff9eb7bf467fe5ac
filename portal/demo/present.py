"""What is in somebody's hands at the very moment of loading: two people have just asked for their link.

One message is claimed, as by a worker that was stopped before it could hand it over: its lease runs out, and it is claimed again
and goes. The other was handed over, as by a worker that was killed before it heard the answer: two minutes later its fate is
unknown. Both are emails that answer somebody, so they may go at any hour.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from portal.candidates.applications import Stage
from portal.candidates.events import EventKind
from portal.demo.dice import id_at
from portal.demo.lives import Letter, Life
from portal.demo.living import facts_of
from portal.messages.delivery import LEASE
from portal.messages.direct import direct, link_key
from portal.messages.words import Channel, State

A_WHILE = timedelta(hours=2)
"""Who stopped for so long may have lost the page."""
AHEAD = timedelta(days=2)


def ask_for_links(lives: Iterable[Life], now: datetime) -> None:
    """Let the first two who can use it ask for their link, some seconds ago."""
    claimed, handed_over = [life for life in lives if _may_ask(life, now)][:2]
    _ask(claimed, now - timedelta(seconds=3)).lease = now - timedelta(seconds=2) + LEASE
    _ask(handed_over, now - timedelta(seconds=6)).state = State.HANDED_OVER


def _may_ask(life: Life, now: datetime) -> bool:
    is_open = life.job.draft_since is None and (life.deadline is None or life.deadline > now + AHEAD)
    stopped = life.stage is Stage.STARTED and life.active < now - A_WHILE
    return is_open and stopped and Channel.EMAIL not in life.unreachable


def _ask(life: Life, at: datetime) -> Letter:
    """Their request, and the message that answers it."""
    event = life.note(EventKind.LINK_REQUESTED, at)
    facts = msgspec.structs.replace(facts_of(life), requests=((event.id, at),))
    planned = next(one for one in direct(facts, at) if one.step_key == link_key(event.id))
    letter = Letter(
        id=id_at(at, "message", life.key, planned.step_key),
        link_id=id_at(at, "link", life.key, planned.step_key),
        step_key=planned.step_key,
        track=planned.track,
        channel=planned.channel,
        due=planned.due_at,
        state=State.CLAIMED,
        reason_code=planned.code.value,
        reason=planned.reason,
        planned=at,
        facts=facts,
        left=life.left,
    )
    life.letters.append(letter)
    return letter
