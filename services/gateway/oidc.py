"""Who calls with a token of an OpenID Connect issuer: signature, then claims. It issues no token and keeps none.

Only asymmetric algorithms, each issuer's own list of them, and keys that the issuer's key set has under the token's
`kid`. What a token says about keys itself (jwk, jku, x5c …) is a reason to refuse it. Base64 is taken in one spelling.
"""

import base64
import binascii
import json
import re
import warnings
from collections.abc import Mapping
from typing import Any, NoReturn

import structlog
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key

from chassis.clock import Clock
from chassis.errors import Kind, plain_fault
from services.gateway.domain.caller import Caller
from services.gateway.domain.person import Issuer, Refused, person
from services.gateway.key_sets import KeySet

ALGORITHMS = frozenset({"ES256", "EdDSA", "RS256"})
_TOKEN_LENGTH_MAX = 8_192
_BEARER = re.compile(r"bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+) *", re.ASCII | re.IGNORECASE)
_HEADER_NAMES = frozenset({"alg", "kid", "typ", "cty"})
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_log = structlog.get_logger()


class People:
    """Tells people by their tokens; each issuer has its key set."""

    def __init__(self, issuers: Mapping[Issuer, KeySet], clock: Clock) -> None:
        self._by_name = {issuer.issuer: (issuer, keys) for issuer, keys in issuers.items()}
        self._clock = clock

    async def identify(self, authorization: str) -> Caller:
        """The person that an Authorization header proves. Raises UNAUTHENTICATED, or UNAVAILABLE without keys."""
        found = _BEARER.fullmatch(authorization.strip())
        if found is None or len(found[1]) > _TOKEN_LENGTH_MAX:
            raise plain_fault(Kind.UNAUTHENTICATED)
        token = found[1]
        header, claims = _read(token)
        known = self._by_name.get(claims.get("iss", "")) if isinstance(claims.get("iss"), str) else None
        if known is None:
            _refuse("unknown iss")
        issuer, keys = known
        await _verify(token, header, issuer, keys)
        caller = person(issuer, claims, self._clock.now())
        if isinstance(caller, Refused):
            _refuse(caller.reason)
        return caller


async def _verify(token: str, header: dict[str, Any], issuer: Issuer, keys: KeySet) -> None:
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in issuer.algorithms or algorithm not in ALGORITHMS:
        _refuse("alg")
    if header.keys() - _HEADER_NAMES or str(header.get("typ", "JWT")).lower() not in _TYPES:
        _refuse("header")
    if not isinstance(key_id, str) or not key_id:
        _refuse("no kid")
    key = await keys.find(key_id)
    if key is None or not _is_for(key, str(algorithm)):
        _refuse("unknown kid")
    try:
        with warnings.catch_warnings():
            # RFC 9864 wants EdDSA called Ed25519; what issuers send is still called EdDSA.
            warnings.simplefilter("ignore", SecurityWarning)
            jws.deserialize_compact(token, key, algorithms=[str(algorithm)])
    except (JoseError, ValueError) as fault:
        _refuse(type(fault).__name__)


def _is_for(key: Key, algorithm: str) -> bool:
    """Whether a key may verify signatures of an algorithm; one that does not say what it is for may."""
    said = key.as_dict(private=False)
    kinds = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519"), "RS256": ("RSA", None)}
    kty, curve = kinds[algorithm]
    return (
        said.get("kty") == kty
        and said.get("crv") == curve
        and said.get("use", "sig") == "sig"
        and said.get("alg", algorithm) == algorithm
        and "verify" in (said.get("key_ops") or ["verify"])
    )


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, signature = token.split(".")
    _bytes(signature)
    return _object(header), _object(claims)


def _object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(part), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        _refuse("no JSON")
    if not isinstance(value, dict):
        _refuse("no object")
    return value


def _bytes(part: str) -> bytes:
    """The bytes of a part in base64url; a second spelling of the same bytes is refused."""
    try:
        content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        _refuse("base64")
    if base64.urlsafe_b64encode(content).rstrip(b"=") != part.encode("ascii"):
        _refuse("base64 in another spelling")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice")
    return values


def _refuse(reason: str) -> NoReturn:
    _log.info("token refused", reason=reason)
    raise plain_fault(Kind.UNAUTHENTICATED)
