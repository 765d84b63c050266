"""Reversals (冲正) and chargebacks (拒付): what channels took back, or gave again. It asks no channel."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, paging, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.money import Money
from services.payments.actions import given_back
from services.payments.actions.missing import gone
from services.payments.domain.money_left import covered_minor
from services.payments.domain.payment import ChangeKind
from services.payments.domain.takeback import Takeback, TakebackContent, TakebackKind, differing_fields, judge_won
from services.payments.store import feed, money_left
from services.payments.store import payment as payments
from services.payments.store import refund as refunds
from services.payments.store import takeback as takebacks
from services.payments.store.refund import FactKey, KeptFact
from services.payments.store.takeback import TakebackFilter


@dataclass(frozen=True, slots=True)
class Taken:
    """The fact; `replayed` when it had been taken in before and nothing was changed."""

    takeback: Takeback
    replayed: bool


class TakebackActions:
    """What can be done with what channels took back."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def record_takeback(self, request_id: str, fingerprint: bytes, content: TakebackContent) -> Taken:
        """Take a fact in once: its number, the money that it moved, its feed row commit together.

        Raises Fault NOT_FOUND, INVALID_FIELD, REQUEST_ID_REUSED, BUSINESS_KEY_REUSED, PAYMENT_ARCHIVED, NOT_REFUNDABLE
        when the payment has not succeeded, REFUND_EXCEEDS when more is told than came in; all of them store nothing.
        """
        time_field = "return_time" if content.kind is TakebackKind.CHARGEBACK_WON else "take_time"
        given_back.refuse_time(time_field, content.take_time, self._clock.now())
        async with self._sessions.begin() as session:
            taken = await self._take_in(session, request_id, fingerprint, content)
        telemetry.annotate(
            payment_id=content.payment_id, takeback_id=taken.takeback.takeback_id, replayed=taken.replayed
        )
        return taken

    @telemetry.traced
    async def list_takebacks(
        self, wanted: TakebackFilter, page_size: int, page_token: str
    ) -> tuple[Sequence[Takeback], str]:
        """A page of facts, newest first, and the token of the next page; empty on the last.

        Raises Fault INVALID_PAGE_TOKEN.
        """
        filter_text = f"takebacks\x1f{wanted}"
        before_id = paging.last_id(filter_text, page_token)
        async with self._sessions.begin() as session:
            found = await takebacks.page(session, wanted, before_id, page_size + 1)
        page = found[:page_size]
        return page, paging.encode(filter_text, (page[-1].takeback_id,)) if len(found) > page_size else ""

    async def _take_in(
        self, session: AsyncSession, request_id: str, fingerprint: bytes, content: TakebackContent
    ) -> Taken:
        now, takeback_id = self._clock.now(), ids.new_id("tkb")
        payment = await payments.get(session, content.payment_id)
        if payment is None:
            raise await gone(session, content.payment_id)
        given_back.refuse_currency(payment, content.amount)
        merchant_id = payment.content.merchant_id
        key = FactKey(merchant_id, content.kind.value, content.channel_takeback_no)
        kept = await given_back.take_key(session, key, KeptFact(content.payment_id, takeback_id))
        await given_back.take_request(session, request_id, fingerprint, content.payment_id, now)
        if kept is not None:
            return Taken(await _same_as(session, kept, content), replayed=True)
        if content.kind is TakebackKind.CHARGEBACK_WON:
            await _refuse_won(session, merchant_id, content)
            uncovered = await _money_comes_again(session, content, takeback_id)
        else:
            uncovered = await _take_money(session, content, takeback_id)
        traceparent = telemetry.current_traceparent()
        takeback = Takeback(takeback_id, merchant_id, content, uncovered, now, traceparent)
        await takebacks.add(session, takeback)
        return Taken(takeback, replayed=False)


async def _take_money(session: AsyncSession, content: TakebackContent, takeback_id: str) -> Money:
    """Move the money and tell the feed; what of it the payment does not cover."""
    money = await money_left.lock(session, content.payment_id)
    assert money is not None, "the payment was there"
    covered = covered_minor(money, content.amount.amount_minor)
    if not isinstance(covered, int):
        raise given_back.not_given(covered)
    kind = ChangeKind(content.kind.value)
    changed = await money_left.take(session, content.payment_id, content.amount, covered, kind, takeback_id)
    await feed.add_changes(session, [changed])
    return content.amount - Money(content.amount.currency_code, covered)


async def _refuse_won(session: AsyncSession, merchant_id: str, content: TakebackContent) -> None:
    key = FactKey(merchant_id, TakebackKind.CHARGEBACK.value, content.channel_takeback_no)
    kept = await refunds.holder_of(session, key)
    chargeback = await takebacks.get_of(session, kept) if kept else None
    given_back.refuse_won(judge_won(content, chargeback.content if chargeback else None))


async def _money_comes_again(session: AsyncSession, content: TakebackContent, takeback_id: str) -> Money:
    """Move the money and tell the feed; what of it only made up for something uncovered."""
    money = await money_left.lock(session, content.payment_id)
    assert money is not None, "the payment was there"
    changed = await money_left.come_again(session, content.payment_id, content.amount, takeback_id)
    await feed.add_changes(session, [changed])
    return Money(content.amount.currency_code, min(content.amount.amount_minor, money.uncovered_minor))


async def _same_as(session: AsyncSession, kept: KeptFact, content: TakebackContent) -> Takeback:
    takeback = await takebacks.get_of(session, kept)
    if takeback is None:
        raise given_back.archived(kept)
    if fields := differing_fields(content, takeback.content):
        raise given_back.key_reused(takeback.takeback_id, fields)
    return takeback
