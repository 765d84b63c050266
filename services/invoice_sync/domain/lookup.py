"""What the answers of an authority's main database say together about one invoice. It asks nothing itself."""

from collections.abc import Sequence
from enum import StrEnum

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer


class Finding(StrEnum):
    """What is known after asking."""

    SAME = "SAME"  # booked by key and by number, equal in content
    OTHER = "OTHER"  # something else stands under our key or number
    NOT_YET = "NOT_YET"  # it is there and not yet booked, or only one of the two ways finds it
    NOT_FOUND = "NOT_FOUND"  # every way that we asked finds nothing
    SEAL_FAILED = "SEAL_FAILED"  # it is there and numbered, and the authority could not seal it
    VOIDED = "VOIDED"  # it was booked, and then cancelled or reversed
    ELSEWHERE = "ELSEWHERE"  # it stands in another region or environment than it was sent to
    CANNOT_TELL = "CANNOT_TELL"  # an answer is lost or makes no sense; that proves nothing


# The answers that show a record, and so whose it is.
_THERE = frozenset({Outcome.OK, Outcome.NOT_YET, Outcome.SEAL_FAILED, Outcome.VOIDED})


def judge(by_key: TaxAnswer, by_number: TaxAnswer | None, document_sha256: str, invoice_number: str) -> Finding:
    """Weigh the answers to both questions; `by_number` is None when no number is known to ask for.

    `invoice_number` is the number that the authority gave before; empty when it gave none. BOOKED needs both
    answers, and each must show our own bytes: the number alone could be another's. ELSEWHERE is no finding of these
    two questions: whoever asks in other places gives it.
    """
    answers = [answer for answer in (by_key, by_number) if answer is not None]
    if any(shows_other(answer, document_sha256, invoice_number) for answer in answers):
        return Finding.OTHER
    if all(answer.outcome is Outcome.NOT_FOUND for answer in answers):
        return Finding.NOT_FOUND
    if any(_voided(answer, answer is by_key) for answer in answers):
        return Finding.VOIDED
    if any(answer.outcome is Outcome.SEAL_FAILED for answer in answers):
        return Finding.SEAL_FAILED
    return _how_far(answers)


def _how_far(answers: Sequence[TaxAnswer]) -> Finding:
    outcomes = [answer.outcome for answer in answers]
    if not _THERE.union([Outcome.NOT_FOUND]).issuperset(outcomes):
        return Finding.CANNOT_TELL
    if outcomes != [Outcome.OK, Outcome.OK]:
        return Finding.NOT_YET
    return Finding.SAME if all(answer.document_sha256 for answer in answers) else Finding.CANNOT_TELL


def _voided(answer: TaxAnswer, asked_by_key: bool) -> bool:
    # The number alone could be another's, and nothing ever brings back what is given up as voided.
    return answer.outcome is Outcome.VOIDED and (asked_by_key or bool(answer.document_sha256))


def shows_other(answer: TaxAnswer, document_sha256: str, invoice_number: str) -> bool:
    """Whether an answer shows a document or a number that is not ours."""
    if answer.outcome is Outcome.MISMATCH:
        return True
    if answer.outcome not in _THERE:
        return False
    other_content = answer.document_sha256 not in ("", document_sha256)
    other_number = "" not in (answer.invoice_number, invoice_number) and answer.invoice_number != invoice_number
    return other_content or other_number
