"""Exception: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.basics import Money

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
