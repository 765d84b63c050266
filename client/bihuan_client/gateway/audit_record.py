"""Audit record: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """A mutating call, or a sight of unmasked data. What was sent and answered is not in it."""

    record_id: str = ""
    """Its id; ids sort by time."""

    record_time: datetime | None = None
    """When the call came."""

    caller_id: str = ""
    """Who called: the id of a key or of a person, or channel:<account> for a channel's callback; feed:<name> for
    a call that is known only by what it left in that feed.
    """

    operator: str = ""
    """For whom the caller acted, where two must act."""

    tenant_id: str = ""
    """The customer whose caller it was; empty for the platform itself."""

    method: str = ""
    """The full name of the method, such as bihuan.payments.v1.RefundService.CreateRefund."""

    resource_ids: Sequence[str] = ()
    """What it was about, as the request and the answer name it; at most 20."""

    address: str = ""
    """The network address that it came from."""

    reason: str = ""
    """Why, as the caller said in the header Bihuan-Reason; empty when it said nothing."""

    outcome: str = ""
    """OK, or the reason of the contract by which it was refused; FOUND_LATER when no record was written at its
    time.
    """

    saw_unmasked: bool = False
    """Whether the answer showed names, tax numbers or accounts unmasked."""

    trace_id: str = ""
    """Finds the trace; empty when the call was not traced."""

    request_sha256: str = ""
    """SHA-256 of the verb, the path with its query and the body as sent, in hex: proof of what was asked."""
