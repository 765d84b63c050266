"""Between the contract's messages and the domain's values. It decides nothing and reads nothing."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from itertools import groupby

from bihuan.invoice_sync.v1 import attempt_pb2, diagnosis_pb2, invoice_pb2, invoice_service_pb2, merchant_pb2, sweep_pb2
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis import telemetry
from chassis.errors import Fault, FieldFault, Kind
from chassis.money import Money
from services.invoice_sync.domain.attempt import Attempt, TaxAnswer
from services.invoice_sync.domain.diagnosis import Claim, Verdict
from services.invoice_sync.domain.evidence import Evidence
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.domain.route import parse_route
from services.invoice_sync.domain.shown import Shown
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.domain.sweep import Sweep


def invoice_to_proto(shown: Shown) -> invoice_pb2.Invoice:
    """An invoice as it stands; HELD while its gate is shut."""
    invoice, standing = shown.invoice, shown.invoice.standing
    return invoice_pb2.Invoice(
        invoice_id=invoice.invoice_id,
        payment_id=invoice.payment_id,
        merchant_id=invoice.merchant_id,
        merchant_order_no=invoice.merchant_order_no,
        amount=money_to_proto(invoice.amount),
        seller_name=invoice.seller.name,
        seller_tax_id=invoice.seller.tax_id,
        buyer_title=invoice.buyer.name,
        buyer_tax_id=invoice.buyer.tax_id,
        sync_state=state_to_proto(SyncState.HELD if shown.held_by else standing.sync_state),
        invoice_number=standing.invoice_number,
        document_sha256=invoice.document_sha256,
        idempotency_key=invoice.idempotency_key,
        submit_count=standing.submit_count,
        next_attempt_time=_timestamp(shown.next_attempt_time),
        ack_time=_timestamp(standing.ack_time),
        book_time=_timestamp(standing.book_time),
        create_time=_timestamp(invoice.create_time),
        trace_id=telemetry.trace_id_of(invoice.traceparent),
        payment_trace_id=telemetry.trace_id_of(invoice.payment_traceparent),
        issued_by=invoice_pb2.IssuePolicy.Value(f"ISSUE_POLICY_{invoice.issued_by}"),
        version=invoice.version,
        deadline_time=_timestamp(standing.deadline_at),
        confirm_time=_timestamp(standing.confirm_time),
        environment=invoice.route.environment,
        region=invoice.route.region,
        held_by=shown.held_by.kind.value if shown.held_by else "",
        given_up=standing.parked_reason.value,
        broken_rules=[
            invoice_pb2.BrokenRule(rule=each.rule, field=each.field, message=each.message, message_zh=each.message_zh)
            for each in invoice.broken_rules
        ],
        red_number=standing.red_number,
    )


def state_to_proto(state: SyncState) -> invoice_pb2.SyncState.ValueType:
    """A state."""
    return invoice_pb2.SyncState.Value(f"SYNC_STATE_{state.value}")


def state_from_proto(state: invoice_pb2.SyncState.ValueType) -> SyncState | None:
    """A state; None for the unspecified one."""
    return SyncState(invoice_pb2.SyncState.Name(state).removeprefix("SYNC_STATE_")) if state else None


def money_to_proto(money: Money) -> money_pb2.Money:
    """An amount."""
    return money_pb2.Money(currency_code=money.currency_code, amount_minor=money.amount_minor)


def totals_to_proto(rows: Iterable[tuple[SyncState, int, Money]]) -> list[invoice_service_pb2.StateTotal]:
    """Counts by state, in the order of the contract, from rows by state and currency."""
    ordered = sorted(rows, key=lambda row: (state_to_proto(row[0]), row[2].currency_code))
    totals = []
    for state, grouped in groupby(ordered, key=lambda row: row[0]):
        of_state = list(grouped)
        totals.append(
            invoice_service_pb2.StateTotal(
                sync_state=state_to_proto(state),
                invoice_count=sum(count for _, count, _ in of_state),
                amount_sums=[money_to_proto(amount) for _, _, amount in of_state],
            )
        )
    return totals


def attempt_to_proto(attempt: Attempt) -> attempt_pb2.Attempt:
    """An attempt; one without an answer has no outcome and no end."""
    message = attempt_pb2.Attempt(
        attempt_id=attempt.attempt_id,
        invoice_id=attempt.invoice_id,
        attempt_no=attempt.attempt_no,
        operation=attempt_pb2.Attempt.Operation.Value(f"OPERATION_{attempt.operation.value}"),
        start_time=_timestamp(attempt.start_time),
        end_time=_timestamp(attempt.end_time),
        request_sha256=attempt.request_sha256,
        trace_id=attempt.trace_id,
        version=attempt.version,
        breaker_state=attempt.breaker_state,
        prev_log_hash=attempt.prev_log_hash,
        log_hash=attempt.end_log_hash or attempt.log_hash,
    )
    if attempt.route:
        route = parse_route(attempt.route)
        message.environment, message.region, message.credential_id = (
            route.environment,
            route.region,
            route.credential_id,
        )
    if attempt.answer is not None:
        _fill(message, attempt.answer)
    return message


def _fill(message: attempt_pb2.Attempt, answer: TaxAnswer) -> None:
    message.outcome = attempt_pb2.Attempt.Outcome.Value(f"OUTCOME_{answer.outcome.value}")
    message.http_status = answer.http_status
    message.authority_code = answer.authority_code
    message.message = answer.message
    message.response_sha256 = answer.response_sha256
    message.retry_after_seconds = answer.retry_after_seconds
    message.url_path = answer.url_path
    message.code_detail = answer.code_detail
    message.clock_offset_ms = answer.clock_offset_ms
    if answer.first_byte_time is not None:
        message.first_byte_time.FromDatetime(answer.first_byte_time)


def diagnosis_to_proto(
    verdict: Verdict, invoice_id: str, payment_id: str, invoice_number: str = ""
) -> diagnosis_pb2.Diagnosis:
    """A verdict with its words."""
    words = verdict.words
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
        invoice_id=invoice_id,
        payment_id=payment_id,
        remedy_call=words.call,
        owner=verdict.owner,
        suggestion=verdict.suggestion,
        text_customer_en=words.customer_en,
        what_would_change_zh=words.what_would_change_zh,
        invoice_number=invoice_number,
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
        occur_time=_timestamp(row.occur_time),
        fact=row.fact,
        fact_zh=row.fact_zh,
        trace_id=row.trace_id,
    )


def sweep_to_proto(sweep: Sweep) -> sweep_pb2.Sweep:
    """The report of a sweep."""
    report, report_zh = sweep.words()
    return sweep_pb2.Sweep(
        sweep_id=sweep.sweep_id,
        start_time=_timestamp(sweep.start_time),
        end_time=_timestamp(sweep.end_time),
        oldest_time=_timestamp(sweep.oldest_time),
        report=report,
        report_zh=report_zh,
        **asdict(sweep.counts),
    )


def profile_to_proto(profile: Profile) -> merchant_pb2.MerchantProfile:
    """A merchant's profile."""
    return merchant_pb2.MerchantProfile(
        merchant_id=profile.merchant_id,
        issue_policy=invoice_pb2.IssuePolicy.Value(f"ISSUE_POLICY_{profile.issue_policy.value}"),
        seller_name=profile.seller.name,
        seller_tax_id=profile.seller.tax_id,
    )


def profile_from_proto(profile: merchant_pb2.MerchantProfile) -> Profile:
    """A merchant's profile, checked by its rules before."""
    policy = invoice_pb2.IssuePolicy.Name(profile.issue_policy).removeprefix("ISSUE_POLICY_")
    return Profile(profile.merchant_id, IssuePolicy(policy), Party(profile.seller_name, profile.seller_tax_id))


def _timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
