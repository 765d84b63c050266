"""The calls of WeChat Pay."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from chassis.clock import Clock
from services.channel_sandbox.actions.order import OrderActions
from services.channel_sandbox.actions.refund import RefundActions
from services.channel_sandbox.dialects import fields
from services.channel_sandbox.dialects.dialect import Stamp
from services.channel_sandbox.dialects.fields import BadFieldError
from services.channel_sandbox.dialects.wechat_pay import WeChatPay
from services.channel_sandbox.dialects.wechat_request import (
    check_merchant,
    order_no_in,
    read_order,
    read_refund,
    refund_no_in,
)
from services.channel_sandbox.domain.fault import FaultName, FaultPlan, Subject
from services.channel_sandbox.domain.order import Channel, Creation, Order, OrderState
from services.channel_sandbox.domain.refund import RefundJudgement
from services.channel_sandbox.routes.bill import WECHAT_DOWNLOAD, Bills, read_day, wechat_file
from services.channel_sandbox.routes.edge import Edge, Reply, problem, target_of

_CHANNEL = Channel.WECHAT_PAY
_BY_NUMBER = "/v3/pay/transactions/out-trade-no/{out_trade_no}"
_PLAIN, _ZIPPED = "wechat", "wechat-gzip"

Handler = Callable[[Request, bytes], Awaitable[Reply]]

_NO_ORDER = problem(404, "ORDER_NOT_EXIST", "订单不存在")
_NOT_MADE: Mapping[Creation, Reply] = {
    Creation.OTHER_CONTENT: problem(403, "OUT_TRADE_NO_USED", "商户订单号重复"),
    Creation.PAID: problem(400, "ORDERPAID", "该订单已支付"),
    Creation.ENDED: problem(400, "ORDER_CLOSED", "该订单已关闭"),
}
_NOT_CLOSED: Mapping[OrderState, Reply] = {
    OrderState.SUCCEEDED: problem(400, "ORDERPAID", "该订单已支付"),
    OrderState.PROCESSING: problem(400, "USERPAYING", "用户支付中，请稍后再试"),
}
_NO_REFUND: Mapping[RefundJudgement, Reply] = {
    RefundJudgement.NO_ORDER: problem(404, "RESOURCE_NOT_EXISTS", "订单不存在"),
    RefundJudgement.NOT_PAID: problem(400, "INVALID_REQUEST", "订单未支付，不能退款"),
    RefundJudgement.TOO_MUCH: problem(400, "INVALID_REQUEST", "申请退款金额超过可退金额"),
    RefundJudgement.OTHER_CONTENT: problem(400, "INVALID_REQUEST", "商户退款单号重复且参数不一致"),
}


class WeChatPayRoutes:
    """Verifies, translates, signs."""

    def __init__(
        self,
        edge: Edge,
        dialect: WeChatPay,
        orders: OrderActions,
        refunds: RefundActions,
        bills: Bills,
        clock: Clock,
        book_now: Callable[[], Awaitable[datetime]],
        order_seconds: float,
    ) -> None:
        self._edge = edge
        self._dialect = dialect
        self._orders = orders
        self._refunds = refunds
        self._bills = bills
        self._clock = clock
        self._book_now = book_now
        self._order_seconds = order_seconds

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            self._route("POST", "/v3/pay/transactions/native", self._create),
            self._route("GET", _BY_NUMBER, self._query),
            self._route("GET", "/v3/pay/transactions/id/{transaction_id}", self._query_txn),
            self._route("POST", f"{_BY_NUMBER}/close", self._close),
            self._route("POST", "/v3/refund/domestic/refunds", self._refund),
            self._route("GET", "/v3/refund/domestic/refunds/{out_refund_no}", self._query_refund),
            self._route("GET", "/v3/bill/tradebill", self._bill),
            self._route("GET", WECHAT_DOWNLOAD, self._download, is_signed=False),
        ]

    def _route(self, method: str, path: str, handler: Handler, *, is_signed: bool = True) -> Route:
        """Every call is signed; every answer but that with a file is, too."""

        async def answer(request: Request, body: bytes) -> Reply:
            authorization = request.headers.get("authorization", "")
            if why := self._dialect.why_not(method, target_of(request), authorization, body, self._clock.now()):
                return self._signed(problem(401, "SIGN_ERROR", why))
            try:
                reply = await handler(request, body)
            except BadFieldError as fault:
                return self._signed(_parameter(fault))
            return self._signed(reply) if is_signed else reply

        return self._edge.route(method, path, answer)

    def _signed(self, reply: Reply) -> Reply:
        stamp = Stamp(self._clock.now(), uuid.uuid4().hex)
        return replace(reply, headers={"Request-ID": uuid.uuid4().hex, **self._dialect.stamped(reply.body, stamp)})

    async def _create(self, _: Request, body: bytes) -> Reply:
        asked = read_order(self._dialect.keys, body, await self._book_now(), self._order_seconds)

        async def create() -> Reply:
            creation, order = await self._orders.create(asked)
            if creation in _NOT_MADE:
                return _NOT_MADE[creation]
            return _said({"code_url": f"weixin://wxpay/bizpayurl?pr={order.channel_txn_no[-16:]}"})

        return await self._befallen(Subject.CREATE, asked.merchant_order_no, create)

    async def _query(self, request: Request, _: bytes) -> Reply:
        check_merchant(self._dialect.keys, request.query_params)
        number = order_no_in(request.path_params)

        async def query() -> Reply:
            return self._transaction(await self._orders.find(_CHANNEL, number))

        return await self._befallen(Subject.QUERY, number, query)

    async def _query_txn(self, request: Request, _: bytes) -> Reply:
        check_merchant(self._dialect.keys, request.query_params)
        found = await self._orders.find_txn(_CHANNEL, fields.text(request.path_params, "transaction_id", 32))
        order = found if found and found.paid_at else None

        async def query() -> Reply:
            return self._transaction(order)

        return await self._befallen(Subject.QUERY, order.asked.merchant_order_no if order else "", query)

    async def _close(self, request: Request, body: bytes) -> Reply:
        check_merchant(self._dialect.keys, fields.read_object(body))
        number = order_no_in(request.path_params)

        async def close() -> Reply:
            closing = await self._orders.close(_CHANNEL, number)
            if closing is None:
                return _NO_ORDER
            return Reply(204, media_type=None) if closing.is_closed else _NOT_CLOSED[closing.order.state]

        return await self._befallen(Subject.CLOSE, number, close)

    async def _refund(self, _: Request, body: bytes) -> Reply:
        order_no, txn_no, total_minor, asked = read_refund(body)
        known = await (self._orders.find_txn(_CHANNEL, txn_no) if txn_no else self._orders.find(_CHANNEL, order_no))
        number = known.asked.merchant_order_no if known else order_no

        async def refund() -> Reply:
            if known and order_no not in ("", number):
                return problem(400, "INVALID_REQUEST", "微信支付订单号与商户订单号不一致")
            if known and known.asked.amount_minor != total_minor:
                return problem(400, "INVALID_REQUEST", "订单金额与原订单不一致")
            done = await self._refunds.refund(number, asked)
            if done.judgement in _NO_REFUND:
                return _NO_REFUND[done.judgement]
            assert done.order, "what is accepted has an order"
            assert done.refund, "what is accepted is there"
            return _said(self._dialect.refund(*await self._refunds.told(done.order, done.refund, Subject.REFUND)))

        return await self._befallen(Subject.REFUND, number, refund)

    async def _query_refund(self, request: Request, _: bytes) -> Reply:
        found = await self._refunds.find(_CHANNEL, "", refund_no_in(request.path_params))

        async def query() -> Reply:
            if found is None:
                return problem(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
            return _said(self._dialect.refund(*await self._refunds.told(*found, Subject.QUERY_REFUND)))

        return await self._befallen(Subject.QUERY_REFUND, found[0].asked.merchant_order_no if found else "", query)

    async def _bill(self, request: Request, _: bytes) -> Reply:
        asked = request.query_params
        day, kind, packing = read_day(asked.get("bill_date", ""), "bill_date"), "bill_type", "tar_type"
        if asked.get(kind, "ALL") != "ALL":
            raise BadFieldError(kind, "must be ALL")
        if asked.get(packing, "") not in ("", "GZIP"):
            raise BadFieldError(packing, "must be GZIP or left out")
        zipped = asked.get(packing, "") == "GZIP"

        async def bill() -> Reply:
            raw = await self._bills.file(_CHANNEL, day)
            if raw is None:
                return problem(400, "NO_STATEMENT_EXIST", "账单文件不存在")
            _, digest = wechat_file(raw, zipped=zipped)
            address = self._bills.address(request, WECHAT_DOWNLOAD, _ZIPPED if zipped else _PLAIN, day)
            return _said({"hash_type": "SHA1", "hash_value": digest, "download_url": address})

        return await self._befallen(Subject.BILL, "", bill)

    async def _download(self, request: Request, _: bytes) -> Reply:
        for what in (_PLAIN, _ZIPPED):
            if day := self._bills.opened(request, what):
                raw = await self._bills.file(_CHANNEL, day)
                assert raw, "an address is made of a day that has a file, and no day loses what it has"
                return Reply(200, wechat_file(raw, zipped=what == _ZIPPED)[0], media_type="application/octet-stream")
        return problem(400, "INVALID_REQUEST", "下载链接过期，请重新请求文件下载")

    def _transaction(self, order: Order | None) -> Reply:
        return _said(self._dialect.transaction(order)) if order else _NO_ORDER

    async def _befallen(self, subject: Subject, number: str, do: Callable[[], Awaitable[Reply]]) -> Reply:
        return await self._edge.befallen(_CHANNEL, subject, number, do, _trouble)


def _said(shape: Mapping[str, Any]) -> Reply:
    return Reply(200, fields.to_json(shape))


def _parameter(fault: BadFieldError) -> Reply:
    pointer = "/" + fault.field.replace(".", "/")
    detail = {"location": "body", "field": pointer, "issue": fault.rule, "value": ""}
    return Reply(400, fields.to_json({"code": "PARAM_ERROR", "message": str(fault), "detail": detail}))


def _trouble(plan: FaultPlan) -> Reply:
    if plan.fault is FaultName.RATE_LIMITED:
        return problem(429, "FREQUENCY_LIMITED", "频率超限，请降低请求接口频率")
    return problem(500, "SYSTEM_ERROR", "系统异常，请使用相同参数稍后重新调用")
