"""Where a delivery by mail stands, wherever its invoice does, and what follows of an answer. It sends nothing."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

_DOUBLINGS_MAX = 16
_ADDRESS = re.compile(r"[^\s<>@,;:\"'()]{1,64}@[^\s<>@,;:\"'()]{1,255}")


class NotAnAddress(Exception):
    """A text is no e-mail address that every relay takes; it is not repeated here, for it may be somebody's."""


class DeliveryState(StrEnum):
    """The contract's DeliveryState. That a relay took a mail is not that it arrived."""

    QUEUED = "QUEUED"  # to be sent; until the papers are made it waits for them
    SENDING = "SENDING"  # a worker speaks with the relay
    RETRY_WAIT = "RETRY_WAIT"  # proved not taken
    UNKNOWN = "UNKNOWN"  # all was handed over and no answer came: it may be taken
    SENT = "SENT"  # the relay took it
    DELIVERED = "DELIVERED"  # a report says that it arrived
    BOUNCED = "BOUNCED"  # a report says that it cannot arrive
    REFUSED = "REFUSED"  # the relay refuses this mail or this address for good
    GIVEN_UP = "GIVEN_UP"  # tried too often or too long and proved not taken each time, or there never were papers


class MailOutcome(StrEnum):
    """What came of one try."""

    TAKEN = "TAKEN"
    DEFERRED = "DEFERRED"  # not taken, and may be later
    REFUSED = "REFUSED"  # not taken, and never will be
    UNKNOWN = "UNKNOWN"
    NO_PAPER = "NO_PAPER"  # nothing to send yet
    NO_PAPER_EVER = "NO_PAPER_EVER"  # nothing to send, and there never will be: its invoice has ended


_ENDS = {
    MailOutcome.TAKEN: DeliveryState.SENT,
    MailOutcome.REFUSED: DeliveryState.REFUSED,
    MailOutcome.NO_PAPER_EVER: DeliveryState.GIVEN_UP,
}


class Reported(StrEnum):
    """What a report about a mail says (RFC 3464, section 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """A mail that was not taken is tried again after `retry_seconds`, doubled up to `retry_seconds_max`, with jitter.

    It ends after `tries_max` tries or `age_seconds_max` after the first. One that waits for papers, which come when its
    invoice is in the books, ends at the age of `paper_seconds_max`, and at once when they will never come.
    """

    retry_seconds: float = 60.0
    retry_seconds_max: float = 3_600.0
    tries_max: int = 12
    age_seconds_max: float = 3 * 86_400.0
    paper_seconds_max: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail with the papers of an invoice, and who had it sent for what reason."""

    delivery_id: str
    invoice_id: str
    request_id: str
    fingerprint: str
    sealed_address: bytes = field(repr=False)
    masked_address: str
    operator: str
    reason: str
    state: DeliveryState
    tries: int
    due_at: datetime | None
    last_answer: str
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a delivery. `operator` is empty for what happened by itself."""

    kind: str
    detail: str
    operator: str
    event_time: datetime


@dataclass(frozen=True, slots=True)
class DeliveryShown:
    """A delivery with its steps, oldest first; `replayed` when it had been asked for before."""

    delivery: Delivery
    steps: Sequence[Step]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """Where a delivery stands now; `due_at` is None when nothing more is done by itself."""

    state: DeliveryState
    due_at: datetime | None


def first_tried(steps: Sequence[Step], now: datetime) -> datetime:
    """When a delivery with these steps came before the relay first, as far as it is told; `now` when it never did."""
    times = [each.event_time for each in steps if each.kind in (MailOutcome.DEFERRED, MailOutcome.UNKNOWN)]
    return min(times, default=now)


def after_try(
    outcome: MailOutcome, tries: int, since: datetime, now: datetime, jitter: float, policy: MailPolicy
) -> Next:
    """What follows of the try with this number (from 1).

    `since` is when the first was, and when it was asked for of one that waits for papers.
    An unknown outcome is tried again too, under the same Message-ID, by which mailboxes show it once: that a buyer has
    no invoice is worse than that one comes twice. When its tries are over it stays UNKNOWN, for that is what it is.
    """
    if outcome in _ENDS:
        return Next(_ENDS[outcome], None)
    if outcome is MailOutcome.NO_PAPER:
        if now - since > timedelta(seconds=policy.paper_seconds_max):
            return Next(DeliveryState.GIVEN_UP, None)
        return Next(DeliveryState.QUEUED, now + timedelta(seconds=_delay(1, jitter, policy)))
    is_unknown = outcome is MailOutcome.UNKNOWN
    at = now + timedelta(seconds=_delay(tries, jitter, policy))
    if tries >= policy.tries_max or at - since > timedelta(seconds=policy.age_seconds_max):
        return Next(DeliveryState.UNKNOWN if is_unknown else DeliveryState.GIVEN_UP, None)
    return Next(DeliveryState.UNKNOWN if is_unknown else DeliveryState.RETRY_WAIT, at)


def after_report(state: DeliveryState, due_at: datetime | None, reported: Reported) -> Next:
    """What follows of a report. One that failed is final; a delay changes nothing."""
    if reported is Reported.FAILED:
        return Next(DeliveryState.BOUNCED, None)
    if reported is Reported.DELAYED or state is DeliveryState.BOUNCED:
        return Next(state, due_at)
    arrived = reported is Reported.DELIVERED
    return Next(DeliveryState.DELIVERED if arrived else DeliveryState.SENT, None)


def mail_address(text: str) -> str:
    """An address as it is sent to: its domain in lower case and ASCII. Raises NotAnAddress."""
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise NotAnAddress from None
    assert found.ascii_email is not None, "what needs no SMTPUTF8 is ASCII"
    return found.ascii_email


def masked_address(address: str) -> str:
    """What people are shown of an address: l***@example.com."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def without_addresses(told: str) -> str:
    """What a relay or a report says, with every address in it masked: they like to repeat whom it is about."""
    return _ADDRESS.sub(lambda found: masked_address(found[0]), told)


def delivery_fingerprint(invoice_id: str, address: str) -> str:
    """What a request_id stands for: SHA-256 over what was asked, in hex."""
    return hashlib.sha256(json.dumps([invoice_id, address]).encode()).hexdigest()


def _delay(tries: int, jitter: float, policy: MailPolicy) -> float:
    longest = min(policy.retry_seconds_max, policy.retry_seconds * 2.0 ** min(tries - 1, _DOUBLINGS_MAX))
    return longest * (0.5 + jitter / 2)
