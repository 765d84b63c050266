"""How intake says no: each decision and each fault of a field in words, in both languages."""

from chassis.errors import Fault, FieldFault, Kind
from chassis.validation import invalid
from services.payments.domain.intake import (
    Archived,
    BusinessKeyReused,
    Intake,
    Recorded,
    Replayed,
    RequestIdReused,
)
from services.payments.domain.payment import PayTimeFault


def taken(decided: Intake, index: int | None = None) -> Recorded | Replayed:
    """What was taken in. Raises the Fault of a refusal; `index` is the payment's place in its batch, if it has one."""
    place = {} if index is None else {"index": str(index)}
    match decided:
        case Recorded() | Replayed():
            return decided
        case RequestIdReused(fields=fields):
            raise _request_id_reused(fields, place)
        case BusinessKeyReused(payment_id=payment_id, fields=fields):
            raise _business_key_reused(payment_id, fields, place)
        case Archived(payment_id=payment_id):
            raise _archived(payment_id, place)


def refuse_pay_time(found: PayTimeFault | None, path: str = "") -> None:
    """Raise Fault INVALID_FIELD for a pay_time that cannot be; `path` is where its payment stands in a batch."""
    match found:
        case PayTimeFault.AHEAD:
            words = ("PAY_TIME_AHEAD", "is more than 15 minutes ahead of our clock", "晚于当前时间 15 分钟以上")
        case PayTimeFault.UNSET:
            words = ("PAY_TIME_UNSET", "is before 2000-01-01: was it left unset?", "早于 2000-01-01，可能未填写")
        case None:
            return
    raise invalid((FieldFault(f"{path}pay_time", *words),))


def _request_id_reused(fields: tuple[str, ...], place: dict[str, str]) -> Fault:
    names, names_zh = _names(fields)
    return Fault(
        Kind.EXISTS,
        "REQUEST_ID_REUSED",
        f"request_id was used for a request that differs in {names}: a new request needs a new request_id",
        f"request_id 已用于另一请求，不同的字段：{names_zh}；新请求请使用新的 request_id",
        metadata={"fields": ",".join(fields), **place},
    )


def _business_key_reused(payment_id: str, fields: tuple[str, ...], place: dict[str, str]) -> Fault:
    names, names_zh = _names(fields)
    return Fault(
        Kind.EXISTS,
        "BUSINESS_KEY_REUSED",
        f"the merchant's order was recorded as {payment_id}, which differs in {names}",
        f"该商户订单已登记为 {payment_id}，不同的字段：{names_zh}",
        metadata={"payment_id": payment_id, "fields": ",".join(fields), **place},
    )


def _archived(payment_id: str, place: dict[str, str]) -> Fault:
    return Fault(
        Kind.EXISTS,
        "PAYMENT_ARCHIVED",
        f"the merchant's order was recorded as {payment_id}, with the same content, and has been archived since",
        f"该商户订单已登记为 {payment_id}，内容相同，现已归档",
        metadata={"payment_id": payment_id, **place},
    )


def _names(fields: tuple[str, ...]) -> tuple[str, str]:
    """The fields for a reader; none are known when what they differ from is archived or of another kind."""
    names = ", ".join(fields)
    return names or "what it asked", names or "请求内容"
