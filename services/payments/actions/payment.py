"""Payments: telling what there is. It takes none in, and knows no wire and no SQL."""

from chassis import paging, telemetry
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault
from chassis.validation import invalid
from services.payments.actions.missing import not_found
from services.payments.domain.payment import Payment
from services.payments.store import payment as payments
from services.payments.store.payment import PaymentFilter


class PaymentActions:
    """What can be asked about payments."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

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
        before = paging.last_id(_filter_text(wanted), page_token)
        async with self._sessions.begin() as session:
            found = await payments.page(session, wanted, before, page_size + 1)
        page = found[:page_size]
        return page, _token_after(wanted, page[-1]) if len(found) > page_size else ""


def _order_without_merchant() -> Fault:
    message, message_zh = (
        "needs merchant_id: an order number is unique only within a merchant",
        "须同时给出 merchant_id",
    )
    return invalid((FieldFault("merchant_order_no", "NEEDS_MERCHANT_ID", message, message_zh),))


def _token_after(wanted: PaymentFilter, last: Payment) -> str:
    return paging.encode(_filter_text(wanted), (last.payment_id,))


def _filter_text(wanted: PaymentFilter) -> str:
    return "\x1f".join((wanted.merchant_id, wanted.merchant_order_no, wanted.channel, str(wanted.business_date or "")))
