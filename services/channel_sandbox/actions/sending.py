"""Sends callbacks that are due and writes down what came of them; each is repeated in its channel's rhythm."""

import asyncio
import random
import uuid
from datetime import timedelta

import httpx
import structlog

from chassis.clock import Clock
from chassis.database import Sessions
from services.channel_sandbox.actions.clock import sandbox_now
from services.channel_sandbox.actions.telling import Dialects
from services.channel_sandbox.clients import MerchantClient
from services.channel_sandbox.dialects.dialect import Stamp
from services.channel_sandbox.domain.callback import Callback, CallbackState, Rhythm, Tried, next_try
from services.channel_sandbox.domain.order import Channel
from services.channel_sandbox.store.callback import CallbackStore

_AT_ONCE = 32
_ANSWER_CHARACTERS_MAX = 200
_LEASE_SECONDS_MORE = 5.0
_log = structlog.get_logger()


class SendingActions:
    """The way out to merchants. `pace` is how fast against the channels' own rhythm; each message has an end."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        dialects: Dialects,
        client: MerchantClient,
        timeout_seconds: float,
        pace: float,
        tries_max: int,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._dialects = dialects
        self._client = client
        self._timeout_seconds = timeout_seconds
        self._pace = pace
        self._tries_max = tries_max

    async def send_due(self) -> int:
        """One turn: try once what is due; returns how many tries there were."""
        async with self._sessions.begin() as session:
            now = await sandbox_now(session, self._clock)
            lease_until = now + timedelta(seconds=self._timeout_seconds + _LEASE_SECONDS_MORE)
            due = await CallbackStore(session).claim_due(now, lease_until, _AT_ONCE)
        sent = await asyncio.gather(*(self._send(callback) for callback in due), return_exceptions=True)
        if faults := [fault for fault in sent if fault is not None]:
            raise faults[0]
        return len(due)

    async def _send(self, callback: Callback) -> None:
        await self._write(await self._try(callback))

    async def _try(self, callback: Callback) -> Tried:
        dialect = self._dialects[Channel(callback.channel)]
        message = dialect.message(callback, Stamp(self._clock.now(), uuid.uuid4().hex))
        try:
            async with asyncio.timeout(self._timeout_seconds):
                status, body = await self._client.post(callback.url, message)
        # ValueError is what a host's name that cannot be one raises, on the way to its address.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as fault:
            return Tried(callback, taken=False, answer=type(fault).__name__)
        words = f"{status} {body.decode('utf-8', 'replace')}"[:_ANSWER_CHARACTERS_MAX].replace("\x00", "")
        return Tried(callback, taken=dialect.is_taken(status, body), answer=words)

    async def _write(self, tried: Tried) -> None:
        callback = tried.callback
        rhythm = Rhythm(self._dialects[Channel(callback.channel)].rests_seconds, self._pace, self._tries_max)
        async with self._sessions.begin() as session:
            store, now = CallbackStore(session), await sandbox_now(session, self._clock)
            if tried.taken:
                await store.end_try(callback, CallbackState.DELIVERED, now, tried.answer)
                await store.release_held(callback.order_id, now)
                return
            spread = random.random()  # noqa: S311  spreads tries, guards nothing
            due_at = next_try(tried, rhythm, now, spread)
            state = CallbackState.WAITING if due_at else CallbackState.GIVEN_UP
            await store.end_try(callback, state, due_at or now, tried.answer)
        if not callback.forged:
            _log.info("callback not taken", try_no=callback.try_count, answer=tried.answer[:40], next_try_at=due_at)
