"""States move one way once a message may have left us."""

import pytest

from portal import db
from portal.messages.lattice import MOVES, PLANNABLE, may_become
from portal.messages.words import LEFT_US, State

pytestmark = pytest.mark.no_stores


def reachable(state: State) -> set[State]:
    found: set[State] = set()
    todo = [state]
    while todo:
        for after in MOVES[todo.pop()] - found:
            found.add(after)
            todo.append(after)
    return found


@pytest.mark.parametrize("state", [*LEFT_US, State.FAILED])
def test_nothing_comes_back_once_it_may_have_left(state: State) -> None:
    assert not reachable(state) & {State.SCHEDULED, State.CLAIMED, State.HANDED_OVER, State.HELD}


def test_only_a_claimed_message_is_handed_over() -> None:
    assert may_become(State.HANDED_OVER) == ["claimed"]


def test_planning_never_touches_what_is_in_hand_or_gone() -> None:
    assert not set(PLANNABLE) & {State.CLAIMED, State.HANDED_OVER, State.FAILED, *LEFT_US}


async def test_the_database_knows_the_same_states(request: pytest.FixtureRequest) -> None:
    from portal.settings import settings

    await db.open(settings().database_url)
    try:
        check = await db.value(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = 'message'::regclass AND conname = 'message_state_check'"
        )
    finally:
        await db.close()
    assert all(f"'{state.value}'" in check for state in State)
