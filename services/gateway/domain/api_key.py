"""An API key: its token, what is kept of it, and whether a token is that of a key. It stores and reads nothing."""

import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.gateway.domain.caller import Caller, CallerKind
from services.gateway.domain.role import Misfit, Role, misfits

SECRET_BYTES = 32
# The secret is hex so that it has no underscore: the key_id before it may have some.
_TOKEN = re.compile(r"bhk_([0-9a-z_]{1,64})_([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a key may: its roles, and the merchants within which they hold; no merchants means all of them."""

    display_name: str
    roles: frozenset[str] = frozenset({Role.INTEGRATOR})
    tenant_id: str = ""
    merchant_ids: frozenset[str] = frozenset()
    department: str = ""
    sees_unmasked: bool = False
    expire_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as people and logs may see it. `revoke_time` is empty while nobody revoked it.

    `operator` is for whom it acts: the person who had it made, or the first key of the line that it goes on.
    `successor_key_id` is the key that takes its place.
    """

    key_id: str
    grant: Grant
    operator: str
    create_time: datetime
    revoke_time: datetime | None = None
    successor_key_id: str = ""

    def caller(self) -> Caller:
        """Who calls with it."""
        grant = self.grant
        return Caller(
            caller_id=self.key_id,
            kind=CallerKind.KEY,
            roles=grant.roles,
            operator=self.operator,
            tenant_id=grant.tenant_id,
            merchant_ids=grant.merchant_ids,
            department=grant.department,
            sees_unmasked=grant.sees_unmasked,
            display=grant.display_name,
        )

    def is_seen_by(self, caller: Caller | None) -> bool:
        """Whether a caller sees it: with a department only those of it; without, or from inside, every one."""
        return caller is None or not caller.department or caller.department == self.grant.department

    def is_good(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoke_time is None and (self.grant.expire_time is None or now < self.grant.expire_time)


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


def misfits_of(grant: Grant, now: datetime) -> list[Misfit]:
    """What does not fit of a grant; empty when a key can be made of it."""
    found = misfits(grant.roles, grant.merchant_ids, grant.tenant_id)
    if grant.expire_time is not None and grant.expire_time <= now:
        found.append(Misfit("expire_time", "must be in the future", "必须晚于当前时间"))
    return found


def made(key_id: str, grant: Grant, maker: Caller | None, now: datetime) -> ApiKey:
    """A new key. One that a person makes acts for that person: who saw two secrets is still one pair of eyes."""
    operator = maker.operator if maker is not None and maker.is_person_rooted else key_id
    return ApiKey(key_id=key_id, grant=grant, operator=operator, create_time=now)


def may_be_rotated(old: ApiKey, now: datetime) -> bool:
    """Whether a key is good and has no successor."""
    return old.is_good(now) and not old.successor_key_id


def successor(old: ApiKey, key_id: str, expire_time: datetime | None, now: datetime) -> ApiKey:
    """The key that takes the place of one that may be rotated, with the same rights."""
    grant = replace(old.grant, expire_time=expire_time)
    return ApiKey(key_id=key_id, grant=grant, operator=old.operator, create_time=now)


def end_of_overlap(old: ApiKey, overlap_seconds: int, now: datetime) -> datetime:
    """When a key that has a successor ends: after the overlap, and never later than it would have anyway."""
    end = now + timedelta(seconds=overlap_seconds)
    return end if old.grant.expire_time is None else min(end, old.grant.expire_time)


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


def opens(known: KnownKey | None, presented: Presented, now: datetime) -> bool:
    """Whether the claim is that of a good key; as slow for a key that is not known as for a wrong secret."""
    kept = known.secret_sha256 if known else bytes(SECRET_BYTES)
    equal = hmac.compare_digest(kept, fingerprint(presented.secret))
    return equal and known is not None and known.api_key.is_good(now)
