"""One call to a tax authority and what came of it. The words are those of the contract's Attempt."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Operation(StrEnum):
    """What is asked of the authority."""

    SUBMIT = "SUBMIT"
    QUERY_BY_KEY = "QUERY_BY_KEY"
    QUERY_BY_NUMBER = "QUERY_BY_NUMBER"
    QUERY_WINDOW = "QUERY_WINDOW"  # all that it holds of a seller in a span of time
    QUERY_ELSEWHERE = "QUERY_ELSEWHERE"  # our key in another region or environment
    SEAL = "SEAL"
    QUERY_TOTALS = "QUERY_TOTALS"


class Outcome(StrEnum):
    """The class of an answer, or of its absence; every TaxSystem maps its own words to these."""

    OK = "OK"
    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    NOT_RECEIVED = "NOT_RECEIVED"
    UNKNOWN = "UNKNOWN"
    THROTTLED = "THROTTLED"
    AUTH = "AUTH"
    QUOTA = "QUOTA"
    OUTAGE = "OUTAGE"
    AUTHORITY_FAULT = "AUTHORITY_FAULT"
    REJECTED = "REJECTED"
    REJECTED_SYNTAX = "REJECTED_SYNTAX"
    REJECTED_BUSINESS = "REJECTED_BUSINESS"
    NOT_FOUND = "NOT_FOUND"
    MISMATCH = "MISMATCH"
    NOT_YET = "NOT_YET"
    SEAL_FAILED = "SEAL_FAILED"
    VOIDED = "VOIDED"


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """What a tax system said, in our words.

    `ack_time` and `book_time` are the authority's own and are never used for ordering. `document_sha256` is of the
    content that the authority holds (query only). `retry_after_seconds` is 0 when it did not ask us to wait.
    `code_detail` is what the code leaves open, in our words: PARTIAL_BATCH, SESSION_EXPIRED, SESSION_NOT_CLOSED, or
    CERTIFICATE. `clock_offset_ms` is the authority's clock less ours. `place` is the environment and region that
    answered. `red_number` is of the red letter that reversed the invoice. `seller_tax_id` is whose the
    record is that a question found. `response` holds the bytes received.
    """

    outcome: Outcome
    message: str
    http_status: int = 0
    authority_code: str = ""
    invoice_number: str = ""
    ack_time: datetime | None = None
    book_time: datetime | None = None
    document_sha256: str = ""
    response_sha256: str = ""
    retry_after_seconds: int = 0
    code_detail: str = ""
    clock_offset_ms: int = 0
    url_path: str = ""
    first_byte_time: datetime | None = None
    place: str = ""
    red_number: str = ""
    seller_tax_id: str = field(default="", repr=False)
    response: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of the attempt log, our source of truth. `answer` is None while it is under way or its process died.

    `route` is the key of the route by which it went; `breaker_state` is that of its breaker when it began. The hashes
    chain the log of an invoice, see log_chain; `end_log_hash` is empty while there is no answer.
    """

    attempt_id: str
    invoice_id: str
    attempt_no: int
    operation: Operation
    start_time: datetime
    end_time: datetime | None
    request_sha256: str
    trace_id: str
    answer: TaxAnswer | None
    version: int = 1
    route: str = ""
    breaker_state: str = ""
    prev_log_hash: str = ""
    log_hash: str = ""
    end_log_hash: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of an attempt, for the log."""

    invoice_id: str
    attempt_no: int
    end_time: datetime
    answer: TaxAnswer
    log_hash: str
