"""Numbers that somebody may have typed for another: one slip away. It knows no bill and no payment."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

_DIGITS = "0123456789"


class Slip(StrEnum):
    """How the typed number differs from the right one; the contract's NearPayment.Slip."""

    ONE_DIGIT = "ONE_DIGIT"
    SWAPPED = "SWAPPED"
    MISSING = "MISSING"
    EXTRA = "EXTRA"


def near_numbers(right: str) -> Mapping[str, Slip]:
    """Every number one slip from `right`, with its slip: at most 20 for each sign of it. Letters are not mistyped."""
    found: dict[str, Slip] = {}
    for typed, slip in _slips(right):
        if typed and typed != right:
            found.setdefault(typed, slip)
    return found


def _slips(right: str) -> Iterator[tuple[str, Slip]]:
    for at, sign in enumerate(right):
        if sign in _DIGITS:
            yield from ((right[:at] + digit + right[at + 1 :], Slip.ONE_DIGIT) for digit in _DIGITS)
    for at in range(len(right) - 1):
        yield right[:at] + right[at + 1] + right[at] + right[at + 2 :], Slip.SWAPPED
    for at in range(len(right)):
        yield right[:at] + right[at + 1 :], Slip.MISSING
    for at in range(len(right) + 1):
        yield from ((right[:at] + digit + right[at:], Slip.EXTRA) for digit in _DIGITS)
