import pytest

from services.reconciler.rules.rule_fault import Said, fault
from services.reconciler.rules.rule_files import RuleSetInvalid, load_rule_set, parse_rule_set
from tests.matching.rows import HEAD

NEAR = (
    "{id: x, stage: s, kind: near, keys: [amount_minor], payments: [PAYMENT], lines: [PAYMENT], "
    "within_seconds: 60, margin_seconds: 5, doubt: show}"
)


def faults_of(text: str) -> list[str]:
    with pytest.raises(RuleSetInvalid) as refused:
        parse_rule_set("r.yaml", text)
    return refused.value.faults


def test_the_shipped_rule_set_is_taken() -> None:
    assert load_rule_set().id == "default"


def test_the_hash_is_of_what_is_said_and_not_of_how_it_is_written() -> None:
    written = parse_rule_set("r.yaml", HEAD)
    other = parse_rule_set("r.yaml", "# a comment\nversion: 1\n" + HEAD.replace("version: 1\n", ""))
    changed = parse_rule_set("r.yaml", HEAD.replace("commit: auto", "commit: auto\n    many: leave"))
    meant = parse_rule_set("r.yaml", HEAD.replace("[channel, channel_txn_no,", "[channel_txn_no,"))

    assert other.content_hash == written.content_hash
    assert changed.content_hash == written.content_hash, "a default written out changes nothing"
    assert meant.content_hash != written.content_hash


def test_all_faults_of_a_file_are_named_at_once() -> None:
    text = HEAD.replace("version: 1", "version: one").replace("commit: auto", "comit: auto").replace("close:", "clos:")

    faults = faults_of(text)

    assert "version must be a whole number, is 'one'" in faults
    assert "unknown key rules[0].comit, did you mean commit?" in faults
    assert "unknown key calendars.default.clos, did you mean close?" in faults


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (
            "{id: x, stage: s, kind: pair, keys: [channel], payments: [PAYMENT], lines: [PAYMENT], commit: auto}",
            "no key that tells rows apart",
        ),
        (
            "{id: x, stage: s, kind: pair, keys: [bil_no], payments: [PAYMENT], lines: [PAYMENT], commit: auto}",
            "bil_no is no column of payments",
        ),
        (
            "{id: txn, stage: s, kind: net, keys: [channel_txn_no], disposition: IGNORED_BY_RULE}",
            "rule txn is there twice",
        ),
        (
            NEAR.replace("doubt: show", "doubt: show, commit: auto"),
            "commit must be suggest",
        ),
        (
            NEAR.replace("amount_minor", "payer"),
            "needs amount_minor among its keys",
        ),
        (
            "{id: x, stage: s, kind: alone, side: P, disposition: MATCHED}",
            "a row alone can be BUFFERED, EXCEPTION or IGNORED_BY_RULE",
        ),
        (
            "{id: x, stage: s, kind: alone, side: P, disposition: EXCEPTION, exception_class: PLATFORM_ONLI}",
            "knows no class PLATFORM_ONLI, did you mean PLATFORM_ONLY?",
        ),
        (
            "{id: x, stage: s, kind: alone, side: P, disposition: EXCEPTION, where: \"l.kind = 'FEE'\"}",
            "where knows no l; there is p",
        ),
        (
            '{id: "x\'; --", stage: s, kind: alone, side: P, disposition: EXCEPTION}',
            "its id must be letters, digits and _",
        ),
        ("{id: x, stage: s, kind: unique}", "rules[1].kind must be one of pair, repeat"),
    ],
)
def test_a_rule_that_joins_everything_or_posts_what_is_near_is_refused(rule: str, fault: str) -> None:
    faults = faults_of(f"{HEAD}  - {rule}\n")

    assert any(fault in each for each in faults), faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: &a [x]\nb: [*a, *a]", "aliases are not taken"),
        ("id: x\nid: y", "the key id is there twice"),
        ("on: x", "a key must be a text, is True"),
        ("!!python/object/apply:os.system ['true']", "is not YAML"),
        ("[" * 2_000, "is not YAML"),
        ("x" * 200_001, "200000 at most"),
        ("", "must be a mapping"),
    ],
)
def test_yaml_that_hides_something_is_refused(text: str, fault: str) -> None:
    assert any(fault in each for each in faults_of(text))


def test_the_first_rule_must_be_one_that_can_do_the_bulk() -> None:
    assert "the first rule is the one for the bulk" in faults_of(HEAD.replace("commit: auto", "commit: suggest"))[0]


def test_every_shipped_rule_has_a_name_for_people_in_both_languages() -> None:
    unnamed = [rule.id for rule in load_rule_set().rules if not (rule.name and rule.name_zh)]

    assert unnamed == []


def test_each_fault_names_its_rule_and_field_and_the_cure_in_both_languages() -> None:
    broken = f"{HEAD}  - {NEAR.replace('doubt: show', 'doubt: show, commit: auto').replace('60', '0')}\n"
    mistyped = HEAD.replace("commit: auto", "comit: auto")

    with pytest.raises(RuleSetInvalid) as contradicts:
        parse_rule_set("r.yaml", broken)
    with pytest.raises(RuleSetInvalid) as unreadable:
        parse_rule_set("r.yaml", mistyped)

    assert [(each.rule, each.field) for each in contradicts.value.found] == [
        ("x", "commit"),
        ("x", "within_seconds"),
        ("x", "margin_seconds"),
    ]
    first = unreadable.value.found[0]
    assert (first.rule, first.field, first.cure, first.cure_zh) == (
        "txn",
        "comit",
        "Rename it to commit, or remove it.",
        "请改名为 commit 或删除。",
    )
    assert all(one.said_zh and one.cure_zh for one in (*contradicts.value.found, *unreadable.value.found))


def test_every_fault_can_be_said_in_both_languages() -> None:
    values = {"where": "where", "why": "w", "found": 1, "most": 2, "length": 3, "near": "", "table": "lines"}

    told = [fault(each, "f", rule="r", **values) for each in Said]

    assert all(one.said and one.said_zh and one.cure and one.cure_zh for one in told)
    assert not any("{found" in one.said + one.said_zh for one in told)
