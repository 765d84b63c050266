"""Links that anybody may open who has them: what one allows, until when, and the proof that it is ours. It stores none.

A token is `key_id.purpose.invoice_id.expiry.mac`, where expiry is in Unix seconds and mac is HMAC-SHA256 (RFC 2104) of
all that stands before it, in base64url. The first key signs, all of them prove: a key is rotated by a new first line,
and its links end with its own line.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_LABEL = b"bihuan/link/1:"
_TOKEN = re.compile(
    r"([A-Za-z0-9._-]{1,64})\.([SD])\.(inv_[0-9a-z]{1,40})\.([0-9]{1,11})\.([A-Za-z0-9_-]{43})", re.ASCII
)
# Signs nothing: what a token of an unknown key is compared with, so that it takes as long.
_NO_KEY = bytes(32)


class LinkPurpose(StrEnum):
    """What a link shows."""

    STATUS = "S"  # the state, and masked data
    DOWNLOAD = "D"  # the papers themselves


class LinkFlaw(StrEnum):
    """Why a token opens nothing. Only who holds a true one is told that it expired."""

    FORGED = "FORGED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says."""

    purpose: LinkPurpose
    invoice_id: str
    expire_time: datetime


def sign_link(link: Link, keys: Mapping[str, bytes]) -> str:
    """The token of a link, by the first key."""
    key_id, key = next(iter(keys.items()))
    said = f"{key_id}.{link.purpose}.{link.invoice_id}.{int(link.expire_time.timestamp())}"
    return f"{said}.{_mac(key, said)}"


def open_link(token: str, keys: Mapping[str, bytes], now: datetime) -> Link | LinkFlaw:
    """What a token says, if one of these keys signed it and it has not expired."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return LinkFlaw.FORGED
    key_id, purpose, invoice_id, expiry, mac = found.groups()
    key = keys.get(key_id)
    is_ours = hmac.compare_digest(_mac(key or _NO_KEY, token.rpartition(".")[0]), mac)
    if not is_ours or key is None:
        return LinkFlaw.FORGED
    if int(expiry) <= now.timestamp():
        return LinkFlaw.EXPIRED
    return Link(LinkPurpose(purpose), invoice_id, datetime.fromtimestamp(int(expiry), now.tzinfo))


def _mac(key: bytes, said: str) -> str:
    made = hmac.new(key, _LABEL + said.encode("ascii"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode("ascii").rstrip("=")
