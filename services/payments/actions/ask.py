"""Payments at their channels: asked about now, closed, or polled until their end is known. It knows no wire.

The channel is asked outside of any transaction; its answer is judged against the payment as it stands when it comes.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from chassis import paging, storage_fault, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault
from services.payments.actions.channel_settling import Rules, settle
from services.payments.actions.given_back import take_request
from services.payments.actions.missing import not_found
from services.payments.channels import Channel
from services.payments.channels.accounts import Accounts
from services.payments.domain.channel_order import Question, next_question, to_order
from services.payments.domain.life import is_final
from services.payments.domain.payment import Payment
from services.payments.domain.told import Heard, account_missing, not_settled
from services.payments.store import channel_order as orders
from services.payments.store import payment as payments
from services.payments.store.channel_order import AttentionKey, Started

_CLAIMED_AT_ONCE = 20
_ATTENTIONS = "channel_attentions"
_log = structlog.get_logger()


class AskActions:
    """What channels are asked about payments that were started here. `jitter` gives shares of 1 that spread polls."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        accounts: Accounts,
        rules: Rules,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._accounts = accounts
        self._rules = rules
        self._jitter = jitter

    @telemetry.traced
    async def confirm_payment(self, payment_id: str) -> Payment:
        """Ask the channel now; the payment as it stands after that. Raises Fault NOT_FOUND.

        One that was recorded, or is final and needs nobody, is told as it is.
        """
        started = await self._started(payment_id)
        if isinstance(started, Payment):
            return started
        if is_final(started.payment.state) and started.order.attention is None:
            return started.payment
        return (await self._ask_and_settle(started)).payment

    @telemetry.traced
    async def close_payment(self, request_id: str, fingerprint: bytes, payment_id: str) -> Payment:
        """Let nobody pay it any more: closed at the channel first, and here by what the channel says.

        `fingerprint` is the SHA-256 of what was asked under `request_id`. Raises Fault NOT_FOUND, REQUEST_ID_REUSED.
        """
        started = await self._started(payment_id)
        now = self._clock.now()
        async with self._sessions.begin() as session:
            await take_request(session, request_id, fingerprint, payment_id, now)
            if isinstance(started, Payment):
                return started
            started = await orders.lock(session, payment_id)
            if is_final(started.payment.state):
                return started.payment
            lease_until = now + timedelta(seconds=self._rules.timers.lease_seconds)
            order = replace(started.order, close_wanted=True, next_poll_time=lease_until)
            await orders.write(session, order)
        return (await self._ask_and_settle(replace(started, order=order))).payment

    async def poll_payments(self) -> int:
        """Ask about the payments that fell due, some at once; returns how many. One that fails falls due again."""
        now = self._clock.now()
        lease_until = now + timedelta(seconds=self._rules.timers.lease_seconds)
        async with self._sessions.begin() as session:
            due = await orders.claim_due(session, now, lease_until, _CLAIMED_AT_ONCE)
        failures = await asyncio.gather(*map(self._failure_of_poll, due))
        failed = [(started, reason) for started, reason in zip(due, failures, strict=True) if reason]
        if failed:
            await self._put_off(failed, lease_until)
        return len(due)

    async def poll_payment(self, started: Started) -> None:
        """Ask about one payment that was claimed; in the trace in which it was started."""
        with telemetry.span("poll_payment", parent=started.payment.traceparent):
            telemetry.annotate(payment_id=started.payment.payment_id, poll_count=started.order.poll_count)
            await self._ask_and_settle(started)

    @telemetry.traced
    async def list_channel_attentions(self, page_size: int, page_token: str) -> tuple[Sequence[Started], str]:
        """A page of the payments that need a person, longest waiting first, and the token of the next page.

        Raises Fault INVALID_PAGE_TOKEN.
        """
        after = _key_of(page_token)
        async with self._sessions.begin() as session:
            found = await orders.with_attention(session, after, page_size + 1)
        page = found[:page_size]
        return page, _token_after(page[-1]) if len(found) > page_size else ""

    async def _failure_of_poll(self, started: Started) -> str:
        """Poll one payment, whose failure is its own and not its neighbours'; why it failed, empty when it did not."""
        try:
            await self.poll_payment(started)
        except Exception as raised:  # noqa: BLE001  what is wrong with one payment must not keep others unasked
            payment_id, poll_count = started.payment.payment_id, started.order.poll_count
            facts = storage_fault.log_facts(raised)
            _log.error("payment could not be settled", payment_id=payment_id, poll_count=poll_count, **facts)
            return raised.reason if isinstance(raised, Fault) else type(raised).__name__
        return ""

    @telemetry.traced
    async def _put_off(self, failed: Sequence[tuple[Started, str]], lease_until: datetime) -> None:
        """Let what failed fall due again, ever later. What was settled or claimed meanwhile is left as it is."""
        now, timers = self._clock.now(), self._rules.timers
        async with self._sessions.begin() as session:
            for started, reason in sorted(failed, key=lambda one: one[0].order.payment_id):
                standing = (await orders.lock(session, started.order.payment_id)).order
                if standing.next_poll_time == lease_until and standing.poll_count == started.order.poll_count:
                    await orders.write(session, not_settled(standing, reason, now, self._jitter(), timers))

    async def _started(self, payment_id: str) -> Started | Payment:
        telemetry.annotate(payment_id=payment_id)
        async with self._sessions.begin() as session:
            if started := await orders.get(session, payment_id):
                return started
            payment = await payments.get(session, payment_id)
        if payment is None:
            raise not_found((payment_id,))
        return payment

    async def _ask_and_settle(self, started: Started) -> Started:
        account = self._accounts.by_id(started.order.account_id)
        if account is None:
            return await self._set_aside(started)
        heard = await self._ask(account.channel, started)
        payment_id, now = started.payment.payment_id, self._clock.now()
        async with self._sessions.begin() as session:
            return (await settle(session, payment_id, heard, now, self._jitter(), self._rules)).started

    async def _ask(self, channel: Channel, started: Started) -> Heard:
        question = next_question(started.order, self._clock.now(), self._rules.timers)
        if is_final(started.payment.state):
            question = Question.QUERY
        order = to_order(started.payment, started.order)
        ask = channel.close if question is Question.CLOSE else channel.query
        return Heard(await ask(order), question)

    async def _set_aside(self, started: Started) -> Started:
        async with self._sessions.begin() as session:
            standing = await orders.lock(session, started.payment.payment_id)
            order = account_missing(standing.order, self._clock.now())
            await orders.write(session, order)
        return replace(standing, order=order)


def _token_after(last: Started) -> str:
    assert last.order.attention is not None, "the list holds nothing else"
    return paging.encode(_ATTENTIONS, (last.order.attention.attention_time.isoformat(), last.order.payment_id))


def _key_of(page_token: str) -> AttentionKey | None:
    key = paging.decode(_ATTENTIONS, page_token)
    if not key:
        return None
    try:
        at, payment_id = key
        return AttentionKey(datetime.fromisoformat(at), payment_id)
    except ValueError:
        raise paging.wrong_token() from None
