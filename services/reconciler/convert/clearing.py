"""Who asks for a bulk action, as the contract tells it. It decides nothing."""

from typing import Protocol

from chassis.errors import FieldFault
from chassis.validation import invalid
from services.reconciler.domain.clearing import Asked


class Asking(Protocol):
    """What each request for a bulk action has."""

    request_id: str
    operator: str
    note: str


def asked(request: Asking) -> Asked:
    """Who acts, by which request, and why. Raises Fault INVALID_FIELD for a name of blanks alone."""
    if not request.operator.strip():
        raise invalid((FieldFault("operator", "REQUIRED", "is empty", "不能为空"),))
    return Asked.of(request.request_id, request.operator, request.note)
