"""The list of what is not in the system: the payments without an invoice too, what was abandoned not, and its cost."""

from contextlib import contextmanager

import pytest
from bihuan.invoice_sync.v1 import invoice_service_pb2
from sqlalchemy import event

from services.invoice_sync.domain.payment import PaymentState
from services.invoice_sync.domain.policy import IssuePolicy
from tests.invoice_sync.builders import a_payment, a_profile


async def missing(door, **asked) -> invoice_service_pb2.ListNotInSystemResponse:
    return await door.invoices.ListNotInSystem(invoice_service_pb2.ListNotInSystemRequest(**asked))


async def each_page(door, **asked) -> list[list[tuple[str, str]]]:
    """The pages to the last: of each row the invoice, or else the payment, and the cause."""
    pages, token = [], ""
    for _ in range(20):
        page = await missing(door, page_token=token, **asked)
        pages.append([(each.invoice_id or each.payment_id, each.cause) for each in page.diagnoses])
        token = page.next_page_token
        if not token:
            return pages
    raise AssertionError(f"no end after {len(pages)} pages")


async def refused(system):
    """An invoice that the authority refused for its content."""
    await system.steering.plan("REFUSE", times=1, code="E4100")
    (invoice,) = await system.issued()
    await system.upload.upload_due()
    return invoice


@pytest.mark.parametrize(
    ("size", "lengths"), [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (3, [3, 2]), (4, [4, 1]), (5, [5]), (50, [5])]
)
async def test_after_the_invoices_come_the_payments_that_have_none_by_page(system, door, size, lengths):
    rejected, (ready,) = await refused(system), await system.issued()
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST, "on-request"))
    await system.follow(
        a_payment(payment_id="pay_asked_2", merchant_id="on-request"),
        a_payment(payment_id="pay_asked_1", merchant_id="on-request"),
        a_payment(payment_id="pay_nobody", merchant_id="no-profile"),
    )

    pages = await each_page(door, page_size=size)

    assert [row for page in pages for row in page] == [
        (rejected.invoice_id, "C2"),
        (ready.invoice_id, "A3"),
        ("pay_nobody", "A1"),
        ("pay_asked_1", "A1"),
        ("pay_asked_2", "A1"),
    ]
    assert [len(page) for page in pages] == lengths


async def test_a_payment_whose_invoice_the_policy_wants_is_listed_until_it_is_issued(system, door):
    await system.follow(a_payment(payment_id="pay_before_its_profile"))
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_SUCCESS))

    (before,) = (await missing(door)).diagnoses
    await system.sweep.sweep()
    (after,) = (await missing(door)).diagnoses

    assert (before.cause, before.action, before.payment_id) == ("A1", before.ACTION_WAIT, "pay_before_its_profile")
    assert (before.invoice_id, [row.source for row in before.evidence]) == ("", ["payment_follow"])
    assert (after.cause, after.payment_id) == ("A3", "pay_before_its_profile")
    assert after.invoice_id


async def test_a_payment_that_is_owed_no_invoice_is_not_listed(system, door):
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_RECONCILIATION, "by-statement"))
    await system.follow(
        a_payment(merchant_id="by-statement"), a_payment(merchant_id="no-profile", state=PaymentState.CREATED)
    )

    assert await each_page(door) == [[]]


async def test_the_list_of_a_merchant_has_its_invoices_and_its_payments_alone(system, door):
    (invoice,) = await system.issued()
    await system.follow(*(a_payment(payment_id=f"pay_{name}", merchant_id=name) for name in ("a", "b", "c")))

    assert await each_page(door, merchant_id="b", page_size=1) == [[("pay_b", "A1")]]
    assert await each_page(door, merchant_id=invoice.merchant_id) == [[(invoice.invoice_id, "A3")]]
    assert (await each_page(door, cause="A1", page_size=2))[-1] == [("pay_b", "A1"), ("pay_c", "A1")]


async def test_what_was_voided_is_listed_and_what_was_abandoned_is_not(system, door):
    voided, abandoned = await refused(system), await refused(system)
    moved = "UPDATE settled SET sync_state = :state WHERE invoice_id = :id"
    await system.execute(moved, state="VOIDED", id=voided.invoice_id)
    await system.execute(moved, state="ABANDONED", id=abandoned.invoice_id)

    assert await each_page(door) == [[(voided.invoice_id, "D6")]]


async def test_a_long_page_takes_no_more_statements_than_a_short_one(system, door):
    await system.booked()
    await system.issued(count=3)
    await system.follow(a_payment(merchant_id="no-profile"))
    async with system.sessions() as session:
        engine = (await session.connection()).sync_engine
    with counted(engine) as few:
        await missing(door)
    await refused(system)
    await system.issued(count=9)
    await system.upload.upload_due()
    await system.follow(*(a_payment(merchant_id=f"no-profile-{no}") for no in range(5)))

    with counted(engine) as many:
        page = await missing(door)

    assert len(page.diagnoses) == 19
    assert len(many) == len(few)


@contextmanager
def counted(engine):
    """The statements that go to the database meanwhile."""
    seen = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)
