"""Reads what steering is asked to set, or tells what is wrong with it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.place import Place

_CLOCK_SECONDS_MAX = 20 * 366 * 86_400
_LIMIT_MINOR_MAX = 2**62
_TEXT_MAX = 500


@dataclass(frozen=True, slots=True)
class ClockAsked:
    """Move on by `shift_seconds`, or stand `offset_seconds` ahead of the machine when there is no shift."""

    shift_seconds: float | None
    offset_seconds: float


@dataclass(frozen=True, slots=True)
class CredentialAsked:
    """A credential by its SHA-256."""

    sha256: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuotaAsked:
    """What a seller may issue in a month in a place; None takes the limit away."""

    place: Place
    limit_minor: int | None


@dataclass(frozen=True, slots=True)
class OutageAsked:
    """A planned outage; no place means everywhere."""

    place: str
    begins_at: datetime
    ends_at: datetime
    words: str


def read_clock(asked: object) -> ClockAsked | Refusal:
    """`{"shift_seconds"}` or `{"offset_seconds"}`."""
    given = asked if isinstance(asked, dict) else {}
    if len(given) != 1 or not given.keys() <= {"shift_seconds", "offset_seconds"}:
        return Refusal("E4005", "give one of shift_seconds and offset_seconds")
    ((field, value),) = given.items()
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= _CLOCK_SECONDS_MAX:
        return Refusal("E4005", f"{field} must be a number of seconds, within 20 years", field)
    return ClockAsked(value, 0.0) if field == "shift_seconds" else ClockAsked(None, value)


def read_credential(asked: object) -> CredentialAsked | Refusal:
    """`{"credential", "expires_at"?}`."""
    given = asked if isinstance(asked, dict) else {}
    credential = given.get("credential")
    if not isinstance(credential, str) or not credential.isascii() or not credential.isprintable() or not credential:
        return Refusal("E4005", "credential must be printable ASCII", "credential")
    expires_at = None
    if given.get("expires_at") is not None and (expires_at := _instant(given["expires_at"])) is None:
        return Refusal("E4005", "expires_at must be an instant such as 2026-03-01T08:00:00Z", "expires_at")
    return CredentialAsked(hashlib.sha256(credential.strip().encode()).hexdigest(), expires_at)


def read_quota(asked: object) -> QuotaAsked | Refusal:
    """`{"place", "limit_minor"}`."""
    given = asked if isinstance(asked, dict) else {}
    place, limit_minor = given.get("place"), given.get("limit_minor")
    if place not in list(Place):
        return _bad_place()
    fine = isinstance(limit_minor, int) and not isinstance(limit_minor, bool) and 0 <= limit_minor <= _LIMIT_MINOR_MAX
    if limit_minor is not None and not fine:
        return Refusal("E4005", "limit_minor must be a whole number of minor units, or null", "limit_minor")
    return QuotaAsked(Place(place), limit_minor)


def read_outage(asked: object) -> OutageAsked | Refusal:
    """`{"from", "to", "text", "place"?}`."""
    given: dict[str, Any] = asked if isinstance(asked, dict) else {}
    begins_at, ends_at = _instant(given.get("from")), _instant(given.get("to"))
    if begins_at is None or ends_at is None or ends_at <= begins_at:
        return Refusal("E4005", "from and to must be instants such as 2026-03-01T08:00:00Z, in this order", "from")
    words, place = given.get("text", ""), given.get("place", "")
    if not isinstance(words, str) or len(words) > _TEXT_MAX or "\x00" in words:
        return Refusal("E4005", f"text must be text of at most {_TEXT_MAX} characters", "text")
    if place not in ("", *Place):
        return _bad_place()
    return OutageAsked(place, begins_at, ends_at, words)


def read_place_asked(asked: object) -> Place | Refusal:
    """`{"place"}`."""
    place = asked.get("place") if isinstance(asked, dict) else None
    return Place(place) if place in list(Place) else _bad_place()


def _bad_place() -> Refusal:
    return Refusal("E4005", f"place must be one of {', '.join(Place)}", "place")


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo else None
