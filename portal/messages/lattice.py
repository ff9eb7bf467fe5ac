"""Which state may follow which. Everything that changes a state goes through `may_become`, in the statement itself.

Nothing comes back from ``handed_over``: a message that may have left us is never sent again.
"""

from portal.messages.words import State

MOVES: dict[State, frozenset[State]] = {
    State.SCHEDULED: frozenset({State.SCHEDULED, State.CLAIMED, State.HELD, State.SKIPPED, State.CANCELLED}),
    State.HELD: frozenset({State.HELD, State.SCHEDULED, State.SKIPPED, State.CANCELLED}),
    State.SKIPPED: frozenset({State.SKIPPED, State.SCHEDULED, State.HELD, State.CANCELLED}),
    State.CANCELLED: frozenset({State.CANCELLED, State.SCHEDULED, State.HELD, State.SKIPPED}),
    State.CLAIMED: frozenset(
        {State.CLAIMED, State.SCHEDULED, State.HANDED_OVER, State.HELD, State.SKIPPED, State.CANCELLED, State.FAILED}
    ),
    State.HANDED_OVER: frozenset({State.SENT, State.DELIVERED, State.FAILED, State.BOUNCED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.SENT, State.DELIVERED, State.FAILED, State.BOUNCED}),
    State.SENT: frozenset({State.DELIVERED, State.FAILED, State.BOUNCED}),
    State.DELIVERED: frozenset({State.BOUNCED}),
    State.FAILED: frozenset(),
    State.BOUNCED: frozenset(),
}

PLANNABLE = (State.SCHEDULED, State.HELD, State.SKIPPED, State.CANCELLED)
"""What planning may change: nobody has it in hand, and nobody has got it."""


def may_become(state: State) -> list[str]:
    """The states from which `state` may be reached, for ``WHERE state = ANY(...)``."""
    return [before.value for before, after in MOVES.items() if state in after]
