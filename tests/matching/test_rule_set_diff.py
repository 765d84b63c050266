"""What a version says otherwise than another is told rule by rule, so that finance can read it."""

from services.reconciler.domain.rule_set_diff import ChangeKind, FieldChange, diff
from services.reconciler.domain.rule_set_words import confirmation_said, ignore_said
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set, parse_rule_set
from services.reconciler.rules.rule_set import RuleSet

SHIPPED = DEFAULT.read_text("utf-8")
CENTS = (
    "ignore:\n  - {id: cents, name: Cents, name_zh: 分位差, below: {basis: difference, minor: 5}, "
    "exception_classes: [FEE_MISMATCH], count_max: 100, sum_minor_max: 300}\n"
)


def changed(old: str, new: str) -> RuleSet:
    assert old in SHIPPED, old
    return parse_rule_set("changed.yaml", SHIPPED.replace(old, new, 1))


def block(rule_id: str) -> str:
    """One rule of the shipped text, with what stands before the next."""
    begin = SHIPPED.index(f"  - id: {rule_id}\n")
    return SHIPPED[begin : SHIPPED.index("  - id: ", begin + 5)]


def test_equal_content_differs_in_nothing_however_it_is_written():
    assert diff(load_rule_set(), changed("id: default\n", "# another day\nid: default\n")) == ()


def test_a_key_that_says_something_else_is_told_with_both_values():
    new = changed(
        "    within_seconds: 720\n    parts_max: 6\n    pool_max: 40", "    within_seconds: 60\n    parts_max: 6"
    )

    (found,) = diff(load_rule_set(), new)

    assert (found.kind, found.rule_id) == (ChangeKind.CHANGED, "sum_of_payer")
    assert found.fields == (FieldChange("within_seconds", "720", "60"), FieldChange("pool_max", "40", ""))
    assert found.said.startswith("rule sum_of_payer (One deposit")
    assert found.said.endswith("says something else: within_seconds, pool_max")
    assert found.said_zh.endswith("修改：within_seconds、pool_max")


def test_a_rule_that_is_gone_and_one_that_is_new_are_told_with_all_they_say():
    old, gone = load_rule_set(), changed(block("bill_paid_again"), "")

    (removed,) = diff(old, gone)
    (added,) = diff(gone, old)

    assert (removed.kind, added.kind) == (ChangeKind.REMOVED, ChangeKind.ADDED)
    assert FieldChange("keys", "", "merchant_id, bill_no, currency_code, amount_minor") in added.fields
    assert [(one.field, one.new, one.old) for one in added.fields] == [
        (one.field, one.old, one.new) for one in removed.fields
    ]


def test_a_rule_that_comes_earlier_is_the_one_that_moved():
    text = SHIPPED.replace(block("txn_plain"), "", 1).replace(block("order"), block("txn_plain") + block("order"), 1)

    (found,) = diff(load_rule_set(), parse_rule_set("moved.yaml", text))

    assert (found.kind, found.rule_id) == (ChangeKind.MOVED, "txn_plain")
    assert found.fields == (FieldChange("order", "behind order", "behind booked_again"),)


def test_thresholds_and_calendars_are_told_too():
    new = parse_rule_set(
        "t.yaml", SHIPPED.replace("close: '10:00'", "close: '11:30'").replace("rules:\n", f"{CENTS}rules:\n")
    )

    ignored, settings = diff(load_rule_set(), new)

    assert (ignored.kind, ignored.rule_id) == (ChangeKind.ADDED, "cents")
    assert FieldChange("below", "", "basis difference, minor 5") in ignored.fields
    assert settings.fields[0].field == "calendars.default"
    assert "close 11:30" in settings.fields[0].new


def test_a_threshold_is_a_sentence_with_its_basis_and_both_caps():
    new = changed("rules:\n", f"{CENTS}second_confirmation: {{basis: amount, minor: 5000000}}\nrules:\n")

    said, two = ignore_said(new.ignore[0]), confirmation_said(new)

    assert "a difference below 5 minor units (0.05 in CNY)" in said.en
    assert "at most 100 of them" in said.en
    assert "300 minor units (3.00 in CNY)" in said.en
    assert "差额低于 5 最小货币单位（人民币 0.05 元）" in said.zh
    assert two.en == "from an amount of 5000000 minor units (50000.00 in CNY) on, two people confirm"
    assert two.zh == "金额达到 5000000 最小货币单位（人民币 50000.00 元）起须两人确认"
    assert confirmation_said(load_rule_set()).zh == "无论金额大小，一人确认即可"
