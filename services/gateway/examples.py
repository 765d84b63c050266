"""A valid message of each type of the contract, for people who read the document. It knows no operation.

What a field holds is told by its name; what no name tells comes from its rules.
"""

from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from services.gateway.contract import type_of
from services.gateway.requests import REQUEST_ID, told_by_gateway
from services.gateway.schemas import is_required, rules_of

_DEPTH_MAX = 5
_DAY, _INSTANT = "2026-03-01", "2026-03-01T12:00:00+08:00"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_TEXTS = {
    "request_id": "pay-20260301-0001",
    "merchant_id": "city-water",
    "merchant_ids": "city-water",
    "tenant_id": "city-water",
    "merchant_order_no": "W-20260301-0001",
    "split_order_no": "S-20260301-0001",
    "bill_no": "W-202603-0001",
    "merchant_refund_no": "R-20260301-0001",
    "channel": "wechat_pay",
    "channel_txn_no": "4200002026030112345678901234",
    "channel_refund_no": "5030002026030112345678901234",
    "channel_takeback_no": "C-20260301-0001",
    "currency_code": "CNY",
    "payer_name": "张三",
    "payer_account": "3301001234567890",
    "buyer_title": "杭州某某科技有限公司",
    "buyer_tax_id": "91330100MA2ABCDE12",
    "seller_name": "江城水务集团有限公司",
    "seller_tax_id": "91420100MA4K0DEM01",
    "description": "三月水费",
    "display_name": "ERP of the waterworks",
    "reason": "told by the customer",
    "dismiss_reason": "two households paid",
    "business_date": _DAY,
    "file_name": "wechat_pay-20260301.csv",
    "media_type": "image/png",
    "file_sha256": _SHA256,
    "payment_id": "pay_01a203d153cc7463ad9ea3d5e7d76e17",
    "invoice_id": "inv_01a203e639d277f8b7de3aa630022284",
    "refund_id": "rfd_01a203e639d277f8b7de3aa630022285",
    "run_id": "run_01a203e639d277f8b7de3aa630022286",
    "statement_id": "stm_01a203e639d277f8b7de3aa630022287",
    "key_id": "key_01a203d153cc7463ad9ea3d5e7d76e17",
    "import_id": "import-20260301",
    "reference": "W-20260301-0001",
    "route": "sandbox/production/11/default",
    "roles": "integrator",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "url": "https://erp.example.com/bihuan",
    "event_types": "payment.succeeded",
    "next_page_token": "",
}
_NUMBERS = {"amount_minor": 12_800, "rate_ppm": 6_000, "overlap_seconds": 86_400, "calls_per_second": 200}
# Fields that no rule of their own makes necessary, and without which an example tells little.
_TELLING = {"amount_minor", "payer_name", "description", "buyer_title", "display_name", "reason", "roles"}
# A part is half of the whole.
_HALVES = {"bihuan.payments.v1.SplitOrderPartContent"}


def request(descriptor: Descriptor, left_out: frozenset[str]) -> dict[str, Any]:
    """The JSON of a request body without what stands elsewhere in the request."""
    message = GetMessageClass(descriptor)()
    _fill(message, lambda field: is_required(field) or field.name in _TELLING, _DEPTH_MAX)
    for name in {*left_out, REQUEST_ID} & set(descriptor.fields_by_name):
        message.ClearField(name)
    values: dict[str, Any] = MessageToDict(message)
    return values


def answer(descriptor: Descriptor) -> Message:
    """An answer with everything in it that it can hold, before masks."""
    message = GetMessageClass(descriptor)()
    _fill(message, lambda _: True, _DEPTH_MAX)
    return message


def parameter(field: FieldDescriptor) -> str | int | bool:
    """What a URL may say for a field."""
    if field.message_type:
        return _INSTANT
    value = _value(field, 0)
    return str(field.enum_type.values_by_number[value].name) if field.enum_type else value


def _fill(message: Message, wanted: Any, depth: int) -> None:
    seen_oneofs: set[str] = set()
    for field in type_of(message).fields:
        choice = field.containing_oneof
        if told_by_gateway(field) or not wanted(field) or (choice and choice.name in seen_oneofs):
            continue
        if choice:
            seen_oneofs.add(choice.name)
        _put(message, field, wanted, depth)


def _put(message: Message, field: FieldDescriptor, wanted: Any, depth: int) -> None:
    held = getattr(message, field.name)
    if field.is_repeated and field.message_type and field.message_type.GetOptions().map_entry:
        return
    if field.is_repeated:
        for at in range(max(1, rules_of(field).repeated.min_items)):
            if not field.message_type:
                held.append(_value(field, at))
            elif depth:
                _part(held.add(), wanted, depth, at)
    elif not field.message_type:
        setattr(message, field.name, _value(field, 0))
    elif depth:
        held.SetInParent()
        _part(held, wanted, depth, 0)


def _part(part: Message, wanted: Any, depth: int, at: int) -> None:
    if isinstance(part, Timestamp):
        part.FromJsonString(_INSTANT)
        return
    _fill(part, wanted, depth - 1)
    if type_of(part).full_name in _HALVES:
        part.amount.amount_minor //= 2  # type: ignore[attr-defined]
        part.merchant_order_no += f"-{at + 1}"  # type: ignore[attr-defined]


def _value(field: FieldDescriptor, at: int) -> Any:
    rules = rules_of(field).repeated.items if field.is_repeated else rules_of(field)
    if field.enum_type:
        return _first(field.enum_type, rules)
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text(field, rules, at)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return False
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b"example" if rules.bytes.min_len else b""
    limits = rules.int64 if field.type == FieldDescriptor.TYPE_INT64 else rules.int32
    return _NUMBERS.get(field.name, max(limits.gte, 1))


def _text(field: FieldDescriptor, rules: Any, at: int) -> str:
    if field.name in _TEXTS:
        return _TEXTS[field.name] if not at else f"{_TEXTS[field.name]}-{at + 1}"
    if "[0-9]{4}-[0-9]{2}" in rules.string.pattern or field.name.endswith("_date"):
        return _DAY
    if "sha256" in field.name or "digest" in field.name or "hash" in field.name:
        return _SHA256
    return f"example-{field.name}"[: rules.string.max_len or None]


def _first(enum: EnumDescriptor, rules: Any) -> int:
    """The first value that says something and is allowed."""
    allowed = set(getattr(rules.enum, "in")) or set(enum.values_by_number)
    return min((number for number in allowed - set(rules.enum.not_in) if number), default=0)
