"""A merchant at each stand-in channel. Signatures are written down anew here, so that the sandbox is not its own judge.

All three have the same few verbs, in one vocabulary: WAITING, PROCESSING, SUCCEEDED, FAILED, CLOSED, MISSING.
"""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.channel_sandbox import ChannelSteering

DESCRIPTION = "水费 2026年3月"


@dataclass(frozen=True)
class Told:
    """What a callback says, in the common words; `refund_no` is empty where it is about the payment."""

    state: str
    order_no: str
    amount_minor: int
    refund_no: str = ""
    event_id: str = ""


class Merchant(Protocol):
    """A merchant at one channel. An answer whose signature does not hold fails the test."""

    channel: str

    async def create(self, order_no: str, amount_minor: int = 12_345, notify_url: str = "") -> str: ...
    async def state(self, order_no: str) -> str: ...
    async def close(self, order_no: str) -> str: ...
    async def refund(self, order_no: str, refund_no: str, amount_minor: int, notify_url: str = "") -> str: ...
    async def refund_state(self, order_no: str, refund_no: str) -> str: ...
    def read(self, headers: Mapping[str, str], body: bytes) -> Told | None: ...


def merchant_at(channel: str, sandbox: ChannelSteering) -> "Merchant":
    return {"wechat_pay": WeChatMerchant, "alipay": AlipayMerchant, "hmac_pay": HmacMerchant}[channel](sandbox)


class HmacMerchant:
    channel = "hmac_pay"

    def __init__(self, sandbox: ChannelSteering) -> None:
        index, folder = names_of("hmac_pay", sandbox)
        self.merchant_id = index["merchant_id"]
        self.secret = (folder / index["secret_file"]).read_bytes().strip()
        self.http = sandbox.http

    def signature(self, first_line: str, timestamp: str, nonce: str, body: bytes) -> str:
        signed = f"{first_line}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
        return hmac.new(self.secret, signed, hashlib.sha256).hexdigest()

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        timestamp, nonce = str(int(time.time())), uuid.uuid4().hex
        return {
            "Pay-Merchant": self.merchant_id,
            "Pay-Timestamp": timestamp,
            "Pay-Nonce": nonce,
            "Pay-Signature": self.signature(f"{method} {path}", timestamp, nonce, body),
        }

    async def call(self, method: str, path: str, **content: Any) -> httpx.Response:
        body = json.dumps(content).encode() if content else b""
        path = f"/hmac/v1{path}"
        sent = self.headers(method, path, body)
        answer = await self.http.request(method, path, content=body, headers=sent)
        assert self.is_signed(answer.headers, f"ANSWER {answer.status_code}", answer.content)
        assert answer.headers["pay-nonce"] == sent["Pay-Nonce"]
        return answer

    def is_signed(self, headers: Any, first_line: str, body: bytes) -> bool:
        due = self.signature(first_line, headers["pay-timestamp"], headers["pay-nonce"], body)
        return bool(headers["pay-signature"] == due)

    async def ask(self, number: str = "NO1", **changes: Any) -> httpx.Response:
        content = {"amount_minor": 12_345, "currency": "CNY", "description": DESCRIPTION}
        return await self.call("POST", "/payments", merchant_order_no=number, **(content | changes))

    async def create(self, order_no: str, amount_minor: int = 12_345, notify_url: str = "") -> str:
        answer = await self.ask(order_no, amount_minor=amount_minor, notify_url=notify_url)
        return "WAITING" if answer.is_success else answer.json()["code"]

    async def state(self, order_no: str) -> str:
        return _word(await self.call("GET", f"/payments/{order_no}"))

    async def close(self, order_no: str) -> str:
        return _word(await self.call("POST", f"/payments/{order_no}/close"))

    async def refund(self, order_no: str, refund_no: str, amount_minor: int, notify_url: str = "") -> str:
        content = {"merchant_order_no": order_no, "merchant_refund_no": refund_no, "amount_minor": amount_minor}
        return _word(await self.call("POST", "/refunds", **content, notify_url=notify_url))

    async def refund_state(self, order_no: str, refund_no: str) -> str:
        return _word(await self.call("GET", f"/refunds/{refund_no}"))

    def read(self, headers: Mapping[str, str], body: bytes) -> Told | None:
        if not self.is_signed(headers, "CALLBACK", body):
            return None
        told = json.loads(body)
        refund = told.get("refund", {})
        about = refund or told["payment"]
        return Told(
            about["state"],
            told["payment"]["merchant_order_no"],
            about["amount_minor"],
            refund.get("merchant_refund_no", ""),
            told["event_id"],
        )


class WeChatMerchant:
    channel = "wechat_pay"

    def __init__(self, sandbox: ChannelSteering) -> None:
        self.names, folder = names_of("wechat_pay", sandbox)
        self.key = serialization.load_pem_private_key((folder / self.names["private_key_file"]).read_bytes(), None)
        platform = (folder / self.names["platform_public_key_file"]).read_bytes()
        self.platform_key = serialization.load_pem_public_key(platform)
        self.api_v3_key = (folder / self.names["api_v3_key_file"]).read_bytes().strip()
        self.http = sandbox.http

    def authorization(self, method: str, path: str, body: bytes, **spoilt: str) -> str:
        given = {"mchid": self.names["mchid"], "nonce_str": uuid.uuid4().hex, "timestamp": str(int(time.time()))}
        given |= {"serial_no": self.names["serial_no"]} | spoilt
        signed = f"{method}\n{path}\n{given['timestamp']}\n{given['nonce_str']}\n".encode() + body + b"\n"
        given = {"signature": _rsa_sign(self.key, signed)} | given
        return "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in given.items())

    async def call(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> httpx.Response:
        body = json.dumps(content).encode() if content is not None else b""
        headers = {"Authorization": self.authorization(method, path, body), "Accept": "application/json"}
        answer = await self.http.request(method, path, content=body, headers=headers)
        assert self.is_signed(answer.headers, answer.content)
        return answer

    def is_signed(self, headers: Any, body: bytes) -> bool:
        signed = f"{headers['wechatpay-timestamp']}\n{headers['wechatpay-nonce']}\n".encode() + body + b"\n"
        serial_is_right = headers["wechatpay-serial"] == self.names["platform_serial"]
        return serial_is_right and _rsa_holds(self.platform_key, signed, headers["wechatpay-signature"])

    def order(self, order_no: str, amount_minor: int, notify_url: str) -> dict[str, Any]:
        return {
            "appid": self.names["appid"],
            "mchid": self.names["mchid"],
            "description": DESCRIPTION,
            "out_trade_no": order_no,
            "notify_url": notify_url or "http://127.0.0.1:1/nobody",
            "amount": {"total": amount_minor, "currency": "CNY"},
        }

    async def create(self, order_no: str, amount_minor: int = 12_345, notify_url: str = "") -> str:
        answer = await self.call("POST", "/v3/pay/transactions/native", self.order(order_no, amount_minor, notify_url))
        return "WAITING" if answer.json().get("code_url") else answer.json()["code"]

    async def query(self, order_no: str) -> httpx.Response:
        return await self.call("GET", f"/v3/pay/transactions/out-trade-no/{order_no}?mchid={self.names['mchid']}")

    async def state(self, order_no: str) -> str:
        answer = await self.query(order_no)
        return _WECHAT.get(answer.json().get("trade_state") or answer.json()["code"], answer.text)

    async def close(self, order_no: str) -> str:
        path = f"/v3/pay/transactions/out-trade-no/{order_no}/close"
        answer = await self.call("POST", path, {"mchid": self.names["mchid"]})
        if answer.status_code == 204:
            assert answer.content == b""
            return "CLOSED"
        return _WECHAT.get(answer.json()["code"], answer.text)

    async def refund(self, order_no: str, refund_no: str, amount_minor: int, notify_url: str = "") -> str:
        total = (await self.query(order_no)).json().get("amount", {}).get("total", 1)
        content: dict[str, Any] = {
            "out_trade_no": order_no,
            "out_refund_no": refund_no,
            "amount": {"refund": amount_minor, "total": total, "currency": "CNY"},
        }
        answer = await self.call("POST", "/v3/refund/domestic/refunds", content | {"notify_url": notify_url})
        return _WECHAT.get(answer.json().get("status") or answer.json()["code"], answer.text)

    async def refund_state(self, order_no: str, refund_no: str) -> str:
        answer = await self.call("GET", f"/v3/refund/domestic/refunds/{refund_no}")
        word = answer.json().get("status") or answer.json()["code"]
        return "FAILED" if word in ("CLOSED", "ABNORMAL") else _WECHAT.get(word, answer.text)

    def read(self, headers: Mapping[str, str], body: bytes) -> Told | None:
        if not self.is_signed(headers, body):
            return None
        told = json.loads(body)
        sealed = told["resource"]
        assert (told["resource_type"], sealed["algorithm"]) == ("encrypt-resource", "AEAD_AES_256_GCM")
        opened = AESGCM(self.api_v3_key).decrypt(
            sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"]), sealed["associated_data"].encode()
        )
        content = json.loads(opened)
        refund_no, amount = content.get("out_refund_no", ""), content["amount"]
        word = content["refund_status"] if refund_no else content["trade_state"]
        state = "FAILED" if word in ("CLOSED", "ABNORMAL") and refund_no else _WECHAT[word]
        minor = amount["refund"] if refund_no else amount["total"]
        return Told(state, content["out_trade_no"], minor, refund_no, told["id"])


class AlipayMerchant:
    channel = "alipay"

    def __init__(self, sandbox: ChannelSteering) -> None:
        self.names, folder = names_of("alipay", sandbox)
        self.key = serialization.load_pem_private_key((folder / self.names["private_key_file"]).read_bytes(), None)
        platform = (folder / self.names["platform_public_key_file"]).read_bytes()
        self.platform_key = serialization.load_pem_public_key(platform)
        self.http = sandbox.http

    def form(self, method: str, content: Mapping[str, Any], **more: str) -> dict[str, str]:
        form = {
            "app_id": self.names["app_id"],
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": time.strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False),
        }
        form |= {name: value for name, value in more.items() if value}
        signed = "&".join(f"{name}={form[name]}" for name in sorted(form))
        return form | {"sign": _rsa_sign(self.key, signed.encode())}

    async def call(self, method: str, content: Mapping[str, Any], **more: str) -> dict[str, Any]:
        return await self.send(self.form(method, content, **more))

    async def send(self, form: Mapping[str, str]) -> dict[str, Any]:
        answer = await self.http.post("/gateway.do", data=dict(form))
        assert answer.status_code in (200, 500)
        node, _, rest = answer.text.removeprefix("{").partition('":')[2].rpartition(',"sign":"')
        assert _rsa_holds(self.platform_key, node.encode(), rest.removesuffix('"}'))
        (told,) = [value for name, value in answer.json().items() if name.endswith("_response")]
        return dict(told)

    async def create(self, order_no: str, amount_minor: int = 12_345, notify_url: str = "") -> str:
        content = {"out_trade_no": order_no, "total_amount": _yuan(amount_minor), "subject": DESCRIPTION}
        told = await self.call("alipay.trade.precreate", content, notify_url=notify_url)
        return "WAITING" if told.get("qr_code") else told["sub_code"]

    async def state(self, order_no: str) -> str:
        told = await self.call("alipay.trade.query", {"out_trade_no": order_no})
        return _trade_word(told)

    async def close(self, order_no: str) -> str:
        told = await self.call("alipay.trade.close", {"out_trade_no": order_no})
        return "CLOSED" if told["code"] == "10000" else _ALIPAY.get(told["sub_code"], str(told))

    async def refund(self, order_no: str, refund_no: str, amount_minor: int, notify_url: str = "") -> str:
        content = {"out_trade_no": order_no, "out_request_no": refund_no, "refund_amount": _yuan(amount_minor)}
        told = await self.call("alipay.trade.refund", content)
        if told["code"] != "10000":
            return _ALIPAY.get(told["sub_code"], str(told))
        return "SUCCEEDED" if told["fund_change"] == "Y" else await self.refund_state(order_no, refund_no)

    async def refund_state(self, order_no: str, refund_no: str) -> str:
        content = {"out_trade_no": order_no, "out_request_no": refund_no}
        told = await self.call("alipay.trade.fastpay.refund.query", content)
        if told["code"] != "10000":
            return _ALIPAY.get(told["sub_code"], str(told))
        return "SUCCEEDED" if told.get("refund_status") == "REFUND_SUCCESS" else "NOT_DONE"

    def read(self, headers: Mapping[str, str], body: bytes) -> Told | None:
        assert headers["content-type"].startswith("application/x-www-form-urlencoded")
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        signed = "&".join(f"{name}={form[name]}" for name in sorted(form) if name not in ("sign", "sign_type"))
        if not _rsa_holds(self.platform_key, signed.encode(), form["sign"]):
            return None
        refund_no = form.get("out_biz_no", "")
        minor = int(Decimal(form["refund_fee"] if refund_no else form["total_amount"]) * 100)
        state = "SUCCEEDED" if refund_no else _trade_word(form)
        return Told(state, form["out_trade_no"], minor, refund_no, form["notify_id"])


def names_of(channel: str, sandbox: ChannelSteering) -> tuple[dict[str, str], Path]:
    index = json.loads((sandbox.keys_folder / "merchant.json").read_text("utf-8"))
    return index[channel], sandbox.keys_folder


_WECHAT = {
    "NOTPAY": "WAITING",
    "USERPAYING": "PROCESSING",
    "SUCCESS": "SUCCEEDED",
    "REFUND": "SUCCEEDED",
    "PAYERROR": "FAILED",
    "CLOSED": "CLOSED",
    "PROCESSING": "PROCESSING",
    "ORDER_NOT_EXIST": "MISSING",
    "RESOURCE_NOT_EXISTS": "MISSING",
    "ORDERPAID": "REFUSED",
    "INVALID_REQUEST": "REFUSED",
}
_ALIPAY = {
    "ACQ.TRADE_NOT_EXIST": "MISSING",
    "ACQ.TRADE_STATUS_ERROR": "REFUSED",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL": "REFUSED",
    "ACQ.DISCORDANT_REPEAT_REQUEST": "REFUSED",
}
_HMAC = {"UNKNOWN_ORDER": "MISSING", "UNKNOWN_REFUND": "MISSING"}


def _word(answer: httpx.Response) -> str:
    if answer.is_success:
        return str(answer.json()["state"])
    return _HMAC.get(answer.json()["code"], "REFUSED" if answer.status_code == 409 else answer.text)


def _trade_word(told: Mapping[str, Any]) -> str:
    if "trade_status" not in told:
        return _ALIPAY.get(told["sub_code"], str(told))
    if told["trade_status"] == "TRADE_CLOSED":
        return "SUCCEEDED" if told.get("send_pay_date") or told.get("gmt_payment") else "CLOSED"
    return {"WAIT_BUYER_PAY": "WAITING", "TRADE_SUCCESS": "SUCCEEDED"}[told["trade_status"]]


def _yuan(amount_minor: int) -> str:
    return f"{Decimal(amount_minor) / 100:.2f}"


def _rsa_sign(key: Any, message: bytes) -> str:
    return base64.b64encode(key.sign(message, PKCS1v15(), hashes.SHA256())).decode()


def _rsa_holds(key: Any, message: bytes, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature), message, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
