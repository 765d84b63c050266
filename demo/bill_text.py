"""How both channels write amounts and times into a bill, and what they may not write there."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from chassis.money import Money
from demo.plan import BEIJING


def fen(amount: Money) -> int:
    """The fen of an amount; both channels' bills are in CNY only."""
    assert amount.currency_code == "CNY", f"{amount} cannot stand on a bill in CNY"
    return amount.amount_minor


def yuan(amount_fen: int) -> str:
    """Fen as yuan with two decimals: "-0.02"."""
    return f"{Decimal(amount_fen).scaleb(-2):.2f}"


def fee_fen(amount_fen: int, rate: Decimal) -> int:
    """The channel's fee on an amount, rounded half up to the fen."""
    return int((amount_fen * rate).quantize(Decimal(1), ROUND_HALF_UP))


def beijing_time(instant: datetime) -> str:
    """An instant as both channels print it: "2026-03-01 19:55:32"."""
    return instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def row_text(cells: list[str]) -> str:
    """Cells joined by commas. Neither channel quotes, so a comma or a line end would shift the columns."""
    assert not any(mark in cell for cell in cells for mark in ",\r\n"), f"a cell breaks the row: {cells}"
    return ",".join(cells)
