"""A person by the claims of a token whose signature was found good: which claims are believed, and who calls then.

Rules of RFC 7519 and RFC 8725 (best current practice), narrower where a wider reading would let somebody in.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.gateway.domain.caller import PERSON_PREFIX, Caller, CallerKind
from services.gateway.domain.role import misfits

# Clocks of issuers may be off by this much.
LEEWAY_SECONDS = 30
_ID_LENGTH_MAX = 64
_MERCHANTS_MAX = 1_000
_TIME_MAX = 1e12
# What has to be there, and what counts when it is not.
_TIMES = (("exp", None), ("iat", None), ("nbf", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who vouches for people, and how its claims are read.

    `name` stands in people's ids. `roles` is from the values of `roles_claim` to roles of ours; others mean nothing.
    Unless `of_platform`, each person needs a scope: `merchants_claim` and `tenant_claim`. A token is good for at most
    `token_seconds_max` from its `iat` on.
    """

    name: str
    issuer: str
    audience: str
    algorithms: frozenset[str]
    roles: Mapping[str, str] = field(hash=False)
    of_platform: bool = False
    token_seconds_max: int = 3_600
    roles_claim: str = "roles"
    merchants_claim: str = "merchants"
    tenant_claim: str = "tenant"
    department_claim: str = "department"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a token is not believed; for the log, never for the caller."""

    reason: str


def person(issuer: Issuer, claims: Mapping[str, Any], now: datetime) -> Caller | Refused:
    """Who calls, or why the claims are not believed."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        return Refused("no sub")
    if claims.get("iss") != issuer.issuer:
        return Refused("another iss")
    if issuer.audience not in _texts(claims.get("aud")):
        return Refused("another aud")
    if reason := _time_fault(claims, issuer.token_seconds_max, now.timestamp()):
        return Refused(reason)
    return _caller(issuer, subject, claims)


def person_id(issuer_name: str, subject: str) -> str:
    """The id of a person: readable where it is short and plain, or else a digest."""
    plain = f"{PERSON_PREFIX}{issuer_name}:{subject}"
    if len(plain) <= _ID_LENGTH_MAX and plain.isascii() and plain.isprintable() and " " not in plain:
        return plain
    # "#" so that no subject can be spelled like another one's digest.
    head = f"{PERSON_PREFIX}{issuer_name}:#"
    return head + hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[: _ID_LENGTH_MAX - len(head)]


def _time_fault(claims: Mapping[str, Any], seconds_max: int, now: float) -> str:
    expiry, issued, begin = (_time(claims.get(name, default)) for name, default in _TIMES)
    if expiry is None or issued is None or begin is None:
        return "exp, iat or nbf is no time"
    if expiry + LEEWAY_SECONDS <= now:
        return "expired"
    if issued - LEEWAY_SECONDS > now or begin - LEEWAY_SECONDS > now:
        return "not yet good"
    return "" if expiry - issued <= seconds_max else "good for too long"


def _time(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and 0 <= value < _TIME_MAX else None


def _caller(issuer: Issuer, subject: str, claims: Mapping[str, Any]) -> Caller | Refused:
    roles = frozenset(issuer.roles[value] for value in _texts(claims.get(issuer.roles_claim)) if value in issuer.roles)
    merchant_ids = frozenset(_texts(claims.get(issuer.merchants_claim)))
    tenant_id = next(iter(_texts(claims.get(issuer.tenant_claim))), "")
    if not merchant_ids and not issuer.of_platform:
        return Refused("no merchants, and its issuer is not the platform's")
    if len(merchant_ids) > _MERCHANTS_MAX or "" in merchant_ids:
        return Refused("merchants do not read")
    if found := misfits(roles, merchant_ids, tenant_id):
        return Refused(f"{found[0].field}: {found[0].message}")
    caller_id = person_id(issuer.name, subject)
    return Caller(
        caller_id=caller_id,
        kind=CallerKind.PERSON,
        roles=roles,
        operator=caller_id,
        tenant_id=tenant_id,
        merchant_ids=merchant_ids,
        department=next(iter(_texts(claims.get(issuer.department_claim))), ""),
        display=next(iter(_texts(claims.get("name"))), subject),
    )


def _texts(claim: Any) -> list[str]:
    """A claim that is a text or a list of texts; anything else holds none."""
    if isinstance(claim, str):
        return [claim]
    return claim if isinstance(claim, list) and all(isinstance(one, str) for one in claim) else []
