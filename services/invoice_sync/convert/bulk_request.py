"""Bulk requests, their rows and their upload, for the contract and out of it."""

from collections.abc import AsyncIterator

from bihuan.invoice_sync.v1 import bulk_request_pb2, bulk_request_service_pb2

from chassis.errors import FieldFault
from chassis.validation import invalid
from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.convert.findings import finding_to_proto
from services.invoice_sync.domain.bulk_request import BulkMode, BulkRequest, Outcome, RowResult

Parts = AsyncIterator[bulk_request_service_pb2.UploadBulkRequestRequest]


def bulk_request_to_proto(known: BulkRequest) -> bulk_request_pb2.BulkRequest:
    """A file and how far it has come."""
    return bulk_request_pb2.BulkRequest(
        bulk_request_id=known.bulk_request_id,
        merchant_id=known.merchant_id,
        file_sha256=known.file_sha256,
        file_name=known.file_name,
        mode=bulk_request_pb2.BulkRequest.Mode.Value(f"MODE_{known.mode.value}"),
        state=bulk_request_pb2.BulkRequest.State.Value(f"STATE_{known.state.value}"),
        row_count=known.row_count,
        wrong_count=known.wrong_count,
        done_count=known.done_count,
        invoiced_count=known.invoiced_count,
        awaiting_count=known.awaiting_count,
        refused_count=known.refused_count,
        requested_by=known.requested_by,
        create_time=timestamp(known.create_time),
        update_time=timestamp(known.update_time),
        decided_by=known.decided_by,
    )


def row_to_proto(row: RowResult) -> bulk_request_pb2.BulkRequestRow:
    """A row with its result."""
    return bulk_request_pb2.BulkRequestRow(
        row_no=row.row_no,
        payment_id=row.payment_id,
        merchant_order_no=row.merchant_order_no,
        outcome=bulk_request_pb2.BulkRequestRow.Outcome.Value(f"OUTCOME_{row.outcome.value}"),
        invoice_id=row.invoice_id,
        confirmation_id=row.confirmation_id,
        findings=[
            bulk_request_pb2.BulkRequestFinding(
                column=each.column, value=each.value, finding=finding_to_proto(each.finding)
            )
            for each in row.found
        ],
    )


def mode_from_proto(mode: bulk_request_pb2.BulkRequest.Mode.ValueType) -> BulkMode:
    """What the caller chose."""
    return BulkMode(bulk_request_pb2.BulkRequest.Mode.Name(mode).removeprefix("MODE_"))


def outcome_from_proto(outcome: bulk_request_pb2.BulkRequestRow.Outcome.ValueType) -> Outcome | None:
    """An outcome; None for the unspecified one."""
    if not outcome:
        return None
    return Outcome(bulk_request_pb2.BulkRequestRow.Outcome.Name(outcome).removeprefix("OUTCOME_"))


async def header_of(parts: Parts) -> bulk_request_service_pb2.BulkRequestHeader:
    """The first part. Raises Fault INVALID_FIELD when it is none."""
    async for part in parts:
        if part.WhichOneof("part") == "header":
            return part.header
        break
    raise _wrong("header", "FIRST", "the header must come first", "必须先发送文件头")


async def chunks_of(parts: Parts) -> AsyncIterator[bytes]:
    """The bytes behind the header, in order. Raises Fault INVALID_FIELD unless they end as they should."""
    size_bytes, told_bytes = 0, -1
    async for part in parts:
        which = part.WhichOneof("part")
        if told_bytes >= 0:
            raise _wrong("end", "LAST", "a part came after the end", "结束标记之后仍有分片")
        if which == "chunk":
            size_bytes += len(part.chunk)
            yield part.chunk
        elif which == "end":
            told_bytes = part.end.size_bytes
        else:
            raise _wrong("part", "ORDER", "behind the header come chunks and the end", "文件头之后只能是分片和结束标记")
    if told_bytes != size_bytes:
        raise _wrong("end", "SIZE", "the file did not come whole: send it again", "文件未完整送达，请重新上传")


def _wrong(field: str, rule: str, message: str, message_zh: str) -> Exception:
    return invalid((FieldFault(field, rule, message, message_zh),))
