"""What is wrong in a document is told before it is sent, field by field and in both languages."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.invoice_sync.domain.document_rules import Draft, broken_rules
from services.invoice_sync.domain.invoice import PERSON, Party

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
SELLER = Party("武汉水务集团有限公司", "91420100177666888X")
COMPANY = Party("武汉光谷科技有限公司", "91420100MA4K2ABC1D")


def a_draft(amount_minor=12_345, currency="CNY", seller=SELLER, buyer=PERSON, order_no="NO1", issue_date=None):
    return Draft(Money(currency, amount_minor), seller, buyer, order_no, issue_date or date(2026, 3, 1))


@pytest.mark.parametrize("buyer", [PERSON, Party("张三", ""), COMPANY, Party("字" * 100, "9" * 15)])
def test_a_document_that_is_in_order_breaks_no_rule(buyer):
    assert broken_rules(a_draft(buyer=buyer), NOON, amount_minor_max=12_345) == ()


@pytest.mark.parametrize(
    ("draft", "rule", "field"),
    [
        (a_draft(currency="USD"), "CURRENCY", "amount"),
        (a_draft(amount_minor=0), "AMOUNT_POSITIVE", "amount"),
        (a_draft(amount_minor=-1), "AMOUNT_POSITIVE", "amount"),
        (a_draft(amount_minor=100_001), "AMOUNT_LIMIT", "amount"),
        (a_draft(seller=Party(" ", SELLER.tax_id)), "SELLER_NAME", "seller_name"),
        (a_draft(seller=Party(SELLER.name, "")), "SELLER_TAX_ID", "seller_tax_id"),
        (a_draft(buyer=Party("", "")), "BUYER_TITLE", "buyer_title"),
        (a_draft(buyer=Party("　", "")), "BUYER_TITLE", "buyer_title"),
        (a_draft(buyer=Party("字" * 101, "")), "BUYER_TITLE", "buyer_title"),
        (a_draft(buyer=Party("张三\n", "")), "BUYER_TITLE", "buyer_title"),
        (a_draft(buyer=Party(COMPANY.name, "1" * 14)), "BUYER_TAX_ID", "buyer_tax_id"),
        (a_draft(buyer=Party(COMPANY.name, "1" * 21)), "BUYER_TAX_ID", "buyer_tax_id"),
        (a_draft(buyer=Party(COMPANY.name, "91420100ma4k2abc1d")), "BUYER_TAX_ID", "buyer_tax_id"),
        (a_draft(buyer=Party(COMPANY.name, "\uff19" * 18)), "BUYER_TAX_ID", "buyer_tax_id"),
        (a_draft(buyer=Party("个人", COMPANY.tax_id)), "BUYER_COMPANY", "buyer_title"),
        (a_draft(order_no="1" * 65), "ORDER_NO", "merchant_order_no"),
        (a_draft(order_no=""), "ORDER_NO", "merchant_order_no"),
        (a_draft(issue_date=date(2026, 3, 2)), "ISSUE_DATE", "issue_date"),
    ],
)
def test_each_fault_is_told_by_its_rule_and_field_alone(draft, rule, field):
    (broken,) = broken_rules(draft, NOON, amount_minor_max=100_000)

    assert (broken.rule, broken.field) == (rule, field)
    assert broken.message
    assert broken.message_zh


def test_today_is_the_day_in_beijing():
    after_midnight_there = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
    draft = a_draft(issue_date=date(2026, 3, 2))

    assert broken_rules(draft, after_midnight_there) == ()
    assert len(broken_rules(draft, datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC))) == 1


def test_all_that_is_wrong_is_told_at_once():
    draft = a_draft(0, "USD", Party("", ""), Party("", "1"), "", date(2027, 1, 1))

    told = [broken.rule for broken in broken_rules(draft, NOON)]

    assert told == [
        "CURRENCY",
        "AMOUNT_POSITIVE",
        "SELLER_NAME",
        "SELLER_TAX_ID",
        "BUYER_TITLE",
        "BUYER_TAX_ID",
        "ORDER_NO",
        "ISSUE_DATE",
    ]


# Words that stand in no sentence of ours, so that a name or a number in one can only have come from the draft.
_words = st.text(alphabet="赵钱孙李QZXJ0123456789", min_size=6, max_size=130)


@given(_words, _words, _words, _words)
def test_no_name_and_no_tax_number_is_in_a_sentence(seller, seller_tax_id, buyer, buyer_tax_id):
    draft = a_draft(0, "USD", Party(seller, seller_tax_id), Party(buyer, buyer_tax_id))

    said = " ".join(f"{broken.message} {broken.message_zh}" for broken in broken_rules(draft, NOON))

    assert not any(secret in said for secret in (seller, seller_tax_id, buyer, buyer_tax_id))
