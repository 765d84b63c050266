"""What makes two sides differ is named, each invoice once, blue or red, and nothing else is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.invoice_sync.domain.parity import (
    DaySums,
    DifferenceClass,
    Named,
    OursRow,
    ParityState,
    Period,
    Sums,
    TheirsRow,
    fingerprint,
    name_differences,
    read_period,
    state_of,
    sums_of,
)
from services.invoice_sync.domain.parity_words import fact_of, remedy_of
from services.invoice_sync.domain.standing import SyncState

FIRST = date(2026, 3, 1)
DAYS = [FIRST + timedelta(days=no) for no in range(3)]
# What befell an invoice, and what that is called; None where nothing differs.
FATES = {
    "same": None,
    "gone there": DifferenceClass.OURS_ONLY,
    "gone here": DifferenceClass.THEIRS_ONLY,
    "other amount": DifferenceClass.AMOUNT_DIFFERS,
    "other colour": DifferenceClass.AMOUNT_DIFFERS,
    "void there": DifferenceClass.STATE_DIFFERS,
    "refused here": DifferenceClass.STATE_DIFFERS,
    "other day": DifferenceClass.DAY_DIFFERS,
    "void on both": None,
    "under way": None,
}


def ours(no: int, kind: str = "BLUE", day: date = FIRST, **changes) -> OursRow:
    minor = 100 + no if kind == "BLUE" else -100 - no
    made = OursRow(f"inv_{no}", f"key_{no}", f"{no:020d}", kind, minor, day, SyncState.BOOKED, counted=True)
    return replace(made, **changes)


def theirs(of: OursRow, **changes) -> TheirsRow:
    made = TheirsRow(
        of.invoice_number, of.idempotency_key, of.kind, of.amount_minor, of.issue_date, "BOOKED", counted=True
    )
    return replace(made, **changes)


def befallen(here: OursRow, fate: str) -> tuple[OursRow | None, TheirsRow | None]:
    there = theirs(here)
    other = "RED" if there.kind == "BLUE" else "BLUE"
    void = replace(there, status="VOIDED", counted=False)
    return {
        "same": (here, there),
        "gone there": (here, None),
        "gone here": (None, there),
        "other amount": (here, replace(there, amount_minor=there.amount_minor + 7)),
        "other colour": (here, replace(there, kind=other)),
        "void there": (here, void),
        "refused here": (replace(here, sync_state=SyncState.REJECTED, counted=False), there),
        "other day": (here, replace(there, issue_date=there.issue_date + timedelta(days=1))),
        "void on both": (replace(here, sync_state=SyncState.VOIDED, counted=False), void),
        "under way": (replace(here, sync_state=SyncState.ACKED, counted=False), there),
    }[fate]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(FATES)), st.sampled_from(["BLUE", "RED"]), st.integers(0, 2)), max_size=12
    )
)
def test_whatever_befell_them_exactly_those_that_differ_are_named_each_once(fates):
    rows = [befallen(ours(no, kind, DAYS[day]), fate) for no, (fate, kind, day) in enumerate(fates)]
    here, there = [each for each, _ in rows if each], [each for _, each in rows if each]

    named = name_differences(here, there, [*DAYS, DAYS[-1] + timedelta(days=1)])

    wanted = sorted((FATES[fate], f"{no:020d}") for no, (fate, _, _) in enumerate(fates) if FATES[fate])
    assert sorted((each.difference_class, each.invoice_number) for each in named.differences) == wanted
    assert named.under_way_count == sum(fate == "under way" for fate, _, _ in fates)
    if sums_of(here) != sums_of(there):
        assert named.differences or named.under_way_count


def test_only_days_that_are_looked_at_are_named():
    named = name_differences([ours(1), ours(2, day=DAYS[1])], [], [DAYS[1]])

    assert [each.invoice_id for each in named.differences] == ["inv_2"]


def test_a_record_without_our_key_is_ours_by_its_number():
    here = ours(1)

    assert name_differences([here], [theirs(here, idempotency_key="")], DAYS).differences == []


def test_sums_are_by_day_and_colour_and_count_what_counts():
    rows = [ours(1), ours(2, "RED"), ours(3, day=DAYS[1]), ours(4, counted=False)]

    assert sums_of(rows) == {DAYS[0]: Sums(1, 101, 1, -102), DAYS[1]: Sums(1, 103)}


def test_what_a_comparison_came_to_follows_from_its_days_and_differences():
    equal, off = DaySums(FIRST, Sums(1, 1), Sums(1, 1)), DaySums(FIRST, Sums(1, 1), Sums(2, 2))
    one = name_differences([ours(1)], [], DAYS)

    assert state_of([equal], Named((), 0)) is ParityState.AGREES
    assert state_of([off], one) is ParityState.DIFFERS
    assert state_of([off], Named((), 1)) is ParityState.UNSETTLED
    assert state_of([off], None) is ParityState.NOT_NAMED


def test_equal_results_have_one_fingerprint_and_others_another():
    days, found = [DaySums(FIRST, Sums(1, 1), Sums(2, 2))], name_differences([ours(1)], [], DAYS).differences

    def mark(**changes) -> str:
        told = {"state": ParityState.DIFFERS, "days": days, "differences": found, "complete": True, "waiting_count": 0}
        return fingerprint(**(told | changes))

    assert mark() == mark()
    assert len({mark(), mark(complete=False), mark(waiting_count=1), mark(differences=()), mark(days=())}) == 5


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026-02", Period(date(2026, 2, 1), date(2026, 2, 28))),
        ("2028-02", Period(date(2028, 2, 1), date(2028, 2, 29))),
        ("2026-12-31", Period(date(2026, 12, 31), date(2026, 12, 31))),
        ("2026-13", None),
        ("2026-02-30", None),
        ("March", None),
    ],
)
def test_a_period_is_a_day_or_a_month_of_the_calendar(text, period):
    assert read_period(text) == period
    assert period is None or period.text() == text


def test_a_month_is_over_at_midnight_in_beijing():
    month = Period(date(2026, 3, 1), date(2026, 3, 31))

    assert month.end == datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
    assert len(month.days(date(2026, 3, 10))) == 10


def test_every_class_has_words_and_a_cure_in_both_languages():
    for each in DifferenceClass:
        (found,) = name_differences([ours(1)], [], DAYS).differences
        fact, fact_zh = fact_of(replace(found, difference_class=each))
        assert fact.startswith(f"{each}: ")
        assert fact_zh.startswith(f"{each}：")
        assert all(remedy_of(each))
