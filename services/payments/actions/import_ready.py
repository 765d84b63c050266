"""A batch of an import, made ready to be written: judged, with ids, days, fees and digests. It writes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa  # type: ignore[import-untyped]

from chassis import ids
from chassis.errors import Fault
from services.payments.actions.refusal import refuse_pay_time
from services.payments.domain.import_batch import ToldBatch, rows_of_another_time
from services.payments.domain.import_columns import FeeOf, staged
from services.payments.domain.import_progress import Refusal, refusal_of
from services.payments.domain.payment import judge_pay_time


@dataclass(frozen=True, slots=True)
class ReadyBatch:
    """A batch that was judged at `now`: the rows to write, in the order of `row_nos`, and those that are refused."""

    batch: ToldBatch
    now: datetime
    rows: pa.RecordBatch
    payment_ids: Sequence[str]
    row_nos: Sequence[int]
    refused: Mapping[int, Refusal]


def make_ready(batch: ToldBatch, now: datetime, fee_of: FeeOf) -> ReadyBatch:
    """All that can be done with a batch before it is written. It takes a while: call it beside the loop."""
    refused = {**batch.refused}
    row_nos = [at for at in range(batch.rows.num_rows) if at not in refused]
    rows = batch.rows.take(row_nos) if refused else batch.rows
    late = rows_of_another_time(rows, now)
    if late:
        refused |= {row_nos[at]: _refused_time(rows["pay_time"][at].as_py(), now) for at in late}
        row_nos = [at for at in row_nos if at not in refused]
        rows = batch.rows.take(row_nos)
    # Ids of one instant have no order of their own; in order they are all the end of every index that they are in.
    payment_ids = sorted(ids.new_id("pay", now) for _ in row_nos)
    return ReadyBatch(batch, now, staged(rows, row_nos, payment_ids, fee_of), payment_ids, row_nos, refused)


def in_words(refuse: Callable[[], object]) -> Refusal:
    """What RecordPayment says when it refuses the same."""
    try:
        refuse()
    except Fault as fault:
        return refusal_of(fault)
    raise AssertionError("columns and values are judged alike")


def _refused_time(pay_time: datetime, now: datetime) -> Refusal:
    return in_words(lambda: refuse_pay_time(judge_pay_time(pay_time, now)))
