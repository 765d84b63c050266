"""Sets of rows whose truth is known, as shipped, and how many wrong groups a rule set posts on one. It runs no rule.

The rows are made from a seed by `python -m accuracy.matching.suites`, which a deployed service does not have.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from services.reconciler.matching.frames import Disposition, Side

FOLDER = Path(__file__).parent / "suites"

TRUTH = pa.schema(
    [
        pa.field("side", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("cluster", pa.int64(), nullable=False),  # what happened once
        pa.field("true_group", pa.int64(), nullable=False),  # rows of a cluster that are the same money
        pa.field("accepts", pa.string(), nullable=False),  # the labels that are right, with | between
        pa.field("twin", pa.bool_(), nullable=False),  # rows of the cluster are alike, and one of them is too many
    ]
)

# With these a right group may be posted: the money is there, and what is odd about it is named.
POSTABLE = frozenset(
    {
        *("OK", "CROSS_DAY", "LATE_ITEM", "REFERENCE_DAMAGED", "FEE_MISMATCH", "ROUNDING_DIFFERENCE"),
        *("DUPLICATE_PAYMENT", "REFUND_STATUS_SNAPSHOT"),
    }
)
_SILENT = {Disposition.MATCHED: "OK", Disposition.SUGGESTED: "OK", Disposition.IGNORED_BY_RULE: "IGNORED"}


@dataclass(frozen=True, slots=True)
class Suite:
    """One set."""

    name: str
    seed: int
    noise: str  # for how many of its payments the payer is known
    folder: Path

    @property
    def payments(self) -> Path:
        """The payments frame."""
        return self.folder / "payments.parquet"

    @property
    def lines(self) -> Path:
        """The lines frame."""
        return self.folder / "lines.parquet"

    @property
    def truth(self) -> Path:
        """What is true of each row, in the columns of TRUTH."""
        return self.folder / "truth.parquet"


@dataclass(frozen=True, slots=True)
class Label:
    """What is true of one row."""

    cluster: int
    true_group: int
    accepts: frozenset[str]
    twin: bool


def shipped_suites(folder: Path = FOLDER) -> tuple[Suite, ...]:
    """The sets that this release ships."""
    listed = json.loads((folder / "suites.json").read_text("utf-8"))
    return tuple(Suite(one["name"], one["seed"], one["noise"], folder / one["name"]) for one in listed)


def read_labels(suite: Suite) -> dict[tuple[str, str], Label]:
    """The truth of each row, by side and id."""
    return {
        (row["side"], row["id"]): Label(
            row["cluster"], row["true_group"], frozenset(row["accepts"].split("|")), row["twin"]
        )
        for row in pq.read_table(suite.truth, schema=TRUTH).to_pylist()
    }


def wrong_posts(labels: Mapping[tuple[str, str], Label], results: Iterable[Mapping[str, str]]) -> int:
    """How many posted groups are wrong, of rows in the columns of the result frame.

    A group is wrong when a pair of it is untrue, when it has one side only, when it hides a fault, or when it posts
    rows of which one is too many and nothing tells which.
    """
    posted: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in results:
        if row["disposition"] == Disposition.MATCHED:
            posted[row["group_id"]].append(row)
    return sum(_is_wrong([(row, labels[row["side"], row["id"]]) for row in rows]) for rows in posted.values())


def _is_wrong(rows: list[tuple[Mapping[str, str], Label]]) -> bool:
    sides = Counter(row["side"] for row, _ in rows)
    pairs = sides[Side.PAYMENT] * sides[Side.LINE]
    together: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for row, label in rows:
        together[label.cluster, label.true_group][row["side"]] += 1
    true_pairs = sum(counts[Side.PAYMENT] * counts[Side.LINE] for counts in together.values())
    hides = any(_label(row) not in label.accepts & POSTABLE for row, label in rows)
    return not pairs or pairs != true_pairs or hides or (pairs > 1 and any(label.twin for _, label in rows))


def _label(row: Mapping[str, str]) -> str:
    return row["exception_class"] or _SILENT.get(Disposition(row["disposition"]), row["disposition"])
