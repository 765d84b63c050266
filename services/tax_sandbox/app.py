"""Wires the stand-in authority, read top to bottom. It holds no rule."""

import os
import sys

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chassis import database, http_server, telemetry
from chassis.clock import Clock, SystemClock
from chassis.config import ConfigError, read_config
from chassis.loop import Loop
from services.tax_sandbox.actions.announcement import AnnouncementActions
from services.tax_sandbox.actions.batch import BatchActions
from services.tax_sandbox.actions.booking import BookingActions
from services.tax_sandbox.actions.gate import GateActions
from services.tax_sandbox.actions.main_book import MainBookActions
from services.tax_sandbox.actions.query import QueryActions
from services.tax_sandbox.actions.red_form import RedFormActions
from services.tax_sandbox.actions.seal import SealActions
from services.tax_sandbox.actions.seller import SellerActions
from services.tax_sandbox.actions.steering import SteeringActions
from services.tax_sandbox.actions.submission import SubmissionActions
from services.tax_sandbox.config import PREFIX, Config
from services.tax_sandbox.domain.judgement import Rules
from services.tax_sandbox.routes.batches import batch_routes
from services.tax_sandbox.routes.edge import Edge, no_such_route, respond
from services.tax_sandbox.routes.invoices import invoice_routes
from services.tax_sandbox.routes.main_book import main_book_routes
from services.tax_sandbox.routes.page import page_routes
from services.tax_sandbox.routes.portal import portal_routes
from services.tax_sandbox.routes.red_forms import red_form_routes
from services.tax_sandbox.routes.seals import seal_routes
from services.tax_sandbox.routes.sellers import seller_routes
from services.tax_sandbox.routes.service import service_routes
from services.tax_sandbox.routes.steering import steering_routes
from services.tax_sandbox.steered import Steered
from services.tax_sandbox.store.connection import plan_each_time


async def run() -> None:
    """Serve until told to stop."""
    try:
        config = read_config(Config, PREFIX, os.environ)
        config.tls()
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
    plan_each_time(engine)
    sessions = database.sessions(engine)
    steered = Steered(sessions, clock or SystemClock())
    rules = Rules(config.booking_delay_seconds, config.filing_days)
    submissions = SubmissionActions(sessions, steered, rules, registration_required=config.registration_required)
    queries = QueryActions(sessions, steered, config.query_days, config.sealing_seconds)
    batches = BatchActions(
        sessions, steered, rules, config.session_seconds, registration_required=config.registration_required
    )
    book = MainBookActions(sessions, steered, [submissions.taking_since, batches.taking_since])
    gate = GateActions(sessions, steered)
    edge = Edge(steered, gate, config.fault_header)
    steering = SteeringActions(sessions, steered)
    red_forms = RedFormActions(sessions, steered)
    routes = [
        *invoice_routes(edge, submissions, queries),
        *service_routes(edge, gate, AnnouncementActions(sessions, steered)),
        *main_book_routes(edge, gate, book),
        *seller_routes(edge, SellerActions(sessions, steered)),
        *red_form_routes(edge, gate, red_forms),
        *seal_routes(edge, gate, SealActions(sessions, steered, config.query_days, config.sealing_seconds)),
        *batch_routes(edge, gate, batches),
        *portal_routes(steered, submissions),
        *steering_routes(steering, book, red_forms),
        *page_routes(steering),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})
    booking = Loop("book_due", BookingActions(sessions, steered).book_due, config.booking_poll_seconds)
    return await http_server.start(config.listen, app, [booking], config.tls())


async def _no_such_route(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    return respond(no_such_route(fault.status_code))
