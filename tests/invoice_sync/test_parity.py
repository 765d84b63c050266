"""Control totals of a day and a month agree with the authority's own book, or what differs is named to the invoice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from bihuan.invoice_sync.v1 import parity_service_pb2
from grpc.aio import AioRpcError
from sqlalchemy import text

from services.invoice_sync.actions.parity import ParityActions
from services.invoice_sync.domain.invoice import PERSON, InvoiceKind
from services.invoice_sync.domain.parity import DifferenceClass, ParityState, Sums
from services.invoice_sync.domain.standing import SyncState
from tests.invoice_sync.door import open_door
from tests.invoice_sync.moving import DAY, Moving, moving_system
from tests.invoice_sync.red_bench import red_bench
from tests.support.eventually import eventually
from tests.support.tax_sandbox import SELLER_TAX_ID, a_document, submit_to, until_status

BEIJING = ZoneInfo("Asia/Shanghai")
FAULTS = ("DROP_AFTER_COMMIT", "DROP_BEFORE_COMMIT", "HTTP_5XX_AFTER_COMMIT", "ACK_WITHOUT_BOOKING", "GARBLED_ANSWER")


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path) as made:
        yield made


@pytest.fixture
def parity(moving: Moving) -> ParityActions:
    return ParityActions(moving.tax, moving.tools)


def today(moving: Moving) -> str:
    return moving.clock.now().astimezone(BEIJING).date().isoformat()


async def authority_book(moving: Moving) -> list[dict]:
    """What counts in the authority's book, as it tells itself."""
    return [row for row in await moving.steering.book(seller_tax_id=SELLER_TAX_ID) if row["status"] == "BOOKED"]


async def alter(moving: Moving, change: str, number: str) -> None:
    """A hand in the authority's book."""
    assert moving.authority is not None
    async with moving.authority.begin() as connection:
        await connection.execute(text(f"UPDATE main_book SET {change} WHERE book_number = :no"), {"no": number})


async def numbers_of(moving: Moving, invoices) -> list[str]:
    return [(await moving.again(each)).standing.invoice_number for each in invoices]


async def test_after_a_day_at_five_percent_faults_the_totals_agree_with_the_authoritys_own_book(moving, parity):
    for seed, fault in enumerate(FAULTS):
        await moving.steering.plan(fault, rate_ppm=50_000, seed=seed)
    made = await moving.issued(40)
    day = today(moving)

    async def all_booked() -> bool:
        while await moving.upload.upload_due():
            pass
        await moving.swept_after(601)
        states = {await moving.state(each) for each in made}
        return states <= {SyncState.BOOKED, SyncState.CONFIRMED}

    await eventually(all_booked)
    told = await parity.run_parity(SELLER_TAX_ID, day)
    month = await parity.run_parity(SELLER_TAX_ID, day[:7])

    book = await authority_book(moving)
    struck = (await moving.steering.counts())["faults"]
    assert sum(struck.values()) >= 4, struck
    assert (told.run.state, month.run.state) == (ParityState.AGREES, ParityState.AGREES)
    (on_day,) = [each for each in told.run.days if each.day.isoformat() == day]
    assert on_day.theirs == on_day.ours == Sums(len(book), sum(row["amount_minor"] for row in book))
    assert len(book) == 40


async def test_each_planted_difference_is_named_to_its_invoice_with_its_class_and_goes_to_a_case(moving, parity):
    gone, altered, voided, moved, _ = await moving.all_booked(5)
    planted = {"gone": gone, "altered": altered, "voided": voided, "moved": moved}
    number = dict(zip(planted, await numbers_of(moving, planted.values()), strict=True))
    day = today(moving)
    await moving.vanish(gone)
    await alter(moving, "amount_minor = amount_minor + 1", number["altered"])
    await moving.void(voided)
    await alter(moving, "issue_date = issue_date - 1", number["moved"])
    await submit_to(moving.steering, a_document(order_no="PORTAL", issue_date=day), key="portal")
    foreign = (await until_status(moving.steering, "BOOKED", key="portal"))["number"]

    made = await parity.run_parity(SELLER_TAX_ID, day[:7])

    shown = await parity.get_parity_run(made.run.run_id, 0, "")
    found = {(each.difference_class, each.invoice_number, each.invoice_id) for each in shown.differences}
    assert made.run.state is ParityState.DIFFERS
    assert found == {
        (DifferenceClass.OURS_ONLY, number["gone"], gone.invoice_id),
        (DifferenceClass.AMOUNT_DIFFERS, number["altered"], altered.invoice_id),
        (DifferenceClass.STATE_DIFFERS, number["voided"], voided.invoice_id),
        (DifferenceClass.DAY_DIFFERS, number["moved"], moved.invoice_id),
        (DifferenceClass.THEIRS_ONLY, foreign, ""),
    }
    (differs,) = [each for each in shown.differences if each.difference_class is DifferenceClass.AMOUNT_DIFFERS]
    assert (differs.ours_minor, differs.theirs_minor) == (12_345, 12_346)
    cases = await moving.cases("PARITY_DIFFERS")
    assert {each.reference for each in cases} == {number[name] for name in ("gone", "altered", "voided", "moved")} | {
        foreign
    }
    assert all("红冲" in each.fact_zh or "复查" in each.fact_zh for each in cases)


async def test_comparing_again_changes_nothing_and_what_is_mended_closes_its_case(moving, parity):
    altered, _ = await moving.all_booked(2)
    (number,) = await numbers_of(moving, [altered])
    await alter(moving, "amount_minor = amount_minor + 1", number)
    first = await parity.run_parity(SELLER_TAX_ID, today(moving))
    again = await parity.run_parity(SELLER_TAX_ID, today(moving))
    counted = await moving.rows("SELECT count(*) FROM parity_run")
    await alter(moving, "amount_minor = amount_minor - 1", number)
    mended = await parity.run_parity(SELLER_TAX_ID, today(moving))

    assert (again.repeated, again.run.run_id) == (True, first.run.run_id)
    assert counted == [(1,)]
    assert mended.run.state is ParityState.AGREES
    (case,) = await moving.cases("PARITY_DIFFERS")
    assert case.close_time is not None


async def test_what_was_sent_and_not_read_back_yet_is_under_way_and_no_difference(moving, parity):
    (made,) = await moving.issued()
    await moving.upload.upload_due()
    await until_status(moving.steering, "BOOKED", key=made.idempotency_key)

    told = await parity.run_parity(SELLER_TAX_ID, today(moving))

    assert (told.run.state, told.run.waiting_count, told.run.difference_count) == (ParityState.UNSETTLED, 1, 0)
    assert await moving.cases("PARITY_DIFFERS") == []


async def test_an_invoice_of_the_last_day_that_comes_late_counts_in_its_own_month(moving, parity):
    now = moving.clock.now().astimezone(BEIJING)
    month_end = (now.replace(day=28) + timedelta(days=4)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    await moving.pass_time((month_end - now).total_seconds() - 600)
    month = today(moving)[:7]
    await moving.steering.plan("DROP_BEFORE_COMMIT")
    (late,) = await moving.issued()
    await moving.upload.upload_due()
    before = await parity.run_parity(SELLER_TAX_ID, month)
    await moving.steering.http.delete("/steering/faults")
    await moving.pass_time(1_200)

    async def booked() -> bool:
        await moving.upload.upload_due()
        await moving.swept_after(301)
        return await moving.state(late) is SyncState.BOOKED

    await eventually(booked)
    after = await parity.run_parity(SELLER_TAX_ID, month)
    next_month = await parity.run_parity(SELLER_TAX_ID, today(moving)[:7])

    assert (before.run.state, before.run.complete, before.run.waiting_count) == (ParityState.AGREES, False, 1)
    assert (after.run.state, after.run.complete, after.run.waiting_count) == (ParityState.AGREES, True, 0)
    assert [each.theirs for each in after.run.days] == [Sums(1, 12_345)]
    assert next_month.run.days == []


async def test_the_loop_compares_yesterday_and_last_month_once_a_day(moving, parity):
    await moving.all_booked()
    await moving.pass_time(DAY)
    await parity.compare_due()
    await parity.compare_due()

    runs, _ = await parity.list_parity_runs("", 0, "")
    yesterday = (moving.clock.now().astimezone(BEIJING).date() - timedelta(days=1)).isoformat()
    assert max(each.period.text() for each in runs) == yesterday
    assert len(runs) == 2
    assert all(each.state is ParityState.AGREES and each.complete for each in runs)


async def test_without_the_authoritys_totals_nothing_is_kept(moving, parity):
    await moving.all_booked()
    await moving.steering.plan("QUERY_5XX")
    async with open_door(moving) as door:
        asked = parity_service_pb2.RunParityRequest(seller_tax_id=SELLER_TAX_ID, period=today(moving))
        with pytest.raises(AioRpcError) as raised:
            await door.parities.RunParity(asked)

    assert "did not tell its control totals" in (raised.value.details() or "")
    assert await moving.rows("SELECT count(*) FROM parity_run") == [(0,)]


async def test_a_comparison_is_asked_for_and_read_through_the_door(moving):
    await moving.all_booked(2)
    async with open_door(moving) as door:
        asked = parity_service_pb2.RunParityRequest(seller_tax_id=SELLER_TAX_ID, period=today(moving)[:7])
        made = await door.parities.RunParity(asked)
        got = await door.parities.GetParityRun(parity_service_pb2.GetParityRunRequest(run_id=made.run.run_id))
        listed = await door.parities.ListParityRuns(parity_service_pb2.ListParityRunsRequest())
        ahead = (moving.clock.now().astimezone(BEIJING) + timedelta(days=40)).date().isoformat()[:7]
        asked = parity_service_pb2.RunParityRequest(seller_tax_id=SELLER_TAX_ID, period=ahead)
        with pytest.raises(AioRpcError) as raised:
            await door.parities.RunParity(asked)

    assert (made.run.ours.blue_count, made.run.theirs.blue_minor) == (2, 2 * 12_345)
    assert got.run == made.run == listed.runs[0]
    assert "no day" in (raised.value.details() or "")


async def test_blue_and_red_are_compared_apart_and_a_red_one_is_named_too(system):
    async with red_bench(system) as bench:
        blue = await bench.booked(PERSON)
        letter = await bench.asked(blue)
        await bench.until(letter, "BOOKED")
        (red,) = [each for each in await system.invoices_of(blue.payment_id) if each.kind is InvoiceKind.RED]
    parity, day = ParityActions(system.tax, system.tools), red.issue_date.isoformat()
    agreed = await parity.run_parity(SELLER_TAX_ID, day)
    path = f"/steering/invoices/{red.standing.invoice_number}/void"
    (await system.steering.http.post(path)).raise_for_status()
    differs = await parity.run_parity(SELLER_TAX_ID, day)
    (found,) = (await parity.get_parity_run(differs.run.run_id, 0, "")).differences

    assert agreed.run.state is ParityState.AGREES
    assert [each.ours for each in agreed.run.days] == [Sums(1, 12_345, 1, -12_345)]
    assert (found.kind, found.invoice_id, found.ours_minor) == ("RED", red.invoice_id, -12_345)
    assert found.difference_class is DifferenceClass.STATE_DIFFERS
