"""datacompy compares two tables row by row under one key, and numbers the rows that share it."""

from pathlib import Path

import datacompy

from accuracy.matching.generate import Data
from accuracy.matching.peers.peer import Peer, frames, write


def _match(data: Data, out: Path) -> Path:
    payments, lines = frames(data)
    keys = ["channel", "merchant_order_no", "merchant_refund_no", "currency_code"]
    compared = datacompy.PandasCompare(
        payments[[*keys, "amount_minor", "payment_id"]].copy(),
        lines[[*keys, "amount_minor", "line_id"]].copy(),
        join_columns=keys,
        df1_name="payments",
        df2_name="lines",
    )
    pairs = compared.intersect_rows
    same = pairs["amount_minor_match"]
    return write(data, pairs[same], out, differing=pairs[~same])


DATACOMPY = Peer(_match, most=1_000_000)
