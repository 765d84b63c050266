"""What is told of payments that are not there: never were, or are archived with their month."""

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.errors import Fault, FieldFault, Kind
from services.payments.store import storage_month

_IDS_TOLD_MAX = 10


async def gone(session: AsyncSession, payment_id: str) -> Fault:
    """The Fault for a payment, to which money was to be done, that is not there: PAYMENT_ARCHIVED, else NOT_FOUND."""
    return _archived(payment_id) if await storage_month.is_dropped(session, payment_id) else not_found((payment_id,))


def not_found(payment_ids: tuple[str, ...]) -> Fault:
    """The Fault NOT_FOUND that names them, or the first of many."""
    told = ", ".join(payment_ids[:_IDS_TOLD_MAX])
    more = f" (of {len(payment_ids)})" if len(payment_ids) > _IDS_TOLD_MAX else ""
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"no payment by the id {told}{more}",
        f"未找到支付单：{told}{more}",
        metadata={"payment_ids": ",".join(payment_ids[:_IDS_TOLD_MAX])},
    )


def _archived(payment_id: str) -> Fault:
    words = (
        f"{payment_id} is archived, with all payments of the month in which its id was made: what still moves of its"
        " money, do at the channel, and keep the record of it in your own books"
    )
    words_zh = f"支付单 {payment_id} 所在月份的支付单已归档，此处不再变更；请直接在渠道办理，并在自有账务中留存记录"
    fields = (FieldFault("payment_id", "PAYMENT_ARCHIVED", words, words_zh),)
    return Fault(
        Kind.PRECONDITION, "PAYMENT_ARCHIVED", words, words_zh, fields=fields, metadata={"payment_id": payment_id}
    )
