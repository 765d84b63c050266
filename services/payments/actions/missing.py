"""What is told of payments that are not there."""

from chassis.errors import Fault, Kind

_IDS_TOLD_MAX = 10


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
