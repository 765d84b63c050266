"""Signs what is sent as Standard Webhooks 1.0.0 has it (symmetric, `v1`). It keeps no secret and draws none."""

import base64
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

from services.gateway.domain.webhook import SECRET_BYTES

_PREFIX = "whsec_"


def secret_text(secret: bytes) -> str:
    """A secret as its receiver is told it."""
    assert len(secret) == SECRET_BYTES, "a shorter secret could be guessed"
    return _PREFIX + base64.b64encode(secret).decode("ascii")


def headers(event_id: str, now: datetime, body: str, secrets: Sequence[bytes]) -> dict[str, str]:
    """The headers of one try; each secret makes a signature, so that a receiver may know either one."""
    assert secrets, "what is not signed is not sent"
    signatures = [Webhook(secret).sign(event_id, now, body) for secret in secrets]
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
