"""What signs and keeps the audit of the local stack: a key, its public half, and the second place for heads and seals.

For development alone: the key lies beside the data that it proves, so it shows how proof is made and proves little.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@dataclass(frozen=True, slots=True)
class LocalAudit:
    """The folder of heads and seals, and two files in PEM; empty where the audit is not signed."""

    folder: str
    key_file: str
    public_key_file: str


def local_audit(folder: Path, *, is_new: bool) -> LocalAudit:
    """The three, made for a system that `is_new`.

    One that has records without signatures goes on without: among signed ones they would look like forged ones.
    """
    kept, key, public = folder / "audit", folder / "audit.key", folder / "audit.pub"
    kept.mkdir(exist_ok=True)
    if is_new and not key.exists():
        _make(key, public)
    return LocalAudit(str(kept), *((str(key), str(public)) if key.exists() else ("", "")))


def _make(key: Path, public: Path) -> None:
    made = Ed25519PrivateKey.generate()
    public.write_bytes(made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    unfinished = key.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    unfinished.replace(key)
