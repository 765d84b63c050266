"""How many calls a caller may make a second, on all gateways together. It decides nothing about one that is let in.

A limit is a bucket of tokens in the database, from which each gateway leases some ahead of need; what it holds it gives
out without asking. So the gateways together never let in more than the limit, and a caller that only one of them serves
has almost all of it. While the database does not answer, each gateway keeps the limit by itself.
"""

import asyncio
import functools
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from chassis import storage_fault, telemetry
from chassis.batch import Batcher, BatchError
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Kind
from chassis.loop import Loop
from services.gateway.domain.caller import Caller
from services.gateway.domain.rate import Ask, Empty, MethodClass, Share, Taken
from services.gateway.problems import HttpFault
from services.gateway.store import brakes as store

SHARES_MAX = 10_000
_TRIES_MAX = 5
_LEASES_MAX = 500
_LEASE_SECONDS = 0.5
_OVERRIDES_SECONDS = 2.0
_BUCKET_LIFE = timedelta(days=1)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Quota:
    """What a caller has left of a limit, for the headers of draft-ietf-httpapi-ratelimit-headers-10."""

    method_class: MethodClass
    per_second: float
    left: int

    def headers(self) -> dict[str, str]:
        """RateLimit-Policy tells the quota `q` in a window of `w` seconds, RateLimit what remains until `t` seconds."""
        return {name.decode("ascii"): value.decode("ascii") for name, value in self.raw_headers()}

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The same as they are sent."""
        name, policy, quota = _policy(self.method_class, int(self.per_second))
        return [(b"ratelimit-policy", policy), (b"ratelimit", b'"%b";r=%d;t=1' % (name, min(self.left, quota)))]

    def lines(self) -> bytes:
        """The same as lines of a head."""
        name, policy, quota = _policy(self.method_class, int(self.per_second))
        told = (policy, name, min(self.left, quota))
        return b'ratelimit-policy: %b\r\nratelimit: "%b";r=%d;t=1\r\n' % told


@functools.lru_cache(1_024)
def _policy(method_class: MethodClass, quota: int) -> tuple[bytes, bytes, int]:
    """A limit's name, how it is told, and how much it is; the limits that there are are few."""
    name = method_class.value.encode("ascii")
    return name, b'"%b";q=%d;w=1' % (name, quota), quota


@dataclass(slots=True)
class _Held:
    share: Share
    lease: asyncio.Task[None] | None = None
    waiting: int = 0


@dataclass(slots=True)
class _Overrides:
    by_key: dict[tuple[str, str], float] = field(default_factory=dict)


class RateLimits:
    """The limits of `defaults`, save where an admin set another for a key or a tenant."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        defaults: Mapping[MethodClass, float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._defaults = defaults
        self._monotonic = monotonic
        self._held: OrderedDict[tuple[str, MethodClass], _Held] = OrderedDict()
        self._overrides = _Overrides()
        self._is_alone = False
        self._refused = telemetry.meter().create_counter("bihuan.rate.refused", "{call}", "Calls over their limit.")
        self._leases: Batcher[store.LeaseAsked, store.LeaseGiven] = Batcher(
            self._lease, size_max=_LEASES_MAX, waiting_max=SHARES_MAX
        )

    async def take(self, caller: Caller, method_class: MethodClass) -> Quota:
        """Let one more call of a caller in. Raises RATE_LIMITED, with HTTP status 429."""
        subject, per_second = self._limit_of(caller, method_class)
        held = self._find(subject, method_class, per_second)
        for _ in range(_TRIES_MAX):
            now = self._monotonic()
            match held.share.take(now, held.waiting):
                case Taken(left=left):
                    if want := held.share.due(now):
                        self._start_lease(subject, method_class, held, want)
                    return Quota(method_class, per_second, left)
                case Empty(retry_after_seconds=seconds):
                    raise self._limited(Quota(method_class, per_second, 0), seconds)
                case Ask(want=want):
                    await self._wait(self._start_lease(subject, method_class, held, want), held)
        raise self._limited(Quota(method_class, per_second, 0), 1.0)

    def take_held(self, caller: Caller, method_class: MethodClass) -> Quota | None:
        """The same without waiting: None, and nothing is taken, when no token is held here."""
        subject, per_second = self._limit_of(caller, method_class)
        held = self._find(subject, method_class, per_second)
        now = self._monotonic()
        if held.share.tokens < 1 or not isinstance(taken := held.share.take(now), Taken):
            return None
        if want := held.share.due(now):
            self._start_lease(subject, method_class, held, want)
        return Quota(method_class, per_second, taken.left)

    def take_alone(self, subject: str, method_class: MethodClass) -> None:
        """The same for whom nobody has proved: the limit of the settings, at this gateway alone.

        In the database there would be a row for every name that somebody makes up.
        """
        held = self._find(subject, method_class, self._defaults[method_class])
        now = self._monotonic()
        if isinstance(held.share.take(now), Taken):
            return
        held.share.do_alone(now)
        if not isinstance(held.share.take(now), Taken):
            raise self._limited(Quota(method_class, held.share.per_second, 0), 1.0)

    def loop(self) -> Loop:
        """Learns the limits that were set, and forgets buckets that nobody uses."""
        return Loop("rate limits", self.turn, _OVERRIDES_SECONDS)

    async def turn(self) -> int:
        """Learn what limits there are now; returns 0, for there is never more to do at once."""
        async with self._sessions.begin() as session:
            found = await store.overrides(session)
            await store.forget_buckets(session, self._clock.now() - _BUCKET_LIFE)
        self._overrides.by_key = {(one.subject, one.method_class): one.per_second for one in found}
        return 0

    async def close(self, within_seconds: float) -> None:
        """Ask for nothing more."""
        await self._leases.close(within_seconds)

    def _limit_of(self, caller: Caller, method_class: MethodClass) -> tuple[str, float]:
        """Whose bucket counts, and its limit: the key's own, else its tenant's, else that of whoever has no tenant."""
        overrides = self._overrides.by_key
        if overrides:
            for subject in (caller.caller_id, caller.tenant_id):
                if (per_second := overrides.get((subject, method_class.value))) is not None:
                    return subject, per_second
        return caller.tenant_id or caller.caller_id, self._defaults[method_class]

    def _find(self, subject: str, method_class: MethodClass, per_second: float) -> _Held:
        key = (subject, method_class)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = _Held(Share(per_second))
            if len(self._held) > SHARES_MAX:
                self._held.popitem(last=False)
        else:
            self._held.move_to_end(key)
            held.share.per_second = per_second
        return held

    def _start_lease(self, subject: str, method_class: MethodClass, held: _Held, want: int) -> asyncio.Task[None]:
        if held.lease is None or held.lease.done():
            asked = store.LeaseAsked(subject, method_class.value, held.share.per_second, want)
            held.lease = asyncio.get_running_loop().create_task(self._leased(held, asked))
        return held.lease

    async def _wait(self, lease: asyncio.Task[None], held: _Held) -> None:
        held.waiting += 1
        try:
            await asyncio.shield(lease)
        finally:
            held.waiting -= 1

    async def _leased(self, held: _Held, asked: store.LeaseAsked) -> None:
        try:
            async with asyncio.timeout(_LEASE_SECONDS):
                given = await self._leases.add(asked, _LEASE_SECONDS)
        except (TimeoutError, BatchError) as fault:
            self._alone(held, fault)
        except Exception as fault:
            if not storage_fault.may_pass(fault):
                raise
            self._alone(held, fault)
        else:
            self._is_alone = False
            held.share.receive(given.granted, given.left, self._monotonic())

    def _alone(self, held: _Held, fault: Exception) -> None:
        if not self._is_alone:
            _log.warning("limits are kept by this gateway alone", error=type(fault).__name__)
        self._is_alone = True
        held.share.do_alone(self._monotonic())

    async def _lease(self, asked: list[store.LeaseAsked]) -> Sequence[store.LeaseGiven]:
        async with self._sessions.begin() as session:
            given = await store.lease(session, asked)
        return [given[one.subject, one.method_class] for one in asked]

    def _limited(self, quota: Quota, seconds: float) -> HttpFault:
        self._refused.add(1, {"method_class": quota.method_class.value})
        return HttpFault(
            429,
            Kind.OVERLOADED,
            "RATE_LIMITED",
            f"more than {quota.per_second:g} calls a second of class {quota.method_class}; nothing was done",
            f"超过每秒 {quota.per_second:g} 次的调用上限（{quota.method_class}），本次请求未执行",
            quota.headers(),
            retry_after_seconds=max(1, math.ceil(seconds)),
        )
