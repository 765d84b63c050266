"""Duplicate payments: listing cases and closing them without a refund. A refund closes a case in bill_follow.py."""

from datetime import datetime

from chassis import paging, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind
from chassis.validation import invalid
from services.payments.actions.bill_follow import BillFollowActions
from services.payments.domain.duplicate import Closing, Duplicate, DuplicateState
from services.payments.store import duplicate as duplicates
from services.payments.store.duplicate import DuplicateFilter, DuplicatePlace


class DuplicateActions:
    """The actions on cases. Each lets the bills follow first what was committed."""

    def __init__(self, sessions: Sessions, clock: Clock, follower: BillFollowActions) -> None:
        self._sessions = sessions
        self._clock = clock
        self._follower = follower

    @telemetry.traced
    async def list_duplicates(
        self, wanted: DuplicateFilter, page_size: int, page_token: str
    ) -> tuple[list[Duplicate], str]:
        """A page of cases, newest first, and the token of the next page.

        Raises Fault INVALID_FIELD for a bill_no without merchant_id, INVALID_PAGE_TOKEN.
        """
        if wanted.bill_no and not wanted.merchant_id:
            raise _bill_without_merchant()
        after = _place_of(wanted, page_token)
        await self._follower.catch_up()
        async with self._sessions.begin() as session:
            found = await duplicates.cases_page(session, wanted, after, page_size + 1)
        page = found[:page_size]
        return page, _token_after(wanted, page[-1]) if len(found) > page_size else ""

    @telemetry.traced
    async def dismiss_duplicate(self, duplicate_id: str, reason: str, dismissed_by: str) -> Duplicate:
        """Close a case without a refund. Raises Fault NOT_FOUND, or DUPLICATE_CLOSED when it was closed otherwise."""
        await self._follower.catch_up()
        told = Closing(DuplicateState.DISMISSED, reason, dismissed_by, self._clock.now())
        async with self._sessions.begin() as session:
            _require(await duplicates.case(session, duplicate_id), duplicate_id)
            await duplicates.close_cases(session, {duplicate_id: told})
            after = _require(await duplicates.case(session, duplicate_id), duplicate_id)
            assert after.closing is not None, "it was just closed, by us or by who was first"
            if not after.closing.says_the_same(told):
                raise _closed(after.duplicate_id, after.closing)
        telemetry.annotate(duplicate_id=duplicate_id)
        return after


def _require(found: Duplicate | None, duplicate_id: str) -> Duplicate:
    if found is None:
        raise Fault(
            Kind.NOT_FOUND,
            "NOT_FOUND",
            f"no duplicate payment by the id {duplicate_id}",
            f"未找到重复缴费记录：{duplicate_id}",
            metadata={"duplicate_id": duplicate_id},
        )
    return found


def _closed(duplicate_id: str, closing: Closing) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "DUPLICATE_CLOSED",
        f"the case is {closing.state} already{f': {closing.reason}' if closing.reason else ''}",
        f"该记录已关闭（{closing.state}）{f'：{closing.reason}' if closing.reason else ''}",
        metadata={"duplicate_id": duplicate_id, "state": closing.state.value},
    )


def _bill_without_merchant() -> Fault:
    words = ("needs merchant_id: a bill number is unique only within a merchant", "须同时给出 merchant_id")
    return invalid((FieldFault("bill_no", "NEEDS_MERCHANT_ID", *words),))


def _token_after(wanted: DuplicateFilter, last: Duplicate) -> str:
    return paging.encode(_filter_text(wanted), (last.create_time.isoformat(), last.duplicate_id))


def _place_of(wanted: DuplicateFilter, page_token: str) -> DuplicatePlace | None:
    key = paging.decode(_filter_text(wanted), page_token)
    if not key:
        return None
    try:
        create_time, duplicate_id = key
        return DuplicatePlace(datetime.fromisoformat(create_time), duplicate_id)
    except ValueError:
        raise paging.wrong_token() from None


def _filter_text(wanted: DuplicateFilter) -> str:
    return "\x1f".join(("duplicates", wanted.merchant_id, wanted.bill_no, wanted.state or ""))
