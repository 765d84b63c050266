"""What each code of the sandbox authority's protocol means to us, as data. Nothing is read or decided here.

A code that is not in the table, or comes with a status that is not its own, proves nothing: it is UNKNOWN.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.outcome_policy import CERTIFICATE_DETAIL

# Details in our words, which no single code has.
PARTIAL_BATCH = "PARTIAL_BATCH"
SESSION_EXPIRED = "SESSION_EXPIRED"
SESSION_NOT_CLOSED = "SESSION_NOT_CLOSED"

IN_NO_BOOK = "E4040"
NOT_OF_THIS_UNIT = "E4043"


@dataclass(frozen=True, slots=True)
class Row:
    """A code: the statuses it may come with, and what it is as the answer to a submit, a question, and a ping."""

    statuses: tuple[int, ...]
    submit: Outcome = Outcome.UNKNOWN
    query: Outcome = Outcome.UNKNOWN
    ping: Outcome = Outcome.UNKNOWN
    detail: str = ""


def _refused(outcome: Outcome, *statuses: int) -> Row:
    """Judged and not taken; the key stays free. Of a question it is no answer."""
    return Row(statuses, submit=outcome)


def _alike(outcome: Outcome, *statuses: int, detail: str = "") -> Row:
    """The same to every call."""
    return Row(statuses, outcome, outcome, outcome, detail)


_SYNTAX, _BUSINESS = Outcome.REJECTED_SYNTAX, Outcome.REJECTED_BUSINESS

CODES: Mapping[str, Row] = {
    # Form. E4000 and E4002 also refuse the head or the query of a call, with 400.
    "E4000": _refused(_SYNTAX, 400, 422),
    "E4001": _refused(_SYNTAX, 422),
    "E4002": _refused(_SYNTAX, 400, 422),
    "E4003": _refused(_SYNTAX, 422),
    "E4004": _refused(_SYNTAX, 400, 422),
    "E4005": _refused(_SYNTAX, 400, 422),
    "E4006": _refused(_SYNTAX, 422),
    "E4008": _refused(_SYNTAX, 400),
    "E4013": _refused(_SYNTAX, 400),
    "E4014": _refused(_SYNTAX, 400),
    "E4130": _refused(_SYNTAX, 413),
    "E4150": _refused(_SYNTAX, 415),
    # Rules: the date, who may issue, numbers, red letters.
    "E4007": _refused(_BUSINESS, 422),
    "E4009": _refused(_BUSINESS, 422),
    "E4100": _refused(_BUSINESS, 422),
    "E9301": _refused(_BUSINESS, 403, 422),
    "E9338": _refused(_BUSINESS, 403, 422),
    "E9401": _refused(_BUSINESS, 422),
    "E9402": _refused(_BUSINESS, 422),
    "E9403": _refused(_BUSINESS, 422),
    "E9404": _refused(_BUSINESS, 422),
    "E9400": _refused(Outcome.QUOTA, 403),
    "E4090": _refused(Outcome.MISMATCH, 409),
    # The way in. A key that was rotated is replaced as a certificate is; no new login helps.
    "E4010": _alike(Outcome.AUTH, 401),
    "E4011": _alike(Outcome.AUTH, 401),
    "E4012": _alike(Outcome.AUTH, 401, detail=CERTIFICATE_DETAIL),
    "E4290": _alike(Outcome.THROTTLED, 429),
    "E5032": _alike(Outcome.THROTTLED, 503),
    # Closed. A query service that is closed says nothing of the door for submits, so it closes no gate.
    "E5030": Row((503,), submit=Outcome.OUTAGE, ping=Outcome.OUTAGE),
    # Its own faults: whether it took anything is not known. A family, of which more may come.
    "E55xx": _alike(Outcome.AUTHORITY_FAULT, 500),
    "E5000": _alike(Outcome.UNKNOWN, 500, 502, 503, 504),
    "E5001": _alike(Outcome.UNKNOWN, 500),
    "E5031": _alike(Outcome.UNKNOWN, 503),
    # The books. Only E4040 says that there is none; a wrong address or an old invoice never does.
    IN_NO_BOOK: Row((404,), query=Outcome.NOT_FOUND),
    "E4041": _alike(Outcome.UNKNOWN, 404),
    "E4051": _alike(Outcome.UNKNOWN, 405),
    NOT_OF_THIS_UNIT: _alike(Outcome.UNKNOWN, 403),
    "E4044": _alike(Outcome.UNKNOWN, 404),
    "E4045": _alike(Outcome.UNKNOWN, 404),
    # Red-letter forms. That there is none of an id proves nothing of an invoice.
    "E4046": _refused(_BUSINESS, 404),
    "E9405": _refused(_BUSINESS, 422),
    "E9406": _refused(_BUSINESS, 422),
    "E9407": _refused(Outcome.DUPLICATE, 409),
    "E9408": _refused(_BUSINESS, 403),
    "E9409": _refused(_BUSINESS, 409),
    # Sessions. An expired one has thrown away what it took; a key in another session may be accepted with that.
    "E4047": _alike(Outcome.UNKNOWN, 404),
    "E9501": _refused(Outcome.NOT_RECEIVED, 409),
    "E9502": Row((409,), submit=Outcome.NOT_RECEIVED, detail=SESSION_EXPIRED),
    "E9503": _refused(Outcome.NOT_RECEIVED, 409),
    "E9504": _alike(Outcome.UNKNOWN, 409),
    "E9505": _alike(Outcome.UNKNOWN, 409),
    # Too many seals were asked for on this day; on the next one more are given.
    "E9613": Row((422,), query=Outcome.THROTTLED),
}
# What the standards say by themselves when no code can be read, as of a proxy before the authority: not applied.
WITHOUT_CODE: Mapping[int, Row] = {
    401: _alike(Outcome.AUTH, 401),
    429: _alike(Outcome.THROTTLED, 429),
}
_NOTHING_KNOWN = Row(())


def row_of(status: int, code: str) -> Row:
    """The row of an answer; one of UNKNOWN alone when there is none for it."""
    if not code:
        return WITHOUT_CODE.get(status, _NOTHING_KNOWN)
    row = CODES.get(code) or CODES.get(f"{code[:3]}xx", _NOTHING_KNOWN)
    return row if status in row.statuses else _NOTHING_KNOWN
