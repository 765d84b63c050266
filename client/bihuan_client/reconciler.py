"""reconciler: its messages and its calls.

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

# Why a payment and the channel's statement do not agree. The viewpoint is fixed: money at the channel against
# our books. 长款 means that the channel has more than the books, 短款 that it has less.
ExceptionClass: TypeAlias = Literal[
    # Never sent.
    "EXCEPTION_CLASS_UNSPECIFIED",
    # 长款·平台漏单: a line at the channel, nothing in the books.
    "EXCEPTION_CLASS_CHANNEL_ONLY",
    # 短款·渠道漏单: succeeded in the books, no line at the channel.
    "EXCEPTION_CLASS_PLATFORM_ONLY",
    # 长款·金额不符(渠道多): same key, the channel's amount is larger.
    "EXCEPTION_CLASS_AMOUNT_CHANNEL_OVER",
    # 短款·金额不符(渠道少): same key, the channel's amount is smaller.
    "EXCEPTION_CLASS_AMOUNT_CHANNEL_SHORT",
    # 币种不符: same key, another currency.
    "EXCEPTION_CLASS_CURRENCY_MISMATCH",
    # 重复缴费: one bill paid twice and both are at the channel.
    "EXCEPTION_CLASS_DUPLICATE_PAYMENT",
    # 账单行重复: the same transaction stands twice in the channel's statement.
    "EXCEPTION_CLASS_DUPLICATE_LINE",
    # 平台重复入账: two of our payments claim one line.
    "EXCEPTION_CLASS_DUPLICATE_BOOKING",
    # 渠道有退款平台无: a refund at the channel that the books do not have.
    "EXCEPTION_CLASS_REFUND_CHANNEL_ONLY",
    # 单号异常: the channel's number and the merchant's order number lead to two different payments.
    "EXCEPTION_CLASS_REFERENCE_CONFLICT",
    # 渠道其他收支平台无: an entry that is neither a payment nor a refund (a fee, a debit, a chargeback, a
    # transfer); the books hold none of these.
    "EXCEPTION_CLASS_ENTRY_CHANNEL_ONLY",
]

# Where it is.
ExceptionState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Nobody has cleared it.
    "STATE_OPEN",
    # A later run found what was missing.
    "STATE_RESOLVED",
]

# How the pair was found.
MatchKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # Equal keys, amount, currency and business day.
    "KIND_EXACT",
    # Equal, but the channel booked it on the other side of the cut-off. 跨日
    "KIND_CROSS_DAY",
]

# Where it is.
RunState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Waits for its turn.
    "STATE_PENDING",
    # At work.
    "STATE_RUNNING",
    # Done, and every row has its place.
    "STATE_SUCCEEDED",
    # Not done; failure_reason tells why and nothing was decided.
    "STATE_FAILED",
]

# Where it is.
StatementFetchState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # The channel does not have it yet, and its deadline has not passed.
    "STATE_WAITING",
    # Its bytes came; they are being loaded.
    "STATE_FETCHED",
    # It is loaded.
    "STATE_LOADED",
    # Its bytes came and break a rule; it is loaded when the channel has others.
    "STATE_REFUSED",
    # 对账单缺失: the deadline has passed without it; it is still asked for until give_up_time.
    "STATE_MISSING",
]

# What the money was, seen from the account holder.
StatementLineKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # A payment by the customer.
    "KIND_PAYMENT",
    # A refund to the customer.
    "KIND_REFUND",
    # An entry of an account: money in.
    "KIND_CREDIT",
    # An entry of an account: money out.
    "KIND_DEBIT",
    # What the channel keeps. 手续费
    "KIND_FEE",
    # A payment that was taken back without a refund of ours. 拒付
    "KIND_CHARGEBACK",
    # Between accounts of one holder: a payout, a top-up, a change of currency.
    "KIND_TRANSFER",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStatementResponse:
    """What the check found."""

    report: StatementReport | None = None
    """What the file says, and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotal:
    """The exceptions of one class."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """The class."""

    exception_count: int = 0
    """How many."""

    book_sums: Sequence[Money] = ()
    """The books' money in them, by currency."""

    channel_sums: Sequence[Money] = ()
    """The channel's money in them, signed, by currency."""

    payment_count: int = 0
    """Exceptions that hold a payment."""

    line_count: int = 0
    """Exceptions that hold a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnName:
    """A column of a file and the field of a line that it is read as."""

    field: str = ""
    """Such as merchant_order_no."""

    header: str = ""
    """As the file names the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotal:
    """One total that the file states, and what its lines add up to."""

    name: str = ""
    """As the file names it."""

    declared: str = ""
    """As the file states it, an exact decimal."""

    computed: str = ""
    """As we computed it, an exact decimal."""

    ties: bool = False
    """Whether both are equal; a loaded statement has no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLine:
    """A line as a report shows it."""

    time: str = ""
    """As the file writes it."""

    amount: Money | None = None
    """Signed: money in is above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetExceptionResponse:
    """One exception."""

    exception: ReconcilerException | None = None
    """The exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRunResponse:
    """One run."""

    run: Run | None = None
    """The run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetStatementResponse:
    """One statement."""

    statement: Statement | None = None
    """The statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetUploadResponse:
    """How far an upload is."""

    received_bytes: int = 0
    """The bytes that are kept of it: what resume_from_bytes has to say. 0 when it begins anew."""

    expire_time: datetime | None = None
    """Until when they are kept; unset when there are none."""

    statement_id: str = ""
    """The statement, once the upload has ended well; empty before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestStatementResponse:
    """The statement as loaded."""

    statement: Statement | None = None
    """The statement."""

    replayed: bool = False
    """True when this request had loaded it before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExceptionsResponse:
    """A page of exceptions."""

    exceptions: Sequence[ReconcilerException] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMatchesResponse:
    """A page of matches."""

    matches: Sequence[Match] = ()
    """In order of payment."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatementFetchesResponse:
    """A page of days."""

    statement_fetches: Sequence[StatementFetch] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatementLinesResponse:
    """A page of lines."""

    lines: Sequence[StatementLine] = ()
    """In the order of the file."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatementsResponse:
    """A page of statements."""

    statements: Sequence[Statement] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A payment and a statement line that are the same money. 匹配"""

    match_id: str = ""
    """Ours."""

    run_id: str = ""
    """The run."""

    payment_id: str = ""
    """The payment."""

    line_id: str = ""
    """The statement line."""

    kind: MatchKind = "KIND_UNSPECIFIED"
    """How it was found."""

    key: str = ""
    """The key that joined them: channel_txn_no or merchant_order_no."""

    amount: Money | None = None
    """The money."""

    trace_id: str = ""
    """The trace of the payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The inputs of a run."""

    statement_sha256s: Sequence[str] = ()
    """The statements, in order of loading."""

    payments_manifest_digest: bytes = b""
    """The digest that payments gave for the day."""

    rule_set_version: str = ""
    """The rules that were used."""

    neighbours_digest: bytes = b""
    """A digest of what the days beside have to do with the day: their payments that its lines lead to, and its
    own payments that a run of theirs holds already.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilerException:
    """A difference that somebody has to clear. 对账差异"""

    exception_id: str = ""
    """Ours."""

    run_id: str = ""
    """The run that found it."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """Its class."""

    exception_class_zh: str = ""
    """The class in Chinese, with its viewpoint."""

    state: ExceptionState = "STATE_UNSPECIFIED"
    """Where it is."""

    payment_id: str = ""
    """The payment in question; empty when the books have none."""

    line_id: str = ""
    """The statement's line in question; empty when the channel has none."""

    merchant_order_no: str = ""
    """The merchant's order number of either."""

    book_amount: Money | None = None
    """What the books say; unset when they have nothing."""

    channel_amount: Money | None = None
    """What the channel says, signed; unset when it has nothing."""

    explanation: str = ""
    """Why it was classed so, in English."""

    explanation_zh: str = ""
    """The same in Chinese."""

    trace_id: str = ""
    """The trace of the payment; empty when there is none."""

    create_time: datetime | None = None
    """When it was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """How many physical lines ended in each way; they add up to the file."""

    booked: int = 0
    """Lines that move money."""

    neutral: int = 0
    """Lines that are listed but move none."""

    frame: int = 0
    """Preamble, header, totals, blank lines."""

    quarantined: int = 0
    """Lines that could not be read; a loaded statement has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One comparison of the books with a channel's statements for one business day. 对账批次"""

    run_id: str = ""
    """Ours."""

    channel: str = ""
    """The channel."""

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD."""

    state: RunState = "STATE_UNSPECIFIED"
    """Where it is."""

    pins: Pins | None = None
    """What it was made from; equal pins give an equal digest."""

    output_digest: bytes = b""
    """SHA-256 over every outcome in a fixed order; empty until it has succeeded."""

    totals: RunTotals | None = None
    """What came out."""

    failure_reason: str = ""
    """An ErrorReason without its prefix; empty unless it failed."""

    failure_message: str = ""
    """A sentence for people; empty unless it failed."""

    create_time: datetime | None = None
    """When it was asked for."""

    end_time: datetime | None = None
    """When it ended."""

    rows_done: int = 0
    """Rows with a place so far."""

    rows_total: int = 0
    """Rows in all; 0 until they are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """Counts and money of a run. Each row is in exactly one place, so both sides add up: payment_count =
    matched_count + exceptions with a payment; line_count = matched_count + exceptions with a line.
    """

    payment_count: int = 0
    """Payments in the run."""

    payment_sums: Sequence[Money] = ()
    """Their money, by currency."""

    line_count: int = 0
    """Statement lines in the run."""

    line_sums: Sequence[Money] = ()
    """Their money, signed, by currency."""

    matched_count: int = 0
    """Pairs that agree."""

    matched_sums: Sequence[Money] = ()
    """Their money, by currency."""

    cross_day_count: int = 0
    """Those of them that crossed the cut-off. 跨日"""

    exceptions: Sequence[ClassTotal] = ()
    """The exceptions, by class, in order of class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRunResponse:
    """The run as it stands."""

    run: Run | None = None
    """The run."""

    replayed: bool = False
    """True when this request had started it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A file in which a channel or bank says what it did, mostly on one business day. 对账单"""

    statement_id: str = ""
    """Ours."""

    file_sha256: str = ""
    """SHA-256 of the file's bytes, 64 hex digits; the file is kept under it."""

    file_name: str = ""
    """The name that it came with; not trusted for anything."""

    channel: str = ""
    """The channel that it speaks for."""

    account_no: str = field(default="", repr=False)
    """The account or merchant number at the channel, as the file tells or else its sender; empty when neither
    does.
    """

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD; the last one of a file that covers several."""

    profile_id: str = ""
    """The profile that read it, and its version."""

    profile_version: int = 0
    """Versions of a profile never change."""

    encoding: str = ""
    """As found, such as utf-8, utf-8-sig, gb18030; empty for a workbook."""

    rows: RowCounts | None = None
    """How each physical line of the file ended."""

    sums_in: Sequence[Money] = ()
    """Money in, one for each currency, by code."""

    sums_out: Sequence[Money] = ()
    """Money out as positive amounts, one for each currency, by code."""

    controls: Sequence[ControlTotal] = ()
    """The file's own totals beside ours."""

    create_time: datetime | None = None
    """When it was loaded."""

    first_date: str = ""
    """The first business day that it covers, YYYY-MM-DD."""

    last_date: str = ""
    """The last business day that it covers, YYYY-MM-DD."""

    known_rows: int = 0
    """The lines of it that were not loaded, since an earlier statement of the account has them."""

    late_rows: int = 0
    """The lines of it that came late: of a day before the one that the file states, or of a day that was
    reconciled.
    """

    size_bytes: int = 0
    """The bytes of the file."""

    vouched_by: str = ""
    """Who vouched that its lines which equal earlier ones are new; empty when nobody did."""

    vouched_reason: str = ""
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementError:
    """A rule that a file breaks, where, and what its sender can do."""

    code: str = ""
    """Such as E-AMOUNT."""

    line: int = 0
    """The physical line, from 1; 0 when it is about the whole file."""

    column: str = ""
    """The file's own header, or the name of a total; empty when it is about the line."""

    value: str = ""
    """What stood there, cut short."""

    rule: str = ""
    """What must hold."""

    cure: str = ""
    """What its sender can do."""

    rule_zh: str = ""
    """The rule in Chinese."""

    cure_zh: str = ""
    """The cure in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFetch:
    """The statement of one business day that is fetched from one source. 对账单拉取"""

    fetch_id: str = ""
    """Ours: the day and the source. A file that is loaded by hand for this day has "fetch." and this as its
    request_id.
    """

    source_id: str = ""
    """The source, as the configuration names it."""

    channel: str = ""
    """The channel."""

    account_no: str = field(default="", repr=False)
    """The account that the file has to be of; empty when the configuration names none."""

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD."""

    state: StatementFetchState = "STATE_UNSPECIFIED"
    """Where it is."""

    alert: str = ""
    """STATEMENT_MISSING or STATEMENT_REFUSED while a person should look; else empty."""

    late: bool = False
    """Whether it was loaded after its deadline."""

    attempts: int = 0
    """How often it was tried."""

    cause: str = ""
    """Why the last try brought no statement, such as NOT_THERE, HOST_KEY or the code of a refusal; empty when it
    did.
    """

    detail: str = ""
    """The same for people."""

    available_time: datetime | None = None
    """Before this it is not asked for."""

    deadline_time: datetime | None = None
    """After this it is missing."""

    give_up_time: datetime | None = None
    """After this it is asked for no more."""

    try_time: datetime | None = None
    """The last try; unset when there was none."""

    next_try_time: datetime | None = None
    """The next try; unset when there is to be none. During a try, when that is given up for lost."""

    file_name: str = ""
    """The channel's name of the last file that came."""

    file_sha256: str = ""
    """The SHA-256 of its bytes, in hex."""

    fetch_time: datetime | None = None
    """When it came; unset when none did."""

    statement_id: str = ""
    """The statement; empty until it is loaded."""

    load_time: datetime | None = None
    """When it was loaded; unset until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One line of a statement. 对账单明细"""

    line_id: str = ""
    """Ours."""

    statement_id: str = ""
    """The statement."""

    line_no: int = 0
    """Its physical line in the file, from 1; of a workbook the row."""

    kind: StatementLineKind = "KIND_UNSPECIFIED"
    """What the money was."""

    channel_txn_no: str = ""
    """The channel's number for the transaction."""

    merchant_order_no: str = ""
    """The merchant's order number."""

    channel_refund_no: str = ""
    """The channel's number for the refund; empty for a payment."""

    amount: Money | None = None
    """Signed: money in is above zero."""

    book_time: datetime | None = None
    """When the channel booked it; unset when the file gives only a date."""

    book_local: str = ""
    """The same as the file writes it, in the channel's own time."""

    business_date: str = ""
    """The business day that it falls on, YYYY-MM-DD."""

    merchant_refund_no: str = ""
    """The merchant's number for the refund; empty when there is none."""

    status: str = ""
    """As the file writes it; empty when it has none."""

    fee_text: str = ""
    """What the channel kept, in major units as the file writes it; empty when it does not tell."""

    account_no: str = field(default="", repr=False)
    """The account that it belongs to, as the file tells or else its sender; empty when neither does."""

    entry_ref: str = ""
    """The reference of who keeps the account; empty when there is none."""

    original_txn_no: str = ""
    """The channel's number of the transaction that it refers to; empty when there is none."""

    value_date: str = ""
    """From when the money counts, YYYY-MM-DD; empty when the file does not tell."""

    balance_after: Money | None = None
    """The account's balance after it; unset when the file does not tell."""

    reversal: bool = False
    """Whether it undoes another line; the sign of its amount says so already."""

    late: bool = False
    """Whether it came late: of a day before the one that its file states, or of a day that was reconciled."""

    byte_offset: int = 0
    """Where it begins in the file, in bytes; -1 in a workbook."""

    byte_size: int = 0
    """Its bytes, without the line end; 0 when the row has no bytes of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementReport:
    """What a check found in a file. Nothing is stored."""

    loadable: bool = False
    """Whether it would be loaded: every line is understood and every total ties."""

    profile_id: str = ""
    """The profile that reads it; empty when none claims it."""

    profile_version: int = 0
    """Versions of a profile never change."""

    encoding: str = ""
    """As found, such as gb18030."""

    channel: str = ""
    """The channel; empty when the caller has to name it."""

    account_no: str = field(default="", repr=False)
    """The account or merchant number at the channel; empty when the file does not tell, or tells several."""

    first_date: str = ""
    """The first business day that it covers, YYYY-MM-DD; empty when it does not tell."""

    last_date: str = ""
    """The last business day that it covers."""

    rows: RowCounts | None = None
    """How each physical line ended."""

    sums_in: Sequence[Money] = ()
    """Money in, one for each currency, by code."""

    sums_out: Sequence[Money] = ()
    """Money out as positive amounts, one for each currency, by code."""

    first: EdgeLine | None = None
    """The first line in the order of the file; unset when there is none."""

    last: EdgeLine | None = None
    """The last one."""

    controls: Sequence[ControlTotal] = ()
    """The file's own totals beside ours."""

    errors: Sequence[StatementError] = ()
    """The first errors, 100 at most, in the order of the file."""

    error_count: int = 0
    """All errors."""

    warnings: Sequence[StatementError] = ()
    """What is odd but refuses nothing."""

    columns: Sequence[ColumnName] = ()
    """Which column is read as what."""

    draft: str = ""
    """For a file that no profile claims: a profile that may fit, as YAML, for a person to confirm. Empty
    otherwise.
    """


_GET_EXCEPTION = Operation(
    name="get_exception",
    verb="GET",
    template="/v1/exceptions/{exception_id}",
    body="",
    answer=GetExceptionResponse,
    variables=("exception_id",),
)
_LIST_EXCEPTIONS = Operation(
    name="list_exceptions", verb="GET", template="/v1/exceptions", body="", answer=ListExceptionsResponse
)
_GET_RUN = Operation(
    name="get_run", verb="GET", template="/v1/runs/{run_id}", body="", answer=GetRunResponse, variables=("run_id",)
)
_LIST_MATCHES = Operation(
    name="list_matches",
    verb="GET",
    template="/v1/runs/{run_id}/matches",
    body="",
    answer=ListMatchesResponse,
    variables=("run_id",),
)
_START_RUN = Operation(
    name="start_run", verb="POST", template="/v1/runs", body="*", answer=StartRunResponse, takes_key=True, mutates=True
)
_LIST_STATEMENT_FETCHES = Operation(
    name="list_statement_fetches",
    verb="GET",
    template="/v1/statement-fetches",
    body="",
    answer=ListStatementFetchesResponse,
)
_CHECK_STATEMENT = Operation(
    name="check_statement",
    verb="POST",
    template="/v1/statements:check",
    body="chunk",
    answer=CheckStatementResponse,
    is_upload=True,
)
_GET_STATEMENT = Operation(
    name="get_statement",
    verb="GET",
    template="/v1/statements/{statement_id}",
    body="",
    answer=GetStatementResponse,
    variables=("statement_id",),
)
_GET_UPLOAD = Operation(
    name="get_upload",
    verb="GET",
    template="/v1/statement-uploads/{request_id}",
    body="",
    answer=GetUploadResponse,
    variables=("request_id",),
)
_INGEST_STATEMENT = Operation(
    name="ingest_statement",
    verb="POST",
    template="/v1/statements:ingest",
    body="chunk",
    answer=IngestStatementResponse,
    takes_key=True,
    mutates=True,
    is_upload=True,
)
_LIST_STATEMENT_LINES = Operation(
    name="list_statement_lines",
    verb="GET",
    template="/v1/statements/{statement_id}/lines",
    body="",
    answer=ListStatementLinesResponse,
    variables=("statement_id",),
)
_LIST_STATEMENTS = Operation(
    name="list_statements", verb="GET", template="/v1/statements", body="", answer=ListStatementsResponse
)


class Reconciler:
    """The calls of reconciler, blocking. Each raises Refused or NoAnswer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_exception(self, exception_id: str, *, timeout_seconds: float | None = None) -> GetExceptionResponse:
        """Gets one exception.

        exception_id: Ours.
        """
        return self._transport.send(_GET_EXCEPTION, {"exception_id": exception_id}, "", timeout_seconds)

    def list_exceptions(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        run_id: str = "",
        exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED",
        state: ExceptionState = "STATE_UNSPECIFIED",
        payment_id: str = "",
        timeout_seconds: float | None = None,
    ) -> ListExceptionsResponse:
        """Lists exceptions, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        """
        return self._transport.send(
            _LIST_EXCEPTIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "run_id": run_id,
                "exception_class": exception_class,
                "state": state,
                "payment_id": payment_id,
            },
            "",
            timeout_seconds,
        )

    def list_all_exceptions(
        self,
        *,
        page_size: int = 0,
        run_id: str = "",
        exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED",
        state: ExceptionState = "STATE_UNSPECIFIED",
        payment_id: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[ReconcilerException]:
        """What all pages of `list_exceptions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        """
        for page in pages(
            lambda token: self.list_exceptions(
                page_size=page_size,
                run_id=run_id,
                exception_class=exception_class,
                state=state,
                payment_id=payment_id,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.exceptions

    def get_run(self, run_id: str, *, timeout_seconds: float | None = None) -> GetRunResponse:
        """Gets one run with its progress or its totals.

        run_id: Ours.
        """
        return self._transport.send(_GET_RUN, {"run_id": run_id}, "", timeout_seconds)

    def list_matches(
        self, run_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListMatchesResponse:
        """Lists the matches of a run, by page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_MATCHES, {"run_id": run_id, "page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    def list_all_matches(
        self, run_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[Match]:
        """What all pages of `list_matches` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_matches(
                run_id=run_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.matches

    def start_run(
        self, *, channel: str, business_date: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> StartRunResponse:
        """Asks for a run, which goes on after the answer; GetRun tells how far it is. Idempotent by request_id.
        RUN_IN_PROGRESS when one for the channel and day has not ended.

        channel: The channel.
        business_date: The channel's business day, YYYY-MM-DD.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _START_RUN, {"channel": channel, "business_date": business_date}, idempotency_key, timeout_seconds
        )

    def list_statement_fetches(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        state: StatementFetchState = "STATE_UNSPECIFIED",
        source_id: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListStatementFetchesResponse:
        """Lists the business days of the sources that statements are fetched from, newest first, by page. With
        the state MISSING it is the list of what somebody has to ask a channel for (STATEMENT_MISSING).

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        state: Only in this state.
        source_id: Only of this source.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        return self._transport.send(
            _LIST_STATEMENT_FETCHES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "state": state,
                "source_id": source_id,
                "channel": channel,
                "business_date": business_date,
            },
            "",
            timeout_seconds,
        )

    def list_all_statement_fetches(
        self,
        *,
        page_size: int = 0,
        state: StatementFetchState = "STATE_UNSPECIFIED",
        source_id: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[StatementFetch]:
        """What all pages of `list_statement_fetches` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        state: Only in this state.
        source_id: Only of this source.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        for page in pages(
            lambda token: self.list_statement_fetches(
                page_size=page_size,
                state=state,
                source_id=source_id,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.statement_fetches

    def check_statement(
        self,
        content: Content,
        *,
        file_name: str = "",
        channel: str = "",
        profile_id: str = "",
        account_no: str = "",
        timeout_seconds: float | None = None,
    ) -> CheckStatementResponse:
        """Reads a file as IngestStatement would and tells all that it finds; it stores nothing. Over HTTP the
        body is the file's raw bytes and the header's fields are query parameters.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty.
        channel: The channel; needed when the layout is of no one channel, and else empty or the one that the
          layout is of.
        profile_id: The profile that has to read it; empty to find the one that claims the file.
        account_no: The account; of a file that does not tell it, and else empty or the one that the file
          tells.
        """
        return self._transport.upload(
            _CHECK_STATEMENT,
            content,
            {"file_name": file_name, "channel": channel, "profile_id": profile_id, "account_no": account_no},
            "",
            timeout_seconds,
        )

    def get_statement(self, statement_id: str, *, timeout_seconds: float | None = None) -> GetStatementResponse:
        """Gets one statement.

        statement_id: Ours.
        """
        return self._transport.send(_GET_STATEMENT, {"statement_id": statement_id}, "", timeout_seconds)

    def get_upload(self, request_id: str, *, timeout_seconds: float | None = None) -> GetUploadResponse:
        """Tells how much has come of an upload that has not ended, so that it can go on from there.

        request_id: The request_id of its header.
        """
        return self._transport.send(_GET_UPLOAD, {"request_id": request_id}, "", timeout_seconds)

    def ingest_statement(
        self,
        content: Content,
        *,
        file_name: str = "",
        channel: str = "",
        profile_id: str = "",
        resume_from_bytes: int = 0,
        file_sha256: str = "",
        account_no: str = "",
        keep_equal_lines: bool = False,
        vouched_by: str = "",
        reason: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> IngestStatementResponse:
        """Reads a file and loads it whole, or refuses it whole with the line and the reason. Over HTTP the body
        is the file's raw bytes and the header's fields are query parameters. Idempotent by request_id; the
        same bytes under another request_id are refused as DUPLICATE_FILE.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty.
        channel: The channel; needed when the layout is of no one channel, and else empty or the one that the
          layout is of.
        profile_id: The profile that has to read it; empty to find the one that claims the file.
        resume_from_bytes: How many of the file's bytes came before, as GetUpload tells; 0 to send the file
          from its beginning.
        file_sha256: The SHA-256 of the whole file in lower-case hex, which what came must have. Needed with
          resume_from_bytes, since parts of two files could else be taken for one; else it may be empty.
        account_no: The account; of a file that does not tell it, and else empty or the one that the file
          tells. Many banks' exports tell none, so that two cards without it are one account.
        keep_equal_lines: Whether a person vouches that lines which nothing tells from loaded ones, such as a
          second equal fee, are new: without a number or a balance they else make the file overlap. It is of
          all such lines of the file.
        vouched_by: Who vouches for it; needed with keep_equal_lines.
        reason: Why; needed with keep_equal_lines.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.upload(
            _INGEST_STATEMENT,
            content,
            {
                "file_name": file_name,
                "channel": channel,
                "profile_id": profile_id,
                "resume_from_bytes": resume_from_bytes,
                "file_sha256": file_sha256,
                "account_no": account_no,
                "keep_equal_lines": keep_equal_lines,
                "vouched_by": vouched_by,
                "reason": reason,
            },
            idempotency_key,
            timeout_seconds,
        )

    def list_statement_lines(
        self, statement_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListStatementLinesResponse:
        """Lists the lines of a statement in the order of the file, by page.

        statement_id: The statement.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_STATEMENT_LINES,
            {"statement_id": statement_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    def list_all_statement_lines(
        self, statement_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[StatementLine]:
        """What all pages of `list_statement_lines` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        statement_id: The statement.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_statement_lines(
                statement_id=statement_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.lines

    def list_statements(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListStatementsResponse:
        """Lists statements, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        channel: Only of this channel.
        business_date: Only those that cover this business day, YYYY-MM-DD.
        """
        return self._transport.send(
            _LIST_STATEMENTS,
            {"page_size": page_size, "page_token": page_token, "channel": channel, "business_date": business_date},
            "",
            timeout_seconds,
        )

    def list_all_statements(
        self, *, page_size: int = 0, channel: str = "", business_date: str = "", timeout_seconds: float | None = None
    ) -> Iterator[Statement]:
        """What all pages of `list_statements` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        channel: Only of this channel.
        business_date: Only those that cover this business day, YYYY-MM-DD.
        """
        for page in pages(
            lambda token: self.list_statements(
                page_size=page_size,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.statements


class AsyncReconciler:
    """The calls of reconciler, for asyncio. Each raises Refused or NoAnswer."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get_exception(self, exception_id: str, *, timeout_seconds: float | None = None) -> GetExceptionResponse:
        """Gets one exception.

        exception_id: Ours.
        """
        return await self._transport.send(_GET_EXCEPTION, {"exception_id": exception_id}, "", timeout_seconds)

    async def list_exceptions(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        run_id: str = "",
        exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED",
        state: ExceptionState = "STATE_UNSPECIFIED",
        payment_id: str = "",
        timeout_seconds: float | None = None,
    ) -> ListExceptionsResponse:
        """Lists exceptions, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        """
        return await self._transport.send(
            _LIST_EXCEPTIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "run_id": run_id,
                "exception_class": exception_class,
                "state": state,
                "payment_id": payment_id,
            },
            "",
            timeout_seconds,
        )

    async def list_all_exceptions(
        self,
        *,
        page_size: int = 0,
        run_id: str = "",
        exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED",
        state: ExceptionState = "STATE_UNSPECIFIED",
        payment_id: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[ReconcilerException]:
        """What all pages of `list_exceptions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        """
        async for page in async_pages(
            lambda token: self.list_exceptions(
                page_size=page_size,
                run_id=run_id,
                exception_class=exception_class,
                state=state,
                payment_id=payment_id,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.exceptions:
                yield one

    async def get_run(self, run_id: str, *, timeout_seconds: float | None = None) -> GetRunResponse:
        """Gets one run with its progress or its totals.

        run_id: Ours.
        """
        return await self._transport.send(_GET_RUN, {"run_id": run_id}, "", timeout_seconds)

    async def list_matches(
        self, run_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListMatchesResponse:
        """Lists the matches of a run, by page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_MATCHES, {"run_id": run_id, "page_size": page_size, "page_token": page_token}, "", timeout_seconds
        )

    async def list_all_matches(
        self, run_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[Match]:
        """What all pages of `list_matches` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_matches(
                run_id=run_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.matches:
                yield one

    async def start_run(
        self, *, channel: str, business_date: str, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> StartRunResponse:
        """Asks for a run, which goes on after the answer; GetRun tells how far it is. Idempotent by request_id.
        RUN_IN_PROGRESS when one for the channel and day has not ended.

        channel: The channel.
        business_date: The channel's business day, YYYY-MM-DD.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _START_RUN, {"channel": channel, "business_date": business_date}, idempotency_key, timeout_seconds
        )

    async def list_statement_fetches(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        state: StatementFetchState = "STATE_UNSPECIFIED",
        source_id: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListStatementFetchesResponse:
        """Lists the business days of the sources that statements are fetched from, newest first, by page. With
        the state MISSING it is the list of what somebody has to ask a channel for (STATEMENT_MISSING).

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        state: Only in this state.
        source_id: Only of this source.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        return await self._transport.send(
            _LIST_STATEMENT_FETCHES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "state": state,
                "source_id": source_id,
                "channel": channel,
                "business_date": business_date,
            },
            "",
            timeout_seconds,
        )

    async def list_all_statement_fetches(
        self,
        *,
        page_size: int = 0,
        state: StatementFetchState = "STATE_UNSPECIFIED",
        source_id: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[StatementFetch]:
        """What all pages of `list_statement_fetches` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        state: Only in this state.
        source_id: Only of this source.
        channel: Only of this channel.
        business_date: Only of this business day, YYYY-MM-DD.
        """
        async for page in async_pages(
            lambda token: self.list_statement_fetches(
                page_size=page_size,
                state=state,
                source_id=source_id,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.statement_fetches:
                yield one

    async def check_statement(
        self,
        content: Content,
        *,
        file_name: str = "",
        channel: str = "",
        profile_id: str = "",
        account_no: str = "",
        timeout_seconds: float | None = None,
    ) -> CheckStatementResponse:
        """Reads a file as IngestStatement would and tells all that it finds; it stores nothing. Over HTTP the
        body is the file's raw bytes and the header's fields are query parameters.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty.
        channel: The channel; needed when the layout is of no one channel, and else empty or the one that the
          layout is of.
        profile_id: The profile that has to read it; empty to find the one that claims the file.
        account_no: The account; of a file that does not tell it, and else empty or the one that the file
          tells.
        """
        return await self._transport.upload(
            _CHECK_STATEMENT,
            content,
            {"file_name": file_name, "channel": channel, "profile_id": profile_id, "account_no": account_no},
            "",
            timeout_seconds,
        )

    async def get_statement(self, statement_id: str, *, timeout_seconds: float | None = None) -> GetStatementResponse:
        """Gets one statement.

        statement_id: Ours.
        """
        return await self._transport.send(_GET_STATEMENT, {"statement_id": statement_id}, "", timeout_seconds)

    async def get_upload(self, request_id: str, *, timeout_seconds: float | None = None) -> GetUploadResponse:
        """Tells how much has come of an upload that has not ended, so that it can go on from there.

        request_id: The request_id of its header.
        """
        return await self._transport.send(_GET_UPLOAD, {"request_id": request_id}, "", timeout_seconds)

    async def ingest_statement(
        self,
        content: Content,
        *,
        file_name: str = "",
        channel: str = "",
        profile_id: str = "",
        resume_from_bytes: int = 0,
        file_sha256: str = "",
        account_no: str = "",
        keep_equal_lines: bool = False,
        vouched_by: str = "",
        reason: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> IngestStatementResponse:
        """Reads a file and loads it whole, or refuses it whole with the line and the reason. Over HTTP the body
        is the file's raw bytes and the header's fields are query parameters. Idempotent by request_id; the
        same bytes under another request_id are refused as DUPLICATE_FILE.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty.
        channel: The channel; needed when the layout is of no one channel, and else empty or the one that the
          layout is of.
        profile_id: The profile that has to read it; empty to find the one that claims the file.
        resume_from_bytes: How many of the file's bytes came before, as GetUpload tells; 0 to send the file
          from its beginning.
        file_sha256: The SHA-256 of the whole file in lower-case hex, which what came must have. Needed with
          resume_from_bytes, since parts of two files could else be taken for one; else it may be empty.
        account_no: The account; of a file that does not tell it, and else empty or the one that the file
          tells. Many banks' exports tell none, so that two cards without it are one account.
        keep_equal_lines: Whether a person vouches that lines which nothing tells from loaded ones, such as a
          second equal fee, are new: without a number or a balance they else make the file overlap. It is of
          all such lines of the file.
        vouched_by: Who vouches for it; needed with keep_equal_lines.
        reason: Why; needed with keep_equal_lines.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.upload(
            _INGEST_STATEMENT,
            content,
            {
                "file_name": file_name,
                "channel": channel,
                "profile_id": profile_id,
                "resume_from_bytes": resume_from_bytes,
                "file_sha256": file_sha256,
                "account_no": account_no,
                "keep_equal_lines": keep_equal_lines,
                "vouched_by": vouched_by,
                "reason": reason,
            },
            idempotency_key,
            timeout_seconds,
        )

    async def list_statement_lines(
        self, statement_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListStatementLinesResponse:
        """Lists the lines of a statement in the order of the file, by page.

        statement_id: The statement.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_STATEMENT_LINES,
            {"statement_id": statement_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    async def list_all_statement_lines(
        self, statement_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[StatementLine]:
        """What all pages of `list_statement_lines` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        statement_id: The statement.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_statement_lines(
                statement_id=statement_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.lines:
                yield one

    async def list_statements(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        channel: str = "",
        business_date: str = "",
        timeout_seconds: float | None = None,
    ) -> ListStatementsResponse:
        """Lists statements, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        channel: Only of this channel.
        business_date: Only those that cover this business day, YYYY-MM-DD.
        """
        return await self._transport.send(
            _LIST_STATEMENTS,
            {"page_size": page_size, "page_token": page_token, "channel": channel, "business_date": business_date},
            "",
            timeout_seconds,
        )

    async def list_all_statements(
        self, *, page_size: int = 0, channel: str = "", business_date: str = "", timeout_seconds: float | None = None
    ) -> AsyncIterator[Statement]:
        """What all pages of `list_statements` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        channel: Only of this channel.
        business_date: Only those that cover this business day, YYYY-MM-DD.
        """
        async for page in async_pages(
            lambda token: self.list_statements(
                page_size=page_size,
                channel=channel,
                business_date=business_date,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.statements:
                yield one
