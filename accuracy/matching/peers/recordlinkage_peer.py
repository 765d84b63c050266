"""recordlinkage compares the pairs of three blocks and scores them; the best of each row is taken, greedily."""

from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]
import recordlinkage  # type: ignore[import-untyped]

from accuracy.matching.generate import Data
from accuracy.matching.peers.peer import Peer, by_weight, frames, write

_MINUTES_MAX = 5.0
_ENOUGH = 2.0  # amount and one number, or amount, payer and time


def _match(data: Data, out: Path) -> Path:
    payments, lines = frames(data)
    payments["minute"], lines["minute"] = (
        frame[column] / 60e6 for frame, column in ((payments, "pay_time_us"), (lines, "book_time_us"))
    )
    for frame in (payments, lines):
        for column in ("channel_txn_no", "merchant_order_no", "payer"):
            frame[column] = frame[column].mask(frame[column] == "")
    features = _comparer().compute(_candidates(payments, lines), payments, lines)
    scores = features.sum(axis=1)[features["amount"] == 1]
    likely = scores[scores >= _ENOUGH]
    payment, line = (likely.index.get_level_values(level) for level in (0, 1))
    found = {"payment_id": payments["payment_id"].loc[payment].array, "line_id": lines["line_id"].loc[line].array}
    return write(data, by_weight(pd.DataFrame({**found, "weight": likely.array})), out)


def _candidates(payments: pd.DataFrame, lines: pd.DataFrame) -> pd.MultiIndex:
    """Blocks of equal numbers, and of equal payers with equal amounts; pairs of nothing with nothing are no block."""
    found: pd.MultiIndex | None = None
    for keys in (["channel_txn_no"], ["merchant_order_no"], ["payer", "amount_minor"]):
        left, right = (frame.dropna(subset=keys) for frame in (payments, lines))
        pairs = recordlinkage.index.Block(keys).index(left, right)
        found = pairs if found is None else found.union(pairs)
    assert found is not None
    return found


def _comparer() -> recordlinkage.Compare:
    compare = recordlinkage.Compare()
    compare.exact("amount_minor", "amount_minor", label="amount")
    compare.exact("channel_txn_no", "channel_txn_no", label="txn")
    compare.exact("merchant_order_no", "merchant_order_no", label="order")
    compare.exact("payer", "payer", label="payer")
    compare.numeric("minute", "minute", method="linear", offset=1, scale=_MINUTES_MAX, label="minute")
    return compare


RECORDLINKAGE = Peer(_match, most=100_000)
