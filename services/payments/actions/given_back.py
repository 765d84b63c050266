"""What refunds and takebacks have in common: their keys, and the faults that refuse one. It moves no money."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.errors import Fault, FieldFault, Kind
from chassis.money import Money
from chassis.validation import invalid
from services.payments.domain.bill_share import judge_bill
from services.payments.domain.money_left import Exceeds, NotPaid
from services.payments.domain.payment import PAY_TIME_AHEAD_MAX, PAY_TIME_MIN, Payment
from services.payments.domain.refund import RefundContent
from services.payments.domain.takeback import WonFault
from services.payments.store import refund as refunds
from services.payments.store.refund import FactKey, KeptFact

_BILLS_TOLD_MAX = 10


async def take_key(session: AsyncSession, key: FactKey, holder: KeptFact) -> KeptFact | None:
    """Take a number for ever; what holds it already, or None when it is ours now."""
    if await refunds.add_key(session, key, holder):
        return None
    kept = await refunds.holder_of(session, key)
    assert kept is not None, "a taken number is never given back"
    return kept


async def take_request(
    session: AsyncSession, request_id: str, fingerprint: bytes, payment_id: str, now: datetime
) -> None:
    """Take a request_id, or find that it asked the same before. Raises Fault REQUEST_ID_REUSED."""
    if await refunds.add_request(session, request_id, fingerprint, payment_id, now):
        return
    if await refunds.fingerprint_of(session, request_id) != fingerprint:
        raise Fault(
            Kind.EXISTS,
            "REQUEST_ID_REUSED",
            "request_id was used for another request: a new request needs a new request_id",
            "request_id 已用于另一请求；新请求请使用新的 request_id",
        )


def refuse_currency(payment: Payment, amount: Money) -> None:
    """Raise Fault INVALID_FIELD for an amount in another currency than the payment's."""
    code = payment.content.amount.currency_code
    if amount.currency_code != code:
        words = (f"must be the payment's, {code}", f"须与支付币种 {code} 一致")
        raise invalid((FieldFault("amount.currency_code", "SAME_CURRENCY", *words),))


def refuse_bill(payment: Payment, bill_no: str) -> None:
    """Raise Fault INVALID_FIELD for a bill that the payment does not pay; empty names none."""
    misfit = judge_bill(payment.content, bill_no) if bill_no else None
    if misfit is not None:
        more = ", ..." if len(misfit.bill_nos) > _BILLS_TOLD_MAX else ""
        told = ", ".join(misfit.bill_nos[:_BILLS_TOLD_MAX]) + more
        words = (
            f"is no bill of the payment, which pays {told}: name one of these, or none",
            f"不是该支付单所缴的账单（所缴：{told}）；请填其中之一，或留空",
        )
        raise invalid((FieldFault("bill_no", "BILL_OF_PAYMENT", *words),))


def refuse_share(content: RefundContent, share_left_minor: int) -> None:
    """Raise Fault REFUND_EXCEEDS for more than is left of the part for the bill that is named."""
    if content.amount.amount_minor <= share_left_minor:
        return
    left = Money(content.amount.currency_code, share_left_minor)
    words = (
        f"more than is left of the part for the bill {content.bill_no}, which is {left}: ask for less of it,"
        " and for the rest by the bill whose part it is"
    )
    words_zh = f"超过账单 {content.bill_no} 在该支付单中剩余的部分 {left}；请减少金额，其余部分按其所属账单另行退款"
    metadata = {
        "refundable_minor": str(share_left_minor),
        "currency_code": left.currency_code,
        "bill_no": content.bill_no,
    }
    fields = (FieldFault("amount", "BILL_SHARE", words, words_zh),)
    raise Fault(Kind.PRECONDITION, "REFUND_EXCEEDS", words, words_zh, fields=fields, metadata=metadata)


def refuse_won(found: WonFault | None) -> None:
    """Raise Fault INVALID_FIELD for money that no chargeback can have given again."""
    match found:
        case WonFault.NO_CHARGEBACK:
            words = "is no chargeback of the payment: tell that by RecordChargeback first"
            words_zh = "该支付单没有此拒付，请先登记拒付"
            raise invalid((FieldFault("channel_takeback_no", "CHARGEBACK_KNOWN", words, words_zh),))
        case WonFault.MORE_THAN_TAKEN:
            words, words_zh = "is more than the chargeback took", "超过该拒付扣回的金额"
            raise invalid((FieldFault("amount", "CHARGEBACK_AMOUNT", words, words_zh),))
        case None:
            return


def refuse_time(field: str, told: datetime, now: datetime) -> None:
    """Raise Fault INVALID_FIELD for a moment that cannot be when the channel did it."""
    if told > now + PAY_TIME_AHEAD_MAX:
        minutes = PAY_TIME_AHEAD_MAX // timedelta(minutes=1)
        words = (f"is more than {minutes} minutes ahead of our clock", f"晚于当前时间 {minutes} 分钟以上")
        raise invalid((FieldFault(field, "TIME_AHEAD", *words),))
    if told < PAY_TIME_MIN:
        words = ("is before 2000-01-01: was it left unset?", "早于 2000-01-01，可能未填写")
        raise invalid((FieldFault(field, "TIME_UNSET", *words),))


def key_reused(fact_id: str, fields: tuple[str, ...]) -> Fault:
    """The Fault for a number that was used for another refund or takeback."""
    names = ", ".join(fields)
    return Fault(
        Kind.EXISTS,
        "BUSINESS_KEY_REUSED",
        f"the number was used for {fact_id}, which differs in {names}",
        f"该单号已用于 {fact_id}，不同的字段：{names}",
        metadata={"fact_id": fact_id, "fields": ",".join(fields)},
    )


def taken_at_account(account_id: str) -> Fault:
    """The Fault for a refund number that another merchant has used at the same account."""
    return Fault(
        Kind.EXISTS,
        "BUSINESS_KEY_REUSED",
        f"the number was used at the account {account_id} by another merchant: to the channel it would be that refund",
        f"该退款单号已被同一渠道账户 {account_id} 下的其他商户使用",
        metadata={"account_id": account_id, "fields": "merchant_refund_no"},
    )


def archived(kept: KeptFact) -> Fault:
    """The Fault for a number whose payment is kept no more."""
    return Fault(
        Kind.PRECONDITION,
        "PAYMENT_ARCHIVED",
        f"the number was used for {kept.fact_id} of {kept.payment_id}, which is archived",
        f"该单号已用于 {kept.fact_id}，其支付单 {kept.payment_id} 已归档",
        metadata={"payment_id": kept.payment_id, "fact_id": kept.fact_id},
    )


def not_given(why: NotPaid | Exceeds) -> Fault:
    """The Fault for money that a payment does not have."""
    match why:
        case NotPaid(state=state):
            return Fault(
                Kind.PRECONDITION,
                "NOT_REFUNDABLE",
                f"the payment is {state}: nothing came in that could go back",
                f"支付单状态为 {state}，没有可退的款项",
                metadata={"state": state.value},
            )
        case Exceeds(currency_code=code, left_minor=left_minor):
            left = Money(code, left_minor)
            return Fault(
                Kind.PRECONDITION,
                "REFUND_EXCEEDS",
                f"more than the payment has left, which is {left}",
                f"超过该支付单的可退金额 {left}",
                metadata={"refundable_minor": str(left_minor), "currency_code": code},
            )


def channel_not_here(channel: str, merchant_id: str) -> Fault:
    """The Fault for a channel that has no account here, so that it cannot be asked."""
    return Fault(
        Kind.PRECONDITION,
        "CHANNEL_NOT_CONFIGURED",
        f"no account of {merchant_id} at {channel} stands here: refund it there, then tell it by RecordRefund",
        f"商户 {merchant_id} 在渠道 {channel} 未配置账户：请在渠道退款后用 RecordRefund 登记",
        metadata={"channel": channel, "merchant_id": merchant_id},
    )
