"""Writes each question to the authority down: its beginning before its first byte, and what came of it after.

What is begun or ended at the same time is written together. Submits begin with their claim and end in record.py.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from chassis import telemetry
from chassis.batch import Batcher
from chassis.clock import Clock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.ids import new_id
from services.invoice_sync.crash import Crash
from services.invoice_sync.domain import attempt_chain
from services.invoice_sync.domain.attempt import Attempt, Ended, Operation, TaxAnswer
from services.invoice_sync.domain.claim import Claim
from services.invoice_sync.domain.route import Route
from services.invoice_sync.store import attempts, outbox

_BATCH_MAX = 500
_WAITING_MAX = 10_000
# Longer than a flush may take, shorter than a lease: who cannot write must not ask.
_WAIT_SECONDS = 10.0


class LeaseLost(Exception):
    """Someone else may begin attempts of this invoice now: whoever asks on would break the log's chain."""


@dataclass(slots=True)
class Chain:
    """How far the log of one claimed invoice has come; only the holder of its lease writes there."""

    claim: Claim
    attempt_no: int
    head: str


def chain_of(claim: Claim) -> Chain:
    """Where the log stands at the claim."""
    return Chain(claim, claim.standing.attempt_count, claim.standing.log_head)


class AttemptLog:
    """One for the process, so that what happens at once is written at once."""

    def __init__(self, sessions: Sessions, ring: KeyRing, clock: Clock, crash: Crash) -> None:
        self._sessions = sessions
        self._ring = ring
        self._clock = clock
        self._crash = crash
        self._begins = Batcher(self._write_begun, size_max=_BATCH_MAX, waiting_max=_WAITING_MAX)
        self._ends = Batcher(self._write_ended, size_max=_BATCH_MAX, waiting_max=_WAITING_MAX)

    async def begin(self, chain: Chain, operation: Operation, route: Route) -> Attempt:
        """Write a question down; it may be asked when this returns. Raises LeaseLost."""
        claim = chain.claim
        begun = attempt_chain.begin(
            new_id("att"),
            claim.invoice_id,
            chain.attempt_no + 1,
            claim.standing.version,
            operation,
            route.key,
            self._clock.now(),
            "",
            telemetry.current_trace_id(),
            "",
            chain.head,
        )
        if not await self._begins.add((begun, claim.lease_id), _WAIT_SECONDS):
            raise LeaseLost(claim.invoice_id)
        chain.attempt_no, chain.head = begun.attempt_no, begun.log_hash
        return begun

    async def end(self, chain: Chain, begun: Attempt, answer: TaxAnswer) -> None:
        """Write down what came of a question."""
        ended = attempt_chain.end(begun, answer, self._clock.now())
        await self._ends.add((ended, sealed_response(self._ring, answer)), _WAIT_SECONDS)
        chain.head = ended.log_hash

    async def close(self, within_seconds: float) -> None:
        """Write what waits."""
        await self._begins.close(within_seconds)
        await self._ends.close(within_seconds)

    async def _write_begun(self, asked: list[tuple[Attempt, str]]) -> Sequence[bool]:
        async with self._sessions.begin() as session:
            # Who takes the lease back waits until this is committed, and finds it in the log.
            held = await outbox.hold_leased(session, [(begun.invoice_id, lease_id) for begun, lease_id in asked])
            written = await attempts.begin(session, [begun for begun, _ in asked if begun.invoice_id in held])
            self._crash("before_question_commit")
        self._crash("after_question_commit")
        return [begun.attempt_id in written for begun, _ in asked]

    async def _write_ended(self, ended: list[tuple[Ended, list[tuple[str, bytes]]]]) -> Sequence[None]:
        async with self._sessions.begin() as session:
            await attempts.keep_bodies(session, [body for _, bodies in ended for body in bodies])
            await attempts.end(session, [each for each, _ in ended])
        return [None] * len(ended)


def sealed_response(ring: KeyRing, answer: TaxAnswer) -> list[tuple[str, bytes]]:
    """The bytes that came, sealed under their SHA-256; nothing when none came."""
    if not answer.response:
        return []
    sha256 = answer.response_sha256 or hashlib.sha256(answer.response).hexdigest()
    return [(sha256, ring.seal(answer.response, body_context(sha256)))]


def body_context(sha256: str) -> bytes:
    """What a sealed body is bound to, so that one cannot be put in another's place."""
    return f"body:{sha256}".encode()
