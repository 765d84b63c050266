"""Envelope encryption of stored bytes: each has a data key of its own, and a key ring wraps those. It stores nothing.

A sealed blob, version 1:

    version (1 byte) | length of key id (1) | key id | wrapped data key (nonce 12, key 32, tag 16)
    | nonce (12) | ciphertext | tag (16)

Both layers are AES-256-GCM (NIST SP 800-38D). The wrapping authenticates the key id and the context, the body
authenticates the context: so a blob that is moved does not open elsewhere, and rotation need not touch bodies.
"""

import base64
import binascii
import os
import re
import sys
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = 1
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_WRAPPED_BYTES: Final = _NONCE_BYTES + _KEY_BYTES + 16
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEYS_MAX: Final = 64
# Two labels, so that a wrapped key never passes for a body nor a body for a wrapped key.
_WRAP_LABEL: Final = b"bihuan/wrap/1:"
_BODY_LABEL: Final = b"bihuan/body/1:"


class Unsealable(Exception):
    """The blob does not open here: other bytes, another place, or a key that the ring has not. It never says which."""

    def __init__(self) -> None:
        super().__init__("what is sealed does not open")


class KeyRing:
    """The key-encryption keys: the first is for sealing, all are for opening. Its repr shows ids and no key."""

    __slots__ = ("_current_id", "_keys")

    def __init__(self, keys: dict[str, bytes]) -> None:
        assert keys, "a ring without a key"
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current_id = next(iter(keys))

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @classmethod
    def read(cls, path: Path) -> "KeyRing":
        """Read the keys of a file, see `read_keys`."""
        return cls(read_keys(path))

    @property
    def current_id(self) -> str:
        """The id of the key that seals."""
        return self._current_id

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Seal for one place: `context` says which, such as the table and the row's key, and is needed to open."""
        drawn = os.urandom(_KEY_BYTES + _NONCE_BYTES + _NONCE_BYTES)
        data_key, nonces = drawn[:_KEY_BYTES], drawn[_KEY_BYTES:]
        nonce, of_header = nonces[:_NONCE_BYTES], nonces[_NONCE_BYTES:]
        body = AESGCM(data_key).encrypt(nonce, plaintext, _BODY_LABEL + context)
        return self._header(data_key, of_header, context) + nonce + body

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed, if it was sealed for this place by a key of this ring; else Unsealable."""
        data_key, body_at = self._unwrap(sealed, context)
        return _decrypt(AESGCM(data_key), sealed[body_at:], _BODY_LABEL + context)

    def reseal(self, sealed: bytes, context: bytes) -> bytes:
        """The same body under the current key; the very blob if it is already. Unsealable as in `open`.

        Only the data key is read, so a body that was changed stays one that does not open.
        """
        data_key, body_at = self._unwrap(sealed, context)
        if key_id_of(sealed) == self._current_id:
            return sealed
        return self._header(data_key, os.urandom(_NONCE_BYTES), context) + sealed[body_at:]

    def _header(self, data_key: bytes, nonce: bytes, context: bytes) -> bytes:
        key_id = self._current_id.encode()
        start = bytes((_VERSION, len(key_id))) + key_id
        wrapped = self._keys[self._current_id].encrypt(nonce, data_key, _WRAP_LABEL + start + context)
        return start + nonce + wrapped

    def _unwrap(self, sealed: bytes, context: bytes) -> tuple[bytes, int]:
        """The data key, and where the body begins."""
        key = self._keys.get(key_id_of(sealed))
        if key is None:
            raise Unsealable
        key_at = 2 + sealed[1]
        body_at = key_at + _WRAPPED_BYTES
        return _decrypt(key, sealed[key_at:body_at], _WRAP_LABEL + sealed[:key_at] + context), body_at


def read_keys(path: Path) -> dict[str, bytes]:
    """Read a file of lines `key_id:base64url(32 bytes)`, the current key first. Blank and # lines are skipped.

    ValueError names the line and the rule that it breaks, never what stands in it. OSError as the file gives it.
    """
    keys: dict[str, bytes] = {}
    for line_no, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip() or line.startswith(b"#"):
            continue
        key_id, key = _read_line(line.strip(), f"{path}, line {line_no}")
        if key_id in keys:
            raise ValueError(f"{path}, line {line_no}: the key id stands on an earlier line too")
        keys[key_id] = key
    if not 1 <= len(keys) <= _KEYS_MAX:
        raise ValueError(f"{path}: must hold 1 to {_KEYS_MAX} keys, holds {len(keys)}")
    return keys


def key_id_of(sealed: bytes) -> str:
    """Which key a blob is sealed under, to find what a rotation left; nothing is opened, so nothing is proved.

    Unsealable when it is no blob of this version.
    """
    if len(sealed) < 2 or sealed[0] != _VERSION:
        raise Unsealable
    # What is no ASCII is no key id of ours; it is looked up, and not found.
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def new_key_line() -> str:
    """A line for the file of a KeyRing: an id and a key, both from the system's randomness."""
    return f"key_{os.urandom(4).hex()}:{base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()}"


def _decrypt(key: AESGCM, sealed: bytes, context: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError):  # too short for a nonce is a ValueError
        raise Unsealable from None


def _read_line(line: bytes, place: str) -> tuple[str, bytes]:
    key_id, colon, coded = line.partition(b":")
    name = key_id.decode("ascii", "replace")
    # A line without a colon may be a bare key, so that not even this part of it is told.
    if not colon or not _KEY_ID.fullmatch(name):
        raise ValueError(f"{place}: must be key_id:key, where a key id is 1 to 64 of A-Z a-z 0-9 . _ -")
    return name, _key(coded, place)


def _key(coded: bytes, place: str) -> bytes:
    try:
        # urlsafe_b64decode passes over foreign signs; with validate a typing mistake is told.
        key = base64.b64decode(coded, altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError(f"{place}: the key must be base64url with its padding") from None
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{place}: the key must be {_KEY_BYTES} bytes, is {len(key)}")
    return key


if __name__ == "__main__":
    if sys.argv[1:] != ["new-key"]:
        sys.exit("usage: python -m chassis.crypto new-key   (writes a line for a key file to standard output)")
    sys.stdout.write(new_key_line() + "\n")
