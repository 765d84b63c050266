"""Payments: taking one in, and telling what there is. It knows no wire and no SQL."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, paging, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind
from chassis.validation import invalid
from services.payments.actions.missing import not_found
from services.payments.domain.intake import BusinessKeyReused, Intake, Recorded, Replayed, RequestIdReused, judge_intake
from services.payments.domain.payment import (
    Payment,
    PaymentContent,
    PayTimeFault,
    first_change,
    judge_pay_time,
    succeeded_payment,
)
from services.payments.store import feed, intake
from services.payments.store import payment as payments
from services.payments.store.payment import ListKey, PaymentFilter


class PaymentActions:
    """What can be done to payments."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def record_payment(self, request_id: str, fingerprint: bytes, content: PaymentContent) -> Recorded | Replayed:
        """Take a payment in once, whatever is repeated: payment, used request_id and feed row commit together.

        `fingerprint` is the SHA-256 of what was asked under `request_id`. Raises Fault INVALID_FIELD for an
        impossible pay_time, REQUEST_ID_REUSED or BUSINESS_KEY_REUSED for a key with other content; all store nothing.
        """
        now = self._clock.now()
        _refuse_pay_time(judge_pay_time(content.pay_time, now))
        payment = succeeded_payment(content, ids.new_id("pay"), now, telemetry.current_traceparent())
        async with self._sessions.begin() as session:
            decided = await _take_in(session, request_id, fingerprint, payment, now)
            taken = _taken(decided)  # a Fault leaves the transaction here and undoes it
        telemetry.annotate(
            payment_id=taken.payment.payment_id,
            merchant_order_no=content.merchant_order_no,
            replayed=isinstance(taken, Replayed),
        )
        return taken

    @telemetry.traced
    async def get_payment(self, payment_id: str) -> Payment:
        """The payment by that id. Raises Fault NOT_FOUND."""
        telemetry.annotate(payment_id=payment_id)
        async with self._sessions.begin() as session:
            payment = await payments.get(session, payment_id)
        if payment is None:
            raise not_found((payment_id,))
        return payment

    @telemetry.traced
    async def list_payments(self, wanted: PaymentFilter, page_size: int, page_token: str) -> tuple[list[Payment], str]:
        """A page of payments, newest first, and the token of the next page; empty on the last.

        Raises Fault INVALID_FIELD for a merchant_order_no without merchant_id, INVALID_PAGE_TOKEN.
        """
        if wanted.merchant_order_no and not wanted.merchant_id:
            raise _order_without_merchant()
        after = _key_of(wanted, page_token)
        async with self._sessions.begin() as session:
            found = await payments.page(session, wanted, after, page_size + 1)
        page = found[:page_size]
        return page, _token_after(wanted, page[-1]) if len(found) > page_size else ""


async def _take_in(
    session: AsyncSession, request_id: str, fingerprint: bytes, payment: Payment, now: datetime
) -> Intake:
    # Both keys are taken by inserting, so that whoever comes second waits for the first and then sees it. Always the
    # business key first: two transactions never hold what the other waits for.
    content = payment.content
    if await intake.add_payment(session, payment):
        kept = payment
        await feed.add_changes(session, [first_change(payment)])
    else:
        kept = await intake.payment_of_order(session, content.merchant_id, content.merchant_order_no)
    is_first_use = await intake.add_request(session, request_id, fingerprint, kept.payment_id, now)
    used = None if is_first_use else await intake.used_request(session, request_id)
    return judge_intake(payment, kept, used, fingerprint)


def _taken(decided: Intake) -> Recorded | Replayed:
    match decided:
        case Recorded() | Replayed():
            return decided
        case RequestIdReused(fields=fields):
            names = ", ".join(fields)
            raise Fault(
                Kind.EXISTS,
                "REQUEST_ID_REUSED",
                f"request_id was used for a request that differs in {names}: a new request needs a new request_id",
                f"request_id 已用于另一请求，不同的字段：{names}；新请求请使用新的 request_id",
                metadata={"fields": ",".join(fields)},
            )
        case BusinessKeyReused(payment_id=payment_id, fields=fields):
            names = ", ".join(fields)
            raise Fault(
                Kind.EXISTS,
                "BUSINESS_KEY_REUSED",
                f"the merchant's order was recorded as {payment_id}, which differs in {names}",
                f"该商户订单已登记为 {payment_id}，不同的字段：{names}",
                metadata={"payment_id": payment_id, "fields": ",".join(fields)},
            )


def _refuse_pay_time(found: PayTimeFault | None) -> None:
    match found:
        case PayTimeFault.AHEAD:
            words = ("PAY_TIME_AHEAD", "is more than 15 minutes ahead of our clock", "晚于当前时间 15 分钟以上")
        case PayTimeFault.UNSET:
            words = ("PAY_TIME_UNSET", "is before 2000-01-01: was it left unset?", "早于 2000-01-01，可能未填写")
        case None:
            return
    raise invalid((FieldFault("pay_time", *words),))


def _order_without_merchant() -> Fault:
    message, message_zh = (
        "needs merchant_id: an order number is unique only within a merchant",
        "须同时给出 merchant_id",
    )
    return invalid((FieldFault("merchant_order_no", "NEEDS_MERCHANT_ID", message, message_zh),))


def _token_after(wanted: PaymentFilter, last: Payment) -> str:
    return paging.encode(_filter_text(wanted), (last.create_time.isoformat(), last.payment_id))


def _key_of(wanted: PaymentFilter, page_token: str) -> ListKey | None:
    key = paging.decode(_filter_text(wanted), page_token)
    if not key:
        return None
    try:
        create_time, payment_id = key
        return ListKey(datetime.fromisoformat(create_time), payment_id)
    except ValueError:
        raise paging.wrong_token() from None


def _filter_text(wanted: PaymentFilter) -> str:
    return "\x1f".join((wanted.merchant_id, wanted.merchant_order_no, wanted.channel, str(wanted.business_date or "")))
