"""The classes of exceptions and what people call them, in Chinese and English. It classes nothing itself."""

from enum import StrEnum


class ExceptionClass(StrEnum):
    """Why the books and the channel do not agree; the names and their order are those of the contract."""

    CHANNEL_ONLY = "CHANNEL_ONLY"
    PLATFORM_ONLY = "PLATFORM_ONLY"
    AMOUNT_CHANNEL_OVER = "AMOUNT_CHANNEL_OVER"
    AMOUNT_CHANNEL_SHORT = "AMOUNT_CHANNEL_SHORT"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    DUPLICATE_PAYMENT = "DUPLICATE_PAYMENT"
    DUPLICATE_LINE = "DUPLICATE_LINE"
    DUPLICATE_BOOKING = "DUPLICATE_BOOKING"
    REFUND_CHANNEL_ONLY = "REFUND_CHANNEL_ONLY"
    REFERENCE_CONFLICT = "REFERENCE_CONFLICT"
    STATUS_CHANNEL_SUCCESS = "STATUS_CHANNEL_SUCCESS"
    STATUS_PLATFORM_SUCCESS = "STATUS_PLATFORM_SUCCESS"
    ROUNDING_DIFFERENCE = "ROUNDING_DIFFERENCE"
    FEE_MISMATCH = "FEE_MISMATCH"
    FEE_MISSING = "FEE_MISSING"
    NET_SETTLEMENT_BREAK = "NET_SETTLEMENT_BREAK"
    REFUND_PLATFORM_ONLY = "REFUND_PLATFORM_ONLY"
    REFUND_AMOUNT_MISMATCH = "REFUND_AMOUNT_MISMATCH"
    REFUND_STATUS_SNAPSHOT = "REFUND_STATUS_SNAPSHOT"
    REFUND_EXCEEDS_PAYMENT = "REFUND_EXCEEDS_PAYMENT"
    CHARGEBACK = "CHARGEBACK"
    SPLIT_INCOMPLETE = "SPLIT_INCOMPLETE"
    MERGED_UNRESOLVED = "MERGED_UNRESOLVED"
    AMBIGUOUS_MATCH = "AMBIGUOUS_MATCH"
    CROSS_DAY = "CROSS_DAY"
    LATE_ITEM = "LATE_ITEM"
    TIME_OUT_OF_WINDOW = "TIME_OUT_OF_WINDOW"
    REFERENCE_DAMAGED = "REFERENCE_DAMAGED"
    UNKNOWN_MERCHANT = "UNKNOWN_MERCHANT"
    ENTRY_CHANNEL_ONLY = "ENTRY_CHANNEL_ONLY"
    DUPLICATE_FILE = "DUPLICATE_FILE"
    CONTROL_TOTAL_BREAK = "CONTROL_TOTAL_BREAK"
    MIRROR_GAP = "MIRROR_GAP"
    STATEMENT_MISSING = "STATEMENT_MISSING"
    PARSE_REJECTED = "PARSE_REJECTED"
    INVOICE_NOT_SYNCED = "INVOICE_NOT_SYNCED"

    @property
    def zh(self) -> str:
        """In Chinese, with its viewpoint: 长款, the channel has more than the books; 短款, it has less."""
        return _WORDS[self][0]

    @property
    def en(self) -> str:
        """In English."""
        return _WORDS[self][1]


# Chinese, then English, as the contract has them.
_WORDS: dict[ExceptionClass, tuple[str, str]] = {
    ExceptionClass.CHANNEL_ONLY: ("长款·平台漏单", "a line at the channel, nothing in the books"),
    ExceptionClass.PLATFORM_ONLY: ("短款·渠道漏单", "succeeded in the books, no line at the channel"),
    ExceptionClass.AMOUNT_CHANNEL_OVER: ("长款·金额不符(渠道多)", "same key, the channel's amount is larger"),
    ExceptionClass.AMOUNT_CHANNEL_SHORT: ("短款·金额不符(渠道少)", "same key, the channel's amount is smaller"),
    ExceptionClass.CURRENCY_MISMATCH: ("币种不符", "same key, another currency"),
    ExceptionClass.DUPLICATE_PAYMENT: ("重复缴费", "one bill paid twice and both are at the channel"),
    ExceptionClass.DUPLICATE_LINE: ("账单行重复", "the same transaction stands twice in the channel's statement"),
    ExceptionClass.DUPLICATE_BOOKING: ("平台重复入账", "two of our payments claim one line"),
    ExceptionClass.REFUND_CHANNEL_ONLY: ("渠道有退款平台无", "a refund at the channel that the books do not have"),
    ExceptionClass.REFERENCE_CONFLICT: (
        "单号冲突",
        "the channel's number and the merchant's order number lead to two different payments",
    ),
    ExceptionClass.STATUS_CHANNEL_SUCCESS: (
        "长款·状态不符(渠道成功平台未成功)",
        "the channel says succeeded, the books do not",
    ),
    ExceptionClass.STATUS_PLATFORM_SUCCESS: (
        "短款·状态不符(平台成功渠道未成功)",
        "the books say succeeded, the channel does not",
    ),
    ExceptionClass.ROUNDING_DIFFERENCE: ("尾差", "same key, amounts apart by no more than the rounding unit"),
    ExceptionClass.FEE_MISMATCH: ("手续费不符", "the channel kept another fee than the books expected"),
    ExceptionClass.FEE_MISSING: ("手续费缺失", "settled without a fee where the books expected one"),
    ExceptionClass.NET_SETTLEMENT_BREAK: ("净额结算不平", "a batch less its fees and refunds is not what was paid out"),
    ExceptionClass.REFUND_PLATFORM_ONLY: (
        "平台有退款渠道无(虚假退款)",
        "a refund in the books, no line at the channel",
    ),
    ExceptionClass.REFUND_AMOUNT_MISMATCH: ("退款金额不符", "the same refund with another amount"),
    ExceptionClass.REFUND_STATUS_SNAPSHOT: (
        "退款状态快照差异",
        "the channel's line tells of the refund as it was accepted, before it succeeded",
    ),
    ExceptionClass.REFUND_EXCEEDS_PAYMENT: ("超额退款", "more was given back than was paid"),
    ExceptionClass.CHARGEBACK: ("拒付/冲正", "the channel took money back that nobody here asked to return"),
    ExceptionClass.SPLIT_INCOMPLETE: ("分笔不全", "parts of one payment were found and add up to less"),
    ExceptionClass.MERGED_UNRESOLVED: ("合并入账未拆分", "one deposit, and no single set of payments adds up to it"),
    ExceptionClass.AMBIGUOUS_MATCH: ("匹配不唯一", "several counterparts are equally likely"),
    ExceptionClass.CROSS_DAY: ("跨日", "matched on the other side of the cut-off; nothing is owed"),
    ExceptionClass.LATE_ITEM: ("迟到账单行", "a line of a day that was closed already"),
    ExceptionClass.TIME_OUT_OF_WINDOW: ("时间超窗", "same key, further apart in time than the rule allows"),
    ExceptionClass.REFERENCE_DAMAGED: ("单号异常", "matched by a number that is not quite the other's"),
    ExceptionClass.UNKNOWN_MERCHANT: ("商户号不符", "a line of a merchant that is not ours"),
    ExceptionClass.ENTRY_CHANNEL_ONLY: (
        "渠道其他收支平台无",
        (
            "an entry that is neither a payment nor a refund (a fee, a debit, a chargeback, a transfer); "
            "the books hold none of these"
        ),
    ),
    ExceptionClass.DUPLICATE_FILE: ("账单文件重复", "the same statement file, or one that overlaps an earlier one"),
    ExceptionClass.CONTROL_TOTAL_BREAK: ("汇总不符", "a file's lines do not add up to its own total"),
    ExceptionClass.MIRROR_GAP: (
        "同步缺失(已缴费未同步)",
        "payments has what the mirror lacks; no money is missing",
    ),
    ExceptionClass.STATEMENT_MISSING: ("账单未到", "no statement by its deadline"),
    ExceptionClass.PARSE_REJECTED: ("解析失败", "lines of a file that could not be read"),
    ExceptionClass.INVOICE_NOT_SYNCED: ("已对账未入税", "reconciled, and its invoice is absent at the tax authority"),
}
