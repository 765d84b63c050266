"""Why rows ended where a run left them: from their stored places and the rule set's version. It decides nothing anew.

What a rule above did not take is told as far as the rows say it: an empty or a different key tells exactly; of a row
alone only that no single free counterpart had equal keys.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chassis.money import Money
from services.reconciler.domain.exception_class import ExceptionClass
from services.reconciler.matching.frames import Side
from services.reconciler.rules.rule_set import Alone, Group, Near, Pair, Rule, RuleSet, Sums

_Joining = Pair | Group | Near | Sums
_AMBIGUOUS = ExceptionClass.AMBIGUOUS_MATCH.value


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of either side as it is stored; `values` has what rules name of it, "" for nothing."""

    row_id: str
    kind: str
    amount: Money
    time: datetime | None
    account_no: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A group of a run as it is stored, with its rows by side in order of id."""

    rule_id: str
    stage: str
    disposition: str
    exception_class: str
    reason: str
    margin_us: int | None
    payments: tuple[StoredRow, ...]
    lines: tuple[StoredRow, ...]
    runner_up: StoredRow | None
    decided: str = ""  # what people made of a suggestion: CONFIRMED or DECLINED
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class KeyTold:
    """A column that both sides had to share, with the values of the first row of each."""

    key: str
    payment_value: str
    line_value: str

    @property
    def is_equal(self) -> bool:
        """Whether it joins the two: text that is empty joins nothing."""
        return self.payment_value == self.line_value != ""


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule above that did not take the rows, and why, in English and Chinese."""

    rule: Rule
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Why the rows are where they are."""

    placed: Placed
    rule: Rule | None  # None for runs before rule sets, and for what no rule names
    summary: str
    summary_zh: str
    keys: tuple[KeyTold, ...] = ()
    candidates: tuple[str, ...] = ()
    passed: tuple[Passed, ...] = field(default=())


def reasoning(placed: Placed, rule_set: RuleSet | None) -> Reasoning:
    """The whole of it; `rule_set` is the version that decided."""
    rules = rule_set.rules if rule_set else ()
    rule = next((rule for rule in rules if rule.id == placed.rule_id), None)
    summary, summary_zh = _summary(placed, rule)
    return Reasoning(
        placed,
        rule,
        summary,
        summary_zh,
        tuple(_keys(rule, placed)) if isinstance(rule, Pair | Group | Near | Sums) else (),
        _candidates(placed),
        tuple(_passed(rules, placed)),
    )


def _summary(placed: Placed, rule: Rule | None) -> tuple[str, str]:
    what, what_zh = _OUTCOMES[placed.disposition]
    if placed.exception_class:
        exception_class = ExceptionClass(placed.exception_class)
        what, what_zh = f"{what}: {exception_class.en}", f"{what_zh}：{exception_class.zh}"
    name = rule.name or rule.id if rule else placed.rule_id or "the rules before rule sets"
    name_zh = rule.name_zh or rule.id if rule else placed.rule_id or "规则集之前的规则"
    second, second_zh = _runner_up(placed)
    if placed.decided:
        word, word_zh = _DECIDED[placed.decided]
        second, second_zh = f"{second}; {word} by {placed.decided_by}", f"{second_zh}；{placed.decided_by} {word_zh}"
    return (
        f"{what}. Decided by: {name} (stage {placed.stage}); {placed.reason}{second}",
        f"{what_zh}。判定规则：{name_zh}（阶段 {placed.stage}）；{_in_chinese(placed.reason)}{second_zh}",
    )


_OUTCOMES = {
    "MATCHED": ("Posted as the same money", "已自动对平"),
    "SUGGESTED": ("Probably the same money; a person has to decide", "可能对应，待人工确认"),
    "BUFFERED": ("Waits for the channel's close or the next statement", "缓冲，等待渠道结账或次日账单"),
    "EXCEPTION": ("An exception", "对账差异"),
    "IGNORED_BY_RULE": ("Nothing is owed, as the rule says", "按规则无需处理"),
}


# The words in which rules say why; the longer ones first, since they hold the shorter.
_WORDS_ZH = (
    ("repeats another by ", "与另一笔重复，依据 "),
    ("sums to nothing by ", "合计为零，依据 "),
    ("sum by ", "合计相等，依据 "),
    (" candidates by ", " 个候选，依据 "),
    ("by ", "依据 "),
    ("nearly ", "近似"),
    (" s apart", " 秒之差"),
    ("without the fees", "扣除手续费"),
    ("two people confirm", "须两人确认"),
    ("no counterpart", "无对应记录"),
    ("no rule names it", "无规则涉及"),
    ("channel_txn_no", "渠道流水号"),
    ("channel_refund_no", "渠道退款单号"),
    ("merchant_order_no", "商户订单号"),
    ("merchant_refund_no", "商户退款单号"),
    ("_normal", "（规整后）"),
    ("currency_code", "币种"),
    ("amount_minor", "金额"),
    ("bill_no", "账单号"),
    ("batch_no", "批次号"),
    ("merchant_id", "商户"),
    ("payer", "付款人"),
    ("channel", "渠道"),
    ("kind", "类型"),
)


def _in_chinese(reason: str) -> str:
    for word, word_zh in _WORDS_ZH:
        reason = reason.replace(word, word_zh)
    return reason


_DECIDED = {"CONFIRMED": ("confirmed", "已确认"), "DECLINED": ("declined", "已拒绝")}


def _runner_up(placed: Placed) -> tuple[str, str]:
    if placed.runner_up is None:
        return "", ""
    row_id = placed.runner_up.row_id
    if placed.margin_us is None:
        return f"; held against {row_id}", f"；对照 {row_id}"
    seconds = f"{placed.margin_us / 1_000_000:g}"
    return f"; next came {row_id}, {seconds} s further off", f"；次选 {row_id}，相差 {seconds} 秒"


def _keys(rule: _Joining, placed: Placed) -> Iterator[KeyTold]:
    for key in (*rule.keys, *(rule.similar.keys if isinstance(rule, Near) and rule.similar else ())):
        yield KeyTold(str(key), _value(placed.payments, key.payment), _value(placed.lines, key.line))


def _value(rows: Iterable[StoredRow], name: str) -> str:
    first = next(iter(rows), None)
    return first.values.get(name, "") if first else ""


def _candidates(placed: Placed) -> tuple[str, ...]:
    """The rule writes them behind the colon: "2 candidates by channel: a~b, a~c"."""
    if placed.exception_class != _AMBIGUOUS:
        return ()
    _, _, told = placed.reason.rpartition(": ")
    return tuple(told.removesuffix("; two people confirm").split(", "))


def _passed(rules: Iterable[Rule], placed: Placed) -> Iterator[Passed]:
    for rule in rules:
        if rule.id == placed.rule_id:
            return
        if isinstance(rule, Alone):
            if _alone_looks(rule, placed):
                yield Passed(rule, "its condition does not hold for the row", "该记录不满足其条件")
        elif isinstance(rule, Pair | Group | Near | Sums) and _looks(rule, placed):
            yield Passed(rule, *_why_not(rule, placed))


def _alone_looks(rule: Alone, placed: Placed) -> bool:
    if placed.payments and placed.lines:
        return False
    return bool(placed.payments) is (rule.side is Side.PAYMENT)


def _looks(rule: _Joining, placed: Placed) -> bool:
    """Whether the rule looks at rows of these kinds at all."""
    payments, lines = {row.kind for row in placed.payments}, {row.kind for row in placed.lines}
    return payments <= {kind.value for kind in rule.payments} and lines <= {kind.value for kind in rule.lines}


def _why_not(rule: _Joining, placed: Placed) -> tuple[str, str]:
    for key in rule.keys:
        for side, side_zh, rows, name in (
            ("payment", "支付单", placed.payments, key.payment),
            ("line", "账单行", placed.lines, key.line),
        ):
            if rows and not _value(rows, name):
                return f"the {side} has no {name}", f"{side_zh}无 {name}"
    if placed.payments and placed.lines:
        return _apart(rule, placed)
    keys = ", ".join(str(key) for key in rule.keys)
    return (
        f"no single free counterpart has equal {keys}, or its condition does not hold",
        f"没有唯一且未占用的对应记录具有相同的 {keys}，或不满足其条件",
    )


def _apart(rule: _Joining, placed: Placed) -> tuple[str, str]:
    for key in rule.keys:
        told = KeyTold(str(key), _value(placed.payments, key.payment), _value(placed.lines, key.line))
        if not told.is_equal:
            values = f"{told.payment_value} / {told.line_value}"
            return f"{told.key} differs: {values}", f"{told.key} 不同：{values}"
    if isinstance(rule, Group) and len(placed.payments) == len(placed.lines) == 1:
        return "it joins several rows of a side, and here is one of each", "仅合并一方多笔的记录，此处双方各一笔"
    if rule.where:
        return (
            f"the keys agree; others share them, or this does not hold: {rule.where}",
            f"各键相同，但具有相同键的记录不唯一，或不满足：{rule.where}",
        )
    return "the keys agree, and others share them", "各键相同，但具有相同键的记录不唯一"
