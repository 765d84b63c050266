"""An API key: its token, what is kept of it, and whether a token is that of a key. It stores and reads nothing."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime

SECRET_BYTES = 32
# The secret is hex so that it has no underscore: the key_id before it may have some.
_TOKEN = re.compile(r"bhk_([0-9a-z_]{1,64})_([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as people and logs may see it. `revoke_time` is empty while the key is good."""

    key_id: str
    display_name: str
    sees_unmasked: bool
    is_admin: bool
    create_time: datetime
    revoke_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key with the SHA-256 of its secret, which is all that is kept of the secret.

    The secret has 256 random bits, so nothing is gained by a slow hash: there is no dictionary to try.
    """

    api_key: ApiKey
    secret_sha256: bytes


@dataclass(frozen=True, slots=True)
class Presented:
    """What a caller claims: a key and its secret."""

    key_id: str
    secret: str


def token_of(key_id: str, secret: bytes) -> str:
    """What the caller sends as `Authorization: Bearer …`. `secret` is SECRET_BYTES random bytes."""
    assert len(secret) == SECRET_BYTES, "a shorter secret could be guessed"
    return f"bhk_{key_id}_{secret.hex()}"


def read_authorization(header: str) -> Presented | None:
    """The key and secret in an Authorization header; None when it holds no token of ours."""
    scheme, _, token = header.strip().partition(" ")
    found = _TOKEN.fullmatch(token.strip())
    if scheme.lower() != "bearer" or found is None:
        return None
    return Presented(*found.groups())


def fingerprint(secret_hex: str) -> bytes:
    """SHA-256 of a secret as it stands in the token."""
    return hashlib.sha256(secret_hex.encode("ascii")).digest()


def opens(known: KnownKey | None, presented: Presented) -> bool:
    """Whether the claim is that of a good key; as slow for a key that is not known as for a wrong secret."""
    kept = known.secret_sha256 if known else bytes(SECRET_BYTES)
    equal = hmac.compare_digest(kept, fingerprint(presented.secret))
    return equal and known is not None and known.api_key.revoke_time is None
