"""What an answer of the sandbox authority means, in our outcomes. It sends nothing and reads no clock.

Each `read_...` is for one call of the protocol; what a refusal means stands in sandbox_codes.py. Everything that makes
no sense is UNKNOWN.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.tax.sandbox_codes import NOT_OF_THIS_UNIT, Row, row_of
from services.invoice_sync.tax.wire import Seen, instant

_NUMBER = re.compile(r"[0-9]{20}")
_TAX_ID = re.compile(r"[0-9A-Z]{15,20}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_MESSAGE_LENGTH_MAX = 500
# Lawful in JSON, and no text to a database: a NUL, and half of a surrogate pair.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
# By status, and whether the record says when it was booked; what else may come makes no sense.
_STANDINGS: Mapping[tuple[str, bool], tuple[Outcome, str]] = {
    ("BOOKED", True): (Outcome.OK, "in the main book"),
    ("PROCESSING", False): (Outcome.NOT_YET, "taken and not yet in the main book"),
    ("SEALING", False): (Outcome.NOT_YET, "taken and being sealed"),
    ("SEAL_FAILED", False): (Outcome.SEAL_FAILED, "taken and numbered, and its seal failed"),
    ("VOIDED", True): (Outcome.VOIDED, "was booked and then voided"),
    ("RED_FLUSHED", True): (Outcome.VOIDED, "was booked and then taken back by a red letter"),
}
_SHOWN_TO_BUYER = {"BOOKED": Outcome.OK, "VOIDED": Outcome.VOIDED, "RED_FLUSHED": Outcome.VOIDED}


def read_submit(seen: Seen, sha256: str) -> TaxAnswer:
    """What came of sending the bytes with this SHA-256."""
    if not seen.status and not seen.left:
        return heard(seen, Outcome.NOT_RECEIVED, f"no connection was made ({seen.silence})")
    if seen.status == 200:
        return _read_yes(seen, sha256)
    return refusal(seen, lambda row: row.submit)


def _read_yes(seen: Seen, sha256: str) -> TaxAnswer:
    number, echo = number_in(seen.body), sha256_in(seen.body)
    accepted_at, duplicate = instant(seen.body.get("accepted_at")), seen.body.get("duplicate")
    if not (number and echo and accepted_at and isinstance(duplicate, bool)):
        return heard(seen, Outcome.UNKNOWN, "answered 200 with what is no acceptance")
    outcome = Outcome.DUPLICATE if duplicate else Outcome.ACCEPTED
    message = "taken before" if duplicate else "taken"
    if echo != sha256:
        outcome, message = Outcome.MISMATCH, "the authority took other bytes than were sent"
    answer = heard(seen, outcome, message)
    return replace(answer, invoice_number=number, ack_time=accepted_at, document_sha256=echo)


def read_query(seen: Seen, asked_by: str, asked: str) -> TaxAnswer:
    """What the main book says; the record must name what was asked (`asked_by` is "key" or "number")."""
    if seen.status != 200:
        return refusal(seen, lambda row: row.query)
    body = seen.body
    number, sha256 = number_in(body), sha256_in(body)
    accepted_at, booked_at = instant(body.get("accepted_at")), instant(body.get("booked_at"))
    standing = _STANDINGS.get((str(body.get("status")), booked_at is not None))
    if not (standing and number and sha256 and accepted_at):
        return heard(seen, Outcome.UNKNOWN, "answered 200 with what is no record")
    if body.get(asked_by) != asked:
        return heard(seen, Outcome.UNKNOWN, "answered 200 with the record of something else")
    return replace(
        heard(seen, *standing),
        invoice_number=number,
        ack_time=accepted_at,
        book_time=booked_at,
        document_sha256=sha256,
        red_number=text(_NUMBER, body.get("red_number")),
        seller_tax_id=text(_TAX_ID, body.get("seller_tax_id")),
    )


def read_buyer_view(seen: Seen, invoice_number: str) -> TaxAnswer:
    """What the public verification shows: OK, VOIDED, NOT_FOUND, or MISMATCH when the invoice has another buyer."""
    if seen.status == 403 and code_in(seen.body) == NOT_OF_THIS_UNIT:
        return refusal(seen, lambda _: Outcome.MISMATCH)
    if seen.status != 200:
        return refusal(seen, lambda row: row.query)
    outcome = _SHOWN_TO_BUYER.get(str(seen.body.get("status")))
    if outcome is None or seen.body.get("number") != invoice_number:
        return heard(seen, Outcome.UNKNOWN, "answered 200 with what is no view of it")
    return replace(heard(seen, outcome, f"shown to the buyer as {seen.body['status']}"), invoice_number=invoice_number)


def read_ping(seen: Seen) -> TaxAnswer:
    """OK when the place that was asked answers for itself."""
    if seen.status != 200:
        return refusal(seen, lambda row: row.ping)
    if f"{seen.body.get('environment')}/{seen.body.get('region')}" != seen.place:
        return heard(seen, Outcome.UNKNOWN, "answered 200, and not for the place that was asked")
    return heard(seen, Outcome.OK, "the interface is up")


def refusal(seen: Seen, column: Callable[[Row], Outcome]) -> TaxAnswer:
    """An answer that is no yes, by its code; and the want of any answer."""
    if not seen.status:
        reached = "the request may have arrived; no answer was read" if seen.left else "no connection was made"
        return heard(seen, Outcome.UNKNOWN, f"{reached} ({seen.silence})")
    code = code_in(seen.body)
    row: Row = row_of(seen.status, code)
    said = words(seen.body.get("message"), f"answered {seen.status}")
    return replace(heard(seen, column(row), said), authority_code=code, code_detail=row.detail)


def heard(seen: Seen, outcome: Outcome, message: str) -> TaxAnswer:
    """An answer with what is told of every call."""
    return TaxAnswer(
        outcome,
        message,
        http_status=seen.status,
        response_sha256=hashlib.sha256(seen.raw).hexdigest() if seen.raw else "",
        retry_after_seconds=seen.retry_after_seconds,
        clock_offset_ms=seen.clock_offset_ms,
        url_path=seen.url_path,
        first_byte_time=seen.first_byte_time,
        place=seen.place,
        response=seen.raw,
    )


def code_in(body: Mapping[str, Any]) -> str:
    """The authority's own code; empty when it gave none that we can read."""
    return text(_CODE, body.get("code"))


def number_in(body: Mapping[str, Any]) -> str:
    """The invoice number; empty when there is none."""
    return text(_NUMBER, body.get("number"))


def sha256_in(body: Mapping[str, Any]) -> str:
    """The document's SHA-256; empty when there is none."""
    return text(_SHA256, body.get("document_sha256"))


def words(value: object, otherwise: str) -> str:
    """The value when it is text, as much of it as we keep and with a mark for each sign that nothing keeps."""
    return _NO_TEXT.sub("\ufffd", value[:_MESSAGE_LENGTH_MAX]) if isinstance(value, str) else otherwise


def text(pattern: re.Pattern[str], value: object) -> str:
    """The value when it is text of that shape, and else nothing."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""
