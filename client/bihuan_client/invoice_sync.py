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
from .content import Content
from .paging import async_pages, pages
from .transport import AsyncTransport, Transport

# How far it has come.
AbandonmentState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Waits for another person.
    "STATE_PROPOSED",
    # The invoice is ABANDONED.
    "STATE_APPROVED",
    # The invoice stands as it was.
    "STATE_DECLINED",
]

# What a customer's application is about.
ApplicationKind: TypeAlias = Literal[
    # Never sent.
    "APPLICATION_KIND_UNSPECIFIED",
    # The customer's copy got lost. 发票遗失
    "APPLICATION_KIND_LOST",
    # Title, tax id or amount are wrong. 发票有误
    "APPLICATION_KIND_WRONG",
]

# Where an application stands.
ApplicationState: TypeAlias = Literal[
    # Never sent.
    "APPLICATION_STATE_UNSPECIFIED",
    # A second person has to review it.
    "APPLICATION_STATE_AWAITS_REVIEW",
    # It was refused.
    "APPLICATION_STATE_REFUSED",
    # Who filed it took it back.
    "APPLICATION_STATE_WITHDRAWN",
    # A replacement copy was given.
    "APPLICATION_STATE_COPIED",
    # The red letter is under way.
    "APPLICATION_STATE_REISSUING",
    # The new invoice is issued.
    "APPLICATION_STATE_REISSUED",
    # There is no new invoice; the last step says why.
    "APPLICATION_STATE_NOT_REISSUED",
]

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

# What is done with the good rows of a file that has wrong ones too.
BulkRequestMode: TypeAlias = Literal[
    # Never sent.
    "MODE_UNSPECIFIED",
    # They are asked for.
    "MODE_ACCEPT_GOOD",
    # Nothing is asked for until somebody releases the good ones.
    "MODE_HOLD_ALL",
]

# What became of it.
BulkRequestRowOutcome: TypeAlias = Literal[
    # Never sent.
    "OUTCOME_UNSPECIFIED",
    # It is good, and its turn has not come.
    "OUTCOME_WAITS",
    # It has its invoice.
    "OUTCOME_INVOICED",
    # A second person has to confirm it.
    "OUTCOME_AWAITS_CONFIRMATION",
    # It was wrong, or nothing could be invoiced; see the findings.
    "OUTCOME_REFUSED",
]

# Where it stands.
BulkRequestState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # It has wrong rows, and waits to be released or cancelled.
    "STATE_HELD",
    # Its good rows are being asked for, slice by slice.
    "STATE_REQUESTING",
    # Each row has its result. Rows that await a second person go on in their confirmations.
    "STATE_DONE",
    # Cancelled while it was held: nothing was asked for.
    "STATE_CANCELLED",
]

# What a finding does.
CheckFindingWeight: TypeAlias = Literal[
    # Never sent.
    "WEIGHT_UNSPECIFIED",
    # It refuses.
    "WEIGHT_BROKEN",
    # A second person has to confirm.
    "WEIGHT_RISK",
    # It is only told.
    "WEIGHT_REMARK",
]

# Where it stands.
ConfirmationState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Nothing is issued until somebody else than who asked has decided.
    "STATE_AWAITS_CONFIRMATION",
    # Confirmed, and issued in the same moment.
    "STATE_CONFIRMED",
    # Refused; the payment may be asked for again.
    "STATE_REFUSED",
]

# How a copy in a place of the archive stands.
CopyState: TypeAlias = Literal[
    # Never sent.
    "COPY_STATE_UNSPECIFIED",
    # Not there yet.
    "COPY_STATE_WANTED",
    # It was read whole at verify_time.
    "COPY_STATE_WHOLE",
    # Neither here nor in any other place is a whole one.
    "COPY_STATE_LOST",
]

# Where a delivery stands, whatever its invoice does. 投递状态
DeliveryState: TypeAlias = Literal[
    # Never sent.
    "DELIVERY_STATE_UNSPECIFIED",
    # To be sent; it waits for the papers while there are none.
    "DELIVERY_STATE_QUEUED",
    # Being handed over.
    "DELIVERY_STATE_SENDING",
    # Proved not taken; it is tried again.
    "DELIVERY_STATE_RETRY_WAIT",
    # Handed over without an answer: it may be taken. It is tried again under the same Message-ID, to an end.
    "DELIVERY_STATE_UNKNOWN",
    # The relay took it, which is not that it arrived.
    "DELIVERY_STATE_SENT",
    # A report says that it arrived.
    "DELIVERY_STATE_DELIVERED",
    # A report says that it cannot arrive. 退信
    "DELIVERY_STATE_BOUNCED",
    # Refused for good by the relay.
    "DELIVERY_STATE_REFUSED",
    # Not taken at any try, and not tried again.
    "DELIVERY_STATE_GIVEN_UP",
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

# What kind of file.
GetBulkRequestFileRequestFormat: TypeAlias = Literal[
    # CSV.
    "FORMAT_UNSPECIFIED",
    # UTF-8 with its mark, as spreadsheets need it.
    "FORMAT_CSV",
    # A workbook.
    "FORMAT_XLSX",
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

# What an invoice does.
InvoiceKind: TypeAlias = Literal[
    # Never sent.
    "INVOICE_KIND_UNSPECIFIED",
    # It invoices money. 蓝字发票
    "INVOICE_KIND_BLUE",
    # It takes back of a blue one. 红字发票
    "INVOICE_KIND_RED",
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

# What a link is for.
LinkPurpose: TypeAlias = Literal[
    # Never sent.
    "LINK_PURPOSE_UNSPECIFIED",
    # The state and the expected time, with masked data alone.
    "LINK_PURPOSE_STATUS",
    # The same, and the files.
    "LINK_PURPOSE_DOWNLOAD",
]

# Which file of an invoice.
PaperKind: TypeAlias = Literal[
    # Never sent.
    "PAPER_KIND_UNSPECIFIED",
    # The original. 数电发票 XML 原件
    "PAPER_KIND_XML",
    # A copy for reading, made of the original. PDF 副本
    "PAPER_KIND_PDF",
]

# How.
ParityDifferenceDifferenceClass: TypeAlias = Literal[
    # Never sent.
    "DIFFERENCE_CLASS_UNSPECIFIED",
    # In the books by our knowledge, and not in the authority's.
    "DIFFERENCE_CLASS_OURS_ONLY",
    # In the authority's books, and nothing of ours.
    "DIFFERENCE_CLASS_THEIRS_ONLY",
    # On both sides, with another amount or colour.
    "DIFFERENCE_CLASS_AMOUNT_DIFFERS",
    # It counts on one side, and on the other it is void, refused or otherwise.
    "DIFFERENCE_CLASS_STATE_DIFFERS",
    # On both sides, under another day.
    "DIFFERENCE_CLASS_DAY_DIFFERS",
]

# What it came to.
ParityRunState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Equal, blue and red, counts and sums, on each day.
    "STATE_AGREES",
    # What differs is on its way, and nothing else is.
    "STATE_UNSETTLED",
    # Different, and each difference has its invoice.
    "STATE_DIFFERS",
    # Different, and the authority's list did not lead to all of the invoices.
    "STATE_NOT_NAMED",
]

# What the seller may do with a form.
RedMove: TypeAlias = Literal[
    # Never sent.
    "RED_MOVE_UNSPECIFIED",
    # Confirm what the buyer applied for.
    "RED_MOVE_CONFIRM",
    # Refuse it.
    "RED_MOVE_REFUSE",
    # Take back what the seller applied for, before a red invoice used it.
    "RED_MOVE_WITHDRAW",
]

# Why an invoice is taken back.
RedReason: TypeAlias = Literal[
    # Never sent.
    "RED_REASON_UNSPECIFIED",
    # What was sold came back. 销货退回
    "RED_REASON_RETURN",
    # The invoice is wrong. 开票有误
    "RED_REASON_MISTAKE",
    # The service ended. 服务中止
    "RED_REASON_SERVICE_ENDED",
    # Less is to be paid. 销售折让
    "RED_REASON_ALLOWANCE",
]

# Who applied for the confirmation form.
RedSide: TypeAlias = Literal[
    # Never sent.
    "RED_SIDE_UNSPECIFIED",
    # The seller, here or by hand at the authority's portal.
    "RED_SIDE_SELLER",
    # The buyer, at the authority's portal.
    "RED_SIDE_BUYER",
]

# Where a red letter stands. Up to ABNORMAL it is the authority's confirmation form that moves, then the red
# invoice.
RedState: TypeAlias = Literal[
    # Never sent.
    "RED_STATE_UNSPECIFIED",
    # Asked for; the authority's form is applied for. 15 申请中
    "RED_STATE_APPLYING",
    # The authority refused the application. 16 申请失败
    "RED_STATE_APPLY_FAILED",
    # The buyer need not confirm. 01 无需确认
    "RED_STATE_NO_CONFIRMATION_NEEDED",
    # The seller applied, and the buyer has to confirm. 02 销方录入待购方确认
    "RED_STATE_AWAITING_BUYER",
    # The buyer applied, and the seller has to confirm. 03 购方录入待销方确认
    "RED_STATE_AWAITING_SELLER",
    # Both confirmed. 04 购销双方已确认
    "RED_STATE_CONFIRMED",
    # The buyer refused. 05
    "RED_STATE_REFUSED_BY_BUYER",
    # The seller refused. 06
    "RED_STATE_REFUSED_BY_SELLER",
    # Nobody confirmed within 72 hours. 07 超过 72 小时未确认作废
    "RED_STATE_EXPIRED",
    # Withdrawn by who applied. 08 发起方撤销
    "RED_STATE_WITHDRAWN",
    # Withdrawn after it was confirmed. 09 确认后撤销
    "RED_STATE_WITHDRAWN_AFTER_CONFIRMATION",
    # The authority holds the blue invoice for abnormal. 10 异常凭证
    "RED_STATE_ABNORMAL",
    # The red invoice is frozen and on its way.
    "RED_STATE_ISSUED",
    # The authority refused the red invoice.
    "RED_STATE_RED_REFUSED",
    # The red invoice stands in the authority's books.
    "RED_STATE_BOOKED",
]

# What the second person decides upon.
Remedy: TypeAlias = Literal[
    # Nothing: it is refused.
    "REMEDY_UNSPECIFIED",
    # A copy of the same invoice.
    "REMEDY_COPY",
    # A red letter, and then a new invoice.
    "REMEDY_REISSUE",
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
    # Exported for a person to carry to the authority; nothing sends it, and it is only asked for.
    "SYNC_STATE_MANUAL",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandonment:
    """A wish to leave an invoice for good, and what another person decided."""

    abandonment_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The invoice."""

    state: AbandonmentState = "STATE_UNSPECIFIED"
    """How far."""

    sync_state: SyncState = "SYNC_STATE_UNSPECIFIED"
    """Where the invoice stood when it was proposed."""

    propose_by: str = ""
    """Who proposed it."""

    propose_reason: str = ""
    """Why."""

    propose_time: datetime | None = None
    """When."""

    decide_by: str = ""
    """Who decided; never the same."""

    decide_reason: str = ""
    """Why."""

    decide_time: datetime | None = None
    """When; unset before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationProof:
    """A file that proves an application."""

    sha256: str = ""
    """Of its bytes, 64 hex digits."""

    file_name: str = ""
    """As it was called."""

    media_type: str = ""
    """Such as image/png."""

    byte_count: int = 0
    """How many bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationStep:
    """One step of an application; never changed."""

    step_no: int = 0
    """From 1."""

    step_time: datetime | None = None
    """When."""

    operator: str = ""
    """Who."""

    state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED"
    """Where it stood after this."""

    why: str = ""
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveTotal:
    """The copies of a place in one state."""

    place: str = ""
    """The place."""

    state: CopyState = "COPY_STATE_UNSPECIFIED"
    """The state."""

    copy_count: int = 0
    """How many."""

    oldest_verify_time: datetime | None = None
    """When the one that was longest not read was read; unset when none was."""


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
class BulkRequest:
    """Invoices that are asked for by a file of rows, and what became of each row. 批量开票申请"""

    bulk_request_id: str = ""
    """Ours."""

    merchant_id: str = ""
    """The merchant whose payments the rows name."""

    file_sha256: str = ""
    """SHA-256 of the file, 64 hex digits. A merchant's same file is never taken twice."""

    file_name: str = ""
    """The file's name, for people."""

    mode: BulkRequestMode = "MODE_UNSPECIFIED"
    """What the caller chose."""

    state: BulkRequestState = "STATE_UNSPECIFIED"
    """Where it stands."""

    row_count: int = 0
    """Rows below the header."""

    wrong_count: int = 0
    """Rows that were wrong when the file came."""

    done_count: int = 0
    """Rows that have their result: for progress, with row_count."""

    invoiced_count: int = 0
    """Of these, rows that have an invoice."""

    awaiting_count: int = 0
    """Of these, rows that await a second person, or did when they were asked for."""

    refused_count: int = 0
    """Of these, rows that were refused: the wrong ones, and those of which nothing could be invoiced any more."""

    requested_by: str = ""
    """Who sent it."""

    create_time: datetime | None = None
    """When the file came."""

    update_time: datetime | None = None
    """When it last moved."""

    decided_by: str = ""
    """Who released or cancelled it; empty when nobody had to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequestFinding:
    """What was found in a cell."""

    column: str = ""
    """The column's name as the file has it; empty for what is of the whole row."""

    value: str = ""
    """What stands there, masked where it is a name, a tax number or an address; at most 80 characters."""

    finding: CheckFinding | None = None
    """The rule, what it found, and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequestRow:
    """A row of the file and its result."""

    row_no: int = 0
    """The row's number in the file, as a spreadsheet shows it: the header is row 1."""

    payment_id: str = ""
    """The payment; empty when none was found."""

    merchant_order_no: str = ""
    """The merchant's order number, when the row names the payment by it."""

    outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED"
    """What became of it."""

    invoice_id: str = ""
    """Its invoice."""

    confirmation_id: str = ""
    """Its confirmation, when it needs one."""

    findings: Sequence[BulkRequestFinding] = ()
    """What was found, the worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBulkRequestResponse:
    """As it stands now."""

    bulk_request: BulkRequest | None = None
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One rule about what was asked for, and what it found. It holds no name, tax number or address."""

    weight: CheckFindingWeight = "WEIGHT_UNSPECIFIED"
    """What it does."""

    rule: str = ""
    """The rule, such as TAX_ID_CHECK_DIGIT."""

    field: str = ""
    """The field, as RequestInvoice names it."""

    message: str = ""
    """What is wrong, in English."""

    message_zh: str = ""
    """What is wrong, in Chinese."""

    cure: str = ""
    """What to do, in English."""

    cure_zh: str = ""
    """What to do, in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmInvoiceRequestResponse:
    """As it stands now."""

    confirmation: Confirmation | None = None
    """With its invoice_id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What an invoice was asked for with that a second person has to confirm, before anything is frozen.
    复核开票申请
    """

    confirmation_id: str = ""
    """Ours."""

    payment_id: str = ""
    """The payment."""

    merchant_id: str = ""
    """The merchant, who is the seller."""

    amount: Money | None = None
    """What was left of the payment when it was asked for, tax included."""

    buyer_title: str = field(default="", repr=False)
    """The buyer's name as it shall stand on the invoice."""

    buyer_tax_id: str = field(default="", repr=False)
    """The buyer's tax number; empty for a person."""

    natural_person: bool = False
    """Whether the applicant said that the buyer is a natural person."""

    state: ConfirmationState = "STATE_UNSPECIFIED"
    """Where it stands."""

    findings: Sequence[CheckFinding] = ()
    """What has to be confirmed, and what is worth knowing beside it."""

    requested_by: str = ""
    """Who asked, when."""

    create_time: datetime | None = None
    """When it was asked for."""

    decided_by: str = ""
    """Who decided; empty before."""

    reason: str = ""
    """Why."""

    decide_time: datetime | None = None
    """When; unset before."""

    invoice_id: str = ""
    """The invoice, once confirmed."""

    bulk_request_id: str = ""
    """The bulk request whose row asked for it; empty when it was asked for alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectInvoiceResponse:
    """The invoice as it stands."""

    invoice: Invoice | None = None
    """The invoice."""

    replayed: bool = False
    """True when this correction had been made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLinkResponse:
    """A link."""

    url: str = ""
    """The whole of it; whoever has it may open it."""

    expire_time: datetime | None = None
    """Until when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAbandonmentResponse:
    """The proposal as it was decided."""

    abandonment: Abandonment | None = None
    """The proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverInvoiceResponse:
    """The delivery as it stands."""

    delivery: Delivery | None = None
    """The delivery."""

    replayed: bool = False
    """True when it had been asked for before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An invoice's papers on their way to an address. 投递"""

    delivery_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The invoice."""

    masked_address: str = ""
    """The address, masked."""

    state: DeliveryState = "DELIVERY_STATE_UNSPECIFIED"
    """Where it stands."""

    try_count: int = 0
    """How often it was tried."""

    next_try_time: datetime | None = None
    """When it is next tried; unset when nothing more is done by itself."""

    operator: str = ""
    """Who had it sent."""

    reason: str = ""
    """Why."""

    last_answer: str = ""
    """What the other side said last."""

    create_time: datetime | None = None
    """When it was asked for."""

    update_time: datetime | None = None
    """When it last moved."""

    steps: Sequence[DeliveryStep] = ()
    """All that happened, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStep:
    """One thing that happened to a delivery."""

    kind: str = ""
    """QUEUED, the outcome of a try (TAKEN, DEFERRED, REFUSED, UNKNOWN), or a report (REPORTED_FAILED and the
    like).
    """

    detail: str = ""
    """The reason, or the other side's words."""

    operator: str = ""
    """Who; empty for what happened by itself."""

    event_time: datetime | None = None
    """When."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseBuyerResponse:
    """The answers."""

    diagnoses: Sequence[Diagnosis] = ()
    """What is not in the system first, then newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseFileResponse:
    """What was read, and why."""

    recognition: Recognition | None = None
    """What was read."""

    diagnoses: Sequence[Diagnosis] = ()
    """Of each number that was read; more than one only when the file contradicts itself about it."""


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
class ExportManualPackageResponse:
    """The package."""

    package: ManualPackage | None = None
    """The package."""

    content: bytes = b""
    """The file, XML in UTF-8."""

    checklist: str = ""
    """What goes with it on paper, in English and Chinese: who, when, how many, how much, and the hash."""

    replayed: bool = False
    """True when it had been exported before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInvoiceApplicationResponse:
    """The application as it stands."""

    application: InvoiceApplication | None = None
    """The application."""

    replayed: bool = False
    """True when it had been filed before."""


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
class GetBulkRequestFileResponse:
    """The file."""

    file_name: str = ""
    """Its name."""

    media_type: str = ""
    """Its media type."""

    content: bytes = b""
    """Its bytes; at most 3 MiB. A CSV that is larger is refused as TOO_LARGE: take the workbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBulkRequestResponse:
    """One."""

    bulk_request: BulkRequest | None = None
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetConfirmationResponse:
    """One."""

    confirmation: Confirmation | None = None
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInvoiceApplicationResponse:
    """One application."""

    application: InvoiceApplication | None = None
    """The application."""

    proofs: Sequence[ApplicationProof] = ()
    """Its proof."""

    steps: Sequence[ApplicationStep] = ()
    """Every step, the first one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInvoiceResponse:
    """One invoice."""

    invoice: Invoice | None = None
    """The invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInvoiceableAmountResponse:
    """The money of a payment."""

    invoiceable: InvoiceableAmount | None = None
    """What of it is invoiced, and what may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetManualPackageResponse:
    """One package."""

    package: ManualPackage | None = None
    """The package."""

    items: Sequence[ManualItem] = ()
    """Its invoices in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMerchantProfileResponse:
    """A profile."""

    profile: MerchantProfile | None = None
    """The profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetParityRunResponse:
    """One comparison."""

    run: ParityRun | None = None
    """The comparison."""

    differences: Sequence[ParityDifference] = ()
    """By day."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRedLetterResponse:
    """One red letter."""

    red_letter: RedLetter | None = None
    """The red letter."""

    steps: Sequence[RedStep] = ()
    """Every step, the first one first."""


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
class ImportManualReceiptResponse:
    """What it says."""

    package: ManualPackage | None = None
    """The package."""

    taken_count: int = 0
    """How many it says were taken."""

    refused_count: int = 0
    """How many it says were refused."""

    replayed: bool = False
    """True when it had been imported before."""


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
    """How often they were sent, or exported to be carried there by hand."""

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

    kind: InvoiceKind = "INVOICE_KIND_UNSPECIFIED"
    """Blue, or red."""

    original_invoice_id: str = ""
    """Of a red one: the blue invoice that it takes back of. Its amount is below zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceApplication:
    """A customer's application about a lost or wrong invoice."""

    application_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The invoice."""

    payment_id: str = ""
    """Its payment."""

    merchant_id: str = ""
    """The merchant."""

    kind: ApplicationKind = "APPLICATION_KIND_UNSPECIFIED"
    """What is the matter."""

    buyer_title: str = field(default="", repr=False)
    """The buyer's name as the new invoice shall have it."""

    buyer_tax_id: str = field(default="", repr=False)
    """The buyer's tax number as the new invoice shall have it; empty for a person."""

    amount_minor: int = 0
    """The amount of the new invoice in minor units; 0 for the same as before."""

    why: str = ""
    """Why, in the words of who filed it."""

    filed_by: str = ""
    """Who filed it."""

    create_time: datetime | None = None
    """When."""

    state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED"
    """Where it stands."""

    title: str = ""
    """What that means, in English."""

    title_zh: str = ""
    """The same in Chinese."""

    state_time: datetime | None = None
    """Since when it is in this state."""

    remedy: Remedy = "REMEDY_UNSPECIFIED"
    """What was decided; unset before, and when it was refused."""

    reviewed_by: str = ""
    """Who reviewed it, never who filed it; empty before."""

    red_letter_id: str = ""
    """The red letter that takes the old invoice back; empty when there is none."""

    new_invoice_id: str = ""
    """The new invoice; empty before there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRemainderResponse:
    """The invoice as it stands."""

    invoice: Invoice | None = None
    """The invoice."""

    replayed: bool = False
    """True when it had been asked for before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceableAmount:
    """The money of a payment: what of it is invoiced, and what may be."""

    payment_id: str = ""
    """The payment."""

    merchant_id: str = ""
    """The merchant."""

    amount: Money | None = None
    """What was paid."""

    refunded_amount: Money | None = None
    """What of it went back."""

    invoiced_amount: Money | None = None
    """What blue invoices were issued for."""

    red_amount: Money | None = None
    """What red letters in the authority's books took back."""

    red_required_amount: Money | None = None
    """What red letters still have to take back, since it was refunded after the invoice."""

    left_amount: Money | None = None
    """What may be invoiced now."""


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
class ListBulkRequestRowsResponse:
    """A page of rows."""

    rows: Sequence[BulkRequestRow] = ()
    """In the order of the file."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBulkRequestsResponse:
    """A page."""

    bulk_requests: Sequence[BulkRequest] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCasesResponse:
    """A page of cases."""

    cases: Sequence[SyncCase] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListConfirmationsResponse:
    """A page."""

    confirmations: Sequence[Confirmation] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeliveriesResponse:
    """The deliveries of an invoice."""

    deliveries: Sequence[Delivery] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGatesResponse:
    """Every gate."""

    gates: Sequence[Gate] = ()
    """In order of route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInvoiceApplicationsResponse:
    """A page of applications."""

    applications: Sequence[InvoiceApplication] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInvoicesResponse:
    """A page of invoices."""

    invoices: Sequence[Invoice] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListManualPackagesResponse:
    """A page of packages."""

    packages: Sequence[ManualPackage] = ()
    """Newest first, without their steps."""

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
class ListPapersResponse:
    """The files of an invoice."""

    papers: Sequence[Paper] = ()
    """Empty until it is in the books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParityRunsResponse:
    """A page of comparisons."""

    runs: Sequence[ParityRun] = ()
    """Newest first."""

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
class ListRedLettersResponse:
    """A page of red letters."""

    red_letters: Sequence[RedLetter] = ()
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
class ManualItem:
    """An invoice of a package."""

    item_no: int = 0
    """Its place in the package, from 1."""

    invoice_id: str = ""
    """The invoice."""

    sync_state: SyncState = "SYNC_STATE_UNSPECIFIED"
    """Where it stands."""

    invoice_number: str = ""
    """The number in the authority's books, as it was read back; empty before."""

    receipt_status: str = ""
    """What the last receipt says: TAKEN or REFUSED; empty without one. It proves nothing."""

    receipt_number: str = ""
    """The number that the last receipt says."""

    receipt_code: str = ""
    """The code that the last receipt says."""

    amount: Money | None = None
    """Its amount, tax included."""

    document_sha256: str = ""
    """SHA-256 of the bytes in the package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPackage:
    """Invoices that were exported for a person to carry to the authority by hand. 手工上传包"""

    package_id: str = ""
    """Ours."""

    seller_tax_id: str = field(default="", repr=False)
    """The seller, of whom all of them are."""

    route: str = ""
    """The way to the authority that they would have gone, such as sandbox/production/42/default."""

    invoice_count: int = 0
    """How many invoices."""

    amount: Money | None = None
    """Their sum, tax included."""

    content_sha256: str = ""
    """SHA-256 of the file, 64 hex digits."""

    export_by: str = ""
    """Who exported it."""

    reason: str = ""
    """Why."""

    export_time: datetime | None = None
    """When."""

    open_count: int = 0
    """How many of them are MANUAL still: not seen at the authority, and not released."""

    booked_count: int = 0
    """How many of them are in the authority's books by now."""

    steps: Sequence[ManualStep] = ()
    """Every step, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualStep:
    """What somebody did with a package."""

    kind: str = ""
    """EXPORTED, RECEIPT (one was imported) or RELEASED."""

    operator: str = ""
    """Who."""

    reason: str = ""
    """Why; of a receipt its id."""

    step_time: datetime | None = None
    """When."""

    invoice_count: int = 0
    """How many invoices it was about."""


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
class MoveRedLetterResponse:
    """The red letter as it stands."""

    red_letter: RedLetter | None = None
    """The red letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One file of a version of an invoice. It never changes. 发票文件"""

    invoice_id: str = ""
    """The invoice."""

    version: int = 0
    """The version of its document."""

    kind: PaperKind = "PAPER_KIND_UNSPECIFIED"
    """Which file."""

    sha256: str = ""
    """SHA-256 of the file, in hex."""

    size_bytes: int = 0
    """Its bytes."""

    create_time: datetime | None = None
    """When it was made."""

    copies: Sequence[PaperCopy] = ()
    """Its copies in the archive, by place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCopy:
    """A copy of a paper, sealed, in a place of the archive. 归档副本"""

    place: str = ""
    """The place."""

    state: CopyState = "COPY_STATE_UNSPECIFIED"
    """How it stands."""

    verify_time: datetime | None = None
    """When it was last read whole; unset when it never was."""

    sealed_sha256: str = ""
    """SHA-256 of what stands there, in hex, which is also its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityDay:
    """A day on both sides."""

    day: str = ""
    """YYYY-MM-DD."""

    ours: ParitySums | None = None
    """Ours."""

    theirs: ParitySums | None = None
    """The authority's."""

    equal: bool = False
    """Whether they are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityDifference:
    """An invoice that makes the sides differ."""

    difference_class: ParityDifferenceDifferenceClass = "DIFFERENCE_CLASS_UNSPECIFIED"
    """How."""

    issue_date: str = ""
    """The date on it, YYYY-MM-DD: ours where we have it."""

    kind: str = ""
    """BLUE or RED."""

    invoice_id: str = ""
    """Ours; empty for what the authority alone has."""

    invoice_number: str = ""
    """The authority's number, if there is one."""

    ours_minor: int = 0
    """Our amount in minor units; unset where we have none."""

    theirs_minor: int = 0
    """The authority's; unset where it has none."""

    ours_state: str = ""
    """Where it stands with us; empty where we have none."""

    theirs_state: str = ""
    """Where it stands with the authority, in its words; empty where it has none."""

    remedy: str = ""
    """What cures it, in English."""

    remedy_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityRun:
    """A comparison of a seller's control totals with the authority's, of a day or a month. 控制总额核对"""

    run_id: str = ""
    """Ours."""

    seller_tax_id: str = field(default="", repr=False)
    """The seller."""

    period: str = ""
    """The day (YYYY-MM-DD) or the month (YYYY-MM), by the date on the invoices."""

    state: ParityRunState = "STATE_UNSPECIFIED"
    """What it came to."""

    complete: bool = False
    """Whether the authority's book was complete up to the end of the period: nothing accepted in it is still to
    come. An invoice of the period that is sent late is accepted after it, and changes its totals still.
    """

    watermark: datetime | None = None
    """Up to which instant the authority's book was complete, as it told."""

    waiting_count: int = 0
    """Of the period and in no book yet."""

    difference_count: int = 0
    """Invoices that make the sides differ."""

    ours: ParitySums | None = None
    """Our sums of the period, counted out of the invoices."""

    theirs: ParitySums | None = None
    """The authority's."""

    days: Sequence[ParityDay] = ()
    """The days on which either side has anything, in order."""

    start_time: datetime | None = None
    """When it was made."""

    check_time: datetime | None = None
    """When a comparison last came to the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParitySums:
    """Counts and sums in minor units, tax included; of red letters the sum is negative. No tax alone is
    compared: the authority's control totals do not tell it.
    """

    blue_count: int = 0
    """Blue invoices."""

    blue_minor: int = 0
    """Their sum."""

    red_count: int = 0
    """Red letters."""

    red_minor: int = 0
    """Their sum."""


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
class ProofFile:
    """A file that proves an application."""

    file_name: str
    """As it is called, without a folder."""

    media_type: str
    """What it is."""

    content: bytes
    """Its bytes, half a MiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAbandonmentResponse:
    """The proposal."""

    abandonment: Abandonment | None = None
    """The proposal."""

    replayed: bool = False
    """True when it had been made before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadApplicationProofResponse:
    """A file."""

    proof: ApplicationProof | None = None
    """What it is called."""

    content: bytes = b""
    """Its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadName:
    """A name that was read."""

    value: str = field(default="", repr=False)
    """As read."""

    place: ReadPlace | None = None
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlace:
    """Where in a file something stood, and how sure it is that it is what it is called."""

    source: str = ""
    """XML, OFD_DATA (its fields for programs), OFD_TEXT, PDF_TEXT or QR_CODE."""

    page: int = 0
    """The page, from 1; 0 where there is none."""

    certainty: str = ""
    """EXACT (a field of that name), LABELLED (behind its label, or at its place in a code) or LIKELY (by its
    form).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReplacementCopyResponse:
    """The copy."""

    invoice_id: str = ""
    """The invoice."""

    invoice_number: str = ""
    """The authority's number."""

    document_sha256: str = ""
    """SHA-256 of the document, 64 hex digits."""

    document: bytes = b""
    """The document as it was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTaxId:
    """A tax number that was read."""

    value: str = field(default="", repr=False)
    """As read."""

    place: ReadPlace | None = None
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadValue:
    """One thing that was read."""

    value: str = ""
    """As read, in one form for all sources."""

    place: ReadPlace | None = None
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was read of an invoice file: each thing with where it stood and how sure that is. 发票识别"""

    file_kind: str = ""
    """XML, OFD, PDF, PNG or JPEG."""

    file_sha256: str = ""
    """SHA-256 of the file, 64 hex digits."""

    page_count: int = 0
    """Pages of an OFD or a PDF; 0 for the others."""

    invoice_numbers: Sequence[ReadValue] = ()
    """The number: of 20 digits, or of 8 on an older invoice. 发票号码"""

    invoice_codes: Sequence[ReadValue] = ()
    """The code of an older invoice. 发票代码"""

    issue_dates: Sequence[ReadValue] = ()
    """The day on it, YYYY-MM-DD."""

    amounts: Sequence[ReadValue] = ()
    """The amount with tax, such as 123.45."""

    amounts_without_tax: Sequence[ReadValue] = ()
    """The amount without tax."""

    taxes: Sequence[ReadValue] = ()
    """The tax."""

    seller_names: Sequence[ReadName] = ()
    """The seller's name."""

    seller_tax_ids: Sequence[ReadTaxId] = ()
    """The seller's tax number."""

    buyer_names: Sequence[ReadName] = ()
    """The buyer's name."""

    buyer_tax_ids: Sequence[ReadTaxId] = ()
    """The buyer's tax number."""

    contradictions: Sequence[RecognitionContradiction] = ()
    """Where the file says different things of the same. None of them was chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionContradiction:
    """A field of which the file says different things."""

    field: str = ""
    """Such as NUMBER, AMOUNT or SELLER_NAME."""

    fact: str = ""
    """What contradicts what, in English; names and tax numbers are told by their sources alone."""

    fact_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeliveryReportResponse:
    """The delivery that it was about, as it stands."""

    delivery: Delivery | None = None
    """The delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedLetter:
    """A red letter, which takes back of one blue invoice. 红字发票"""

    red_letter_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The blue invoice."""

    payment_id: str = ""
    """Its payment."""

    merchant_id: str = ""
    """The merchant, who is the seller."""

    amount: Money | None = None
    """What it takes back, below zero."""

    reason: RedReason = "RED_REASON_UNSPECIFIED"
    """Why."""

    note: str = ""
    """What the person wrote who asked for it."""

    applied_by: RedSide = "RED_SIDE_UNSPECIFIED"
    """Who applied for the form."""

    state: RedState = "RED_STATE_UNSPECIFIED"
    """Where it stands."""

    title: str = ""
    """What that means and what to do, in English."""

    title_zh: str = ""
    """The same in Chinese."""

    operator: str = ""
    """Who asked for it here."""

    create_time: datetime | None = None
    """When it was asked for."""

    state_time: datetime | None = None
    """Since when it is in this state."""

    form_id: str = ""
    """The authority's form; empty before there is one. 红字信息确认单"""

    expire_time: datetime | None = None
    """When the form is void unless it is confirmed: 72 hours after the application, by the authority's clock."""

    red_invoice_id: str = ""
    """The red invoice, ours; empty before there is one. GetInvoice tells how far it is."""

    wanted_move: RedMove = "RED_MOVE_UNSPECIFIED"
    """What a person asked for and was not carried out yet."""

    application_id: str = ""
    """The customer's application that it serves; empty when none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedStep:
    """One step of a red letter; never changed."""

    step_no: int = 0
    """From 1."""

    step_time: datetime | None = None
    """When."""

    operator: str = ""
    """Who."""

    state: RedState = "RED_STATE_UNSPECIFIED"
    """Where it stood after this."""

    move: RedMove = "RED_MOVE_UNSPECIFIED"
    """What was asked for; unset when nothing was."""

    why: str = ""
    """Why, in the words of who did it."""

    authority_code: str = ""
    """The authority's code, if it gave one."""

    response_sha256: str = ""
    """SHA-256 of the authority's answer that led to it; empty where no call did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseInvoiceRequestResponse:
    """As it stands now."""

    confirmation: Confirmation | None = None
    """Refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBulkRequestResponse:
    """As it stands now."""

    bulk_request: BulkRequest | None = None
    """It."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseManualPackageResponse:
    """The package."""

    package: ManualPackage | None = None
    """The package."""

    released_count: int = 0
    """How many were given back by this call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInvoiceResponse:
    """The invoice as it stands."""

    invoice: Invoice | None = None
    """The invoice; unset while a second person has to confirm what was asked for, or after it was refused."""

    replayed: bool = False
    """True when it had been asked for before."""

    confirmation: Confirmation | None = None
    """What a second person has to confirm, or decided; unset when nothing was risky."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRedLetterResponse:
    """The red letter as it stands."""

    red_letter: RedLetter | None = None
    """The red letter."""

    replayed: bool = False
    """True when it had been asked for before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendDeliveryResponse:
    """The new delivery as it stands."""

    delivery: Delivery | None = None
    """The delivery."""

    replayed: bool = False
    """True when it had been asked for before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewInvoiceApplicationResponse:
    """The application as it stands."""

    application: InvoiceApplication | None = None
    """The application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParityResponse:
    """What it came to."""

    run: ParityRun | None = None
    """The comparison."""

    differences: Sequence[ParityDifference] = ()
    """The first of its differences, at most 1,000; GetParityRun tells them all."""

    repeated_result: bool = False
    """True when the last comparison of the period came to the same, and is this one."""


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
class SummarizeArchiveResponse:
    """How the archive is."""

    totals: Sequence[ArchiveTotal] = ()
    """By place, then state; what has none is left out."""


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
    """Of an invoice: MISMATCH, ELSEWHERE, MISSING, VOIDED, GIVEN_UP, ENDED_BUT_BOOKED, ARCHIVE_DAMAGED or
    COPIES_LOST. Of a day: TOTALS_DIFFER. Of an invoice by which control totals differ: PARITY_DIFFERS. Of a
    record that is not ours: FOREIGN_RECORD. Of a payment: PAYMENT_UNTAKEN or FEED_HELD. More may come.
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
class UploadBulkRequestResponse:
    """What the file came to."""

    bulk_request: BulkRequest | None = None
    """With the count of its wrong rows; ListBulkRequestRows tells each."""

    replayed: bool = False
    """True when the merchant had sent the same bytes before, and nothing was changed."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawInvoiceApplicationResponse:
    """The application as it stands."""

    application: InvoiceApplication | None = None
    """The application."""


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
_CANCEL_BULK_REQUEST = Operation(
    name="cancel_bulk_request",
    verb="POST",
    template="/v1/bulk-requests/{bulk_request_id}:cancel",
    body="*",
    answer=CancelBulkRequestResponse,
    variables=("bulk_request_id",),
    mutates=True,
)
_GET_BULK_REQUEST = Operation(
    name="get_bulk_request",
    verb="GET",
    template="/v1/bulk-requests/{bulk_request_id}",
    body="",
    answer=GetBulkRequestResponse,
    variables=("bulk_request_id",),
)
_GET_BULK_REQUEST_FILE = Operation(
    name="get_bulk_request_file",
    verb="GET",
    template="/v1/bulk-requests/{bulk_request_id}:file",
    body="",
    answer=GetBulkRequestFileResponse,
    variables=("bulk_request_id",),
)
_LIST_BULK_REQUEST_ROWS = Operation(
    name="list_bulk_request_rows",
    verb="GET",
    template="/v1/bulk-requests/{bulk_request_id}/rows",
    body="",
    answer=ListBulkRequestRowsResponse,
    variables=("bulk_request_id",),
)
_LIST_BULK_REQUESTS = Operation(
    name="list_bulk_requests", verb="GET", template="/v1/bulk-requests", body="", answer=ListBulkRequestsResponse
)
_RELEASE_BULK_REQUEST = Operation(
    name="release_bulk_request",
    verb="POST",
    template="/v1/bulk-requests/{bulk_request_id}:release",
    body="*",
    answer=ReleaseBulkRequestResponse,
    variables=("bulk_request_id",),
    mutates=True,
)
_UPLOAD_BULK_REQUEST = Operation(
    name="upload_bulk_request",
    verb="POST",
    template="/v1/bulk-requests:upload",
    body="chunk",
    answer=UploadBulkRequestResponse,
    mutates=True,
    is_upload=True,
)
_CONFIRM_INVOICE_REQUEST = Operation(
    name="confirm_invoice_request",
    verb="POST",
    template="/v1/invoice-confirmations/{confirmation_id}:confirm",
    body="*",
    answer=ConfirmInvoiceRequestResponse,
    variables=("confirmation_id",),
    mutates=True,
)
_GET_CONFIRMATION = Operation(
    name="get_confirmation",
    verb="GET",
    template="/v1/invoice-confirmations/{confirmation_id}",
    body="",
    answer=GetConfirmationResponse,
    variables=("confirmation_id",),
)
_LIST_CONFIRMATIONS = Operation(
    name="list_confirmations",
    verb="GET",
    template="/v1/invoice-confirmations",
    body="",
    answer=ListConfirmationsResponse,
)
_REFUSE_INVOICE_REQUEST = Operation(
    name="refuse_invoice_request",
    verb="POST",
    template="/v1/invoice-confirmations/{confirmation_id}:refuse",
    body="*",
    answer=RefuseInvoiceRequestResponse,
    variables=("confirmation_id",),
    mutates=True,
)
_DELIVER_INVOICE = Operation(
    name="deliver_invoice",
    verb="POST",
    template="/v1/invoices/{invoice_id}/deliveries",
    body="*",
    answer=DeliverInvoiceResponse,
    variables=("invoice_id",),
    takes_key=True,
    mutates=True,
)
_LIST_DELIVERIES = Operation(
    name="list_deliveries",
    verb="GET",
    template="/v1/invoices/{invoice_id}/deliveries",
    body="",
    answer=ListDeliveriesResponse,
    variables=("invoice_id",),
)
_RECORD_DELIVERY_REPORT = Operation(
    name="record_delivery_report",
    verb="POST",
    template="/v1/deliveryReports",
    body="*",
    answer=RecordDeliveryReportResponse,
    mutates=True,
)
_RESEND_DELIVERY = Operation(
    name="resend_delivery",
    verb="POST",
    template="/v1/deliveries/{delivery_id}:resend",
    body="*",
    answer=ResendDeliveryResponse,
    variables=("delivery_id",),
    takes_key=True,
    mutates=True,
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
_FILE_INVOICE_APPLICATION = Operation(
    name="file_invoice_application",
    verb="POST",
    template="/v1/invoice-applications",
    body="*",
    answer=FileInvoiceApplicationResponse,
    takes_key=True,
    mutates=True,
)
_GET_INVOICE_APPLICATION = Operation(
    name="get_invoice_application",
    verb="GET",
    template="/v1/invoice-applications/{application_id}",
    body="",
    answer=GetInvoiceApplicationResponse,
    variables=("application_id",),
)
_LIST_INVOICE_APPLICATIONS = Operation(
    name="list_invoice_applications",
    verb="GET",
    template="/v1/invoice-applications",
    body="",
    answer=ListInvoiceApplicationsResponse,
)
_READ_APPLICATION_PROOF = Operation(
    name="read_application_proof",
    verb="GET",
    template="/v1/invoice-applications/{application_id}/proofs/{sha256}",
    body="",
    answer=ReadApplicationProofResponse,
    variables=("application_id", "sha256"),
)
_READ_REPLACEMENT_COPY = Operation(
    name="read_replacement_copy",
    verb="GET",
    template="/v1/invoice-applications/{application_id}/copy",
    body="",
    answer=ReadReplacementCopyResponse,
    variables=("application_id",),
)
_REVIEW_INVOICE_APPLICATION = Operation(
    name="review_invoice_application",
    verb="POST",
    template="/v1/invoice-applications/{application_id}:review",
    body="*",
    answer=ReviewInvoiceApplicationResponse,
    variables=("application_id",),
    mutates=True,
)
_WITHDRAW_INVOICE_APPLICATION = Operation(
    name="withdraw_invoice_application",
    verb="POST",
    template="/v1/invoice-applications/{application_id}:withdraw",
    body="*",
    answer=WithdrawInvoiceApplicationResponse,
    variables=("application_id",),
    mutates=True,
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
_CREATE_LINK = Operation(
    name="create_link",
    verb="POST",
    template="/v1/invoices/{invoice_id}/links",
    body="*",
    answer=CreateLinkResponse,
    variables=("invoice_id",),
    is_repeatable=False,
    mutates=True,
)
_DECIDE_ABANDONMENT = Operation(
    name="decide_abandonment",
    verb="POST",
    template="/v1/abandonments/{abandonment_id}:decide",
    body="*",
    answer=DecideAbandonmentResponse,
    variables=("abandonment_id",),
    mutates=True,
)
_EXPORT_MANUAL_PACKAGE = Operation(
    name="export_manual_package",
    verb="POST",
    template="/v1/manual-packages",
    body="*",
    answer=ExportManualPackageResponse,
    takes_key=True,
    mutates=True,
)
_GET_MANUAL_PACKAGE = Operation(
    name="get_manual_package",
    verb="GET",
    template="/v1/manual-packages/{package_id}",
    body="",
    answer=GetManualPackageResponse,
    variables=("package_id",),
)
_IMPORT_MANUAL_RECEIPT = Operation(
    name="import_manual_receipt",
    verb="POST",
    template="/v1/manual-receipts",
    body="chunk",
    answer=ImportManualReceiptResponse,
    mutates=True,
    is_upload=True,
)
_LIST_MANUAL_PACKAGES = Operation(
    name="list_manual_packages", verb="GET", template="/v1/manual-packages", body="", answer=ListManualPackagesResponse
)
_PROPOSE_ABANDONMENT = Operation(
    name="propose_abandonment",
    verb="POST",
    template="/v1/abandonments",
    body="*",
    answer=ProposeAbandonmentResponse,
    takes_key=True,
    mutates=True,
)
_RELEASE_MANUAL_PACKAGE = Operation(
    name="release_manual_package",
    verb="POST",
    template="/v1/manual-packages/{package_id}:release",
    body="*",
    answer=ReleaseManualPackageResponse,
    variables=("package_id",),
    mutates=True,
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
_LIST_PAPERS = Operation(
    name="list_papers",
    verb="GET",
    template="/v1/invoices/{invoice_id}/papers",
    body="",
    answer=ListPapersResponse,
    variables=("invoice_id",),
)
_SUMMARIZE_ARCHIVE = Operation(
    name="summarize_archive", verb="GET", template="/v1/archive", body="", answer=SummarizeArchiveResponse
)
_GET_PARITY_RUN = Operation(
    name="get_parity_run",
    verb="GET",
    template="/v1/parity-runs/{run_id}",
    body="",
    answer=GetParityRunResponse,
    variables=("run_id",),
)
_LIST_PARITY_RUNS = Operation(
    name="list_parity_runs", verb="GET", template="/v1/parity-runs", body="", answer=ListParityRunsResponse
)
_RUN_PARITY = Operation(
    name="run_parity", verb="POST", template="/v1/parity-runs", body="*", answer=RunParityResponse, mutates=True
)
_DIAGNOSE_FILE = Operation(
    name="diagnose_file",
    verb="POST",
    template="/v1/diagnoses:file",
    body="chunk",
    answer=DiagnoseFileResponse,
    is_upload=True,
)
_GET_INVOICEABLE_AMOUNT = Operation(
    name="get_invoiceable_amount",
    verb="GET",
    template="/v1/payments/{payment_id}/invoiceable",
    body="",
    answer=GetInvoiceableAmountResponse,
    variables=("payment_id",),
)
_GET_RED_LETTER = Operation(
    name="get_red_letter",
    verb="GET",
    template="/v1/red-letters/{red_letter_id}",
    body="",
    answer=GetRedLetterResponse,
    variables=("red_letter_id",),
)
_INVOICE_REMAINDER = Operation(
    name="invoice_remainder",
    verb="POST",
    template="/v1/payments/{payment_id}:invoiceRemainder",
    body="*",
    answer=InvoiceRemainderResponse,
    variables=("payment_id",),
    takes_key=True,
    mutates=True,
)
_LIST_RED_LETTERS = Operation(
    name="list_red_letters", verb="GET", template="/v1/red-letters", body="", answer=ListRedLettersResponse
)
_MOVE_RED_LETTER = Operation(
    name="move_red_letter",
    verb="POST",
    template="/v1/red-letters/{red_letter_id}:move",
    body="*",
    answer=MoveRedLetterResponse,
    variables=("red_letter_id",),
    mutates=True,
)
_REQUEST_RED_LETTER = Operation(
    name="request_red_letter",
    verb="POST",
    template="/v1/red-letters",
    body="*",
    answer=RequestRedLetterResponse,
    takes_key=True,
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

    def cancel_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> CancelBulkRequestResponse:
        """Gives one up that is held: nothing is asked for. May be repeated. NOT_HELD when its rows are asked for
        already.

        bulk_request_id: Ours.
        """
        return self._transport.send(_CANCEL_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds)

    def get_bulk_request(self, bulk_request_id: str, *, timeout_seconds: float | None = None) -> GetBulkRequestResponse:
        """Gets one, with its progress.

        bulk_request_id: Ours.
        """
        return self._transport.send(_GET_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds)

    def get_bulk_request_file(
        self,
        bulk_request_id: str,
        *,
        format: GetBulkRequestFileRequestFormat = "FORMAT_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> GetBulkRequestFileResponse:
        """Gives the results as a file for a spreadsheet, which no cell of can make it compute anything.

        bulk_request_id: Ours.
        format: What kind of file.
        """
        return self._transport.send(
            _GET_BULK_REQUEST_FILE, {"bulk_request_id": bulk_request_id, "format": format}, "", timeout_seconds
        )

    def list_bulk_request_rows(
        self,
        bulk_request_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListBulkRequestRowsResponse:
        """Lists the rows with their results in the order of the file, by page.

        bulk_request_id: Ours.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        outcome: Only with this outcome.
        """
        return self._transport.send(
            _LIST_BULK_REQUEST_ROWS,
            {"bulk_request_id": bulk_request_id, "page_size": page_size, "page_token": page_token, "outcome": outcome},
            "",
            timeout_seconds,
        )

    def list_all_bulk_request_rows(
        self,
        bulk_request_id: str,
        *,
        page_size: int = 0,
        outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[BulkRequestRow]:
        """What all pages of `list_bulk_request_rows` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        bulk_request_id: Ours.
        page_size: How many at most; 0 means 50, the most is 1,000.
        outcome: Only with this outcome.
        """
        for page in pages(
            lambda token: self.list_bulk_request_rows(
                bulk_request_id=bulk_request_id,
                page_size=page_size,
                outcome=outcome,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.rows

    def list_bulk_requests(
        self, *, page_size: int = 0, page_token: str = "", merchant_id: str = "", timeout_seconds: float | None = None
    ) -> ListBulkRequestsResponse:
        """Lists them, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        """
        return self._transport.send(
            _LIST_BULK_REQUESTS,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id},
            "",
            timeout_seconds,
        )

    def list_all_bulk_requests(
        self, *, page_size: int = 0, merchant_id: str = "", timeout_seconds: float | None = None
    ) -> Iterator[BulkRequest]:
        """What all pages of `list_bulk_requests` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        """
        for page in pages(
            lambda token: self.list_bulk_requests(
                page_size=page_size, merchant_id=merchant_id, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.bulk_requests

    def release_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> ReleaseBulkRequestResponse:
        """Asks for the good rows of one that is held. May be repeated. NOT_HELD when it was cancelled.

        bulk_request_id: Ours.
        """
        return self._transport.send(_RELEASE_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds)

    def upload_bulk_request(
        self,
        content: Content,
        *,
        merchant_id: str,
        mode: BulkRequestMode,
        file_name: str = "",
        timeout_seconds: float | None = None,
    ) -> UploadBulkRequestResponse:
        """Takes a file (CSV or XLSX, at most 10,000 rows, 32 columns and 8 MiB), checks each row and keeps both.
        The first row names the columns, in English or Chinese: payment_id 支付单号 or merchant_order_no
        商户订单号; buyer_title 发票抬头; and, as wanted, buyer_tax_id 税号, natural_person 自然人,
        buyer_email 邮箱, amount 金额. What is no plain table is refused whole as BULK_FILE_REFUSED: formulas,
        macros, links out of the file, entities, archive paths, and what is larger than allowed. Wrong rows
        are told by row, column, rule and cure. Over HTTP the body is the file's raw bytes and the header's
        fields are query parameters. Idempotent by the file: the same bytes of a merchant give what became of
        the first, whatever else is said.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        merchant_id: The merchant whose payments the rows name.
        mode: What is done with the good rows of a file that has wrong ones.
        file_name: The file's name, for people; may be empty.
        """
        return self._transport.upload(
            _UPLOAD_BULK_REQUEST,
            content,
            {"merchant_id": merchant_id, "mode": mode, "file_name": file_name},
            "",
            timeout_seconds,
        )

    def confirm_invoice_request(
        self, confirmation_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> ConfirmInvoiceRequestResponse:
        """Confirms what was asked for, and issues the invoice in the same moment. May be repeated by the same
        person. SECOND_PERSON_REQUIRED when who asked wants to confirm; NOT_INVOICEABLE as RequestInvoice has
        it.

        confirmation_id: Ours.
        reason: Why, such as what it was compared with.
        """
        return self._transport.send(
            _CONFIRM_INVOICE_REQUEST, {"confirmation_id": confirmation_id, "reason": reason}, "", timeout_seconds
        )

    def get_confirmation(
        self, confirmation_id: str, *, timeout_seconds: float | None = None
    ) -> GetConfirmationResponse:
        """Gets one.

        confirmation_id: Ours.
        """
        return self._transport.send(_GET_CONFIRMATION, {"confirmation_id": confirmation_id}, "", timeout_seconds)

    def list_confirmations(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        state: ConfirmationState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListConfirmationsResponse:
        """Lists them, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        state: Only in this state.
        """
        return self._transport.send(
            _LIST_CONFIRMATIONS,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id, "state": state},
            "",
            timeout_seconds,
        )

    def list_all_confirmations(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        state: ConfirmationState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[Confirmation]:
        """What all pages of `list_confirmations` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_confirmations(
                page_size=page_size,
                merchant_id=merchant_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.confirmations

    def refuse_invoice_request(
        self, confirmation_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> RefuseInvoiceRequestResponse:
        """Refuses what was asked for, so that the payment may be asked for again. May be repeated by the same
        person. SECOND_PERSON_REQUIRED when who asked wants to refuse.

        confirmation_id: Ours.
        reason: Why.
        """
        return self._transport.send(
            _REFUSE_INVOICE_REQUEST, {"confirmation_id": confirmation_id, "reason": reason}, "", timeout_seconds
        )

    def deliver_invoice(
        self,
        invoice_id: str,
        *,
        email: str,
        reason: str,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> DeliverInvoiceResponse:
        """Has the papers of an invoice sent to an address, as soon as there are any. Idempotent by request_id.
        MAIL_OFF where no relay is set.

        invoice_id: The invoice.
        email: Where to.
        reason: Why, in the asker's words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _DELIVER_INVOICE,
            {"invoice_id": invoice_id, "email": email, "reason": reason},
            idempotency_key,
            timeout_seconds,
        )

    def list_deliveries(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListDeliveriesResponse:
        """Lists the newest deliveries of an invoice, at most 100, newest first.

        invoice_id: The invoice.
        """
        return self._transport.send(_LIST_DELIVERIES, {"invoice_id": invoice_id}, "", timeout_seconds)

    def record_delivery_report(
        self, *, message: str, timeout_seconds: float | None = None
    ) -> RecordDeliveryReportResponse:
        """Takes in a delivery report (DSN, RFC 3464) about a mail of ours. The same report again changes
        nothing. NOT_A_REPORT for anything else.

        message: The whole message as it came; what is no UTF-8 in it may be replaced.
        """
        return self._transport.send(_RECORD_DELIVERY_REPORT, {"message": message}, "", timeout_seconds)

    def resend_delivery(
        self, delivery_id: str, *, reason: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ResendDeliveryResponse:
        """Sends the same to the same address once more, as a delivery of its own. Idempotent by request_id.
        MAIL_OFF where no relay is set.

        delivery_id: What was sent, or was to be.
        reason: Why, in the asker's words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _RESEND_DELIVERY, {"delivery_id": delivery_id, "reason": reason}, idempotency_key, timeout_seconds
        )

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

    def file_invoice_application(
        self,
        *,
        invoice_id: str,
        kind: ApplicationKind,
        buyer_title: str = "",
        buyer_tax_id: str = "",
        amount_minor: int = 0,
        why: str,
        proofs: Sequence[ProofFile],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> FileInvoiceApplicationResponse:
        """Files an application with its proof. Idempotent by request_id.

        invoice_id: The invoice.
        kind: What is the matter.
        buyer_title: The buyer's name as it shall be; empty when it stays.
        buyer_tax_id: The buyer's tax number as it shall be, with buyer_title; empty for a person.
        amount_minor: The amount as it shall be, in minor units; 0 when it stays. Never more than the old
          invoice's.
        why: Why, in the customer's words.
        proofs: What proves it; one file at least.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _FILE_INVOICE_APPLICATION,
            {
                "invoice_id": invoice_id,
                "kind": kind,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "amount_minor": amount_minor,
                "why": why,
                "proofs": proofs,
            },
            idempotency_key,
            timeout_seconds,
        )

    def get_invoice_application(
        self, application_id: str, *, timeout_seconds: float | None = None
    ) -> GetInvoiceApplicationResponse:
        """Gets an application with its proof and every step.

        application_id: Ours.
        """
        return self._transport.send(_GET_INVOICE_APPLICATION, {"application_id": application_id}, "", timeout_seconds)

    def list_invoice_applications(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        invoice_id: str = "",
        state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListInvoiceApplicationsResponse:
        """Lists applications, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        invoice_id: Only of this invoice.
        state: Only in this state.
        """
        return self._transport.send(
            _LIST_INVOICE_APPLICATIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "invoice_id": invoice_id,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    def list_all_invoice_applications(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        invoice_id: str = "",
        state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[InvoiceApplication]:
        """What all pages of `list_invoice_applications` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        invoice_id: Only of this invoice.
        state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_invoice_applications(
                page_size=page_size,
                merchant_id=merchant_id,
                invoice_id=invoice_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.applications

    def read_application_proof(
        self, application_id: str, sha256: str, *, timeout_seconds: float | None = None
    ) -> ReadApplicationProofResponse:
        """Reads a file that proves an application, for who reviews it.

        application_id: The application.
        sha256: Of the file.
        """
        return self._transport.send(
            _READ_APPLICATION_PROOF, {"application_id": application_id, "sha256": sha256}, "", timeout_seconds
        )

    def read_replacement_copy(
        self, application_id: str, *, timeout_seconds: float | None = None
    ) -> ReadReplacementCopyResponse:
        """Reads the replacement copy that was granted: the frozen document as the authority has it.
        APPLICATION_STATE when none was.

        application_id: The application.
        """
        return self._transport.send(_READ_REPLACEMENT_COPY, {"application_id": application_id}, "", timeout_seconds)

    def review_invoice_application(
        self,
        application_id: str,
        *,
        remedy: Remedy = "REMEDY_UNSPECIFIED",
        why: str,
        timeout_seconds: float | None = None,
    ) -> ReviewInvoiceApplicationResponse:
        """Decides an application. Idempotent. SECOND_PERSON_REQUIRED for who filed it, APPLICATION_STATE when it
        was decided, RED_NOT_POSSIBLE when the invoice cannot be taken back.

        application_id: The application.
        remedy: What is to be done; unset to refuse it.
        why: Why.
        """
        return self._transport.send(
            _REVIEW_INVOICE_APPLICATION,
            {"application_id": application_id, "remedy": remedy, "why": why},
            "",
            timeout_seconds,
        )

    def withdraw_invoice_application(
        self, application_id: str, *, why: str, timeout_seconds: float | None = None
    ) -> WithdrawInvoiceApplicationResponse:
        """Takes an application back before it is reviewed. Idempotent. APPLICATION_STATE afterwards.

        application_id: The application.
        why: Why.
        """
        return self._transport.send(
            _WITHDRAW_INVOICE_APPLICATION, {"application_id": application_id, "why": why}, "", timeout_seconds
        )

    def correct_invoice(
        self,
        invoice_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        expected_version: int = 0,
        natural_person: bool = False,
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
        natural_person: Whether the buyer is a natural person. Another buyer that is risky is refused: a short
          title without this, a tax id that fails its check digit.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CORRECT_INVOICE,
            {
                "invoice_id": invoice_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "expected_version": expected_version,
                "natural_person": natural_person,
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
        natural_person: bool = False,
        amount_minor: int = 0,
        buyer_email: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestInvoiceResponse:
        """Asks for the invoice of a payment. Idempotent by request_id and by payment: a payment has one invoice,
        and asking again with the same buyer gives it. NOT_INVOICEABLE when the payment has not succeeded or
        is not known here yet. What is risky (a short title, a tax id that fails its check digit, a large
        amount) is not issued: the answer has a confirmation, for ConfirmationService.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        natural_person: Whether the buyer is a natural person. A short title without it has to be confirmed by
          a second person.
        amount_minor: What the applicant thinks is left of the payment, in minor units; 0 when not told.
          Another amount is refused.
        buyer_email: Where the invoice is sent by mail when it is in the books; empty for nowhere.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _REQUEST_INVOICE,
            {
                "payment_id": payment_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "natural_person": natural_person,
                "amount_minor": amount_minor,
                "buyer_email": buyer_email,
            },
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

    def create_link(
        self,
        invoice_id: str,
        *,
        purpose: LinkPurpose,
        valid_seconds: int = 0,
        reason: str,
        timeout_seconds: float | None = None,
    ) -> CreateLinkResponse:
        """Makes a link to an invoice. Each is another; none is kept, and none can be called back but by its key.
        LINKS_OFF where the settings name no public address or no key.

        invoice_id: The invoice.
        purpose: What it is for.
        valid_seconds: How long it opens, at most 400 days; 0 for as long as the settings say.
        reason: Why, in the asker's words.
        """
        return self._transport.send(
            _CREATE_LINK,
            {"invoice_id": invoice_id, "purpose": purpose, "valid_seconds": valid_seconds, "reason": reason},
            "",
            timeout_seconds,
        )

    def decide_abandonment(
        self, abandonment_id: str, *, reason: str, approve: bool = False, timeout_seconds: float | None = None
    ) -> DecideAbandonmentResponse:
        """Decides a proposal: approves it, which leaves the invoice for good, or declines it. Never by who
        proposed it, which is SECOND_PERSON_REQUIRED. The same decision again changes nothing.

        abandonment_id: The proposal.
        reason: Why.
        approve: True to leave the invoice for good, false to decline.
        """
        return self._transport.send(
            _DECIDE_ABANDONMENT,
            {"abandonment_id": abandonment_id, "reason": reason, "approve": approve},
            "",
            timeout_seconds,
        )

    def export_manual_package(
        self,
        *,
        seller_tax_id: str,
        reason: str,
        limit: int = 0,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ExportManualPackageResponse:
        """Exports what waits to be sent for a seller, in the authority's format, with its checklist. What is
        exported is MANUAL from then on: nothing sends it, and it counts as booked when the authority shows
        it. Idempotent by request_id, which gives the same file again. NOT_FOUND when nothing waits.

        seller_tax_id: The seller.
        reason: Why it cannot go the usual way.
        limit: How many invoices at most, the oldest first; 0 means 1,000, which is the most.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _EXPORT_MANUAL_PACKAGE,
            {"seller_tax_id": seller_tax_id, "reason": reason, "limit": limit},
            idempotency_key,
            timeout_seconds,
        )

    def get_manual_package(self, package_id: str, *, timeout_seconds: float | None = None) -> GetManualPackageResponse:
        """Gets one package with its invoices and steps.

        package_id: Ours.
        """
        return self._transport.send(_GET_MANUAL_PACKAGE, {"package_id": package_id}, "", timeout_seconds)

    def import_manual_receipt(
        self, content: Content, *, package_id: str, timeout_seconds: float | None = None
    ) -> ImportManualReceiptResponse:
        """Imports the receipt of a package: each of its invoices is asked for at the authority at once. A
        receipt proves nothing and books nothing. RECEIPT_REFUSED for one that is not of this package, not
        whole, or names another file; then nothing changes. The same receipt again changes nothing either.
        Over HTTP the body is the receipt's raw bytes and the header's fields are query parameters.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        package_id: The package.
        """
        return self._transport.upload(_IMPORT_MANUAL_RECEIPT, content, {"package_id": package_id}, "", timeout_seconds)

    def list_manual_packages(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListManualPackagesResponse:
        """Lists packages, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_MANUAL_PACKAGES, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def list_all_manual_packages(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[ManualPackage]:
        """What all pages of `list_manual_packages` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_manual_packages(
                page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.packages

    def propose_abandonment(
        self, *, invoice_id: str, reason: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ProposeAbandonmentResponse:
        """Proposes to leave an invoice for good; another person decides. Idempotent by request_id.
        NOT_ABANDONABLE for what is in the books, being sent, or ended already.

        invoice_id: The invoice.
        reason: Why.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _PROPOSE_ABANDONMENT, {"invoice_id": invoice_id, "reason": reason}, idempotency_key, timeout_seconds
        )

    def release_manual_package(
        self, package_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> ReleaseManualPackageResponse:
        """Gives a package back: what of it is MANUAL still is UNKNOWN from then on, asked for, and sent again by
        itself only when its absence is proved. Repeating it does no harm.

        package_id: The package.
        reason: Why.
        """
        return self._transport.send(
            _RELEASE_MANUAL_PACKAGE, {"package_id": package_id, "reason": reason}, "", timeout_seconds
        )

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

    def list_papers(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListPapersResponse:
        """Lists the files of an invoice, the newest version first, with their copies.

        invoice_id: The invoice.
        """
        return self._transport.send(_LIST_PAPERS, {"invoice_id": invoice_id}, "", timeout_seconds)

    def summarize_archive(self, *, timeout_seconds: float | None = None) -> SummarizeArchiveResponse:
        """Counts the copies in each place of the archive by state, with when the oldest of them was last read
        whole.
        """
        return self._transport.send(_SUMMARIZE_ARCHIVE, {}, "", timeout_seconds)

    def get_parity_run(
        self, run_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> GetParityRunResponse:
        """Gets one comparison with its differences, by page.

        run_id: Ours.
        page_size: How many differences at most; 0 means 1,000, which is the most.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _GET_PARITY_RUN, {"run_id": run_id, "page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def get_all_parity_run(
        self, run_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[ParityDifference]:
        """What all pages of `get_parity_run` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: Ours.
        page_size: How many differences at most; 0 means 1,000, which is the most.
        """
        for page in pages(
            lambda token: self.get_parity_run(
                run_id=run_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.differences

    def list_parity_runs(
        self, *, page_size: int = 0, page_token: str = "", seller_tax_id: str = "", timeout_seconds: float | None = None
    ) -> ListParityRunsResponse:
        """Lists comparisons, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        seller_tax_id: Only of this seller.
        """
        return self._transport.send(
            _LIST_PARITY_RUNS,
            {"page_size": page_size, "page_token": page_token, "seller_tax_id": seller_tax_id},
            "",
            timeout_seconds,
        )

    def list_all_parity_runs(
        self, *, page_size: int = 0, seller_tax_id: str = "", timeout_seconds: float | None = None
    ) -> Iterator[ParityRun]:
        """What all pages of `list_parity_runs` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        seller_tax_id: Only of this seller.
        """
        for page in pages(
            lambda token: self.list_parity_runs(
                page_size=page_size, seller_tax_id=seller_tax_id, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.runs

    def run_parity(self, *, seller_tax_id: str, period: str, timeout_seconds: float | None = None) -> RunParityResponse:
        """Compares a seller's control totals of a day or a month, and names the invoices that differ. Repeating
        it does no harm: what comes to the same as the last comparison of the period is that one. UNAVAILABLE
        when the authority does not tell its totals now; then nothing is kept.

        seller_tax_id: The seller.
        period: A day, 2026-03-01, or a month, 2026-03, that has begun.
        """
        return self._transport.send(
            _RUN_PARITY, {"seller_tax_id": seller_tax_id, "period": period}, "", timeout_seconds
        )

    def diagnose_file(
        self, content: Content, *, file_name: str = "", timeout_seconds: float | None = None
    ) -> DiagnoseFileResponse:
        """Reads an XML, an OFD, a PDF with text, or a picture with the invoice's code, and diagnoses what it
        names. It stores nothing. Over HTTP the body is the file's raw bytes and the header's fields are query
        parameters. FILE_REFUSED, with the rule and the cure, for what is none of these or was made to do
        harm; NOTHING_RECOGNIZED when it names no invoice.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty. What it is, is told by its bytes.
        """
        return self._transport.upload(_DIAGNOSE_FILE, content, {"file_name": file_name}, "", timeout_seconds)

    def get_invoiceable_amount(
        self, payment_id: str, *, timeout_seconds: float | None = None
    ) -> GetInvoiceableAmountResponse:
        """Tells what of a payment is invoiced, and what may be.

        payment_id: The payment.
        """
        return self._transport.send(_GET_INVOICEABLE_AMOUNT, {"payment_id": payment_id}, "", timeout_seconds)

    def get_red_letter(self, red_letter_id: str, *, timeout_seconds: float | None = None) -> GetRedLetterResponse:
        """Gets a red letter with every step of it.

        red_letter_id: Ours.
        """
        return self._transport.send(_GET_RED_LETTER, {"red_letter_id": red_letter_id}, "", timeout_seconds)

    def invoice_remainder(
        self,
        payment_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        natural_person: bool = False,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> InvoiceRemainderResponse:
        """Issues an invoice for all of a payment that no invoice holds: after a red letter, or when a chargeback
        was won. Idempotent by request_id. NOT_INVOICEABLE when nothing is left.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        natural_person: Whether the buyer is a natural person. Another buyer that is risky is refused: a short
          title without this, a tax id that fails its check digit.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _INVOICE_REMAINDER,
            {
                "payment_id": payment_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "natural_person": natural_person,
            },
            idempotency_key,
            timeout_seconds,
        )

    def list_red_letters(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        invoice_id: str = "",
        state: RedState = "RED_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListRedLettersResponse:
        """Lists red letters, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        invoice_id: Only of this blue invoice.
        state: Only in this state.
        """
        return self._transport.send(
            _LIST_RED_LETTERS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "invoice_id": invoice_id,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    def list_all_red_letters(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        invoice_id: str = "",
        state: RedState = "RED_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[RedLetter]:
        """What all pages of `list_red_letters` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        invoice_id: Only of this blue invoice.
        state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_red_letters(
                page_size=page_size,
                merchant_id=merchant_id,
                invoice_id=invoice_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.red_letters

    def move_red_letter(
        self, red_letter_id: str, *, move: RedMove, why: str, timeout_seconds: float | None = None
    ) -> MoveRedLetterResponse:
        """Has the form confirmed, refused or withdrawn, which shows as wanted_move until the authority did it.
        Idempotent. RED_LETTER_STATE when the seller cannot do that now.

        red_letter_id: The red letter.
        move: What is to be done.
        why: Why.
        """
        return self._transport.send(
            _MOVE_RED_LETTER, {"red_letter_id": red_letter_id, "move": move, "why": why}, "", timeout_seconds
        )

    def request_red_letter(
        self,
        *,
        invoice_id: str,
        amount_minor: int = 0,
        reason: RedReason,
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestRedLetterResponse:
        """Asks for a red letter for all or a part of a booked invoice. Idempotent by request_id.
        RED_NOT_POSSIBLE when the invoice is not in the books, has an active red letter, or less of it is
        left.

        invoice_id: The blue invoice.
        amount_minor: How much to take back, in minor units, above zero; 0 for all that is left of the
          invoice.
        reason: Why.
        note: In the person's own words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _REQUEST_RED_LETTER,
            {"invoice_id": invoice_id, "amount_minor": amount_minor, "reason": reason, "note": note},
            idempotency_key,
            timeout_seconds,
        )

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

    async def cancel_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> CancelBulkRequestResponse:
        """Gives one up that is held: nothing is asked for. May be repeated. NOT_HELD when its rows are asked for
        already.

        bulk_request_id: Ours.
        """
        return await self._transport.send(
            _CANCEL_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds
        )

    async def get_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> GetBulkRequestResponse:
        """Gets one, with its progress.

        bulk_request_id: Ours.
        """
        return await self._transport.send(_GET_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds)

    async def get_bulk_request_file(
        self,
        bulk_request_id: str,
        *,
        format: GetBulkRequestFileRequestFormat = "FORMAT_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> GetBulkRequestFileResponse:
        """Gives the results as a file for a spreadsheet, which no cell of can make it compute anything.

        bulk_request_id: Ours.
        format: What kind of file.
        """
        return await self._transport.send(
            _GET_BULK_REQUEST_FILE, {"bulk_request_id": bulk_request_id, "format": format}, "", timeout_seconds
        )

    async def list_bulk_request_rows(
        self,
        bulk_request_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListBulkRequestRowsResponse:
        """Lists the rows with their results in the order of the file, by page.

        bulk_request_id: Ours.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        outcome: Only with this outcome.
        """
        return await self._transport.send(
            _LIST_BULK_REQUEST_ROWS,
            {"bulk_request_id": bulk_request_id, "page_size": page_size, "page_token": page_token, "outcome": outcome},
            "",
            timeout_seconds,
        )

    async def list_all_bulk_request_rows(
        self,
        bulk_request_id: str,
        *,
        page_size: int = 0,
        outcome: BulkRequestRowOutcome = "OUTCOME_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[BulkRequestRow]:
        """What all pages of `list_bulk_request_rows` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        bulk_request_id: Ours.
        page_size: How many at most; 0 means 50, the most is 1,000.
        outcome: Only with this outcome.
        """
        async for page in async_pages(
            lambda token: self.list_bulk_request_rows(
                bulk_request_id=bulk_request_id,
                page_size=page_size,
                outcome=outcome,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.rows:
                yield one

    async def list_bulk_requests(
        self, *, page_size: int = 0, page_token: str = "", merchant_id: str = "", timeout_seconds: float | None = None
    ) -> ListBulkRequestsResponse:
        """Lists them, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        """
        return await self._transport.send(
            _LIST_BULK_REQUESTS,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id},
            "",
            timeout_seconds,
        )

    async def list_all_bulk_requests(
        self, *, page_size: int = 0, merchant_id: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[BulkRequest]:
        """What all pages of `list_bulk_requests` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        """
        async for page in async_pages(
            lambda token: self.list_bulk_requests(
                page_size=page_size, merchant_id=merchant_id, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.bulk_requests:
                yield one

    async def release_bulk_request(
        self, bulk_request_id: str, *, timeout_seconds: float | None = None
    ) -> ReleaseBulkRequestResponse:
        """Asks for the good rows of one that is held. May be repeated. NOT_HELD when it was cancelled.

        bulk_request_id: Ours.
        """
        return await self._transport.send(
            _RELEASE_BULK_REQUEST, {"bulk_request_id": bulk_request_id}, "", timeout_seconds
        )

    async def upload_bulk_request(
        self,
        content: Content,
        *,
        merchant_id: str,
        mode: BulkRequestMode,
        file_name: str = "",
        timeout_seconds: float | None = None,
    ) -> UploadBulkRequestResponse:
        """Takes a file (CSV or XLSX, at most 10,000 rows, 32 columns and 8 MiB), checks each row and keeps both.
        The first row names the columns, in English or Chinese: payment_id 支付单号 or merchant_order_no
        商户订单号; buyer_title 发票抬头; and, as wanted, buyer_tax_id 税号, natural_person 自然人,
        buyer_email 邮箱, amount 金额. What is no plain table is refused whole as BULK_FILE_REFUSED: formulas,
        macros, links out of the file, entities, archive paths, and what is larger than allowed. Wrong rows
        are told by row, column, rule and cure. Over HTTP the body is the file's raw bytes and the header's
        fields are query parameters. Idempotent by the file: the same bytes of a merchant give what became of
        the first, whatever else is said.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        merchant_id: The merchant whose payments the rows name.
        mode: What is done with the good rows of a file that has wrong ones.
        file_name: The file's name, for people; may be empty.
        """
        return await self._transport.upload(
            _UPLOAD_BULK_REQUEST,
            content,
            {"merchant_id": merchant_id, "mode": mode, "file_name": file_name},
            "",
            timeout_seconds,
        )

    async def confirm_invoice_request(
        self, confirmation_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> ConfirmInvoiceRequestResponse:
        """Confirms what was asked for, and issues the invoice in the same moment. May be repeated by the same
        person. SECOND_PERSON_REQUIRED when who asked wants to confirm; NOT_INVOICEABLE as RequestInvoice has
        it.

        confirmation_id: Ours.
        reason: Why, such as what it was compared with.
        """
        return await self._transport.send(
            _CONFIRM_INVOICE_REQUEST, {"confirmation_id": confirmation_id, "reason": reason}, "", timeout_seconds
        )

    async def get_confirmation(
        self, confirmation_id: str, *, timeout_seconds: float | None = None
    ) -> GetConfirmationResponse:
        """Gets one.

        confirmation_id: Ours.
        """
        return await self._transport.send(_GET_CONFIRMATION, {"confirmation_id": confirmation_id}, "", timeout_seconds)

    async def list_confirmations(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        state: ConfirmationState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListConfirmationsResponse:
        """Lists them, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        state: Only in this state.
        """
        return await self._transport.send(
            _LIST_CONFIRMATIONS,
            {"page_size": page_size, "page_token": page_token, "merchant_id": merchant_id, "state": state},
            "",
            timeout_seconds,
        )

    async def list_all_confirmations(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        state: ConfirmationState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Confirmation]:
        """What all pages of `list_confirmations` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_confirmations(
                page_size=page_size,
                merchant_id=merchant_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.confirmations:
                yield one

    async def refuse_invoice_request(
        self, confirmation_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> RefuseInvoiceRequestResponse:
        """Refuses what was asked for, so that the payment may be asked for again. May be repeated by the same
        person. SECOND_PERSON_REQUIRED when who asked wants to refuse.

        confirmation_id: Ours.
        reason: Why.
        """
        return await self._transport.send(
            _REFUSE_INVOICE_REQUEST, {"confirmation_id": confirmation_id, "reason": reason}, "", timeout_seconds
        )

    async def deliver_invoice(
        self,
        invoice_id: str,
        *,
        email: str,
        reason: str,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> DeliverInvoiceResponse:
        """Has the papers of an invoice sent to an address, as soon as there are any. Idempotent by request_id.
        MAIL_OFF where no relay is set.

        invoice_id: The invoice.
        email: Where to.
        reason: Why, in the asker's words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _DELIVER_INVOICE,
            {"invoice_id": invoice_id, "email": email, "reason": reason},
            idempotency_key,
            timeout_seconds,
        )

    async def list_deliveries(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListDeliveriesResponse:
        """Lists the newest deliveries of an invoice, at most 100, newest first.

        invoice_id: The invoice.
        """
        return await self._transport.send(_LIST_DELIVERIES, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def record_delivery_report(
        self, *, message: str, timeout_seconds: float | None = None
    ) -> RecordDeliveryReportResponse:
        """Takes in a delivery report (DSN, RFC 3464) about a mail of ours. The same report again changes
        nothing. NOT_A_REPORT for anything else.

        message: The whole message as it came; what is no UTF-8 in it may be replaced.
        """
        return await self._transport.send(_RECORD_DELIVERY_REPORT, {"message": message}, "", timeout_seconds)

    async def resend_delivery(
        self, delivery_id: str, *, reason: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ResendDeliveryResponse:
        """Sends the same to the same address once more, as a delivery of its own. Idempotent by request_id.
        MAIL_OFF where no relay is set.

        delivery_id: What was sent, or was to be.
        reason: Why, in the asker's words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _RESEND_DELIVERY, {"delivery_id": delivery_id, "reason": reason}, idempotency_key, timeout_seconds
        )

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

    async def file_invoice_application(
        self,
        *,
        invoice_id: str,
        kind: ApplicationKind,
        buyer_title: str = "",
        buyer_tax_id: str = "",
        amount_minor: int = 0,
        why: str,
        proofs: Sequence[ProofFile],
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> FileInvoiceApplicationResponse:
        """Files an application with its proof. Idempotent by request_id.

        invoice_id: The invoice.
        kind: What is the matter.
        buyer_title: The buyer's name as it shall be; empty when it stays.
        buyer_tax_id: The buyer's tax number as it shall be, with buyer_title; empty for a person.
        amount_minor: The amount as it shall be, in minor units; 0 when it stays. Never more than the old
          invoice's.
        why: Why, in the customer's words.
        proofs: What proves it; one file at least.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _FILE_INVOICE_APPLICATION,
            {
                "invoice_id": invoice_id,
                "kind": kind,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "amount_minor": amount_minor,
                "why": why,
                "proofs": proofs,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def get_invoice_application(
        self, application_id: str, *, timeout_seconds: float | None = None
    ) -> GetInvoiceApplicationResponse:
        """Gets an application with its proof and every step.

        application_id: Ours.
        """
        return await self._transport.send(
            _GET_INVOICE_APPLICATION, {"application_id": application_id}, "", timeout_seconds
        )

    async def list_invoice_applications(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        invoice_id: str = "",
        state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListInvoiceApplicationsResponse:
        """Lists applications, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        invoice_id: Only of this invoice.
        state: Only in this state.
        """
        return await self._transport.send(
            _LIST_INVOICE_APPLICATIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "invoice_id": invoice_id,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    async def list_all_invoice_applications(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        invoice_id: str = "",
        state: ApplicationState = "APPLICATION_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[InvoiceApplication]:
        """What all pages of `list_invoice_applications` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        invoice_id: Only of this invoice.
        state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_invoice_applications(
                page_size=page_size,
                merchant_id=merchant_id,
                invoice_id=invoice_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.applications:
                yield one

    async def read_application_proof(
        self, application_id: str, sha256: str, *, timeout_seconds: float | None = None
    ) -> ReadApplicationProofResponse:
        """Reads a file that proves an application, for who reviews it.

        application_id: The application.
        sha256: Of the file.
        """
        return await self._transport.send(
            _READ_APPLICATION_PROOF, {"application_id": application_id, "sha256": sha256}, "", timeout_seconds
        )

    async def read_replacement_copy(
        self, application_id: str, *, timeout_seconds: float | None = None
    ) -> ReadReplacementCopyResponse:
        """Reads the replacement copy that was granted: the frozen document as the authority has it.
        APPLICATION_STATE when none was.

        application_id: The application.
        """
        return await self._transport.send(
            _READ_REPLACEMENT_COPY, {"application_id": application_id}, "", timeout_seconds
        )

    async def review_invoice_application(
        self,
        application_id: str,
        *,
        remedy: Remedy = "REMEDY_UNSPECIFIED",
        why: str,
        timeout_seconds: float | None = None,
    ) -> ReviewInvoiceApplicationResponse:
        """Decides an application. Idempotent. SECOND_PERSON_REQUIRED for who filed it, APPLICATION_STATE when it
        was decided, RED_NOT_POSSIBLE when the invoice cannot be taken back.

        application_id: The application.
        remedy: What is to be done; unset to refuse it.
        why: Why.
        """
        return await self._transport.send(
            _REVIEW_INVOICE_APPLICATION,
            {"application_id": application_id, "remedy": remedy, "why": why},
            "",
            timeout_seconds,
        )

    async def withdraw_invoice_application(
        self, application_id: str, *, why: str, timeout_seconds: float | None = None
    ) -> WithdrawInvoiceApplicationResponse:
        """Takes an application back before it is reviewed. Idempotent. APPLICATION_STATE afterwards.

        application_id: The application.
        why: Why.
        """
        return await self._transport.send(
            _WITHDRAW_INVOICE_APPLICATION, {"application_id": application_id, "why": why}, "", timeout_seconds
        )

    async def correct_invoice(
        self,
        invoice_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        expected_version: int = 0,
        natural_person: bool = False,
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
        natural_person: Whether the buyer is a natural person. Another buyer that is risky is refused: a short
          title without this, a tax id that fails its check digit.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CORRECT_INVOICE,
            {
                "invoice_id": invoice_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "expected_version": expected_version,
                "natural_person": natural_person,
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
        natural_person: bool = False,
        amount_minor: int = 0,
        buyer_email: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestInvoiceResponse:
        """Asks for the invoice of a payment. Idempotent by request_id and by payment: a payment has one invoice,
        and asking again with the same buyer gives it. NOT_INVOICEABLE when the payment has not succeeded or
        is not known here yet. What is risky (a short title, a tax id that fails its check digit, a large
        amount) is not issued: the answer has a confirmation, for ConfirmationService.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        natural_person: Whether the buyer is a natural person. A short title without it has to be confirmed by
          a second person.
        amount_minor: What the applicant thinks is left of the payment, in minor units; 0 when not told.
          Another amount is refused.
        buyer_email: Where the invoice is sent by mail when it is in the books; empty for nowhere.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _REQUEST_INVOICE,
            {
                "payment_id": payment_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "natural_person": natural_person,
                "amount_minor": amount_minor,
                "buyer_email": buyer_email,
            },
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

    async def create_link(
        self,
        invoice_id: str,
        *,
        purpose: LinkPurpose,
        valid_seconds: int = 0,
        reason: str,
        timeout_seconds: float | None = None,
    ) -> CreateLinkResponse:
        """Makes a link to an invoice. Each is another; none is kept, and none can be called back but by its key.
        LINKS_OFF where the settings name no public address or no key.

        invoice_id: The invoice.
        purpose: What it is for.
        valid_seconds: How long it opens, at most 400 days; 0 for as long as the settings say.
        reason: Why, in the asker's words.
        """
        return await self._transport.send(
            _CREATE_LINK,
            {"invoice_id": invoice_id, "purpose": purpose, "valid_seconds": valid_seconds, "reason": reason},
            "",
            timeout_seconds,
        )

    async def decide_abandonment(
        self, abandonment_id: str, *, reason: str, approve: bool = False, timeout_seconds: float | None = None
    ) -> DecideAbandonmentResponse:
        """Decides a proposal: approves it, which leaves the invoice for good, or declines it. Never by who
        proposed it, which is SECOND_PERSON_REQUIRED. The same decision again changes nothing.

        abandonment_id: The proposal.
        reason: Why.
        approve: True to leave the invoice for good, false to decline.
        """
        return await self._transport.send(
            _DECIDE_ABANDONMENT,
            {"abandonment_id": abandonment_id, "reason": reason, "approve": approve},
            "",
            timeout_seconds,
        )

    async def export_manual_package(
        self,
        *,
        seller_tax_id: str,
        reason: str,
        limit: int = 0,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ExportManualPackageResponse:
        """Exports what waits to be sent for a seller, in the authority's format, with its checklist. What is
        exported is MANUAL from then on: nothing sends it, and it counts as booked when the authority shows
        it. Idempotent by request_id, which gives the same file again. NOT_FOUND when nothing waits.

        seller_tax_id: The seller.
        reason: Why it cannot go the usual way.
        limit: How many invoices at most, the oldest first; 0 means 1,000, which is the most.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _EXPORT_MANUAL_PACKAGE,
            {"seller_tax_id": seller_tax_id, "reason": reason, "limit": limit},
            idempotency_key,
            timeout_seconds,
        )

    async def get_manual_package(
        self, package_id: str, *, timeout_seconds: float | None = None
    ) -> GetManualPackageResponse:
        """Gets one package with its invoices and steps.

        package_id: Ours.
        """
        return await self._transport.send(_GET_MANUAL_PACKAGE, {"package_id": package_id}, "", timeout_seconds)

    async def import_manual_receipt(
        self, content: Content, *, package_id: str, timeout_seconds: float | None = None
    ) -> ImportManualReceiptResponse:
        """Imports the receipt of a package: each of its invoices is asked for at the authority at once. A
        receipt proves nothing and books nothing. RECEIPT_REFUSED for one that is not of this package, not
        whole, or names another file; then nothing changes. The same receipt again changes nothing either.
        Over HTTP the body is the receipt's raw bytes and the header's fields are query parameters.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        package_id: The package.
        """
        return await self._transport.upload(
            _IMPORT_MANUAL_RECEIPT, content, {"package_id": package_id}, "", timeout_seconds
        )

    async def list_manual_packages(
        self, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListManualPackagesResponse:
        """Lists packages, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_MANUAL_PACKAGES, {"page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def list_all_manual_packages(
        self, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[ManualPackage]:
        """What all pages of `list_manual_packages` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_manual_packages(
                page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.packages:
                yield one

    async def propose_abandonment(
        self, *, invoice_id: str, reason: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> ProposeAbandonmentResponse:
        """Proposes to leave an invoice for good; another person decides. Idempotent by request_id.
        NOT_ABANDONABLE for what is in the books, being sent, or ended already.

        invoice_id: The invoice.
        reason: Why.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _PROPOSE_ABANDONMENT, {"invoice_id": invoice_id, "reason": reason}, idempotency_key, timeout_seconds
        )

    async def release_manual_package(
        self, package_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> ReleaseManualPackageResponse:
        """Gives a package back: what of it is MANUAL still is UNKNOWN from then on, asked for, and sent again by
        itself only when its absence is proved. Repeating it does no harm.

        package_id: The package.
        reason: Why.
        """
        return await self._transport.send(
            _RELEASE_MANUAL_PACKAGE, {"package_id": package_id, "reason": reason}, "", timeout_seconds
        )

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

    async def list_papers(self, invoice_id: str, *, timeout_seconds: float | None = None) -> ListPapersResponse:
        """Lists the files of an invoice, the newest version first, with their copies.

        invoice_id: The invoice.
        """
        return await self._transport.send(_LIST_PAPERS, {"invoice_id": invoice_id}, "", timeout_seconds)

    async def summarize_archive(self, *, timeout_seconds: float | None = None) -> SummarizeArchiveResponse:
        """Counts the copies in each place of the archive by state, with when the oldest of them was last read
        whole.
        """
        return await self._transport.send(_SUMMARIZE_ARCHIVE, {}, "", timeout_seconds)

    async def get_parity_run(
        self, run_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> GetParityRunResponse:
        """Gets one comparison with its differences, by page.

        run_id: Ours.
        page_size: How many differences at most; 0 means 1,000, which is the most.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _GET_PARITY_RUN, {"run_id": run_id, "page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def get_all_parity_run(
        self, run_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[ParityDifference]:
        """What all pages of `get_parity_run` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: Ours.
        page_size: How many differences at most; 0 means 1,000, which is the most.
        """
        async for page in async_pages(
            lambda token: self.get_parity_run(
                run_id=run_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.differences:
                yield one

    async def list_parity_runs(
        self, *, page_size: int = 0, page_token: str = "", seller_tax_id: str = "", timeout_seconds: float | None = None
    ) -> ListParityRunsResponse:
        """Lists comparisons, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        seller_tax_id: Only of this seller.
        """
        return await self._transport.send(
            _LIST_PARITY_RUNS,
            {"page_size": page_size, "page_token": page_token, "seller_tax_id": seller_tax_id},
            "",
            timeout_seconds,
        )

    async def list_all_parity_runs(
        self, *, page_size: int = 0, seller_tax_id: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[ParityRun]:
        """What all pages of `list_parity_runs` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        seller_tax_id: Only of this seller.
        """
        async for page in async_pages(
            lambda token: self.list_parity_runs(
                page_size=page_size, seller_tax_id=seller_tax_id, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.runs:
                yield one

    async def run_parity(
        self, *, seller_tax_id: str, period: str, timeout_seconds: float | None = None
    ) -> RunParityResponse:
        """Compares a seller's control totals of a day or a month, and names the invoices that differ. Repeating
        it does no harm: what comes to the same as the last comparison of the period is that one. UNAVAILABLE
        when the authority does not tell its totals now; then nothing is kept.

        seller_tax_id: The seller.
        period: A day, 2026-03-01, or a month, 2026-03, that has begun.
        """
        return await self._transport.send(
            _RUN_PARITY, {"seller_tax_id": seller_tax_id, "period": period}, "", timeout_seconds
        )

    async def diagnose_file(
        self, content: Content, *, file_name: str = "", timeout_seconds: float | None = None
    ) -> DiagnoseFileResponse:
        """Reads an XML, an OFD, a PDF with text, or a picture with the invoice's code, and diagnoses what it
        names. It stores nothing. Over HTTP the body is the file's raw bytes and the header's fields are query
        parameters. FILE_REFUSED, with the rule and the cure, for what is none of these or was made to do
        harm; NOTHING_RECOGNIZED when it names no invoice.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty. What it is, is told by its bytes.
        """
        return await self._transport.upload(_DIAGNOSE_FILE, content, {"file_name": file_name}, "", timeout_seconds)

    async def get_invoiceable_amount(
        self, payment_id: str, *, timeout_seconds: float | None = None
    ) -> GetInvoiceableAmountResponse:
        """Tells what of a payment is invoiced, and what may be.

        payment_id: The payment.
        """
        return await self._transport.send(_GET_INVOICEABLE_AMOUNT, {"payment_id": payment_id}, "", timeout_seconds)

    async def get_red_letter(self, red_letter_id: str, *, timeout_seconds: float | None = None) -> GetRedLetterResponse:
        """Gets a red letter with every step of it.

        red_letter_id: Ours.
        """
        return await self._transport.send(_GET_RED_LETTER, {"red_letter_id": red_letter_id}, "", timeout_seconds)

    async def invoice_remainder(
        self,
        payment_id: str,
        *,
        buyer_title: str,
        buyer_tax_id: str = "",
        natural_person: bool = False,
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> InvoiceRemainderResponse:
        """Issues an invoice for all of a payment that no invoice holds: after a red letter, or when a chargeback
        was won. Idempotent by request_id. NOT_INVOICEABLE when nothing is left.

        payment_id: The payment.
        buyer_title: The buyer's name as it shall stand on the invoice.
        buyer_tax_id: The buyer's tax number, 15 to 20 capitals and digits; empty for a person.
        natural_person: Whether the buyer is a natural person. Another buyer that is risky is refused: a short
          title without this, a tax id that fails its check digit.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _INVOICE_REMAINDER,
            {
                "payment_id": payment_id,
                "buyer_title": buyer_title,
                "buyer_tax_id": buyer_tax_id,
                "natural_person": natural_person,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def list_red_letters(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        invoice_id: str = "",
        state: RedState = "RED_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListRedLettersResponse:
        """Lists red letters, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        invoice_id: Only of this blue invoice.
        state: Only in this state.
        """
        return await self._transport.send(
            _LIST_RED_LETTERS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "invoice_id": invoice_id,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    async def list_all_red_letters(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        invoice_id: str = "",
        state: RedState = "RED_STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[RedLetter]:
        """What all pages of `list_red_letters` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        invoice_id: Only of this blue invoice.
        state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_red_letters(
                page_size=page_size,
                merchant_id=merchant_id,
                invoice_id=invoice_id,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.red_letters:
                yield one

    async def move_red_letter(
        self, red_letter_id: str, *, move: RedMove, why: str, timeout_seconds: float | None = None
    ) -> MoveRedLetterResponse:
        """Has the form confirmed, refused or withdrawn, which shows as wanted_move until the authority did it.
        Idempotent. RED_LETTER_STATE when the seller cannot do that now.

        red_letter_id: The red letter.
        move: What is to be done.
        why: Why.
        """
        return await self._transport.send(
            _MOVE_RED_LETTER, {"red_letter_id": red_letter_id, "move": move, "why": why}, "", timeout_seconds
        )

    async def request_red_letter(
        self,
        *,
        invoice_id: str,
        amount_minor: int = 0,
        reason: RedReason,
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> RequestRedLetterResponse:
        """Asks for a red letter for all or a part of a booked invoice. Idempotent by request_id.
        RED_NOT_POSSIBLE when the invoice is not in the books, has an active red letter, or less of it is
        left.

        invoice_id: The blue invoice.
        amount_minor: How much to take back, in minor units, above zero; 0 for all that is left of the
          invoice.
        reason: Why.
        note: In the person's own words.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _REQUEST_RED_LETTER,
            {"invoice_id": invoice_id, "amount_minor": amount_minor, "reason": reason, "note": note},
            idempotency_key,
            timeout_seconds,
        )

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
