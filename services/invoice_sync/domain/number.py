"""Numbers that an authority gives a seller beforehand, to be handed over before the upload. It takes none itself."""

from dataclasses import dataclass, replace

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.invoice import BrokenRule

# Refusals of the number itself: it is in no range of this seller, or stands on another document. It is of no use then.
_NUMBER_REFUSED = frozenset({"E9401", "E9402"})
# Why an invoice waits that breaks no rule but has no number; it gets one as soon as there is one.
NO_NUMBER = BrokenRule(
    "NO_NUMBER",
    "invoice_number",
    "the seller has no number left that the authority gave it; more are asked for, and then it is sent by itself",
    "销售方已无可用的预赋发票号码；系统正在申领，申领后自动上传",
)


@dataclass(frozen=True, slots=True)
class NumberPolicy:
    """Whether numbers are given first, how many are asked for at once, and below how many left more are asked for."""

    preassigned: bool = False
    range_size: int = 500
    low_water: int = 100


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers in a row that are one seller's by one route, used from the first on; `used_count` of them are.

    `range_id` is the key under which they were asked for: asked again, the same are given. `first_number` is empty
    until they are.
    """

    range_id: str
    route_key: str
    seller_tax_id: str
    count: int
    first_number: str = ""
    used_count: int = 0
    ask_count: int = 0

    def next_numbers(self, count: int) -> list[str]:
        """The next ones that no invoice has, at most so many, each of as many digits as the first."""
        assert self.first_number, "the authority has not given these numbers yet"
        end = min(self.used_count + count, self.count)
        width, first = len(self.first_number), int(self.first_number)
        return [str(first + place).zfill(width) for place in range(self.used_count, end)]


@dataclass(frozen=True, slots=True)
class Use:
    """A number of a range, and the invoice that is to bear it."""

    number: str
    range_id: str
    invoice_id: str


def judged_by_number(answer: TaxAnswer, own_number: str) -> TaxAnswer:
    """The answer to a submit of a document that bears a number: MISMATCH when it was taken under another.

    `own_number` is empty where the authority gives the numbers; then every number is as good. What a DUPLICATE names
    may be another's, so that it is only asked for.
    """
    if own_number and answer.outcome is Outcome.ACCEPTED and answer.invoice_number not in ("", own_number):
        return replace(answer, outcome=Outcome.MISMATCH, message=f"taken under {answer.invoice_number}, not our number")
    return answer


def is_number_refused(authority_code: str) -> bool:
    """Whether a refusal is of the number, so that the next version of the document needs another."""
    return authority_code in _NUMBER_REFUSED
