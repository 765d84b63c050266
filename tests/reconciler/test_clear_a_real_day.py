"""A day as the engine decides it, cleared by people: suggestions confirmed, exceptions explained, a run again."""

from bihuan.payments.v1 import payment_pb2, payment_service_pb2
from bihuan.reconciler.v1 import (
    exception_pb2,
    explanation_pb2,
    explanation_service_pb2,
    run_pb2,
    suggestion_pb2,
    suggestion_service_pb2,
)

from chassis.money import Money
from tests.reconciler.builders import System, a_bill, a_bill_row, exceptions_of

Asked = explanation_service_pb2
OURS, DAMAGED = "4200001234202603019876543210", "4200001234202603019876543218"


async def suggestions_of(system: System) -> list[suggestion_pb2.Suggestion]:
    request = suggestion_service_pb2.ListSuggestionsRequest(page_size=1_000)
    return list((await system.suggestions.ListSuggestions(request)).suggestions)


async def confirm(system: System, suggestion_id: str) -> suggestion_service_pb2.ConfirmSuggestionsResponse:
    request = suggestion_service_pb2.ConfirmSuggestionsRequest(
        request_id="confirm-01", operator="zhang", suggestion_ids=[suggestion_id], note="one digit was mistyped"
    )
    return await system.suggestions.ConfirmSuggestions(request)


async def of_payment(system: System, payment_id: str) -> explanation_pb2.Explanation:
    request = Asked.ExplainPaymentRequest(payment_id=payment_id)
    return (await system.explanations.ExplainPayment(request)).explanation


async def test_a_damaged_number_is_suggested_confirmed_and_told_to_payments_and_stays_so_in_a_run_again(system: System):
    payment_id = await system.record(1, channel_txn_no=OURS)
    await system.ingest(a_bill(a_bill_row(1, channel_txn_no=DAMAGED)))
    await system.run("run-00001")
    (made,) = await suggestions_of(system)
    assert list(made.payment_ids) == [payment_id]

    done = await confirm(system, made.suggestion_id)
    system.clock.advance(60)
    await system.mirror.tell_payments()
    payment = (await system.payments.GetPayment(payment_service_pb2.GetPaymentRequest(payment_id=payment_id))).payment
    await system.ingest(a_bill(a_bill_row(7)), "ingest-0002")
    again = await system.run("run-00002")

    assert [(one.state, one.refusal) for one in done.results] == [(suggestion_pb2.Suggestion.STATE_CONFIRMED, "")]
    assert payment.reconciliation_state == payment_pb2.Payment.RECONCILIATION_STATE_MATCHED
    (kept,) = await suggestions_of(system)
    assert (kept.run_id, kept.state) == (again.run_id, suggestion_pb2.Suggestion.STATE_CONFIRMED)
    assert kept.confirmed_by == "zhang"
    why = await of_payment(system, payment_id)
    assert why.summary.endswith("confirmed by zhang")
    assert why.summary_zh.endswith("zhang 已确认")
    assert why.disposition == run_pb2.DISPOSITION_SUGGESTED
    told = {key.key: (key.payment_value, key.line_value) for key in why.keys}
    assert told["channel_txn_no_normal"] == (OURS, DAMAGED)
    assert {rule.rule_id: rule.reason for rule in why.passed_rules}["txn"] == (
        f"channel_txn_no differs: {OURS} / {DAMAGED}"
    )


async def test_an_exception_is_explained_from_what_the_run_stored(system: System):
    payment_id = await system.record(1)
    await system.ingest(a_bill(a_bill_row(1, amount=Money("CNY", 1300))))
    await system.run()
    (exception,) = await exceptions_of(system)

    request = Asked.ExplainExceptionRequest(exception_id=exception.exception_id)
    found = (await system.explanations.ExplainException(request)).explanation

    assert found.disposition == run_pb2.DISPOSITION_EXCEPTION
    assert found.exception_class == exception.exception_class == exception_pb2.EXCEPTION_CLASS_AMOUNT_CHANNEL_OVER
    assert [row.row_id for row in found.payments] == [payment_id]
    assert [row.amount.amount_minor for row in found.lines] == [1300]
    assert (found.rule.rule_id, found.rule.stage) == ("txn_differs", "differences")
    passed = {rule.rule_id: rule.reason for rule in found.passed_rules}
    assert passed["txn"] == "amount_minor differs: 1200 / 1300"
    assert found == await of_payment(system, payment_id)
