"""The merchant accounts of a local stack: one at each stand-in channel, for every merchant. For development alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.channel_sandbox.keys import INDEX, keys_in

_OWN_NAMES: Mapping[str, Mapping[str, str]] = {
    "wechat_pay": {
        "app_id": "appid",
        "mch_id": "mchid",
        "serial_no": "serial_no",
        "private_key_file": "private_key_file",
        "api_v3_key_file": "api_v3_key_file",
    },
    "alipay": {"app_id": "app_id", "seller_id": "seller_id", "private_key_file": "private_key_file"},
    "hmac_pay": {"merchant_no": "merchant_id", "secret_file": "secret_file"},
}
_ALIPAY_KEY_ID = "1"


def write_channel_accounts(file: Path, keys_folder: Path, channels_url: str, gateway_url: str) -> Path:
    """Write payments' file of accounts, with keys that are made when there are none; returns the file."""
    keys_in(keys_folder)
    index = json.loads((keys_folder / INDEX).read_text("utf-8"))
    tables = [_table(kind, index[kind], keys_folder, channels_url, gateway_url) for kind in _OWN_NAMES]
    file.write_text("\n".join(tables), "utf-8")
    return file


def _table(kind: str, told: Mapping[str, str], keys_folder: Path, channels_url: str, gateway_url: str) -> str:
    fields: dict[str, Any] = {
        "kind": kind,
        "merchant_ids": ["*"],
        "base_url": channels_url,
        "notify_url": f"{gateway_url}/v1/callbacks/{kind}",
    }
    for name, theirs in _OWN_NAMES[kind].items():
        fields[name] = str(keys_folder / told[theirs]) if name.endswith("_file") else told[theirs]
    # What JSON writes of texts and lists of texts is TOML, too.
    lines = [f"[accounts.{kind}]", *(f"{name} = {json.dumps(value)}" for name, value in fields.items())]
    if "platform_public_key_file" in told:
        key_id, key_file = told.get("platform_serial", _ALIPAY_KEY_ID), keys_folder / told["platform_public_key_file"]
        lines += [f"[accounts.{kind}.platform_keys]", f'"{key_id}" = {json.dumps(str(key_file))}']
    return "\n".join([*lines, ""])
