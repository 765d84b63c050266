"""Attempt: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

# What was asked.
AttemptOperation: TypeAlias = Literal[
    # Never sent.
    "OPERATION_UNSPECIFIED",
    # Send the document.
    "OPERATION_SUBMIT",
    # Look for it by our key.
    "OPERATION_QUERY_BY_KEY",
    # Look for it by the authority's number.
    "OPERATION_QUERY_BY_NUMBER",
    # Page through what the authority holds of the seller in a window of time.
    "OPERATION_QUERY_WINDOW",
    # Look for it in another region or environment.
    "OPERATION_QUERY_ELSEWHERE",
    # Ask for the seal again.
    "OPERATION_SEAL",
    # Ask for control totals.
    "OPERATION_QUERY_TOTALS",
]

# What came of it.
AttemptOutcome: TypeAlias = Literal[
    # Under way, or the process died in it: a submit without an outcome counts as UNKNOWN.
    "OUTCOME_UNSPECIFIED",
    # The record was found, or the query was answered.
    "OUTCOME_OK",
    # The authority took it and gave a number.
    "OUTCOME_ACCEPTED",
    # The authority has had it under this key before.
    "OUTCOME_DUPLICATE",
    # No byte reached the authority; it is safe to send again.
    "OUTCOME_NOT_RECEIVED",
    # It may have reached the authority: time-out, reset, 5xx or an answer that makes no sense.
    "OUTCOME_UNKNOWN",
    # Too many requests; retry_after_seconds tells how long to wait.
    "OUTCOME_THROTTLED",
    # Refused for good, for a reason that the authority gave no class.
    "OUTCOME_REJECTED",
    # The authority does not have it.
    "OUTCOME_NOT_FOUND",
    # The authority holds something else under the key.
    "OUTCOME_MISMATCH",
    # The authority has taken it and not yet booked it.
    "OUTCOME_NOT_YET",
    # Our credential was not accepted; nothing was read.
    "OUTCOME_AUTH",
    # The seller's quota is used up; nothing was taken.
    "OUTCOME_QUOTA",
    # The authority is closed; nothing was taken.
    "OUTCOME_OUTAGE",
    # The authority said that it failed inside; it may or may not have taken it.
    "OUTCOME_AUTHORITY_FAULT",
    # Refused for good for its form.
    "OUTCOME_REJECTED_SYNTAX",
    # Refused for good for its content.
    "OUTCOME_REJECTED_BUSINESS",
    # Taken and numbered, and its seal failed.
    "OUTCOME_SEAL_FAILED",
    # It is there, and voided or reversed.
    "OUTCOME_VOIDED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call to the tax authority about one invoice. The attempt log is the source of truth. 上传日志"""

    attempt_id: str = ""
    """Ours."""

    invoice_id: str = ""
    """The invoice."""

    attempt_no: int = 0
    """Counts from 1 over all attempts of the invoice."""

    operation: AttemptOperation = "OPERATION_UNSPECIFIED"
    """What was asked."""

    outcome: AttemptOutcome = "OUTCOME_UNSPECIFIED"
    """What came of it."""

    http_status: int = 0
    """The HTTP status; 0 when there was no answer."""

    authority_code: str = ""
    """The authority's own code; empty when it gave none."""

    message: str = ""
    """A sentence for people."""

    start_time: datetime | None = None
    """Before the first byte left."""

    end_time: datetime | None = None
    """After the answer or its absence; unset while under way."""

    request_sha256: str = ""
    """SHA-256 of the bytes sent, 64 hex digits; empty for a query."""

    response_sha256: str = ""
    """SHA-256 of the bytes received; empty when none came."""

    trace_id: str = ""
    """The trace of the attempt."""

    retry_after_seconds: int = 0
    """What the authority asked us to wait; 0 when it did not."""

    version: int = 0
    """The version of the document that it is about."""

    environment: str = ""
    """Which environment was called."""

    region: str = ""
    """Which region was called."""

    credential_id: str = ""
    """Which credential was used; never the secret."""

    url_path: str = ""
    """The path that was called, without its query."""

    code_detail: str = ""
    """What the code leaves open, such as PARTIAL_BATCH; mostly empty."""

    first_byte_time: datetime | None = None
    """When the first byte of the answer came; unset when none did."""

    clock_offset_ms: int = 0
    """The authority's clock minus ours, in milliseconds; 0 when it did not tell."""

    breaker_state: str = ""
    """The circuit breaker when the attempt began: CLOSED, OPEN or HALF_OPEN."""

    prev_log_hash: str = ""
    """The entry before it in the invoice's chain, 64 hex digits."""

    log_hash: str = ""
    """This entry, hashed together with the one before it; of its beginning while it is under way."""

    points_to: str = ""
    """The cause that this attempt alone would point to, such as B2; empty when it shows nothing wrong."""
