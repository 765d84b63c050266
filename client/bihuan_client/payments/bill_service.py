"""Bill service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

from bihuan_client.basics import Money
from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .bill import Bill, BillAnswer, BillCategory, BillPayment, BillState, NearPayment
from .duplicate import DuplicatePayment, DuplicatePaymentState


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCreateBillsResponse:
    """The bills as they stand."""

    bills: Sequence[Bill] = ()
    """In the order of the request."""

    replayed_count: int = 0
    """How many of them had been told before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillContent:
    """What a merchant tells of a bill."""

    merchant_id: str
    """The merchant that is owed."""

    bill_no: str
    """The merchant's bill number, exactly as payments will name it."""

    category: BillCategory
    """What is owed for."""

    description: str = ""
    """What the bill says for people; may be empty."""

    amount: Money
    """What is owed; above zero."""

    due_date: str = ""
    """The last day to pay, YYYY-MM-DD; empty when there is none."""

    payer_account: str = field(default="", repr=False)
    """The customer's number at the merchant; may be empty."""

    payer_name: str = field(default="", repr=False)
    """The customer; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelBillResponse:
    """The bill."""

    bill: Bill | None = None
    """As it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBillResponse:
    """The bill as it stands."""

    bill: Bill | None = None
    """The bill."""

    replayed: bool = False
    """True when it had been told before and nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissDuplicateResponse:
    """The case."""

    duplicate: DuplicatePayment | None = None
    """As it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBillResponse:
    """One bill, and what is known about it."""

    bill: Bill | None = None
    """The bill."""

    payments: Sequence[BillPayment] = ()
    """Every payment that names it, in the order in which they were paid; at most 200."""

    near_payments: Sequence[NearPayment] = ()
    """Payments under numbers that are almost the same, while the bill is not paid; at most 5, those that fit
    first.
    """

    answer: BillAnswer | None = None
    """Why it stands as it does, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBillsResponse:
    """A page of bills."""

    bills: Sequence[Bill] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDuplicatesResponse:
    """A page of duplicate payments."""

    duplicates: Sequence[DuplicatePayment] = ()
    """Newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


_BATCH_CREATE_BILLS = Operation(
    name="batch_create_bills",
    verb="POST",
    template="/v1/bills:batchCreate",
    body="*",
    answer=BatchCreateBillsResponse,
    takes_key=True,
    mutates=True,
)
_CANCEL_BILL = Operation(
    name="cancel_bill",
    verb="POST",
    template="/v1/merchants/{merchant_id}/bills/{bill_no}:cancel",
    body="*",
    answer=CancelBillResponse,
    variables=("merchant_id", "bill_no"),
    mutates=True,
)
_CREATE_BILL = Operation(
    name="create_bill",
    verb="POST",
    template="/v1/bills",
    body="*",
    answer=CreateBillResponse,
    takes_key=True,
    mutates=True,
)
_DISMISS_DUPLICATE = Operation(
    name="dismiss_duplicate",
    verb="POST",
    template="/v1/duplicates/{duplicate_id}:dismiss",
    body="*",
    answer=DismissDuplicateResponse,
    variables=("duplicate_id",),
    mutates=True,
)
_GET_BILL = Operation(
    name="get_bill",
    verb="GET",
    template="/v1/merchants/{merchant_id}/bills/{bill_no}",
    body="",
    answer=GetBillResponse,
    variables=("merchant_id", "bill_no"),
)
_LIST_BILLS = Operation(name="list_bills", verb="GET", template="/v1/bills", body="", answer=ListBillsResponse)
_LIST_DUPLICATES = Operation(
    name="list_duplicates", verb="GET", template="/v1/duplicates", body="", answer=ListDuplicatesResponse
)


class BillService(Calls):
    """Takes bills in, and tells how far each is paid, by which payments, and why not. A bill follows the
    payments after their commit, in order and exactly once. Every read here first lets the bills follow what
    was committed, so that a payment that was answered counts in the next answer. Blocking.
    """

    def batch_create_bills(
        self, *, bills: Sequence[BillContent], idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> BatchCreateBillsResponse:
        """Takes up to 1,000 bills in, all or none. Idempotent as CreateBill is; bills that are there already are
        replayed, and one with other content refuses all.

        bills: 1 to 1,000, each number once.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(_BATCH_CREATE_BILLS, {"bills": bills}, idempotency_key, timeout_seconds)

    def cancel_bill(
        self,
        merchant_id: str,
        bill_no: str,
        *,
        reason: str,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> CancelBillResponse:
        """Withdraws a bill for which nothing was paid; BILL_NOT_CANCELLABLE otherwise. Idempotent: a cancelled
        bill stays. VERSION_MISMATCH when it changed since the version that is named.

        merchant_id: The merchant that is owed.
        bill_no: The merchant's bill number; in a path, with percent-encoding.
        reason: Why.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return self._transport.send(
            _CANCEL_BILL,
            {"merchant_id": merchant_id, "bill_no": bill_no, "reason": reason, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    def create_bill(
        self, *, bill: BillContent, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> CreateBillResponse:
        """Takes one bill in. A payment that named it before it came counts at once. Idempotent by request_id and
        by (merchant_id, bill_no): the same content again gives the bill as it stands.

        bill: The bill.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(_CREATE_BILL, {"bill": bill}, idempotency_key, timeout_seconds)

    def dismiss_duplicate(
        self, duplicate_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> DismissDuplicateResponse:
        """Closes a case without a refund. Idempotent: the same reason by the same person again changes nothing;
        DUPLICATE_CLOSED when it was closed otherwise.

        duplicate_id: The case.
        reason: Why nothing is refunded, such as "kept as credit for the next bill".
        """
        return self._transport.send(
            _DISMISS_DUPLICATE, {"duplicate_id": duplicate_id, "reason": reason}, "", timeout_seconds
        )

    def get_bill(self, merchant_id: str, bill_no: str, *, timeout_seconds: float | None = None) -> GetBillResponse:
        """Gets one bill with every payment that names it, and why it stands as it does. Reads its own writes.

        merchant_id: The merchant that is owed.
        bill_no: The merchant's bill number; in a path, with percent-encoding.
        """
        return self._transport.send(_GET_BILL, {"merchant_id": merchant_id, "bill_no": bill_no}, "", timeout_seconds)

    def list_bills(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        state: BillState = "STATE_UNSPECIFIED",
        category: BillCategory = "CATEGORY_UNSPECIFIED",
        overdue_on: str = "",
        timeout_seconds: float | None = None,
    ) -> ListBillsResponse:
        """Lists bills, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        state: Only in this state.
        category: Only of this category.
        overdue_on: Only those that were due before this day and are UNPAID or PARTLY_PAID, YYYY-MM-DD.
        """
        return self._transport.send(
            _LIST_BILLS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "state": state,
                "category": category,
                "overdue_on": overdue_on,
            },
            "",
            timeout_seconds,
        )

    def list_all_bills(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        state: BillState = "STATE_UNSPECIFIED",
        category: BillCategory = "CATEGORY_UNSPECIFIED",
        overdue_on: str = "",
        timeout_seconds: float | None = None,
    ) -> Iterator[Bill]:
        """What all pages of `list_bills` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        state: Only in this state.
        category: Only of this category.
        overdue_on: Only those that were due before this day and are UNPAID or PARTLY_PAID, YYYY-MM-DD.
        """
        for page in pages(
            lambda token: self.list_bills(
                page_size=page_size,
                merchant_id=merchant_id,
                state=state,
                category=category,
                overdue_on=overdue_on,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.bills

    def list_duplicates(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        bill_no: str = "",
        state: DuplicatePaymentState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListDuplicatesResponse:
        """Lists duplicate payments, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        bill_no: Only of this bill; needs merchant_id.
        state: Only in this state.
        """
        return self._transport.send(
            _LIST_DUPLICATES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "bill_no": bill_no,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    def list_all_duplicates(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        bill_no: str = "",
        state: DuplicatePaymentState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> Iterator[DuplicatePayment]:
        """What all pages of `list_duplicates` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        bill_no: Only of this bill; needs merchant_id.
        state: Only in this state.
        """
        for page in pages(
            lambda token: self.list_duplicates(
                page_size=page_size,
                merchant_id=merchant_id,
                bill_no=bill_no,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.duplicates


class AsyncBillService(AsyncCalls):
    """Takes bills in, and tells how far each is paid, by which payments, and why not. A bill follows the
    payments after their commit, in order and exactly once. Every read here first lets the bills follow what
    was committed, so that a payment that was answered counts in the next answer. For asyncio.
    """

    async def batch_create_bills(
        self, *, bills: Sequence[BillContent], idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> BatchCreateBillsResponse:
        """Takes up to 1,000 bills in, all or none. Idempotent as CreateBill is; bills that are there already are
        replayed, and one with other content refuses all.

        bills: 1 to 1,000, each number once.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(_BATCH_CREATE_BILLS, {"bills": bills}, idempotency_key, timeout_seconds)

    async def cancel_bill(
        self,
        merchant_id: str,
        bill_no: str,
        *,
        reason: str,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> CancelBillResponse:
        """Withdraws a bill for which nothing was paid; BILL_NOT_CANCELLABLE otherwise. Idempotent: a cancelled
        bill stays. VERSION_MISMATCH when it changed since the version that is named.

        merchant_id: The merchant that is owed.
        bill_no: The merchant's bill number; in a path, with percent-encoding.
        reason: Why.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return await self._transport.send(
            _CANCEL_BILL,
            {"merchant_id": merchant_id, "bill_no": bill_no, "reason": reason, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    async def create_bill(
        self, *, bill: BillContent, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> CreateBillResponse:
        """Takes one bill in. A payment that named it before it came counts at once. Idempotent by request_id and
        by (merchant_id, bill_no): the same content again gives the bill as it stands.

        bill: The bill.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(_CREATE_BILL, {"bill": bill}, idempotency_key, timeout_seconds)

    async def dismiss_duplicate(
        self, duplicate_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> DismissDuplicateResponse:
        """Closes a case without a refund. Idempotent: the same reason by the same person again changes nothing;
        DUPLICATE_CLOSED when it was closed otherwise.

        duplicate_id: The case.
        reason: Why nothing is refunded, such as "kept as credit for the next bill".
        """
        return await self._transport.send(
            _DISMISS_DUPLICATE, {"duplicate_id": duplicate_id, "reason": reason}, "", timeout_seconds
        )

    async def get_bill(
        self, merchant_id: str, bill_no: str, *, timeout_seconds: float | None = None
    ) -> GetBillResponse:
        """Gets one bill with every payment that names it, and why it stands as it does. Reads its own writes.

        merchant_id: The merchant that is owed.
        bill_no: The merchant's bill number; in a path, with percent-encoding.
        """
        return await self._transport.send(
            _GET_BILL, {"merchant_id": merchant_id, "bill_no": bill_no}, "", timeout_seconds
        )

    async def list_bills(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        state: BillState = "STATE_UNSPECIFIED",
        category: BillCategory = "CATEGORY_UNSPECIFIED",
        overdue_on: str = "",
        timeout_seconds: float | None = None,
    ) -> ListBillsResponse:
        """Lists bills, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        state: Only in this state.
        category: Only of this category.
        overdue_on: Only those that were due before this day and are UNPAID or PARTLY_PAID, YYYY-MM-DD.
        """
        return await self._transport.send(
            _LIST_BILLS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "state": state,
                "category": category,
                "overdue_on": overdue_on,
            },
            "",
            timeout_seconds,
        )

    async def list_all_bills(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        state: BillState = "STATE_UNSPECIFIED",
        category: BillCategory = "CATEGORY_UNSPECIFIED",
        overdue_on: str = "",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[Bill]:
        """What all pages of `list_bills` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        state: Only in this state.
        category: Only of this category.
        overdue_on: Only those that were due before this day and are UNPAID or PARTLY_PAID, YYYY-MM-DD.
        """
        async for page in async_pages(
            lambda token: self.list_bills(
                page_size=page_size,
                merchant_id=merchant_id,
                state=state,
                category=category,
                overdue_on=overdue_on,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.bills:
                yield one

    async def list_duplicates(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        merchant_id: str = "",
        bill_no: str = "",
        state: DuplicatePaymentState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> ListDuplicatesResponse:
        """Lists duplicate payments, newest first, by page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        merchant_id: Only of this merchant.
        bill_no: Only of this bill; needs merchant_id.
        state: Only in this state.
        """
        return await self._transport.send(
            _LIST_DUPLICATES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "merchant_id": merchant_id,
                "bill_no": bill_no,
                "state": state,
            },
            "",
            timeout_seconds,
        )

    async def list_all_duplicates(
        self,
        *,
        page_size: int = 0,
        merchant_id: str = "",
        bill_no: str = "",
        state: DuplicatePaymentState = "STATE_UNSPECIFIED",
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[DuplicatePayment]:
        """What all pages of `list_duplicates` have, fetched as it is walked; `timeout_seconds` is of each page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        merchant_id: Only of this merchant.
        bill_no: Only of this bill; needs merchant_id.
        state: Only in this state.
        """
        async for page in async_pages(
            lambda token: self.list_duplicates(
                page_size=page_size,
                merchant_id=merchant_id,
                bill_no=bill_no,
                state=state,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.duplicates:
                yield one
