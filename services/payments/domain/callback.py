"""What becomes of a callback, and what is kept of one. It proves nothing and opens no seal."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.payments.channels import CallbackReply


class Outcome(StrEnum):
    """What became of a callback; the contract's IngestCallbackResponse.Outcome."""

    TAKEN = "TAKEN"
    REPEATED = "REPEATED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a callback, and what its channel is to be answered."""

    outcome: Outcome
    reply: CallbackReply


def seal_context(account_id: str, event_id: str) -> bytes:
    """The place for which a callback is sealed: its row."""
    return f"callbacks/{account_id}/{event_id}".encode()


def raw_of(headers: Mapping[str, str], body: bytes) -> bytes:
    """What is sealed of a callback: its headers, a line each, a blank line, and its very bytes."""
    lines = "".join(f"{name}: {value}\n" for name, value in sorted(headers.items()))
    return lines.encode() + b"\n" + body
