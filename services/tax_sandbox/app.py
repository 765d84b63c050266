"""Wires the stand-in authority, read top to bottom. It holds no rule."""

import os
import sys

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chassis import database, telemetry
from chassis.clock import Clock, SystemClock
from chassis.config import ConfigError, read_config
from chassis.loop import Loop
from services.tax_sandbox import http_server
from services.tax_sandbox.actions.invoice import InvoiceActions
from services.tax_sandbox.actions.steering import SteeringActions
from services.tax_sandbox.config import PREFIX, Config
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.reply import refused
from services.tax_sandbox.routes import protocol_routes, respond
from services.tax_sandbox.steering import steering_routes


async def run() -> None:
    """Serve until told to stop."""
    try:
        config = read_config(Config, PREFIX, os.environ)
    except ConfigError as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(2)
    end_telemetry = telemetry.set_up("tax_sandbox", config.traces, config.trace_sample_ratio)
    engine = database.connect(config.database_url, "tax_sandbox")
    running = await start(config, engine)
    await http_server.until_stopped(running, also=engine.dispose)
    end_telemetry()


async def start(config: Config, engine: AsyncEngine, clock: Clock | None = None) -> http_server.Running:
    """Listen, and book in the background."""
    sessions = database.sessions(engine)
    invoices = InvoiceActions(sessions, clock or SystemClock(), config.booking_delay_seconds)
    booking = Loop("book_due", invoices.book_due, config.booking_poll_seconds)
    app = create_app(invoices, SteeringActions(sessions))
    return await http_server.start(config.listen, app, [booking])


def create_app(invoices: InvoiceActions, steering: SteeringActions) -> Starlette:
    """The application: the protocol, the steering API, and one shape for what is not there."""
    routes = [*protocol_routes(invoices), *steering_routes(steering)]
    return Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})


async def _no_such_route(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    # Another code than that of an invoice which is not in the book: a wrong address must never prove an absence.
    return respond(refused(fault.status_code, Refusal(f"E{fault.status_code}1", "no such route or method")))
