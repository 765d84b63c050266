"""Proves that a webhook comes from Bihuan, and reads it. It answers nothing and keeps no secret.

Standard Webhooks 1.0.0, symmetric: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import wire
from .events import EVENTS, Event
from .faults import Forged

_TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_VERSION = "v1"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that came. One may come more than once: drop what has an `event_id` that you have done.

    `event` is None for a type that is newer than this client; answer 2xx to it all the same.
    """

    event_id: str
    type: str
    event: Event | None


def verified(
    body: bytes, headers: Mapping[str, str], secrets: str | Sequence[str], now_seconds: float | None = None
) -> Delivery:
    """What a webhook tells. `body` is what came, byte for byte; `secrets` one or, while they change, both `whsec_…`.

    Raises Forged when no signature holds, or when it was sent more than five minutes before or after `now_seconds`
    (this machine's clock if not given).
    """
    given = {name.lower(): value for name, value in headers.items()}
    event_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    now = time.time() if now_seconds is None else now_seconds
    if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > _TOLERANCE_SECONDS:
        raise Forged("the webhook's time is missing or more than five minutes off")
    signed = f"{event_id}.{stamp}.".encode() + body
    known = [_key(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not event_id or not any(_holds(one, signed, known) for one in given.get("webhook-signature", "").split(" ")):
        raise Forged("no signature of the webhook holds")
    told = json.loads(body)
    kind = EVENTS.get(told["type"])
    return Delivery(event_id, told["type"], wire.decoded(kind, told) if kind else None)


def _holds(signature: str, signed: bytes, keys: Sequence[bytes]) -> bool:
    version, _, text = signature.partition(",")
    if version != _VERSION:
        return False
    try:
        claimed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(hmac.compare_digest(hmac.new(key, signed, hashlib.sha256).digest(), claimed) for key in keys)


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
