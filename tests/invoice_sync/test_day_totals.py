"""Our control totals run along with the books; a difference is counted anew before anybody is told of it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import totals
from services.invoice_sync.tax import Totals
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import TIMERS
from tests.invoice_sync.moving import DAY, Moving, moving_system
from tests.support.tax_sandbox import a_document, submit_to, until_status

SOON = replace(TIMERS, confirm_after_seconds=60)


class _WithRed(SandboxTaxSystem):
    """An authority that tells of red letters of the day."""

    red = (0, 0)

    async def totals(self, *asked):
        told = await super().totals(*asked)
        assert isinstance(told, Totals)
        return replace(told, red_count=self.red[0], red_minor=self.red[1])


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, timers=SOON, tax_class=_WithRed) as made:
        yield made


async def running(moving: Moving) -> list[tuple[int, int]]:
    return [(row[0], row[1]) for row in await moving.rows("SELECT blue_count, blue_minor FROM day_total")]


async def counted(moving: Moving) -> list[tuple[int, int]]:
    days = await moving.rows("SELECT seller_tax_id, issue_date FROM day_total")
    async with moving.sessions.begin() as session:
        for day in days:
            await totals.recount(session, *day, moving.clock.now())
    return await running(moving)


async def test_what_enters_the_books_or_leaves_them_is_in_the_totals_of_its_day_at_once(moving):
    voided, gone, _ = await moving.confirmed(3)
    told = [await running(moving)]
    await moving.void(voided)
    await moving.vanish(gone)
    await moving.execute("UPDATE settled SET check_at = now()")
    await moving.swept_after(8 * DAY)
    await moving.verify.verify_due()
    told.append(await running(moving))

    assert told == [[(3, 3 * 12345)], [(1, 12345)]]
    assert await moving.state(voided) is SyncState.VOIDED
    assert await moving.state(gone) is SyncState.MISSING
    assert await counted(moving) == told[-1]


async def test_what_a_red_letter_took_back_stays_in_the_totals(moving):
    (flushed,) = await moving.confirmed()
    path = f"/steering/invoices/{(await moving.again(flushed)).standing.invoice_number}/red-flush"
    await moving.steering.http.post(path, json={"red_number": "26" * 10})
    await moving.swept_after(8 * DAY)
    await moving.verify.verify_due()

    assert await moving.state(flushed) is SyncState.VOIDED
    assert await running(moving) == [(1, 12345)]
    assert await counted(moving) == [(1, 12345)]


async def test_a_hand_that_passed_the_totals_by_opens_no_case(moving):
    await moving.confirmed(2)
    await moving.execute("UPDATE day_total SET blue_count = 7, blue_minor = 1")

    first = await moving.swept_after(60)
    then = await moving.swept_after(60)

    assert await running(moving) == [(2, 2 * 12345)]
    assert (first.counts.totals_compared_count, then.counts.totals_compared_count) == (0, 1)
    assert await moving.cases("TOTALS_DIFFER") == []


async def test_a_day_that_goes_on_differing_is_counted_one_by_one_once_an_hour(moving):
    await moving.confirmed(2)
    ((day,),) = await moving.rows("SELECT issue_date FROM day_total")
    await submit_to(moving.steering, a_document(order_no="PORTAL", issue_date=day.isoformat()), key="portal")
    await until_status(moving.steering, "BOOKED", key="portal")
    times = []
    for wait in (60, 60, 3_600):
        await moving.swept_after(wait)
        times += await moving.rows("SELECT count_time FROM day_total")

    assert times[0] == times[1] != times[2]


async def test_red_letters_are_nobody_of_ours_and_keep_no_blue_invoice_unconfirmed(moving):
    moving.tax.red = (1, -500)
    (booked,) = await moving.all_booked()
    await moving.until_state(SyncState.CONFIRMED, booked)

    (case,) = await moving.cases("TOTALS_DIFFER")
    moving.tax.red = (0, 0)
    closes = await moving.swept_after(60)

    assert "red letters: authority 1 / -500, ours 0 / 0" in case.fact
    assert "红字：税局 1/-500，我方 0/0" in case.fact_zh
    assert closes.counts.closed_count == 1
