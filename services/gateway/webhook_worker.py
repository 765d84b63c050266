"""What goes on for webhooks: the feeds are followed, what is due is sent, what is over is forgotten."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog

from chassis.loop import Loop
from services.gateway.actions.webhook_sending import WebhookSendingActions
from services.gateway.store.webhook_outbox import Claim
from services.gateway.webhook_feed import WebhookFollower

_FLYING_MAX = 64
_OF_ENDPOINT_MAX = 4
_LOOK_SECONDS = 0.5
_DRAIN_SECONDS = 16.0
_FOLLOW_SECONDS = 1.0
_TIDY_SECONDS = 60.0
_log = structlog.get_logger()


class WebhookWorker:
    """Sends as much at once as there is room for; of one endpoint no more than 7, so that none takes all."""

    def __init__(self, sending: WebhookSendingActions, followers: Sequence[WebhookFollower]) -> None:
        self._sending = sending
        self._followers = followers
        self._flying: dict[asyncio.Task[None], str] = {}

    def loops(self) -> list[Loop]:
        """Its loops; none where there is no key for secrets."""
        if not self._sending.is_on:
            return []
        return [
            # A loop for each, so that a service that is down holds up no events of another.
            *(Loop(f"webhook feed {one.name}", one.follow_feed, _FOLLOW_SECONDS) for one in self._followers),
            Loop("webhooks", self.fill, _LOOK_SECONDS, ending=self.drain),
            Loop("webhook tidying", self._sending.tidy_webhooks, _TIDY_SECONDS),
        ]

    async def fill(self) -> int:
        """Send what is due and there is room for, and return when there may be room again; how many were begun."""
        room = _FLYING_MAX - len(self._flying)
        busy = [one for one, count in Counter(self._flying.values()).items() if count >= _OF_ENDPOINT_MAX]
        claims = await self._sending.claim_webhooks(busy, _OF_ENDPOINT_MAX, room) if room else []
        for claim in claims:
            task = asyncio.create_task(self._send(claim))
            self._flying[task] = claim.endpoint_id
            task.add_done_callback(self._landed)
        if self._flying and not claims:
            await asyncio.wait(self._flying, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            return 1
        return len(claims)

    async def drain(self) -> None:
        """Wait for what is being sent; what is not done then is left to its lease, and is sent again after it."""
        if not self._flying:
            return
        _, late = await asyncio.wait(self._flying, timeout=_DRAIN_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
            _log.warning("webhooks were cut off", count=len(late))

    async def _send(self, claim: Claim) -> None:
        try:
            await self._sending.send_webhook(claim)
        except Exception as raised:  # noqa: BLE001  what failed here is left to its lease, and tried again after it
            _log.error(
                "webhook was not recorded",
                delivery_id=claim.delivery_id,
                endpoint_id=claim.endpoint_id,
                error=type(raised).__name__,
            )

    def _landed(self, task: asyncio.Task[None]) -> None:
        del self._flying[task]
