"""Deeds as a service tells them, and the record of one that the audit knows nothing of. It looks nothing up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.gateway.domain.audit_chain import batch_content
from services.gateway.domain.audit_record import RESOURCE_IDS_MAX, AuditRecord

FOUND_LATER = "FOUND_LATER"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that only a call brings about: when it was done, in which trace, and the ids that name it."""

    done_time: datetime
    trace_id: str
    resource_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundIn:
    """Where deeds were found: the name of the feed, and the full name of the method that tells it."""

    feed: str
    method: str


def by_record(deeds: Sequence[Deed]) -> list[list[Deed]]:
    """Deeds that one record tells, in the order of the first of each: of one trace, as many as it can name.

    Those of one trace came by one call, as far as anyone knows.
    """
    records: list[list[Deed]] = []
    open_of: dict[str, list[Deed]] = {}
    for deed in deeds:
        told = open_of.get(deed.trace_id)
        if told is None or len(_named([*told, deed])) > RESOURCE_IDS_MAX:
            records.append(told := [])
            open_of[deed.trace_id] = told
        told.append(deed)
    return records


def _named(deeds: Sequence[Deed]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for deed in deeds for one in deed.resource_ids if one))


def record_of(deeds: Sequence[Deed], found: FoundIn, record_id: str, now: datetime) -> AuditRecord:
    """What is known of a call by the deeds that it left: not who made it, from where or why."""
    return AuditRecord(
        record_id=record_id,
        record_time=now,
        caller_id=f"feed:{found.feed}",
        operator="",
        tenant_id="",
        method=found.method,
        resource_ids=_named(deeds),
        address="",
        reason="",
        outcome=FOUND_LATER,
        saw_unmasked=False,
        trace_id=deeds[0].trace_id,
        request_sha256=b"",
    )


def as_batch(records: Sequence[AuditRecord], batch_id: str) -> list[AuditRecord]:
    """Records as they are written together."""
    size = len(records)
    return [
        record._replace(batch_id=batch_id, batch_place=place, batch_size=size) for place, record in enumerate(records)
    ]


def content_of(records: Sequence[AuditRecord]) -> bytes:
    """What the signature of a batch is over."""
    return batch_content([record.digest() for record in records])
