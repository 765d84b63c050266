"""Requests as they go over the wire to a gateway, what came back, and what was written down of them."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from sqlalchemy import text

from chassis.errors import Fault, Kind

UNKEPT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
PAYMENT = {
    "merchantId": "shop",
    "merchantOrderNo": "order-1",
    "channel": "wechat_pay",
    "channelTxnNo": "4200",
    "amount": {"currencyCode": "CNY", "amountMinor": "1230"},
    "payTime": "2026-03-01T08:00:00+08:00",
    "payerName": "王小明",
}
# What differs from one answer to the next, whichever way it went.
_OF_ITS_OWN = ("date", "ratelimit")


@dataclass(frozen=True)
class Sent:
    """A request as it goes over the wire; a header that is None is left out, a list is sent twice."""

    body: bytes
    headers: Mapping[str, Any]
    target: str = "/v1/payments"
    version: str = "1.1"

    def raw(self, token: str) -> bytes:
        usual: dict[str, Any] = {
            "host": "here",
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": "request-0001",
            "traceparent": UNKEPT,
            "content-length": str(len(self.body)),
        }
        lines = [f"POST {self.target} HTTP/{self.version}"]
        for name, value in (usual | dict(self.headers)).items():
            lines += [f"{name}: {one}" for one in (value if isinstance(value, list) else [value]) if one is not None]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def comparable(self) -> tuple[Any, ...]:
        headers = [(name, value) for name, value in self.headers if name not in _OF_ITS_OWN]
        names = [name for name, _ in self.headers]
        return self.status, headers, names, self.body


def payment(**changes: Any) -> bytes:
    return json.dumps(PAYMENT | changes, ensure_ascii=False).encode()


def sent(body: bytes | None = None, *, target: str = "/v1/payments", version: str = "1.1", **headers: Any) -> Sent:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sent(payment() if body is None else body, named, target, version)


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = ["HTTP/1.1 100 "]
    while head[0].split(" ")[1] == "100":
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in head[1:-2])]
    body = await reader.readexactly(int(dict(headers).get("content-length", "0")))
    return Answer(int(head[0].split(" ")[1]), headers, body)


async def answered(peer, *pieces: bytes) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(15):
            return await read_answer(reader)
    finally:
        writer.close()


def token_of(peer) -> str:
    return peer.plain.headers["authorization"].removeprefix("Bearer ")


async def audited(peer) -> list[tuple[Any, ...]]:
    columns = (
        "caller_id, operator, tenant_id, method, resource_ids, address, reason, outcome, saw_unmasked, trace_id, "
        "request_sha256"
    )
    async with peer.gateway.engine.connect() as connection:
        found = await connection.execute(
            text(f"SELECT {columns} FROM audit_record WHERE method ~ 'RecordPayment' ORDER BY record_id")
        )
        return [tuple(row) for row in found]


async def echo(request, context):
    match request.merchant_order_no:
        case "reused":
            raise Fault(Kind.EXISTS, "REQUEST_ID_REUSED", "it was used", "已使用", metadata={"fields": "amount"})
        case "foreign":
            return pb.RecordPaymentResponse(payment=payment_pb2.Payment(merchant_id="another"))
        case "broken":
            raise RuntimeError("inside")
    told = payment_pb2.Payment(
        payment_id=f"pay_{request.merchant_order_no}",
        merchant_id=request.merchant_id,
        payer_name=request.payer_name,
        amount=request.amount,
        pay_time=request.pay_time,
    )
    return pb.RecordPaymentResponse(payment=told, replayed=request.merchant_order_no == "again")
