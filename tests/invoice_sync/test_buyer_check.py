"""What is said of a buyer is judged before anything is frozen."""

import pytest

from services.invoice_sync.domain.buyer_check import Applicant, CheckPolicy, Weight, check_amount, check_applicant

FIRM = "江城科技有限公司"
USCC = "91110000600037341L"  # the example of python-stdnum: its check digit is right
LIMITS = CheckPolicy(confirm_above_minor=100_000)


def judged(**said) -> list[tuple[Weight, str]]:
    return [(each.weight, each.rule) for each in check_applicant(Applicant(**{"title": FIRM, **said}), LIMITS)]


@pytest.mark.parametrize(
    "said",
    [
        {"title": "个人"},
        {"tax_id": USCC},
        {"title": "张三", "is_natural_person": True},
        {"title": "张三", "is_natural_person": True, "tax_id": "11010519491231002X"},
        {"email": "caiwu@jiangcheng.com.cn"},
        {"email": "caiwu@江城.中国"},
    ],
)
def test_a_plain_buyer_gets_no_finding(said):
    assert judged(**said) == []


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"title": "　"}, "BUYER_TITLE"),
        ({"title": "江城\n科技"}, "BUYER_TITLE"),
        ({"title": "江" * 101}, "BUYER_TITLE"),
        ({"title": "个人", "tax_id": USCC}, "BUYER_COMPANY"),
        ({"tax_id": USCC.lower()}, "BUYER_TAX_ID"),
        ({"tax_id": "9111"}, "BUYER_TAX_ID"),
        ({"title": "张三", "is_natural_person": True, "tax_id": "110105194912310021"}, "PERSON_ID"),
        ({"is_natural_person": True, "tax_id": USCC}, "PERSON_ID"),
        ({"email": "caiwu@"}, "BUYER_EMAIL"),
        ({"email": "a b@c.cn"}, "BUYER_EMAIL"),
        ({"email": "财务@jiangcheng.com.cn"}, "BUYER_EMAIL"),
        ({"email": "a@c.cn\r\nBcc: x@y.cn"}, "BUYER_EMAIL"),
    ],
)
def test_what_breaks_a_rule_is_refused(said, rule):
    assert judged(**said) == [(Weight.BROKEN, rule)]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"title": "张三丰"}, "SHORT_NAME"),
        ({"title": "江城科技"}, "SHORT_NAME"),
        ({"title": "江城科技", "tax_id": USCC}, "SHORT_NAME"),
        ({"tax_id": "911100006000373410"}, "TAX_ID_CHECK_DIGIT"),
        ({"tax_id": "91110000600I37341L"}, "TAX_ID_SIGNS"),
        ({"tax_id": "9111A000600037341L"}, "TAX_ID_SIGNS"),
        ({"tax_id": "9111000060003734"}, "TAX_ID_LENGTH"),
    ],
)
def test_what_is_risky_asks_for_a_second_person(said, rule):
    assert judged(**said) == [(Weight.RISK, rule)]


@pytest.mark.parametrize(
    ("tax_id", "rule"),
    [
        ("110105600037341", "TAX_ID_LEGACY"),
        ("11010519491231002X01", "TAX_ID_LEGACY"),
        ("A1110000600037341L", "TAX_ID_LETTERS"),
    ],
)
def test_an_old_or_rare_form_of_tax_id_is_told_and_keeps_nobody_waiting(tax_id, rule):
    assert judged(tax_id=tax_id) == [(Weight.REMARK, rule)]


def test_where_no_mail_is_sent_no_address_is_taken():
    found = check_applicant(Applicant(FIRM, email="caiwu@jiangcheng.com.cn"), CheckPolicy(sends_mail=False))

    assert [(each.weight, each.rule) for each in found] == [(Weight.BROKEN, "MAIL_OFF")]


def test_a_trusted_tax_id_need_not_keep_its_check_digit():
    wrong = "911100006000373410"

    found = check_applicant(Applicant(FIRM, wrong), CheckPolicy(trusted_tax_ids=frozenset({wrong})))

    assert found == ()


def test_findings_come_worst_first_and_hold_nothing_of_anyone():
    found = check_applicant(Applicant("张三丰", "911100006000373410", "x@"), LIMITS)

    assert [each.weight for each in found] == [Weight.BROKEN, Weight.RISK, Weight.RISK]
    words = "".join(f"{each.message}{each.message_zh}{each.cure}{each.cure_zh}" for each in found)
    assert not any(secret in words for secret in ("张三丰", "911100006000373410", "x@"))
    assert all(each.cure and each.cure_zh and each.message_zh for each in found)


@pytest.mark.parametrize(
    ("left_minor", "asked_minor", "rules"),
    [
        (100_000, 0, []),
        (100_000, 100_000, []),
        (100_000, 100_001, [(Weight.BROKEN, "AMOUNT_OVER")]),
        (100_000, 99_999, [(Weight.BROKEN, "AMOUNT_PART")]),
        (100_001, 0, [(Weight.RISK, "AMOUNT_LARGE")]),
    ],
)
def test_an_amount_is_held_against_what_is_left(left_minor, asked_minor, rules):
    assert [(each.weight, each.rule) for each in check_amount(left_minor, asked_minor, LIMITS)] == rules
