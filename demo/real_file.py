"""A day made from a real statement: the file is read as the product reads it and never changed."""

from pathlib import Path

from demo.day import DemoDay, KnownLine, day_from_lines
from services.reconciler.domain.line import LineKind, StatementLine
from services.reconciler.statements import load_profiles, read_statement


def day_of_file(seed: int, path: Path) -> DemoDay:
    """The day that a statement tells. Raises StatementRefused when it is none that a profile knows."""
    raw = path.read_bytes()
    statement = read_statement(raw, load_profiles())
    lines = [_known(line) for line in statement.lines]
    return day_from_lines(seed, statement.channel, statement.business_date, lines, path.name, raw)


def _known(line: StatementLine) -> KnownLine:
    return KnownLine(
        channel_txn_no=line.channel_txn_no,
        merchant_order_no=line.merchant_order_no,
        amount=line.amount,
        book_time=line.book_time,
        is_refund=line.kind is LineKind.REFUND,
    )
