"""From the candidates of a near rule to the rows that it places. Pure: one table in, two tables out."""

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from rapidfuzz.distance import DamerauLevenshtein

from services.reconciler.matching.frames import Disposition
from services.reconciler.matching.nearest import Candidate, Doubt, Near, decide
from services.reconciler.rules import fragments
from services.reconciler.rules.rule_set import Near as NearRule
from services.reconciler.rules.rule_set import Similar

_FIELDS = {
    "rule_id": pa.string(),
    "stage": pa.string(),
    "disposition": pa.string(),
    "exception_class": pa.string(),
    "runner_up_id": pa.string(),
    "margin": pa.int64(),
    "reason": pa.string(),
    "amount_minor": pa.int64(),
    "difference_minor": pa.int64(),
}
DECIDED_P = pa.schema({"pn": pa.int64(), "group_id": pa.string(), **_FIELDS})
DECIDED_L = pa.schema({"ln": pa.int64(), "group_id": pa.string(), **_FIELDS})
_SHOWN_MAX = 8


def decide_rows(rule: NearRule, candidates: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The rows that the rule places, of payments and of lines; what it leaves to others is in neither."""
    found = candidates.to_pylist()
    if rule.similar is not None:
        found = [row for row in found if _is_similar(row, rule.similar)]
    rows = _Rows(rule, found)
    taken, doubts = decide(
        (Candidate(row["payment_id"], row["line_id"], row["apart_us"]) for row in found),
        rule.margin_seconds * 1_000_000,
    )
    for near in taken:
        rows.add_near(near)
    if rule.doubt == "show":
        for doubt in doubts:
            rows.add_doubt(doubt)
    return pa.Table.from_pylist(rows.payments, DECIDED_P), pa.Table.from_pylist(rows.lines, DECIDED_L)


def _is_similar(row: dict[str, Any], similar: Similar) -> bool:
    """At least one reference is nearly that of the other side, and none that both have is wholly another."""
    pairs = [(row[f"p{at}"], row[f"l{at}"]) for at in range(len(similar.keys))]
    return any(nearly_equal(payment, line, similar) for payment, line in pairs)


def nearly_equal(payment: str, line: str, similar: Similar) -> bool:
    """Few single edits apart, or the line's cut off the payment's; equal ones are, short ones never."""
    if len(payment) < similar.shortest or len(line) < similar.shortest // 2:
        return False
    if len(line) >= similar.shortest // (similar.edits + 1) and (payment.startswith(line) or payment.endswith(line)):
        return True
    return DamerauLevenshtein.distance(payment, line, score_cutoff=similar.edits) <= similar.edits


class _Rows:
    def __init__(self, rule: NearRule, found: Iterable[dict[str, Any]]) -> None:
        self.rule = rule
        self.payments: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.number: dict[tuple[str, str], int] = {}
        self.minor: dict[tuple[str, str], int] = {}
        for row in found:
            self.number["P", row["payment_id"]], self.minor["P", row["payment_id"]] = row["pn"], row["books_minor"]
            self.number["L", row["line_id"]], self.minor["L", row["line_id"]] = row["ln"], row["channel_minor"]

    def add_near(self, near: Near) -> None:
        payment_id, line_id = near.candidate.payment_id, near.candidate.line_id
        seconds = near.candidate.apart // 1_000_000
        place = self._placer(
            group_id=min(payment_id, line_id),
            disposition=Disposition.SUGGESTED,
            exception_class=self.rule.exception_class,
            runner_up_id=near.runner_up_id,
            margin=near.margin,
            reason=f"{fragments.by(self._keys())}, {seconds} s apart",
        )
        place(payment_id, line_id)

    def add_doubt(self, doubt: Doubt) -> None:
        shown = [f"{one.payment_id}~{one.line_id}" for one in doubt.candidates[:_SHOWN_MAX]]
        more = len(doubt.candidates) - len(shown)
        place = self._placer(
            group_id=min(doubt.payment_ids + doubt.line_ids),
            disposition=Disposition.EXCEPTION,
            exception_class="AMBIGUOUS_MATCH",
            runner_up_id="",
            margin=None,
            reason=f"{len(doubt.candidates)} candidates {fragments.by(self._keys())}: {', '.join(shown)}"
            + (f" and {more} more" if more else ""),
        )
        for payment_id in doubt.payment_ids:
            place(payment_id, "")
        for line_id in doubt.line_ids:
            place("", line_id)

    def _keys(self) -> list[str]:
        near = [f"nearly {key}" for key in (self.rule.similar.keys if self.rule.similar else ())]
        return [*(str(key) for key in self.rule.keys), *near]

    def _placer(self, **told: Any) -> Callable[[str, str], None]:
        told = {"rule_id": self.rule.id, "stage": self.rule.stage, **told}

        def place(payment_id: str, line_id: str) -> None:
            for side, one, rows, number in (("P", payment_id, self.payments, "pn"), ("L", line_id, self.lines, "ln")):
                if one:
                    minor = abs(self.minor[side, one])
                    basis = {"amount_minor": minor, "difference_minor": 0 if payment_id and line_id else minor}
                    rows.append({number: self.number[side, one], **told, **basis})

        return place
