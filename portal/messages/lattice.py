"""Which state may follow which. Everything that changes a state goes through `may_become`, in the statement itself.

Nothing comes back from ``handed_over`` in `MOVES`: a message that may have left us is never sent again. `BACK` names the one
exception, where somebody knows that it has not left: the provider said that it took nothing (`providers.Later`; for texts too),
or `reconcile` has looked for it until its absence was proven. They move it back with `may_go_back`, and nobody else does.

What a provider says it has sent was sent, whatever we thought: so ``sent`` and what follows it can be reached from everywhere
but an end. A callback that comes late thus keeps a message that went back from going out a second time.
"""

from portal.messages.words import State

GONE = frozenset({State.SENT, State.DELIVERED, State.FAILED, State.BOUNCED})
"""What providers tell of."""

MOVES: dict[State, frozenset[State]] = {
    State.SCHEDULED: GONE | {State.SCHEDULED, State.CLAIMED, State.HELD, State.SKIPPED, State.CANCELLED},
    State.HELD: GONE | {State.HELD, State.SCHEDULED, State.SKIPPED, State.CANCELLED},
    State.SKIPPED: GONE | {State.SKIPPED, State.SCHEDULED, State.HELD, State.CANCELLED},
    State.CANCELLED: GONE | {State.CANCELLED, State.SCHEDULED, State.HELD, State.SKIPPED},
    State.CLAIMED: GONE | {State.CLAIMED, State.SCHEDULED, State.HANDED_OVER, State.HELD, State.SKIPPED, State.CANCELLED},
    State.HANDED_OVER: GONE | {State.UNKNOWN},
    State.UNKNOWN: GONE,
    State.SENT: GONE - {State.SENT},
    State.DELIVERED: frozenset({State.BOUNCED}),
    State.FAILED: frozenset({State.DELIVERED, State.BOUNCED}),  # said to be undelivered, or taken for it, and arrived after all
    State.BOUNCED: frozenset(),
}

BACK = (State.HANDED_OVER, State.UNKNOWN)
"""From where a message goes back to ``scheduled`` once it is known that the provider has not got it."""

PLANNABLE = (State.SCHEDULED, State.HELD, State.SKIPPED, State.CANCELLED)
"""What planning may change: nobody has it in hand, and nobody has got it."""


def may_become(state: State) -> list[str]:
    """The states from which `state` may be reached, for ``WHERE state = ANY(...)``."""
    return [before.value for before, after in MOVES.items() if state in after]


def may_go_back() -> list[str]:
    """The states from which a message that has certainly not left us is put back, for ``WHERE state = ANY(...)``."""
    return [state.value for state in BACK]
