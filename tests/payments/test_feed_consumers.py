"""Who issues invoices reads the same feed: what goes back of a payment makes no second invoice, nor what never came."""

from services.invoice_sync.clients import PaymentFeed
from services.invoice_sync.domain.follow import follow
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.payment import PaymentState
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from tests.payments.refunding import a_refund, paid
from tests.payments.starting import started
from tests.payments.test_takebacks import a_chargeback, a_reversal, a_won_chargeback


async def test_every_kind_of_change_is_read_and_an_invoice_falls_due_once(system):
    payment = await paid(system, 10_00)
    await system.refunds.CreateRefund(a_refund(payment.payment_id, 1_00))
    await system.refunds.RecordReversal(a_reversal(payment.payment_id, 1_00))
    lost = a_chargeback(payment.payment_id, 1_00)
    await system.refunds.RecordChargeback(lost)
    await system.refunds.RecordWonChargeback(a_won_chargeback(lost, 1_00))
    under_way = await started(system)

    changes = [change async for batch in PaymentFeed(system.channel).batches(1) for change in batch]

    of_payment = [change.payment for change in changes if change.payment.payment_id == payment.payment_id]
    assert [each.version for each in of_payment] == [1, 2, 3, 4, 5, 6]
    assert {each.state for each in of_payment} == {PaymentState.SUCCEEDED}
    profile = Profile("wuhan-water", IssuePolicy.ON_SUCCESS, Party("武汉水务", "91420100MA4KXXXX1A"))
    steps = follow({}, set(), {"wuhan-water": profile}, changes, changes)
    due = [step.payment.payment_id for step in steps if step.due]
    assert due == [payment.payment_id]
    assert under_way.payment_id in {step.payment.payment_id for step in steps}
