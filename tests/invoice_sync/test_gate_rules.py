"""Routes, holds and the one verdict on a gate: who is held, by what, until when, and how it opens again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.breaker import Breaker, BreakerState
from services.invoice_sync.domain.gate import Open, Shut, is_open
from services.invoice_sync.domain.hold import (
    Hold,
    HoldKind,
    HoldPolicy,
    announced_outage,
    covers,
    is_lifted_by,
    probing,
    raised,
    wants_probe,
)
from services.invoice_sync.domain.route import Route, parse_route, region_of

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
HUBEI = Route("sandbox", "production", "42", "default")
BEIJING = replace(HUBEI, region="11")
WATER, GAS = "91420100MA4KXYZ123", "91420100MA4KABC456"
POLICY = HoldPolicy(quota_probe_seconds=3600, login_probe_seconds=60, outage_probe_seconds=120)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_hold(kind: HoldKind = HoldKind.MANUAL, *, seller: str = "", until: datetime | None = None) -> Hold:
    return Hold("hold_1", kind, HUBEI.key, seller, "the owner asked", "业主要求", NOON, until, "li")


def held_by(kind: HoldKind, now: datetime = NOON, **more) -> Hold:
    """The hold after an answer to the water works by the route of Hubei."""
    return raised(kind, "hold_3", HUBEI, WATER, now, POLICY, **more)


@given(st.builds(Route, *[st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True)] * 4))
def test_a_route_is_read_back_from_its_key(route):
    assert parse_route(route.key) == route


@pytest.mark.parametrize("key", ["", "sandbox", "sandbox/production/42", "sandbox/production//default", "a/b/c/d/e"])
def test_what_is_no_route_is_refused(key):
    with pytest.raises(ValueError, match="route"):
        parse_route(key)


@pytest.mark.parametrize(
    ("tax_id", "region"),
    [
        ("91420100MA4KXYZ123", "42"),
        ("91110108MA01ABCDE2", "11"),
        ("420106123456789", "42"),
        ("42011119900307123X", "42"),
        ("42112119900307123X", "42"),
        ("42011119900307123X01", "42"),
        ("911000001000000000", None),
        ("914201", None),
        ("", None),
    ],
    ids=[
        "company",
        "company in Beijing",
        "old number",
        "resident",
        "resident of 421121",
        "trader",
        "state",
        "short",
        "none",
    ],
)
def test_the_region_is_read_from_the_sellers_tax_number(tax_id, region):
    assert region_of(tax_id) == region


def test_a_hold_of_a_seller_holds_no_other_and_no_other_route():
    hold = a_hold(seller=WATER)

    assert covers(hold, HUBEI, WATER, NOON)
    assert not covers(hold, HUBEI, GAS, NOON)
    assert not covers(hold, BEIJING, WATER, NOON)
    assert covers(a_hold(), HUBEI, GAS, NOON)


def test_a_manual_hold_ends_at_its_time_or_never_by_itself():
    assert is_open(HUBEI, WATER, [a_hold(until=at(60))], Breaker(), at(60)) == Open()
    assert isinstance(is_open(HUBEI, WATER, [a_hold()], Breaker(), at(10**8)), Shut)


def test_an_announced_outage_holds_only_while_it_lasts_and_then_asks_for_a_probe():
    outage = announced_outage("hold_2", HUBEI, at(100), at(200), "sweeper")

    assert is_open(HUBEI, WATER, [outage], Breaker(), at(99)) == Open()
    assert is_open(HUBEI, WATER, [outage], Breaker(), at(100)).until == at(200)
    assert is_open(HUBEI, WATER, [outage], Breaker(), at(200)) == Open(probed=(outage,))


def test_a_used_up_quota_holds_its_seller_alone_and_until_the_next_probe():
    hold = held_by(HoldKind.QUOTA, code="E9400")

    verdict = is_open(HUBEI, WATER, [hold], Breaker(), at(1))
    assert verdict == Shut(
        HoldKind.QUOTA,
        "hold_3",
        "the seller's monthly quota is used up (E9400)",
        "销售方本月发票额度已用完（E9400）",
        at(3600),
    )
    assert is_open(HUBEI, GAS, [hold], Breaker(), at(1)) == Open()


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 3, 31, 15, 30, tzinfo=UTC), datetime(2026, 3, 31, 16, 0, tzinfo=UTC)),
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, 0, tzinfo=UTC)),
        (datetime(2026, 3, 31, 16, 0, tzinfo=UTC), datetime(2026, 3, 31, 17, 0, tzinfo=UTC)),
    ],
    ids=["before midnight in China", "before the new year in China", "in the new month"],
)
def test_a_quota_is_asked_for_again_when_the_month_turns_in_china(now, until):
    assert held_by(HoldKind.QUOTA, now).until == until


def test_a_refused_credential_holds_every_seller_of_the_route():
    hold = held_by(HoldKind.LOGIN)

    assert (hold.kind, hold.until) == (HoldKind.LOGIN, at(60))
    assert covers(hold, HUBEI, GAS, at(59))


def test_an_outage_lasts_as_long_as_the_authority_says_but_no_more_than_a_day_or_else_a_while():
    assert held_by(HoldKind.OUTAGE, until=at(900)).until == at(900)
    assert held_by(HoldKind.OUTAGE, until=at(10**9)).until == at(86_400)
    assert held_by(HoldKind.OUTAGE).until == at(120)


def test_while_a_probe_is_on_its_way_no_second_one_goes_and_a_lost_one_is_replaced():
    hold = held_by(HoldKind.LOGIN)
    assert wants_probe(hold, HUBEI, WATER, at(60))

    on_its_way = probing(hold, at(60), POLICY)

    assert isinstance(is_open(HUBEI, WATER, [on_its_way], Breaker(), at(61)), Shut)
    assert is_open(HUBEI, WATER, [on_its_way], Breaker(), at(120)) == Open(probed=(on_its_way,))


@pytest.mark.parametrize(
    ("kind", "outcome", "lifted"),
    [
        (HoldKind.QUOTA, Outcome.ACCEPTED, True),
        (HoldKind.QUOTA, Outcome.DUPLICATE, False),
        (HoldKind.LOGIN, Outcome.REJECTED_BUSINESS, True),
        (HoldKind.LOGIN, Outcome.NOT_FOUND, True),
        (HoldKind.LOGIN, Outcome.UNKNOWN, False),
        (HoldKind.LOGIN, Outcome.AUTH, False),
        (HoldKind.CERTIFICATE, Outcome.ACCEPTED, True),
        (HoldKind.OUTAGE, Outcome.AUTH, True),
        (HoldKind.OUTAGE, Outcome.OUTAGE, False),
        (HoldKind.MANUAL, Outcome.ACCEPTED, False),
    ],
)
def test_a_hold_is_lifted_by_an_answer_that_shows_its_cause_gone(kind, outcome, lifted):
    assert is_lifted_by(a_hold(kind), outcome, begun=at(1)) is lifted


def test_an_answer_to_a_call_from_before_the_hold_lifts_nothing():
    assert not is_lifted_by(a_hold(HoldKind.QUOTA), Outcome.ACCEPTED, begun=at(-1))


def test_an_open_breaker_is_named_as_the_gate_with_its_time():
    breaker = Breaker(BreakerState.OPEN, 3, 0b111, 3, open_until=at(10), opened_count=1)

    verdict = is_open(HUBEI, WATER, [], breaker, NOON)

    assert (verdict.kind, verdict.hold_id, verdict.until) == (HoldKind.BREAKER, "", at(10))
    assert "3 in a row, 3 of the last 3" in verdict.reason
    assert is_open(HUBEI, WATER, [], breaker, at(10)) == Open(breaker_probe=True)


def test_of_several_shut_gates_the_one_that_stays_shut_longest_is_named():
    breaker = Breaker(BreakerState.OPEN, 3, 0b111, 3, open_until=at(10), opened_count=1)
    login = a_hold(HoldKind.LOGIN, until=at(60))

    assert is_open(HUBEI, WATER, [login], breaker, NOON).kind is HoldKind.LOGIN
    assert is_open(HUBEI, WATER, [login, a_hold()], breaker, NOON).kind is HoldKind.MANUAL


some_holds = st.lists(
    st.builds(
        a_hold,
        st.sampled_from([kind for kind in HoldKind if kind is not HoldKind.BREAKER]),
        seller=st.sampled_from(["", WATER, GAS]),
        until=st.none() | st.integers(1, 500).map(at),
    ),
    max_size=6,
)


@given(some_holds, st.integers(0, 600))
def test_a_gate_is_open_exactly_when_no_hold_covers_it(holds, seconds):
    verdict = is_open(HUBEI, WATER, holds, Breaker(), at(seconds))

    assert isinstance(verdict, Open) is not any(covers(hold, HUBEI, WATER, at(seconds)) for hold in holds)
    if isinstance(verdict, Shut) and verdict.until is not None:
        assert not isinstance(is_open(HUBEI, WATER, holds, Breaker(), verdict.until), Shut)
