"""Which fields of an attempt its hashes cover, and its beginning and end as links of the chain. It stores nothing."""

import functools
from datetime import datetime
from typing import NamedTuple

from services.invoice_sync.domain.attempt import Attempt, Ended, Operation, TaxAnswer
from services.invoice_sync.domain.log_chain import (
    Entry,
    Fields,
    begin_hash,
    end_hash_of,
    end_text,
    plain_begin_text,
    tagged,
)


def begin(
    attempt_id: str,
    invoice_id: str,
    attempt_no: int,
    version: int,
    operation: Operation,
    route: str,
    start_time: datetime,
    request_sha256: str,
    trace_id: str,
    breaker_state: str,
    head: str,
) -> Attempt:
    """An attempt that is about to be made, chained upon the head of its invoice's log."""
    fields: Fields = {
        "attempt_id": attempt_id,
        "invoice_id": invoice_id,
        "attempt_no": attempt_no,
        "version": version,
        "operation": operation.value,
        "route": route,
        "start_time": start_time,
        "request_sha256": request_sha256,
        "trace_id": trace_id,
        "breaker_state": breaker_state,
    }
    return Attempt(
        attempt_id,
        invoice_id,
        attempt_no,
        operation,
        start_time,
        None,
        request_sha256,
        trace_id,
        None,
        version,
        route,
        breaker_state,
        head,
        begin_hash(head, fields),
    )


class Begun(NamedTuple):
    """The beginning of a submit; as Attempt, with hundreds of them in a claim."""

    invoice_id: str
    attempt_no: int
    attempt_id: str
    version: int
    operation: str
    route: str
    start_time: datetime
    request_sha256: str
    trace_id: str
    breaker_state: str
    prev_log_hash: str
    log_hash: str


# What a beginning's hash covers, in the order in which it is hashed.
_BEGUN = (
    "attempt_id",
    "attempt_no",
    "breaker_state",
    "invoice_id",
    "operation",
    "request_sha256",
    "route",
    "start_time",
    "trace_id",
    "version",
)
_begun_text = plain_begin_text(_BEGUN)


def submit_text(
    invoice_id: str,
    attempt_no: int,
    attempt_id: str,
    version: int,
    operation: str,
    route: str,
    start_time: datetime,
    request_sha256: str,
    trace_id: str,
    breaker_state: str,
    head: str,
) -> str:
    """The beginning of a submit as it is hashed and, until its end, kept. Its hash is the `text_hash` of this.

    All texts are ids, hex digits and words of ours: none has a sign of the canonical text in it.
    """
    number, of_version, start = tagged(attempt_no), tagged(version), tagged(start_time)
    ids = attempt_id, number, breaker_state, invoice_id
    return _begun_text(head, (*ids, operation, request_sha256, route, start, trace_id, of_version))


def end(begun: Attempt | Begun, answer: TaxAnswer, end_time: datetime) -> Ended:
    """What came of it, chained upon its own beginning."""
    log_hash = end_hash_of(begun.log_hash, _ended_text(answer, end_time))
    return Ended(begun.invoice_id, begun.attempt_no, end_time, answer, log_hash)


@functools.lru_cache(maxsize=1024)
def _ended_text(answer: TaxAnswer, end_time: datetime) -> str:
    """What goes together often comes back together, with one answer for all."""
    return end_text(ended_fields(answer, end_time))


def entry(logged: Attempt) -> Entry:
    """A row of the log as the chain is verified."""
    begun: Fields = {
        "attempt_id": logged.attempt_id,
        "invoice_id": logged.invoice_id,
        "attempt_no": logged.attempt_no,
        "version": logged.version,
        "operation": logged.operation.value,
        "route": logged.route,
        "start_time": logged.start_time,
        "request_sha256": logged.request_sha256,
        "trace_id": logged.trace_id,
        "breaker_state": logged.breaker_state,
    }
    if logged.answer is None or logged.end_time is None:
        return Entry(logged.attempt_no, logged.prev_log_hash, begun, logged.log_hash)
    return Entry(
        logged.attempt_no,
        logged.prev_log_hash,
        begun,
        logged.log_hash,
        ended_fields(logged.answer, logged.end_time),
        logged.end_log_hash,
    )


def ended_fields(answer: TaxAnswer, end_time: datetime) -> Fields:
    """Every column of attempt_end but the hash itself."""
    return {
        "end_time": end_time,
        "first_byte_time": answer.first_byte_time,
        "clock_offset_ms": answer.clock_offset_ms,
        "outcome": answer.outcome.value,
        "message": answer.message,
        "http_status": answer.http_status,
        "authority_code": answer.authority_code,
        "code_detail": answer.code_detail,
        "url_path": answer.url_path,
        "place": answer.place,
        "invoice_number": answer.invoice_number,
        "red_number": answer.red_number,
        "ack_time": answer.ack_time,
        "book_time": answer.book_time,
        "document_sha256": answer.document_sha256,
        "response_sha256": answer.response_sha256,
        "retry_after_seconds": answer.retry_after_seconds,
    }


def trace_id_of(traceparent: str) -> str:
    """The trace id in a W3C traceparent that was checked when it was stored; empty for none."""
    return traceparent[3:35]
