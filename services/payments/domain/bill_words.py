"""What is said of a bill and of its payments, in English and Chinese. Which of it is so is decided elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.payments.domain.bill import Bill
from services.payments.domain.bill_answer import JudgedPart, Near, Verdict, subject_of, verdict_of
from services.payments.domain.bill_payment import BillPart, Standing

# The wall clock of those who read the words.
_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence in both languages."""

    text: str
    text_zh: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is so, and what to do."""

    verdict: Verdict
    fact: Words
    remedy: Words


def answer(bill: Bill, judged: Sequence[JudgedPart], near: Sequence[Near]) -> Answer:
    """Why the bill stands as it does, and what to do."""
    verdict = verdict_of(bill, judged, near)
    subject = subject_of(verdict, judged, near)
    values = {**_bill_values(bill), **(_part_values(subject.part) if subject else {})}
    if isinstance(subject, JudgedPart):
        values["exception"] = subject.exception_class
    fact = _FACTS[verdict]
    if verdict is Verdict.CANCELLED and bill.paid.amount_minor:
        fact = _PAID_AND_CANCELLED
    proposed = any(each.standing is Standing.DUPLICATE for each in judged)
    remedy = _REFUND_PROPOSED if proposed else _REMEDIES[verdict]
    return Answer(verdict, _filled(fact, values), _filled(remedy, values))


def part_words(judged: JudgedPart) -> Words:
    """Whether one payment counts, and why not; and what of it went back, when the rest counts."""
    part = judged.part
    values = {**_part_values(part), "exception": judged.exception_class}
    words = _filled(_STANDINGS[judged.standing], values)
    if 0 < part.left.amount_minor < part.amount.amount_minor:
        back = _filled(_PARTLY_BACK, values)
        return Words(words.text + back.text, words.text_zh + back.text_zh)
    return words


def _filled(words: Words, values: Mapping[str, str]) -> Words:
    return Words(words.text.format_map(values), words.text_zh.format_map(values))


def _bill_values(bill: Bill) -> dict[str, str]:
    return {
        "bill_no": bill.content.bill_no,
        "owed": str(bill.content.amount),
        "currency": bill.content.amount.currency_code,
        "paid": str(bill.paid),
        "due": str(bill.due),
        "over": str(bill.paid - bill.content.amount),
        "reason": bill.cancel_reason,
    }


def _part_values(part: BillPart) -> dict[str, str]:
    return {
        "payment_id": part.payment_id,
        "part_bill_no": part.bill_no,
        "channel": part.channel,
        "part": str(part.amount),
        "part_currency": part.amount.currency_code,
        "back": str(part.amount - part.left),
        "state": part.state.value,
        "since": _moment(part.paid_order[0]),
    }


def _moment(instant: datetime) -> str:
    return instant.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M %z")


_FACTS: Mapping[Verdict, Words] = {
    Verdict.NO_PAYMENT: Words(
        "{due} is due; no payment names bill {bill_no}", "应缴 {due}；没有支付使用账单号 {bill_no}"
    ),
    Verdict.NEAR_NUMBER: Words(
        "{due} is due; {part} was paid for {part_bill_no}, which no bill needs: was {bill_no} mistyped?",
        "应缴 {due}；有一笔 {part} 缴到 {part_bill_no}，该号码无欠费账单：是否输错了 {bill_no}？",
    ),
    Verdict.UNDECIDED: Words(
        "{due} is due; {channel} has not decided about {part} since {since} ({state})",
        "应缴 {due}；有一笔 {part} 自 {since} 起渠道 {channel} 结果未定（{state}）",
    ),
    Verdict.NOT_SUCCEEDED: Words(
        "{due} is due; payments were tried and none succeeded", "应缴 {due}；有过支付，均未成功"
    ),
    Verdict.GIVEN_BACK: Words("{due} is due; what was paid went back", "应缴 {due}；曾缴的款项已退回"),
    Verdict.OTHER_CURRENCY: Words(
        "{due} is due; {part} was paid, in another currency", "应缴 {due}；已付 {part}，币种与账单不同"
    ),
    Verdict.PARTLY_PAID: Words("{paid} of {owed} is paid; {due} is due", "应缴 {owed}，已缴 {paid}，尚欠 {due}"),
    Verdict.NOT_RECONCILED: Words(
        "the bill is paid; since {since} {channel}'s statement has not confirmed it",
        "账单已缴清；自 {since} 起渠道 {channel} 的对账单尚未确认（已缴费未对账）",
    ),
    Verdict.EXCEPTION: Words(
        "the bill is paid; {channel}'s statement differs ({exception})",
        "账单已缴清；与渠道 {channel} 的对账单有差异（{exception}）",
    ),
    Verdict.SETTLED: Words("the bill is paid, and the statement confirms it", "账单已缴清，对账单已确认"),
    Verdict.OVERPAID: Words("{paid} was paid for {owed}: {over} too much", "应缴 {owed}，实缴 {paid}，多缴 {over}"),
    Verdict.CANCELLED: Words("the bill was cancelled: {reason}", "账单已撤销：{reason}"),
}
_PAID_AND_CANCELLED = Words(
    "the bill was cancelled: {reason}; {paid} was paid for it all the same", "账单已撤销：{reason}；仍收到 {paid}"
)
_NOTHING = Words("nothing is to be done", "无需处理")
_PAY_AGAIN = Words("pay {due}", "请缴纳 {due}")
_REMEDIES: Mapping[Verdict, Words] = {
    Verdict.NO_PAYMENT: Words(
        "ask the customer for the channel's transaction number and look it up in ListPayments; if there is none, pay",
        "请客户提供渠道流水号，用 ListPayments 查询；若没有，则请缴费",
    ),
    Verdict.NEAR_NUMBER: Words(
        "compare {payment_id} with the customer's receipt; if it is the customer's, refund it and pay for {bill_no}",
        "请将支付单 {payment_id} 与客户凭证核对；确属该客户的，退款后按 {bill_no} 重新缴费",
    ),
    Verdict.UNDECIDED: Words(
        "do not pay again: the channel is asked until it answers; ConfirmPayment asks it now",
        "请勿重复缴费：系统会向渠道查询直至得到结果；ConfirmPayment 可立即查询",
    ),
    Verdict.NOT_SUCCEEDED: _PAY_AGAIN,
    Verdict.GIVEN_BACK: _PAY_AGAIN,
    Verdict.OTHER_CURRENCY: Words("refund it and pay in {currency}", "请退款，并以 {currency} 缴费"),
    Verdict.PARTLY_PAID: _PAY_AGAIN,
    Verdict.NOT_RECONCILED: Words(
        "nothing for the customer; when that day is over, see that {channel}'s statement was loaded and run",
        "客户无需操作；该业务日结束后，请确认渠道 {channel} 的对账单已导入并完成对账",
    ),
    Verdict.EXCEPTION: Words(
        "nothing for the customer; finance decides about the exception of {payment_id}",
        "客户无需操作；支付单 {payment_id} 的差异由财务处理",
    ),
    Verdict.SETTLED: _NOTHING,
    Verdict.OVERPAID: Words("ask the customer whether {over} is to be refunded", "请与客户确认是否退还 {over}"),
    Verdict.CANCELLED: _NOTHING,
}
_REFUND_PROPOSED = Words(
    "a refund is proposed in ListDuplicates: make it, or dismiss the case with a reason",
    "ListDuplicates 中已建议退款：请退款，或注明原因后关闭",
)
_PARTLY_BACK = Words("; {back} of {part} went back", "；{part} 中已退回 {back}")
_STANDINGS: Mapping[Standing, Words] = {
    Standing.RECONCILED: Words("counts; {channel}'s statement confirms it", "计入；渠道对账单已确认"),
    Standing.NOT_RECONCILED: Words(
        "counts; since {since} {channel}'s statement has not confirmed it",
        "计入；自 {since} 起渠道对账单尚未确认（已缴费未对账）",
    ),
    Standing.EXCEPTION: Words(
        "counts; {channel}'s statement differs: {exception}", "计入；与渠道对账单有差异：{exception}"
    ),
    Standing.DUPLICATE: Words("counts, and is too much: the bill had been paid", "计入，但账单此前已缴清（重复缴费）"),
    Standing.UNDECIDED: Words(
        "does not count yet: {channel} has not told whether it succeeded ({state})",
        "暂不计入：渠道尚未告知结果（{state}）",
    ),
    Standing.FAILED: Words("does not count: {channel} refused it", "不计入：渠道支付失败"),
    Standing.CLOSED: Words("does not count: it was closed unpaid", "不计入：未支付即关闭"),
    Standing.GIVEN_BACK: Words("does not count any more: all of it went back", "不再计入：已全部退回"),
    Standing.OTHER_CURRENCY: Words(
        "does not count: it is in {part_currency}, the bill is not", "不计入：币种为 {part_currency}，与账单不同"
    ),
}
