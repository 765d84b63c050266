"""Keys and signatures of channels: RSA with SHA-256 (PKCS #1 v1.5), HMAC with SHA-256. It never shows or tells a key.

A key is read from a file once. What a fault says of the file names it and the rule, never what stands in it.
"""

import base64
import binascii
import hashlib
import hmac
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

RSA_BITS_MIN: Final = 2048
SECRET_BYTES_MIN: Final = 16
_FILE_BYTES_MAX: Final = 64 * 1024
_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


class RsaSigner:
    """Our private key at a channel."""

    __slots__ = ("_key",)

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    @classmethod
    def read(cls, path: Path) -> "RsaSigner":
        """From a PEM file without a passphrase. ValueError when it holds no RSA key of 2,048 bits, OSError as read."""
        try:
            key = serialization.load_pem_private_key(_content(path), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ValueError("must be a PEM private key without a passphrase") from None
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < RSA_BITS_MIN:
            raise ValueError(f"must be an RSA key of at least {RSA_BITS_MIN} bits")
        return cls(key)

    def sign(self, message: bytes) -> str:
        """The signature in base64."""
        return base64.b64encode(self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode("ascii")


class RsaVerifier:
    """A channel's public key."""

    __slots__ = ("_key",)

    def __init__(self, key: rsa.RSAPublicKey) -> None:
        self._key = key

    @classmethod
    def read(cls, path: Path) -> "RsaVerifier":
        """From a PEM file with a public key or a certificate. ValueError when it holds no RSA key, OSError as read."""
        content = _content(path)
        try:
            is_certificate = _CERTIFICATE in content
            read = serialization.load_pem_public_key
            key = x509.load_pem_x509_certificate(content).public_key() if is_certificate else read(content)
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("must be a PEM public key or certificate") from None
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < RSA_BITS_MIN:
            raise ValueError(f"must be an RSA key of at least {RSA_BITS_MIN} bits")
        return cls(key)

    def holds(self, signature: str, message: bytes) -> bool:
        """Whether the signature, in base64, is the channel's for this message."""
        try:
            told = base64.b64decode(signature, validate=True)
            self._key.verify(told, message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


class HmacSecret:
    """A secret that we share with a channel."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def read(cls, path: Path) -> "HmacSecret":
        """From a file that holds it alone, on one line. ValueError when it is under 16 bytes, OSError as read."""
        return cls(read_secret(path))

    def sign(self, message: bytes) -> str:
        """The code in lower-case hex."""
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()

    def holds(self, code: str, message: bytes) -> bool:
        """Whether the code is right; takes as long for a wrong one."""
        return hmac.compare_digest(code.encode(), self.sign(message).encode())


def read_secret(path: Path) -> bytes:
    """What a file holds alone, on one line. ValueError when it is under 16 bytes, OSError as read."""
    secret = _content(path).strip()
    if len(secret) < SECRET_BYTES_MIN or len(secret.splitlines()) != 1:
        raise ValueError(f"must hold one line of at least {SECRET_BYTES_MIN} bytes")
    return secret


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_FILE_BYTES_MAX + 1)
    if len(content) > _FILE_BYTES_MAX:
        raise ValueError(f"must be at most {_FILE_BYTES_MAX} bytes")
    return content
