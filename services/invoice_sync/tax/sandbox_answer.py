"""What an answer of the sandbox authority means, in our outcomes. It sends nothing and reads no clock.

`read_submit` and `read_query` are the two tables; everything that they do not know is UNKNOWN.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer

RETRY_AFTER_SECONDS_MAX = 3600
_NUMBER = re.compile(r"[0-9]{20}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_MESSAGE_LENGTH_MAX = 500
_SECOND = timedelta(seconds=1)
# The door refuses who has no right to be here before it reads any document; an operator must act, then it may go again.
_CREDENTIAL_REFUSED = (401, 403)
# These say that the request was judged and refused, when they bear a code of the protocol.
_REFUSALS = (400, 413, 415, 422)
_IN_NO_BOOK = "E4040"
_KEY_REUSED = "E4090"
# By status, and whether the record says when it was booked; what else may come makes no sense.
_STANDINGS = {("BOOKED", True): Outcome.OK, ("PROCESSING", False): Outcome.NOT_YET}


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer that was read to its end; `body` is empty when it was no JSON object that we can read."""

    status: int
    body: Mapping[str, Any]
    raw: bytes
    retry_after: str

    def code(self) -> str:
        """The authority's own code; empty when it gave none that we can read."""
        return _text(_CODE, self.body.get("code"))

    def message(self) -> str:
        """Its sentence, bounded."""
        message = self.body.get("message")
        return message[:_MESSAGE_LENGTH_MAX] if isinstance(message, str) else f"answered {self.status}"


def read_submit(seen: Seen, sha256: str) -> TaxAnswer:
    """What came of sending the bytes with this SHA-256."""
    code = seen.code()
    if seen.status == 200:
        return _read_yes(seen, sha256)
    if seen.status == 409 and code == _KEY_REUSED:
        return TaxAnswer(Outcome.MISMATCH, seen.message(), authority_code=code)
    if seen.status == 429:
        return TaxAnswer(Outcome.THROTTLED, seen.message(), authority_code=code)
    if seen.status in _CREDENTIAL_REFUSED:
        return TaxAnswer(Outcome.NOT_RECEIVED, seen.message(), authority_code=code)
    if seen.status in _REFUSALS and code:
        return TaxAnswer(Outcome.REJECTED, seen.message(), authority_code=code)
    return TaxAnswer(Outcome.UNKNOWN, seen.message(), authority_code=code)


def _read_yes(seen: Seen, sha256: str) -> TaxAnswer:
    number, echo = _text(_NUMBER, seen.body.get("number")), _text(_SHA256, seen.body.get("document_sha256"))
    accepted_at, duplicate = _instant(seen.body.get("accepted_at")), seen.body.get("duplicate")
    if not (number and echo and accepted_at and isinstance(duplicate, bool)):
        return TaxAnswer(Outcome.UNKNOWN, "answered 200 with what is no acceptance")
    outcome = Outcome.DUPLICATE if duplicate else Outcome.ACCEPTED
    message = "taken before" if duplicate else "taken"
    if echo != sha256:
        outcome, message = Outcome.MISMATCH, "the authority took other bytes than were sent"
    return TaxAnswer(outcome, message, invoice_number=number, ack_time=accepted_at, document_sha256=echo)


def read_query(seen: Seen, asked_by: str, asked: str) -> TaxAnswer:
    """What the main book says; the record must name what was asked (`asked_by` is "key" or "number")."""
    code = seen.code()
    if seen.status == 200:
        return _read_standing(seen, asked_by, asked)
    # A 404 of another making (a wrong address, a proxy) proves no absence.
    if seen.status == 404 and code == _IN_NO_BOOK:
        return TaxAnswer(Outcome.NOT_FOUND, seen.message(), authority_code=code)
    return TaxAnswer(Outcome.UNKNOWN, seen.message(), authority_code=code)


def _read_standing(seen: Seen, asked_by: str, asked: str) -> TaxAnswer:
    body = seen.body
    number, sha256 = _text(_NUMBER, body.get("number")), _text(_SHA256, body.get("document_sha256"))
    accepted_at, booked_at = _instant(body.get("accepted_at")), _instant(body.get("booked_at"))
    outcome = _STANDINGS.get((str(body.get("status")), booked_at is not None))
    if not (outcome and number and sha256 and accepted_at):
        return TaxAnswer(Outcome.UNKNOWN, "answered 200 with what is no record")
    if body.get(asked_by) != asked:
        return TaxAnswer(Outcome.UNKNOWN, "answered 200 with the record of something else")
    return TaxAnswer(
        outcome,
        "in the main book" if booked_at else "taken and not yet in the main book",
        invoice_number=number,
        ack_time=accepted_at,
        book_time=booked_at,
        document_sha256=sha256,
    )


def retry_after_seconds(header: str, now: datetime) -> int:
    """RFC 9110, section 10.2.3: seconds or a date; 0 when there is none or it cannot be read."""
    if header.isascii() and header.isdigit():
        return min(int(header[:9]), RETRY_AFTER_SECONDS_MAX)
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return 0
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return max(0, min(-(-wait // _SECOND), RETRY_AFTER_SECONDS_MAX))


def json_object(raw: bytes) -> dict[str, Any]:
    """The bytes as a JSON object; empty when they are none."""
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


def _text(pattern: re.Pattern[str], value: object) -> str:
    """The value when it is text of that shape, and else nothing."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""
