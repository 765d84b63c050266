"""Whether a Parquet file is the frame that is asked for, by what the file says of itself. It reads no row."""

from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]


class FrameInvalid(Exception):
    """An input is not the frame that is asked for; the message says what of it."""


def check_schema(path: Path, schema: pa.Schema) -> set[str]:
    """The text columns that may hold a null. Raises FrameInvalid for a column that is missing or of another type."""
    try:
        metadata = pq.read_metadata(path)
        found = metadata.schema.to_arrow_schema()
    except (OSError, pa.ArrowInvalid) as fault:
        raise FrameInvalid(f"{path.name} cannot be read as Parquet: {fault}") from fault
    if faults := schema_faults(found, schema):
        raise FrameInvalid(f"{path.name}: " + "; ".join(faults))
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    return {name for name in texts if found.field(name).nullable and _has_nulls(metadata, name)}


def schema_faults(found: pa.Schema, asked: pa.Schema) -> list[str]:
    """What of the columns is not as asked; others may be there."""
    faults = [f"no column {name}" for name in asked.names if name not in found.names]
    faults += [
        f"{field.name} is {found.field(field.name).type}, must be {field.type}"
        for field in asked
        if field.name in found.names and not _is_like(found.field(field.name).type, field.type)
    ]
    return faults


def _has_nulls(metadata: pq.FileMetaData, name: str) -> bool:
    at = metadata.schema.names.index(name)
    chunks = (metadata.row_group(group).column(at).statistics for group in range(metadata.num_row_groups))
    return any(chunk is None or not chunk.has_null_count or chunk.null_count for chunk in chunks)


def _is_like(found: pa.DataType, asked: pa.DataType) -> bool:
    if pa.types.is_dictionary(found):
        found = found.value_type
    return bool(found == asked or (pa.types.is_string(asked) and pa.types.is_large_string(found)))
