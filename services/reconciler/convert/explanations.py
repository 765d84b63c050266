"""Explanations, as the contract tells them. It decides nothing."""

from bihuan.reconciler.v1 import explanation_pb2, run_pb2

from services.reconciler.convert.basics import money, timestamp
from services.reconciler.convert.exceptions import exception_class_value
from services.reconciler.domain.reasoning import Passed, StoredRow
from services.reconciler.rules.rule_set import Rule
from services.reconciler.store.explanation import Explained
from services.reconciler.tables import RunRow


def explanation(found: Explained) -> explanation_pb2.Explanation:
    """Why rows are where they are, as the contract tells it."""
    why, placed = found.reasoning, found.reasoning.placed
    return explanation_pb2.Explanation(
        run_id=found.run.run_id,
        channel=found.run.channel,
        business_date=found.run.business_date.isoformat(),
        group_id=found.group_id,
        disposition=run_pb2.Disposition.Value(f"DISPOSITION_{placed.disposition}"),
        exception_class=exception_class_value(placed.exception_class or "UNSPECIFIED"),
        summary=why.summary,
        summary_zh=why.summary_zh,
        rule=_rule(found.run, why.rule) if why.rule else None,
        payments=map(_row, placed.payments),
        lines=map(_row, placed.lines),
        keys=(
            explanation_pb2.ExplainedKey(
                key=key.key, payment_value=key.payment_value, line_value=key.line_value, is_equal=key.is_equal
            )
            for key in why.keys
        ),
        runner_up=_row(placed.runner_up) if placed.runner_up else None,
        margin_us=placed.margin_us,
        candidates=why.candidates,
        passed_rules=map(_passed, why.passed),
    )


def _rule(run: RunRow, rule: Rule) -> explanation_pb2.ExplainedRule:
    return explanation_pb2.ExplainedRule(
        rule_set_id=run.rule_set_id,
        rule_set_version=run.rule_set_version,
        rule_set_hash=run.rule_set_hash,
        rule_id=rule.id,
        stage=rule.stage,
        kind=rule.kind,
        name=rule.name,
        name_zh=rule.name_zh,
    )


def _row(row: StoredRow) -> explanation_pb2.ExplainedRow:
    return explanation_pb2.ExplainedRow(
        row_id=row.row_id,
        kind=row.kind,
        amount=money(row.amount.currency_code, row.amount.amount_minor),
        time=timestamp(row.time) if row.time else None,
        channel_txn_no=row.values["channel_txn_no"],
        merchant_order_no=row.values["merchant_order_no"],
        account_no=row.account_no,
    )


def _passed(passed: Passed) -> explanation_pb2.PassedRule:
    return explanation_pb2.PassedRule(
        rule_id=passed.rule.id,
        name=passed.rule.name,
        name_zh=passed.rule.name_zh,
        reason=passed.reason,
        reason_zh=passed.reason_zh,
    )
