"""What people read about a difference: why it was classed so, in both languages."""

from collections.abc import Callable

from chassis.money import Money
from services.reconciler.domain.difference import BookRow, ChannelRow, Difference, Key
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.domain.line import LineKind

_KIND_ZH = {
    LineKind.DEBIT: "支出",
    LineKind.FEE: "手续费",
    LineKind.CHARGEBACK: "拒付",
    LineKind.TRANSFER: "划转",
}
_KEY_ZH = {
    Key.CHANNEL_REFUND_NO: "渠道退款单号",
    Key.MERCHANT_REFUND_NO: "商户退款单号",
    Key.CHANNEL_TXN_NO: "渠道流水号",
    Key.MERCHANT_ORDER_NO: "商户订单号",
    Key.BATCH_NO: "批次号",
    Key.BILL_NO: "账单号",
}
_ROWS_TOLD_MAX = 8

Sentences = tuple[str, str]


def explain(difference: Difference) -> Sentences:
    """Why the difference was classed so: the key, both amounts, and what it was held against; English, then Chinese."""
    words = _WORDS.get(difference.exception_class)
    return words(difference) if words and _is_plain(difference) else _told(difference)


def _is_plain(difference: Difference) -> bool:
    """Whether it has what the sentences of its own class speak of."""
    payments, lines, needs_key = _SHAPES[difference.exception_class]
    if (len(difference.payments), len(difference.lines)) != (payments, lines) or needs_key > bool(difference.key):
        return False
    line = difference.line
    if difference.exception_class is ExceptionClass.ENTRY_CHANNEL_ONLY:
        return line is not None and line.kind in _KIND_ZH
    if difference.exception_class is ExceptionClass.REFUND_CHANNEL_ONLY:
        return line is not None and line.kind is LineKind.REFUND
    return bool(difference.beside) or difference.exception_class not in _NEEDS_BESIDE


def _told(difference: Difference) -> Sentences:
    """Any difference: its class, the rows of both sides with their money, and what the rule says."""
    title, zh = difference.exception_class.en, difference.exception_class.zh
    books = [f"{row.payment_id} {row.amount} ({_numbers(row)})" for row in difference.payments]
    channel = [f"line {row.line_no} {row.amount} ({_numbers(row)})" for row in difference.lines]
    books_zh = [f"支付单 {row.payment_id} {_yuan(row.amount)}（{_numbers_zh(row)}）" for row in difference.payments]
    channel_zh = [f"账单第 {row.line_no} 行 {_yuan(row.amount)}（{_numbers_zh(row)}）" for row in difference.lines]
    beside = f"; held against {difference.beside}" if difference.beside else ""
    beside_zh = f"；对照 {difference.beside}" if difference.beside else ""
    told_zh = f"平台：{_listed(books_zh) if books else '无'}；渠道：{_listed(channel_zh) if channel else '无'}"
    return (
        f"{title}; the books: {_listed(books)}; the channel: {_listed(channel)}; {difference.reason}{beside}",
        f"{zh}。{told_zh}{beside_zh}",
    )


def _listed(rows: list[str]) -> str:
    more = len(rows) - _ROWS_TOLD_MAX
    return (", ".join(rows[:_ROWS_TOLD_MAX]) or "nothing") + (f" and {more} more" if more > 0 else "")


def _channel_only(difference: Difference) -> Sentences:
    line = _line(difference)
    return (
        f"the channel has {line.amount} ({_numbers(line)}) on line {line.line_no}; no free payment has either number",
        f"长款：渠道多 {_yuan(line.amount)}。账单第 {line.line_no} 行（{_numbers_zh(line)}）在平台无可对应的支付单",
    )


def _platform_only(difference: Difference) -> Sentences:
    payment = _payment(difference)
    return (
        f"the books have {payment.amount} ({_numbers(payment)}); no free line of the day has either number",
        f"短款：渠道少 {_yuan(payment.amount)}。平台已成功的支付单（{_numbers_zh(payment)}）在当日账单中无可对应的记录",
    )


def _amount(difference: Difference) -> Sentences:
    payment, line = _payment(difference), _line(difference)
    apart = line.amount - payment.amount
    over = apart.amount_minor > 0
    size = apart if over else -apart
    return (
        (
            f"joined by {difference.key}: the channel has {line.amount}, the books {payment.amount}; "
            f"the channel has {size} {'more' if over else 'less'}"
        ),
        (
            f"{'长款：渠道多' if over else '短款：渠道少'} {_yuan(size)}。按{_key_zh(difference)}对应："
            f"渠道 {_yuan(line.amount)}，平台 {_yuan(payment.amount)}"
        ),
    )


def _currency(difference: Difference) -> Sentences:
    payment, line = _payment(difference), _line(difference)
    return (
        f"joined by {difference.key}: the channel has {line.amount}, the books {payment.amount}",
        f"币种不符。按{_key_zh(difference)}对应：渠道 {_yuan(line.amount)}，平台 {_yuan(payment.amount)}",
    )


def _duplicate_payment(difference: Difference) -> Sentences:
    payment, line = _payment(difference), _line(difference)
    first = difference.beside
    return (
        (
            f"bill {payment.bill_no} was paid twice and the channel has both: payment {first} came first, this one "
            f"of {payment.amount} later, joined with line {line.line_no} by {difference.key}"
        ),
        (
            f"账单 {payment.bill_no} 重复缴费，渠道两笔均已到账：首笔为支付单 {first}；"
            f"本笔 {_yuan(payment.amount)} 在后，按{_key_zh(difference)}对应账单第 {line.line_no} 行"
        ),
    )


def _duplicate_line(difference: Difference) -> Sentences:
    line = _line(difference)
    file, _, line_no = difference.beside.partition(".")
    refund_no, refund_no_zh = "", " "
    if line.kind is LineKind.REFUND:
        refund_no, refund_no_zh = f" ({_refund_no(line)})", f"（{_refund_no_zh(line)}）"
    return (
        (
            f"line {line.line_no} of {line.amount} repeats channel_txn_no {line.channel_txn_no}{refund_no} "
            f"of line {line_no} in file {file}; the first one stands"
        ),
        (
            f"账单第 {line.line_no} 行（{_yuan(line.amount)}）与文件 {file} 第 {line_no} 行的渠道流水号 "
            f"{line.channel_txn_no}{refund_no_zh}重复，以首次出现的为准"
        ),
    )


def _duplicate_booking(difference: Difference) -> Sentences:
    payment = _payment(difference)
    return (
        (
            f"the books have {payment.amount} under channel_txn_no {payment.channel_txn_no} once more: "
            f"its line went to payment {difference.beside}"
        ),
        (
            f"渠道流水号 {payment.channel_txn_no} 在平台重复入账：该笔账单记录已对应支付单 {difference.beside}，"
            f"本笔 {_yuan(payment.amount)} 在渠道无到账"
        ),
    )


def _refund(difference: Difference) -> Sentences:
    line = _line(difference)
    assert line.kind is LineKind.REFUND, f"{line.kind} is no refund"
    return (
        (
            f"the channel refunded {-line.amount} ({_refund_no(line)}, {_numbers(line)}) "
            f"on line {line.line_no}; the books have no such refund"
        ),
        (
            f"渠道退款 {_yuan(-line.amount)}（{_refund_no_zh(line)}，{_numbers_zh(line)}，"
            f"账单第 {line.line_no} 行），平台无此退款"
        ),
    )


def _reference(difference: Difference) -> Sentences:
    payment, line = _payment(difference), _line(difference)
    return (
        (
            f"the number that joins them, {difference.key}, is of payment {payment.payment_id} of {payment.amount} "
            f"({_numbers(payment)}); line {line.line_no} of {line.amount} has another beside it ({_numbers(line)})"
        ),
        (
            f"按{_key_zh(difference)}对应的支付单 {payment.payment_id} {_yuan(payment.amount)}"
            f"（{_numbers_zh(payment)}）与账单第 {line.line_no} 行 {_yuan(line.amount)}"
            f"（{_numbers_zh(line)}）的另一单号不一致"
        ),
    )


def _entry(difference: Difference) -> Sentences:
    line = _line(difference)
    kind_zh = _KIND_ZH[line.kind]
    return (
        f"line {line.line_no} is a {line.kind} of {line.amount} ({_numbers(line)}); the books hold none of these",
        f"账单第 {line.line_no} 行为{kind_zh} {_yuan(line.amount)}（{_numbers_zh(line)}），平台账面无此类收支",
    )


def _payment(difference: Difference) -> BookRow:
    assert difference.payment is not None, f"{difference.exception_class} without a payment"
    return difference.payment


def _line(difference: Difference) -> ChannelRow:
    assert difference.line is not None, f"{difference.exception_class} without a line"
    return difference.line


def _numbers(row: BookRow | ChannelRow) -> str:
    return f"channel_txn_no {row.channel_txn_no or 'none'}, merchant_order_no {row.merchant_order_no or 'none'}"


def _numbers_zh(row: BookRow | ChannelRow) -> str:
    return f"渠道流水号 {row.channel_txn_no or '无'}，商户订单号 {row.merchant_order_no or '无'}"


def _refund_no(line: ChannelRow) -> str:
    if line.channel_refund_no:
        return f"channel_refund_no {line.channel_refund_no}"
    if line.merchant_refund_no:
        return f"merchant_refund_no {line.merchant_refund_no}"
    return "no refund number"


def _refund_no_zh(line: ChannelRow) -> str:
    if line.channel_refund_no:
        return f"渠道退款单号 {line.channel_refund_no}"
    if line.merchant_refund_no:
        return f"商户退款单号 {line.merchant_refund_no}"
    return "无退款单号"


def _key_zh(difference: Difference) -> str:
    assert difference.key is not None, f"{difference.exception_class} without a key"
    return _KEY_ZH[difference.key]


def _yuan(amount: Money) -> str:
    return str(amount).replace(" CNY", " 元")


_WORDS: dict[ExceptionClass, Callable[[Difference], Sentences]] = {
    ExceptionClass.CHANNEL_ONLY: _channel_only,
    ExceptionClass.PLATFORM_ONLY: _platform_only,
    ExceptionClass.AMOUNT_CHANNEL_OVER: _amount,
    ExceptionClass.AMOUNT_CHANNEL_SHORT: _amount,
    ExceptionClass.CURRENCY_MISMATCH: _currency,
    ExceptionClass.DUPLICATE_PAYMENT: _duplicate_payment,
    ExceptionClass.DUPLICATE_LINE: _duplicate_line,
    ExceptionClass.DUPLICATE_BOOKING: _duplicate_booking,
    ExceptionClass.REFUND_CHANNEL_ONLY: _refund,
    ExceptionClass.REFERENCE_CONFLICT: _reference,
    ExceptionClass.ENTRY_CHANNEL_ONLY: _entry,
}

# How many payments and lines the sentences of a class speak of, and whether of the number that joined them.
_SHAPES: dict[ExceptionClass, tuple[int, int, bool]] = {
    ExceptionClass.CHANNEL_ONLY: (0, 1, False),
    ExceptionClass.PLATFORM_ONLY: (1, 0, False),
    ExceptionClass.AMOUNT_CHANNEL_OVER: (1, 1, True),
    ExceptionClass.AMOUNT_CHANNEL_SHORT: (1, 1, True),
    ExceptionClass.CURRENCY_MISMATCH: (1, 1, True),
    ExceptionClass.DUPLICATE_PAYMENT: (1, 1, True),
    ExceptionClass.DUPLICATE_LINE: (0, 1, False),
    ExceptionClass.DUPLICATE_BOOKING: (1, 0, False),
    ExceptionClass.REFUND_CHANNEL_ONLY: (0, 1, False),
    ExceptionClass.REFERENCE_CONFLICT: (1, 1, True),
    ExceptionClass.ENTRY_CHANNEL_ONLY: (0, 1, False),
}
_NEEDS_BESIDE = frozenset(
    {ExceptionClass.DUPLICATE_PAYMENT, ExceptionClass.DUPLICATE_LINE, ExceptionClass.DUPLICATE_BOOKING}
)
