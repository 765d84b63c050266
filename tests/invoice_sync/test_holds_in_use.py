"""Gates before the real stand-in authority: who waits, who goes on, what opens them; nothing is lost or doubled."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.invoice_sync.actions.gate_admin import GateAdminActions
from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.breaker import BreakerPolicy, BreakerState
from services.invoice_sync.domain.concurrency import ConcurrencyPolicy
from services.invoice_sync.domain.hold import HoldKind
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import gates
from tests.invoice_sync.builders import OPEN_GATES, TIMERS
from tests.invoice_sync.moving import DAY, Moving, moving_system
from tests.support.tax_sandbox import ROUTE, SELLER_TAX_ID

GAS = "91420100MA4KABC456"
PATIENT = replace(TIMERS, retry_age_seconds_max=90 * DAY, retry_count_max=1_000, deadline_seconds=90 * DAY)
TRIPPING = replace(
    OPEN_GATES,
    breaker=BreakerPolicy(3, 60, 30, 5, 60, 60, 30),
    concurrency=ConcurrencyPolicy(8, 1, 8),
)


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, timers=PATIENT) as made:
        yield made


@pytest.fixture
async def tripping(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, timers=PATIENT, policy=TRIPPING) as made:
        yield made


async def holds(moving: Moving) -> list[tuple[str, str]]:
    """Those that were not lifted: kind and seller."""
    return await moving.rows("SELECT kind, seller_tax_id FROM hold WHERE lift_time IS NULL ORDER BY kind")


async def breaker(moving: Moving) -> BreakerState:
    async with moving.sessions() as session:
        return (await gates.read(session))[ROUTE.key].breaker.state


async def limit(moving: Moving, limit_minor: int | None) -> None:
    asked = {"place": "production/42", "limit_minor": limit_minor}
    (await moving.steering.http.post(f"/steering/sellers/{SELLER_TAX_ID}/quota", json=asked)).raise_for_status()


async def doubled(moving: Moving) -> list[dict]:
    """Orders that the authority's book has twice."""
    orders = [row["order_no"] for row in await moving.steering.book()]
    return [order for order in orders if orders.count(order) > 1]


async def test_a_quota_that_is_used_up_holds_that_seller_alone_and_one_probe_finds_that_it_was_raised(moving):
    await limit(moving, 12_345)
    water = await moving.issued(4)
    await moving.upload.upload_due()
    held = await holds(moving)
    gas = await moving.issued_by(GAS, 3)
    others = await moving.upload.upload_due()
    await moving.pass_time(600)
    while_held = await moving.upload.upload_due()

    await moving.pass_time(3_600)
    probed_in_vain = await moving.upload.upload_due()
    await limit(moving, None)
    await moving.pass_time(3_601)
    probed, after = await moving.upload.upload_due(), await moving.upload.upload_due()
    await moving.until_state(SyncState.BOOKED, *water, *gas)

    assert held == [("QUOTA", SELLER_TAX_ID)]
    assert (others, while_held, probed_in_vain) == (3, 0, 1)
    assert (probed, after) == (1, 2)
    assert await holds(moving) == []
    assert await doubled(moving) == []


async def test_the_probe_of_one_sellers_quota_keeps_nobody_else_waiting(moving):
    await limit(moving, 1)
    await moving.issued(2)
    await moving.upload.upload_due()
    await moving.pass_time(3_601)
    await moving.issued_by(GAS, 3)

    sent = await moving.upload.upload_due()

    assert sent == 1 + 3
    assert await moving.rows("SELECT count(*) FROM attempt_end WHERE outcome = 'ACCEPTED'") == [(3,)]


async def test_a_quota_begins_anew_with_the_month(moving):
    await limit(moving, 12_345)
    await moving.issued(2)
    await moving.upload.upload_due()
    held = await holds(moving)

    # A document is taken for thirty days after its date, so that the month turns before that is over.
    for _ in range(29):
        await moving.pass_time(DAY)
        await moving.upload.upload_due()

    assert held == [("QUOTA", SELLER_TAX_ID)]
    assert await holds(moving) == []
    assert len(await moving.steering.book()) == 2


async def test_a_credential_that_is_not_let_in_holds_the_route_until_the_file_is_replaced(fresh_database, tmp_path):
    credential = tmp_path / "credential"
    credential.write_text("first-credential\n")
    async with moving_system(fresh_database, tmp_path, timers=PATIENT, credential_file=credential) as system:
        await system.steering.http.post("/steering/credentials", json={"credential": "second-credential"})
        waiting = await system.issued(3)

        await system.upload.upload_due()
        held = await holds(system)
        blocked = await system.upload.upload_due()
        await system.pass_time(61)
        in_vain = await system.upload.upload_due()
        credential.write_text("second-credential\n")
        early = await system.upload.upload_due()
        await system.pass_time(61)
        probe = await system.upload.upload_due()
        await system.pass_time(61)
        rest = await system.upload.upload_due()
        await system.until_state(SyncState.BOOKED, *waiting)

        assert held == [("LOGIN", "")]
        assert (blocked, in_vain, early, probe) == (0, 1, 0, 1)
        assert rest == 2
        assert await holds(system) == []
        assert await doubled(system) == []


async def test_questions_wait_for_the_credential_too_and_one_of_them_finds_that_it_is_mended(fresh_database, tmp_path):
    credential = tmp_path / "credential"
    credential.write_text("first-credential\n")
    async with moving_system(fresh_database, tmp_path, timers=PATIENT, credential_file=credential) as system:
        acked = await system.issued(3)
        await system.upload.upload_due()
        await system.steering.http.post("/steering/credentials", json={"credential": "second-credential"})
        await system.pass_time(10)
        refused = await system.rows("SELECT count(*) FROM attempt_end WHERE outcome = 'AUTH'")
        held = await holds(system)
        await system.pass_time(30)
        while_held = await system.rows("SELECT count(*) FROM attempt_end WHERE outcome = 'AUTH'")
        credential.write_text("second-credential\n")

        await system.pass_time(121)
        await system.until_state(SyncState.BOOKED, *acked)

        assert held == [("LOGIN", "")]
        assert while_held == refused
        assert await holds(system) == []


async def test_an_announced_outage_holds_its_span_and_a_probe_ends_it(moving):
    begins, ends = (moving.clock.now() + timedelta(seconds=each) for each in (300, 900))
    told = {"from": begins.isoformat(), "to": ends.isoformat(), "text": "维护", "place": "production/42"}
    assert (await moving.steering.http.post("/steering/announcements", json=told)).status_code == 201
    await moving.sweep.sweep()
    await moving.sweep.sweep()
    kept = await moving.rows("SELECT kind, start_time, end_time FROM hold")
    await moving.issued(1)
    before = await moving.upload.upload_due()
    await moving.pass_time(301)
    waiting = await moving.issued(3)
    during = await moving.upload.upload_due()

    await moving.pass_time(600)
    probe, rest = await moving.upload.upload_due(), await moving.upload.upload_due()
    await moving.until_state(SyncState.BOOKED, *waiting)

    assert kept == [("OUTAGE", begins, ends)]
    assert (before, during, probe, rest) == (1, 0, 1, 2)
    assert await holds(moving) == []


async def test_an_outage_that_is_answered_now_is_no_part_of_one_that_is_announced_for_later(moving):
    begins, ends = (moving.clock.now() + timedelta(seconds=each) for each in (7_200, 9_000))
    told = {"from": begins.isoformat(), "to": ends.isoformat(), "text": "维护", "place": "production/42"}
    await moving.steering.http.post("/steering/announcements", json=told)
    await moving.sweep.sweep()
    await moving.steering.plan("OUTAGE", times=1, seconds=30)
    await moving.issued(2)

    await moving.upload.upload_due()

    spans = await moving.rows("SELECT start_time, end_time FROM hold ORDER BY start_time")
    assert len(spans) == 2
    assert spans[1] == (begins, ends)
    assert await moving.upload.upload_due() == 0


async def test_a_person_holds_a_seller_and_lets_it_go(moving):
    admin = GateAdminActions(moving.tools)
    await moving.issued(2)
    await moving.issued_by(GAS, 2)

    hold = await admin.set_hold("request-1", ROUTE.key, SELLER_TAX_ID, "the owner asked", None, "li")
    others = await moving.upload.upload_due()
    await moving.pass_time(DAY)
    still = await moving.upload.upload_due()
    lifted = await admin.lift_hold(hold.hold_id)
    let_go = await moving.upload.upload_due()

    assert (hold.kind, others, still, lifted, let_go) == (HoldKind.MANUAL, 2, 0, True, 2)


async def test_a_dead_authority_opens_the_breaker_one_probe_goes_in_half_open_and_nothing_is_lost_or_doubled(tripping):
    (before,) = await tripping.issued()
    await tripping.upload.upload_due()
    await tripping.until_state(SyncState.BOOKED, before)
    await tripping.steering.plan("DROP_BEFORE_COMMIT")
    waiting = await tripping.issued(30)

    while await tripping.upload.upload_due():
        pass
    opened, sent_dead = await breaker(tripping), (await tripping.steering.counts())["submits"]
    tripping.clock.advance(6)
    probe, beside = await tripping.upload.upload_due(), await tripping.upload.upload_due()
    opened_again = await breaker(tripping)
    await tripping.steering.http.delete("/steering/faults")
    tripping.clock.advance(61)
    probe_again, closed = await tripping.upload.upload_due(), await breaker(tripping)
    rest = await tripping.upload.upload_due()
    for _ in range(6):
        await tripping.swept_after(601)
        while await tripping.upload.upload_due():
            pass
    await tripping.until_state(SyncState.BOOKED, *waiting)

    assert (opened, opened_again, closed) == (BreakerState.OPEN, BreakerState.OPEN, BreakerState.CLOSED)
    assert sent_dead <= 1 + 8
    assert (probe, beside, probe_again) == (1, 0, 1)
    assert rest > 1
    assert await doubled(tripping) == []
    assert {row["status"] for row in await tripping.steering.book()} == {"BOOKED"}
    assert len(await tripping.steering.book()) == 31


async def test_what_the_authority_asks_us_to_wait_the_whole_route_waits(moving):
    await moving.steering.plan("THROTTLE", seconds=120, times=1)
    await moving.issued(1)
    await moving.upload.upload_due()
    await moving.issued_by(GAS, 3)

    moving.clock.advance(100)
    early = await moving.upload.upload_due()
    moving.clock.advance(21)
    late = await moving.upload.upload_due()

    assert (early, late) == (0, 4)


async def test_three_of_a_small_seller_leave_with_the_first_of_one_that_has_five_thousand(moving):
    await moving.issued(1)
    for table, changes in (
        ("invoice", "'invoice_id', 'inv_' || no, 'payment_id', 'pay_x' || no, 'idempotency_key', 'key_' || no"),
        ("outbox", "'invoice_id', 'inv_' || no"),
    ):
        await moving.execute(
            f"""
            INSERT INTO {table} SELECT made.* FROM {table} AS like_it CROSS JOIN generate_series(1, 4999) AS no
                CROSS JOIN LATERAL jsonb_populate_record(like_it, jsonb_build_object({changes})) AS made
            """
        )
    small = await moving.issued_by(GAS, 3)

    claims = await moving.upload.claim_due(8)

    assert await moving.rows("SELECT count(*) FROM outbox WHERE lane = :lane", lane=SELLER_TAX_ID) == [(5_000,)]
    assert {each.invoice_id for each in small} <= {claim.invoice_id for claim in claims}
    assert len(claims) == 8


async def test_what_is_past_half_of_its_time_takes_the_express_lane(moving):
    await moving.issued(20)
    (late,) = await moving.issued_by(GAS)
    await moving.execute(
        "UPDATE outbox SET deadline_at = deadline_at - interval '60 days', due_at = due_at + interval '1 second'"
        " WHERE invoice_id = :id",
        id=late.invoice_id,
    )
    moving.clock.advance(2)

    report = await moving.sweep.sweep()
    (claim, *_) = await moving.upload.claim_due(2)

    assert report.counts.hurried_count == 1
    assert (claim.invoice_id, claim.lane) == (late.invoice_id, f"!{GAS}")


async def test_a_seal_that_fails_is_asked_for_until_it_succeeds(moving):
    await moving.steering.plan("SEAL_FAILED", times=6)
    (unsealed,) = await moving.issued()
    await moving.upload.upload_due()

    await moving.until_state(SyncState.BOOKED, unsealed)

    seals = await moving.outcomes(unsealed, Operation.SEAL)
    assert seals[:-1] == [Outcome.SEAL_FAILED] * 5
    assert seals[-1] in (Outcome.OK, Outcome.NOT_YET)
    assert await moving.open_cases() == []


async def test_a_seal_is_asked_for_twenty_times_a_day_at_most_and_then_left_to_a_person(moving):
    await moving.steering.plan("SEAL_FAILED")
    (unsealed,) = await moving.issued()
    await moving.upload.upload_due()

    for _ in range(60):
        await moving.pass_time(61)

    parked = await moving.again(unsealed)
    assert len(await moving.outcomes(unsealed, Operation.SEAL)) == 20
    assert parked.standing.parked
    assert await moving.cause(unsealed.invoice_id) == "C7"
