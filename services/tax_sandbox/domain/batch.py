"""Sessions of batches: what is sent in one, what becomes of it, and when it is too late. It reads no clock."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import FaultPlan
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.reply import Reply, instant, refused

ITEMS_IN_A_CALL_MAX = 100
ITEMS_IN_A_SESSION_MAX = 1000
_INDEX_MAX = 2**31 - 1
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class SessionState(StrEnum):
    """Only an open one takes anything; what an expired one took is thrown away."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    EXPIRED = "EXPIRED"


class ItemStatus(StrEnum):
    """Taken is not yet accepted: that comes with the close."""

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class BatchSession:
    """A session, opened once for each key."""

    session_id: str
    place: Place
    key: str
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None

    def state(self, now: datetime) -> SessionState:
        """Closed stays closed; what is not closed in time has expired."""
        if self.closed_at:
            return SessionState.CLOSED
        return SessionState.EXPIRED if now >= self.expires_at else SessionState.OPEN

    def has_expired(self, now: datetime) -> bool:
        """Whether it was not closed in time."""
        return self.state(now) is SessionState.EXPIRED

    def refusal(self, now: datetime) -> Reply | None:
        """Why nothing more can be done in it, if nothing can."""
        match self.state(now):
            case SessionState.OPEN:
                return None
            case SessionState.CLOSED:
                return refused(409, Refusal("E9501", "the session is closed"))
            case SessionState.EXPIRED:
                return refused(409, Refusal("E9502", "the session expired; what it took is thrown away"))

    def described(self, now: datetime) -> dict[str, Any]:
        """The session as the protocol tells it."""
        return {
            "session_id": self.session_id,
            "expires_at": instant(self.expires_at),
            "state": self.state(now),
        }


@dataclass(frozen=True, slots=True)
class SentItem:
    """A document of a batch, as it came."""

    index: int
    key: str
    body: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class BatchItem:
    """What a session has of a document: taken with a number, or refused with a code."""

    session_id: str
    sent: SentItem
    status: ItemStatus
    number: str
    code: str
    received_at: datetime
    traceparent: str = ""

    def described(self) -> dict[str, Any]:
        """The item as the protocol tells it."""
        told = {"index": self.sent.index, "key": self.sent.key, "status": self.status}
        result = {"number": self.number} if self.status is ItemStatus.TAKEN else {"code": self.code}
        return told | result | {"document_sha256": self.sent.sha256}


def read_items(asked: Mapping[str, Any]) -> list[SentItem] | Refusal:
    """`{"items": [{"index", "key", "document"}]}`, the document in Base64; an index comes once."""
    items = asked.get("items")
    if not isinstance(items, list) or not 0 < len(items) <= ITEMS_IN_A_CALL_MAX:
        return Refusal("E4005", f"items must be a list of 1 to {ITEMS_IN_A_CALL_MAX}", "items")
    read: list[SentItem] = []
    for position, item in enumerate(items):
        one = _read_item(item if isinstance(item, dict) else {}, f"items.{position}")
        if isinstance(one, Refusal):
            return one
        read.append(one)
    if len({item.index for item in read}) < len(read):
        return Refusal("E4005", "two items have the same index", "items")
    return read


def what_is_missing(plan: FaultPlan, key: str) -> ItemStatus | None:
    """Of an item that the answer of its batch will lack: TAKEN when it was taken all the same, None when it is lost.

    Where the plan does not say which, its seed does.
    """
    if plan.code:
        return ItemStatus.TAKEN if plan.code == "TAKEN" else None
    lot = hashlib.sha256(f"{plan.seed}:missing:{key}".encode()).digest()
    return ItemStatus.TAKEN if lot[0] % 2 else None


def _read_item(item: Mapping[str, Any], path: str) -> SentItem | Refusal:
    index, key, document = item.get("index"), item.get("key"), item.get("document")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index <= _INDEX_MAX:
        return Refusal("E4005", f"index must be a whole number from 0 to {_INDEX_MAX}", f"{path}.index")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return Refusal("E4005", "key must be 1 to 128 of A-Z a-z 0-9 . _ : -", f"{path}.key")
    try:
        body = base64.b64decode(document if isinstance(document, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        return Refusal("E4005", "document must be Base64", f"{path}.document")
    return SentItem(index, key, body, hashlib.sha256(body).hexdigest())
