"""The hand that steers, and the second witness. Under /steering, outside every protocol, open to whoever reaches it."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from services.channel_sandbox.actions.payer import PayerActions
from services.channel_sandbox.actions.steering import BookEntry, SteeringActions
from services.channel_sandbox.dialects import fields
from services.channel_sandbox.dialects.fields import BadFieldError
from services.channel_sandbox.dialects.hmac_pay import instant, payment_shape, refund_shape
from services.channel_sandbox.domain.order import Channel, Order
from services.channel_sandbox.domain.steering_request import BadSteeringError, read_channel, read_clock, read_plan
from services.channel_sandbox.routes.edge import Edge, Reply, problem

_PAGE_MAX = 1000
_ORDER = "/steering/orders/{channel}/{merchant_order_no}"
_NO_ORDER = problem(404, "UNKNOWN_ORDER", "there is no such order")

Handler = Callable[[Request, bytes], Awaitable[Reply]]


class SteeringRoutes:
    """Faults, clock, book, and the payer's hand."""

    def __init__(self, edge: Edge, steering: SteeringActions, payer: PayerActions) -> None:
        self._edge = edge
        self._steering = steering
        self._payer = payer

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            self._route("POST", "/steering/faults", self._plan_fault),
            self._route("GET", "/steering/faults", self._faults),
            self._route("DELETE", "/steering/faults", self._clear_faults),
            self._route("GET", "/steering/clock", self._clock),
            self._route("POST", "/steering/clock", self._move_clock),
            self._route("GET", "/steering/book", self._book),
            self._route("GET", _ORDER, self._entry),
            self._route("POST", f"{_ORDER}/scan", self._scan),
            self._route("POST", f"{_ORDER}/pay", self._pay),
            self._route("POST", f"{_ORDER}/fail", self._fail),
            self._route("GET", "/healthz", self._health),
        ]

    def _route(self, method: str, path: str, handler: Handler) -> Route:
        async def answer(request: Request, body: bytes) -> Reply:
            try:
                return await handler(request, body)
            except (BadFieldError, BadSteeringError) as fault:
                return problem(422, "BAD_REQUEST", str(fault))

        return self._edge.route(method, path, answer, is_traced=False)

    async def _plan_fault(self, _: Request, body: bytes) -> Reply:
        planned = await self._steering.plan_fault(read_plan(fields.read_object(body)))
        return _said(asdict(planned), 201)

    async def _faults(self, _: Request, __: bytes) -> Reply:
        return _said({"faults": [asdict(plan) for plan in await self._steering.planned_faults()]})

    async def _clear_faults(self, _: Request, __: bytes) -> Reply:
        return _said({"cleared": await self._steering.clear_faults()})

    async def _clock(self, _: Request, __: bytes) -> Reply:
        now, offset_seconds = await self._steering.clock()
        return _said({"now": instant(now), "offset_seconds": offset_seconds})

    async def _move_clock(self, _: Request, body: bytes) -> Reply:
        now, offset_seconds = await self._steering.move_clock(*read_clock(fields.read_object(body)))
        return _said({"now": instant(now), "offset_seconds": offset_seconds})

    async def _book(self, request: Request, _: bytes) -> Reply:
        asked = request.query_params
        channel = asked.get("channel", "")
        if channel:
            read_channel(channel)
        limit = min(_whole(asked.get("limit", ""), _PAGE_MAX), _PAGE_MAX) or _PAGE_MAX
        orders, after = await self._steering.page_of_book(channel, _whole(asked.get("after", ""), 0), limit)
        return _said({"orders": [_order(order) for order in orders], "next": str(after or "")})

    async def _entry(self, request: Request, _: bytes) -> Reply:
        entry = await self._steering.entry(*_named(request))
        return _said(_full(entry)) if entry else _NO_ORDER

    async def _scan(self, request: Request, _: bytes) -> Reply:
        return _done(*await self._payer.scan(*_named(request)))

    async def _pay(self, request: Request, _: bytes) -> Reply:
        return _done(*await self._payer.pay(*_named(request)))

    async def _fail(self, request: Request, body: bytes) -> Reply:
        given = fields.read_object(body or b"{}")
        reason = fields.text(given, "reason", 128, needed=False) or "the payer's bank refused"
        return _done(*await self._payer.fail(*_named(request), reason))

    async def _health(self, _: Request, __: bytes) -> Reply:
        await self._steering.ping()
        return _said({"status": "ok"})


def _named(request: Request) -> tuple[Channel, str]:
    return read_channel(request.path_params["channel"]), fields.text(request.path_params, "merchant_order_no", 64)


def _done(order: Order | None, is_done: bool) -> Reply:
    if order is None:
        return _NO_ORDER
    if not is_done:
        return problem(409, "NOT_POSSIBLE", f"the order is {order.state} or out of time")
    return _said(_order(order))


def _order(order: Order) -> dict[str, Any]:
    return {
        "channel": order.asked.channel,
        **payment_shape(order),
        "refunding_minor": order.refunding_minor,
        "fee_minor": order.fee_minor,
        "scan_time": instant(order.scanned_at),
    }


def _full(entry: BookEntry) -> dict[str, Any]:
    callbacks = [
        {
            "callback_id": callback.callback_id,
            "event": callback.event,
            "event_id": callback.event_id,
            "url": callback.url,
            "forged": callback.forged,
            "state": callback.state,
            "try_count": callback.try_count,
            "due_at": instant(callback.due_at),
            "last_answer": answer,
        }
        for callback, answer in entry.callbacks
    ]
    refunds = [refund_shape(entry.order, refund) | {"fee_minor": refund.fee_minor} for refund in entry.refunds]
    return {**_order(entry.order), "refunds": refunds, "callbacks": callbacks, "calls": dict(entry.calls)}


def _said(shape: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, fields.to_json(shape))


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else otherwise
