"""What a rival is given, and how its pairs become results in our columns. It matches nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from accuracy.matching.generate import Data
from services.reconciler.matching.frames import RESULTS, Disposition, Side

_KEY = {Side.PAYMENT: "payment_id", Side.LINE: "line_id"}
_IGNORED = str(Disposition.IGNORED_BY_RULE)
_ALONE = {Side.PAYMENT: "PLATFORM_ONLY", Side.LINE: "CHANNEL_ONLY"}


@dataclass(frozen=True, slots=True)
class Peer:
    """One rival and the most clusters that it is asked to match here."""

    match: Callable[[Data, Path], Path]
    most: int


def frames(data: Data) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Payments and lines; "" stays "", which a rival must not join, and that is its own affair."""
    return pq.read_table(data.payments).to_pandas(), pq.read_table(data.lines).to_pandas()


def write(data: Data, pairs: pd.DataFrame, out: Path, differing: pd.DataFrame | None = None) -> Path:
    """Results of pairs of payment_id and line_id; `differing` were told as a pair of which something differs.

    A pair is one posted group; rows that several pairs share are one group. What is in no pair is alone on its side.
    Which rows are paid we tell for the rival: a pair of which one side is not is shown, and one alone is ignored.
    """
    out.mkdir(parents=True, exist_ok=True)
    pairs, unpaid = _by_state(data, pairs)
    told = [
        (unpaid, Disposition.EXCEPTION, "STATUS_MISMATCH"),
        (pairs, Disposition.MATCHED, ""),
        (differing, Disposition.EXCEPTION, "AMOUNT_MISMATCH"),
    ]
    labelled = [one.assign(disposition=str(to), label=label) for one, to, label in told if one is not None]
    every = pd.concat(labelled, ignore_index=True)
    group = _groups(every)
    tables = [_side(data, side, every.assign(group_id=group)) for side in Side]
    pq.write_table(pa.concat_tables(tables), out / "results.parquet")
    return out / "results.parquet"


def by_weight(pairs: pd.DataFrame) -> pd.DataFrame:
    """Of payment_id, line_id and weight the heaviest pairs, each row in one of them, ties by id."""
    order = pairs.sort_values(["weight", "payment_id", "line_id"], ascending=[False, True, True])
    taken: set[str] = set()
    keep = []
    for payment_id, line_id in zip(order["payment_id"], order["line_id"], strict=True):
        free = payment_id not in taken and line_id not in taken
        keep.append(free)
        if free:
            taken |= {payment_id, line_id}
    return order[keep]


def _by_state(data: Data, pairs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    unpaid = [_unpaid(data, side) for side in Side]
    odd = pairs["payment_id"].isin(unpaid[0]) ^ pairs["line_id"].isin(unpaid[1])
    return pairs[~odd], pairs[odd]


def _unpaid(data: Data, side: Side) -> "pd.Series[str]":
    path, state = (data.payments, "state") if side is Side.PAYMENT else (data.lines, "status")
    rows = pq.read_table(path, columns=[_KEY[side], state]).to_pandas()
    return rows[_KEY[side]][~rows[state].isin(["SUCCEEDED", ""])]


def _groups(pairs: pd.DataFrame) -> "pd.Series[str]":
    """The least id of all that hang together."""
    parent: dict[str, str] = {}

    def root(row: str) -> str:
        parent.setdefault(row, row)
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for payment_id, line_id in zip(pairs["payment_id"], pairs["line_id"], strict=True):
        one, other = sorted((root(payment_id), root(line_id)))
        parent[other] = one
    return pairs["payment_id"].map(root)


def _side(data: Data, side: Side, pairs: pd.DataFrame) -> pa.Table:
    key = _KEY[side]
    path = data.payments if side is Side.PAYMENT else data.lines
    ids = pq.read_table(path, columns=[key]).to_pandas()
    found = ids.merge(pairs.drop_duplicates(key), on=key, how="left")
    alone = found["group_id"].isna()
    ignored = alone & found[key].isin(_unpaid(data, side))
    return pa.table(
        {
            "side": [str(side)] * len(found),
            "id": found[key],
            "group_id": found["group_id"].where(~alone, found[key]),
            "rule_id": ["peer"] * len(found),
            "stage": ["peer"] * len(found),
            "disposition": found["disposition"].where(~alone, str(Disposition.EXCEPTION)).mask(ignored, _IGNORED),
            "exception_class": found["label"].where(~alone, _ALONE[side]).mask(ignored, ""),
            "runner_up_id": [""] * len(found),
            "margin": pa.nulls(len(found), pa.int64()),
            "reason": [""] * len(found),
        },
        schema=RESULTS,
    )
