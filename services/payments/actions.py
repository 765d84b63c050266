"""What can be done to payments: one method, one transaction, one span of its name. It knows no wire and no SQL."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chassis import ids, paging, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind
from chassis.validation import invalid
from services.payments.domain.intake import BusinessKeyReused, Intake, Recorded, Replayed, RequestIdReused, judge_intake
from services.payments.domain.payment import (
    NumberedChange,
    Payment,
    PaymentContent,
    PayTimeFault,
    first_change,
    judge_pay_time,
    succeeded_payment,
)
from services.payments.domain.reconciliation import Contradicted, Fact, Plan, UnknownPayments, plan_facts
from services.payments.domain.slice_manifest import Manifest, with_lines
from services.payments.store import ListKey, PaymentFilter, Store

_NUMBERED_AT_ONCE = 5_000
_NUMBERING_TURNS_MAX = 200
_IDS_TOLD_MAX = 10


@dataclass(frozen=True, slots=True)
class Slice:
    """A manifest, and the highest sequence that the feed had given when it was counted."""

    manifest: Manifest
    max_sequence: int


class Actions:
    """The actions of the payments service, on its database."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def record_payment(self, request_id: str, fingerprint: bytes, content: PaymentContent) -> Recorded | Replayed:
        """Take a payment in once, whatever is repeated: payment, used request_id and feed row commit together.

        `fingerprint` is the SHA-256 of what was asked under `request_id`. Raises Fault INVALID_FIELD for an
        impossible pay_time, REQUEST_ID_REUSED or BUSINESS_KEY_REUSED for a key with other content; all store nothing.
        """
        now = self._clock.now()
        _refuse_pay_time(judge_pay_time(content.pay_time, now))
        payment = succeeded_payment(content, ids.new_id("pay"), now, telemetry.current_traceparent())
        async with self._sessions.begin() as session:
            decided = await _take_in(Store(session), request_id, fingerprint, payment, now)
            taken = _taken(decided)  # a Fault leaves the transaction here and undoes it
        telemetry.annotate(
            payment_id=taken.payment.payment_id,
            merchant_order_no=content.merchant_order_no,
            replayed=isinstance(taken, Replayed),
        )
        return taken

    @telemetry.traced
    async def get_payment(self, payment_id: str) -> Payment:
        """The payment by that id. Raises Fault NOT_FOUND."""
        telemetry.annotate(payment_id=payment_id)
        async with self._sessions.begin() as session:
            payment = await Store(session).payment(payment_id)
        if payment is None:
            raise _not_found((payment_id,))
        return payment

    @telemetry.traced
    async def list_payments(self, wanted: PaymentFilter, page_size: int, page_token: str) -> tuple[list[Payment], str]:
        """A page of payments, newest first, and the token of the next page; empty on the last.

        Raises Fault INVALID_FIELD for a merchant_order_no without merchant_id, INVALID_PAGE_TOKEN.
        """
        if wanted.merchant_order_no and not wanted.merchant_id:
            raise _order_without_merchant()
        after = _key_of(wanted, page_token)
        async with self._sessions.begin() as session:
            found = await Store(session).payments(wanted, after, page_size + 1)
        page = found[:page_size]
        return page, _token_after(wanted, page[-1]) if len(found) > page_size else ""

    @telemetry.traced
    async def record_reconciliations(self, facts: Sequence[Fact]) -> Plan:
        """Write what runs decided, all or nothing: facts, the payments as they now stand, and their feed rows.

        Raises Fault NOT_FOUND for a payment that is not known, BUSINESS_KEY_REUSED for a run that told another
        outcome before.
        """
        now = self._clock.now()
        async with self._sessions.begin() as session:
            store = Store(session)
            standings = await store.lock_standings([fact.payment_id for fact in facts])
            written = await store.facts([fact.key for fact in facts])
            plan = _agreed(plan_facts(facts, standings, written))
            if plan.facts:
                await store.add_facts(plan.facts, now)
            if plan.changes:
                await store.set_reconciled(plan.changes)
                await store.add_changes([each.change for each in plan.changes])
        telemetry.annotate(recorded_count=len(plan.facts), repeated_count=plan.repeated_count)
        return plan

    async def number_feed(self) -> int:
        """Give committed changes their sequences, in turns of one transaction each; returns how many.

        A change that commits after a turn has begun is numbered by a later one, so no sequence is ever given below
        one that was read. Replicas may number at once: the lock of the head makes them take turns.
        """
        numbered_count = 0
        for _ in range(_NUMBERING_TURNS_MAX):
            async with self._sessions.begin() as session:
                waiting = await Store(session).has_unnumbered()
            if not waiting:
                break
            numbered_count += await self.number_changes()
        return numbered_count

    @telemetry.traced
    async def number_changes(self) -> int:
        """One turn of numbering; returns how many changes got a sequence."""
        async with self._sessions.begin() as session:
            store = Store(session)
            await store.lock_head()
            count = await store.number_changes(_NUMBERED_AT_ONCE)
        telemetry.annotate(numbered_count=count)
        return count

    async def payment_changes(self, from_sequence: int, batch_size: int) -> AsyncIterator[list[NumberedChange]]:
        """Changes from a sequence on, in batches, up to the highest sequence at the start; so it ends under any load.

        No transaction is open while the consumer takes its time over a batch.
        """
        await self.number_feed()
        async with self._sessions.begin() as session:
            head = await Store(session).head()
        next_sequence = max(from_sequence, 1)
        while next_sequence <= head:
            async with self._sessions.begin() as session:
                batch = await Store(session).changes(next_sequence, head, batch_size)
            assert batch, "the feed has a gap"
            assert batch[0].sequence == next_sequence, "the feed has a gap"
            next_sequence = batch[-1].sequence + 1
            yield batch

    @telemetry.traced
    async def count_slice(self, channel: str, day: date) -> Slice:
        """Count, sums and digest of a channel's business day, and the place in the feed that they belong to.

        All is read from one snapshot, and only payments that the feed has told by then are counted: a mirror that
        has read up to `max_sequence` must hold the same.
        """
        await self.number_feed()
        manifest = Manifest()
        async with self._sessions.begin() as session:
            store = Store(session)
            await store.read_one_snapshot()
            max_sequence = await store.head()
            async for lines in store.slice_lines(channel, day):
                manifest = with_lines(manifest, lines)
        telemetry.annotate(channel=channel, business_date=day.isoformat(), payment_count=manifest.payment_count)
        return Slice(manifest, max_sequence)


async def _take_in(store: Store, request_id: str, fingerprint: bytes, payment: Payment, now: datetime) -> Intake:
    # Both keys are taken by inserting, so that whoever comes second waits for the first and then sees it. Always the
    # business key first: two transactions never hold what the other waits for.
    content = payment.content
    if await store.add_payment(payment):
        kept = payment
        await store.add_changes([first_change(payment)])
    else:
        kept = await store.payment_of_order(content.merchant_id, content.merchant_order_no)
    is_first_use = await store.add_request(request_id, fingerprint, kept.payment_id, now)
    used = None if is_first_use else await store.used_request(request_id)
    return judge_intake(payment, kept, used, fingerprint)


def _taken(decided: Intake) -> Recorded | Replayed:
    match decided:
        case Recorded() | Replayed():
            return decided
        case RequestIdReused(fields=fields):
            names = ", ".join(fields)
            raise Fault(
                Kind.EXISTS,
                "REQUEST_ID_REUSED",
                f"request_id was used for a request that differs in {names}: a new request needs a new request_id",
                f"request_id 已用于另一请求，不同的字段：{names}；新请求请使用新的 request_id",
                metadata={"fields": ",".join(fields)},
            )
        case BusinessKeyReused(payment_id=payment_id, fields=fields):
            names = ", ".join(fields)
            raise Fault(
                Kind.EXISTS,
                "BUSINESS_KEY_REUSED",
                f"the merchant's order was recorded as {payment_id}, which differs in {names}",
                f"该商户订单已登记为 {payment_id}，不同的字段：{names}",
                metadata={"payment_id": payment_id, "fields": ",".join(fields)},
            )


def _refuse_pay_time(found: PayTimeFault | None) -> None:
    match found:
        case PayTimeFault.AHEAD:
            words = ("PAY_TIME_AHEAD", "is more than 15 minutes ahead of our clock", "晚于当前时间 15 分钟以上")
        case PayTimeFault.UNSET:
            words = ("PAY_TIME_UNSET", "is before 2000-01-01: was it left unset?", "早于 2000-01-01，可能未填写")
        case None:
            return
    raise invalid((FieldFault("pay_time", *words),))


def _agreed(planned: Plan | Contradicted | UnknownPayments) -> Plan:
    match planned:
        case Plan():
            return planned
        case UnknownPayments(payment_ids=payment_ids):
            raise _not_found(payment_ids)
        case Contradicted(before=before, told=told):
            raise Fault(
                Kind.EXISTS,
                "BUSINESS_KEY_REUSED",
                f"run {told.run_id} has told {before.outcome} for {told.payment_id}, and now tells {told.outcome}",
                f"批次 {told.run_id} 对支付单 {told.payment_id} 已给出 {before.outcome}，现为 {told.outcome}",
                metadata={"payment_id": told.payment_id, "run_id": told.run_id, "fields": "outcome,exception_class"},
            )


def _not_found(payment_ids: tuple[str, ...]) -> Fault:
    told = ", ".join(payment_ids[:_IDS_TOLD_MAX])
    more = f" (of {len(payment_ids)})" if len(payment_ids) > _IDS_TOLD_MAX else ""
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"no payment by the id {told}{more}",
        f"未找到支付单：{told}{more}",
        metadata={"payment_ids": ",".join(payment_ids[:_IDS_TOLD_MAX])},
    )


def _order_without_merchant() -> Fault:
    message, message_zh = (
        "needs merchant_id: an order number is unique only within a merchant",
        "须同时给出 merchant_id",
    )
    return invalid((FieldFault("merchant_order_no", "NEEDS_MERCHANT_ID", message, message_zh),))


def _token_after(wanted: PaymentFilter, last: Payment) -> str:
    return paging.encode(_filter_text(wanted), (last.create_time.isoformat(), last.payment_id))


def _key_of(wanted: PaymentFilter, page_token: str) -> ListKey | None:
    key = paging.decode(_filter_text(wanted), page_token)
    if not key:
        return None
    try:
        create_time, payment_id = key
        return ListKey(datetime.fromisoformat(create_time), payment_id)
    except ValueError:
        raise paging.wrong_token() from None


def _filter_text(wanted: PaymentFilter) -> str:
    return "\x1f".join((wanted.merchant_id, wanted.merchant_order_no, wanted.channel, str(wanted.business_date or "")))
