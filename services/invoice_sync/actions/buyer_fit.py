"""Refuses a buyer that may not stand on an invoice, where no second person can be asked. It keeps nothing."""

from chassis.errors import FieldFault
from chassis.validation import invalid
from services.invoice_sync.domain.buyer_check import Applicant, CheckPolicy, Finding, Weight, check_applicant


def refuse_unfit(applicant: Applicant, policy: CheckPolicy) -> None:
    """Raises Fault INVALID_FIELD with each rule that is broken, and with each risk.

    RequestInvoice has risks confirmed by a second person; a number that is known to be in use can be trusted.
    """
    findings = check_applicant(applicant, policy)
    if unfit := tuple(field_fault(each) for each in findings if each.weight is not Weight.REMARK):
        raise invalid(unfit)


def refuse_broken(applicant: Applicant, policy: CheckPolicy) -> None:
    """Raises Fault INVALID_FIELD with each rule that is broken. A risk is for the second person, who looks at it."""
    findings = check_applicant(applicant, policy)
    if broken := tuple(field_fault(each) for each in findings if each.weight is Weight.BROKEN):
        raise invalid(broken)


def field_fault(finding: Finding) -> FieldFault:
    """A finding as a fault of the request's field, with its cure."""
    field = "amount_minor" if finding.field == "amount" else finding.field
    return FieldFault(
        field, finding.rule, f"{finding.message}; {finding.cure}", f"{finding.message_zh}；{finding.cure_zh}"
    )
