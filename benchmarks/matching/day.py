"""Writes one plain business day as payments and lines, of any size, by SQL. The same arguments write the same rows.

93 % of the events agree in the channel's number and the amount. The others are refunds, lost call-backs, amounts that
are off, splits, merged lines, rows without any number, damaged numbers, repeats, reversals and rows whose counterpart
is missing or comes tomorrow. No payer is known on either side, which leaves the most to do. Lines stand in another
order than payments, and no number tells what belongs together.
"""

# SQL of our own numbers

import json
import sys
from math import gcd
from pathlib import Path
from typing import NamedTuple

import duckdb

# In thousandths of a percent of all events.
SHARES = {
    "EXACT": 93_000, "REFUND": 1_000, "ORDER_ONLY": 2_500, "TOLERANCE": 400, "N_TO_1": 400, "ONE_TO_N": 400,
    "TIME_ONLY": 300, "FUZZY": 200, "WRONG_AMOUNT": 250, "DUP_LINE": 250, "DUP_PAY": 250, "MISSING_LINE": 250,
    "MISSING_PAYMENT": 250, "REVERSAL": 250, "CROSS_DAY": 300,
}  # fmt: skip
_SCATTER = 100_003_919_591  # odd and no multiple of 5: times this, modulo a power of ten, no two numbers meet
_MIDNIGHT_US = 1_761_926_400_000_000  # 2025-11-01 00:00 in Shanghai
_DAY_US = 86_400_000_000


class Day(NamedTuple):
    """The files of one day and how many rows they hold; `joined` is how many pairs three equal keys make."""

    payments: str
    lines: str
    payment_count: int
    line_count: int
    joined: int


def main() -> None:
    """`python -m benchmarks.matching.day FOLDER EVENTS STEP` writes one and prints it as JSON."""
    folder, events, step = sys.argv[1:]
    print(json.dumps(write_day(Path(folder), int(events), step=int(step))._asdict()))


def write_day(folder: Path, events: int, *, seed: int = 1, step: int = 618_033) -> Day:
    """Write payments.parquet and lines.parquet of so many events; another `step` puts the lines in another order."""
    folder.mkdir(parents=True, exist_ok=True)
    payments, lines = folder / "payments.parquet", folder / "lines.parquet"
    with duckdb.connect(config={"memory_limit": "2GiB", "temp_directory": str(folder / "spill")}) as engine:
        for path, rows, order in ((payments, _PAYMENTS, 1), (lines, _LINES, step)):
            query = rows.format(events=_events(events, seed, order))
            engine.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        ((payment_count, line_count, joined),) = engine.execute(
            _COUNTS.format(payments=payments, lines=lines)
        ).fetchall()
    return Day(str(payments), str(lines), payment_count, line_count, joined)


def _events(count: int, seed: int, step: int) -> str:
    """Everything about an event follows from its number `i`, of which each comes once for any step."""
    while gcd(step, count) != 1:
        step += 1
    upto, cases = 0, []
    for name, share in SHARES.items():
        upto += share
        cases.append(f"WHEN h % 100000 < {upto} THEN '{name}'")
    return f"""
        SELECT i, h, scattered, CASE {" ".join(cases)} END AS class,
            CASE WHEN h // 100000 % 100 < 42 THEN 'WECHAT' WHEN h // 100000 % 100 < 75 THEN 'ALIPAY'
                 WHEN h // 100000 % 100 < 90 THEN 'UNIONPAY' ELSE 'DCEP' END AS channel,
            CASE WHEN h // 10000000 % 10 < 3 THEN [1000, 2000, 3000, 5000, 10000, 20000][1 + h // 100000000 % 6]
                 ELSE 100 + h // 100000000 % 100000 END::BIGINT AS minor,
            CASE WHEN h % 100000 >= {upto - SHARES["CROSS_DAY"]} THEN {_DAY_US} - 600000000 + h // 10000000 % 600000000
                 ELSE i * {_DAY_US - 1_200_000_000} // {count} END::BIGINT + {_MIDNIGHT_US} AS at_us,
            h // 1000000000 % 60 * 1000000 AS skew_us
        FROM (SELECT i, (hash(i, {seed}) >> 1)::BIGINT AS h, (i + 1) * {_SCATTER} AS scattered
              FROM (SELECT range * {step} % {count} AS i FROM range({count})) AS numbered) AS drawn"""


_TXN = "'420020251101' || lpad((scattered % 10000000000000000)::VARCHAR, 16, '0')"
_OTHER_TXN = "'420120251101' || lpad((scattered % 10000000000000000)::VARCHAR, 14, '0') || part || '7'"
_ORDER = "'2025110100' || lpad((scattered * 3 % 10000000000)::VARCHAR, 10, '0')"
_BILL = "'6000' || lpad((scattered * 7 % 10000000000000000)::VARCHAR, 16, '0')"
# One character of the order number changed, lost or added.
_DAMAGED = f"""CASE h // 100000 % 3 WHEN 0 THEN left({_ORDER}, 12) || 'X' || right({_ORDER}, 7)
    WHEN 1 THEN left({_ORDER}, 12) || right({_ORDER}, 7) ELSE left({_ORDER}, 12) || 'X' || right({_ORDER}, 8) END"""
_REFUND = "class = 'REFUND'"

_PAYMENTS = f"""
    SELECT md5('p' || scattered || part) AS payment_id,
        '88' || lpad((h // 10000000 % 5000)::VARCHAR, 8, '0') AS merchant_id,
        channel, CASE WHEN {_REFUND} THEN 'REFUND' ELSE 'PAYMENT' END AS kind, 'SUCCEEDED' AS state,
        CASE WHEN class IN ('ORDER_ONLY', 'N_TO_1', 'ONE_TO_N', 'TIME_ONLY', 'FUZZY') THEN '' ELSE {_TXN} END
            AS channel_txn_no,
        CASE WHEN class = 'N_TO_1' THEN 'N' || part || {_ORDER} ELSE {_ORDER} END AS merchant_order_no,
        CASE WHEN {_REFUND} THEN '5030' || {_TXN} ELSE '' END AS channel_refund_no,
        CASE WHEN {_REFUND} THEN 'R' || {_ORDER} ELSE '' END AS merchant_refund_no,
        {_BILL} AS bill_no, '' AS batch_no, '' AS payer, 'CNY' AS currency_code,
        CASE class WHEN 'REFUND' THEN -minor WHEN 'N_TO_1' THEN minor + part * 37 ELSE minor END AS amount_minor,
        (minor * 6 + 500) // 1000 AS fee_minor, at_us AS pay_time_us, '2025-11-01' AS business_date
    FROM (SELECT *, unnest(range(CASE class WHEN 'N_TO_1' THEN 2 + h // 100000 % 2
        WHEN 'MISSING_PAYMENT' THEN 0 WHEN 'REVERSAL' THEN 0 ELSE 1 END::BIGINT)) AS part FROM ({{events}}))"""

_LINES = f"""
    SELECT md5('l' || scattered || part) AS line_id,
        channel || '-20251101' AS file_id, scattered % 1000000007 * 3 + part AS line_no,
        channel, CASE WHEN {_REFUND} THEN 'REFUND' ELSE 'PAYMENT' END AS kind, 'SUCCEEDED' AS status,
        CASE WHEN class = 'FUZZY' THEN '' WHEN class IN ('N_TO_1', 'ONE_TO_N', 'TIME_ONLY', 'ORDER_ONLY')
            OR (class = 'DUP_PAY' AND part = 1) THEN {_OTHER_TXN} ELSE {_TXN} END AS channel_txn_no,
        CASE class WHEN 'TIME_ONLY' THEN '' WHEN 'FUZZY' THEN {_DAMAGED} WHEN 'N_TO_1' THEN {_BILL} ELSE {_ORDER} END
            AS merchant_order_no,
        CASE WHEN {_REFUND} THEN '5030' || {_TXN} ELSE '' END AS channel_refund_no,
        CASE WHEN {_REFUND} THEN 'R' || {_ORDER} ELSE '' END AS merchant_refund_no,
        '' AS batch_no, '' AS payer, 'CNY' AS currency_code,
        CASE class WHEN 'REFUND' THEN -minor WHEN 'TOLERANCE' THEN minor + 1 + h // 100000 % 3
            WHEN 'N_TO_1' THEN CASE h // 100000 % 2 WHEN 0 THEN 2 * minor + 37 ELSE 3 * minor + 111 END
            WHEN 'ONE_TO_N' THEN CASE WHEN part = 0 THEN minor - minor // 3 ELSE minor // 3 END
            WHEN 'WRONG_AMOUNT' THEN minor + 990 WHEN 'REVERSAL' THEN CASE part WHEN 0 THEN minor ELSE -minor END
            ELSE minor END AS amount_minor,
        CASE WHEN class IN ('N_TO_1', 'ONE_TO_N') THEN NULL ELSE (minor * 6 + 500) // 1000 END::BIGINT AS fee_minor,
        CASE class WHEN 'FUZZY'
            THEN least(at_us + 1800000000 + h // 100000 % 9000 * 1000000, {_MIDNIGHT_US + _DAY_US - 1})
            ELSE at_us + skew_us END::BIGINT AS book_time_us,
        '2025-11-01' AS business_date
    FROM (SELECT *, unnest(range(CASE WHEN class IN ('ONE_TO_N', 'DUP_LINE', 'DUP_PAY', 'REVERSAL') THEN 2
        WHEN class IN ('MISSING_LINE', 'CROSS_DAY') THEN 0 ELSE 1 END)) AS part FROM ({{events}}))"""

_COUNTS = """
    SELECT (SELECT COUNT(*) FROM '{payments}'), (SELECT COUNT(*) FROM '{lines}'), COUNT(*)
    FROM '{payments}' AS p JOIN '{lines}' AS l USING (channel, channel_txn_no, amount_minor)
    WHERE p.channel_txn_no <> ''"""

if __name__ == "__main__":
    main()
