"""Tries of deliveries: leases, what came back, and the test button. One method, one transaction, save the test.

A lease is committed before the first byte leaves, and the outcome after the last: who dies between leaves the lease,
and after it the delivery is tried again with the same webhook-id.
"""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from services.gateway.actions.webhook_endpoint import must_find, seal_context, webhooks_off
from services.gateway.domain.caller import Caller
from services.gateway.domain.webhook import (
    TEST_TYPE,
    Answer,
    Arrived,
    Attempt,
    Delivery,
    DeliveryState,
    DisableCause,
    GiveUp,
    Gone,
    Outcome,
    TryAgain,
    fails_for_too_long,
    judge,
)
from services.gateway.domain.webhook_signature import headers
from services.gateway.store import webhook_endpoints
from services.gateway.store import webhook_outbox as store
from services.gateway.store.webhook_outbox import Claim
from services.gateway.webhook_events import test_event
from services.gateway.webhook_http import WebhookHttp

LEASE = timedelta(seconds=60)
_KEPT = timedelta(days=30)
_TIDIED_AT_ONCE = 1_000
_STATE_AFTER = {
    Arrived: DeliveryState.DELIVERED,
    TryAgain: DeliveryState.WAITING,
    GiveUp: DeliveryState.FAILED,
    Gone: DeliveryState.FAILED,
}
_log = structlog.get_logger()


class WebhookSendingActions:
    """Takes what is due, tries it, writes what came back. `dice()` is of [0, 1)."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        ring: KeyRing | None,
        http: WebhookHttp,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._ring = ring
        self._http = http
        self._dice = dice
        self._attempts = telemetry.meter().create_counter(
            "bihuan.gateway.webhook_attempts", unit="{attempt}", description="Tries of webhooks, by outcome."
        )
        self._disabled = telemetry.meter().create_counter(
            "bihuan.gateway.webhook_endpoints_disabled", unit="{endpoint}", description="Endpoints given up, by cause."
        )

    @property
    def is_on(self) -> bool:
        """Whether there is a key for secrets, without which nothing is sent."""
        return self._ring is not None

    @telemetry.traced
    async def claim_webhooks(self, busy: Sequence[str], of_endpoint: int, limit: int) -> list[Claim]:
        """Take leases on what is due, of each endpoint that is not busy at most `of_endpoint`."""
        now = self._clock.now()
        async with self._sessions.begin() as session:
            return await store.claim_due(session, now, now + LEASE, busy, of_endpoint, limit)

    @telemetry.traced
    async def send_webhook(self, claim: Claim) -> tuple[Delivery | None, Attempt]:
        """Try a claimed delivery and write what came back; no delivery when the lease was lost meanwhile."""
        telemetry.annotate(delivery_id=claim.delivery_id, event_id=claim.event_id, try_count=claim.try_count)
        now = self._clock.now()
        signed = headers(claim.event_id, now, claim.body, self._secrets(claim, now))
        answer = await self._http.post(claim.url, signed, claim.body.encode("utf-8"))
        attempt = Attempt(claim.attempt_no, now, answer)
        return await self.record_webhook(claim, attempt), attempt

    @telemetry.traced
    async def record_webhook(self, claim: Claim, attempt: Attempt) -> Delivery | None:
        """Write what came back of a try, and what it says of the endpoint."""
        now, answer = self._clock.now(), attempt.answer
        is_test = claim.event_type == TEST_TYPE
        outcome = judge(answer, claim.try_count, now, self._dice(), is_test=is_test)
        next_try = outcome.at if isinstance(outcome, TryAgain) else now
        async with self._sessions.begin() as session:
            state = _STATE_AFTER[type(outcome)]
            delivery = await store.settle(session, claim, state, answer.status_code, now, next_try)
            await store.add_attempt(session, claim.delivery_id, attempt)
            cause = None if is_test else await self._judge_endpoint(session, claim.endpoint_id, outcome, now)
        self._tell(claim, answer, outcome, cause)
        return delivery

    @telemetry.traced
    async def test_webhook_endpoint(self, endpoint_id: str, caller: Caller) -> tuple[Delivery, Attempt]:
        """Send webhook.test once, now. Raises NOT_FOUND and WEBHOOKS_OFF."""
        if self._ring is None:
            raise webhooks_off()
        now = self._clock.now()
        async with self._sessions.begin() as session:
            await must_find(session, endpoint_id, caller)
            event = test_event(endpoint_id, now)
            await store.add_events(session, [event])
            delivery_id = ids.new_id("whd")
            await store.put_on_way(session, [(delivery_id, endpoint_id, event.event_id)], now)
            claim = await store.claim_one(session, delivery_id, now + LEASE)
        delivery, attempt = await self.send_webhook(claim)
        assert delivery is not None, "nobody else tries a test within its lease"
        return delivery, attempt

    @telemetry.traced
    async def tidy_webhooks(self) -> int:
        """Let fail what waits for endpoints that are no more, and forget what ended long ago; how many."""
        now = self._clock.now()
        async with self._sessions.begin() as session:
            failed_count = await store.fail_stranded(session, now, _TIDIED_AT_ONCE)
        async with self._sessions.begin() as session:
            return failed_count + await store.forget(session, now - _KEPT, _TIDIED_AT_ONCE)

    async def _judge_endpoint(
        self, session: AsyncSession, endpoint_id: str, outcome: Outcome, now: datetime
    ) -> DisableCause | None:
        """What the outcome says of the endpoint; the cause when it was disabled now."""
        if isinstance(outcome, Arrived):
            await webhook_endpoints.note_success(session, endpoint_id)
            return None
        failing_since = await webhook_endpoints.note_failure(session, endpoint_id, now)
        cause = DisableCause.GONE if isinstance(outcome, Gone) else DisableCause.FAILING
        if cause is DisableCause.FAILING and not fails_for_too_long(failing_since, now):
            return None
        return cause if await webhook_endpoints.disable(session, endpoint_id, cause, now) else None

    def _tell(self, claim: Claim, answer: Answer, outcome: Outcome, cause: DisableCause | None) -> None:
        self._attempts.add(1, {"outcome": type(outcome).__name__})
        if not isinstance(outcome, Arrived):
            _log.warning(
                "webhook failed",
                delivery_id=claim.delivery_id,
                endpoint_id=claim.endpoint_id,
                try_no=claim.try_count,
                status_code=answer.status_code,
                fault=answer.fault,
                next_try_at=outcome.at.isoformat() if isinstance(outcome, TryAgain) else "",
            )
        if cause is not None:
            self._disabled.add(1, {"cause": cause.value})
            _log.error("webhook endpoint disabled", endpoint_id=claim.endpoint_id, cause=cause.value)

    def _secrets(self, claim: Claim, now: datetime) -> list[bytes]:
        assert self._ring is not None, "nothing is claimed without a key"
        sealed = [claim.sealed_secret]
        if claim.sealed_previous is not None and claim.previous_until is not None and now < claim.previous_until:
            sealed.append(claim.sealed_previous)
        return [self._ring.open(one, seal_context(claim.endpoint_id)) for one in sealed]
