"""Bills follow the payments: in the order of the feed, exactly once, behind the commit. It slows no intake.

The cursor moves in the transaction that settles the bills. A bill changes only under the lock of the cursor, so that a
payment on its way and a bill on its way never miss each other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.payments.actions.feed import FeedActions
from services.payments.domain.bill import Bill, BillKey, BillState, settled
from services.payments.domain.duplicate import Closing, Duplicate, DuplicateState, Surplus, find_surplus, judge_cases
from services.payments.store import bill as bills
from services.payments.store import bill_payment, duplicate, feed

FOLLOWED_AT_ONCE = 2_000
_TURNS_MAX = 100
_PARTS_JUDGED_MAX = 1_000
_REQUESTS_KEPT = timedelta(days=30)
_FORGOTTEN_AT_ONCE = 1_000


class BillFollowActions:
    """Keeps the bills behind the payments."""

    def __init__(self, sessions: Sessions, clock: Clock, changes: FeedActions) -> None:
        self._sessions = sessions
        self._clock = clock
        self._changes = changes

    async def follow_feed(self) -> int:
        """One turn of the loop; returns how many changes the bills have followed."""
        await self._changes.number_feed()
        followed_to, head = await self._places()
        return await self.settle_bills() if followed_to < head else 0

    async def catch_up(self) -> None:
        """Follow all that was committed before the call, so that the next read of a bill has it.

        Raises Fault UNAVAILABLE when bills are further behind than one call can mend.
        """
        await self._changes.number_feed()
        followed_to, head = await self._places()
        for _ in range(_TURNS_MAX):
            if followed_to >= head:
                return
            await self.settle_bills()
            followed_to, _ = await self._places()
        raise Fault(
            Kind.UNAVAILABLE,
            "UNAVAILABLE",
            f"bills are {head - followed_to} changes behind the payments and catching up: try again",
            f"账单落后于支付 {head - followed_to} 条变更，正在追赶，请稍后重试",
            retry_after_seconds=1,
        )

    @telemetry.traced
    async def settle_bills(self) -> int:
        """Follow the next changes; returns how many. Replicas take turns by the lock of the cursor."""
        now = self._clock.now()
        async with self._sessions.begin() as session:
            followed_to = await bill_payment.lock_head(session)
            to_sequence = min(await feed.head(session), followed_to + FOLLOWED_AT_ONCE)
            if to_sequence == followed_to:
                return 0
            keys = await bill_payment.follow(session, followed_to, to_sequence)
            if keys:
                await settle(session, keys, now)
            await bill_payment.move_head(session, to_sequence)
        telemetry.annotate(followed_count=to_sequence - followed_to, bill_count=len(keys))
        return to_sequence - followed_to

    @telemetry.traced
    async def forget_requests(self) -> int:
        """Delete some of the request ids of bills that are older than 30 days; returns how many."""
        before = self._clock.now() - _REQUESTS_KEPT
        async with self._sessions.begin() as session:
            return await bills.forget_requests(session, before, _FORGOTTEN_AT_ONCE)

    async def _places(self) -> tuple[int, int]:
        async with self._sessions.begin() as session:
            return await bill_payment.head(session), await feed.head(session)


async def settle(session: AsyncSession, keys: Sequence[BillKey], now: datetime) -> None:
    """Bring bills to what their payments sum up to, and their cases with them. The cursor must be locked."""
    changed: list[Bill] = []
    suspects: list[Bill] = []
    for summed in await bill_payment.sum_up(session, keys):
        after = settled(summed.bill, summed.paid, summed.reconciled)
        if after is not None:
            changed.append(after)
            if _may_have_cases(summed.bill) or _may_have_cases(after):
                suspects.append(after)
    if changed:
        await bills.save_bills(session, changed)
    if suspects:
        await _judge(session, suspects, now)


def _may_have_cases(bill: Bill) -> bool:
    return bill.state in (BillState.OVERPAID, BillState.CANCELLED)


async def _judge(session: AsyncSession, suspects: Sequence[Bill], now: datetime) -> None:
    known = await duplicate.known_cases(session, [bill.content.key for bill in suspects])
    opened: list[Duplicate] = []
    closed: dict[str, Closing] = {}
    for bill in suspects:
        parts = await bill_payment.parts_of(session, bill.content.key, _PARTS_JUDGED_MAX)
        judged = judge_cases(find_surplus(bill, parts), known.get(bill.content.key, ()))
        opened += [_case(bill, found, now) for found in judged.to_open]
        closed |= {case_id: Closing(DuplicateState.REFUNDED, "", "", now) for case_id in judged.refunded_ids}
    if opened:
        await duplicate.add_cases(session, opened)
    if closed:
        await duplicate.close_cases(session, closed)
    telemetry.annotate(duplicate_count=len(opened))


def _case(bill: Bill, found: Surplus, now: datetime) -> Duplicate:
    return Duplicate(
        duplicate_id=ids.new_id("dup"),
        merchant_id=bill.content.merchant_id,
        bill_no=bill.content.bill_no,
        bill_amount=bill.content.amount,
        found=found,
        left=found.proposed_refund,
        create_time=now,
        closing=None,
    )
