"""A day made from a real statement: the file is read as the product reads it and never changed."""

from pathlib import Path

from demo.day import DemoDay, KnownLine, day_from_lines
from services.reconciler.domain.line import LineKind, StatementLine
from services.reconciler.statements import Source, load_profiles, read_whole


def day_of_file(seed: int, path: Path) -> DemoDay:
    """The day that a statement tells. Raises StatementRefused when it is none that a profile knows."""
    raw = path.read_bytes()
    summary, lines = read_whole(Source.of_bytes(raw), load_profiles())
    assert summary.first_date is not None, "a bill of a channel is of one day"
    known = [_known(line) for line in lines]
    return day_from_lines(seed, summary.channel, summary.first_date, known, path.name, raw)


def _known(line: StatementLine) -> KnownLine:
    assert line.book_time is not None, "a bill of a channel tells the time of each line"
    return KnownLine(
        channel_txn_no=line.channel_txn_no,
        merchant_order_no=line.merchant_order_no,
        amount=line.amount,
        book_time=line.book_time,
        is_refund=line.kind is LineKind.REFUND,
    )
