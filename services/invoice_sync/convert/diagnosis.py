"""Diagnoses, and what the asker says of the invoice, for the contract."""

from datetime import date

from bihuan.invoice_sync.v1 import diagnosis_pb2, invoice_service_pb2

from chassis.errors import Fault, FieldFault, Kind
from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.domain.diagnosis import Claim
from services.invoice_sync.domain.evidence import Evidence
from services.invoice_sync.domain.shown import Diagnosed


def diagnosis_to_proto(found: Diagnosed) -> diagnosis_pb2.Diagnosis:
    """A verdict with its words."""
    verdict, words = found.verdict, found.verdict.words
    return diagnosis_pb2.Diagnosis(
        cause=verdict.cause,
        title=words.title,
        title_zh=words.title_zh,
        confidence=diagnosis_pb2.Diagnosis.Confidence.Value(f"CONFIDENCE_{verdict.confidence.value}"),
        evidence=[_evidence(row) for row in verdict.evidence],
        action=diagnosis_pb2.Diagnosis.Action.Value(f"ACTION_{verdict.action.value}"),
        remedy=words.remedy,
        remedy_zh=words.remedy_zh,
        automatic=verdict.automatic,
        text_customer=words.customer,
        text_authority=words.authority,
        what_would_change=words.what_would_change,
        invoice_id=found.invoice_id,
        payment_id=found.payment_id,
        remedy_call=words.call,
        owner=verdict.owner,
        suggestion=verdict.suggestion,
        text_customer_en=words.customer_en,
        what_would_change_zh=words.what_would_change_zh,
        invoice_number=found.invoice_number,
    )


def claim_from_proto(request: invoice_service_pb2.DiagnoseInvoiceRequest) -> Claim:
    """What the asker says of the invoice. Raises Fault INVALID_FIELD when the day is none of the calendar."""
    return Claim(
        issue_date=_day(request.issue_date) if request.issue_date else None,
        amount_minor=request.amount_minor,
        buyer_tax_id=request.buyer_tax_id,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        message, message_zh = f"{text} is no day of the calendar", f"{text} 不是有效日期"
        raise Fault(
            Kind.INVALID,
            "INVALID_FIELD",
            f"issue_date: {message}",
            f"issue_date：{message_zh}",
            fields=(FieldFault("issue_date", "NO_DAY", message, message_zh),),
        ) from fault


def _evidence(row: Evidence) -> diagnosis_pb2.Evidence:
    return diagnosis_pb2.Evidence(
        source=row.source,
        row_id=row.row_id,
        occur_time=timestamp(row.occur_time),
        fact=row.fact,
        fact_zh=row.fact_zh,
        trace_id=row.trace_id,
    )
