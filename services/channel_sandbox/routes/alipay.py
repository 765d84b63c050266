"""The calls of Alipay: one address, a method in the form, HTTP 200 whatever the answer says."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.routing import Route

from services.channel_sandbox.actions.order import OrderActions
from services.channel_sandbox.actions.refund import RefundActions
from services.channel_sandbox.dialects import fields
from services.channel_sandbox.dialects.alipay import (
    Alipay,
    business,
    read_order,
    read_refund,
    refund_found,
    refunded,
)
from services.channel_sandbox.dialects.fields import BadFieldError
from services.channel_sandbox.domain.fault import FaultName, FaultPlan, Subject
from services.channel_sandbox.domain.order import Channel, Creation, Order
from services.channel_sandbox.domain.refund import RefundJudgement
from services.channel_sandbox.routes.bill import ALIPAY_DOWNLOAD, Bills, read_day
from services.channel_sandbox.routes.edge import Edge, Reply

_CHANNEL = Channel.ALIPAY
_FIELDS_MAX = 64
_NOT_MADE: Mapping[Creation, tuple[str, str]] = {
    Creation.OTHER_CONTENT: ("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改"),
    Creation.PAID: ("ACQ.TRADE_HAS_SUCCESS", "交易已被支付"),
    Creation.ENDED: ("ACQ.TRADE_HAS_CLOSE", "交易已经关闭"),
}
_NO_REFUND: Mapping[RefundJudgement, tuple[str, str]] = {
    RefundJudgement.NO_ORDER: ("ACQ.TRADE_NOT_EXIST", "交易不存在"),
    RefundJudgement.NOT_PAID: ("ACQ.TRADE_STATUS_ERROR", "交易状态不合法"),
    RefundJudgement.TOO_MUCH: ("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限"),
    RefundJudgement.OTHER_CONTENT: ("ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求"),
}
_NEEDED = ("app_id", "method", "sign_type", "sign", "timestamp", "version")

Form = Mapping[str, str]
Handler = Callable[[Request, Form], Awaitable[Reply]]


class AlipayRoutes:
    """Verifies, translates, signs."""

    def __init__(
        self,
        edge: Edge,
        dialect: Alipay,
        orders: OrderActions,
        refunds: RefundActions,
        bills: Bills,
        book_now: Callable[[], Awaitable[datetime]],
        order_seconds: float,
    ) -> None:
        self._edge = edge
        self._dialect = dialect
        self._orders = orders
        self._refunds = refunds
        self._bills = bills
        self._book_now = book_now
        self._order_seconds = order_seconds
        self._methods: Mapping[str, Handler] = {
            "alipay.trade.precreate": self._precreate,
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._query_refund,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill,
        }

    def routes(self) -> list[Route]:
        """The gateway."""
        return [self._edge.route("POST", "/gateway.do", self._answer)]

    async def _answer(self, request: Request, body: bytes) -> Reply:
        form = _form(request.url.query, body)
        if form is None:
            return self._said({}, _gate("40002", "isv.invalid-parameter", "参数无效"))
        handler = self._methods.get(form.get("method", ""))
        if refusal := self._why_not(form, handler):
            return self._said(form, refusal)
        assert handler, "a method that is not known is refused"
        try:
            return await handler(request, form)
        except BadFieldError as fault:
            return self._said(form, _failed("ACQ.INVALID_PARAMETER", f"参数无效：{fault}"))

    def _why_not(self, form: Form, handler: Handler | None) -> Mapping[str, Any] | None:
        for name in _NEEDED:
            if not form.get(name):
                return _gate("40001", f"isv.missing-{_SHORT.get(name, name)}", f"缺少{name}参数")
        if form["app_id"] != self._dialect.keys.app_id:
            return _gate("40002", "isv.invalid-app-id", "无效的AppID参数")
        if form["sign_type"] != "RSA2":
            return _gate("40002", "isv.invalid-signature-type", "无效的签名类型")
        if not self._dialect.is_signed(form):
            return _gate("40002", "isv.invalid-signature", "无效签名")
        return None if handler else _gate("40002", "isv.invalid-method", "不存在的方法名")

    async def _precreate(self, _: Request, form: Form) -> Reply:
        asked = read_order(form, await self._book_now(), self._order_seconds)

        async def create() -> Reply:
            creation, order = await self._orders.create(asked)
            if creation in _NOT_MADE:
                return self._said(form, _failed(*_NOT_MADE[creation]))
            code = f"https://qr.alipay.com/bax{order.channel_txn_no[-13:]}"
            return self._said(form, _done({"out_trade_no": asked.merchant_order_no, "qr_code": code}))

        return await self._befallen(Subject.CREATE, asked.merchant_order_no, form, create)

    async def _query(self, _: Request, form: Form) -> Reply:
        number = await self._order_no(business(form))

        async def query() -> Reply:
            order = await self._trade(number)
            return self._said(form, _done(self._dialect.trade(order)) if order else _NO_TRADE)

        return await self._befallen(Subject.QUERY, number, form, query)

    async def _close(self, _: Request, form: Form) -> Reply:
        number = await self._order_no(business(form))

        async def close() -> Reply:
            order = await self._trade(number)
            closing = await self._orders.close(_CHANNEL, number) if order and order.closed_at is None else None
            if order is None:
                return self._said(form, _NO_TRADE)
            if closing is None or not closing.is_closed:
                return self._said(form, _failed("ACQ.TRADE_STATUS_ERROR", "交易状态不合法"))
            return self._said(form, _done({"trade_no": order.channel_txn_no, "out_trade_no": number}))

        return await self._befallen(Subject.CLOSE, number, form, close)

    async def _refund(self, _: Request, form: Form) -> Reply:
        given = business(form)
        number = await self._order_no(given)
        asked = read_refund(given, number)

        async def refund() -> Reply:
            if await self._trade(number) is None:
                return self._said(form, _NO_TRADE)
            done = await self._refunds.refund(number, asked)
            if done.judgement in _NO_REFUND:
                return self._said(form, _failed(*_NO_REFUND[done.judgement]))
            assert done.order, "what is accepted has an order"
            assert done.refund, "what is accepted is there"
            is_new = done.judgement is RefundJudgement.ACCEPTED
            order, told = await self._refunds.told(done.order, done.refund, Subject.REFUND)
            return self._said(form, _done(refunded(order, told, is_new=is_new)))

        return await self._befallen(Subject.REFUND, number, form, refund)

    async def _query_refund(self, _: Request, form: Form) -> Reply:
        given = business(form)
        number = await self._order_no(given)
        request_no = fields.text(given, "out_request_no", 64)
        options = given.get("query_options")
        with_time = isinstance(options, list) and "gmt_refund_pay" in options

        async def query() -> Reply:
            if await self._trade(number) is None:
                return self._said(form, _NO_TRADE)
            found = await self._refunds.find(_CHANNEL, number, request_no)
            if found is None:
                return self._said(form, _done({}))
            order, told = await self._refunds.told(*found, Subject.QUERY_REFUND)
            return self._said(form, _done(refund_found(order, told, with_time=with_time)))

        return await self._befallen(Subject.QUERY_REFUND, number, form, query)

    async def _bill(self, request: Request, form: Form) -> Reply:
        given = business(form)
        if fields.text(given, "bill_type", 16) != "trade":
            raise BadFieldError("bill_type", "must be trade")
        day = read_day(fields.text(given, "bill_date", 10), "bill_date")

        async def bill() -> Reply:
            if await self._bills.archive(day) is None:
                return self._said(form, _failed("isp.bill_not_exist", "账单不存在"))
            address = self._bills.address(request, ALIPAY_DOWNLOAD, "alipay", day)
            return self._said(form, _done({"bill_download_url": address}))

        return await self._befallen(Subject.BILL, "", form, bill)

    async def _order_no(self, given: Mapping[str, Any]) -> str:
        """The merchant's number; where both are given the channel's own decides."""
        txn_no = fields.text(given, "trade_no", 64, needed=False)
        number = fields.text(given, "out_trade_no", 64, needed=not txn_no)
        found = await self._orders.find_txn(_CHANNEL, txn_no) if txn_no else None
        return found.asked.merchant_order_no if found else ("" if txn_no else number)

    async def _trade(self, number: str) -> Order | None:
        """An order becomes a trade when its payer opens it; before, Alipay knows of none."""
        order = await self._orders.find(_CHANNEL, number)
        return order if order and order.scanned_at else None

    def _said(self, form: Form, shape: Mapping[str, Any], status: int = 200) -> Reply:
        method = form.get("method", "")
        answer = self._dialect.answer(method if method in self._methods else "", shape)
        return Reply(status, answer, media_type="text/html;charset=utf-8")

    async def _befallen(self, subject: Subject, number: str, form: Form, do: Callable[[], Awaitable[Reply]]) -> Reply:
        def trouble(plan: FaultPlan) -> Reply:
            if plan.fault is FaultName.RATE_LIMITED:
                return self._said(form, _gate("40005", "isv.app-call-limited", "应用调用次数超限"))
            return self._said(form, _gate("20000", "isp.unknow-error", "系统繁忙"), 500)

        return await self._edge.befallen(_CHANNEL, subject, number, do, trouble)


_SHORT: Mapping[str, str] = {"app_id": "app-id", "sign": "signature", "sign_type": "signature-type"}
_GATE_WORDS: Mapping[str, str] = {
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40005": "Call Limited",
}


def _gate(code: str, sub_code: str, sub_msg: str) -> Mapping[str, Any]:
    return {"code": code, "msg": _GATE_WORDS[code], "sub_code": sub_code, "sub_msg": sub_msg}


def _failed(sub_code: str, sub_msg: str) -> Mapping[str, Any]:
    return {"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": sub_msg}


_NO_TRADE = _failed("ACQ.TRADE_NOT_EXIST", "交易不存在")


def _done(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"code": "10000", "msg": "Success", **shape}


def _form(query: str, body: bytes) -> Form | None:
    """The pairs of the address and of the body; None when they are too many or no text."""
    try:
        pairs = [
            *parse_qsl(query, keep_blank_values=True, max_num_fields=_FIELDS_MAX, errors="strict"),
            *parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS_MAX, errors="strict"),
        ]
    except ValueError:
        return None
    return dict(pairs)
