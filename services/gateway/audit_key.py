"""The key that signs batches, heads and seals of the audit, and the public keys that prove it: files in PEM."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from services.gateway.domain.audit_chain import Verifier


class Signer:
    """Signs with one private key; without one it signs nothing, and every signature is empty."""

    def __init__(self, private_key: Ed25519PrivateKey | None) -> None:
        self._private_key = private_key

    @property
    def signs(self) -> bool:
        """Whether there is a key."""
        return self._private_key is not None

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes; empty without a key."""
        return self._private_key.sign(content) if self._private_key else b""

    def verifier(self) -> Verifier | None:
        """What proves our own signatures; None without a key."""
        return _verifier_of([self._private_key.public_key()]) if self._private_key else None


def read_signer(path: str) -> Signer:
    """The key in a file, or none for no path. Raises ValueError for what is no ed25519 key, OSError for no file."""
    if not path:
        return Signer(None)
    key = load_pem_private_key(Path(path).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds no ed25519 key: openssl genpkey -algorithm ed25519 makes one")  # noqa: TRY004  a file is at fault
    return Signer(key)


def read_verifier(paths: Sequence[Path]) -> Verifier | None:
    """What proves signatures of any of these public keys, old ones too; None for no file. Raises as `read_signer`."""
    keys = [load_pem_public_key(path.read_bytes()) for path in paths]
    ours = [key for key in keys if isinstance(key, Ed25519PublicKey)]
    if len(ours) < len(keys):
        raise ValueError("a file holds no ed25519 public key: openssl pkey -in audit.key -pubout makes it")
    return _verifier_of(ours) if ours else None


def check_key(path: str) -> None:
    """A `check` for a setting: a file with a key, or nothing. Raises ValueError with a sentence."""
    try:
        read_signer(path)
    except (OSError, TypeError, ValueError):
        raise ValueError(f"must be a PEM file with an ed25519 private key and no password, is {path!r}") from None


def _verifier_of(keys: Sequence[Ed25519PublicKey]) -> Verifier:
    def verify(signature: bytes, content: bytes) -> bool:
        return any(_is_signed(key, signature, content) for key in keys)

    return verify


def _is_signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
