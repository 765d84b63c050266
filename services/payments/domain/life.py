"""The life of a payment: which move leads from which state, and what a channel's word makes of one. It writes nothing.

CREATED -> PROCESSING -> SUCCEEDED | FAILED | CLOSED | UNKNOWN
UNKNOWN -> SUCCEEDED | FAILED | CLOSED | PROCESSING, only by what the channel says
"""

from collections.abc import Mapping

from services.payments.domain.payment import State

# Total: each state stands here, with the states that it may leave for. What is final leaves for none.
MOVES: Mapping[State, frozenset[State]] = {
    State.CREATED: frozenset(
        {State.PROCESSING, State.SUCCEEDED, State.FAILED, State.CLOSED, State.UNKNOWN},
    ),
    State.PROCESSING: frozenset({State.SUCCEEDED, State.FAILED, State.CLOSED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.PROCESSING, State.SUCCEEDED, State.FAILED, State.CLOSED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CLOSED: frozenset(),
}


def may_move(from_state: State, to_state: State) -> bool:
    """Whether the life of a payment has this move."""
    return to_state in MOVES[from_state]


def states_before(to_state: State) -> frozenset[State]:
    """The states that a statement which writes `to_state` may find; it names them, so that no other is overwritten."""
    return frozenset(state for state, next_states in MOVES.items() if to_state in next_states)


def is_final(state: State) -> bool:
    """Whether nothing moves the payment any more; a refund or a reversal is a fact beside it, and no move."""
    return not MOVES[state]
