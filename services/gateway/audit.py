"""Writes each mutating call, and each sight of unmasked data, into the audit before its answer leaves. Never a body.

A record is written once, after the service has answered and before the caller is; records of calls at the same time go
together in one statement. When that fails the caller is not told the answer: to it the outcome is unknown, and to call
again with the same key is safe. From the first failure on, mutating calls are refused before they act, until a probe
shows that the audit can be written again.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from chassis import ids, storage_fault, telemetry
from chassis.batch import Batcher, BatchError
from chassis.batch_metrics import BatchMetrics
from chassis.clock import Clock
from chassis.errors import Fault, Kind
from services.gateway.audit_key import Signer
from services.gateway.audit_lately import Lately
from services.gateway.domain.audit_chain import Written, batch_content
from services.gateway.domain.audit_record import OK, RESOURCE_IDS_MAX, AuditRecord
from services.gateway.store import audit as store

A = TypeVar("A")
_ENTRY: Final = "bihuan.audit"
_BATCH_MAX: Final = 500
_WAITING_MAX: Final = 10_000
_WAIT_SECONDS: Final = 2.0
_WRITE_SECONDS: Final = 3.0
_TEXT_CHARS_MAX: Final = 200
_HEAD_BYTES_MAX: Final = 2_048
_log = structlog.get_logger()


@dataclass(slots=True)
class Entry:
    """What becomes known of one call while it is served. `head` is the start of the body, for who judges a refusal.

    `is_refused` is of an answer that is a refusal in another's words: without `keeps_refusals` nothing of it is kept.
    """

    start_time: datetime
    method: str
    mutates: bool
    address: str
    reason: str = ""
    keeps_refusals: bool = True
    is_refused: bool = False
    caller_id: str = ""
    operator: str = ""
    tenant_id: str = ""
    resource_ids: list[str] = field(default_factory=list)
    saw_unmasked: bool = False
    outcome: str = OK
    trace_id: str = ""
    head: bytes = b""
    digest: Any = field(default_factory=hashlib.sha256)

    def feed(self, part: bytes) -> None:
        """Take a part of the body into the digest."""
        self.digest.update(part)
        if not self.head:
            self.head = part[:_HEAD_BYTES_MAX]

    def name_all(self, resource_ids: Iterable[str]) -> None:
        """Say what the call was about; beyond 20 ids no more are kept."""
        kept = self.resource_ids
        for resource_id in resource_ids:
            if not resource_id or resource_id in kept:
                continue
            cleaned = _cleaned(resource_id)
            if cleaned and cleaned not in kept and len(kept) < RESOURCE_IDS_MAX:
                kept.append(cleaned)


def digest_head(verb: str, raw_path: bytes, query: bytes) -> bytes:
    """What the digest of a request has before its body."""
    return b"%b %b?%b\n" % (verb.encode("ascii"), raw_path, query)


def entry_of(request: Request) -> Entry | None:
    """The entry of a request that is under way; None for what is not audited at all."""
    entry: Entry | None = request.scope.get(_ENTRY)
    return entry


class Audit:
    """Keeps entries. `close` writes what waits."""

    def __init__(self, engine: AsyncEngine, clock: Clock, signer: Signer) -> None:
        self._engine = engine
        self._writer = store.Writer(engine)
        self._clock = clock
        self._signer = signer
        self._writable = True
        self.lately = Lately()
        self._unwritten = telemetry.meter().create_counter(
            "bihuan.audit.unwritten", "{call}", "Answers that were withheld since the audit was not written."
        )
        self._batcher: Batcher[Entry, None] = Batcher(
            self._flush,
            size_max=_BATCH_MAX,
            waiting_max=_WAITING_MAX,
            in_flight_max=2,
            watch=BatchMetrics(telemetry.meter(), "audit"),
        )

    def open(self, request: Request, method: str, address: str, *, mutates: bool) -> Entry:
        """Begin the entry of a request; `entry_of` finds it."""
        head = digest_head(request.method, request.scope["raw_path"], request.scope["query_string"])
        entry = self.begin(method, address, head, request.headers.get("bihuan-reason", ""), mutates=mutates)
        request.scope[_ENTRY] = entry
        return entry

    def begin(self, method: str, address: str, digest_head: bytes, reason: str, *, mutates: bool) -> Entry:
        """The entry of a call whose body is still to come; `reason` as the header has it."""
        entry = Entry(self._clock.now(), method, mutates, address, _cleaned(_decoded(reason)))
        entry.digest.update(digest_head)
        return entry

    def open_whole(self, method: str, address: str, digest_head: bytes, body: bytes, trace_id: str) -> Entry:
        """The entry of a mutating call whose request is there as a whole, and gives no reason."""
        digest = hashlib.sha256(digest_head + body)
        head = body[:_HEAD_BYTES_MAX]
        return Entry(self._clock.now(), method, True, address, trace_id=trace_id, head=head, digest=digest)

    async def kept(self, entry: Entry, answer: Callable[[], Awaitable[A]]) -> A:
        """The answer, once what it tells stands in the audit. Raises what `answer` raises, and two faults of its own:

        AUDIT_UNAVAILABLE before a mutating call has acted, AUDIT_NOT_WRITTEN when it may have.
        """
        if entry.mutates:
            self._check()
        try:
            answered = await answer()
        except Exception as raised:
            entry.outcome = outcome_of(raised)
            if entry.mutates and entry.keeps_refusals:
                await self._write(entry)
            raise
        if entry.is_refused and not entry.keeps_refusals:
            return answered
        if entry.mutates or entry.saw_unmasked:
            await self._write(entry)
        return answered

    @property
    def is_writable(self) -> bool:
        """Whether the last writing worked."""
        return self._writable

    async def probe(self) -> None:
        """Find out whether the audit can be written again; raises what its writing would."""
        await store.probe(self._engine, _WRITE_SECONDS)
        _log.info("audit can be written again")
        self._writable = True

    async def close(self, within_seconds: float) -> None:
        """Write what waits, and take nothing more."""
        await self._batcher.close(within_seconds)
        await self._writer.close()

    @property
    def takes(self) -> bool:
        """Whether a mutating call may act, as far as the audit goes."""
        return self._writable and self._batcher.waiting_count <= _WAITING_MAX // 2

    def write(self, entry: Entry) -> "asyncio.Future[None]":
        """Write an entry that is complete, for who has no task of its own; when that fails, `unwritten` says how."""
        return self._batcher.submit(entry, _WAIT_SECONDS)

    def unwritten(self, entry: Entry, raised: BaseException) -> Fault:
        """Count an answer that is withheld since writing raised; what its caller is told instead."""
        self._unwritten.add(1)
        if not isinstance(raised, BatchError) and not storage_fault.may_pass(raised):
            _log.error("audit not written", method=entry.method, **storage_fault.log_facts(raised))
        return Fault(
            Kind.DEADLINE,
            "AUDIT_NOT_WRITTEN",
            "the audit of this call was not written, so its answer is withheld; whether it was done is unknown: "
            "ask, or repeat with the same request_id",
            "本次请求的审计未能写入，结果不予返回且未知：请查询，或用相同的 request_id 重试",
        )

    def _check(self) -> None:
        if not self.takes:
            raise Fault(
                Kind.UNAVAILABLE,
                "AUDIT_UNAVAILABLE",
                "the audit cannot be written now, so nothing was done; try again with the same request_id",
                "审计日志暂时无法写入，本次请求未执行，请用相同的 request_id 重试",
                retry_after_seconds=1,
            )

    async def _write(self, entry: Entry) -> None:
        entry.trace_id = telemetry.current_trace_id()
        try:
            await self._batcher.add(entry, _WAIT_SECONDS)
        except Exception as raised:
            raise self.unwritten(entry, raised) from raised

    async def _flush(self, entries: list[Entry]) -> Sequence[None]:
        batch_id = ids.new_id("aub")
        records = [_record(entry, batch_id, place, len(entries)) for place, entry in enumerate(entries)]
        digests = [record.digest() for record in records]
        if self._signer.signs:
            records[0] = records[0]._replace(batch_signature=self._signer.sign(batch_content(digests)))
        try:
            await self._writer.append(records, _WRITE_SECONDS)
        except Exception:
            if self._writable:
                _log.error("audit cannot be written: mutating calls are refused", waiting=len(entries))
            self._writable = False
            raise
        self.lately.add(
            batch_id, [Written(one.record_id, digest) for one, digest in zip(records, digests, strict=True)]
        )
        return [None] * len(entries)


def _record(entry: Entry, batch_id: str, place: int, size: int) -> AuditRecord:
    return AuditRecord(
        record_id=ids.new_id("aud", entry.start_time),
        record_time=entry.start_time,
        caller_id=entry.caller_id,
        operator=entry.operator,
        tenant_id=entry.tenant_id,
        method=entry.method,
        resource_ids=tuple(entry.resource_ids),
        address=entry.address,
        reason=entry.reason,
        outcome=entry.outcome,
        saw_unmasked=entry.saw_unmasked,
        trace_id=entry.trace_id,
        request_sha256=entry.digest.digest(),
        batch_id=batch_id,
        batch_place=place,
        batch_size=size,
    )


def outcome_of(raised: Exception) -> str:
    """The reason by which a call ended that raised."""
    if isinstance(raised, Fault):
        return raised.reason
    return "DEADLINE_EXCEEDED" if isinstance(raised, TimeoutError) else "INTERNAL"


def _decoded(header: str) -> str:
    """A header as it was meant: UTF-8 as it is, or percent-encoded by clients that send nothing but ASCII."""
    try:
        return unquote(header.encode("latin-1").decode("utf-8"))
    except UnicodeDecodeError:
        return header


def _cleaned(text: str) -> str:
    """A text of the caller's as one short line: PostgreSQL takes no NUL, and lines part the ids."""
    printable = text if text.isprintable() else "".join(sign for sign in text if sign.isprintable())
    return printable[:_TEXT_CHARS_MAX]
