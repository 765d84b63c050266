"""splink learns from the rows themselves what an agreement is worth; pairs are taken by weight, each row once."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import splink.comparison_library as compared
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from accuracy.matching.generate import Data
from accuracy.matching.peers.peer import Peer, by_weight, frames, write

_SEED = 1
_SURE = 0.95  # the probability from which a pair counts as linked
_NUMBERS = ["channel_txn_no", "merchant_order_no", "merchant_refund_no"]
_BLOCKS: list[Any] = [
    block_on("channel_txn_no", "kind"),
    block_on("merchant_order_no", "kind"),
    block_on("payer", "amount_minor"),
]


def pairs(data: Data) -> pd.DataFrame:
    """The pairs that it is sure of, the heaviest first, each row in one of them."""
    return _pairs(*frames(data))


def _match(data: Data, out: Path) -> Path:
    payments, lines = frames(data)
    found = _pairs(payments, lines)
    amounts = payments.set_index("payment_id")["amount_minor"], lines.set_index("line_id")["amount_minor"]
    same = found["payment_id"].map(amounts[0]) == found["line_id"].map(amounts[1])
    return write(data, found[same], out, differing=found[~same])


def _pairs(payments: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    db = DuckDBAPI()
    sides = [
        db.register(_rows(payments, "payment_id", "pay_time_us"), dataset_display_name="payments"),
        db.register(_rows(lines, "line_id", "book_time_us"), dataset_display_name="lines"),
    ]
    found = _trained(sides).inference.predict(threshold_match_probability=_SURE).as_pandas_dataframe()  # type: ignore[no-untyped-call]
    return by_weight(_oriented(found, set(payments["payment_id"])))


def _rows(frame: pd.DataFrame, key: str, time: str) -> pd.DataFrame:
    """A line's kind CREDIT is a payment to it; what is "" is not known."""
    rows = frame[[key, time, "amount_minor", "payer", *_NUMBERS]].rename(columns={key: "unique_id", time: "time_us"})
    rows = rows.assign(kind=(frame["amount_minor"] < 0).map({True: "out", False: "in"}))
    rows = rows.assign(ten_minutes=frame[time] // 600_000_000)
    return rows.mask(rows == "")


def _trained(sides: list[Any]) -> Linker:
    settings = SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=_BLOCKS,
        comparisons=[
            compared.ExactMatch("channel_txn_no"),
            compared.LevenshteinAtThresholds("merchant_order_no", [1]),
            compared.ExactMatch("merchant_refund_no"),
            compared.ExactMatch("amount_minor"),
            compared.ExactMatch("payer"),
        ],
        retain_matching_columns=False,
    )
    linker = Linker(sides, settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([block_on("merchant_order_no", "kind")], recall=0.9)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=_SEED)
    # Each of the two leaves out what it blocks on, so that together they tell every comparison; all pairs of equal
    # round amounts would be more than a machine like this one compares.
    for block in (block_on("merchant_order_no", "kind"), block_on("amount_minor", "ten_minutes")):
        linker.training.estimate_parameters_using_expectation_maximisation(block, record_sample_proportion=1.0)
    return linker


def _oriented(found: pd.DataFrame, payment_ids: set[str]) -> pd.DataFrame:
    """Which of the two of a pair is left is the rival's choice."""
    straight = found["unique_id_l"].isin(payment_ids)
    return pd.DataFrame(
        {
            "payment_id": found["unique_id_l"].where(straight, found["unique_id_r"]),
            "line_id": found["unique_id_r"].where(straight, found["unique_id_l"]),
            "weight": found["match_weight"],
        }
    )


SPLINK = Peer(_match, most=100_000)
