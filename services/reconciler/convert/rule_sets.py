"""Rule sets and reports of their changes, as the contract tells them. It decides nothing."""

from typing import Any

from bihuan.reconciler.v1 import rule_set_pb2
from bihuan.type.v1 import money_pb2

from services.reconciler.convert.basics import day, timestamp
from services.reconciler.domain.regression import Verdict
from services.reconciler.domain.rule_set_diff import RuleChange
from services.reconciler.domain.rule_set_words import confirmation_said, ignore_said
from services.reconciler.rules.rule_fault import RuleFault
from services.reconciler.rules.rule_set import Commit, Ignore, Rule, RuleSet
from services.reconciler.store.rule_set import stored
from services.reconciler.tables import RuleSetRegressionChangeRow, RuleSetRegressionRow, RuleSetVersionRow


def rule_set_version(row: RuleSetVersionRow) -> rule_set_pb2.RuleSetVersion:
    """A version in short, without its text and its rules."""
    return rule_set_pb2.RuleSetVersion(
        rule_set_id=row.rule_set_id,
        version=row.version,
        content_hash=row.content_hash,
        state=rule_set_pb2.RuleSetVersion.State.Value(f"STATE_{row.state}"),
        effective_from=day(row.effective_from),
        created_by=row.created_by,
        note=row.note,
        create_time=timestamp(row.create_time),
        activated_by=row.activated_by or "",
        activate_time=timestamp(row.activate_time) if row.activate_time else None,
        regression_id=row.regression_id or "",
        retired_by=row.retired_by or "",
        retire_time=timestamp(row.retire_time) if row.retire_time else None,
    )


def whole_rule_set_version(row: RuleSetVersionRow) -> rule_set_pb2.RuleSetVersion:
    """A version with all that it says."""
    told, says = rule_set_version(row), stored(row)
    told.yaml = row.yaml
    told.rules.extend(map(_rule, says.rules))
    told.ignore_rules.extend(map(_ignore, says.ignore))
    if says.second_confirmation:
        told.second_confirmation.CopyFrom(_confirmation(says))
    return told


def rule_set_fault(fault: RuleFault) -> rule_set_pb2.RuleSetFault:
    """What is wrong with a rule set."""
    return rule_set_pb2.RuleSetFault(
        rule_id=fault.rule,
        field=fault.field,
        said=fault.said,
        said_zh=fault.said_zh,
        cure=fault.cure,
        cure_zh=fault.cure_zh,
    )


def rule_change(change: RuleChange) -> rule_set_pb2.RuleChange:
    """What one rule says otherwise."""
    return rule_set_pb2.RuleChange(
        kind=rule_set_pb2.RuleChange.Kind.Value(f"KIND_{change.kind}"),
        rule_id=change.rule_id,
        name=change.name,
        name_zh=change.name_zh,
        fields=(rule_set_pb2.FieldChange(field=one.field, old=one.old, new=one.new) for one in change.fields),
        said=change.said,
        said_zh=change.said_zh,
    )


def regression(row: RuleSetRegressionRow, verdict: Verdict) -> rule_set_pb2.Regression:
    """A report without its rows, with what it amounts to."""
    return rule_set_pb2.Regression(
        regression_id=row.regression_id,
        rule_set_id=row.rule_set_id,
        version=row.version,
        content_hash=row.content_hash,
        baseline_rule_set_id=row.baseline_rule_set_id,
        baseline_version=row.baseline_version,
        baseline_hash=row.baseline_hash,
        state=rule_set_pb2.Regression.State.Value(f"STATE_{row.state}"),
        parts_done=row.parts_done,
        parts_total=row.parts_total,
        slices=(rule_set_pb2.RegressionSlice(**one) for one in row.slices),
        suites=(rule_set_pb2.RegressionSuite(**one) for one in row.suites),
        changed_rows=row.changed_rows,
        kept_rows=row.kept_rows,
        wrong_auto_posts=row.wrong_auto_posts,
        passes=verdict.passes,
        verdict=verdict.said,
        verdict_zh=verdict.said_zh,
        started_by=row.started_by,
        create_time=timestamp(row.create_time),
        end_time=timestamp(row.end_time) if row.end_time else None,
        failure_reason=row.failure_reason,
        failure_message=row.failure_message,
    )


def regression_row(row: RuleSetRegressionChangeRow) -> rule_set_pb2.RegressionRow:
    """A row that ends in another place."""
    return rule_set_pb2.RegressionRow(
        row_no=row.row_no,
        source=row.source,
        side=row.side,
        row_id=row.row_id,
        amount=money_pb2.Money(currency_code=row.currency_code, amount_minor=row.amount_minor),
        old=_place(row.old),
        new=_place(row.new),
    )


def _place(place: dict[str, Any]) -> rule_set_pb2.RegressionPlace:
    return rule_set_pb2.RegressionPlace(**place)


def _rule(rule: Rule) -> rule_set_pb2.RuleSummary:
    return rule_set_pb2.RuleSummary(
        rule_id=rule.id,
        name=rule.name,
        name_zh=rule.name_zh,
        stage=rule.stage,
        kind=rule.kind,
        posts=getattr(rule, "commit", None) is Commit.AUTO,
    )


def _ignore(ignore: Ignore) -> rule_set_pb2.IgnoreRule:
    said = ignore_said(ignore)
    return rule_set_pb2.IgnoreRule(
        rule_id=ignore.id,
        name=ignore.name,
        name_zh=ignore.name_zh,
        basis=ignore.below.basis,
        below_minor=ignore.below.minor,
        exception_classes=ignore.exception_classes,
        count_max=ignore.count_max,
        sum_minor_max=ignore.sum_minor_max,
        said=said.en,
        said_zh=said.zh,
    )


def _confirmation(says: RuleSet) -> rule_set_pb2.Confirmation:
    said = confirmation_said(says)
    threshold = says.second_confirmation
    assert threshold is not None, "asked for a set that has one"
    return rule_set_pb2.Confirmation(basis=threshold.basis, minor=threshold.minor, said=said.en, said_zh=said.zh)
