"""From the candidates of a rule to the rows that it places. Pure: batches in, two tables out."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from rapidfuzz.distance import DamerauLevenshtein

from services.reconciler.matching.frames import Disposition, Side
from services.reconciler.matching.nearest import Candidate, Near, decide
from services.reconciler.matching.subset_sum import Bounds, Verdict
from services.reconciler.matching.sums import SumCandidate, decide_sums
from services.reconciler.rules import fragments
from services.reconciler.rules.rule_set import Near as NearRule
from services.reconciler.rules.rule_set import Similar, Sums

_FIELDS: dict[str, pa.DataType] = {
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
_ROWS_AT_ONCE = 10_000
_SUBSETS_MAX = 50_000  # all of 20 parts up to 6, about 10 ms; the pool of a rule is smaller
_Tables = tuple[pa.Table, pa.Table]


def decide_near(rule: NearRule, candidates: Iterable[pa.RecordBatch]) -> _Tables:
    """The rows that the rule places, of payments and of lines; what it leaves to others is in neither."""
    near = [f"nearly {key}" for key in (rule.similar.keys if rule.similar else ())]
    rows = _Rows(rule, fragments.by([*rule.keys, *near]))
    found = (row for row in _each(candidates) if rule.similar is None or _is_similar(row, rule.similar))
    taken, doubts = decide(
        (Candidate(*rows.known(row), row["apart_us"]) for row in found), rule.margin_seconds * 1_000_000
    )
    for one in taken:
        rows.add_near(one, rule.exception_class)
    for doubt in doubts if rule.doubt == "show" else ():
        shown = [f"{one.payment_id}~{one.line_id}" for one in doubt.candidates]
        rows.add_doubt([*doubt.payment_ids], [*doubt.line_ids], shown)
    return rows.tables()


def decide_sum_rows(rule: Sums, candidates: Iterable[pa.RecordBatch]) -> _Tables:
    """The same for a rule that looks for sums."""
    is_line = rule.whole is Side.LINE
    rows = _Rows(rule, "sum " + fragments.by(rule.keys))
    bounds = Bounds(items_max=rule.pool_max, parts_max=rule.parts_max, subsets_max=_SUBSETS_MAX)
    taken, doubts = decide_sums((_sum_candidate(row, rows, is_line=is_line) for row in _each(candidates)), bounds)
    for one in taken:
        whole, parts = [one.whole_id], [*one.part_ids]
        rows.add_sum(*((parts, whole) if is_line else (whole, parts)), net=one.net)
    for doubt in doubts if rule.doubt == "show" else ():
        if doubt.verdict is Verdict.SEVERAL:
            whole, parts = [doubt.whole_id], sorted({part for each in doubt.candidates for part in each})
            shown = ["+".join(each) for each in doubt.candidates]
            rows.add_doubt(*((parts, whole) if is_line else (whole, parts)), shown)
    return rows.tables()


def _each(candidates: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """One at a time: as rows of Python all of a large day would take many times what they are in Arrow."""
    for batch in candidates:
        for start in range(0, len(batch), _ROWS_AT_ONCE):
            yield from batch.slice(start, _ROWS_AT_ONCE).to_pylist()


def _sum_candidate(row: dict[str, Any], rows: "_Rows", *, is_line: bool) -> SumCandidate:
    payment_id, line_id = rows.known(row)
    if not is_line:
        return SumCandidate(payment_id, row["books_minor"], line_id, row["channel_minor"])
    fee = row["fee_minor"]
    net = None if fee is None else row["books_minor"] - fee
    return SumCandidate(line_id, row["channel_minor"], payment_id, row["books_minor"], net)


def _is_similar(row: dict[str, Any], similar: Similar) -> bool:
    return any(nearly_equal(row[f"p{at}"], row[f"l{at}"], similar) for at in range(len(similar.keys)))


def nearly_equal(payment: str, line: str, similar: Similar) -> bool:
    """One single edit apart, or the line's cut short; equal ones are, short ones and others than ASCII never."""
    if len(payment) < similar.shortest or len(line) < similar.shortest - similar.tail:
        return False
    if not (payment.isascii() and line.isascii()):  # of which engines count the edits differently
        return False
    if payment.startswith(line):
        return True
    return DamerauLevenshtein.distance(payment, line, score_cutoff=1) <= 1


class _Rows:
    """What a rule places, in the columns of `placed_p` and `placed_l`; a row is placed once, by whoever is first."""

    def __init__(self, rule: NearRule | Sums, by: str) -> None:
        self.rule, self.by = rule, by
        self.placed: dict[tuple[str, str], dict[str, Any]] = {}
        self.number: dict[tuple[str, str], int] = {}
        self.minor: dict[tuple[str, str], int] = {}
        self._ids: dict[str, str] = {}

    def known(self, row: dict[str, Any]) -> tuple[str, str]:
        """Take note of both rows of a candidate; gives their ids, of which each is held once."""
        payment_id, line_id = (self._ids.setdefault(one, one) for one in (row["payment_id"], row["line_id"]))
        self.number["P", payment_id], self.minor["P", payment_id] = row["pn"], row["books_minor"]
        self.number["L", line_id], self.minor["L", line_id] = row["ln"], row["channel_minor"]
        return payment_id, line_id

    def add_near(self, near: Near, exception_class: str) -> None:
        """A pair to suggest, with what came second."""
        one = near.candidate
        self._place([one.payment_id], [one.line_id], exception_class, f"{self.by}, {one.apart // 1_000_000} s apart")
        for key in (("P", one.payment_id), ("L", one.line_id)):
            self.placed[key] |= {"runner_up_id": near.runner_up_id, "margin": near.margin}

    def add_sum(self, payment_ids: list[str], line_ids: list[str], *, net: bool) -> None:
        """A whole and its parts to suggest."""
        self._place(payment_ids, line_ids, "", self.by + (", without the fees" if net else ""))

    def add_doubt(self, payment_ids: list[str], line_ids: list[str], candidates: list[str]) -> None:
        """Rows that only a person can tell apart, with what was found."""
        more = len(candidates) - _SHOWN_MAX
        shown = ", ".join(candidates[:_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")
        self._place(payment_ids, line_ids, "AMBIGUOUS_MATCH", f"{len(candidates)} candidates {self.by}: {shown}")

    def tables(self) -> _Tables:
        """All of them."""
        sides = [[row for (side, _), row in sorted(self.placed.items()) if side == wanted] for wanted in ("P", "L")]
        return pa.Table.from_pylist(sides[0], DECIDED_P), pa.Table.from_pylist(sides[1], DECIDED_L)

    def _place(self, payment_ids: list[str], line_ids: list[str], exception_class: str, reason: str) -> None:
        is_doubt = exception_class == "AMBIGUOUS_MATCH"
        keys = [("P", one) for one in payment_ids] + [("L", one) for one in line_ids]
        for side, one in keys:
            minor = abs(self.minor[side, one])
            row = {
                "pn" if side == "P" else "ln": self.number[side, one],
                "group_id": min(payment_ids + line_ids),
                "rule_id": self.rule.id,
                "stage": self.rule.stage,
                "exception_class": exception_class,
                "disposition": Disposition.EXCEPTION if is_doubt else Disposition.SUGGESTED,
                "runner_up_id": "",
                "margin": None,
                "reason": reason,
                "amount_minor": minor,
                "difference_minor": minor if is_doubt else 0,
            }
            self.placed.setdefault((side, one), row)
