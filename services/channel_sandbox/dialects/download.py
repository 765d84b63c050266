"""Addresses that open one statement for a while: a day, an end and their HMAC. Nothing is kept of them."""

import hashlib
import hmac
from datetime import date, datetime

VALID_SECONDS = 300


def token_of(key: bytes, what: str, day: date, now: datetime) -> str:
    """Opens `what` of a day until VALID_SECONDS from now."""
    words = f"{what}.{day.isoformat()}.{int(now.timestamp()) + VALID_SECONDS}"
    return f"{words}.{_seal(key, words)}"


def day_opened(key: bytes, what: str, token: str, now: datetime) -> date | None:
    """The day that a token opens; None when it is not ours, is for something else, or is too old."""
    words, _, seal = token.rpartition(".")
    if not hmac.compare_digest(_seal(key, words).encode(), seal.encode()):
        return None
    named, day, until = words.split(".")
    return date.fromisoformat(day) if named == what and now.timestamp() <= int(until) else None


def _seal(key: bytes, words: str) -> str:
    return hmac.new(key, words.encode(), hashlib.sha256).hexdigest()
