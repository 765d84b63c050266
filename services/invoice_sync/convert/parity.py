"""Comparisons of control totals, for the contract."""

from collections.abc import Iterable

from bihuan.invoice_sync.v1 import parity_pb2

from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.domain.parity import Difference, Sums
from services.invoice_sync.domain.parity_words import remedy_of
from services.invoice_sync.store.parity import ParityRun


def run_to_proto(run: ParityRun) -> parity_pb2.ParityRun:
    """A comparison, with the sums of all its days."""
    return parity_pb2.ParityRun(
        run_id=run.run_id,
        seller_tax_id=run.seller_tax_id,
        period=run.period.text(),
        state=parity_pb2.ParityRun.State.Value(f"STATE_{run.state.value}"),
        complete=run.complete,
        watermark=timestamp(run.watermark),
        waiting_count=run.waiting_count,
        difference_count=run.difference_count,
        ours=_sums(_together(each.ours for each in run.days)),
        theirs=_sums(_together(each.theirs for each in run.days)),
        days=[
            parity_pb2.ParityDay(
                day=each.day.isoformat(), ours=_sums(each.ours), theirs=_sums(each.theirs), equal=each.equal
            )
            for each in run.days
        ],
        start_time=timestamp(run.start_time),
        check_time=timestamp(run.check_time),
    )


def difference_to_proto(each: Difference) -> parity_pb2.ParityDifference:
    """An invoice that makes the sides differ."""
    remedy, remedy_zh = remedy_of(each.difference_class)
    found = f"DIFFERENCE_CLASS_{each.difference_class.value}"
    return parity_pb2.ParityDifference(
        difference_class=parity_pb2.ParityDifference.DifferenceClass.Value(found),
        issue_date=each.issue_date.isoformat(),
        kind=each.kind,
        invoice_id=each.invoice_id,
        invoice_number=each.invoice_number,
        ours_minor=each.ours_minor,
        theirs_minor=each.theirs_minor,
        ours_state=each.ours_state,
        theirs_state=each.theirs_state,
        remedy=remedy,
        remedy_zh=remedy_zh,
    )


def _together(sums: Iterable[Sums]) -> Sums:
    total = Sums()
    for each in sums:
        total = total.plus(each)
    return total


def _sums(sums: Sums) -> parity_pb2.ParitySums:
    return parity_pb2.ParitySums(
        blue_count=sums.blue_count,
        blue_minor=sums.blue_minor,
        red_count=sums.red_count,
        red_minor=sums.red_minor,
    )
