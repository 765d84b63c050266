"""The results of a batch's rows as they are kept and told: an Arrow IPC stream. It reads and writes no table."""

import dataclasses

import pyarrow as pa  # type: ignore[import-untyped]

from services.payments.domain.import_progress import Outcome, Refusal, Results

_OF_REFUSAL = tuple(field.name for field in dataclasses.fields(Refusal) if field.name != "payment_id")
_SCHEMA = pa.schema([(name, pa.string()) for name in ("outcome", "payment_id", *_OF_REFUSAL)])


def encode(results: Results) -> bytes:
    """The results, a row for each row of the batch, in its order."""
    count = len(results.payment_ids)
    outcomes = [Outcome.RECORDED.value] * count
    payment_ids = list(results.payment_ids)
    for at in results.replayed:
        outcomes[at] = Outcome.REPLAYED.value
    for at, refusal in results.refused.items():
        outcomes[at] = Outcome.REFUSED.value
        payment_ids[at] = refusal.payment_id
    columns = [outcomes, payment_ids, *(_texts(results, name) for name in _OF_REFUSAL)]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, _SCHEMA, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_batch(pa.record_batch(columns, schema=_SCHEMA))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def refusals(content: bytes) -> list[tuple[int, Refusal]]:
    """The rows that were refused, with their place, out of what `encode` made."""
    rows = pa.ipc.open_stream(content).read_all().to_pylist()
    return [
        (at, Refusal(**{name: row[name] for name in (*_OF_REFUSAL, "payment_id")}))
        for at, row in enumerate(rows)
        if row["outcome"] == Outcome.REFUSED.value
    ]


def _texts(results: Results, name: str) -> list[str]:
    texts = [""] * len(results.payment_ids)
    for at, refusal in results.refused.items():
        texts[at] = getattr(refusal, name)
    return texts
