"""A batch of an import, and what became of it, both ways. A row is judged as RecordPayment judges a request."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pyarrow as pa  # type: ignore[import-untyped]
from bihuan.payments.v1 import import_pb2, import_service_pb2
from bihuan.payments.v1.payment_service_pb2 import RecordPaymentRequest
from buf.validate import validate_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import Fault, FieldFault
from chassis.validation import invalid, validate
from services.payments.convert.arrow_stream import ArrowStream, Batch
from services.payments.convert.basics import from_instant, to_instant, to_money
from services.payments.domain.import_batch import COLUMNS, TextRule, ToldBatch, WrongColumns, as_columns, surely_right
from services.payments.domain.import_progress import Import, Refusal, RefusedRow, refusal_of

_MICROSECONDS = 1_000_000
# Any that the contract takes: an imported row has none of its own.
_REQUEST_ID = "imported-row"
_RULES_KNOWN = {"min_len", "max_len", "pattern"}


async def to_batches(
    first_batch_no: int, pieces: AsyncIterator[import_service_pb2.ImportPaymentsRequest]
) -> AsyncIterator[ToldBatch]:
    """The batches of what follows the header. Raises Fault INVALID_FIELD, TOO_LARGE; those before it were given."""
    stream, batch_no, size_bytes = ArrowStream(), first_batch_no, 0
    has_ended = False
    async for piece in pieces:
        if has_ended:
            raise _wrong("end", "LAST", "a part came after the end", "结束标记之后仍有分片")
        match piece.WhichOneof("part"):
            case "chunk":
                size_bytes += len(piece.chunk)
                for batch in stream.feed(piece.chunk):
                    yield await asyncio.to_thread(to_told_batch, batch_no, batch)
                    batch_no += 1
            case "end":
                has_ended = True
                if piece.end.size_bytes != size_bytes:
                    raise _wrong(
                        "end", "SIZE", "the stream did not come whole: go on with it", "数据流未完整送达，请续传"
                    )
            case "header":
                raise _wrong("header", "ONCE", "the header came twice", "头部只能发送一次")
            case _:
                raise _wrong("part", "REQUIRED", "the part holds nothing", "分片为空")
    if not has_ended:
        raise _wrong("end", "REQUIRED", "the stream ended without its end: go on with it", "数据流缺少结束标记，请续传")
    stream.end()


async def to_header(pieces: AsyncIterator[import_service_pb2.ImportPaymentsRequest]) -> import_service_pb2.ImportHeader:
    """The header, which is the first part. Raises Fault INVALID_FIELD."""
    async for piece in pieces:
        if piece.WhichOneof("part") == "header":
            return piece.header
        break
    raise _wrong("header", "FIRST", "the header must come first", "必须先发送头部")


def to_told_batch(batch_no: int, batch: Batch) -> ToldBatch:
    """The batch with each row judged but for its time. Raises Fault INVALID_FIELD when its columns make no payments."""
    rows = as_columns(batch.rows)
    if isinstance(rows, WrongColumns):
        raise _wrong(rows.field, rows.rule, rows.message, rows.message_zh)
    doubtful = surely_right(rows, TEXT_RULES).to_pylist()
    refused = {at: found for at, right in enumerate(doubtful) if not right and (found := _look_closer(rows, at))}
    return ToldBatch(batch_no, batch.sha256, rows, refused)


def from_import(known: Import) -> import_pb2.Import:
    """The contract's import."""
    return import_pb2.Import(
        import_id=known.import_id,
        next_batch_no=known.next_batch_no,
        total_row_count=known.total_row_count,
        row_count=known.row_count,
        recorded_count=known.recorded_count,
        replayed_count=known.replayed_count,
        refused_count=known.refused_count,
        create_time=from_instant(known.create_time),
        update_time=from_instant(known.update_time),
    )


def from_refused_row(refused: RefusedRow) -> import_pb2.ImportRefusal:
    """The contract's refusal."""
    refusal = refused.refusal
    return import_pb2.ImportRefusal(
        batch_no=refused.batch_no,
        row_no=refused.row_no,
        reason=refusal.reason,
        field=refusal.field,
        rule=refusal.rule,
        message=refusal.message,
        message_zh=refusal.message_zh,
        cure=refusal.cure,
        cure_zh=refusal.cure_zh,
        payment_id=refusal.payment_id,
    )


def _look_closer(rows: pa.RecordBatch, at: int) -> Refusal | None:
    """Judge one row by the very code that judges a request; None when it is right after all."""
    try:
        request = _to_request(rows, at)
        validate(request)
        to_money("amount", request.amount)
        to_instant("pay_time", request.pay_time)
    except Fault as fault:
        return refusal_of(fault)
    return None


def _to_request(rows: pa.RecordBatch, at: int) -> RecordPaymentRequest:
    told = {name: rows[name][at].as_py() for name in TEXT_RULES}
    request = RecordPaymentRequest(request_id=_REQUEST_ID, **told)
    code, amount_minor = rows["currency_code"][at].as_py(), rows["amount_minor"][at].as_py()
    if code or amount_minor is not None:
        request.amount.currency_code = code
        request.amount.amount_minor = amount_minor or 0
    microseconds = rows["pay_time"][at].cast(pa.int64()).as_py()
    if microseconds is not None:
        seconds, rest = divmod(microseconds, _MICROSECONDS)
        request.pay_time.CopyFrom(Timestamp(seconds=seconds, nanos=rest * 1_000))
    return request


def _text_rules() -> Mapping[str, TextRule]:
    """The contract's own rules for the texts of a payment, so that there is one place that says them."""
    rules = {}
    for field in RecordPaymentRequest.DESCRIPTOR.fields:
        if field.name in COLUMNS.names and field.type == field.TYPE_STRING:
            said = field.GetOptions().Extensions[validate_pb2.field].string
            names = {rule.name for rule, _ in said.ListFields()}
            assert names <= _RULES_KNOWN, f"{field.name} has rules that an import does not judge: {names}"
            length_max = said.max_len if said.HasField("max_len") else None
            rules[field.name] = TextRule(said.min_len, length_max, said.pattern)
    return rules


TEXT_RULES = _text_rules()


def _wrong(field: str, rule: str, message: str, message_zh: str) -> Fault:
    return invalid((FieldFault(field, rule, message, message_zh),))
