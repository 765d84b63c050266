"""What a claim counts and holds is given back whatever happens to it: no route and no row is stopped for ever."""

from dataclasses import replace

import pytest

from chassis.ids import new_id
from services.invoice_sync.actions.attempt_log import LeaseLost
from services.invoice_sync.actions.audit import AuditActions
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.domain.hold import HoldKind, raised
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import gates, outbox
from tests.invoice_sync.builders import OPEN_GATES, a_payment
from tests.support.tax_sandbox import ROUTE, SELLER_TAX_ID


def in_flight(system) -> int:
    return sum(system.tools.gates._in_flight.values())


async def test_claims_whose_commit_fails_take_nothing_from_what_may_be_in_flight(system):
    await system.issued(count=3)

    def crash(point: str) -> None:
        if point == "before_claim_commit":
            raise ConnectionError("the database went away")

    failing = UploadActions(system.tax, replace(system.tools, crash=crash))
    for _ in range(OPEN_GATES.concurrency.maximum):
        with pytest.raises(ConnectionError):
            await failing.upload_due()

    assert in_flight(system) == 0
    assert await system.upload.upload_due() == 3


async def test_claims_that_cannot_be_recorded_are_in_flight_no_more_and_each_counts_once(system, monkeypatch):
    await system.issued(count=4)
    elsewhere = await system.upload.claim_due(1)

    async def broken(*_) -> None:
        raise ConnectionError("the database went away")

    with monkeypatch.context() as patched:
        patched.setattr(gates, "lift", broken)
        patched.setattr("services.invoice_sync.store.outbox.end_leases", broken)
        with pytest.raises(ConnectionError):
            await system.upload.upload_due()

    assert in_flight(system) == len(elsewhere) == 1


async def test_a_worker_that_stood_still_after_its_claim_sends_nothing_when_it_goes_on(system):
    invoice, other = await system.issued(count=2)
    (frozen,) = await system.upload.claim_due(1)
    system.clock.advance(system.tools.timers.lease_seconds / 2)

    with pytest.raises(LeaseLost):
        await system.upload.upload_claims([frozen])
    sent = await system.upload.upload_due()

    assert (await system.steering.counts())["submits"] == sent == 1
    assert frozen.invoice_id in (invoice.invoice_id, other.invoice_id)
    assert in_flight(system) == 0


async def test_a_row_under_a_lease_that_is_gone_is_taken_back_and_one_under_a_lease_is_not(system):
    lost, held = await system.issued(count=2)
    await system.upload.claim_due()
    await system.execute("UPDATE outbox SET lease_id = 'lea_gone' WHERE invoice_id = :id", id=lost.invoice_id)

    report = await system.sweep.sweep()

    assert report.counts.lease_expired_count == 1
    assert (await system.again(lost)).standing.sync_state is SyncState.UNKNOWN
    assert (await system.again(held)).standing.sync_state is SyncState.SENDING
    assert (await AuditActions(system.tools).verify_log(lost.invoice_id)).flaw == ""


async def test_rows_under_leases_that_are_gone_are_found_in_rounds_however_many_rows_there_are(system, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.actions.sweep_own._LOOK_MAX", 2)
    await system.issued(count=5)
    await system.upload.claim_due()
    await system.execute("DELETE FROM lease")

    taken = [(await system.sweep.sweep()).counts.lease_expired_count for _ in range(4)]

    assert taken == [2, 2, 1, 0]


async def test_a_held_seller_is_seen_however_many_others_are_held(system, monkeypatch):
    monkeypatch.setattr(gates, "_HOLDS_MAX", 1)
    await system.issued()
    async with system.sessions.begin() as session:
        for seller in ("91420100MA4KABC450", "91420100MA4KABC451", SELLER_TAX_ID):
            hold = raised(HoldKind.QUOTA, new_id("hld"), ROUTE, seller, system.clock.now(), OPEN_GATES.hold)
            await gates.add_hold(session, hold)

    assert await system.upload.upload_due() == 0


async def test_what_a_probe_shows_counts_though_another_route_was_claimed_for_while_it_was_on_its_way(system):
    await system.issued()
    hold = raised(HoldKind.LOGIN, new_id("hld"), ROUTE, SELLER_TAX_ID, system.clock.now(), OPEN_GATES.hold)
    async with system.sessions.begin() as session:
        await gates.add_hold(session, hold)
    system.clock.advance(61)
    probe = await system.upload.claim_due()
    elsewhere = Party("北京燃气集团有限公司", "91110105MA4KABC451")
    await system.issue.set_merchant_profile(Profile("city-gas", IssuePolicy.ON_SUCCESS, elsewhere))
    await system.follow(a_payment(merchant_id="city-gas"))

    others = await system.upload.claim_due()
    await system.upload.upload_claims(probe)

    assert [claim.route.region for claim in [*probe, *others]] == ["42", "11"]
    async with system.sessions() as session:
        assert await gates.holds(session) == []


async def test_a_hold_is_put_off_only_by_a_probe_that_is_sent(system):
    (held,) = await system.issued()
    hold = raised(HoldKind.QUOTA, new_id("hld"), ROUTE, SELLER_TAX_ID, system.clock.now(), OPEN_GATES.hold)
    async with system.sessions.begin() as session:
        await gates.add_hold(session, hold)
    system.clock.advance(3_601)
    other = Party("武汉燃气集团有限公司", "91420100MA4KABC451")
    await system.issue.set_merchant_profile(Profile("city-gas", IssuePolicy.ON_SUCCESS, other))
    await system.follow(a_payment(merchant_id="city-gas"))

    # A sweep has its row at this moment, so that the claim passes it over.
    async with system.sessions.begin() as session:
        assert await outbox.hold_idle(session, [held.invoice_id])
        claims = await system.upload.claim_due()

    async with system.sessions() as session:
        (now,) = await gates.holds(session)
    assert [claim.seller_tax_id for claim in claims] == [other.tax_id]
    assert now.until == hold.until
    assert [claim.invoice_id for claim in await system.upload.claim_due()] == [held.invoice_id]


async def test_holds_of_other_sellers_are_not_read_but_that_there_are_some_is(system):
    async with system.sessions.begin() as session:
        for no in range(5):
            hold = raised(
                HoldKind.QUOTA, new_id("hld"), ROUTE, f"91420100MA4KABC45{no}", system.clock.now(), OPEN_GATES.hold
            )
            await gates.add_hold(session, hold)

    async with system.sessions() as session:
        read = await gates.holds_of(session, [ROUTE.key], [SELLER_TAX_ID])
        elsewhere = await gates.holds_of(session, ["another"], [SELLER_TAX_ID])

    assert [hold.route_key for hold in read] == [ROUTE.key]
    assert elsewhere == []
