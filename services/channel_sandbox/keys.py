"""The merchant's and the channels' keys and names: made at the first start, as files, and read ever after.

They are never part of a repository or an image. `merchant.json` tells an integrator what is where.
"""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from services.channel_sandbox.dialects.hmac_pay import HmacKeys

INDEX = "merchant.json"
_HMAC_FILE = "hmac_pay/secret.key"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the channels know: their own private keys, and the merchant's public ones."""

    hmac_pay: HmacKeys


def keys_in(folder: Path) -> Keys:
    """The keys in a folder, made when it has none. Raises OSError when it cannot be read or written."""
    if not (folder / INDEX).exists():
        _make(folder)
    index = json.loads((folder / INDEX).read_text("utf-8"))
    return Keys(
        hmac_pay=HmacKeys(index["hmac_pay"]["merchant_id"], _secret(folder / index["hmac_pay"]["secret_file"])),
    )


def _make(folder: Path) -> None:
    index = {
        "hmac_pay": _make_hmac_pay(folder),
    }
    # Last, so that a folder with it has all.
    (folder / INDEX).write_text(json.dumps(index, indent=2), "utf-8")


def _make_hmac_pay(folder: Path) -> dict[str, str]:
    _write(folder / _HMAC_FILE, secrets.token_hex(32).encode())
    return {"merchant_id": "merchant_1", "secret_file": _HMAC_FILE}


def _secret(file: Path) -> bytes:
    return file.read_bytes().strip()


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(content)
