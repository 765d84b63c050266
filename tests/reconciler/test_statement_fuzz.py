"""No bytes make the check raise anything but a refusal, and whatever is read adds up."""

import gzip
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciler.domain.statement import Summary
from services.reconciler.statements import Limits, Source, StatementRefused, check_statement, load_profiles
from services.reconciler.statements.draft import draft_profile
from services.reconciler.statements.profile_files import ProfileInvalid, parse_profile
from tests.support import statement_families as families
from tests.support import statement_samples as samples

LIMITS = Limits()
FAMILIES = {
    "a bill with prefixes": samples.wechat_pay_trade,
    "a bill with a frame, in GBK": samples.alipay_business,
    "an archive": lambda: samples.alipay_archive(samples.alipay_business()),
    "gzip": lambda: gzip.compress(samples.wechat_pay_trade(), mtime=0),
    "a bank's list with quotes": samples.ccb_debit,
    "typed records": samples.paypal_stl,
    "small letters and metadata": samples.stripe_payout,
    "a workbook": families.citic_credit_xlsx,
    "fixed width": families.unionpay_zm,
    "camt": families.camt053,
    "MT940": families.mt940,
    "BAI2": families.bai2,
    "OFX": families.ofx,
}


def checked(raw: bytes) -> Summary | None:
    """The verdict, with what must hold of every one."""
    try:
        summary = check_statement(Source.of_bytes(raw), load_profiles(), LIMITS)
    except StatementRefused:
        return None
    assert min(summary.rows.booked, summary.rows.neutral, summary.rows.frame, summary.rows.quarantined) >= 0
    assert summary.fault_count >= len(summary.faults)
    assert summary.loadable <= (not summary.faults)
    assert (summary.rows.booked > 0) == (summary.first is not None)
    assert all(amount > 0 for amount in summary.sums_in.values())
    assert all(amount < 0 for amount in summary.sums_out.values())
    return summary


def drafted(raw: bytes) -> None:
    """A draft of it lacks nothing but an amount, if that was not found, and else reads the file or refuses it."""
    with suppress(StatementRefused):
        draft = draft_profile(Source.of_bytes(raw), LIMITS)
        if draft is None:
            return
        if "amount column was not found" in draft.yaml:
            with pytest.raises(ProfileInvalid) as lacking:
                parse_profile("draft.yaml", draft.yaml)
            assert [fault.startswith("amount is missing") for fault in lacking.value.faults] == [True]
            return
        profile = parse_profile("draft.yaml", draft.yaml)
        assert profile.status == "draft"
        check_statement(Source.of_bytes(raw), [profile], LIMITS, profile.id)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_whole_file_of_each_family_is_loadable(family):
    summary = checked(FAMILIES[family]())

    assert summary is not None
    assert (summary.loadable, summary.faults) == (True, ())
    assert summary.rows.booked


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_mutated_file_is_read_or_refused_and_adds_up(family, data):
    raw = bytearray(FAMILIES[family]())
    for change in data.draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4)):
        at = data.draw(st.integers(0, len(raw)))
        raw = bytearray(change(bytes(raw), at, data.draw(st.binary(min_size=1, max_size=12))))

    checked(bytes(raw))
    drafted(bytes(raw))


CHANGES: list[Callable[[bytes, int, bytes], bytes]] = [
    lambda raw, at, some: raw[:at] + some + raw[at + len(some) :],
    lambda raw, at, some: raw[:at] + some + raw[at:],
    lambda raw, at, some: raw[:at] + raw[at + len(some) * 7 :],
    lambda raw, at, some: raw[:at] + raw[max(0, at - 90) :],
    lambda raw, at, some: raw[:at] + b"\n" + raw[at:],
    lambda raw, at, some: raw[:at],
]


# Their totals count every row and every amount, with its sign.
TOTALLED = ["a bill with prefixes", "a bill with a frame, in GBK", "camt", "MT940"]


@pytest.mark.parametrize("family", TOTALLED)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_slip_in_a_file_with_totals_is_ever_read_to_another_sum(family, data):
    whole = FAMILIES[family]()
    at = data.draw(st.integers(0, len(whole) - 1))
    typed = data.draw(st.sampled_from(list(b"0123456789.,-+ \"'`\tCDR"))).to_bytes(1, "big")
    slip = data.draw(st.sampled_from([whole[at : at + 1], b""]))  # typed over, or between

    slipped = checked(whole[:at] + typed + whole[at + len(slip) :])

    meant = checked(whole)
    assert meant is not None
    if slipped is not None and slipped.loadable:
        assert (slipped.sums_in, slipped.sums_out) == (meant.sums_in, meant.sums_out)


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=400)
    | st.lists(st.lists(st.text(max_size=8), max_size=6)).map(
        lambda rows: "\n".join(map(",".join, rows)).encode("utf-8", "replace")
    )
)
def test_random_bytes_and_tables_are_refused_and_a_draft_of_them_is_valid_if_there_is_one(raw):
    checked(raw)
    drafted(raw)
