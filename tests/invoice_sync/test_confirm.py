"""CONFIRMED is a second reading below the authority's watermark with equal totals; what vanishes later is found."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.tax import NotOffered
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import TIMERS
from tests.invoice_sync.moving import DAY, Moving, moving_system
from tests.support.tax_sandbox import SELLER_TAX_ID, a_document, submit_to, until_status

SOON = replace(TIMERS, confirm_after_seconds=60, retry_age_seconds_max=90 * DAY)
OTHER_SELLER = "91420100MA4KABC456"


@pytest.fixture
async def soon(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, timers=SOON) as made:
        yield made


class _WithoutTotals(SandboxTaxSystem):
    async def totals(self, *_) -> NotOffered:
        return NotOffered()


async def test_what_is_read_again_below_the_watermark_with_equal_totals_is_confirmed_and_settled(soon):
    booked = await soon.all_booked(3)

    await soon.pass_time(121)

    assert [await soon.state(each) for each in booked] == [SyncState.CONFIRMED] * 3
    assert await soon.rows("SELECT count(*) FROM outbox") == [(0,)]
    assert await soon.rows("SELECT count(*) FROM settled WHERE check_at IS NOT NULL") == [(3,)]
    assert await soon.cases() == []


async def test_above_the_watermark_it_is_confirmed_the_next_day_and_not_before(soon):
    await soon.steering.plan("STUCK_PROCESSING", key="stuck")
    stuck = a_document(order_no="STUCK", seller={"name": "另一家", "tax_id": OTHER_SELLER})
    assert (await submit_to(soon.steering, stuck, key="stuck")).status_code == 200
    (booked,) = await soon.all_booked()

    for _ in range(5):
        await soon.pass_time(600)
    before = await soon.state(booked)
    await soon.pass_time(2 * DAY)

    assert (before, await soon.state(booked)) == (SyncState.BOOKED, SyncState.CONFIRMED)


async def test_without_totals_it_is_confirmed_by_reading_again_the_next_day(fresh_database, tmp_path):
    async with moving_system(fresh_database, tmp_path, timers=SOON, tax_class=_WithoutTotals) as system:
        (booked,) = await system.all_booked()

        await system.pass_time(3_600)
        before = await system.state(booked)
        await system.pass_time(2 * DAY)

        assert (before, await system.state(booked)) == (SyncState.BOOKED, SyncState.CONFIRMED)
        assert await system.cases() == []


async def test_a_record_that_is_not_ours_keeps_the_day_unconfirmed_until_it_is_gone(soon):
    (booked,) = await soon.all_booked()
    foreign = await submit_to(soon.steering, a_document(order_no="FOREIGN", amount_minor=500), key="foreign")
    await until_status(soon.steering, "BOOKED", key="foreign")

    await soon.pass_time(121)
    (case,) = await soon.cases("TOTALS_DIFFER")
    stays = await soon.state(booked)
    await soon.steering.http.post(f"/steering/invoices/{foreign.json()['number']}/void")
    await soon.until_state(SyncState.CONFIRMED, booked, step=601)

    assert stays is SyncState.BOOKED
    assert (case.seller_tax_id, case.issue_date) == (SELLER_TAX_ID, booked.issue_date.isoformat())
    assert "authority 2 / 12845, ours 1 / 12345" in case.fact
    assert "税局 2/12845，我方 1/12345" in case.fact_zh
    assert case.close_time is None
    (closed,) = await soon.cases("TOTALS_DIFFER")
    assert (closed.case_id, closed.close_time is not None) == (case.case_id, True)


async def test_the_case_of_a_day_tells_the_totals_of_the_last_comparison(soon):
    await soon.all_booked()
    await submit_to(soon.steering, a_document(order_no="F1", amount_minor=500), key="foreign-1")
    await until_status(soon.steering, "BOOKED", key="foreign-1")
    await soon.pass_time(121)
    await submit_to(soon.steering, a_document(order_no="F2", amount_minor=7), key="foreign-2")
    await until_status(soon.steering, "BOOKED", key="foreign-2")

    await soon.pass_time(601)

    (case,) = await soon.cases("TOTALS_DIFFER")
    assert "authority 3 / 12852, ours 1 / 12345" in case.fact


async def test_a_booked_one_that_was_voided_keeps_the_others_unconfirmed_until_it_is_found_voided(soon):
    voided, other = await soon.all_booked(2)
    await soon.void(voided)

    await soon.until_state(SyncState.CONFIRMED, other, step=601)

    assert await soon.state(voided) is SyncState.VOIDED
    assert await soon.open_cases() == ["VOIDED"]
    assert [each.invoice_id for each in await soon.cases("VOIDED")] == [voided.invoice_id]
    assert await soon.upload.upload_due() == 0


async def test_one_that_a_red_letter_took_back_counts_in_the_day_still(soon):
    flushed, other = await soon.all_booked(2)
    path = f"/steering/invoices/{flushed.standing.invoice_number}/red-flush"
    await soon.steering.http.post(path, json={"red_number": "26" * 10})

    await soon.until_state(SyncState.CONFIRMED, other, step=601)

    assert await soon.state(flushed) is SyncState.VOIDED
    assert (await soon.again(flushed)).standing.red_number == "26" * 10
    assert await soon.open_cases() == ["VOIDED"]


async def test_one_that_stands_there_with_another_amount_is_a_mismatch_and_a_difference_of_its_day(soon):
    (sound,) = await soon.all_booked()
    await soon.steering.plan("BOOKED_WITH_ALTERED_AMOUNT", times=1)
    (altered,) = await soon.issued()
    await soon.upload.upload_due()
    await soon.until_state(SyncState.MISMATCH, altered)

    await soon.pass_time(3_600)

    assert await soon.state(sound) is SyncState.BOOKED
    assert await soon.open_cases() == ["MISMATCH", "TOTALS_DIFFER"]


async def test_what_is_on_its_way_makes_no_case_of_a_difference(soon):
    (booked,) = await soon.all_booked()
    await soon.steering.plan("DROP_AFTER_COMMIT", times=1)
    (unknown,) = await soon.issued()
    await soon.upload.upload_due()
    await soon.steering.plan("QUERY_5XX", key=unknown.idempotency_key)

    for _ in range(3):
        await soon.swept_after(601)

    assert await soon.state(unknown) is SyncState.UNKNOWN
    assert await soon.state(booked) is SyncState.BOOKED
    assert await soon.cases("TOTALS_DIFFER") == []


async def test_a_confirmed_one_that_vanishes_is_missing_and_sent_again_after_the_proof(soon):
    gone, canary = await soon.confirmed(2)
    await soon.vanish(gone)

    # It is read again within a week; the proof takes two windows.
    await soon.swept_after(8 * DAY)
    await soon.pass_time(1)
    missing, opened = await soon.state(gone), await soon.open_cases()
    for _ in range(3):
        await soon.swept_after(601)
    sent_again = await soon.upload.upload_due()
    await soon.until_state(SyncState.BOOKED, gone)
    await soon.sweep.sweep()

    assert (missing, sent_again) == (SyncState.MISSING, 1)
    assert "MISSING" in opened
    assert await soon.state(canary) is SyncState.CONFIRMED
    assert "MISSING" not in await soon.open_cases()
    assert [row["status"] for row in await soon.entries(gone)] == ["BOOKED"]


async def test_a_confirmed_one_that_vanishes_after_the_age_is_left_to_a_person(fresh_database, tmp_path):
    young = replace(SOON, retry_age_seconds_max=DAY)
    async with moving_system(fresh_database, tmp_path, timers=young) as system:
        gone, _ = await system.confirmed(2)
        await system.vanish(gone)

        await system.swept_after(8 * DAY)
        for _ in range(4):
            await system.swept_after(601)

        verdict = (await system.diagnose.diagnose_invoice(gone.invoice_id)).verdict
        assert (await system.again(gone)).standing.parked
        assert await system.upload.upload_due() == 0
        assert (verdict.automatic, verdict.action.value) == (False, "ESCALATE")
        assert "MISSING" in await system.open_cases()


async def test_when_many_vanish_the_next_found_one_is_the_canary_and_the_lost_ones_are_read_again_at_once(soon):
    first, *_ = await soon.confirmed(3)
    second, third = await soon.confirmed(2)
    await soon.vanish(second, third)
    await soon.steering.plan("LOSE_REQUEST", times=1)
    (lost,) = await soon.issued()
    await soon.upload.upload_due()

    for _ in range(3):
        await soon.swept_after(601)

    assert await soon.state(lost) is SyncState.READY
    assert {await soon.state(each) for each in (second, third)} <= {SyncState.MISSING, SyncState.READY}
    assert await soon.state(first) is SyncState.CONFIRMED


async def test_a_confirmed_one_that_is_voided_at_the_portal_is_found_by_the_sample(soon):
    voided, other = await soon.confirmed(2)
    await soon.void(voided)

    await soon.swept_after(8 * DAY)
    await soon.pass_time(1)

    assert await soon.state(voided) is SyncState.VOIDED
    assert await soon.state(other) is SyncState.CONFIRMED
    assert [each.invoice_id for each in await soon.cases("VOIDED")] == [voided.invoice_id]


async def test_a_day_whose_totals_come_to_differ_is_read_again_at_once(soon):
    voided, other = await soon.confirmed(2)
    await soon.void(voided)

    differs = await soon.swept_after(600)
    await soon.swept_after(1)
    await soon.pass_time(1)
    closes = await soon.swept_after(1)

    assert (differs.counts.totals_differing_count, closes.counts.totals_differing_count) == (1, 0)
    assert (await soon.state(voided), await soon.state(other)) == (SyncState.VOIDED, SyncState.CONFIRMED)
    assert await soon.open_cases() == ["VOIDED"]
