"""settleflow matches by one number, and what has none by amount and date, the first that is free."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]
from settleflow.matching import match
from settleflow.models import MatchStatus, Txn

from accuracy.matching.generate import Data
from accuracy.matching.peers.peer import Peer, frames, write


def _match(data: Data, out: Path) -> Path:
    payments, lines = frames(data)
    result = match(_rows(payments, "payment_id"), _rows(lines, "line_id"))
    pairs = pd.DataFrame(
        [(one.settlement.ref, one.bank.ref, one.status is MatchStatus.AMOUNT_MISMATCH) for one in result.matched],
        columns=["payment_id", "line_id", "differs"],
    )
    return write(data, pairs[~pairs["differs"]], out, differing=pairs[pairs["differs"]])


def _rows(frame: pd.DataFrame, key: str) -> list[Txn]:
    """Of a refund its own number, of a payment ours: each is unique where nothing is wrong."""
    number = frame["merchant_refund_no"].where(frame["merchant_refund_no"] != "", frame["merchant_order_no"])
    columns = (number, frame["amount_minor"], frame["business_date"], frame[key])
    return [
        Txn(utr=utr or None, amount=Decimal(minor) / 100, txn_date=date.fromisoformat(day), ref=ref)
        for utr, minor, day, ref in zip(*columns, strict=True)
    ]


SETTLEFLOW = Peer(_match, most=100_000)
