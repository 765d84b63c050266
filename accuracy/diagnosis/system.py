"""invoice_sync and the sandbox authority, real ones on real databases, with one clock that moves. It plants nothing."""

import asyncio
import contextlib
import random
import socket
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from accuracy.diagnosis.network import Network
from chassis import database, migrate
from chassis.clock import ManualClock
from chassis.crypto import KeyRing, new_key_line
from chassis.local_postgres import LocalPostgres
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.actions.tools import Tools, make_tools
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.actions.verify import VerifyActions
from services.invoice_sync.config import Config
from services.invoice_sync.domain.number import NumberPolicy
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.wire import Timeouts
from services.tax_sandbox import app as tax_sandbox
from services.tax_sandbox.config import Config as TaxSandboxConfig

SWEEP_SECONDS = 600
LEASE_SECONDS = 9.0
_TURNS_MAX = 200
_LOOKS_MAX = 12
_BOOKING_SECONDS_MAX = 10.0
# As in the product a call ends before the half lease that it has.
_CALLS = Timeouts(read_seconds=2.5, call_seconds=3.5)


class Steering:
    """The hand on the sandbox: its faults, its clock, its book."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def post(self, path: str, **content: Any) -> dict[str, Any]:
        """One steering call, or one of the protocol that somebody else makes. It must be taken."""
        answer = await self._http.post(path, json=content)
        assert answer.is_success, f"{path}: {answer.text}"
        return dict(answer.json()) if answer.content else {}

    async def submit(self, place: str, key: str, document: bytes) -> str:
        """Send a document past invoice_sync, as a portal or another program would; the number that it got."""
        head = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = await self._http.post(f"/{place}/v1/invoices", content=document, headers=head)
        assert answer.is_success, answer.text
        return str(answer.json()["number"])

    async def clear_faults(self) -> None:
        """Take every planned fault back."""
        (await self._http.delete("/steering/faults")).raise_for_status()


@dataclass
class System:
    """Everything that a plant may touch. `upload` is the uploader whose network works."""

    clock: ManualClock
    steering: Steering
    network: Network
    tools: Tools
    issue: IssueActions
    upload: UploadActions
    verify: VerifyActions
    sweep: SweepActions
    read: ReadActions
    diagnose: DiagnoseActions
    gates: GateAdminActions
    correct: CorrectActions
    numbered: IssueActions
    numbers: NumberActions
    cut_off: UploadActions
    doomed: UploadActions
    in_sessions: UploadActions
    superuser: AsyncEngine
    authority: AsyncEngine
    jitter: random.Random
    offset: timedelta = timedelta()
    last_sweep: datetime | None = field(default=None)

    async def turn(self, uploaders: list[UploadActions], *, verifying: bool) -> None:
        """What every loop of the service does once time has gone on."""
        await self.booked_what_is_due()
        for uploader in uploaders:
            for _ in range(_TURNS_MAX):
                if not await uploader.upload_due():
                    break
        await self.booked_what_is_due()
        for _ in range(_LOOKS_MAX if verifying else 0):
            if not await self.verify.verify_due():
                break
        now = self.clock.now()
        if self.last_sweep is None or now - self.last_sweep >= timedelta(seconds=SWEEP_SECONDS):
            await self.sweep.sweep()
            self.last_sweep = now

    async def booked_what_is_due(self) -> None:
        """Wait until the authority has come round to all that is due by its clock."""
        due = text("SELECT count(*) FROM acceptance WHERE book_at <= :now")
        async with asyncio.timeout(_BOOKING_SECONDS_MAX):
            while True:
                async with self.authority.connect() as connection:
                    if not (await connection.execute(due, {"now": self.clock.now() + self.offset})).scalar():
                        return
                await asyncio.sleep(0.02)

    async def skew(self, seconds: float) -> None:
        """Set the authority's clock so far ahead of ours; behind, when negative."""
        await self.steering.post("/steering/clock", offset_seconds=seconds)
        self.offset = timedelta(seconds=seconds)

    async def lease_over(self) -> None:
        """Wait until every lease that is held now has run out; leases go by the database's own clock."""
        self.clock.advance(LEASE_SECONDS + 1)
        await asyncio.sleep(LEASE_SECONDS + 0.2)

    async def rot(self, document_sha256: str, sealed: bytes) -> None:
        """Have a disk spoil a stored document. Only a superuser gets past what forbids us to."""
        async with self.superuser.begin() as connection:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            spoil = text("UPDATE body SET sealed = :sealed WHERE sha256 = :sha256")
            done = await connection.execute(spoil, {"sealed": sealed, "sha256": document_sha256})
            assert done.rowcount == 1, "the stored document is there"


@contextlib.asynccontextmanager
async def running_system(server: LocalPostgres, start: datetime, seed: int, folder: Path) -> AsyncIterator[System]:
    """All of it on databases of their own, while the block lasts."""
    async with contextlib.AsyncExitStack() as stack:
        clock, jitter = ManualClock(start), random.Random(f"jitter {seed}")
        ours = await _database(server, "services.invoice_sync")
        engine = _connected(stack, ours, 16)
        superuser = _connected(stack, server.url(ours.partition("@/")[2].partition("?")[0]), 1)
        authority = _connected(stack, await _database(server, "services.tax_sandbox"), 8)
        port = await _authority(stack, authority, clock)
        url = f"http://127.0.0.1:{port}"
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=10))
        network = await stack.enter_async_context(Network.to(port))
        nowhere = stack.enter_context(_closed_port())
        makers = _Makers(stack, engine, _settings(ours, folder), clock, jitter)
        plain, numbered = makers.tools(), makers.tools(NumberPolicy(True, 50, 10))
        reached, issue = makers.tax(url), IssueActions(plain)
        yield System(
            clock=clock,
            steering=Steering(http),
            network=network,
            tools=plain,
            issue=issue,
            upload=UploadActions(reached, plain),
            verify=VerifyActions(reached, plain),
            sweep=SweepActions(OwnPass(issue, plain), BooksPass(reached, plain), ArchivePass(plain), plain),
            read=ReadActions(plain.sessions, clock),
            diagnose=DiagnoseActions(ProbeActions(reached, plain), plain),
            gates=GateAdminActions(plain),
            correct=CorrectActions(plain),
            numbered=IssueActions(numbered),
            numbers=NumberActions(reached, numbered),
            cut_off=UploadActions(makers.tax(f"http://127.0.0.1:{nowhere}"), plain),
            # A process of its own: what it knows of calls in flight dies with it.
            doomed=UploadActions(reached, makers.tools()),
            in_sessions=UploadActions(makers.tax(network.url), plain, batch_size=100),
            superuser=superuser,
            authority=authority,
            jitter=jitter,
        )


@dataclass(frozen=True, slots=True)
class _Makers:
    """Makes what is wired together, and sees to it that it is closed."""

    stack: contextlib.AsyncExitStack
    engine: AsyncEngine
    settings: Config
    clock: ManualClock
    jitter: random.Random

    def tools(self, numbers: NumberPolicy | None = None) -> Tools:
        """The tools of one process."""
        made = make_tools(
            database.sessions(self.engine),
            KeyRing.read(self.settings.body_key_file),
            self.clock,
            self.jitter.random,
            self.settings.timers(),
            self.settings.routing(),
            self.settings.gate_policy(),
            numbers=numbers or self.settings.number_policy(),
        )
        self.stack.push_async_callback(made.close, 5.0)
        return made

    def tax(self, url: str) -> SandboxTaxSystem:
        """The authority at an address."""
        made = SandboxTaxSystem(url, _CALLS, self.clock)
        self.stack.push_async_callback(made.close)
        return made


def _connected(stack: contextlib.AsyncExitStack, url: str, pool_size: int) -> AsyncEngine:
    engine = database.connect(url, "accuracy", pool_size=pool_size)
    stack.push_async_callback(engine.dispose)
    return engine


async def _authority(stack: contextlib.AsyncExitStack, engine: AsyncEngine, clock: ManualClock) -> int:
    """The sandbox on a free port."""
    config = TaxSandboxConfig("", listen="127.0.0.1:0", booking_delay_seconds=20, booking_poll_seconds=0.01)
    running = await tax_sandbox.start(config, engine, clock)
    stack.push_async_callback(running.stop)
    return running.port


def _settings(url: str, folder: Path) -> Config:
    key_file = folder / f"{uuid.uuid4().hex}.key"
    key_file.write_text(f"{new_key_line()}\n", "ascii")
    return Config(
        url,
        key_file,
        lease_seconds=LEASE_SECONDS,
        upload_concurrency=48,
        burst=10_000,
        rate_per_second=10_000.0,
        breaker_failures_max=30,
        breaker_window_failures_max=55,
        breaker_slow_seconds=8.0,
    )


async def _database(server: LocalPostgres, package: str) -> str:
    url = await server.create_database(f"accuracy_{uuid.uuid4().hex}")
    await migrate.upgrade(package, url)
    return url


@contextlib.contextmanager
def _closed_port() -> Any:
    """A port that is ours and at which nobody listens, so that every connection is refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
