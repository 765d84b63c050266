"""The calls of the generic channel."""

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
from services.channel_sandbox.dialects.hmac_pay import (
    HmacPay,
    number_in,
    payment_shape,
    read_payment,
    read_refund,
    refund_shape,
)
from services.channel_sandbox.domain.fault import FaultName, FaultPlan, Subject
from services.channel_sandbox.domain.order import Channel, Creation, OrderState
from services.channel_sandbox.domain.refund import RefundJudgement
from services.channel_sandbox.routes.bill import Bills, read_day
from services.channel_sandbox.routes.edge import Edge, Reply, headers_of, problem, target_of

_PREFIX = "/hmac/v1"
_CHANNEL = Channel.HMAC_PAY

Handler = Callable[[Request, bytes], Awaitable[Reply]]

_NO_REFUND: Mapping[RefundJudgement, Reply] = {
    RefundJudgement.NO_ORDER: problem(404, "UNKNOWN_ORDER", "there is no such order"),
    RefundJudgement.NOT_PAID: problem(409, "NOT_PAID", "the order is not paid"),
    RefundJudgement.TOO_MUCH: problem(409, "REFUND_TOO_LARGE", "more than is left of the payment"),
    RefundJudgement.OTHER_CONTENT: problem(409, "REFUND_NO_USED", "the number is that of another refund"),
}


class HmacPayRoutes:
    """Verifies, translates, signs."""

    def __init__(
        self,
        edge: Edge,
        dialect: HmacPay,
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
            self._route("POST", "/payments", self._create),
            self._route("GET", "/payments/{merchant_order_no}", self._query),
            self._route("POST", "/payments/{merchant_order_no}/close", self._close),
            self._route("POST", "/refunds", self._refund),
            self._route("GET", "/refunds/{merchant_refund_no}", self._query_refund),
            self._route("GET", "/statements/{business_date}", self._statement),
        ]

    def _route(self, method: str, path: str, handler: Handler) -> Route:
        async def answer(request: Request, body: bytes) -> Reply:
            headers = headers_of(request)
            if why := self._dialect.why_not(f"{method} {target_of(request)}", headers, body, self._clock.now()):
                return self._signed(problem(401, "BAD_SIGNATURE", why), headers)
            try:
                return self._signed(await handler(request, body), headers)
            except BadFieldError as fault:
                return self._signed(problem(400, "BAD_REQUEST", str(fault), field=fault.field), headers)

        return self._edge.route(method, _PREFIX + path, answer)

    def _signed(self, reply: Reply, headers: Mapping[str, str]) -> Reply:
        """An answer is signed with the nonce of what it answers, so that it answers nothing else."""
        stamp = Stamp(self._clock.now(), headers.get("pay-nonce", "") or uuid.uuid4().hex)
        return replace(reply, headers=self._dialect.stamped(f"ANSWER {reply.status}", reply.body, stamp))

    async def _create(self, _: Request, body: bytes) -> Reply:
        asked = read_payment(body, await self._book_now(), self._order_seconds)

        async def create() -> Reply:
            creation, order = await self._orders.create(asked)
            if creation is Creation.OTHER_CONTENT:
                return problem(409, "ORDER_NO_USED", "the number is that of another order")
            return _said(payment_shape(order), 201 if creation is Creation.NEW else 200)

        return await self._befallen(Subject.CREATE, asked.merchant_order_no, create)

    async def _query(self, request: Request, _: bytes) -> Reply:
        number = number_in(request.path_params, "merchant_order_no")

        async def query() -> Reply:
            order = await self._orders.find(_CHANNEL, number)
            return _said(payment_shape(order)) if order else _NO_REFUND[RefundJudgement.NO_ORDER]

        return await self._befallen(Subject.QUERY, number, query)

    async def _close(self, request: Request, _: bytes) -> Reply:
        number = number_in(request.path_params, "merchant_order_no")

        async def close() -> Reply:
            closing = await self._orders.close(_CHANNEL, number)
            if closing is None:
                return _NO_REFUND[RefundJudgement.NO_ORDER]
            if closing.is_closed:
                return _said(payment_shape(closing.order))
            if closing.order.state is OrderState.SUCCEEDED:
                return problem(409, "ORDER_PAID", "the order was paid")
            return problem(409, "ORDER_BEING_PAID", "the payer is paying")

        return await self._befallen(Subject.CLOSE, number, close)

    async def _refund(self, _: Request, body: bytes) -> Reply:
        number, txn_no, asked = read_refund(body)

        async def refund() -> Reply:
            order = await self._orders.find(_CHANNEL, number)
            if order and txn_no not in ("", order.channel_txn_no):
                return _NO_REFUND[RefundJudgement.NO_ORDER]
            done = await self._refunds.refund(number, asked)
            if done.judgement in _NO_REFUND:
                return _NO_REFUND[done.judgement]
            assert done.order, "what is accepted has an order"
            assert done.refund, "what is accepted is there"
            status = 201 if done.judgement is RefundJudgement.ACCEPTED else 200
            return _said(refund_shape(*await self._refunds.told(done.order, done.refund, Subject.REFUND)), status)

        return await self._befallen(Subject.REFUND, number, refund)

    async def _query_refund(self, request: Request, _: bytes) -> Reply:
        found = await self._refunds.find(_CHANNEL, "", number_in(request.path_params, "merchant_refund_no"))

        async def query() -> Reply:
            if found is None:
                return problem(404, "UNKNOWN_REFUND", "there is no such refund")
            return _said(refund_shape(*await self._refunds.told(*found, Subject.QUERY_REFUND)))

        number = found[0].asked.merchant_order_no if found else ""
        return await self._befallen(Subject.QUERY_REFUND, number, query)

    async def _statement(self, request: Request, _: bytes) -> Reply:
        day = read_day(request.path_params["business_date"], "business_date")

        async def bill() -> Reply:
            raw = await self._bills.file(_CHANNEL, day)
            if raw is None:
                return problem(404, "NO_STATEMENT", "the day is not over, or nothing moved on it")
            return Reply(200, raw, media_type="text/csv; charset=utf-8")

        return await self._befallen(Subject.BILL, "", bill)

    async def _befallen(self, subject: Subject, number: str, do: Callable[[], Awaitable[Reply]]) -> Reply:
        return await self._edge.befallen(_CHANNEL, subject, number, do, _trouble)


def _said(shape: Mapping[str, Any], status: int = 200) -> Reply:
    return Reply(status, fields.to_json(shape))


def _trouble(plan: FaultPlan) -> Reply:
    if plan.fault is FaultName.RATE_LIMITED:
        return problem(429, "RATE_LIMITED", "too many calls")
    return problem(500, "INTERNAL", "as the steering asked")
