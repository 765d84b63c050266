"""What speaks against a step of a rule set, as the contract's faults, in words. It decides nothing."""

import json
from dataclasses import asdict
from datetime import date

from chassis.errors import Fault, Kind
from services.reconciler.domain.regression import Verdict
from services.reconciler.rules.rule_fault import RuleFault
from services.reconciler.rules.rule_set import RuleSet
from services.reconciler.tables import RuleSetRegressionRow, RuleSetVersionRow

# All that a fault tells travels in the headers of an answer, which gRPC limits to 8 KiB.
_FAULTS_BYTES_MAX = 3_000


def refused(found: tuple[RuleFault, ...]) -> Fault:
    """RULE_SET_REFUSED: it has faults, of which there is at least one."""
    first = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    more_zh = f"（另有 {len(found) - 1} 处）" if len(found) > 1 else ""
    return Fault(
        Kind.INVALID,
        "RULE_SET_REFUSED",
        f"the rule set is refused: {first.said}; {first.cure}{more}",
        f"规则未通过检查：{first.said_zh}；{first.cure_zh}{more_zh}",
        metadata={"fault_count": str(len(found)), "faults": _as_json(found)},
    )


def not_next(rule_set: RuleSet, next_version: int) -> Fault:
    """RULE_SET_VERSION: its number is not the next."""
    return Fault(
        Kind.CONFLICT,
        "RULE_SET_VERSION",
        f"the next version of {rule_set.id} is {next_version}, the text says {rule_set.version}: write that, and look "
        "at what the version before it changed",
        f"{rule_set.id} 的下一版本号为 {next_version}，文件写的是 {rule_set.version}：请改正，并核对上一版本的变更",
        metadata={"next_version": str(next_version)},
    )


def no_version(rule_set_id: str, which: str, which_zh: str) -> Fault:
    """NOT_FOUND: no such version."""
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"there is no version {which} of {rule_set_id}",
        f"规则 {rule_set_id} 没有版本：{which_zh}",
    )


def last_one(row: RuleSetVersionRow) -> Fault:
    """LAST_RULE_SET: its days would have none."""
    return Fault(
        Kind.PRECONDITION,
        "LAST_RULE_SET",
        f"version {row.version} of {row.rule_set_id} is the only one for its days: activate another first",
        f"{row.rule_set_id} 第 {row.version} 版是这些日期唯一的生效版本，请先使另一版本生效",
    )


def duplicate(known: RuleSetVersionRow) -> Fault:
    """DUPLICATE_RULE_SET: a version says exactly this."""
    return Fault(
        Kind.EXISTS,
        "DUPLICATE_RULE_SET",
        f"version {known.version} of {known.rule_set_id} says exactly this",
        f"{known.rule_set_id} 第 {known.version} 版内容与此完全相同",
        metadata={"rule_set_id": known.rule_set_id, "version": str(known.version)},
    )


def request_reused(known: RuleSetVersionRow) -> Fault:
    """REQUEST_ID_REUSED: the request has made another version."""
    return Fault(
        Kind.EXISTS,
        "REQUEST_ID_REUSED",
        f"request_id {known.request_id} has made version {known.version} of {known.rule_set_id}",
        f"request_id {known.request_id} 已用于 {known.rule_set_id} 第 {known.version} 版",
    )


def no_draft(row: RuleSetVersionRow) -> Fault:
    """RULE_SET_STATE: only a draft is activated."""
    return Fault(
        Kind.PRECONDITION,
        "RULE_SET_STATE",
        f"version {row.version} of {row.rule_set_id} is {row.state}: only a draft is activated; to come back to what "
        "an old version said, make a new one with its text",
        f"{row.rule_set_id} 第 {row.version} 版当前为 {row.state}，仅草稿可生效；如需恢复旧规则，请以其内容新建版本",
        metadata={"state": row.state},
    )


def same_person(row: RuleSetVersionRow) -> Fault:
    """SECOND_PERSON_REQUIRED: who made it cannot activate it."""
    return Fault(
        Kind.DENIED,
        "SECOND_PERSON_REQUIRED",
        f"{row.created_by} made this version, so another person has to activate it",
        f"该版本由 {row.created_by} 创建，须由另一人生效",
        metadata={"created_by": row.created_by},
    )


def no_report(row: RuleSetVersionRow, regression_id: str) -> Fault:
    """REGRESSION_REQUIRED: that is no report of exactly this version."""
    return Fault(
        Kind.PRECONDITION,
        "REGRESSION_REQUIRED",
        f"{regression_id} is no report of version {row.version} of {row.rule_set_id}: make one and read it",
        f"{regression_id} 不是 {row.rule_set_id} 第 {row.version} 版的回归报告，请先回归并阅读报告",
    )


def not_passed(report: RuleSetRegressionRow, verdict: Verdict) -> Fault:
    """What the report says against it."""
    return Fault(
        Kind.PRECONDITION,
        verdict.reason,
        verdict.said,
        verdict.said_zh,
        metadata={"regression_id": report.regression_id, "wrong_auto_posts": str(report.wrong_auto_posts)},
    )


def too_early(row: RuleSetVersionRow, first: date, wanted: date) -> Fault:
    """EFFECTIVE_DATE_PASSED: it can decide from `first` on only."""
    return Fault(
        Kind.PRECONDITION,
        "EFFECTIVE_DATE_PASSED",
        f"version {row.version} of {row.rule_set_id} can decide from {first} on, not from {wanted}",
        f"{row.rule_set_id} 第 {row.version} 版最早可自 {first} 起生效，不能自 {wanted} 起",
        metadata={"effective_from": first.isoformat()},
    )


def _as_json(found: tuple[RuleFault, ...]) -> str:
    told: list[str] = []
    for each in found:
        told.append(json.dumps(asdict(each), ensure_ascii=False))
        if len(f"[{','.join(told)}]".encode()) > _FAULTS_BYTES_MAX:
            told.pop()
            break
    return f"[{','.join(told)}]"
