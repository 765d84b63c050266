"""Our outbox: what the product runs for a claim and a finish, on the product's own tables, and its way into the queue.

`drain`: the claim of the uploader with all its gates, which commits the attempts, a line for each in the batch's row,
before a handler is called; a handler that does nothing; and the product's finish, by which each row ends REJECTED and
leaves the outbox, as what is done leaves a rival's queue. While a batch is finished on one connection, others are
claimed on theirs.

`upload`: the uploader as it is, with an authority that takes everything at once: documents are opened, the machine
decides, rows stay and wait to be verified. Told beside the figure that compares.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.outbox.database import run_script
from benchmarks.outbox.drain import Contestant, Watch
from chassis import database, garbage, migrate
from chassis.clock import SystemClock
from chassis.crypto import KeyRing
from chassis.ids import new_id
from chassis.money import Money
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.tools import Tools, make_tools
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.domain import attempt_chain
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.breaker import BreakerPolicy
from services.invoice_sync.domain.change import ChangeKind
from services.invoice_sync.domain.claim import Claim
from services.invoice_sync.domain.concurrency import ConcurrencyPolicy
from services.invoice_sync.domain.gate_policy import GatePolicy
from services.invoice_sync.domain.hold import HoldPolicy
from services.invoice_sync.domain.invoice import PERSON, Invoice, Party, freeze_document, new_invoice
from services.invoice_sync.domain.payment import Payment, PaymentState, ReconciliationState
from services.invoice_sync.domain.rate_budget import MICRO, RatePolicy
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.routing import Routing
from services.invoice_sync.domain.standing import ParkedReason, SyncState
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.store import invoices, outbox, submits
from services.invoice_sync.store.submits import Moved
from services.invoice_sync.tax import TaxSystem

_BATCH = 1_000
# Batches under way at once: while one is written, another is made, or claimed.
_IN_FLIGHT = 2
_SELLERS = 8
_UNBOUNDED = 1_000_000
_TABLES = (
    "invoice, document, body, outbox, settled, lease, attempt_batch, attempt_whole, attempt_begun, attempt_ended, gate,"
    " log_anchor, sweep_cursor, feed_waiting"
)
_TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_REFUSED = TaxAnswer(Outcome.REJECTED, "the handler does nothing")
_ACCEPTED = TaxAnswer(Outcome.ACCEPTED, "the handler does nothing", 200, "0000", "24420000000000000001")
# Both who enqueues and who uploads need it, in processes of their own; nothing that it seals is a secret.
RING = KeyRing({"key_bench": bytes(32)})
_TIMERS = Timers(
    settle_seconds=600,
    absence_round_seconds=0,
    look_base_seconds=60,
    look_seconds_max=600,
    retry_base_seconds=1,
    retry_seconds_max=60,
    retry_age_seconds_max=86_400,
    retry_count_max=5,
    resend_count_max=2,
    lease_seconds=60,
    sla_seconds=300,
    upload_concurrency=_BATCH,
)
# The gates are asked for each claim and never shut.
_OPEN = GatePolicy(
    rate=RatePolicy(_UNBOUNDED, MICRO, _UNBOUNDED * MICRO, 70, 100 * MICRO),
    breaker=BreakerPolicy(60, 62, 62, 5, 60, 60, 30),
    concurrency=ConcurrencyPolicy(_UNBOUNDED, 1, _UNBOUNDED),
    hold=HoldPolicy(3_600, 60, 60),
)


@dataclass(frozen=True, slots=True)
class NoAuthority:
    """Takes everything, at once."""

    watch: Watch

    async def submit(self, route: Route, document: bytes, idempotency_key: str) -> TaxAnswer:
        """Accepted."""
        del route, document, idempotency_key
        self.watch.handled += 1
        return _ACCEPTED


def tools_on(engine: AsyncEngine) -> Tools:
    """What the actions work with, as app.py wires it."""
    sessions = database.sessions(engine)
    return make_tools(sessions, RING, SystemClock(), random.Random(1).random, _TIMERS, Routing(), _OPEN)


async def install(url: str) -> None:
    """The product's own tables."""
    await migrate.upgrade("services.invoice_sync", url)


async def enqueue_rate(url: str, count: int) -> float:
    """Invoices a second from payment to commit: document frozen and sealed, invoice, document, body and outbox row."""
    await empty(url)
    await run_script(url, "CHECKPOINT")
    engine = database.connect(url, "bench")
    try:
        await _enqueue(engine, min(count, 2 * _BATCH))  # opens the connection and prepares the statements
        began = time.monotonic()
        await _enqueue(engine, count)
        return count / (time.monotonic() - began)
    finally:
        await engine.dispose()


async def _fill(url: str, count: int) -> None:
    await empty(url)
    engine = database.connect(url, "bench")
    try:
        await _enqueue(engine, count)
    finally:
        await engine.dispose()


async def empty(url: str) -> None:
    """Leave nothing of an earlier run."""
    # The log refuses to be truncated, but for whom the server takes for a replica of itself.
    await run_script(url, f"SET session_replication_role = replica; TRUNCATE {_TABLES} CASCADE")


async def _enqueue(engine: AsyncEngine, count: int) -> None:
    garbage.collect_seldom()
    starts = iter(range(0, count, _BATCH))
    await asyncio.gather(*(_enqueue_batches(engine, starts, count) for _ in range(_IN_FLIGHT)))


async def _enqueue_batches(engine: AsyncEngine, starts: Iterator[int], count: int) -> None:
    sessions = database.sessions(engine)
    for start in starts:
        now = datetime.now(UTC)
        made = [_made(no, now) for no in range(start, min(start + _BATCH, count))]
        async with sessions.begin() as session:
            await invoices.add_many(session, made)


def _made(no: int, now: datetime) -> tuple[Invoice, bytes]:
    seller = Party("武汉水务集团有限公司", f"91420100MA4KXXXX{no % _SELLERS}X")
    payment = Payment(
        payment_id=new_id("pay"),
        merchant_id="bench",
        merchant_order_no=f"NO{no}",
        amount=Money("CNY", 100),
        state=PaymentState.SUCCEEDED,
        reconciliation_state=ReconciliationState.PENDING,
        version=1,
        traceparent=_TRACEPARENT,
    )
    document = freeze_document(payment, seller, PERSON, now)
    invoice = new_invoice(
        new_id("inv"),
        payment,
        seller,
        PERSON,
        document,
        route=Routing().route_for(seller.tax_id),
        issued_by="ON_SUCCESS",
        now=now,
        deadline_at=now + timedelta(days=1),
        traceparent=_TRACEPARENT,
    )
    return invoice, RING.seal(document.content, body_context(document.sha256))


async def _drain(url: str, watch: Watch) -> None:
    garbage.collect_seldom()  # as the service does when it starts
    engine = database.connect(url, "bench")
    try:
        tools = tools_on(engine)
        upload = UploadActions(cast("TaxSystem", NoAuthority(watch)), tools)
        await _open_connections(tools)
        watch.ready()
        watch.claiming()
        await asyncio.gather(*(_claim_and_finish(upload, tools, watch) for _ in range(_IN_FLIGHT)))
    finally:
        await engine.dispose()


async def _claim_and_finish(upload: UploadActions, tools: Tools, watch: Watch) -> None:
    while claims := await upload.claim_due(_BATCH):
        watch.handled += len(claims)
        await _finish(tools, claims)
        watch.finished()


async def _finish(tools: Tools, claims: Sequence[Claim]) -> None:
    now = tools.clock.now()
    why, told = ParkedReason.NOT_PARKED.value, ChangeKind.FAILED.value
    refused = Moved(SyncState.REJECTED.value, None, None, 1, 0, "", None, now, now, why, told)
    finished = [(each, refused, attempt_chain.end(each.begun, _REFUSED, now)) for each in claims if each.begun]
    async with tools.sessions.begin() as session:
        await submits.finish(session, finished)
        await outbox.end_leases(session, sorted({each.lease_id for each in claims}))


async def _open_connections(tools: Tools) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(_IN_FLIGHT):
            await (await stack.enter_async_context(tools.sessions())).connection()


async def _upload(url: str, watch: Watch) -> None:
    garbage.collect_seldom()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    engine = database.connect(url, "bench")
    try:
        tools = tools_on(engine)
        upload = UploadActions(cast("TaxSystem", NoAuthority(watch)), tools)
        await _open_connections(tools)
        watch.ready()
        watch.claiming()
        while await upload.upload_due():
            watch.finished()
        await tools.close(5)
    finally:
        await engine.dispose()


_WORKED_ON = "outbox, invoice, body"
_UNFINISHED = "SELECT count(*) FROM outbox WHERE work = 'SUBMIT'"
OURS = Contestant("ours", table=_WORKED_ON, unfinished=_UNFINISHED, install=install, fill=_fill, work=_drain)
OURS_UPLOAD = Contestant(
    "ours_upload", table=_WORKED_ON, unfinished=_UNFINISHED, install=install, fill=_fill, work=_upload
)
