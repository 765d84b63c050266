"""The cause that one attempt alone would point to, for searching the log by cause. It gives no verdict."""

from collections.abc import Mapping

from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.diagnosis.codes import BY_CODE, BY_DETAIL, OUTSIDE_CODES

BY_SUBMIT: Mapping[Outcome, str] = {
    Outcome.NOT_RECEIVED: "B1",
    Outcome.UNKNOWN: "B2",
    Outcome.THROTTLED: "A4",
    Outcome.AUTH: "A4",
    Outcome.QUOTA: "C4",
    Outcome.OUTAGE: "A4",
    Outcome.AUTHORITY_FAULT: "C5",
    Outcome.REJECTED: "C2",
    Outcome.REJECTED_SYNTAX: "C1",
    Outcome.REJECTED_BUSINESS: "C2",
    Outcome.MISMATCH: "D5",
    Outcome.SEAL_FAILED: "C7",
    Outcome.VOIDED: "D6",
}
# What a question shows. One that finds nothing may still come too early, so that it points to D1.
BY_QUESTION: Mapping[Outcome, str] = {
    Outcome.OK: "",
    Outcome.NOT_YET: "D1",
    Outcome.NOT_FOUND: "D1",
    Outcome.MISMATCH: "D5",
    Outcome.SEAL_FAILED: "C7",
    Outcome.VOIDED: "D6",
}


def points_to(attempt: Attempt) -> str:
    """The code of that cause, such as B2; empty when the attempt shows nothing wrong."""
    answer = attempt.answer
    match attempt.operation:
        case Operation.SUBMIT:
            return _of_submit(answer) if answer is not None else "B2"
        case Operation.QUERY_ELSEWHERE:
            return "D3" if answer is not None and answer.outcome is Outcome.OK else ""
        case Operation.SEAL:
            return "C7" if answer is None or answer.outcome is not Outcome.OK else ""
        case Operation.QUERY_WINDOW | Operation.QUERY_TOTALS:
            return "" if answer is not None and answer.outcome is Outcome.OK else "E3"
        case Operation.QUERY_BY_KEY | Operation.QUERY_BY_NUMBER:
            return _of_question(answer)


def _of_submit(answer: TaxAnswer) -> str:
    for detail, cause in BY_DETAIL.items():
        if answer.code_detail.startswith(detail):
            return cause
    return BY_CODE.get(answer.authority_code) or BY_SUBMIT.get(answer.outcome, "")


def _of_question(answer: TaxAnswer | None) -> str:
    if answer is not None and answer.authority_code in OUTSIDE_CODES:
        return "E2"
    return BY_QUESTION.get(answer.outcome, "E3") if answer is not None else "E3"
