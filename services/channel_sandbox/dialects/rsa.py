"""RSA-SHA256 signatures (PKCS #1 v1.5) in Base64, as WeChat Pay and Alipay both have them."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey


def sign(key: RSAPrivateKey, message: bytes) -> str:
    """The signature of a message."""
    return base64.b64encode(key.sign(message, PKCS1v15(), hashes.SHA256())).decode("ascii")


def holds(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """Whether a signature is that of the key's owner; what is no Base64 is none."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def spoilt(signature: str) -> str:
    """A signature of the right form that does not hold."""
    first = "A" if signature[0] != "A" else "B"
    return first + signature[1:]
