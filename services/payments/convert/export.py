"""Exported rows as the contract has them. It decides nothing."""

import pyarrow as pa  # type: ignore[import-untyped]
from bihuan.payments.v1 import payment_feed_service_pb2 as pb

from services.payments.domain.export import Exported


def from_exported(exported: Exported) -> pb.ExportSliceResponse:
    """The contract's answer, with where to go on after it."""
    rows = exported.rows
    answer = pb.ExportSliceResponse(
        record_batch=_stream_of(rows), row_count=rows.num_rows, max_sequence=exported.max_sequence
    )
    if "sequence" in rows.schema.names:
        answer.next_sequence = rows["sequence"][-1].as_py() + 1
    else:
        answer.after_payment_id = rows["payment_id"][-1].as_py()
    return answer


def _stream_of(rows: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    # What PostgreSQL calls the types is nobody else's business.
    bare = rows.replace_schema_metadata(None).cast(pa.schema([(one.name, one.type) for one in rows.schema]))
    with pa.ipc.new_stream(sink, bare.schema) as writer:
        writer.write_batch(bare)
    content: bytes = sink.getvalue().to_pybytes()
    return content
