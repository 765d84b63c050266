"""What channels tell by themselves: proved, kept sealed, and followed in one transaction; only then it is taken.

Of what is refused nothing is kept but a digest, and of those so many for an account and a day (refused_callbacks.py),
since whoever likes may send them. It knows no wire.
"""

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.payments.actions.channel_settling import Rules, is_followed, settle
from services.payments.actions.refused_callbacks import RefusedCallbacks
from services.payments.actions.settling import settle as settle_refund
from services.payments.channels import Forged, OtherTold, PaymentTold, RefundMoved, RefundTold
from services.payments.channels.accounts import Account, Accounts
from services.payments.domain.callback import Ingested, Outcome, raw_of, seal_context
from services.payments.domain.refund import RefundTimers
from services.payments.domain.told import Heard
from services.payments.store import callback as callbacks
from services.payments.store import channel_order as orders
from services.payments.store import refund as refunds
from services.payments.store.callback import KeptCallback, RefusedDigest
from services.payments.store.refund import AT_ACCOUNT, FactKey

_TAKEN_DAYS: Final = 180
_REFUSED_DAYS: Final = 30
_CLEARED_AT_ONCE: Final = 500
_UNKNOWN_NUMBER: Final = "UNKNOWN_NUMBER"
_DISAGREES: Final = "DISAGREES"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Came:
    """A callback as it came, to an account."""

    account: Account
    headers: Mapping[str, str]
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class _Followed:
    """What a callback is about: the payment whose standing it told, empty when none of ours."""

    payment_id: str = ""


@dataclass(frozen=True, slots=True)
class _NotFollowed:
    """Why what it told is not followed."""

    cause: str


class CallbackActions:
    """How callbacks come in. `jitter` gives shares of 1 that spread the questions to a channel."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        accounts: Accounts,
        ring: KeyRing | None,
        rules: Rules,
        refund_timers: RefundTimers,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._accounts = accounts
        self._ring = ring
        self._rules = rules
        self._refund_timers = refund_timers
        self._jitter = jitter
        self.refused = RefusedCallbacks(sessions)

    @telemetry.traced
    async def ingest_callback(self, account_id: str, headers: Mapping[str, str], body: bytes) -> Ingested:
        """Prove a callback, keep it and follow it; the answer is what its channel is to be told.

        Raises Fault NOT_FOUND when no account has that id. A callback that is refused is no Fault.
        """
        telemetry.annotate(account_id=account_id)
        account = self._accounts.by_id(account_id)
        if account is None:
            raise _no_account(account_id)
        came = _Came(account, headers, body, self._clock.now())
        outcome = await self._ingest(came)
        telemetry.annotate(outcome=outcome.value)
        return Ingested(outcome, account.channel.reply(taken=outcome is not Outcome.REFUSED))

    @telemetry.traced
    async def clear_callbacks(self) -> int:
        """Delete a batch of what is too old: callbacks after 180 days, digests after 30; how many rows."""
        now = self._clock.now()
        taken_before, refused_before = now - timedelta(days=_TAKEN_DAYS), now - timedelta(days=_REFUSED_DAYS)
        async with self._sessions.begin() as session:
            return await callbacks.clear(session, taken_before, refused_before, _CLEARED_AT_ONCE)

    async def _ingest(self, came: _Came) -> Outcome:
        told = came.account.channel.read_callback(came.headers, came.body, came.now)
        if isinstance(told, Forged):
            return self._refuse(came, told.cause.value)
        async with self._sessions.begin() as session:
            followed = await self._follow(session, came, told)
            if isinstance(followed, _Followed):
                return await self._keep(session, came, told, followed.payment_id)
        return self._refuse(came, followed.cause)

    async def _follow(
        self, session: AsyncSession, came: _Came, told: PaymentTold | RefundTold | OtherTold
    ) -> _Followed | _NotFollowed:
        match told:
            case PaymentTold():
                return await self._follow_payment(session, came, told)
            case RefundTold():
                return await self._follow_refund(session, came, told)
            case OtherTold():
                return _Followed()

    async def _follow_payment(self, session: AsyncSession, came: _Came, told: PaymentTold) -> _Followed | _NotFollowed:
        payment_id = await orders.payment_id_of(session, came.account.account_id, told.merchant_order_no)
        if payment_id is None or await orders.get(session, payment_id) is None:
            return _NotFollowed(_UNKNOWN_NUMBER)
        heard = Heard(told.told, None)
        settled = await settle(session, payment_id, heard, came.now, self._jitter(), self._rules)
        return _Followed(payment_id) if is_followed(settled) else _NotFollowed(_DISAGREES)

    async def _follow_refund(self, session: AsyncSession, came: _Came, told: RefundTold) -> _Followed | _NotFollowed:
        kept = await refunds.holder_of(session, FactKey(came.account.account_id, AT_ACCOUNT, told.merchant_refund_no))
        refund = await refunds.get_of(session, kept) if kept else None
        if refund is None:
            # A channel that tells of every refund of an order tells of those that were not asked for here, too.
            return _Followed() if isinstance(told.told, RefundMoved) else _NotFollowed(_UNKNOWN_NUMBER)
        settled = await settle_refund(session, refund, told.told, came.now, self._jitter(), self._refund_timers)
        return _Followed(refund.content.payment_id) if settled.is_followed else _NotFollowed(_DISAGREES)

    async def _keep(
        self, session: AsyncSession, came: _Came, told: PaymentTold | RefundTold | OtherTold, payment_id: str
    ) -> Outcome:
        assert self._ring is not None, "where there are accounts there are keys to seal by"
        account_id = came.account.account_id
        kept = KeptCallback(
            account_id=account_id,
            event_id=told.event_id,
            kind=_KINDS[type(told)],
            payment_id=payment_id,
            sealed=self._ring.seal(raw_of(came.headers, came.body), seal_context(account_id, told.event_id)),
            receive_time=came.now,
            traceparent=telemetry.current_traceparent(),
        )
        telemetry.annotate(payment_id=payment_id)
        if await callbacks.add(session, kept):
            return Outcome.TAKEN
        await callbacks.count_repeat(session, account_id, told.event_id)
        return Outcome.REPEATED

    def _refuse(self, came: _Came, cause: str) -> Outcome:
        account_id, digest = came.account.account_id, hashlib.sha256(came.body)
        telemetry.annotate(refused=cause)
        if self.refused.add(RefusedDigest(account_id, cause, digest.digest(), len(came.body), came.now)):
            _log.warning("callback refused", account_id=account_id, cause=cause, body_sha256=digest.hexdigest())
        return Outcome.REFUSED


_KINDS = {PaymentTold: "PAYMENT", RefundTold: "REFUND", OtherTold: "OTHER"}


def _no_account(account_id: str) -> Fault:
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"no channel account by the id {account_id}",
        f"未找到渠道账户：{account_id}",
        metadata={"account_id": account_id},
    )
