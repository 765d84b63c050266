"""Wires the stand-in channels, read top to bottom. It holds no rule."""

import os
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chassis import database, http_server, telemetry
from chassis.clock import Clock, SystemClock
from chassis.config import ConfigError, read_config
from chassis.loop import Loop
from services.channel_sandbox.actions.gate import GateActions
from services.channel_sandbox.actions.order import OrderActions
from services.channel_sandbox.actions.payer import PayerActions
from services.channel_sandbox.actions.refund import RefundActions
from services.channel_sandbox.actions.sending import SendingActions
from services.channel_sandbox.actions.settling import SettlingActions
from services.channel_sandbox.actions.statement import StatementActions
from services.channel_sandbox.actions.steering import SteeringActions
from services.channel_sandbox.actions.telling import Dialects
from services.channel_sandbox.clients import MerchantClient
from services.channel_sandbox.config import PREFIX, Config
from services.channel_sandbox.dialects.alipay import Alipay
from services.channel_sandbox.dialects.hmac_pay import HmacPay
from services.channel_sandbox.dialects.wechat_pay import WeChatPay
from services.channel_sandbox.keys import keys_in
from services.channel_sandbox.routes.alipay import AlipayRoutes
from services.channel_sandbox.routes.bill import Bills, bill_routes
from services.channel_sandbox.routes.edge import Edge, problem, respond
from services.channel_sandbox.routes.hmac_pay import HmacPayRoutes
from services.channel_sandbox.routes.steering import SteeringRoutes
from services.channel_sandbox.routes.wechat_pay import WeChatPayRoutes


async def run() -> None:
    """Serve until told to stop."""
    try:
        config = read_config(Config, PREFIX, os.environ)
        config.tls()
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(2)
    end_telemetry = telemetry.set_up("channel_sandbox", config.traces, config.trace_sample_ratio)
    engine = database.connect(config.database_url, "channel_sandbox")
    client = MerchantClient(config.callback_timeout_seconds)
    running = await start(config, engine, client)

    async def end() -> None:
        await client.close()
        await engine.dispose()

    await http_server.until_stopped(running, also=end)
    end_telemetry()


async def start(
    config: Config, engine: AsyncEngine, client: MerchantClient, clock: Clock | None = None
) -> http_server.Running:
    """Listen; settle and send in the background."""
    sessions, clock = database.sessions(engine), clock or SystemClock()
    keys = keys_in(Path(config.keys_folder))
    wechat_pay, alipay, hmac_pay = WeChatPay(keys.wechat_pay), Alipay(keys.alipay), HmacPay(keys.hmac_pay)
    dialects: Dialects = {wechat_pay.channel: wechat_pay, alipay.channel: alipay, hmac_pay.channel: hmac_pay}
    orders = OrderActions(sessions, clock, dialects)
    refunds = RefundActions(sessions, clock, dialects, config.refund_seconds)
    steering = SteeringActions(sessions, clock)
    payer = PayerActions(sessions, clock, dialects, config.fee_ppm)
    settling = SettlingActions(sessions, clock, dialects, config.fee_ppm)
    sending = SendingActions(
        sessions,
        clock,
        dialects,
        client,
        config.callback_timeout_seconds,
        config.callback_pace,
        config.callback_tries_max,
    )
    bills = Bills(StatementActions(sessions, clock), keys, clock, config.fee_ppm)
    edge = Edge(GateActions(sessions, clock))
    routes = [
        *WeChatPayRoutes(edge, wechat_pay, orders, refunds, bills, clock, steering.now, config.order_seconds).routes(),
        *AlipayRoutes(edge, alipay, orders, refunds, bills, steering.now, config.order_seconds).routes(),
        *HmacPayRoutes(edge, hmac_pay, orders, refunds, bills, clock, steering.now, config.order_seconds).routes(),
        *bill_routes(edge, bills),
        *SteeringRoutes(edge, steering, payer).routes(),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})
    loops = [
        Loop("settle_due", settling.settle_due, config.poll_seconds),
        Loop("send_due", sending.send_due, config.poll_seconds),
    ]
    return await http_server.start(config.listen, app, loops, config.tls())


async def _no_such_route(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    return respond(problem(fault.status_code, "NO_ROUTE", "no such route or method"))
