"""Page tokens: where a list goes on, bound to the filter it was made for. It knows no list and hides no secret."""

import base64
import hashlib
import json

from chassis.errors import Fault, Kind

_CHECK_BYTES = 12


def encode(filter_text: str, key: tuple[str, ...]) -> str:
    """The token of the page after the row with this keyset key. `filter_text` is every filter of the list, in order."""
    body = json.dumps(key, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(filter_text, body) + body).decode()


def decode(filter_text: str, token: str) -> tuple[str, ...]:
    """The key that `encode` was given; the empty tuple for the empty token of a first page.

    Raises Fault INVALID_PAGE_TOKEN for a token that was made for another filter, was altered, or never was one. The
    check finds accidents and not forgery: a caller that parses the parts of a key raises `wrong_token` when it cannot.
    """
    if not token:
        return ()
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        raise wrong_token() from None
    check, body = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if check != _check(filter_text, body):
        raise wrong_token()
    key: list[str] = json.loads(body)
    return tuple(key)


def last_id(filter_text: str, token: str) -> str:
    """The id behind which the page of a list by id begins; empty for the first. Raises Fault INVALID_PAGE_TOKEN."""
    key = decode(filter_text, token)
    if len(key) > 1:
        raise wrong_token()
    return key[0] if key else ""


def wrong_token() -> Fault:
    """The fault for a token that this list did not make for this filter."""
    return Fault(
        Kind.INVALID,
        "INVALID_PAGE_TOKEN",
        "page_token was not made by this list, or for another filter: start again without it",
        "page_token 不属于本列表，或筛选条件已改变，请去掉 page_token 从头查询",
    )


def _check(filter_text: str, body: bytes) -> bytes:
    return hashlib.sha256(filter_text.encode() + b"\0" + body).digest()[:_CHECK_BYTES]
