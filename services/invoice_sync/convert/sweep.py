"""Sweeps and cases, for the contract."""

from dataclasses import asdict

from bihuan.invoice_sync.v1 import sweep_pb2

from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.domain.sweep import Sweep
from services.invoice_sync.store.cases import Case


def sweep_to_proto(sweep: Sweep) -> sweep_pb2.Sweep:
    """The report of a sweep."""
    report, report_zh = sweep.words()
    return sweep_pb2.Sweep(
        sweep_id=sweep.sweep_id,
        start_time=timestamp(sweep.start_time),
        end_time=timestamp(sweep.end_time),
        oldest_time=timestamp(sweep.oldest_time),
        report=report,
        report_zh=report_zh,
        **asdict(sweep.counts),
    )


def case_to_proto(case: Case) -> sweep_pb2.SyncCase:
    """What a person should see."""
    return sweep_pb2.SyncCase(
        case_id=case.case_id,
        kind=case.kind,
        invoice_id=case.invoice_id,
        issue_date=case.issue_date,
        fact=case.fact,
        fact_zh=case.fact_zh,
        open_time=timestamp(case.open_time),
        close_time=timestamp(case.close_time),
    )
