"""invoice_sync: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from .basics import Money
from .calls import Operation
from .paging import async_pages, pages
from .transport import AsyncTransport, Transport

# What was asked.
AttemptOperation: TypeAlias = Literal[
    # Never sent.
    "OPERATION_UNSPECIFIED",
    # Send the document.
    "OPERATION_SUBMIT",
    # Look for it by our key.
    "OPERATION_QUERY_BY_KEY",
    # Look for it by the authority's number.
    "OPERATION_QUERY_BY_NUMBER",
    # Page through what the authority holds of the seller in a window of time.
    "OPERATION_QUERY_WINDOW",
    # Look for it in another region or environment.
    "OPERATION_QUERY_ELSEWHERE",
    # Ask for the seal again.
    "OPERATION_SEAL",
    # Ask for control totals.
    "OPERATION_QUERY_TOTALS",
]

# What came of it.
AttemptOutcome: TypeAlias = Literal[
    # Under way, or the process died in it: a submit without an outcome counts as UNKNOWN.
    "OUTCOME_UNSPECIFIED",
    # The record was found, or the query was answered.
    "OUTCOME_OK",
    # The authority took it and gave a number.
    "OUTCOME_ACCEPTED",
    # The authority has had it under this key before.
    "OUTCOME_DUPLICATE",
    # No byte reached the authority; it is safe to send again.
    "OUTCOME_NOT_RECEIVED",
    # It may have reached the authority: time-out, reset, 5xx or an answer that makes no sense.
    "OUTCOME_UNKNOWN",
    # Too many requests; retry_after_seconds tells how long to wait.
    "OUTCOME_THROTTLED",
    # Refused for good, for a reason that the authority gave no class.
    "OUTCOME_REJECTED",
    # The authority does not have it.
    "OUTCOME_NOT_FOUND",
    # The authority holds something else under the key.
    "OUTCOME_MISMATCH",
    # The authority has taken it and not yet booked it.
    "OUTCOME_NOT_YET",
    # Our credential was not accepted; nothing was read.
    "OUTCOME_AUTH",
    # The seller's quota is used up; nothing was taken.
    "OUTCOME_QUOTA",
    # The authority is closed; nothing was taken.
    "OUTCOME_OUTAGE",
    # The authority said that it failed inside; it may or may not have taken it.
    "OUTCOME_AUTHORITY_FAULT",
    # Refused for good for its form.
    "OUTCOME_REJECTED_SYNTAX",
    # Refused for good for its content.
    "OUTCOME_REJECTED_BUSINESS",
    # Taken and numbered, and its seal failed.
    "OUTCOME_SEAL_FAILED",
    # It is there, and voided or reversed.
    "OUTCOME_VOIDED",
]

# What should be done.
DiagnosisAction: TypeAlias = Literal[
    # Never sent.
    "ACTION_UNSPECIFIED",
    # Nothing: the invoice is in the system.
    "ACTION_NONE",
    # Nothing by hand: the system goes on by itself; text tells when.
    "ACTION_WAIT",
    # Ask for the invoice (RequestInvoice).
    "ACTION_REQUEST_INVOICE",
    # Correct what the authority refused and issue anew.
    "ACTION_CORRECT_AND_REISSUE",
    # Look at the workers and the authority's interface.
    "ACTION_CHECK_OPERATION",
    # Take the evidence to the authority.
    "ACTION_ESCALATE",
    # Reverse it by a red letter and issue anew.
    "ACTION_REVERSE_AND_REISSUE",
    # Open the gate: lift the hold, raise the quota, renew the credential.
    "ACTION_OPEN_GATE",
    # Deliver it again.
    "ACTION_DELIVER_AGAIN",
    # Ask again with the right data.
    "ACTION_ASK_AGAIN",
]

# How sure the cause is.
DiagnosisConfidence: TypeAlias = Literal[
    # Never sent.
    "CONFIDENCE_UNSPECIFIED",
    # The evidence leaves no other cause.
    "CONFIDENCE_PROVED",
    # The evidence points to it; what_would_change tells what could still overturn it.
    "CONFIDENCE_LIKELY",
    # It cannot be told now.
    "CONFIDENCE_OPEN",
]

# What kind.
HoldKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # The seller's quota is used up.
    "KIND_QUOTA",
    # The authority wants a new login.
    "KIND_LOGIN",
    # Our certificate is not accepted.
    "KIND_CERTIFICATE",
    # The authority announced that it is closed.
    "KIND_OUTAGE",
    # A person closed it.
    "KIND_MANUAL",
]

# When an invoice is issued for a payment without being asked for.
IssuePolicy: TypeAlias = Literal[
    # Never sent.
    "ISSUE_POLICY_UNSPECIFIED",
    # As soon as the payment has succeeded.
    "ISSUE_POLICY_ON_SUCCESS",
    # As soon as the channel's statement confirms the payment.
    "ISSUE_POLICY_ON_RECONCILIATION",
    # Only by RequestInvoice.
    "ISSUE_POLICY_ON_REQUEST",
]

# How far an invoice has come with the tax authority. Acknowledged is not booked, and booked is not confirmed.
SyncState: TypeAlias = Literal[
    # Never sent.
    "SYNC_STATE_UNSPECIFIED",
    # The document is frozen and waits to be sent.
    "SYNC_STATE_READY",
    # An uploader holds it; its attempt was written down before the first byte.
    "SYNC_STATE_SENDING",
    # Proved not received; sent again at next_attempt_time.
    "SYNC_STATE_RETRY_WAIT",
    # It may have been received; it is only asked for, never sent again, until that is known.
    "SYNC_STATE_UNKNOWN",
    # The authority said yes and gave a number; not yet seen in its main database.
    "SYNC_STATE_ACKED",
    # Read back from the authority's main database by number and by our key, equal in content.
    "SYNC_STATE_BOOKED",
    # Proved absent at the authority; the same bytes under the same key are sent again.
    "SYNC_STATE_ABSENT",
    # The authority holds something else under our key; a person must look.
    "SYNC_STATE_MISMATCH",
    # Refused for good, with a code.
    "SYNC_STATE_REJECTED",
    # Acknowledged or booked before, and not found since.
    "SYNC_STATE_MISSING",
    # It breaks a rule that we check ourselves; it is not sent until it is corrected.
    "SYNC_STATE_INVALID",
    # Ready, and its gate is closed: see held_by.
    "SYNC_STATE_HELD",
    # Taken by the authority, which gave a reference and no number yet.
    "SYNC_STATE_SUBMITTED",
    # Read back a second time, above the authority's watermark, and the control totals agree.
    "SYNC_STATE_CONFIRMED",
    # Voided or fully reversed at the authority.
    "SYNC_STATE_VOIDED",
    # Given up by a person, with a reason.
    "SYNC_STATE_ABANDONED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call to the tax authority about one invoice. The attempt log is the source of truth. 上传日志"""

    attempt_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The invoice."""

    attempt_no: int = 0
    """Counts from 1 over all attempts of the invoice."""

    operation: AttemptOperation = "OPERATION_UNSPECIFIED"
    """What was asked."""

    outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED"
    """What came of it."""

    http_status: int = 0
    """The HTTP status; 0 when there was no answer."""

    authority_code: str = ""
    """The authority's own code; empty when it gave none."""

    message: str = ""
    """A sentence for people."""

    start_time: datetime | None = None
    """Before the first byte left."""

    end_time: datetime | None = None
    """After the answer or its absence; unset while under way."""

    request_sha256: str = ""
    """SHA-256 of the bytes sent, 64 hex digits; empty for a query."""

    response_sha256: str = ""
    """SHA-256 of the bytes received; empty when none came."""

    trace_id: str = ""
    """The trace of the attempt."""

    retry_after_seconds: int = 0
    """What the authority asked us to wait; 0 when it did not."""

    version: int = 0
    """The version of the document that it is about."""

    environment: str = ""
    """Which environment was called."""

    region: str = ""
    """Which region was called."""

    credential_id: str = ""
    """Which credential was used; never the secret."""

    url_path: str = ""
    """The path that was called, without its query."""

    code_detail: str = ""
    """What the code leaves open, such as PARTIAL_BATCH; mostly empty."""

    first_byte_time: datetime | None = None
    """When the first byte of the answer came; unset when none did."""

    clock_offset_ms: int = 0
    """The authority's clock minus ours, in milliseconds; 0 when it did not tell."""

    breaker_state: str = ""
    """The circuit breaker when the attempt began: CLOSED, OPEN or HALF_OPEN."""

    prev_log_hash: str = ""
    """The entry before it in the invoice's chain, 64 hex digits."""

    log_hash: str = ""
    """This entry, hashed together with the one before it; of its beginning while it is under way."""

    points_to: str = ""
    """The cause that this attempt alone would point to, such as B2; empty when it shows nothing wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStatistics:
    """How long the matching attempts of one operation and outcome took."""

    operation: AttemptOperation = "OPERATION_UNSPECIFIED"
    """What was asked."""

    outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED"
    """What came of it; unspecified for those under way."""

    attempt_count: int = 0
    """How many."""

    p50_ms: int = 0
    """Half took at most this long, in milliseconds."""

    p95_ms: int = 0
    """Ninety-five in a hundred took at most this long."""

    p99_ms: int = 0
    """Ninety-nine in a hundred took at most this long."""

    max_ms: int = 0
    """The longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRule:
    """A rule that a document breaks."""

    rule: str = ""
    """The rule, such as CURRENCY."""

    field: str = ""
    """The field of the document."""

    message: str = ""
    """What is wrong and how to cure it, in English."""

    message_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectInvoiceResponse:
    """The invoice as it stands."""

    invoice: Invoice | None = None
    """The invoice."""

    replayed: bool = False
    """True when this correction had been made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseBuyerResponse:
    """The answers."""

    diagnoses: Sequence[Diagnosis] = ()
    """What is not in the system first, then newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseInvoiceResponse:
    """The answer."""

    diagnosis: Diagnosis | None = None
    """Why, with proof and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why an invoice is not in the tax authority's system, with proof and the remedy. 诊断"""

    cause: str = ""
    """The code of the cause, such as D2; IN_SYSTEM when nothing is wrong, NOT_DUE when none is due yet."""

    title: str = ""
    """The cause in one English sentence."""

    title_zh: str = ""
    """The same in Chinese."""

    confidence: DiagnosisConfidence = "CONFIDENCE_UNSPECIFIED"
    """How sure it is."""

    evidence: Sequence[Evidence] = ()
    """The rows that prove it, oldest first; never empty."""

    action: DiagnosisAction = "ACTION_UNSPECIFIED"
    """What to do."""

    remedy: str = ""
    """What to do, in English."""

    remedy_zh: str = ""
    """The same in Chinese."""

    automatic: bool = False
    """True when the system does it without a person."""

    text_customer: str = ""
    """What the customer may be told, in Chinese."""

    text_authority: str = ""
    """What the authority may be told, in Chinese; empty when it is not concerned."""

    what_would_change: str = ""
    """What would change the verdict."""

    invoice_id: str = ""
    """The invoice; empty when there is none."""

    payment_id: str = ""
    """The payment."""

    remedy_call: str = ""
    """The call that does what the remedy says, such as POST /v1/invoices/inv_1:correct; empty when none is
    needed.
    """

    owner: str = ""
    """Who does it: AUTOMATIC, OPERATOR, FINANCE or CUSTOMER."""

    suggestion: str = ""
    """The reference that was probably meant; up to three with commas between, the likeliest first, where it
    could be several. Empty when the one that was given is right.
    """

    text_customer_en: str = ""
    """What the customer may be told, in English."""

    what_would_change_zh: str = ""
    """What would change the verdict, in Chinese."""

    invoice_number: str = ""
    """The authority's number; empty when it gave none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One row that proves something."""

    source: str = ""
    """The table that the row stands in, such as attempt, outbox, absence_round, hold or probe; question for what
    was asked.
    """

    row_id: str = ""
    """The row's id."""

    occur_time: datetime | None = None
    """When it happened."""

    fact: str = ""
    """What it shows, in English."""

    fact_zh: str = ""
    """The same in Chinese."""

    trace_id: str = ""
    """The trace that it belongs to; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The way to one authority, environment and region with one credential, and whether it is open. 通道"""

    route: str = ""
    """Such as sandbox/production/11/default."""

    breaker_state: str = ""
    """The circuit breaker: CLOSED, OPEN or HALF_OPEN."""

    breaker_open_until: datetime | None = None
    """Until when the breaker lets nothing through; unset while it is closed."""

    failure_count: int = 0
    """Failures in a row."""

    rate_per_minute: int = 0
    """Calls a minute that we allow ourselves."""

    waiting_count: int = 0
    """Invoices that wait before it."""

    last_claim_time: datetime | None = None
    """When an uploader last took work for it; unset when none ever did."""

    holds: Sequence[Hold] = ()
    """What holds it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAttemptResponse:
    """One attempt with its bodies."""

    attempt: Attempt | None = None
    """The attempt."""

    request_masked: str = ""
    """What was sent, with names and numbers masked; empty for a query."""

    response_masked: str = ""
    """What was received, masked; empty when nothing came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInvoiceResponse:
    """One invoice."""

    invoice: Invoice | None = None
    """The invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMerchantProfileResponse:
    """A profile."""

    profile: MerchantProfile | None = None
    """The profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A reason why nothing is sent. 暂停"""

    hold_id: str = ""
    """Ours."""

    kind: HoldKind = "KIND_UNSPECIFIED"
    """What kind."""

    route: str = ""
    """The route that it closes."""

    seller_tax_id: str = field(default="", repr=False)
    """Only for this seller; empty means all."""

    reason: str = ""
    """Why, in the words of whoever set it."""

    start_time: datetime | None = None
    """Since when."""

    end_time: datetime | None = None
    """Until when at most; unset when it has to be lifted."""

    set_by: str = ""
    """Who set it: a person's name, or the part of the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """The invoice for one payment, and where it stands with the tax authority. 发票"""

    invoice_id: str = ""
    """Ours."""

    payment_id: str = ""
    """The payment."""

    merchant_id: str = ""
    """The merchant, who is the seller."""

    merchant_order_no: str = ""
    """The merchant's order number."""

    amount: Money | None = None
    """What is invoiced, tax included."""

    seller_name: str = field(default="", repr=False)
    """The seller's name."""

    seller_tax_id: str = field(default="", repr=False)
    """The seller's tax number. 纳税人识别号"""

    buyer_title: str = field(default="", repr=False)
    """The buyer's name as it stands on the invoice. 发票抬头"""

    buyer_tax_id: str = field(default="", repr=False)
    """The buyer's tax number; empty for a person."""

    sync_state: SyncState = "SYNC_STATE_UNSPECIFIED"
    """Where it stands."""

    invoice_number: str = ""
    """The authority's number; empty until it gave one. 发票号码"""

    document_sha256: str = ""
    """SHA-256 of the frozen bytes that are sent, 64 hex digits."""

    idempotency_key: str = ""
    """The key under which they are sent, every time the same."""

    submit_count: int = 0
    """How often they were sent."""

    next_attempt_time: datetime | None = None
    """When it is next looked at; unset when nothing is due."""

    ack_time: datetime | None = None
    """When the authority acknowledged it, as it told."""

    book_time: datetime | None = None
    """When the authority booked it, as it told."""

    create_time: datetime | None = None
    """When it was made here."""

    trace_id: str = ""
    """The trace that it belongs to, 32 hex digits; of the payment when it was issued by policy."""

    payment_trace_id: str = ""
    """The trace in which the payment was recorded."""

    issued_by: IssuePolicy = "ISSUE_POLICY_UNSPECIFIED"
    """The policy that issued it; ON_REQUEST when it was asked for."""

    version: int = 0
    """The version of the document; a correction makes the next."""

    deadline_time: datetime | None = None
    """By when it has to be in the authority's system."""

    confirm_time: datetime | None = None
    """When it was confirmed; unset before."""

    environment: str = ""
    """Which of the authority's environments it belongs to, such as production."""

    region: str = ""
    """Which of its regions: the first two digits of the administrative division, such as 11 for Beijing."""

    held_by: str = ""
    """What closes its gate when it is HELD: QUOTA, LOGIN, CERTIFICATE, OUTAGE, MANUAL or BREAKER."""

    given_up: str = ""
    """Why nothing is tried any more, until someone asks again: COUNT, AGE, DEADLINE or RESENT; empty while it
    goes on.
    """

    broken_rules: Sequence[BrokenRule] = ()
    """The rules that it breaks when it is INVALID."""

    red_number: str = ""
    """The number of the red letter that reversed it; empty when none did. 红字发票号码"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftHoldResponse:
    """Done."""

    lifted: bool = False
    """True when it was still in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAttemptsResponse:
    """The attempts of an invoice."""

    attempts: Sequence[Attempt] = ()
    """Oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCasesResponse:
    """A page of cases."""

    cases: Sequence[SyncCase] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGatesResponse:
    """Every gate."""

    gates: Sequence[Gate] = ()
    """In order of route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInvoicesResponse:
    """A page of invoices."""

    invoices: Sequence[Invoice] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotInSystemResponse:
    """A page."""

    diagnoses: Sequence[Diagnosis] = ()
    """The invoices, oldest first, then the payments without one, which have no invoice_id."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProbesResponse:
    """A page of probes."""

    probes: Sequence[Probe] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSweepsResponse:
    """A page of sweeps."""

    sweeps: Sequence[Sweep] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantProfile:
    """How a merchant's invoices are issued. 商户开票设置"""

    merchant_id: str = ""
    """The merchant."""

    issue_policy: IssuePolicy = "ISSUE_POLICY_UNSPECIFIED"
    """When an invoice is issued without being asked for."""

    seller_name: str = field(default="", repr=False)
    """The name that stands on its invoices as seller."""

    seller_tax_id: str = field(default="", repr=False)
    """Its tax number, 15 to 20 capitals and digits."""

    version: int = 0
    """Rises by one with each change. In a request, the version that it is to take the place of; 0 for whatever
    there is.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One request that only asks whether the interface is up, and how long it took. 接口探测"""

    probe_id: str = ""
    """Ours."""

    route: str = ""
    """The route."""

    kind: str = ""
    """PING, CANARY (a question for an invoice that is known to be booked) or NUMBER (one that somebody asked
    about).
    """

    start_time: datetime | None = None
    """When it began."""

    duration_ms: int = 0
    """How long it took, in milliseconds."""

    up: bool = False
    """True when the interface answered as it should."""

    outcome: str = ""
    """The class of the answer, such as OK or UNKNOWN."""

    http_status: int = 0
    """The HTTP status; 0 when there was no answer."""

    authority_code: str = ""
    """The authority's own code."""

    message: str = ""
    """A sentence for people."""

    clock_offset_ms: int = 0
    """The authority's clock minus ours, in milliseconds; 0 when it did not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeInterfaceResponse:
    """What the interfaces answered."""

    probes: Sequence[Probe] = ()
    """One for each route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInvoiceResponse:
    """The invoice as it stands."""

    invoice: Invoice | None = None
    """The invoice."""

    replayed: bool = False
    """True when it had been asked for before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSweepResponse:
    """The report of the sweep."""

    sweep: Sweep | None = None
    """The sweep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAttemptsResponse:
    """A page of the log."""

    attempts: Sequence[Attempt] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""

    statistics: Sequence[AttemptStatistics] = ()
    """Over all that match, by operation and outcome; on the first page only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHoldResponse:
    """The hold."""

    hold: Hold | None = None
    """As it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMerchantProfileResponse:
    """The profile as set."""

    profile: MerchantProfile | None = None
    """The profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTotal:
    """The invoices in one state."""

    sync_state: SyncState = "SYNC_STATE_UNSPECIFIED"
    """The state."""

    invoice_count: int = 0
    """How many."""

    amount_sums: Sequence[Money] = ()
    """Their money, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizeInvoicesResponse:
    """Counts by state."""

    totals: Sequence[StateTotal] = ()
    """In order of state; a state without invoices is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One pass over all that should have moved and did not. 巡检"""

    sweep_id: str = ""
    """Ours."""

    start_time: datetime | None = None
    """When it began."""

    end_time: datetime | None = None
    """When it ended; unset while at work."""

    scanned_count: int = 0
    """Invoices looked at."""

    lease_expired_count: int = 0
    """Leases of dead uploaders that were taken back; their invoices became UNKNOWN."""

    missing_count: int = 0
    """Acknowledged invoices found missing."""

    resent_count: int = 0
    """Invoices proved absent and put back to be sent."""

    issued_count: int = 0
    """Payments whose invoice was due by policy and had not been issued."""

    requeued_count: int = 0
    """Invoices that had nothing due and were made due."""

    adopted_count: int = 0
    """Records that the authority holds and we had not linked, and now have."""

    foreign_count: int = 0
    """Records that the authority holds under our sellers and that are not ours."""

    resampled_count: int = 0
    """Confirmed invoices that were put up to be read again."""

    totals_compared_count: int = 0
    """Days of a seller whose control totals were compared."""

    totals_differing_count: int = 0
    """Days of a seller whose control totals differ."""

    archive_checked_count: int = 0
    """Frozen documents whose stored bytes were opened and hashed."""

    archive_damaged_count: int = 0
    """Frozen documents whose stored bytes are damaged."""

    opened_count: int = 0
    """Cases opened."""

    closed_count: int = 0
    """Cases closed, since what they told of is no longer so."""

    hurried_count: int = 0
    """Invoices moved to the express lane, since half of their time is over."""

    call_count: int = 0
    """Calls to the authority, out of its rate budget."""

    oldest_time: datetime | None = None
    """The oldest invoice that is under way was made then; unset when none is."""

    report: str = ""
    """The report in English, for people."""

    report_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCase:
    """Something between the authority and us that a person should see. 异常单"""

    case_id: str = ""
    """Ours."""

    kind: str = ""
    """Of an invoice: MISMATCH, ELSEWHERE, MISSING, VOIDED, GIVEN_UP, ENDED_BUT_BOOKED or ARCHIVE_DAMAGED. Of a
    day: TOTALS_DIFFER. Of a record that is not ours: FOREIGN_RECORD. Of a payment: PAYMENT_UNTAKEN or
    FEED_HELD. More may come.
    """

    invoice_id: str = ""
    """The invoice; empty when it is about a day, a payment, or a record that is not ours."""

    issue_date: str = ""
    """The day that it is about, YYYY-MM-DD; empty when it is about one invoice."""

    fact: str = ""
    """What was found, in English."""

    fact_zh: str = ""
    """The same in Chinese."""

    open_time: datetime | None = None
    """When it was opened."""

    close_time: datetime | None = None
    """When it was closed; unset while it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyLogResponse:
    """What the check found."""

    intact: bool = False
    """True when every entry follows from the one before, up to the head."""

    attempt_count: int = 0
    """How many attempts were checked."""

    broken_attempt_no: int = 0
    """The first attempt that does not follow; 0 when intact."""

    why: str = ""
    """What is wrong with it; empty when intact."""

    log_head: str = ""
    """The head of the chain, 64 hex digits."""


_GET_ATTEMPT = Operation(
    name="get_attempt",
    verb="GET",
    template="/v1/attempts/{attempt_id}",
    body="",
    answer=GetAttemptResponse,
    variables=("attempt_id",),
)
_SEARCH_ATTEMPTS = Operation(
    name="search_attempts", verb="POST", template="/v1/attempts:search", body="*", answer=SearchAttemptsResponse
)
_VERIFY_LOG = Operation(
    name="verify_log",
    verb="GET",
    template="/v1/invoices/{invoice_id}/log:verify",
    body="",
    answer=VerifyLogResponse,
    variables=("invoice_id",),
)
_LIFT_HOLD = Operation(
    name="lift_hold",
    verb="POST",
    template="/v1/holds/{hold_id}:lift",
    body="*",
    answer=LiftHoldResponse,
    variables=("hold_id",),
    mutates=True,
)
_LIST_GATES = Operation(name="list_gates", verb="GET", template="/v1/gates", body="", answer=ListGatesResponse)
_LIST_PROBES = Operation(name="list_probes", verb="GET", template="/v1/probes", body="", answer=ListProbesResponse)
_PROBE_INTERFACE = Operation(
    name="probe_interface",
    verb="POST",
    template="/v1/probes",
    body="*",
    answer=ProbeInterfaceResponse,
    is_repeatable=False,
    mutates=True,
)
_SET_HOLD = Operation(
    name="set_hold", verb="POST", template="/v1/holds", body="*", answer=SetHoldResponse, takes_key=True, mutates=True
)
_CORRECT_INVOICE = Operation(
    name="correct_invoice",
    verb="POST",
    template="/v1/invoices/{invoice_id}:correct",
    body="*",
    answer=CorrectInvoiceResponse,
    variables=("invoice_id",),
    takes_key=True,
    mutates=True,
)
_DIAGNOSE_BUYER = Operation(
    name="diagnose_buyer", verb="POST", template="/v1/diagnoses:buyer", body="*", answer=DiagnoseBuyerResponse
)
_DIAGNOSE_INVOICE = Operation(
    name="diagnose_invoice",
    verb="GET",
    template="/v1/diagnoses/{reference}",
    body="",
    answer=DiagnoseInvoiceResponse,
    variables=("reference",),
)
_GET_INVOICE = Operation(
    name="get_invoice",
    verb="GET",
    template="/v1/invoices/{invoice_id}",
    body="",
    answer=GetInvoiceResponse,
    variables=("invoice_id",),
)
_LIST_ATTEMPTS = Operation(
    name="list_attempts",
    verb="GET",
    template="/v1/invoices/{invoice_id}/attempts",
    body="",
    answer=ListAttemptsResponse,
    variables=("invoice_id",),
)
_LIST_INVOICES = Operation(
    name="list_invoices", verb="GET", template="/v1/invoices", body="", answer=ListInvoicesResponse
)
_LIST_NOT_IN_SYSTEM = Operation(
    name="list_not_in_system", verb="GET", template="/v1/diagnoses", body="", answer=ListNotInSystemResponse
)
_REQUEST_INVOICE = Operation(
    name="request_invoice",
    verb="POST",
    template="/v1/invoices",
    body="*",
    answer=RequestInvoiceResponse,
    takes_key=True,
    mutates=True,
)
_SUMMARIZE_INVOICES = Operation(
    name="summarize_invoices", verb="GET", template="/v1/invoices:summarize", body="", answer=SummarizeInvoicesResponse
)
_GET_MERCHANT_PROFILE = Operation(
    name="get_merchant_profile",
    verb="GET",
    template="/v1/merchants/{merchant_id}/profile",
    body="",
    answer=GetMerchantProfileResponse,
    variables=("merchant_id",),
)
_SET_MERCHANT_PROFILE = Operation(
    name="set_merchant_profile",
    verb="PUT",
    template="/v1/merchants/{profile.merchant_id}/profile",
    body="profile",
    answer=SetMerchantProfileResponse,
    variables=("profile.merchant_id",),
    mutates=True,
)
_LIST_CASES = Operation(name="list_cases", verb="GET", template="/v1/cases", body="", answer=ListCasesResponse)
_LIST_SWEEPS = Operation(name="list_sweeps", verb="GET", template="/v1/sweeps", body="", answer=ListSweepsResponse)
_RUN_SWEEP = Operation(
    name="run_sweep", verb="POST", template="/v1/sweeps", body="*", answer=RunSweepResponse, mutates=True
)


class InvoiceSync:
    """The calls of invoice_sync, blocking. Each raises Refused or NoAnswer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_attempt(self, attempt_id: str, *, timeout_seconds: float | None = None) -> GetAttemptResponse:
        """Gets one attempt with what was sent and received, masked.

        attempt_id: Ours.
        """
        return self._transport.send(_GET_ATTEMPT, {"attempt_id": attempt_id}, "", timeout_seconds)

    def search_attempts(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        seller_tax_id: str = "",
        operation: AttemptOperation = "OPERATION_UNSPECIFIED",
        outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED",
        authority_code: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> SearchAttemptsResponse:
        """Searches the log over all invoices, newest first, by page, with the durations of all that match.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        from_time: Begun at or after this instant.
        to_time: Begun before this instant.
        seller_tax_id: Only of this seller, by tax number.
        operation: Only this operation.
        outcome: Only with this outcome.
        authority_code: Only with this code of the authority.
        cause: Only those that point to this cause, such as B2.
        """
        return self._transport.send(
            _SEARCH_ATTEMPTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "from_time": from_time,
                "to_time": to_time,
                "seller_tax_id": seller_tax_id,
                "operation": operation,
                "outcome": outcome,
                "authority_code": authority_code,
                "cause": cause,
            },
            "",
            timeout_seconds,
        )

    def search_all_attempts(
        self,
        *,
        page_size: int = 0,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        seller_tax_id: str = "",
        operation: AttemptOperation = "OPERATION_UNSPECIFIED",
        outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED",
        authority_code: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[Attempt]:
        """What all pages of `search_attempts` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        from_time: Begun at or after this instant.
        to_time: Begun before this instant.
        seller_tax_id: Only of this seller, by tax number.
        operation: Only this operation.
        outcome: Only with this outcome.
        authority_code: Only with this code of the authority.
        cause: Only those that point to this cause, such as B2.
        """
        for page in pages(
            lambda token: self.search_attempts(
                page_size=page_size,
                from_time=from_time,
                to_time=to_time,
                seller_tax_id=seller_tax_id,
                operation=operation,
                outcome=outcome,
                authority_code=authority_code,
                cause=cause,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.attempts

    def verify_log(self, invoice_id: str, *, timeout_seconds: float | None = None) -> VerifyLogResponse:
        """Checks the chain of an invoice's attempts from its beginning to its head.

        invoice_id: The invoice.
        """
        return self._transport.send(_VERIFY_LOG, {"invoice_id": invoice_id}, "", timeout_seconds)

    def lift_hold(self, hold_id: str, *, timeout_seconds: float | None = None) -> LiftHoldResponse:
        """Lifts a hold. Idempotent; NOT_FOUND when there never was one of that id.

        hold_id: The hold.
        """
        return self._transport.send(_LIFT_HOLD, {"hold_id": hold_id}, "", timeout_seconds)

    def list_gates(self, *, timeout_seconds: float | None = None) -> ListGatesResponse:
        """Lists every route with what waits and what holds it; at most 1,000."""
        return self._transport.send(_LIST_GATES, {}, "", timeout_seconds)

    def list_probes(
        self, *, page_size: int = 0, page_token: str = "", route: str = "", timeout_seconds: float | None = None
    ) -> ListProbesResponse:
        """Lists probes, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        route: Only of this route.
        """
        return self._transport.send(
            _LIST_PROBES, {"page_size": page_size, "page_token": page_token, "route": route}, "", timeout_seconds
        )

    def list_all_probes(
        self, *, page_size: int = 0, route: str = "", timeout_seconds: float | None = None
    ) -> Iterator[Probe]:
        """What all pages of `list_probes` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        route: Only of this route.
        """
        for page in pages(
            lambda token: self.list_probes(
                page_size=page_size, route=route, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.probes

    def probe_interface(self, *, route: str = "", timeout_seconds: float | None = None) -> ProbeInterfaceResponse:
        """Asks each interface whether it is up, now, and keeps the answers. Not idempotent: each call is a probe
        of its own.

        route: Only of this route; empty means every one.
        """
        return self._transport.send(_PROBE_INTERFACE, {"route": route}, "", timeout_seconds)

    def set_hold(
        self,
        *,
        route: str,
        seller_tax_id: str = "",
        reason: str,
        end_time: datetime | None = None,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> SetHoldResponse:
        """Closes a route, for all or for one seller. Idempotent by request_id.

        route: The route, as ListGates tells it.
        seller_tax_id: Only for this seller; empty means all.
        reason: Why.
        end_time: Until when at most; unset when it has to be lifted.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _SET_HOLD,
            {"route": route, "seller_tax_id": seller_tax_id, "reason": reason, "end_time": end_time},
            idempotency_key,
            timeout_seconds,
        )

    def correct_invoice(
        self,
        invoice_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        expected_version: int = 0,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CorrectInvoiceResponse:
        """Corrects an invoice that was refused or breaks a rule: freezes the next version of its document and
        sends that. Idempotent by request_id. NOT_CORRECTABLE when it stands anywhere else, VERSION_MISMATCH
        when another correction was made since the version that is named.

        invoice_id: The invoice.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        expected_version: The version that the caller saw; 0 for whatever there is.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CORRECT_INVOICE,
            {
                "invoice_id": invoice_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "expected_version": expected_version,
            },
            idempotency_key,
            timeout_seconds,
        )

    def diagnose_buyer(
        self,
        *,
        buyer_tax_id: str = "",
        buyer_title: str = "",
        merchant_id: str = "",
        limit: int = 0,
        timeout_seconds: float | None = None,
    ) -> DiagnoseBuyerResponse:
        """Tells the same for every invoice of a buyer, those that are not in the system first. A call with a
        body, since a buyer's number has no place in an address.

        buyer_tax_id: The buyer's tax number.
        buyer_title: The buyer's name as it stands on the invoice.
        merchant_id: Only of this merchant.
        limit: How many at most; 0 means 20, the most is 100.
        """
        return self._transport.send(
            _DIAGNOSE_BUYER,
            {"buyer_tax_id": buyer_tax_id, "buyer_title": buyer_title, "merchant_id": merchant_id, "limit": limit},
            "",
            timeout_seconds,
        )

    def diagnose_invoice(
        self,
        reference: str,
        *,
        buyer_tax_id: str = "",
        issue_date: str = "",
        amount_minor: int = 0,
        timeout_seconds: float | None = None,
    ) -> DiagnoseInvoiceResponse:
        """Tells why an invoice is not in the tax system, or that it is, with the rows that prove it. The
        reference may be our invoice id, the authority's number, a payment id or an order number; one that was
        mistyped is told with the right one.

        reference: Our invoice id, the authority's number, a payment id or an order number.
        buyer_tax_id: What the asker says about it, as far as known: the buyer's tax number,
        issue_date: the day that stands on it, YYYY-MM-DD,
        amount_minor: and its amount in minor units, tax included; 0 when not told.
        """
        return self._transport.send(
            _DIAGNOSE_INVOICE,
            {
                "reference": reference,
                "buyer_tax_id": buyer_tax_id,
                "issue_date": issue_date,
                "amount_minor": amount_minor,
            },
            "",
            timeout_seconds,
        )

    def get_invoice(self, invoice_id: str, *, timeout_seconds: float | None = None) -> GetInvoiceResponse:
        """Gets one invoice.

        invoice_id: Ours.
        """
        return self._transport.send(_GET_INVOICE, {"invoice_id": invoice_id}, "", timeout_seconds)

    def list_attempts(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListAttemptsResponse:
        """Lists every attempt for an invoice, oldest first; at most 1,000.

        invoice_id: The invoice.
        """
        return self._transport.send(_LIST_ATTEMPTS, {"invoice_id": invoice_id}, "", timeout_seconds)

    def list_invoices(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        payment_id: str = "",
        sync_state: SyncState = "SYNC_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListInvoicesResponse:
        """Lists invoices, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        payment_id: Only of this payment.
        sync_state: Only in this state.
        """
        return self._transport.send(
            _LIST_INVOICES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "payment_id": payment_id,
                "sync_state": sync_state,
            },
            "",
            timeout_seconds,
        )

    def list_all_invoices(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        payment_id: str = "",
        sync_state: SyncState = "SYNC_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[Invoice]:
        """What all pages of `list_invoices` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        payment_id: Only of this payment.
        sync_state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_invoices(
                page_size=page_size,
                merchant_id=merchant_id,
                payment_id=payment_id,
                sync_state=sync_state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.invoices

    def list_not_in_system(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> ListNotInSystemResponse:
        """Lists what is not in the tax system, each with its cause, by page: the invoices, oldest first, and
        after them, by merchant, the payments that succeeded and have no invoice yet, save those that wait for
        their reconciliation. What was abandoned on purpose is left out.

        page_size: How many at most; 0 means 50, the most is 200.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        cause: Only with this cause; a page may then be short, or empty, before the last.
        """
        return self._transport.send(
            _LIST_NOT_IN_SYSTEM,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id, "cause": cause},
            "",
            timeout_seconds,
        )

    def list_all_not_in_system(
        self, *, page_size: int = 0, merchant_id: str = "", cause: str = "", timeout_seconds: float | None = None
    ) -> Iterator[Diagnosis]:
        """What all pages of `list_not_in_system` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 200.
        merchant_id: Only of this merchant.
        cause: Only with this cause; a page may then be short, or empty, before the last.
        """
        for page in pages(
            lambda token: self.list_not_in_system(
                page_size=page_size,
                merchant_id=merchant_id,
                cause=cause,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.diagnoses

    def request_invoice(
        self,
        *,
        payment_id: str,
        buyer_title: str,
        buyer_tax_id: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestInvoiceResponse:
        """Asks for the invoice of a payment. Idempotent by request_id and by payment: a payment has one invoice,
        and asking again with the same buyer gives it. NOT_INVOICEABLE when the payment has not succeeded or
        is not known here yet.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _REQUEST_INVOICE,
            {"payment_id": payment_id, "buyer_title": buyer_title, "buyer_tax_id": buyer_tax_id},
            idempotency_key,
            timeout_seconds,
        )

    def summarize_invoices(
        self, *, merchant_id: str = "", timeout_seconds: float | None = None
    ) -> SummarizeInvoicesResponse:
        """Counts invoices and their money by state.

        merchant_id: Only of this merchant; empty means all.
        """
        return self._transport.send(_SUMMARIZE_INVOICES, {"merchant_id": merchant_id}, "", timeout_seconds)

    def get_merchant_profile(
        self, merchant_id: str, *, timeout_seconds: float | None = None
    ) -> GetMerchantProfileResponse:
        """Gets the profile of a merchant.

        merchant_id: The merchant.
        """
        return self._transport.send(_GET_MERCHANT_PROFILE, {"merchant_id": merchant_id}, "", timeout_seconds)

    def set_merchant_profile(
        self, *, profile: MerchantProfile, timeout_seconds: float | None = None
    ) -> SetMerchantProfileResponse:
        """Sets the profile of a merchant, new or not. Idempotent: the same content changes nothing. A payment
        followed before is issued by the profile that stands when it becomes due. VERSION_MISMATCH when a
        version is named and somebody else changed it since.

        profile: The whole profile.
        """
        return self._transport.send(_SET_MERCHANT_PROFILE, {"profile": profile}, "", timeout_seconds)

    def list_cases(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        kind: str = "",
        open_only: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListCasesResponse:
        """Lists cases, open ones first, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        kind: Only of this kind.
        open_only: True for those that are still open.
        """
        return self._transport.send(
            _LIST_CASES,
            {"page_size": page_size, "page_token": page_token, "kind": kind, "open_only": open_only},
            "",
            timeout_seconds,
        )

    def list_all_cases(
        self, *, page_size: int = 0, kind: str = "", open_only: bool = False, timeout_seconds: float | None = None
    ) -> Iterator[SyncCase]:
        """What all pages of `list_cases` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        kind: Only of this kind.
        open_only: True for those that are still open.
        """
        for page in pages(
            lambda token: self.list_cases(
                page_size=page_size, kind=kind, open_only=open_only, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.cases

    def list_sweeps(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListSweepsResponse:
        """Lists sweeps that found something, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_SWEEPS, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def list_all_sweeps(self, *, page_size: int = 0, timeout_seconds: float | None = None) -> Iterator[Sweep]:
        """What all pages of `list_sweeps` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_sweeps(page_size=page_size, page_token=token, timeout_seconds=timeout_seconds)
        ):
            yield from page.sweeps

    def run_sweep(self, *, timeout_seconds: float | None = None) -> RunSweepResponse:
        """Sweeps now and answers with the report. Two at once do no harm."""
        return self._transport.send(_RUN_SWEEP, {}, "", timeout_seconds)


class AsyncInvoiceSync:
    """The calls of invoice_sync, for asyncio. Each raises Refused or NoAnswer."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get_attempt(self, attempt_id: str, *, timeout_seconds: float | None = None) -> GetAttemptResponse:
        """Gets one attempt with what was sent and received, masked.

        attempt_id: Ours.
        """
        return await self._transport.send(_GET_ATTEMPT, {"attempt_id": attempt_id}, "", timeout_seconds)

    async def search_attempts(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        seller_tax_id: str = "",
        operation: AttemptOperation = "OPERATION_UNSPECIFIED",
        outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED",
        authority_code: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> SearchAttemptsResponse:
        """Searches the log over all invoices, newest first, by page, with the durations of all that match.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        from_time: Begun at or after this instant.
        to_time: Begun before this instant.
        seller_tax_id: Only of this seller, by tax number.
        operation: Only this operation.
        outcome: Only with this outcome.
        authority_code: Only with this code of the authority.
        cause: Only those that point to this cause, such as B2.
        """
        return await self._transport.send(
            _SEARCH_ATTEMPTS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "from_time": from_time,
                "to_time": to_time,
                "seller_tax_id": seller_tax_id,
                "operation": operation,
                "outcome": outcome,
                "authority_code": authority_code,
                "cause": cause,
            },
            "",
            timeout_seconds,
        )

    async def search_all_attempts(
        self,
        *,
        page_size: int = 0,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        seller_tax_id: str = "",
        operation: AttemptOperation = "OPERATION_UNSPECIFIED",
        outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED",
        authority_code: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Attempt]:
        """What all pages of `search_attempts` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        from_time: Begun at or after this instant.
        to_time: Begun before this instant.
        seller_tax_id: Only of this seller, by tax number.
        operation: Only this operation.
        outcome: Only with this outcome.
        authority_code: Only with this code of the authority.
        cause: Only those that point to this cause, such as B2.
        """
        async for page in async_pages(
            lambda token: self.search_attempts(
                page_size=page_size,
                from_time=from_time,
                to_time=to_time,
                seller_tax_id=seller_tax_id,
                operation=operation,
                outcome=outcome,
                authority_code=authority_code,
                cause=cause,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.attempts:
                yield one

    async def verify_log(self, invoice_id: str, *, timeout_seconds: float | None = None) -> VerifyLogResponse:
        """Checks the chain of an invoice's attempts from its beginning to its head.

        invoice_id: The invoice.
        """
        return await self._transport.send(_VERIFY_LOG, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def lift_hold(self, hold_id: str, *, timeout_seconds: float | None = None) -> LiftHoldResponse:
        """Lifts a hold. Idempotent; NOT_FOUND when there never was one of that id.

        hold_id: The hold.
        """
        return await self._transport.send(_LIFT_HOLD, {"hold_id": hold_id}, "", timeout_seconds)

    async def list_gates(self, *, timeout_seconds: float | None = None) -> ListGatesResponse:
        """Lists every route with what waits and what holds it; at most 1,000."""
        return await self._transport.send(_LIST_GATES, {}, "", timeout_seconds)

    async def list_probes(
        self, *, page_size: int = 0, page_token: str = "", route: str = "", timeout_seconds: float | None = None
    ) -> ListProbesResponse:
        """Lists probes, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        route: Only of this route.
        """
        return await self._transport.send(
            _LIST_PROBES, {"page_size": page_size, "page_token": page_token, "route": route}, "", timeout_seconds
        )

    async def list_all_probes(
        self, *, page_size: int = 0, route: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[Probe]:
        """What all pages of `list_probes` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        route: Only of this route.
        """
        async for page in async_pages(
            lambda token: self.list_probes(
                page_size=page_size, route=route, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.probes:
                yield one

    async def probe_interface(self, *, route: str = "", timeout_seconds: float | None = None) -> ProbeInterfaceResponse:
        """Asks each interface whether it is up, now, and keeps the answers. Not idempotent: each call is a probe
        of its own.

        route: Only of this route; empty means every one.
        """
        return await self._transport.send(_PROBE_INTERFACE, {"route": route}, "", timeout_seconds)

    async def set_hold(
        self,
        *,
        route: str,
        seller_tax_id: str = "",
        reason: str,
        end_time: datetime | None = None,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> SetHoldResponse:
        """Closes a route, for all or for one seller. Idempotent by request_id.

        route: The route, as ListGates tells it.
        seller_tax_id: Only for this seller; empty means all.
        reason: Why.
        end_time: Until when at most; unset when it has to be lifted.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _SET_HOLD,
            {"route": route, "seller_tax_id": seller_tax_id, "reason": reason, "end_time": end_time},
            idempotency_key,
            timeout_seconds,
        )

    async def correct_invoice(
        self,
        invoice_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        expected_version: int = 0,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> CorrectInvoiceResponse:
        """Corrects an invoice that was refused or breaks a rule: freezes the next version of its document and
        sends that. Idempotent by request_id. NOT_CORRECTABLE when it stands anywhere else, VERSION_MISMATCH
        when another correction was made since the version that is named.

        invoice_id: The invoice.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        expected_version: The version that the caller saw; 0 for whatever there is.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CORRECT_INVOICE,
            {
                "invoice_id": invoice_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "expected_version": expected_version,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def diagnose_buyer(
        self,
        *,
        buyer_tax_id: str = "",
        buyer_title: str = "",
        merchant_id: str = "",
        limit: int = 0,
        timeout_seconds: float | None = None,
    ) -> DiagnoseBuyerResponse:
        """Tells the same for every invoice of a buyer, those that are not in the system first. A call with a
        body, since a buyer's number has no place in an address.

        buyer_tax_id: The buyer's tax number.
        buyer_title: The buyer's name as it stands on the invoice.
        merchant_id: Only of this merchant.
        limit: How many at most; 0 means 20, the most is 100.
        """
        return await self._transport.send(
            _DIAGNOSE_BUYER,
            {"buyer_tax_id": buyer_tax_id, "buyer_title": buyer_title, "merchant_id": merchant_id, "limit": limit},
            "",
            timeout_seconds,
        )

    async def diagnose_invoice(
        self,
        reference: str,
        *,
        buyer_tax_id: str = "",
        issue_date: str = "",
        amount_minor: int = 0,
        timeout_seconds: float | None = None,
    ) -> DiagnoseInvoiceResponse:
        """Tells why an invoice is not in the tax system, or that it is, with the rows that prove it. The
        reference may be our invoice id, the authority's number, a payment id or an order number; one that was
        mistyped is told with the right one.

        reference: Our invoice id, the authority's number, a payment id or an order number.
        buyer_tax_id: What the asker says about it, as far as known: the buyer's tax number,
        issue_date: the day that stands on it, YYYY-MM-DD,
        amount_minor: and its amount in minor units, tax included; 0 when not told.
        """
        return await self._transport.send(
            _DIAGNOSE_INVOICE,
            {
                "reference": reference,
                "buyer_tax_id": buyer_tax_id,
                "issue_date": issue_date,
                "amount_minor": amount_minor,
            },
            "",
            timeout_seconds,
        )

    async def get_invoice(self, invoice_id: str, *, timeout_seconds: float | None = None) -> GetInvoiceResponse:
        """Gets one invoice.

        invoice_id: Ours.
        """
        return await self._transport.send(_GET_INVOICE, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def list_attempts(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListAttemptsResponse:
        """Lists every attempt for an invoice, oldest first; at most 1,000.

        invoice_id: The invoice.
        """
        return await self._transport.send(_LIST_ATTEMPTS, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def list_invoices(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        payment_id: str = "",
        sync_state: SyncState = "SYNC_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListInvoicesResponse:
        """Lists invoices, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        payment_id: Only of this payment.
        sync_state: Only in this state.
        """
        return await self._transport.send(
            _LIST_INVOICES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "payment_id": payment_id,
                "sync_state": sync_state,
            },
            "",
            timeout_seconds,
        )

    async def list_all_invoices(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        payment_id: str = "",
        sync_state: SyncState = "SYNC_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Invoice]:
        """What all pages of `list_invoices` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        payment_id: Only of this payment.
        sync_state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_invoices(
                page_size=page_size,
                merchant_id=merchant_id,
                payment_id=payment_id,
                sync_state=sync_state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.invoices:
                yield one

    async def list_not_in_system(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        cause: str = "",
        timeout_seconds: float | None = None,
    ) -> ListNotInSystemResponse:
        """Lists what is not in the tax system, each with its cause, by page: the invoices, oldest first, and
        after them, by merchant, the payments that succeeded and have no invoice yet, save those that wait for
        their reconciliation. What was abandoned on purpose is left out.

        page_size: How many at most; 0 means 50, the most is 200.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        cause: Only with this cause; a page may then be short, or empty, before the last.
        """
        return await self._transport.send(
            _LIST_NOT_IN_SYSTEM,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id, "cause": cause},
            "",
            timeout_seconds,
        )

    async def list_all_not_in_system(
        self, *, page_size: int = 0, merchant_id: str = "", cause: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[Diagnosis]:
        """What all pages of `list_not_in_system` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 200.
        merchant_id: Only of this merchant.
        cause: Only with this cause; a page may then be short, or empty, before the last.
        """
        async for page in async_pages(
            lambda token: self.list_not_in_system(
                page_size=page_size,
                merchant_id=merchant_id,
                cause=cause,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.diagnoses:
                yield one

    async def request_invoice(
        self,
        *,
        payment_id: str,
        buyer_title: str,
        buyer_tax_id: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestInvoiceResponse:
        """Asks for the invoice of a payment. Idempotent by request_id and by payment: a payment has one invoice,
        and asking again with the same buyer gives it. NOT_INVOICEABLE when the payment has not succeeded or
        is not known here yet.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _REQUEST_INVOICE,
            {"payment_id": payment_id, "buyer_title": buyer_title, "buyer_tax_id": buyer_tax_id},
            idempotency_key,
            timeout_seconds,
        )

    async def summarize_invoices(
        self, *, merchant_id: str = "", timeout_seconds: float | None = None
    ) -> SummarizeInvoicesResponse:
        """Counts invoices and their money by state.

        merchant_id: Only of this merchant; empty means all.
        """
        return await self._transport.send(_SUMMARIZE_INVOICES, {"merchant_id": merchant_id}, "", timeout_seconds)

    async def get_merchant_profile(
        self, merchant_id: str, *, timeout_seconds: float | None = None
    ) -> GetMerchantProfileResponse:
        """Gets the profile of a merchant.

        merchant_id: The merchant.
        """
        return await self._transport.send(_GET_MERCHANT_PROFILE, {"merchant_id": merchant_id}, "", timeout_seconds)

    async def set_merchant_profile(
        self, *, profile: MerchantProfile, timeout_seconds: float | None = None
    ) -> SetMerchantProfileResponse:
        """Sets the profile of a merchant, new or not. Idempotent: the same content changes nothing. A payment
        followed before is issued by the profile that stands when it becomes due. VERSION_MISMATCH when a
        version is named and somebody else changed it since.

        profile: The whole profile.
        """
        return await self._transport.send(_SET_MERCHANT_PROFILE, {"profile": profile}, "", timeout_seconds)

    async def list_cases(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        kind: str = "",
        open_only: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListCasesResponse:
        """Lists cases, open ones first, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        kind: Only of this kind.
        open_only: True for those that are still open.
        """
        return await self._transport.send(
            _LIST_CASES,
            {"page_size": page_size, "page_token": page_token, "kind": kind, "open_only": open_only},
            "",
            timeout_seconds,
        )

    async def list_all_cases(
        self, *, page_size: int = 0, kind: str = "", open_only: bool = False, timeout_seconds: float | None = None
    ) -> AsyncIterator[SyncCase]:
        """What all pages of `list_cases` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        kind: Only of this kind.
        open_only: True for those that are still open.
        """
        async for page in async_pages(
            lambda token: self.list_cases(
                page_size=page_size, kind=kind, open_only=open_only, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.cases:
                yield one

    async def list_sweeps(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListSweepsResponse:
        """Lists sweeps that found something, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_SWEEPS, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def list_all_sweeps(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[Sweep]:
        """What all pages of `list_sweeps` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_sweeps(page_size=page_size, page_token=token, timeout_seconds=timeout_seconds)
        ):
            for one in page.sweeps:
                yield one

    async def run_sweep(self, *, timeout_seconds: float | None = None) -> RunSweepResponse:
        """Sweeps now and answers with the report. Two at once do no harm."""
        return await self._transport.send(_RUN_SWEEP, {}, "", timeout_seconds)
