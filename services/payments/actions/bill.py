"""Bills: taking them in, reading them, withdrawing them. What a bill is paid is settled in bill_follow.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from chassis.versions import must_be_at
from services.payments.actions.bill_follow import BillFollowActions, settle
from services.payments.domain.bill import (
    OWED,
    Bill,
    BillContent,
    BillKey,
    NotCancellable,
    Reused,
    cancelled,
    judge_repeat,
    new_bill,
)
from services.payments.domain.bill_answer import JudgedPart, Near, fits
from services.payments.domain.bill_payment import Standing, standing_of
from services.payments.domain.bill_words import Answer, answer
from services.payments.domain.duplicate import DuplicateState
from services.payments.domain.near_number import near_numbers
from services.payments.store import bill as bills
from services.payments.store import bill_payment, duplicate
from services.payments.store.bill import BillFilter, BillPlace

_PARTS_MAX = 200
_NEAR_MAX = 5


@dataclass(frozen=True, slots=True)
class Told:
    """Bills as they stand, in the order in which they were told, and how many had been told before."""

    bills: tuple[Bill, ...]
    replayed_count: int


@dataclass(frozen=True, slots=True)
class BillFound:
    """A bill, its payments in the order in which they were paid, those under near numbers, and why it stands so."""

    bill: Bill
    payments: tuple[JudgedPart, ...]
    near: tuple[Near, ...]
    answer: Answer


class BillActions:
    """The actions on bills. Every one lets the bills follow first what was committed, so that it reads its writes."""

    def __init__(self, sessions: Sessions, clock: Clock, follower: BillFollowActions) -> None:
        self._sessions = sessions
        self._clock = clock
        self._follower = follower

    @telemetry.traced
    async def create_bills(self, request_id: str, fingerprint: bytes, contents: Sequence[BillContent]) -> Told:
        """Take bills in, all or none, with the payments that named them before; each number stands once.

        `fingerprint` is the SHA-256 of what was asked under `request_id`. Raises Fault REQUEST_ID_REUSED, or
        BUSINESS_KEY_REUSED for a number that was told with other content; both store nothing.
        """
        await self._follower.catch_up()
        now, keys = self._clock.now(), [content.key for content in contents]
        async with self._sessions.begin() as session:
            if await bills.add_request(session, request_id, fingerprint, now) != fingerprint:
                raise _request_reused()
            added = await bills.add_bills(session, [new_bill(content, now) for content in contents])
            await _refuse_others(session, [content for content in contents if content.key not in added])
            if added:
                await _settle_new(session, sorted(added), now)
            found = await bills.bills_of(session, keys)
        telemetry.annotate(bill_count=len(keys), replayed_count=len(keys) - len(added))
        return Told(tuple(found[key] for key in keys), len(keys) - len(added))

    @telemetry.traced
    async def get_bill(self, key: BillKey) -> BillFound:
        """The bill with all that explains it, from one snapshot. Raises Fault NOT_FOUND."""
        await self._follower.catch_up()
        async with self._sessions.begin() as session:
            await bills.read_one_snapshot(session)
            found = (await bills.bills_of(session, [key])).get(key)
            if found is None:
                raise _not_found(key, await bill_payment.naming_count(session, key))
            judged = await _judged_parts(session, found)
            near = await _near_payments(session, found) if found.state in OWED else ()
        return BillFound(found, judged, near, answer(found, judged, near))

    @telemetry.traced
    async def list_bills(self, wanted: BillFilter, page_size: int, page_token: str) -> tuple[list[Bill], str]:
        """A page of bills, newest first, and the token of the next page. Raises Fault INVALID_PAGE_TOKEN."""
        after = _place_of(wanted, page_token)
        await self._follower.catch_up()
        async with self._sessions.begin() as session:
            found = await bills.bills_page(session, wanted, after, page_size + 1)
        page = found[:page_size]
        return page, _token_after(wanted, page[-1]) if len(found) > page_size else ""

    @telemetry.traced
    async def cancel_bill(self, key: BillKey, reason: str, expected_version: int = 0) -> Bill:
        """Withdraw a bill. Raises Fault NOT_FOUND, VERSION_MISMATCH, or BILL_NOT_CANCELLABLE when something was paid.

        What is paid while it is withdrawn, or later, becomes a case with a proposed refund.
        """
        await self._follower.catch_up()
        async with self._sessions.begin() as session:
            await bill_payment.lock_head(session)
            before = (await bills.bills_of(session, [key])).get(key)
            if before is None:
                raise _not_found(key, 0)
            after = _agreed(cancelled(before, reason, self._clock.now()), key)
            if after != before:
                must_be_at(expected_version, before.version)
                await bills.save_bills(session, [after])
        return after


async def _refuse_others(session: AsyncSession, contents: Sequence[BillContent]) -> None:
    kept = await bills.bills_of(session, [content.key for content in contents]) if contents else {}
    for content in contents:
        if (reused := judge_repeat(content, kept[content.key].content)) is not None:
            raise _number_reused(reused)


async def _settle_new(session: AsyncSession, keys: Sequence[BillKey], now: datetime) -> None:
    # From here until the commit no payment is followed, so none can come to a number between its being looked at and
    # its bill's being seen.
    await bill_payment.lock_head(session)
    await bill_payment.link_orders(session, keys)
    await settle(session, keys, now)


async def _judged_parts(session: AsyncSession, bill: Bill) -> tuple[JudgedPart, ...]:
    key, code = bill.content.key, bill.content.amount.currency_code
    parts = await bill_payment.parts_of(session, key, _PARTS_MAX)
    cases = (await duplicate.known_cases(session, [key])).get(key, [])
    too_many = {case.payment_id for case in cases if case.state is DuplicateState.OPEN}
    standings = [standing_of(part, code, is_duplicate=part.payment_id in too_many) for part in parts]
    differing = [
        part.payment_id for part, standing in zip(parts, standings, strict=True) if standing is Standing.EXCEPTION
    ]
    classes = await bill_payment.exception_classes(session, differing) if differing else {}
    return tuple(
        JudgedPart(part, standing, classes.get(part.payment_id, ""))
        for part, standing in zip(parts, standings, strict=True)
    )


async def _near_payments(session: AsyncSession, bill: Bill) -> tuple[Near, ...]:
    slips = near_numbers(bill.content.bill_no)
    parts = await bill_payment.unneeded_parts(session, bill.content.merchant_id, list(slips), _NEAR_MAX)
    near = [Near(part, slips[part.bill_no], fits(part, bill.due)) for part in parts]
    return tuple(sorted(near, key=lambda each: not each.fits))


def _agreed(decided: Bill | NotCancellable, key: BillKey) -> Bill:
    match decided:
        case Bill():
            return decided
        case NotCancellable(paid=paid):
            raise Fault(
                Kind.PRECONDITION,
                "BILL_NOT_CANCELLABLE",
                f"{paid} was paid for bill {key[1]}: refund it first",
                f"账单 {key[1]} 已缴 {paid}，请先退款",
                metadata={"merchant_id": key[0], "bill_no": key[1]},
            )


def _request_reused() -> Fault:
    return Fault(
        Kind.EXISTS,
        "REQUEST_ID_REUSED",
        "request_id was used for other bills: a new request needs a new request_id",
        "request_id 已用于其他账单；新请求请使用新的 request_id",
    )


def _number_reused(reused: Reused) -> Fault:
    merchant_id, bill_no = reused.key
    names = ", ".join(reused.fields)
    return Fault(
        Kind.EXISTS,
        "BUSINESS_KEY_REUSED",
        f"bill {bill_no} of {merchant_id} was told before and differs in {names}: a bill never changes",
        f"商户 {merchant_id} 的账单 {bill_no} 已登记，不同的字段：{names}；账单内容不可更改",
        metadata={"merchant_id": merchant_id, "bill_no": bill_no, "fields": ",".join(reused.fields)},
    )


def _not_found(key: BillKey, naming_count: int) -> Fault:
    merchant_id, bill_no = key
    named = f"; {naming_count} payments name it and count as soon as it is told" if naming_count else ""
    named_zh = f"；已有 {naming_count} 笔支付使用该账单号，账单登记后即计入" if naming_count else ""
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"{merchant_id} has told no bill {bill_no}{named}",
        f"商户 {merchant_id} 没有账单 {bill_no}{named_zh}",
        metadata={"merchant_id": merchant_id, "bill_no": bill_no, "naming_payment_count": str(naming_count)},
    )


def _token_after(wanted: BillFilter, last: Bill) -> str:
    return paging.encode(_filter_text(wanted), (last.create_time.isoformat(), *last.content.key))


def _place_of(wanted: BillFilter, page_token: str) -> BillPlace | None:
    key = paging.decode(_filter_text(wanted), page_token)
    if not key:
        return None
    try:
        create_time, merchant_id, bill_no = key
        return BillPlace(datetime.fromisoformat(create_time), merchant_id, bill_no)
    except ValueError:
        raise paging.wrong_token() from None


def _filter_text(wanted: BillFilter) -> str:
    return "\x1f".join(
        ("bills", wanted.merchant_id, wanted.state or "", wanted.category or "", str(wanted.overdue_on or ""))
    )
