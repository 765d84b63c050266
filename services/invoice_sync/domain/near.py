"""Which of several references of ours, each one slip away, an asker probably means. It looks nothing up itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.invoice_sync.domain.diagnosis.facts import Claim, Near
from services.invoice_sync.domain.invoice import Invoice


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference that is one slip away, and an invoice that it names; None when it names only a payment."""

    reference: str
    invoice: Invoice | None


def narrowed(candidates: Sequence[Candidate], claim: Claim) -> Near:
    """Those that fit all that was said; when none does, all of them, those that fit the most of it first.

    Otherwise they stay in their order, the likeliest first.
    """
    said = _fits(None, claim)
    count = len({each.reference for each in candidates})
    fitting = [each for each in candidates if said and all(_fits(each.invoice, claim))]
    likeliest = fitting or sorted(candidates, key=lambda each: -sum(_fits(each.invoice, claim)))
    references = tuple(dict.fromkeys(each.reference for each in likeliest))
    fit_count = len({each.reference for each in fitting})
    return Near(references, count, fit_count if said else None)


def _fits(invoice: Invoice | None, claim: Claim) -> list[bool]:
    """Whether each thing that was said is so; empty when nothing was said."""
    fits = []
    if claim.issue_date is not None:
        fits.append(invoice is not None and invoice.issue_date == claim.issue_date)
    if claim.amount_minor:
        fits.append(invoice is not None and invoice.amount.amount_minor == claim.amount_minor)
    if claim.buyer_tax_id:
        fits.append(invoice is not None and invoice.buyer.tax_id == claim.buyer_tax_id)
    return fits
