"""Counts offences against who commits them, suspends who goes too far, and tells the admin. It proves no caller.

A suspension counts at once here, and within seconds at every other gateway, by a row that is the alert too.
"""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from chassis.loop import Loop
from services.gateway.address import Addresses, suspect_of
from services.gateway.domain.suspicion import Offence, Subject, Suspects, Suspension, looks_injected
from services.gateway.store import brakes as store

_PENDING_MAX = 1_000
_GOOD_MAX = 10_000
# Who proved a key from an address within this time is not shut out by what others do there.
_GOOD_SECONDS = 3_600.0
_LOOK_SECONDS = 2.0
_LIFTED_FOR = timedelta(seconds=60)
# Reasons that say that a request broke a rule of form, which is where attacks on form end.
_BROKEN = frozenset({"MALFORMED_REQUEST", "INVALID_FIELD", "UNKNOWN_ROUTE", "INVALID_PAGE_TOKEN"})
_OFFENCE_OF = {"PERMISSION_DENIED": Offence.DENIED, "NOT_FOUND": Offence.NOT_FOUND}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, and which key it claims; whether rightly, is another question."""

    address: str
    claimed_key_id: str


class Suspensions:
    """Knows who is suspended. `points_max` of 0 suspends nobody."""

    def __init__(self, sessions: Sessions, clock: Clock, addresses: Addresses, points_max: float) -> None:
        self._sessions = sessions
        self._clock = clock
        self._addresses = addresses
        self._suspects = Suspects(points_max)
        self._good: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._pending: deque[store.KeptSuspension] = deque(maxlen=_PENDING_MAX)
        self._lifted: set[str] = set()
        self._counter = telemetry.meter().create_counter(
            "bihuan.suspension.started", "{suspension}", "Keys and addresses that were suspended."
        )
        self._gauge = telemetry.meter().create_gauge(
            "bihuan.suspension.lasting", "{suspension}", "Suspensions that last now."
        )

    def check(self, origin: Origin) -> None:
        """Refuse who is suspended, before its key is looked at. Raises SUSPENDED."""
        self._check(origin, self._now())

    def check_key(self, origin: Origin, caller_id: str) -> None:
        """Refuse a caller that has proved who it is and is suspended. Raises SUSPENDED."""
        self._check_key(origin, caller_id, self._now())

    def admit(self, origin: Origin) -> None:
        """Both, for a caller that has proved to have the key that it claims. Raises SUSPENDED."""
        now = self._now()
        self._check(origin, now)
        self._check_key(origin, origin.claimed_key_id, now)

    def judge(self, fault: Fault, origin: Origin, caller_id: str, path: bytes, raw: bytes) -> None:
        """Count what a refusal says about who was refused.

        `path` is what was asked for: to ask again for the same is no guessing. `raw` is all that was sent, or its
        start; it is looked at only when it broke a rule.
        """
        offence = _offence_of(fault, origin, raw)
        if offence is None:
            return
        if caller_id:
            self._offend(Subject("", caller_id), offence, path)
            return
        address = suspect_of(origin.address)
        pair = Subject(address, origin.claimed_key_id)
        is_known = self._suspects.knows(pair)
        if origin.claimed_key_id:
            self._offend(pair, offence)
        # To guess at one key is the pair's affair; to try one key after another is the address's.
        if not (origin.claimed_key_id and is_known) and not self._addresses.is_trusted(origin.address):
            self._offend(Subject(address, ""), offence)

    def lift(self, kept: store.KeptSuspension) -> None:
        """Let who was suspended in again, at this gateway; the others learn it from the row."""
        if kept.suspension_id not in self._lifted:
            self._suspects.lift(Subject(kept.address, kept.key_id))

    def loop(self) -> Loop:
        """Writes what was decided here and learns what was decided elsewhere."""
        return Loop("suspensions", self.turn, _LOOK_SECONDS)

    async def turn(self) -> int:
        """Write the rows that wait, and take over what lasts and what was lifted; how many rows were written."""
        written = 0
        while self._pending:
            async with self._sessions.begin() as session:
                await store.add_suspension(session, self._pending[0])
            self._pending.popleft()
            written += 1
        now = self._clock.now()
        async with self._sessions.begin() as session:
            found = await store.recent_suspensions(session, now, now - _LIFTED_FOR)
        for one in found:
            if one.lift_time is None:
                self._suspects.suspend(Subject(one.address, one.key_id), one.until_time.timestamp(), one.level)
            else:
                self.lift(one)
        self._lifted = {one.suspension_id for one in found if one.lift_time is not None}
        self._gauge.set(sum(one.lift_time is None for one in found))
        return written

    def _check(self, origin: Origin, now: float) -> None:
        if not self._suspects.suspends_anyone(now):
            return
        address = suspect_of(origin.address)
        seconds = self._suspects.suspended_seconds(Subject(address, origin.claimed_key_id), now)
        if origin.claimed_key_id and not self._is_good(address, origin.claimed_key_id, now):
            seconds = max(seconds, self._suspects.suspended_seconds(Subject(address, ""), now))
        if seconds:
            raise _suspended(seconds)

    def _check_key(self, origin: Origin, caller_id: str, now: float) -> None:
        is_quiet = not self._suspects.suspends_anyone(now)
        if not is_quiet and (seconds := self._suspects.suspended_seconds(Subject("", caller_id), now)):
            raise _suspended(seconds)
        good = (suspect_of(origin.address), origin.claimed_key_id)
        self._good[good] = now
        self._good.move_to_end(good)
        if len(self._good) > _GOOD_MAX:
            self._good.popitem(last=False)

    def _offend(self, subject: Subject, offence: Offence, path: bytes = b"") -> None:
        suspension = self._suspects.offend(subject, offence, self._now(), path)
        if suspension is not None:
            self._announce(suspension)

    def _announce(self, suspension: Suspension) -> None:
        subject = suspension.subject
        kept = store.KeptSuspension(
            suspension_id=ids.new_id("sus", self._clock.now()),
            address=subject.address,
            key_id=subject.key_id,
            offence=suspension.offence.value,
            level=suspension.level,
            start_time=self._clock.now(),
            until_time=datetime.fromtimestamp(suspension.until, UTC),
            trace_id=telemetry.current_trace_id(),
        )
        self._pending.append(kept)
        self._counter.add(1, {"offence": kept.offence})
        _log.error(
            "suspended",
            suspension_id=kept.suspension_id,
            address=kept.address,
            key_id=kept.key_id,
            offence=kept.offence,
            seconds=int(suspension.seconds),
        )

    def _is_good(self, address: str, key_id: str, now: float) -> bool:
        return now - self._good.get((address, key_id), -math.inf) < _GOOD_SECONDS

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _offence_of(fault: Fault, origin: Origin, raw: bytes) -> Offence | None:
    if fault.reason == "UNAUTHENTICATED":
        return Offence.WRONG_SECRET if origin.claimed_key_id else Offence.MALFORMED
    if fault.reason in _BROKEN:
        return Offence.INJECTION if looks_injected(raw) else Offence.MALFORMED
    return _OFFENCE_OF.get(fault.reason)


def _suspended(seconds: float) -> Fault:
    return Fault(
        Kind.DENIED,
        "SUSPENDED",
        "suspended for a while after a run of refused calls; an administrator can lift it",
        "因连续出现被拒绝的异常请求，访问已暂停；可联系管理员解除",
        retry_after_seconds=max(1, math.ceil(seconds)),
    )
