"""Where the process may be made to die, for the tests that prove that no moment is a bad one. It decides nothing."""

import os
from collections.abc import Callable

# Around each commit and each call. Set by CRASH_AT, in fault tests only.
POINTS = (
    "before_claim_commit",
    "after_claim_commit",
    "before_send",
    "after_receive",
    "before_record_commit",
    "after_record_commit",
    "before_question_commit",
    "after_question_commit",
    "before_sweep_commit",
    "after_sweep_commit",
)
Crash = Callable[[str], None]
# As after SIGKILL: nothing is cleaned up, flushed or given back.
_EXIT_KILLED = 137


def never(point: str) -> None:
    """What runs outside fault tests."""
    assert point in POINTS, point


def at(chosen: str) -> Crash:
    """Die at that point; never, when none is chosen."""

    def reach(point: str) -> None:
        never(point)
        if point == chosen:
            os._exit(_EXIT_KILLED)

    return reach if chosen else never


def check(chosen: str) -> None:
    """A `check` for the setting."""
    if chosen and chosen not in POINTS:
        raise ValueError(f"must be one of {', '.join(POINTS)}, or empty")
