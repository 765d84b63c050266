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

# How far it is.
ArrivalMatchState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Nothing that came so far is its pair.
    "STATE_OPEN",
    # What came so far makes a pair.
    "STATE_PAIRED",
    # A run has found the same pair.
    "STATE_CLOSED",
    # A run has found otherwise; the run's own results tell what.
    "STATE_REVISED",
]

# What became of a row.
Disposition: TypeAlias = Literal[
    # Never sent; in a request it means every one.
    "DISPOSITION_UNSPECIFIED",
    # Posted without a person. 对平
    "DISPOSITION_MATCHED",
    # Waits for a person, with the likeliest counterpart. 待确认
    "DISPOSITION_SUGGESTED",
    # Waits for the channel's close, or for the next day's statement. 缓冲
    "DISPOSITION_BUFFERED",
    # Somebody has to clear it. 差异
    "DISPOSITION_EXCEPTION",
    # Owes nothing to anyone, as the rule says. 按规则忽略
    "DISPOSITION_IGNORED_BY_RULE",
]

# What was done.
ExceptionActionKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # It was given to somebody to clear. 指派
    "KIND_ASSIGNED",
    # It was confirmed. 确认
    "KIND_CONFIRMED",
]

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
    # 单号冲突: the channel's number and the merchant's order number lead to two different payments.
    "EXCEPTION_CLASS_REFERENCE_CONFLICT",
    # 长款·状态不符(渠道成功平台未成功): the channel says succeeded, the books do not.
    "EXCEPTION_CLASS_STATUS_CHANNEL_SUCCESS",
    # 短款·状态不符(平台成功渠道未成功): the books say succeeded, the channel does not.
    "EXCEPTION_CLASS_STATUS_PLATFORM_SUCCESS",
    # 尾差: same key, amounts apart by no more than the rounding unit.
    "EXCEPTION_CLASS_ROUNDING_DIFFERENCE",
    # 手续费不符: the channel kept another fee than the books expected.
    "EXCEPTION_CLASS_FEE_MISMATCH",
    # 手续费缺失: settled without a fee where the books expected one.
    "EXCEPTION_CLASS_FEE_MISSING",
    # 净额结算不平: a batch less its fees and refunds is not what was paid out.
    "EXCEPTION_CLASS_NET_SETTLEMENT_BREAK",
    # 平台有退款渠道无(虚假退款): a refund in the books, no line at the channel.
    "EXCEPTION_CLASS_REFUND_PLATFORM_ONLY",
    # 退款金额不符: the same refund with another amount.
    "EXCEPTION_CLASS_REFUND_AMOUNT_MISMATCH",
    # 退款状态快照差异: the channel's line tells of the refund as it was accepted, before it succeeded.
    "EXCEPTION_CLASS_REFUND_STATUS_SNAPSHOT",
    # 超额退款: more was given back than was paid.
    "EXCEPTION_CLASS_REFUND_EXCEEDS_PAYMENT",
    # 拒付/冲正: the channel took money back that nobody here asked to return.
    "EXCEPTION_CLASS_CHARGEBACK",
    # 分笔不全: parts of one payment were found and add up to less.
    "EXCEPTION_CLASS_SPLIT_INCOMPLETE",
    # 合并入账未拆分: one deposit, and no single set of payments adds up to it.
    "EXCEPTION_CLASS_MERGED_UNRESOLVED",
    # 匹配不唯一: several counterparts are equally likely.
    "EXCEPTION_CLASS_AMBIGUOUS_MATCH",
    # 跨日: matched on the other side of the cut-off; nothing is owed.
    "EXCEPTION_CLASS_CROSS_DAY",
    # 迟到账单行: a line of a day that was closed already.
    "EXCEPTION_CLASS_LATE_ITEM",
    # 时间超窗: same key, further apart in time than the rule allows.
    "EXCEPTION_CLASS_TIME_OUT_OF_WINDOW",
    # 单号异常: matched by a number that is not quite the other's.
    "EXCEPTION_CLASS_REFERENCE_DAMAGED",
    # 商户号不符: a line of a merchant that is not ours.
    "EXCEPTION_CLASS_UNKNOWN_MERCHANT",
    # 渠道其他收支平台无: an entry that is neither a payment nor a refund (a fee, a debit, a chargeback, a
    # transfer); the books hold none of these.
    "EXCEPTION_CLASS_ENTRY_CHANNEL_ONLY",
    # 账单文件重复: the same statement file, or one that overlaps an earlier one.
    "EXCEPTION_CLASS_DUPLICATE_FILE",
    # 汇总不符: a file's lines do not add up to its own total.
    "EXCEPTION_CLASS_CONTROL_TOTAL_BREAK",
    # 同步缺失(已缴费未同步): payments has what the mirror lacks; no money is missing.
    "EXCEPTION_CLASS_MIRROR_GAP",
    # 账单未到: no statement by its deadline.
    "EXCEPTION_CLASS_STATEMENT_MISSING",
    # 解析失败: lines of a file that could not be read.
    "EXCEPTION_CLASS_PARSE_REJECTED",
    # 已对账未入税: reconciled, and its invoice is absent at the tax authority.
    "EXCEPTION_CLASS_INVOICE_NOT_SYNCED",
]

# Where it is.
ExceptionState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Nobody has looked at it. 待处理
    "STATE_OPEN",
    # A later run found what was missing, or looked at the day anew. 已消解
    "STATE_RESOLVED",
    # Somebody has it to clear. 已指派
    "STATE_ASSIGNED",
    # One person has confirmed it, and its money is such that a second one has to. 待复核
    "STATE_PENDING_CONFIRMATION",
    # It is as the run found it, by as many people as its money needs. 已确认
    "STATE_CONFIRMED",
]

# In which order they come.
ListExceptionsRequestOrder: TypeAlias = Literal[
    # Newest first.
    "ORDER_UNSPECIFIED",
    # Oldest first.
    "ORDER_OLDEST_FIRST",
    # By amount_minor, the largest first.
    "ORDER_LARGEST_FIRST",
    # By amount_minor, the smallest first.
    "ORDER_SMALLEST_FIRST",
]

# How the pair was found.
MatchKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # Equal keys, amount, currency and business day.
    "KIND_EXACT",
    # Equal, but the channel booked it on the other side of the cut-off. 跨日
    "KIND_CROSS_DAY",
    # Several payments or several lines, whose sums are equal. 合并·拆分
    "KIND_GROUP",
    # Joined by a number that was written a little differently. 单号异常
    "KIND_REFERENCE_DAMAGED",
    # Suggested: nothing identifies both, and no other counterpart is as likely. 待确认
    "KIND_LIKELY",
]

# Where it is.
RegressionState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Waits for its turn.
    "STATE_PENDING",
    # At work.
    "STATE_RUNNING",
    # Done.
    "STATE_SUCCEEDED",
    # Not done; failure_reason tells why.
    "STATE_FAILED",
]

# What happened to it.
RuleChangeKind: TypeAlias = Literal[
    # Never sent.
    "KIND_UNSPECIFIED",
    # Only the new version has it.
    "KIND_ADDED",
    # Only the old version has it.
    "KIND_REMOVED",
    # Both have it, and it says something else.
    "KIND_CHANGED",
    # It says the same, at another place in the order.
    "KIND_MOVED",
]

# Where it is.
RuleSetVersionState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # Made, and decides nothing. 草稿
    "STATE_DRAFT",
    # Decides the business dates from effective_from on, until a later one does. 生效
    "STATE_ACTIVE",
    # Decides nothing any more; what it decided stands. 停用
    "STATE_RETIRED",
]

# What becomes of what it decides.
RunMode: TypeAlias = Literal[
    # Never sent; in a request it means COMMIT.
    "MODE_UNSPECIFIED",
    # Its results are those of the day until a later run; payments is told. 正式
    "MODE_COMMIT",
    # Its results can be read, and nothing else comes of them. 试跑
    "MODE_DRY_RUN",
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

# Where it is.
SuggestionState: TypeAlias = Literal[
    # Never sent; in a request it means every one.
    "STATE_UNSPECIFIED",
    # Nobody has decided. 待确认
    "STATE_OPEN",
    # One person has confirmed it, and its money is such that a second one has to. 待复核
    "STATE_PENDING_CONFIRMATION",
    # Posted to payments as an automatic match is. 已确认
    "STATE_CONFIRMED",
    # Not the same money: each of its rows is an exception. 已拒绝
    "STATE_DECLINED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateRuleSetVersionResponse:
    """The version."""

    rule_set_version: RuleSetVersion | None = None
    """The version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalMatch:
    """What is known of a payment or refund before its day is closed: a cache, of which the day's run has the
    last word.
    """

    payment_id: str = ""
    """Ours: the payment or refund."""

    state: ArrivalMatchState = "STATE_UNSPECIFIED"
    """How far it is."""

    line_id: str = ""
    """The statement line of the pair; empty while it is open."""

    rule_id: str = ""
    """The rule that joined them."""

    disposition: Disposition = "DISPOSITION_UNSPECIFIED"
    """Whether it would be posted as it stands."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """What is wrong with the pair; unspecified when nothing is."""

    reason: str = ""
    """What joined them, for a person to read."""

    run_id: str = ""
    """The run that closed or revised it; empty before."""

    at_time: datetime | None = None
    """When the pair was found or revised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignExceptionsResponse:
    """What came of each."""

    results: Sequence[ExceptionResult] = ()
    """In order of id."""

    replayed: bool = False
    """True when this request had been done before: the results are those of that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRuleSetResponse:
    """What is wrong with it."""

    faults: Sequence[RuleSetFault] = ()
    """All of it, in the order of the text as far as that can be told; empty when it can be stored."""

    rule_set_id: str = ""
    """The set that it is of; empty with faults."""

    version: int = 0
    """Its version; 0 with faults."""

    content_hash: str = ""
    """Its hash; empty with faults."""

    rule_count: int = 0
    """How many rules it has; 0 with faults."""


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
    """The payments and refunds in them."""

    line_count: int = 0
    """The lines in them."""

    exception_class_zh: str = ""
    """The class in Chinese, with its viewpoint."""

    exception_class_en: str = ""
    """The class in English, with its viewpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnName:
    """A column of a file and the field of a line that it is read as."""

    field: str = ""
    """Such as merchant_order_no."""

    header: str = ""
    """As the file names the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmExceptionsResponse:
    """What came of each."""

    results: Sequence[ExceptionResult] = ()
    """In order of id."""

    replayed: bool = False
    """True when this request had been done before: the results are those of that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSuggestionsResponse:
    """What came of each."""

    results: Sequence[SuggestionResult] = ()
    """In order of id."""

    replayed: bool = False
    """True when this request had been done before: the results are those of that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """From which threshold on a second person has to confirm. 双人复核"""

    basis: str = ""
    """What the threshold is of: `amount` or `difference`."""

    minor: int = 0
    """From this on, in minor units."""

    said: str = ""
    """As a sentence."""

    said_zh: str = ""
    """The same in Chinese."""


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
class CreateRuleSetVersionResponse:
    """The version."""

    rule_set_version: RuleSetVersion | None = None
    """The version."""

    replayed: bool = False
    """True when this request had made it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineSuggestionsResponse:
    """What came of each."""

    results: Sequence[SuggestionResult] = ()
    """In order of id."""

    replayed: bool = False
    """True when this request had been done before: the results are those of that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRuleSetVersionsResponse:
    """What differs."""

    base_rule_set_id: str = ""
    """The set of the version that it was held against."""

    base_version: int = 0
    """That version."""

    changes: Sequence[RuleChange] = ()
    """In the order of the new version, then what it lost, then settings of the whole set; empty when both say
    the same.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionTotal:
    """The rows of one disposition."""

    disposition: Disposition = "DISPOSITION_UNSPECIFIED"
    """What became of them."""

    group_count: int = 0
    """Groups of rows that are the same money; a row alone is one."""

    payment_count: int = 0
    """Payments and refunds of the books."""

    payment_sums: Sequence[Money] = ()
    """Their money, by currency."""

    line_count: int = 0
    """Statement lines."""

    line_sums: Sequence[Money] = ()
    """Their money, signed, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLine:
    """A line as a report shows it."""

    time: str = ""
    """As the file writes it."""

    amount: Money | None = None
    """Signed: money in is above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionAction:
    """What somebody did about an exception. Nothing is ever taken back or changed."""

    kind: ExceptionActionKind = "KIND_UNSPECIFIED"
    """What was done."""

    operator: str = ""
    """Who did it."""

    assignee: str = ""
    """To whom it was given; empty unless assigned, or given back to nobody."""

    note: str = ""
    """Why, by who did it."""

    create_time: datetime | None = None
    """When."""

    exception_id: str = ""
    """The exception as it was known then: this one, or that of an earlier run of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionFilter:
    """Which exceptions are meant. Empty filters mean every value; each is as in ListExceptionsRequest."""

    run_id: str = ""
    """Only of this run."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """Only of this class."""

    state: ExceptionState = "STATE_UNSPECIFIED"
    """Only in this state."""

    payment_id: str = ""
    """Only of this payment."""

    channel: str = ""
    """Only of this channel."""

    business_date_from: str = ""
    """Only of business days from this one on, YYYY-MM-DD."""

    business_date_to: str = ""
    """Only of business days up to this one, itself included, YYYY-MM-DD."""

    assignee: str = ""
    """Only what this person has to clear."""

    merchant_id: str = ""
    """Only of this merchant's payments."""

    currency_code: str = ""
    """Only of this currency, on either side."""

    amount_minor_from: int = 0
    """Only from this amount_minor on."""

    amount_minor_to: int = 0
    """Only up to this amount_minor, itself included; 0 means without end."""

    age_hours_min: int = 0
    """Only what was found at least so many hours ago; at most ten years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionResult:
    """What came of one exception."""

    exception_id: str = ""
    """Ours."""

    state: ExceptionState = "STATE_UNSPECIFIED"
    """Its state afterwards; unset when there is no such exception."""

    refusal: str = ""
    """Empty when it was done, else why not: NOT_FOUND, DRY_RUN, RESOLVED, ALREADY_CONFIRMED or SAME_PERSON."""

    message: str = ""
    """The refusal as a sentence in English; empty when it was done."""

    message_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionSummary:
    """The exceptions of one class in one state."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """The class."""

    exception_class_zh: str = ""
    """The class in Chinese, with its viewpoint."""

    state: ExceptionState = "STATE_UNSPECIFIED"
    """The state."""

    exception_count: int = 0
    """How many."""

    book_sums: Sequence[Money] = ()
    """The books' money in them, by currency."""

    channel_sums: Sequence[Money] = ()
    """The channel's money in them, signed, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainExceptionResponse:
    """Why."""

    explanation: Explanation | None = None
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainMatchResponse:
    """Why."""

    explanation: Explanation | None = None
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainPaymentResponse:
    """Why."""

    explanation: Explanation | None = None
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainStatementLineResponse:
    """Why."""

    explanation: Explanation | None = None
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedKey:
    """A column that both sides had to share."""

    key: str = ""
    """The column, such as channel_txn_no, or bill_no = merchant_order_no."""

    payment_value: str = ""
    """What the first payment has there; empty for nothing."""

    line_value: str = ""
    """What the first line has there; empty for nothing."""

    is_equal: bool = False
    """Whether they are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRow:
    """A row of either side, as far as it is stored."""

    row_id: str = ""
    """The payment's, refund's or line's."""

    kind: str = ""
    """PAYMENT, REFUND, CREDIT, DEBIT, FEE, CHARGEBACK or TRANSFER."""

    amount: Money | None = None
    """Its money; refunds of the books and money out are negative."""

    time: datetime | None = None
    """When it was paid or booked; unset when the file gives only a date."""

    channel_txn_no: str = ""
    """The channel's number."""

    merchant_order_no: str = ""
    """The merchant's order number."""

    account_no: str = field(default="", repr=False)
    """The account of the statement; empty of payments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRule:
    """A rule of the version that decided."""

    rule_set_id: str = ""
    """The rule set."""

    rule_set_version: str = ""
    """Its version."""

    rule_set_hash: str = ""
    """SHA-256 of what the version says, in hexadecimal."""

    rule_id: str = ""
    """The rule's own id."""

    stage: str = ""
    """The stage that it belongs to."""

    kind: str = ""
    """What kind of rule it is, such as pair."""

    name: str = ""
    """What finance calls it, in English."""

    name_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why rows ended where they did in a run, told from what was stored and from the rule set's version of the
    run.
    """

    run_id: str = ""
    """The run."""

    channel: str = ""
    """Its channel."""

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD."""

    group_id: str = ""
    """What all its rows share."""

    disposition: Disposition = "DISPOSITION_UNSPECIFIED"
    """What became of them."""

    exception_class: ExceptionClass = "EXCEPTION_CLASS_UNSPECIFIED"
    """What is wrong, or how they were found; unset when there is nothing to say."""

    summary: str = ""
    """In short, in English."""

    summary_zh: str = ""
    """The same in Chinese."""

    rule: ExplainedRule | None = None
    """The rule that decided; unset for runs before rule sets."""

    payments: Sequence[ExplainedRow] = ()
    """Payments and refunds of the books, at most 100."""

    lines: Sequence[ExplainedRow] = ()
    """Statement lines, at most 100."""

    keys: Sequence[ExplainedKey] = ()
    """What joined them, or had to, with the values of both sides."""

    runner_up: ExplainedRow | None = None
    """The counterpart that came second, or the row that this one repeats; unset without one."""

    margin_us: int = 0
    """How much further off the runner-up was, in microseconds; unset without one."""

    candidates: Sequence[str] = ()
    """All that was as likely, as the rule found it: payment~line, or parts joined by +. Empty unless it was
    ambiguous.
    """

    passed_rules: Sequence[PassedRule] = ()
    """The rules above that look at such rows, in their order, and why each did not take these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One key of a rule with what it said and what it says."""

    field: str = ""
    """The key as in the YAML."""

    old: str = ""
    """As it was; empty when it was not there."""

    new: str = ""
    """As it is; empty when it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetArrivalMatchResponse:
    """What is known of it."""

    arrival_match: ArrivalMatch | None = None
    """What stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetExceptionResponse:
    """One exception."""

    exception: ReconcilerException | None = None
    """The exception."""

    actions: Sequence[ExceptionAction] = ()
    """What was done about it, in order of time; also what was done about the same in earlier runs of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRegressionReportResponse:
    """A report, and a page of its rows."""

    regression: Regression | None = None
    """The report."""

    rows: Sequence[RegressionRow] = ()
    """Slice by slice, suite by suite, in order of side and id."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRuleSetVersionResponse:
    """One version."""

    rule_set_version: RuleSetVersion | None = None
    """The version."""


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
class GetSuggestionResponse:
    """One suggestion."""

    suggestion: Suggestion | None = None
    """The suggestion."""

    actions: Sequence[SuggestionAction] = ()
    """What was decided about it, in order of time; also about the same in earlier runs of the day."""


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
class IgnoreRule:
    """Differences below a threshold are not shown, as long as the caps of the day are not used up. 小额忽略"""

    rule_id: str = ""
    """Its id in the results."""

    name: str = ""
    """For people."""

    name_zh: str = ""
    """The same in Chinese."""

    basis: str = ""
    """What the threshold is of: `amount` of the row, or `difference` of its group."""

    below_minor: int = 0
    """Below this, in minor units."""

    exception_classes: Sequence[str] = ()
    """The classes of exceptions that it takes."""

    count_max: int = 0
    """At most as many groups for a business date and currency."""

    sum_minor_max: int = 0
    """At most this sum of the basis for a business date and currency, in minor units."""

    said: str = ""
    """All of it as a sentence."""

    said_zh: str = ""
    """The same in Chinese."""


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
    """In the order that was asked for."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMatchesResponse:
    """A page of matches."""

    matches: Sequence[Match] = ()
    """In order of group."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRuleSetVersionsResponse:
    """A page of versions, without their texts and rules."""

    rule_set_versions: Sequence[RuleSetVersion] = ()
    """By set, the newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRunsResponse:
    """A page of runs."""

    runs: Sequence[Run] = ()
    """Newest first."""

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
class ListSuggestionsResponse:
    """A page of suggestions."""

    suggestions: Sequence[Suggestion] = ()
    """Newest run first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Payments and statement lines that are the same money: a pair, or a group of many. 匹配"""

    match_id: str = ""
    """Ours: the run's and the group's."""

    run_id: str = ""
    """The run."""

    payment_id: str = ""
    """The payment or refund; of a group the first."""

    line_id: str = ""
    """The statement line; of a group the first."""

    kind: MatchKind = "KIND_UNSPECIFIED"
    """How it was found."""

    key: str = ""
    """The number that joined them, such as channel_txn_no or merchant_order_no; empty when none did."""

    amount: Money | None = None
    """The books' money."""

    trace_id: str = ""
    """The trace of the payment."""

    group_id: str = ""
    """What all its rows share."""

    payment_ids: Sequence[str] = ()
    """All payments and refunds in it."""

    line_ids: Sequence[str] = ()
    """All lines in it."""

    rule_id: str = ""
    """The rule that joined them."""

    stage: str = ""
    """The stage that the rule belongs to."""

    disposition: Disposition = "DISPOSITION_UNSPECIFIED"
    """MATCHED, or SUGGESTED while a person has to decide."""

    reason: str = ""
    """What joined them, as the rule says it."""

    runner_up_id: str = ""
    """The counterpart that came second; empty without one."""

    margin_us: int = 0
    """How much further off the runner-up was, in microseconds; unset without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorGap:
    """What the mirror had otherwise than payments, of a channel's business day. Ids are in order, 1,000 of each
    at most.
    """

    missing_count: int = 0
    """Payments that the mirror had not."""

    wrong_count: int = 0
    """Payments that it had otherwise, such as with another amount."""

    unknown_count: int = 0
    """Payments that it alone has; they stay there, for a person to look at."""

    missing_payment_ids: Sequence[str] = ()
    """Payments that the mirror had not."""

    wrong_payment_ids: Sequence[str] = ()
    """Payments that it had otherwise."""

    unknown_payment_ids: Sequence[str] = ()
    """Payments that it alone has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedRule:
    """A rule that did not take the rows."""

    rule_id: str = ""
    """The rule's id."""

    name: str = ""
    """What finance calls it, in English."""

    name_zh: str = ""
    """The same in Chinese."""

    reason: str = ""
    """Why it did not take them, in English."""

    reason_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The inputs of a run."""

    statement_sha256s: Sequence[str] = ()
    """The statements, in order of loading."""

    payments_manifest_digest: bytes = b""
    """The digest that payments gave for the day."""

    rule_set_version: str = ""
    """The number of the rule set's version; of runs before rule sets the name of the rules."""

    neighbours_digest: bytes = b""
    """A digest of what is not of the day's statements and payments: refunds of the books, rows that earlier days
    left buffered, payments of the days beside that its lines lead to, its own rows that a run of another day
    holds; and of the day's payments the times, bills and fees, which their manifest does not tell.
    """

    rule_set_id: str = ""
    """The rule set."""

    rule_set_hash: str = ""
    """SHA-256 of what the version says, in hexadecimal."""

    as_of: datetime | None = None
    """The moment for which it was decided: the last close of the channel before it was made, by the rule set's
    calendar.
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

    exception_class_title: str = ""
    """The class in English, with its viewpoint."""

    channel: str = ""
    """The channel of the run."""

    business_date: str = ""
    """The channel's business day that the run compared, YYYY-MM-DD."""

    merchant_id: str = ""
    """The merchant of the payment; empty when the books have none."""

    assignee: str = ""
    """Who has it to clear; empty for nobody."""

    confirmed_by: str = ""
    """Who confirmed it first; empty for nobody."""

    second_confirmed_by: str = ""
    """Who confirmed it second, never the same person; empty for nobody."""

    resolved_by_run_id: str = ""
    """The run that resolved it; empty unless it is resolved."""

    carried_from_exception_id: str = ""
    """The exception of an earlier run of the day that this is again, with what was done about it; empty for
    none.
    """

    amount_minor: int = 0
    """The larger of both amounts without its sign, in minor units; what lists are ordered by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A report of what a version would change against the one that it replaces. 回归报告"""

    regression_id: str = ""
    """Ours."""

    rule_set_id: str = ""
    """The set."""

    version: int = 0
    """The version that was tried."""

    content_hash: str = ""
    """Its hash; the report counts for exactly this."""

    baseline_rule_set_id: str = ""
    """The set of the version that it was held against."""

    baseline_version: int = 0
    """That version."""

    baseline_hash: str = ""
    """Its hash."""

    state: RegressionState = "STATE_UNSPECIFIED"
    """Where it is."""

    parts_done: int = 0
    """Slices and suites that are done."""

    parts_total: int = 0
    """Slices and suites in all; 0 until they are counted."""

    slices: Sequence[RegressionSlice] = ()
    """The past days that were decided again by both versions."""

    suites: Sequence[RegressionSuite] = ()
    """The sets of rows whose truth is known."""

    changed_rows: int = 0
    """Rows that end in another place."""

    kept_rows: int = 0
    """Those of them that the report keeps, by rows; the others are counted only."""

    wrong_auto_posts: int = 0
    """Groups that the new version posts though they are wrong, by the suites; with any it is not activated."""

    passes: bool = False
    """Whether the version may be activated by this report, as it stands."""

    verdict: str = ""
    """What stands in the way, or that nothing does."""

    verdict_zh: str = ""
    """The same in Chinese."""

    started_by: str = ""
    """Who asked for it."""

    create_time: datetime | None = None
    """When it was asked for."""

    end_time: datetime | None = None
    """When it ended."""

    failure_reason: str = ""
    """An ErrorReason without its prefix; empty unless it failed."""

    failure_message: str = ""
    """A sentence for people; empty unless it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionPlace:
    """The place of a row in a run."""

    group_id: str = ""
    """The least id of the rows that are the same money."""

    rule_id: str = ""
    """The rule that decided."""

    disposition: str = ""
    """MATCHED, SUGGESTED, BUFFERED, EXCEPTION or IGNORED_BY_RULE."""

    exception_class: str = ""
    """Empty when nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionRow:
    """A payment or a line that ends in another place."""

    row_no: int = 0
    """Counts from 1 within the report."""

    source: str = ""
    """`run:` and a run, or `suite:` and a suite."""

    side: str = ""
    """P for a payment or a refund, L for a line."""

    row_id: str = ""
    """The payment, the refund or the line."""

    amount: Money | None = None
    """Its money, signed."""

    old: RegressionPlace | None = None
    """Where it was."""

    new: RegressionPlace | None = None
    """Where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionSlice:
    """A day of a channel that a run has decided, and that both versions decided again."""

    run_id: str = ""
    """The run."""

    channel: str = ""
    """The channel."""

    business_date: str = ""
    """The business date, YYYY-MM-DD."""

    inputs_changed: bool = False
    """Whether its statements or payments are not those of the run any more; then both versions decided what is
    there now.
    """

    inputs_said: str = ""
    """What of them; empty when they are the same."""

    inputs_said_zh: str = ""
    """The same in Chinese."""

    payment_count: int = 0
    """Payments and refunds."""

    line_count: int = 0
    """Statement lines."""

    changed_rows: int = 0
    """Rows that end in another place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionSuite:
    """A set of rows that was made from a seed, so that the truth of each row is known."""

    name: str = ""
    """Its name."""

    seed: int = 0
    """What it was made from."""

    payment_count: int = 0
    """Payments and refunds."""

    line_count: int = 0
    """Statement lines."""

    changed_rows: int = 0
    """Rows that end in another place."""

    wrong_auto_posts: int = 0
    """Groups that the new version posts though they are wrong."""

    baseline_wrong_auto_posts: int = 0
    """The same of the version that it was held against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireRuleSetVersionResponse:
    """The version."""

    rule_set_version: RuleSetVersion | None = None
    """The version."""


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
class RuleChange:
    """What differs between two versions in one rule, or in one setting of the set. 规则变更"""

    kind: RuleChangeKind = "KIND_UNSPECIFIED"
    """What happened."""

    rule_id: str = ""
    """The rule; empty for a setting of the whole set."""

    name: str = ""
    """Its name in the new version, or else in the old one."""

    name_zh: str = ""
    """The same in Chinese."""

    fields: Sequence[FieldChange] = ()
    """What of it differs."""

    said: str = ""
    """A sentence for people."""

    said_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetFault:
    """One thing that is wrong with a rule set, and how to put it right. 规则错误"""

    rule_id: str = ""
    """The rule; empty for the set itself."""

    field: str = ""
    """The key; empty for the whole rule."""

    said: str = ""
    """What is wrong."""

    said_zh: str = ""
    """The same in Chinese."""

    cure: str = ""
    """What to do."""

    cure_zh: str = ""
    """The same in Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetVersion:
    """One version of a rule set: what it says never changes. 对账规则版本"""

    rule_set_id: str = ""
    """The set: `default`, or a channel that has one of its own."""

    version: int = 0
    """Counts from 1 within the set."""

    content_hash: str = ""
    """SHA-256 over what it says, in hex; the order of keys and white space do not count."""

    state: RuleSetVersionState = "STATE_UNSPECIFIED"
    """Where it is."""

    effective_from: str = ""
    """The first business date that it decides, YYYY-MM-DD: as written until it is active, then as its activation
    said.
    """

    created_by: str = ""
    """Who made it; `system` for the one that is shipped."""

    note: str = ""
    """Why it was made."""

    create_time: datetime | None = None
    """When it was made."""

    activated_by: str = ""
    """Who activated it, another person; empty before."""

    activate_time: datetime | None = None
    """When it was activated."""

    regression_id: str = ""
    """The report that it was activated with; empty before, and for the one that is shipped."""

    retired_by: str = ""
    """Who retired it."""

    retire_time: datetime | None = None
    """When it was retired."""

    yaml: str = ""
    """The text that it was made from."""

    rules: Sequence[RuleSummary] = ()
    """Its rules in order: the first that takes a row decides it."""

    ignore_rules: Sequence[IgnoreRule] = ()
    """Small differences that are not shown."""

    second_confirmation: Confirmation | None = None
    """From which amount on two people confirm; unset when one is always enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSummary:
    """A rule, in short."""

    rule_id: str = ""
    """Its id in the results."""

    name: str = ""
    """For people."""

    name_zh: str = ""
    """The same in Chinese."""

    stage: str = ""
    """The stage that it belongs to."""

    kind: str = ""
    """pair, group, repeat, net, near, sums, again, exceeds or alone."""

    posts: bool = False
    """Whether it may post without a person."""


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

    mode: RunMode = "MODE_UNSPECIFIED"
    """What becomes of what it decides."""

    same_as_run_id: str = ""
    """The run whose results stand, when a COMMIT was asked for with pins equal to those of the day's current
    run: this one decided nothing anew, and lists by its id give that run's results. Empty otherwise.
    """

    superseded_by_run_id: str = ""
    """The later run of the day that took its place; empty while it stands."""

    mirror_gap: MirrorGap | None = None
    """What the mirror of payments had otherwise than payments when the run began, and was repaired from
    payments; unset if nothing. A run that still fails with MIRROR_GAP could not be repaired so.
    """

    results_forget_time: datetime | None = None
    """When its matches were let go of, since it was a dry run or another took its place long ago; its totals,
    digest and exceptions are kept. Unset while all of it can be listed.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """Counts and money of a run. Each row has exactly one disposition, so both sides add up: payment_count and
    line_count are the sums over `dispositions`, currency by currency also of the money.
    """

    payment_count: int = 0
    """Payments and refunds of the books in the run."""

    payment_sums: Sequence[Money] = ()
    """Their money, by currency; refunds are negative."""

    line_count: int = 0
    """Statement lines in the run."""

    line_sums: Sequence[Money] = ()
    """Their money, signed, by currency."""

    matched_count: int = 0
    """Matches: pairs and groups that agree."""

    matched_sums: Sequence[Money] = ()
    """The books' money in them, by currency."""

    cross_day_count: int = 0
    """Those of them that crossed the cut-off. 跨日"""

    exceptions: Sequence[ClassTotal] = ()
    """The exceptions, by class, in order of class."""

    dispositions: Sequence[DispositionTotal] = ()
    """All rows, by what became of them, in order of disposition; one that has none is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRegressionResponse:
    """The report as it stands."""

    regression: Regression | None = None
    """The report."""

    replayed: bool = False
    """True when this request had asked for it before."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Rows that are probably the same money, by a rule that may not post: a person confirms or declines.
    待确认匹配
    """

    suggestion_id: str = ""
    """Ours: the run's and the group's."""

    run_id: str = ""
    """The run that made it."""

    channel: str = ""
    """The channel of the run."""

    business_date: str = ""
    """The channel's business day, YYYY-MM-DD."""

    state: SuggestionState = "STATE_UNSPECIFIED"
    """Where it is."""

    rule_id: str = ""
    """The rule that found it."""

    stage: str = ""
    """The stage that the rule belongs to."""

    payment_ids: Sequence[str] = ()
    """Payments and refunds of the books."""

    line_ids: Sequence[str] = ()
    """Statement lines."""

    book_amount: Money | None = None
    """What the books have."""

    channel_amount: Money | None = None
    """What the channel has, signed."""

    reason: str = ""
    """What joined them, as the rule says it."""

    runner_up_id: str = ""
    """The counterpart that came second; empty without one."""

    margin_us: int = 0
    """How much further off the runner-up was, in microseconds; unset without one."""

    confirmed_by: str = ""
    """Who confirmed it first; empty for nobody."""

    second_confirmed_by: str = ""
    """Who confirmed it second, never the same person; empty for nobody."""

    declined_by: str = ""
    """Who declined it; empty for nobody."""

    people_needed: int = 0
    """How many people have to confirm it, by the rule set of its run: 1 or 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionAction:
    """What somebody decided about a suggestion. Nothing is ever taken back or changed."""

    state: SuggestionState = "STATE_UNSPECIFIED"
    """What it became."""

    operator: str = ""
    """Who did it."""

    note: str = ""
    """Why, by who did it."""

    create_time: datetime | None = None
    """When."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionResult:
    """What came of one suggestion."""

    suggestion_id: str = ""
    """Ours."""

    state: SuggestionState = "STATE_UNSPECIFIED"
    """Its state afterwards; unset when there is no such suggestion."""

    refusal: str = ""
    """Empty when it was done, else why not: NOT_FOUND, SUPERSEDED (also of a dry run), RUN_IN_PROGRESS,
    ALREADY_CONFIRMED, ALREADY_DECLINED, SAME_PERSON or ALREADY_MATCHED.
    """

    message: str = ""
    """The refusal as a sentence in English; empty when it was done."""

    message_zh: str = ""
    """The same in Chinese."""

    matched_row_id: str = ""
    """The payment or line that is matched meanwhile; empty unless ALREADY_MATCHED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizeExceptionsResponse:
    """Counts and sums."""

    summaries: Sequence[ExceptionSummary] = ()
    """By class, then state."""


_GET_ARRIVAL_MATCH = Operation(
    name="get_arrival_match",
    verb="GET",
    template="/v1/payments/{payment_id}/arrivalMatch",
    body="",
    answer=GetArrivalMatchResponse,
    variables=("payment_id",),
)
_ASSIGN_EXCEPTIONS = Operation(
    name="assign_exceptions",
    verb="POST",
    template="/v1/exceptions:assign",
    body="*",
    answer=AssignExceptionsResponse,
    takes_key=True,
    mutates=True,
)
_CONFIRM_EXCEPTIONS = Operation(
    name="confirm_exceptions",
    verb="POST",
    template="/v1/exceptions:confirm",
    body="*",
    answer=ConfirmExceptionsResponse,
    takes_key=True,
    mutates=True,
)
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
_SUMMARIZE_EXCEPTIONS = Operation(
    name="summarize_exceptions",
    verb="GET",
    template="/v1/exceptions:summary",
    body="",
    answer=SummarizeExceptionsResponse,
)
_EXPLAIN_EXCEPTION = Operation(
    name="explain_exception",
    verb="GET",
    template="/v1/exceptions/{exception_id}:explain",
    body="",
    answer=ExplainExceptionResponse,
    variables=("exception_id",),
)
_EXPLAIN_MATCH = Operation(
    name="explain_match",
    verb="GET",
    template="/v1/matches/{match_id}:explain",
    body="",
    answer=ExplainMatchResponse,
    variables=("match_id",),
)
_EXPLAIN_PAYMENT = Operation(
    name="explain_payment",
    verb="GET",
    template="/v1/payments/{payment_id}:explain",
    body="",
    answer=ExplainPaymentResponse,
    variables=("payment_id",),
)
_EXPLAIN_STATEMENT_LINE = Operation(
    name="explain_statement_line",
    verb="GET",
    template="/v1/statementLines/{line_id}:explain",
    body="",
    answer=ExplainStatementLineResponse,
    variables=("line_id",),
)
_ACTIVATE_RULE_SET_VERSION = Operation(
    name="activate_rule_set_version",
    verb="POST",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}:activate",
    body="*",
    answer=ActivateRuleSetVersionResponse,
    variables=("rule_set_id", "version"),
    mutates=True,
)
_CHECK_RULE_SET = Operation(
    name="check_rule_set", verb="POST", template="/v1/ruleSets:check", body="*", answer=CheckRuleSetResponse
)
_CREATE_RULE_SET_VERSION = Operation(
    name="create_rule_set_version",
    verb="POST",
    template="/v1/ruleSetVersions",
    body="*",
    answer=CreateRuleSetVersionResponse,
    takes_key=True,
    mutates=True,
)
_DIFF_RULE_SET_VERSIONS = Operation(
    name="diff_rule_set_versions",
    verb="GET",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}/diff",
    body="",
    answer=DiffRuleSetVersionsResponse,
    variables=("rule_set_id", "version"),
)
_GET_REGRESSION_REPORT = Operation(
    name="get_regression_report",
    verb="GET",
    template="/v1/regressions/{regression_id}",
    body="",
    answer=GetRegressionReportResponse,
    variables=("regression_id",),
)
_GET_RULE_SET_VERSION = Operation(
    name="get_rule_set_version",
    verb="GET",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}",
    body="",
    answer=GetRuleSetVersionResponse,
    variables=("rule_set_id", "version"),
)
_LIST_RULE_SET_VERSIONS = Operation(
    name="list_rule_set_versions",
    verb="GET",
    template="/v1/ruleSetVersions",
    body="",
    answer=ListRuleSetVersionsResponse,
)
_RETIRE_RULE_SET_VERSION = Operation(
    name="retire_rule_set_version",
    verb="POST",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}:retire",
    body="*",
    answer=RetireRuleSetVersionResponse,
    variables=("rule_set_id", "version"),
    mutates=True,
)
_START_REGRESSION = Operation(
    name="start_regression",
    verb="POST",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}:regress",
    body="*",
    answer=StartRegressionResponse,
    variables=("rule_set_id", "version"),
    takes_key=True,
    mutates=True,
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
_LIST_RUNS = Operation(name="list_runs", verb="GET", template="/v1/runs", body="", answer=ListRunsResponse)
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
_CONFIRM_SUGGESTIONS = Operation(
    name="confirm_suggestions",
    verb="POST",
    template="/v1/suggestions:confirm",
    body="*",
    answer=ConfirmSuggestionsResponse,
    takes_key=True,
    mutates=True,
)
_DECLINE_SUGGESTIONS = Operation(
    name="decline_suggestions",
    verb="POST",
    template="/v1/suggestions:decline",
    body="*",
    answer=DeclineSuggestionsResponse,
    takes_key=True,
    mutates=True,
)
_GET_SUGGESTION = Operation(
    name="get_suggestion",
    verb="GET",
    template="/v1/suggestions/{suggestion_id}",
    body="",
    answer=GetSuggestionResponse,
    variables=("suggestion_id",),
)
_LIST_SUGGESTIONS = Operation(
    name="list_suggestions", verb="GET", template="/v1/suggestions", body="", answer=ListSuggestionsResponse
)


class Reconciler:
    """The calls of reconciler, blocking. Each raises Refused or NoAnswer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_arrival_match(self, payment_id: str, *, timeout_seconds: float | None = None) -> GetArrivalMatchResponse:
        """Gets what is known of one payment or refund. One that never came is open as one is that has no pair.

        payment_id: Ours.
        """
        return self._transport.send(_GET_ARRIVAL_MATCH, {"payment_id": payment_id}, "", timeout_seconds)

    def assign_exceptions(
        self,
        *,
        exception_ids: Sequence[str],
        assignee: str = "",
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> AssignExceptionsResponse:
        """Gives exceptions to somebody to clear, or back to nobody, with a result for each. Idempotent by
        request_id.

        exception_ids: Which; one that stands twice counts once.
        assignee: Who has them to clear from now on; empty gives them back to nobody.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _ASSIGN_EXCEPTIONS,
            {"exception_ids": exception_ids, "assignee": assignee, "note": note},
            idempotency_key,
            timeout_seconds,
        )

    def confirm_exceptions(
        self,
        *,
        exception_ids: Sequence[str] = (),
        filter: ExceptionFilter | None = None,
        expected_count: int = 0,
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ConfirmExceptionsResponse:
        """Confirms that exceptions are as the run found them, with a result for each. One whose money reaches
        the second confirmation of its run's rule set waits for another person. Idempotent by request_id.
        COUNT_DIFFERS, and nothing confirmed, when the filter finds another number than was expected.

        exception_ids: Which; one that stands twice counts once. Empty when a filter is given.
        filter: All that it finds and that are not resolved or confirmed; unset when ids are given.
        expected_count: How many the filter has to find, as the caller saw them; up to 10,000. 0 with ids.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CONFIRM_EXCEPTIONS,
            {"exception_ids": exception_ids, "filter": filter, "expected_count": expected_count, "note": note},
            idempotency_key,
            timeout_seconds,
        )

    def get_exception(self, exception_id: str, *, timeout_seconds: float | None = None) -> GetExceptionResponse:
        """Gets one exception, with what was done about it.

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
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        assignee: str = "",
        merchant_id: str = "",
        currency_code: str = "",
        amount_minor_from: int = 0,
        amount_minor_to: int = 0,
        age_hours_min: int = 0,
        order: ListExceptionsRequestOrder = "ORDER_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListExceptionsResponse:
        """Lists exceptions by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        assignee: Only what this person has to clear.
        merchant_id: Only of this merchant's payments.
        currency_code: Only of this currency, on either side.
        amount_minor_from: Only from this amount_minor on.
        amount_minor_to: Only up to this amount_minor, itself included; 0 means without end.
        age_hours_min: Only what was found at least so many hours ago; at most ten years.
        order: The order; a page token is good for its own order only.
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
                "channel": channel,
                "business_date_from": business_date_from,
                "business_date_to": business_date_to,
                "assignee": assignee,
                "merchant_id": merchant_id,
                "currency_code": currency_code,
                "amount_minor_from": amount_minor_from,
                "amount_minor_to": amount_minor_to,
                "age_hours_min": age_hours_min,
                "order": order,
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
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        assignee: str = "",
        merchant_id: str = "",
        currency_code: str = "",
        amount_minor_from: int = 0,
        amount_minor_to: int = 0,
        age_hours_min: int = 0,
        order: ListExceptionsRequestOrder = "ORDER_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[ReconcilerException]:
        """What all pages of `list_exceptions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        assignee: Only what this person has to clear.
        merchant_id: Only of this merchant's payments.
        currency_code: Only of this currency, on either side.
        amount_minor_from: Only from this amount_minor on.
        amount_minor_to: Only up to this amount_minor, itself included; 0 means without end.
        age_hours_min: Only what was found at least so many hours ago; at most ten years.
        order: The order; a page token is good for its own order only.
        """
        for page in pages(
            lambda token: self.list_exceptions(
                page_size=page_size,
                run_id=run_id,
                exception_class=exception_class,
                state=state,
                payment_id=payment_id,
                channel=channel,
                business_date_from=business_date_from,
                business_date_to=business_date_to,
                assignee=assignee,
                merchant_id=merchant_id,
                currency_code=currency_code,
                amount_minor_from=amount_minor_from,
                amount_minor_to=amount_minor_to,
                age_hours_min=age_hours_min,
                order=order,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.exceptions

    def summarize_exceptions(
        self, *, filter: ExceptionFilter | None = None, timeout_seconds: float | None = None
    ) -> SummarizeExceptionsResponse:
        """Counts exceptions and adds up their money, by class and state.

        filter: Of which exceptions.
        """
        return self._transport.send(_SUMMARIZE_EXCEPTIONS, {"filter": filter}, "", timeout_seconds)

    def explain_exception(self, exception_id: str, *, timeout_seconds: float | None = None) -> ExplainExceptionResponse:
        """Explains an exception.

        exception_id: Ours.
        """
        return self._transport.send(_EXPLAIN_EXCEPTION, {"exception_id": exception_id}, "", timeout_seconds)

    def explain_match(self, match_id: str, *, timeout_seconds: float | None = None) -> ExplainMatchResponse:
        """Explains a match or a suggestion, by the id that ListMatches gives.

        match_id: Ours.
        """
        return self._transport.send(_EXPLAIN_MATCH, {"match_id": match_id}, "", timeout_seconds)

    def explain_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> ExplainPaymentResponse:
        """Explains where a payment or a refund of the books stands, by the runs that stand. NOT_FOUND when no
        run has placed it.

        payment_id: Its id.
        """
        return self._transport.send(_EXPLAIN_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    def explain_statement_line(
        self, line_id: str, *, timeout_seconds: float | None = None
    ) -> ExplainStatementLineResponse:
        """Explains where a statement's line stands, in the same way.

        line_id: The statement's id, a dot, and the number of the line.
        """
        return self._transport.send(_EXPLAIN_STATEMENT_LINE, {"line_id": line_id}, "", timeout_seconds)

    def activate_rule_set_version(
        self,
        rule_set_id: str,
        version: int,
        *,
        regression_id: str,
        effective_from: str = "",
        timeout_seconds: float | None = None,
    ) -> ActivateRuleSetVersionResponse:
        """Lets a version decide from a business date on. SECOND_PERSON_REQUIRED when it is whoever made it,
        REGRESSION_REQUIRED without a report of exactly this version against the one that it replaces,
        WRONG_AUTO_POSTS when that posts what is wrong, EFFECTIVE_DATE_PASSED when a later version has the
        day. Again with the same report by the same person changes nothing.

        rule_set_id: The set.
        version: The version, a draft.
        regression_id: The report that the person has read.
        effective_from: The first business date that it decides, YYYY-MM-DD, not before the one that it says
          itself; empty for that one.
        """
        return self._transport.send(
            _ACTIVATE_RULE_SET_VERSION,
            {
                "rule_set_id": rule_set_id,
                "version": version,
                "regression_id": regression_id,
                "effective_from": effective_from,
            },
            "",
            timeout_seconds,
        )

    def check_rule_set(self, *, yaml: str, timeout_seconds: float | None = None) -> CheckRuleSetResponse:
        """Reads a rule set and tells all of its faults at once, each with rule, field and cure. It stores
        nothing.

        yaml: The rule set.
        """
        return self._transport.send(_CHECK_RULE_SET, {"yaml": yaml}, "", timeout_seconds)

    def create_rule_set_version(
        self, *, yaml: str, note: str = "", idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> CreateRuleSetVersionResponse:
        """Makes a version, which decides nothing yet. Idempotent by request_id. RULE_SET_REFUSED when it has
        faults; CheckRuleSet tells all of them.

        yaml: The rule set; its `version` has to be the next of its `id`.
        note: Why it is made.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CREATE_RULE_SET_VERSION, {"yaml": yaml, "note": note}, idempotency_key, timeout_seconds
        )

    def diff_rule_set_versions(
        self, rule_set_id: str, version: int, *, base_version: int = 0, timeout_seconds: float | None = None
    ) -> DiffRuleSetVersionsResponse:
        """Tells rule by rule what a version says otherwise than another of its set.

        rule_set_id: The set.
        version: The version.
        base_version: The version to hold it against; 0 for the one that it replaces or replaced.
        """
        return self._transport.send(
            _DIFF_RULE_SET_VERSIONS,
            {"rule_set_id": rule_set_id, "version": version, "base_version": base_version},
            "",
            timeout_seconds,
        )

    def get_regression_report(
        self, regression_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> GetRegressionReportResponse:
        """Gets a report, and a page of the rows that end in another place.

        regression_id: Ours.
        page_size: How many rows at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _GET_REGRESSION_REPORT,
            {"regression_id": regression_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    def get_all_regression_report(
        self, regression_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[RegressionRow]:
        """What all pages of `get_regression_report` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        regression_id: Ours.
        page_size: How many rows at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.get_regression_report(
                regression_id=regression_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.rows

    def get_rule_set_version(
        self, rule_set_id: str, version: int, *, business_date: str = "", timeout_seconds: float | None = None
    ) -> GetRuleSetVersionResponse:
        """Gets one version with its text, its rules and its thresholds in words.

        rule_set_id: The set.
        version: The version; 0 for the one that decides the business date.
        business_date: With version 0: the day, YYYY-MM-DD; empty for today in UTC.
        """
        return self._transport.send(
            _GET_RULE_SET_VERSION,
            {"rule_set_id": rule_set_id, "version": version, "business_date": business_date},
            "",
            timeout_seconds,
        )

    def list_rule_set_versions(
        self, *, rule_set_id: str = "", page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListRuleSetVersionsResponse:
        """Lists versions, by set, the newest of each first.

        rule_set_id: Only of this set; empty for all.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_RULE_SET_VERSIONS,
            {"rule_set_id": rule_set_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    def list_all_rule_set_versions(
        self, *, rule_set_id: str = "", page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[RuleSetVersion]:
        """What all pages of `list_rule_set_versions` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        rule_set_id: Only of this set; empty for all.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_rule_set_versions(
                rule_set_id=rule_set_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.rule_set_versions

    def retire_rule_set_version(
        self, rule_set_id: str, version: int, *, timeout_seconds: float | None = None
    ) -> RetireRuleSetVersionResponse:
        """Lets a version decide no more: the days that it had are the version's before it, and what it decided
        stands. LAST_RULE_SET when no other would decide these days.

        rule_set_id: The set.
        version: The version.
        """
        return self._transport.send(
            _RETIRE_RULE_SET_VERSION, {"rule_set_id": rule_set_id, "version": version}, "", timeout_seconds
        )

    def start_regression(
        self, rule_set_id: str, version: int, *, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> StartRegressionResponse:
        """Asks for a report of what a version changes, which goes on after the answer; GetRegressionReport tells
        how far. Idempotent by request_id. REGRESSION_IN_PROGRESS when one of the version has not ended.

        rule_set_id: The set.
        version: The version, a draft.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _START_REGRESSION, {"rule_set_id": rule_set_id, "version": version}, idempotency_key, timeout_seconds
        )

    def get_run(self, run_id: str, *, timeout_seconds: float | None = None) -> GetRunResponse:
        """Gets one run with its progress or its totals.

        run_id: Ours.
        """
        return self._transport.send(_GET_RUN, {"run_id": run_id}, "", timeout_seconds)

    def list_matches(
        self,
        run_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        disposition: Disposition = "DISPOSITION_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListMatchesResponse:
        """Lists the matches and suggestions of a run, by page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        disposition: MATCHED or SUGGESTED; unset means both.
        """
        return self._transport.send(
            _LIST_MATCHES,
            {"run_id": run_id, "page_size": page_size, "page_token": page_token, "disposition": disposition},
            "",
            timeout_seconds,
        )

    def list_all_matches(
        self,
        run_id: str,
        *,
        page_size: int = 0,
        disposition: Disposition = "DISPOSITION_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[Match]:
        """What all pages of `list_matches` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        disposition: MATCHED or SUGGESTED; unset means both.
        """
        for page in pages(
            lambda token: self.list_matches(
                run_id=run_id,
                page_size=page_size,
                disposition=disposition,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.matches

    def list_runs(
        self,
        *,
        channel: str = "",
        business_date: str = "",
        mode: RunMode = "MODE_UNSPECIFIED",
        page_size: int = 0,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ListRunsResponse:
        """Lists runs, newest first, by page.

        channel: Only of this channel; empty means every one.
        business_date: Only of this business day, YYYY-MM-DD; empty means every one.
        mode: Only of this mode; unset means both.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_RUNS,
            {
                "channel": channel,
                "business_date": business_date,
                "mode": mode,
                "page_size": page_size,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    def list_all_runs(
        self,
        *,
        channel: str = "",
        business_date: str = "",
        mode: RunMode = "MODE_UNSPECIFIED",
        page_size: int = 0,
        timeout_seconds: float | None = None,
    ) -> Iterator[Run]:
        """What all pages of `list_runs` have, fetched as it is walked; `timeout_seconds` is of each page.

        channel: Only of this channel; empty means every one.
        business_date: Only of this business day, YYYY-MM-DD; empty means every one.
        mode: Only of this mode; unset means both.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_runs(
                channel=channel,
                business_date=business_date,
                mode=mode,
                page_size=page_size,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.runs

    def start_run(
        self,
        *,
        channel: str,
        business_date: str,
        mode: RunMode = "MODE_UNSPECIFIED",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> StartRunResponse:
        """Asks for a run, which goes on after the answer; GetRun tells how far it is. Idempotent by request_id.
        RUN_IN_PROGRESS when one for the channel, day and mode has not ended. A COMMIT with pins equal to
        those of the day's current run decides nothing anew: same_as_run_id names the one that stands.

        channel: The channel.
        business_date: The channel's business day, YYYY-MM-DD.
        mode: What becomes of what it decides; unset means COMMIT.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _START_RUN,
            {"channel": channel, "business_date": business_date, "mode": mode},
            idempotency_key,
            timeout_seconds,
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

    def confirm_suggestions(
        self,
        *,
        suggestion_ids: Sequence[str],
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ConfirmSuggestionsResponse:
        """Confirms suggestions, with a result for each: the match is told to payments exactly as an automatic
        one, in the same transaction. One whose money reaches the second confirmation waits for another
        person. One of whose rows is matched meanwhile is refused, and the row named. Idempotent by
        request_id.

        suggestion_ids: Which; one that stands twice counts once.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CONFIRM_SUGGESTIONS, {"suggestion_ids": suggestion_ids, "note": note}, idempotency_key, timeout_seconds
        )

    def decline_suggestions(
        self,
        *,
        suggestion_ids: Sequence[str],
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> DeclineSuggestionsResponse:
        """Declines suggestions, with a result for each: every row becomes an exception of its own side.
        Idempotent by request_id.

        suggestion_ids: Which; one that stands twice counts once.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _DECLINE_SUGGESTIONS, {"suggestion_ids": suggestion_ids, "note": note}, idempotency_key, timeout_seconds
        )

    def get_suggestion(self, suggestion_id: str, *, timeout_seconds: float | None = None) -> GetSuggestionResponse:
        """Gets one suggestion, with what was decided about it.

        suggestion_id: Ours.
        """
        return self._transport.send(_GET_SUGGESTION, {"suggestion_id": suggestion_id}, "", timeout_seconds)

    def list_suggestions(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        run_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        state: SuggestionState = "STATE_UNSPECIFIED",
        rule_id: str = "",
        timeout_seconds: float | None = None,
    ) -> ListSuggestionsResponse:
        """Lists the suggestions of the runs that stand, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        state: Only in this state.
        rule_id: Only of this rule.
        """
        return self._transport.send(
            _LIST_SUGGESTIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "run_id": run_id,
                "channel": channel,
                "business_date_from": business_date_from,
                "business_date_to": business_date_to,
                "state": state,
                "rule_id": rule_id,
            },
            "",
            timeout_seconds,
        )

    def list_all_suggestions(
        self,
        *,
        page_size: int = 0,
        run_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        state: SuggestionState = "STATE_UNSPECIFIED",
        rule_id: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[Suggestion]:
        """What all pages of `list_suggestions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        state: Only in this state.
        rule_id: Only of this rule.
        """
        for page in pages(
            lambda token: self.list_suggestions(
                page_size=page_size,
                run_id=run_id,
                channel=channel,
                business_date_from=business_date_from,
                business_date_to=business_date_to,
                state=state,
                rule_id=rule_id,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.suggestions


class AsyncReconciler:
    """The calls of reconciler, for asyncio. Each raises Refused or NoAnswer."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get_arrival_match(
        self, payment_id: str, *, timeout_seconds: float | None = None
    ) -> GetArrivalMatchResponse:
        """Gets what is known of one payment or refund. One that never came is open as one is that has no pair.

        payment_id: Ours.
        """
        return await self._transport.send(_GET_ARRIVAL_MATCH, {"payment_id": payment_id}, "", timeout_seconds)

    async def assign_exceptions(
        self,
        *,
        exception_ids: Sequence[str],
        assignee: str = "",
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> AssignExceptionsResponse:
        """Gives exceptions to somebody to clear, or back to nobody, with a result for each. Idempotent by
        request_id.

        exception_ids: Which; one that stands twice counts once.
        assignee: Who has them to clear from now on; empty gives them back to nobody.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _ASSIGN_EXCEPTIONS,
            {"exception_ids": exception_ids, "assignee": assignee, "note": note},
            idempotency_key,
            timeout_seconds,
        )

    async def confirm_exceptions(
        self,
        *,
        exception_ids: Sequence[str] = (),
        filter: ExceptionFilter | None = None,
        expected_count: int = 0,
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ConfirmExceptionsResponse:
        """Confirms that exceptions are as the run found them, with a result for each. One whose money reaches
        the second confirmation of its run's rule set waits for another person. Idempotent by request_id.
        COUNT_DIFFERS, and nothing confirmed, when the filter finds another number than was expected.

        exception_ids: Which; one that stands twice counts once. Empty when a filter is given.
        filter: All that it finds and that are not resolved or confirmed; unset when ids are given.
        expected_count: How many the filter has to find, as the caller saw them; up to 10,000. 0 with ids.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CONFIRM_EXCEPTIONS,
            {"exception_ids": exception_ids, "filter": filter, "expected_count": expected_count, "note": note},
            idempotency_key,
            timeout_seconds,
        )

    async def get_exception(self, exception_id: str, *, timeout_seconds: float | None = None) -> GetExceptionResponse:
        """Gets one exception, with what was done about it.

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
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        assignee: str = "",
        merchant_id: str = "",
        currency_code: str = "",
        amount_minor_from: int = 0,
        amount_minor_to: int = 0,
        age_hours_min: int = 0,
        order: ListExceptionsRequestOrder = "ORDER_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListExceptionsResponse:
        """Lists exceptions by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        assignee: Only what this person has to clear.
        merchant_id: Only of this merchant's payments.
        currency_code: Only of this currency, on either side.
        amount_minor_from: Only from this amount_minor on.
        amount_minor_to: Only up to this amount_minor, itself included; 0 means without end.
        age_hours_min: Only what was found at least so many hours ago; at most ten years.
        order: The order; a page token is good for its own order only.
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
                "channel": channel,
                "business_date_from": business_date_from,
                "business_date_to": business_date_to,
                "assignee": assignee,
                "merchant_id": merchant_id,
                "currency_code": currency_code,
                "amount_minor_from": amount_minor_from,
                "amount_minor_to": amount_minor_to,
                "age_hours_min": age_hours_min,
                "order": order,
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
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        assignee: str = "",
        merchant_id: str = "",
        currency_code: str = "",
        amount_minor_from: int = 0,
        amount_minor_to: int = 0,
        age_hours_min: int = 0,
        order: ListExceptionsRequestOrder = "ORDER_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[ReconcilerException]:
        """What all pages of `list_exceptions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        exception_class: Only of this class.
        state: Only in this state.
        payment_id: Only of this payment.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        assignee: Only what this person has to clear.
        merchant_id: Only of this merchant's payments.
        currency_code: Only of this currency, on either side.
        amount_minor_from: Only from this amount_minor on.
        amount_minor_to: Only up to this amount_minor, itself included; 0 means without end.
        age_hours_min: Only what was found at least so many hours ago; at most ten years.
        order: The order; a page token is good for its own order only.
        """
        async for page in async_pages(
            lambda token: self.list_exceptions(
                page_size=page_size,
                run_id=run_id,
                exception_class=exception_class,
                state=state,
                payment_id=payment_id,
                channel=channel,
                business_date_from=business_date_from,
                business_date_to=business_date_to,
                assignee=assignee,
                merchant_id=merchant_id,
                currency_code=currency_code,
                amount_minor_from=amount_minor_from,
                amount_minor_to=amount_minor_to,
                age_hours_min=age_hours_min,
                order=order,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.exceptions:
                yield one

    async def summarize_exceptions(
        self, *, filter: ExceptionFilter | None = None, timeout_seconds: float | None = None
    ) -> SummarizeExceptionsResponse:
        """Counts exceptions and adds up their money, by class and state.

        filter: Of which exceptions.
        """
        return await self._transport.send(_SUMMARIZE_EXCEPTIONS, {"filter": filter}, "", timeout_seconds)

    async def explain_exception(
        self, exception_id: str, *, timeout_seconds: float | None = None
    ) -> ExplainExceptionResponse:
        """Explains an exception.

        exception_id: Ours.
        """
        return await self._transport.send(_EXPLAIN_EXCEPTION, {"exception_id": exception_id}, "", timeout_seconds)

    async def explain_match(self, match_id: str, *, timeout_seconds: float | None = None) -> ExplainMatchResponse:
        """Explains a match or a suggestion, by the id that ListMatches gives.

        match_id: Ours.
        """
        return await self._transport.send(_EXPLAIN_MATCH, {"match_id": match_id}, "", timeout_seconds)

    async def explain_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> ExplainPaymentResponse:
        """Explains where a payment or a refund of the books stands, by the runs that stand. NOT_FOUND when no
        run has placed it.

        payment_id: Its id.
        """
        return await self._transport.send(_EXPLAIN_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    async def explain_statement_line(
        self, line_id: str, *, timeout_seconds: float | None = None
    ) -> ExplainStatementLineResponse:
        """Explains where a statement's line stands, in the same way.

        line_id: The statement's id, a dot, and the number of the line.
        """
        return await self._transport.send(_EXPLAIN_STATEMENT_LINE, {"line_id": line_id}, "", timeout_seconds)

    async def activate_rule_set_version(
        self,
        rule_set_id: str,
        version: int,
        *,
        regression_id: str,
        effective_from: str = "",
        timeout_seconds: float | None = None,
    ) -> ActivateRuleSetVersionResponse:
        """Lets a version decide from a business date on. SECOND_PERSON_REQUIRED when it is whoever made it,
        REGRESSION_REQUIRED without a report of exactly this version against the one that it replaces,
        WRONG_AUTO_POSTS when that posts what is wrong, EFFECTIVE_DATE_PASSED when a later version has the
        day. Again with the same report by the same person changes nothing.

        rule_set_id: The set.
        version: The version, a draft.
        regression_id: The report that the person has read.
        effective_from: The first business date that it decides, YYYY-MM-DD, not before the one that it says
          itself; empty for that one.
        """
        return await self._transport.send(
            _ACTIVATE_RULE_SET_VERSION,
            {
                "rule_set_id": rule_set_id,
                "version": version,
                "regression_id": regression_id,
                "effective_from": effective_from,
            },
            "",
            timeout_seconds,
        )

    async def check_rule_set(self, *, yaml: str, timeout_seconds: float | None = None) -> CheckRuleSetResponse:
        """Reads a rule set and tells all of its faults at once, each with rule, field and cure. It stores
        nothing.

        yaml: The rule set.
        """
        return await self._transport.send(_CHECK_RULE_SET, {"yaml": yaml}, "", timeout_seconds)

    async def create_rule_set_version(
        self, *, yaml: str, note: str = "", idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> CreateRuleSetVersionResponse:
        """Makes a version, which decides nothing yet. Idempotent by request_id. RULE_SET_REFUSED when it has
        faults; CheckRuleSet tells all of them.

        yaml: The rule set; its `version` has to be the next of its `id`.
        note: Why it is made.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CREATE_RULE_SET_VERSION, {"yaml": yaml, "note": note}, idempotency_key, timeout_seconds
        )

    async def diff_rule_set_versions(
        self, rule_set_id: str, version: int, *, base_version: int = 0, timeout_seconds: float | None = None
    ) -> DiffRuleSetVersionsResponse:
        """Tells rule by rule what a version says otherwise than another of its set.

        rule_set_id: The set.
        version: The version.
        base_version: The version to hold it against; 0 for the one that it replaces or replaced.
        """
        return await self._transport.send(
            _DIFF_RULE_SET_VERSIONS,
            {"rule_set_id": rule_set_id, "version": version, "base_version": base_version},
            "",
            timeout_seconds,
        )

    async def get_regression_report(
        self, regression_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> GetRegressionReportResponse:
        """Gets a report, and a page of the rows that end in another place.

        regression_id: Ours.
        page_size: How many rows at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _GET_REGRESSION_REPORT,
            {"regression_id": regression_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    async def get_all_regression_report(
        self, regression_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[RegressionRow]:
        """What all pages of `get_regression_report` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        regression_id: Ours.
        page_size: How many rows at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.get_regression_report(
                regression_id=regression_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.rows:
                yield one

    async def get_rule_set_version(
        self, rule_set_id: str, version: int, *, business_date: str = "", timeout_seconds: float | None = None
    ) -> GetRuleSetVersionResponse:
        """Gets one version with its text, its rules and its thresholds in words.

        rule_set_id: The set.
        version: The version; 0 for the one that decides the business date.
        business_date: With version 0: the day, YYYY-MM-DD; empty for today in UTC.
        """
        return await self._transport.send(
            _GET_RULE_SET_VERSION,
            {"rule_set_id": rule_set_id, "version": version, "business_date": business_date},
            "",
            timeout_seconds,
        )

    async def list_rule_set_versions(
        self, *, rule_set_id: str = "", page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListRuleSetVersionsResponse:
        """Lists versions, by set, the newest of each first.

        rule_set_id: Only of this set; empty for all.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_RULE_SET_VERSIONS,
            {"rule_set_id": rule_set_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    async def list_all_rule_set_versions(
        self, *, rule_set_id: str = "", page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[RuleSetVersion]:
        """What all pages of `list_rule_set_versions` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        rule_set_id: Only of this set; empty for all.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_rule_set_versions(
                rule_set_id=rule_set_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.rule_set_versions:
                yield one

    async def retire_rule_set_version(
        self, rule_set_id: str, version: int, *, timeout_seconds: float | None = None
    ) -> RetireRuleSetVersionResponse:
        """Lets a version decide no more: the days that it had are the version's before it, and what it decided
        stands. LAST_RULE_SET when no other would decide these days.

        rule_set_id: The set.
        version: The version.
        """
        return await self._transport.send(
            _RETIRE_RULE_SET_VERSION, {"rule_set_id": rule_set_id, "version": version}, "", timeout_seconds
        )

    async def start_regression(
        self, rule_set_id: str, version: int, *, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> StartRegressionResponse:
        """Asks for a report of what a version changes, which goes on after the answer; GetRegressionReport tells
        how far. Idempotent by request_id. REGRESSION_IN_PROGRESS when one of the version has not ended.

        rule_set_id: The set.
        version: The version, a draft.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _START_REGRESSION, {"rule_set_id": rule_set_id, "version": version}, idempotency_key, timeout_seconds
        )

    async def get_run(self, run_id: str, *, timeout_seconds: float | None = None) -> GetRunResponse:
        """Gets one run with its progress or its totals.

        run_id: Ours.
        """
        return await self._transport.send(_GET_RUN, {"run_id": run_id}, "", timeout_seconds)

    async def list_matches(
        self,
        run_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        disposition: Disposition = "DISPOSITION_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListMatchesResponse:
        """Lists the matches and suggestions of a run, by page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        disposition: MATCHED or SUGGESTED; unset means both.
        """
        return await self._transport.send(
            _LIST_MATCHES,
            {"run_id": run_id, "page_size": page_size, "page_token": page_token, "disposition": disposition},
            "",
            timeout_seconds,
        )

    async def list_all_matches(
        self,
        run_id: str,
        *,
        page_size: int = 0,
        disposition: Disposition = "DISPOSITION_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Match]:
        """What all pages of `list_matches` have, fetched as it is walked; `timeout_seconds` is of each page.

        run_id: The run.
        page_size: How many at most; 0 means 50, the most is 1,000.
        disposition: MATCHED or SUGGESTED; unset means both.
        """
        async for page in async_pages(
            lambda token: self.list_matches(
                run_id=run_id,
                page_size=page_size,
                disposition=disposition,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.matches:
                yield one

    async def list_runs(
        self,
        *,
        channel: str = "",
        business_date: str = "",
        mode: RunMode = "MODE_UNSPECIFIED",
        page_size: int = 0,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ListRunsResponse:
        """Lists runs, newest first, by page.

        channel: Only of this channel; empty means every one.
        business_date: Only of this business day, YYYY-MM-DD; empty means every one.
        mode: Only of this mode; unset means both.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_RUNS,
            {
                "channel": channel,
                "business_date": business_date,
                "mode": mode,
                "page_size": page_size,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    async def list_all_runs(
        self,
        *,
        channel: str = "",
        business_date: str = "",
        mode: RunMode = "MODE_UNSPECIFIED",
        page_size: int = 0,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Run]:
        """What all pages of `list_runs` have, fetched as it is walked; `timeout_seconds` is of each page.

        channel: Only of this channel; empty means every one.
        business_date: Only of this business day, YYYY-MM-DD; empty means every one.
        mode: Only of this mode; unset means both.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_runs(
                channel=channel,
                business_date=business_date,
                mode=mode,
                page_size=page_size,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.runs:
                yield one

    async def start_run(
        self,
        *,
        channel: str,
        business_date: str,
        mode: RunMode = "MODE_UNSPECIFIED",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> StartRunResponse:
        """Asks for a run, which goes on after the answer; GetRun tells how far it is. Idempotent by request_id.
        RUN_IN_PROGRESS when one for the channel, day and mode has not ended. A COMMIT with pins equal to
        those of the day's current run decides nothing anew: same_as_run_id names the one that stands.

        channel: The channel.
        business_date: The channel's business day, YYYY-MM-DD.
        mode: What becomes of what it decides; unset means COMMIT.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _START_RUN,
            {"channel": channel, "business_date": business_date, "mode": mode},
            idempotency_key,
            timeout_seconds,
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

    async def confirm_suggestions(
        self,
        *,
        suggestion_ids: Sequence[str],
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> ConfirmSuggestionsResponse:
        """Confirms suggestions, with a result for each: the match is told to payments exactly as an automatic
        one, in the same transaction. One whose money reaches the second confirmation waits for another
        person. One of whose rows is matched meanwhile is refused, and the row named. Idempotent by
        request_id.

        suggestion_ids: Which; one that stands twice counts once.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CONFIRM_SUGGESTIONS, {"suggestion_ids": suggestion_ids, "note": note}, idempotency_key, timeout_seconds
        )

    async def decline_suggestions(
        self,
        *,
        suggestion_ids: Sequence[str],
        note: str = "",
        idempotency_key: str = "",
        timeout_seconds: float | None = None,
    ) -> DeclineSuggestionsResponse:
        """Declines suggestions, with a result for each: every row becomes an exception of its own side.
        Idempotent by request_id.

        suggestion_ids: Which; one that stands twice counts once.
        note: Why; it is kept.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _DECLINE_SUGGESTIONS, {"suggestion_ids": suggestion_ids, "note": note}, idempotency_key, timeout_seconds
        )

    async def get_suggestion(
        self, suggestion_id: str, *, timeout_seconds: float | None = None
    ) -> GetSuggestionResponse:
        """Gets one suggestion, with what was decided about it.

        suggestion_id: Ours.
        """
        return await self._transport.send(_GET_SUGGESTION, {"suggestion_id": suggestion_id}, "", timeout_seconds)

    async def list_suggestions(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        run_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        state: SuggestionState = "STATE_UNSPECIFIED",
        rule_id: str = "",
        timeout_seconds: float | None = None,
    ) -> ListSuggestionsResponse:
        """Lists the suggestions of the runs that stand, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        run_id: Only of this run.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        state: Only in this state.
        rule_id: Only of this rule.
        """
        return await self._transport.send(
            _LIST_SUGGESTIONS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "run_id": run_id,
                "channel": channel,
                "business_date_from": business_date_from,
                "business_date_to": business_date_to,
                "state": state,
                "rule_id": rule_id,
            },
            "",
            timeout_seconds,
        )

    async def list_all_suggestions(
        self,
        *,
        page_size: int = 0,
        run_id: str = "",
        channel: str = "",
        business_date_from: str = "",
        business_date_to: str = "",
        state: SuggestionState = "STATE_UNSPECIFIED",
        rule_id: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Suggestion]:
        """What all pages of `list_suggestions` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        run_id: Only of this run.
        channel: Only of this channel.
        business_date_from: Only of business days from this one on, YYYY-MM-DD.
        business_date_to: Only of business days up to this one, itself included, YYYY-MM-DD.
        state: Only in this state.
        rule_id: Only of this rule.
        """
        async for page in async_pages(
            lambda token: self.list_suggestions(
                page_size=page_size,
                run_id=run_id,
                channel=channel,
                business_date_from=business_date_from,
                business_date_to=business_date_to,
                state=state,
                rule_id=rule_id,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.suggestions:
                yield one
