"""What a channel keeps: the rule that says most, rounded half up, never more than was paid; and the file of rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.payments import fee_rules
from services.payments.domain.fee import FeeRule, FeeRules


@pytest.mark.parametrize(
    ("amount_minor", "fee_minor"),
    [(1, 0), (83, 0), (84, 1), (250, 2), (416, 2), (417, 3), (10_000, 60), (2**62, (2**62 * 6_000 + 500_000) // 10**6)],
)
def test_a_fee_is_rounded_half_up_on_the_minor_unit(amount_minor, fee_minor):
    rules = FeeRules([FeeRule("six-thousandths", "wechat_pay", 6_000)])

    fee = rules.fee_of("wechat_pay", "wuhan-water", Money("CNY", amount_minor))

    assert fee.amount == Money("CNY", fee_minor)
    assert (fee.fee_rule_id, fee.rate_ppm) == ("six-thousandths", 6_000)


def test_the_rule_that_says_most_applies_and_no_rule_is_no_fee_rather_than_none_kept():
    rules = FeeRules(
        [
            FeeRule("all", "alipay", 6_000),
            FeeRule("dollars", "alipay", 9_000, currency_code="USD"),
            FeeRule("ours", "alipay", 2_000, merchant_id="wuhan-water"),
            FeeRule("our-dollars", "alipay", 1_000, merchant_id="wuhan-water", currency_code="USD"),
        ]
    )

    def applied(channel, merchant_id, code):
        fee = rules.fee_of(channel, merchant_id, Money(code, 100_00))
        return fee and fee.fee_rule_id

    assert applied("alipay", "other", "CNY") == "all"
    assert applied("alipay", "other", "USD") == "dollars"
    assert applied("alipay", "wuhan-water", "CNY") == "ours"
    assert applied("alipay", "wuhan-water", "USD") == "our-dollars"
    assert applied("wechat_pay", "wuhan-water", "CNY") is None


@given(st.integers(1, 10**15), st.integers(0, 10**6), st.integers(0, 10**6), st.none() | st.integers(0, 10**6))
def test_a_fee_keeps_to_its_least_and_its_most_and_never_exceeds_the_payment(amount, rate_ppm, least, above):
    most = None if above is None else least + above
    rule = FeeRule("any", "bank", rate_ppm, min_minor=least, max_minor=most)

    fee = FeeRules([rule]).fee_of("bank", "m", Money("CNY", amount)).amount.amount_minor

    assert 0 <= fee <= amount
    assert fee >= min(least, amount)
    assert most is None or fee <= most
    exact = amount * rate_ppm  # in millionths of a minor unit
    if fee not in (least, most, amount):
        assert -500_000 < fee * 10**6 - exact <= 500_000


def test_the_example_at_the_top_of_the_reader_is_a_file_of_rules(tmp_path):
    path = tmp_path / "fees.toml"
    path.write_text(fee_rules.__doc__.partition("\n\n")[2])

    rules = fee_rules.read(path)

    assert rules.fee_of("wechat_pay", "wuhan-water", Money("CNY", 100_00)).amount == Money("CNY", 60)
    assert rules.fee_of("wechat_pay", "another", Money("CNY", 100_00)) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[rule]", "is no TOML"),
        ("rule = 3", "must hold [[rule]] tables"),
        ("[[rules]]\nchannel = 'a'", "must hold [[rule]] tables"),
        ("[[rule]]\nchannel = 'a'", "rule 1: lacks fee_rule_id, rate_ppm"),
        ("[[rule]]\nfee_rule_id = 'a'\nchannel = 'a'\nrate_ppm = 1\nmax = 1", "rule 1: has no field max"),
        ("[[rule]]\nfee_rule_id = 'a'\nchannel = ''\nrate_ppm = 0.6", "channel must be text"),
        ("[[rule]]\nfee_rule_id = 'a'\nchannel = ''\nrate_ppm = 0.6", "rate_ppm must be a whole number"),
        ("[[rule]]\nfee_rule_id = 'a'\nchannel = 'a'\nrate_ppm = 1000001", "at most 1000000"),
        ("[[rule]]\nfee_rule_id = 'a'\nchannel = 'a'\nrate_ppm = 1\ncurrency_code = 'XXX'", "currency_code"),
        ("[[rule]]\nfee_rule_id = 'a'\nchannel = 'a'\nrate_ppm = 1\nmin_minor = 2\nmax_minor = 1", "below min_minor"),
        ("[[rule]]\nfee_rule_id = 'a'\nchannel = 'a'\nrate_ppm = 1\n" * 2, "fee_rule_id a stands more than once"),
        ("[[rule]]\nfee_rule_id = 'a'\nchannel = 'a'\nrate_ppm = 1\n" * 2, "more than one rule for a"),
    ],
)
def test_a_file_that_makes_no_rules_is_refused_with_the_place_and_the_reason(tmp_path, text, told):
    path = tmp_path / "fees.toml"
    path.write_text(text)

    with pytest.raises(ValueError, match=r"^(?s:.*)" + told.replace("[", r"\[").replace("]", r"\]")):
        fee_rules.check_file(str(path))


def test_a_file_of_rules_that_is_not_there_is_told_at_the_start(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        fee_rules.check_file(str(tmp_path / "none.toml"))

    fee_rules.check_file("")
