"""The merchant accounts at channels, from one TOML file: which serves which merchant. The file itself has no secret.

    [accounts.city_water_wechat]
    kind = "wechat_pay"                      # wechat_pay, alipay or hmac_pay
    channel = "wechat_pay"                   # the word that payments bear; the kind when left out
    merchant_ids = ["m_water"]               # or ["*"], for every merchant that no other account names
    base_url = "https://api.mch.weixin.qq.com"
    notify_url = "https://pay.example.com/v1/callbacks/wechat_pay/city_water_wechat"
    ...                                      # what the kind needs, see KINDS; keys are files beside this one

Every mistake is told at once, by account and field. A key's file is read at the start, and never quoted.
"""

import re
import ssl
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from chassis.clock import Clock
from services.payments.channels import Channel
from services.payments.channels.alipay import Alipay, AlipayKeys
from services.payments.channels.hmac_pay import HmacPay
from services.payments.channels.signing import HmacSecret, RsaSigner, RsaVerifier, read_secret
from services.payments.channels.wechat_pay import WeChatPay, WeChatPayKeys
from services.payments.channels.wire import Wire

T = TypeVar("T")

ANY_MERCHANT: Final = "*"
_ACCOUNT_ID: Final = re.compile(r"[a-z0-9_]{1,64}")
_CHANNEL: Final = re.compile(r"[a-z0-9_]{1,32}")
_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_API_V3_KEY_BYTES: Final = 32
_CALL_SECONDS: Final = 5.0
_CALL_SECONDS_MAX: Final = 30.0
_COMMON: Final = frozenset(
    {"kind", "channel", "merchant_ids", "base_url", "notify_url", "ca_file", "call_seconds"},
)


class AccountFault(ValueError):
    """The file makes no accounts; the text has a line for each reason."""


@dataclass(frozen=True, slots=True)
class Account:
    """One merchant account: its id in the file, the word that payments bear, and the way to the channel."""

    account_id: str
    channel_name: str
    merchant_ids: frozenset[str]
    channel: Channel


class Accounts:
    """Every account of the file. Without a file there is none, and payments are only recorded."""

    def __init__(self, accounts: tuple[Account, ...] = ()) -> None:
        self._by_id = {account.account_id: account for account in accounts}
        self._by_merchant = {(each.channel_name, merchant): each for each in accounts for merchant in each.merchant_ids}

    def find(self, channel_name: str, merchant_id: str) -> Account | None:
        """The account by which a merchant takes payments at a channel; None when the file names none."""
        own = self._by_merchant.get((channel_name, merchant_id))
        return own or self._by_merchant.get((channel_name, ANY_MERCHANT))

    def by_id(self, account_id: str) -> Account | None:
        """The account by its id in the file."""
        return self._by_id.get(account_id)

    async def close(self) -> None:
        """Close every connection."""
        for account in self._by_id.values():
            await account.channel.close_connections()


def read_accounts(path: Path, clock: Clock) -> Accounts:
    """Read the file and the keys that it names. Raises AccountFault with every mistake, OSError when there is none."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise AccountFault(f"{path}: must be TOML in UTF-8") from None
    faults: list[str] = [f"{path}: {name} is nothing that it may hold" for name in told if name != "accounts"]
    tables = told.get("accounts", {})
    if not isinstance(tables, dict) or not tables:
        raise AccountFault("\n".join([*faults, f"{path}: must hold at least one [accounts.<id>]"]))
    read = [_read_account(_Table(account_id, table, path, faults), clock) for account_id, table in tables.items()]
    accounts = tuple(account for account in read if account is not None)
    faults += _rivals(path, accounts)
    if faults:
        raise AccountFault("\n".join(faults))
    return Accounts(accounts)


def _read_account(table: "_Table", clock: Clock) -> Account | None:
    if not table.is_sound():
        return None
    kind = table.text("kind", re.compile("|".join(KINDS)))
    if not kind:
        return None
    fields, make = KINDS[kind]
    table.refuse_unknown(_COMMON | fields)
    channel_name = table.text("channel", _CHANNEL, default=kind)
    merchant_ids, wire = table.merchants(), table.wire()
    channel = make(table, wire, clock)
    if channel is None or table.is_faulty:
        return None
    return Account(table.account_id, channel_name, merchant_ids, channel)


class _Table:
    """The table of one account. What is wrong goes to the list of faults, and a harmless value comes back."""

    def __init__(self, account_id: str, told: Any, path: Path, faults: list[str]) -> None:
        self.account_id = account_id
        self.is_faulty = False
        self._told = told
        self._path = path
        self._faults = faults

    def is_sound(self) -> bool:
        """Whether it is a table under an id that may be one."""
        if not _ACCOUNT_ID.fullmatch(self.account_id):
            self.fault("must have an id of a-z 0-9 _")
        if not isinstance(self._told, dict):
            self.fault("must be a table")
        return not self.is_faulty

    def fault(self, sentence: str) -> None:
        """Note a mistake."""
        self.is_faulty = True
        self._faults.append(f"{self._path}: accounts.{self.account_id} {sentence}")

    def refuse_unknown(self, names: frozenset[str]) -> None:
        """Note every field that has no meaning here."""
        for name in sorted(self._told.keys() - names):
            self.fault(f"has a field {name}, which its kind does not know")

    def text(self, name: str, form: re.Pattern[str] = _ID, default: str = "") -> str:
        """A field of a form; with a default it may be left out."""
        value = self._told.get(name, default)
        if isinstance(value, str) and form.fullmatch(value):
            return value
        self.fault(f"must have {name} of the form {form.pattern}")
        return ""

    def address(self, name: str) -> str:
        """A field that is an http or https address without a query."""
        value = self._told.get(name)
        parts = urlsplit(value) if isinstance(value, str) else None
        if parts and parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.username:
            return str(value)
        self.fault(f"must have {name} such as https://pay.example.com")
        return ""

    def merchants(self) -> frozenset[str]:
        """The merchants that it serves."""
        told = self._told.get("merchant_ids")
        if isinstance(told, list) and told and all(isinstance(each, str) and each for each in told):
            return frozenset(told)
        self.fault('must have merchant_ids such as ["m_1"], or ["*"]')
        return frozenset()

    def wire(self) -> Wire | None:
        """The connections to its address."""
        base_url, seconds = self.address("base_url"), self._told.get("call_seconds", _CALL_SECONDS)
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= _CALL_SECONDS_MAX:
            self.fault(f"must have call_seconds above 0 and up to {_CALL_SECONDS_MAX:.0f}")
            return None
        trust = self.file("ca_file", _trust) if "ca_file" in self._told else None
        return Wire(base_url, float(seconds), trust) if base_url else None

    def file(self, name: str, read: Callable[[Path], T]) -> T | None:
        """What the file holds that a field names, beside this file when it is no absolute path."""
        value = self._told.get(name)
        if not isinstance(value, str) or not value:
            self.fault(f"must have {name}, the path of a file")
            return None
        return self._read_file(name, value, read)

    def files(self, name: str, read: Callable[[Path], T]) -> Mapping[str, T]:
        """What the files hold that a table of id = path names."""
        told = self._told.get(name)
        if not isinstance(told, dict) or not told or not all(isinstance(each, str) and each for each in told.values()):
            self.fault(f"must have {name}, a table of key id = path of a file")
            return {}
        found = {key_id: self._read_file(f"{name}.{key_id}", value, read) for key_id, value in told.items()}
        return {key_id: value for key_id, value in found.items() if value is not None}

    def _read_file(self, name: str, value: str, read: Callable[[Path], T]) -> T | None:
        path = self._path.parent / value
        try:
            return read(path)
        except OSError as fault:
            self.fault(f"names in {name} the file {path}, which cannot be read: {fault.strerror}")
        except ValueError as fault:
            self.fault(f"names in {name} the file {path}, which {fault}")
        return None


def _wechat_pay(table: _Table, wire: Wire | None, clock: Clock) -> Channel | None:
    app_id, mch_id, serial_no = table.text("app_id"), table.text("mch_id"), table.text("serial_no")
    notify_url, signer = table.address("notify_url"), table.file("private_key_file", RsaSigner.read)
    platform = table.files("platform_keys", RsaVerifier.read)
    api_v3_key = table.file("api_v3_key_file", _api_v3_key)
    if wire is None or signer is None or api_v3_key is None:
        return None
    keys = WeChatPayKeys(serial_no, signer, platform, api_v3_key)
    return WeChatPay(app_id, mch_id, notify_url, keys, wire, clock)


def _alipay(table: _Table, wire: Wire | None, clock: Clock) -> Channel | None:
    app_id, seller_id, notify_url = table.text("app_id"), table.text("seller_id"), table.address("notify_url")
    signer, platform = table.file("private_key_file", RsaSigner.read), table.files("platform_keys", RsaVerifier.read)
    if wire is None or signer is None:
        return None
    return Alipay(app_id, seller_id, notify_url, AlipayKeys(signer, tuple(platform.values())), wire, clock)


def _hmac_pay(table: _Table, wire: Wire | None, clock: Clock) -> Channel | None:
    merchant_no, notify_url = table.text("merchant_no"), table.address("notify_url")
    secret = table.file("secret_file", HmacSecret.read)
    return HmacPay(merchant_no, notify_url, secret, wire, clock) if wire and secret else None


# By kind: the fields that it needs beside the common ones, and how it is made.
KINDS: Final[Mapping[str, tuple[frozenset[str], Callable[[_Table, Wire | None, Clock], Channel | None]]]] = {
    "wechat_pay": (
        frozenset({"app_id", "mch_id", "serial_no", "private_key_file", "platform_keys", "api_v3_key_file"}),
        _wechat_pay,
    ),
    "alipay": (frozenset({"app_id", "seller_id", "private_key_file", "platform_keys"}), _alipay),
    "hmac_pay": (frozenset({"merchant_no", "secret_file"}), _hmac_pay),
}


def _rivals(path: Path, accounts: tuple[Account, ...]) -> list[str]:
    """A merchant that two accounts of one channel name: nobody could say which serves it."""
    seen: dict[tuple[str, str], str] = {}
    faults = []
    for account in accounts:
        for merchant_id in sorted(account.merchant_ids):
            first = seen.setdefault((account.channel_name, merchant_id), account.account_id)
            if first != account.account_id:
                faults.append(
                    f"{path}: accounts.{account.account_id} serves {merchant_id} at {account.channel_name}, "
                    f"and so does accounts.{first}"
                )
    return faults


def _trust(path: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        raise ValueError("must hold PEM certificates") from None


def _api_v3_key(path: Path) -> bytes:
    key = read_secret(path)
    if len(key) != _API_V3_KEY_BYTES:
        raise ValueError(f"must hold a key of {_API_V3_KEY_BYTES} bytes")
    return key
