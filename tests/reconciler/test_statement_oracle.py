"""What is read of random lists of a bank is what a few lines of independent code read: each row, or a refusal of it."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciler.statements import Source, load_profiles, open_statement
from services.reconciler.statements.lines import lines_of

HEADER = "交易日期,入账日期,交易摘要,交易金额,交易货币,入账金额,入账货币"
CURRENCIES = {"人民币": ("CNY", 2), "美元": ("USD", 2), "日元": ("JPY", 0)}
DATES = st.dates(date(2020, 1, 1), date(2027, 12, 31)).map(lambda day: f"{day:%Y/%m/%d}") | st.sampled_from(
    ["2026/2/3", "2026-02-03", "2026/02/30", "46056", "", "20260203", "2026/02/03 00:00:00", "\uff12026/02/03"]
)
ODD_AMOUNTS = (
    *("15", "-0.00", "1.5", "0.001", "1,23.00", "(1.00)", "¥1.00", "1.00-"),
    *("+1.00", "1e3", "NaN", "", " 2.50 ", "\uff11.00", "--1", "1,000,000,000,000,000.00"),
)
AMOUNTS = st.decimals(-(10**9), 10**9, places=2).map(lambda amount: f"{amount:,.2f}") | st.sampled_from(ODD_AMOUNTS)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp"]), max_size=8)
ROWS = st.tuples(DATES, DATES, TEXTS, AMOUNTS, st.sampled_from([*CURRENCIES, "欧", "CNY", ""]))


def oracle(row: tuple[str, str, str, str, str]) -> tuple[str, int, str] | None:
    """Date, minor units and currency of a row of the card, or None for one that must not be booked."""
    day, value_day, _, amount, word = (cell.strip(" \t") for cell in row)
    if not all(re.fullmatch(r"\d{4}/\d\d/\d\d", text, re.ASCII) for text in (day, value_day or day)):
        return None
    try:
        booked = date(*map(int, day.split("/")))
        date(*map(int, (value_day or day).split("/")))
    except ValueError:
        return None
    if not re.fullmatch(r"-?(\d{1,15}|\d{1,3}(,\d{3}){1,4})(\.\d{1,10})?", amount, re.ASCII):
        return None
    code, digits = CURRENCIES.get(word, (word if word == "CNY" else "", 2))
    minor = -Decimal(amount.replace(",", "")).scaleb(digits)
    if not code or minor != int(minor):
        return None
    return str(booked), int(minor), code


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=12))
def test_every_row_is_read_as_independent_code_reads_it_or_is_set_aside_by_both(rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([*row, row[3], row[4]] for row in rows)
    raw = f"{HEADER}\r\n{text.getvalue()}".encode()

    reading = open_statement(Source.of_bytes(raw), load_profiles())
    lines = [line for batch in reading.batches() for line in lines_of(batch)]

    expected = [booked for row in rows if (booked := oracle(row)) is not None]
    assert [(str(line.business_date), line.amount_minor, line.currency_code) for line in lines] == expected
    assert reading.summary.rows.quarantined == len(rows) - len(expected)
    assert reading.summary.loadable == (len(expected) == len(rows))
