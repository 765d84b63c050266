"""Why a row is where it is: the rule, its keys with both values, what came second, and which rules passed it by."""

from bihuan.reconciler.v1 import exception_pb2, explanation_pb2, explanation_service_pb2, run_pb2

from demo.plan import BillRow
from tests.reconciler.builders import NOON, System, a_bill, a_bill_row, refused
from tests.reconciler.seeds import add_group, add_run, line_ids

Asked = explanation_service_pb2


async def placed(
    system: System, *rows: BillRow, payments: int = 1, has_runner_up: bool = False, **told: object
) -> tuple[list[str], list[str]]:
    """A run whose one group has so many payments and the lines of these rows; the last line may be the runner-up."""
    payment_ids = [await system.record(no) for no in range(1, payments + 1)]
    await system.ingest(a_bill(*rows))
    await system.mirror.follow_payments()
    async with system.sessions.begin() as session:
        lines = await line_ids(session)
        await add_run(session)
        if has_runner_up:
            await add_group(session, payment_ids, lines[:-1], runner_up_id=lines[-1], **told)
        else:
            await add_group(session, payment_ids, lines, **told)
    return payment_ids, lines


async def of_payment(system: System, payment_id: str) -> explanation_pb2.Explanation:
    request = Asked.ExplainPaymentRequest(payment_id=payment_id)
    return (await system.explanations.ExplainPayment(request)).explanation


async def test_a_match_is_explained_by_its_rule_and_its_keys_with_the_values_of_both_sides(system: System):
    said = {"rule_id": "txn", "stage": "exact", "disposition": "MATCHED"}
    reason = "by channel, channel_txn_no, currency_code, amount_minor"
    payments, lines = await placed(system, a_bill_row(1), reason=reason, **said)

    request = Asked.ExplainMatchRequest(match_id=f"run_1.{payments[0]}")
    found = (await system.explanations.ExplainMatch(request)).explanation

    assert found.disposition == run_pb2.DISPOSITION_MATCHED
    assert (found.rule.rule_set_id, found.rule.rule_id, found.rule.stage, found.rule.kind) == (
        *("default", "txn", "exact", "pair"),
    )
    assert found.rule.name == "The channel's number and the amount agree"
    assert len(found.rule.rule_set_hash) == 64
    keys = {key.key: (key.payment_value, key.line_value, key.is_equal) for key in found.keys}
    assert keys["channel_txn_no"] == ("4200000001", "4200000001", True)
    assert keys["amount_minor"] == ("1200", "1200", True)
    assert [row.row_id for row in found.payments] == payments
    assert [(row.row_id, row.channel_txn_no) for row in found.lines] == [(lines[0], "4200000001")]
    assert "Posted as the same money" in found.summary
    assert "依据 渠道, 渠道流水号, 币种, 金额" in found.summary_zh
    assert list(found.passed_rules) == []


async def test_a_suggestion_tells_what_came_second_by_what_margin_and_which_rules_passed_it_by(system: System):
    rows = [a_bill_row(no, create_time=NOON, book_time=NOON, merchant_order_no="") for no in (101, 102)]
    said = {"rule_id": "time", "stage": "near", "disposition": "SUGGESTED", "reason": "by channel, 3 s apart"}
    payments, lines = await placed(system, *rows, margin=90_000_000, has_runner_up=True, **said)

    found = await of_payment(system, payments[0])

    assert (found.runner_up.row_id, found.margin_us) == (lines[1], 90_000_000)
    assert f"next came {lines[1]}, 90 s further off" in found.summary
    assert f"次选 {lines[1]}，相差 90 秒" in found.summary_zh
    passed = {rule.rule_id: (rule.reason, rule.reason_zh) for rule in found.passed_rules}
    assert passed["txn"] == (
        "channel_txn_no differs: 4200000001 / 4200000101",
        "channel_txn_no 不同：4200000001 / 4200000101",
    )
    assert passed["order"] == ("the line has no merchant_order_no", "账单行无 merchant_order_no")
    assert "refund_no" not in passed
    assert "time" not in passed
    assert all(rule.name for rule in found.passed_rules)


async def test_an_ambiguity_is_explained_with_all_its_candidates(system: System):
    rows = [a_bill_row(no, create_time=NOON, book_time=NOON) for no in (101, 102)]
    said = {"rule_id": "time", "stage": "near", "disposition": "EXCEPTION", "exception_class": "AMBIGUOUS_MATCH"}
    reason = "2 candidates by channel, currency_code: a~b, a~c; two people confirm"
    payments, lines = await placed(system, *rows, payments=2, reason=reason, **said)

    request = Asked.ExplainStatementLineRequest(line_id=lines[0])
    found = (await system.explanations.ExplainStatementLine(request)).explanation

    assert found.exception_class == exception_pb2.EXCEPTION_CLASS_AMBIGUOUS_MATCH
    assert list(found.candidates) == ["a~b", "a~c"]
    assert [row.row_id for row in found.payments] == sorted(payments)
    assert [row.row_id for row in found.lines] == sorted(lines)
    assert "several counterparts are equally likely" in found.summary
    assert "匹配不唯一" in found.summary_zh
    assert "须两人确认" in found.summary_zh


async def test_what_no_run_has_placed_is_not_found(system: System):
    payment_id = await system.record(1)
    await system.mirror.follow_payments()

    faults = [
        await refused(system.explanations.ExplainMatch(Asked.ExplainMatchRequest(match_id="run_9.pay_9"))),
        await refused(system.explanations.ExplainException(Asked.ExplainExceptionRequest(exception_id="exc_9"))),
        await refused(system.explanations.ExplainPayment(Asked.ExplainPaymentRequest(payment_id=payment_id))),
        await refused(system.explanations.ExplainStatementLine(Asked.ExplainStatementLineRequest(line_id="stm_9.x"))),
    ]

    assert [fault.reason for fault in faults] == ["NOT_FOUND"] * 4
