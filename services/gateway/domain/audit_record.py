"""One line of the audit: who did what, from where, why and with what end. Never the body of a call."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

RESOURCE_IDS_MAX = 20
OK = "OK"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class AuditRecord(NamedTuple):
    """A mutating call, or a sight of unmasked data.

    `record_time` is when the call came. `method` is its full name in the contract. `outcome` is OK or the reason of the
    contract by which it was refused. `request_sha256` is of the verb, the path with its query, and the body as sent.
    `batch_id`, `batch_place` (from 0) and `batch_size` say with which others it was written; the signature over them
    all stands with the first, and is empty where the gateway has no key.
    """

    record_id: str
    record_time: datetime
    caller_id: str
    operator: str
    tenant_id: str
    method: str
    resource_ids: tuple[str, ...]
    address: str
    reason: str
    outcome: str
    saw_unmasked: bool
    trace_id: str
    request_sha256: bytes
    batch_id: str = ""
    batch_place: int = 0
    batch_size: int = 1
    batch_signature: bytes = b""

    def digest(self) -> bytes:
        """SHA-256 of every field but the signature, each at its place in one JSON array."""
        fields = [
            self.record_id,
            microseconds(self.record_time),
            self.caller_id,
            self.operator,
            self.tenant_id,
            self.method,
            list(self.resource_ids),
            self.address,
            self.reason,
            self.outcome,
            self.saw_unmasked,
            self.trace_id,
            self.request_sha256.hex(),
            self.batch_id,
            self.batch_place,
            self.batch_size,
        ]
        return hashlib.sha256(_as_ascii(fields)).digest()


def _as_ascii(fields: list[Any]) -> bytes:
    """JSON with everything escaped but what prints in ASCII; quickly where there is nothing else, which is the same."""
    written = orjson.dumps(fields)
    if written.isascii() and b"\x7f" not in written:
        return written
    return json.dumps(fields, separators=(",", ":")).encode("ascii")


def microseconds(instant: datetime) -> int:
    """An instant as whole microseconds since 1970, whatever its zone."""
    return (instant - _EPOCH) // _MICROSECOND
