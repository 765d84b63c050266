"""The merchant's and the channels' keys and names: made at the first start, as files, and read ever after.

They are never part of a repository or an image. `merchant.json` tells an integrator what is where.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from services.channel_sandbox.dialects.alipay import AlipayKeys
from services.channel_sandbox.dialects.hmac_pay import HmacKeys
from services.channel_sandbox.dialects.wechat_pay import WeChatKeys

INDEX = "merchant.json"
_HMAC_FILE = "hmac_pay/secret.key"
_WECHAT = "wechat_pay"
_ALIPAY = "alipay"
_PLATFORM_KEY = "platform_private_key.pem"
_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class Keys:
    """What the channels know: their own private keys, and the merchant's public ones."""

    wechat_pay: WeChatKeys
    alipay: AlipayKeys
    hmac_pay: HmacKeys

    @property
    def download_key(self) -> bytes:
        """Seals the addresses of statement files."""
        return hashlib.sha256(b"download" + self.hmac_pay.secret).digest()


def keys_in(folder: Path) -> Keys:
    """The keys in a folder, made when it has none. Raises OSError when it cannot be read or written."""
    if not (folder / INDEX).exists():
        _make(folder)
    index = json.loads((folder / INDEX).read_text("utf-8"))
    wechat_pay, alipay, hmac_pay = index[_WECHAT], index[_ALIPAY], index["hmac_pay"]
    return Keys(
        wechat_pay=WeChatKeys(
            mchid=wechat_pay["mchid"],
            appid=wechat_pay["appid"],
            merchant_serial=wechat_pay["serial_no"],
            merchant_key=_private(folder / wechat_pay["private_key_file"]).public_key(),
            platform_serial=wechat_pay["platform_serial"],
            platform_key=_private(folder / _WECHAT / _PLATFORM_KEY),
            api_v3_key=_secret(folder / wechat_pay["api_v3_key_file"]),
        ),
        alipay=AlipayKeys(
            app_id=alipay["app_id"],
            seller_id=alipay["seller_id"],
            app_key=_private(folder / alipay["private_key_file"]).public_key(),
            platform_key=_private(folder / _ALIPAY / _PLATFORM_KEY),
        ),
        hmac_pay=HmacKeys(hmac_pay["merchant_id"], _secret(folder / hmac_pay["secret_file"])),
    )


def _make(folder: Path) -> None:
    index = {_WECHAT: _make_wechat_pay(folder), _ALIPAY: _make_alipay(folder), "hmac_pay": _make_hmac_pay(folder)}
    # Last and at once, so that a folder with it has all.
    fresh = folder / f"{INDEX}.new"
    fresh.write_text(json.dumps(index, indent=2) + "\n", "utf-8")
    fresh.replace(folder / INDEX)


def _make_wechat_pay(folder: Path) -> dict[str, str]:
    merchant, platform = _make_pair(folder, _WECHAT)
    _write(folder / _WECHAT / "api_v3.key", secrets.token_hex(16).encode())
    return {
        "mchid": "1900000109",
        "appid": "wxd678efh567hg6787",
        "serial_no": _digest(merchant).upper()[:40],
        "private_key_file": f"{_WECHAT}/merchant_private_key.pem",
        "platform_serial": f"PUB_KEY_ID_{int(_digest(platform), 16) % 10**32:032d}",
        "platform_public_key_file": f"{_WECHAT}/platform_public_key.pem",
        "api_v3_key_file": f"{_WECHAT}/api_v3.key",
    }


def _make_alipay(folder: Path) -> dict[str, str]:
    _make_pair(folder, _ALIPAY)
    return {
        "app_id": "2014072300007148",
        "seller_id": "2088102146225135",
        "private_key_file": f"{_ALIPAY}/merchant_private_key.pem",
        "platform_public_key_file": f"{_ALIPAY}/platform_public_key.pem",
    }


def _make_hmac_pay(folder: Path) -> dict[str, str]:
    _write(folder / _HMAC_FILE, secrets.token_hex(32).encode())
    return {"merchant_id": "merchant_1", "secret_file": _HMAC_FILE}


def _make_pair(folder: Path, channel: str) -> tuple[RSAPublicKey, RSAPublicKey]:
    """The merchant's key and the platform's; the public halves are returned."""
    merchant, platform = [rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS) for _ in range(2)]
    _write(folder / channel / "merchant_private_key.pem", _pem(merchant))
    _write(folder / channel / _PLATFORM_KEY, _pem(platform))
    _write(folder / channel / "platform_public_key.pem", _public_pem(platform.public_key()))
    return merchant.public_key(), platform.public_key()


def _pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public_pem(key: RSAPublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _digest(key: RSAPublicKey) -> str:
    return hashlib.sha256(_public_pem(key)).hexdigest()


def _private(file: Path) -> RSAPrivateKey:
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey), f"{file.name} was made as an RSA key"
    return key


def _secret(file: Path) -> bytes:
    return file.read_bytes().strip()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(content)
