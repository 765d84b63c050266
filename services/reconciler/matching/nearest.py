"""Which near pairs are decided, and which are in doubt. Pure: candidates in, decisions out; it guesses nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A payment and a line that may be the same money; the smaller `apart` the nearer, in microseconds."""

    payment_id: str
    line_id: str
    apart: int


@dataclass(frozen=True, slots=True)
class Near:
    """The two are nearer to each other than either is to anything else, by at least the margin."""

    candidate: Candidate
    runner_up_id: str  # for the payment the second line, else for the line the second payment; "" without one
    margin: int | None  # how much further off the runner-up is; None without one


@dataclass(frozen=True, slots=True)
class Doubt:
    """Rows among which no pair is decided; `candidates` are all that were found, the nearest first."""

    payment_ids: tuple[str, ...]
    line_ids: tuple[str, ...]
    candidates: tuple[Candidate, ...]


def decide(candidates: Iterable[Candidate], margin: int) -> tuple[list[Near], list[Doubt]]:
    """Take each pair that is both rows' nearest and whose runner-up on either side is further off by `margin`.

    What was taken is no candidate any more; the others are told as groups of rows that hang together. Equal sets of
    candidates give equal answers in equal order.
    """
    ranked = sorted(set(candidates), key=lambda one: (one.apart, one.payment_id, one.line_id))
    by_payment, by_line = _by(ranked, "payment_id"), _by(ranked, "line_id")
    taken = []
    for candidate in ranked:
        lines, payments = by_payment[candidate.payment_id], by_line[candidate.line_id]
        if lines[0] is not candidate or payments[0] is not candidate:
            continue
        if all(second.apart - candidate.apart >= max(margin, 1) for second in (*lines[1:2], *payments[1:2])):
            taken.append(_near(candidate, lines, payments))
    done = {near.candidate.payment_id for near in taken} | {near.candidate.line_id for near in taken}
    open_ones = [one for one in ranked if one.payment_id not in done and one.line_id not in done]
    return taken, _doubts(open_ones)


def _by(ranked: Iterable[Candidate], field: str) -> Mapping[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in ranked:
        found[getattr(candidate, field)].append(candidate)
    return found


def _near(candidate: Candidate, lines: list[Candidate], payments: list[Candidate]) -> Near:
    seconds = [(one.apart, one.line_id) for one in lines[1:2]] + [(one.apart, one.payment_id) for one in payments[1:2]]
    if not seconds:
        return Near(candidate, "", None)
    apart, runner_up_id = min(seconds)
    return Near(candidate, runner_up_id, apart - candidate.apart)


def _doubts(ranked: Iterable[Candidate]) -> list[Doubt]:
    """Candidates that share a row, directly or through others, are one doubt."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(row: tuple[str, str]) -> tuple[str, str]:
        parent.setdefault(row, row)
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    held = list(ranked)
    for one in held:
        parent[root(("P", one.payment_id))] = root(("L", one.line_id))
    together: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for one in held:
        together[root(("P", one.payment_id))].append(one)
    doubts = [
        Doubt(
            tuple(sorted({one.payment_id for one in group})),
            tuple(sorted({one.line_id for one in group})),
            tuple(group),
        )
        for group in together.values()
    ]
    return sorted(doubts, key=lambda doubt: (doubt.payment_ids, doubt.line_ids))
