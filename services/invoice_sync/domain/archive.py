"""What a place of the archive shows, judged; when a copy is next looked at. The clock and the dice are arguments."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_DOUBLINGS_MAX = 16


class PaperKind(StrEnum):
    """The files of an invoice: the XML is the original, the PDF a copy made of it."""

    XML = "XML"
    PDF = "PDF"


class CopyState(StrEnum):
    """A copy in one place. Only a reading of the whole of it makes it WHOLE."""

    WANTED = "WANTED"
    WHOLE = "WHOLE"
    LOST = "LOST"  # neither here nor anywhere else is a whole one


class Found(StrEnum):
    """What a reading showed. That a place did not answer is none of these: it shows nothing."""

    WHOLE = "WHOLE"
    MISSING = "MISSING"
    DAMAGED = "DAMAGED"


@dataclass(frozen=True, slots=True)
class ArchivePolicy:
    """Each copy is read whole again within `verify_seconds`; a place that did not answer is asked again after
    `retry_seconds`, doubled up to `retry_seconds_max`."""

    verify_seconds: float
    retry_seconds: float = 5.0
    retry_seconds_max: float = 900.0


def judge(held: bytes | None, sealed_sha256: str) -> Found:
    """Whether what a place holds is what was put there; None is nothing."""
    if held is None:
        return Found.MISSING
    return Found.WHOLE if hashlib.sha256(held).hexdigest() == sealed_sha256 else Found.DAMAGED


def key_of(sealed_sha256: str) -> str:
    """Where a copy stands in its place: by its hash, so that another content can never take its name."""
    return f"{sealed_sha256[:2]}/{sealed_sha256}"


def next_look(now: datetime, jitter: float, policy: ArchivePolicy) -> datetime:
    """When a whole copy is read again: spread, and never later than the policy's period."""
    return now + timedelta(seconds=policy.verify_seconds * (0.75 + 0.25 * jitter))


def next_try(tries: int, now: datetime, jitter: float, policy: ArchivePolicy) -> datetime:
    """When a place that did not answer `tries` times is asked again; with a cap, and no end: no copy is given up."""
    longest = min(policy.retry_seconds_max, policy.retry_seconds * 2.0 ** min(tries, _DOUBLINGS_MAX))
    return now + timedelta(seconds=longest * (0.5 + jitter / 2))
