"""What every TaxSystem must tell of the books as a whole, and of the authority itself."""

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.tax import Record
from tests.support.eventually import eventually
from tests.support.tax_bench import NO_NUMBER, Bench, submitted, until
from tests.support.tax_sandbox import a_document


async def records_since(bench: Bench, since: datetime) -> tuple[list[Record], datetime]:
    records: list[Record] = []
    after = ""
    for _ in range(10):
        page = await bench.system.window(bench.route, bench.seller_tax_id, since, after)
        assert page.answer.outcome is Outcome.OK, page.answer.message
        records += page.records
        if not (after := page.next_after):
            return records, page.watermark
    raise AssertionError("the list does not end")


async def test_the_list_of_what_was_taken_has_every_record_once_over_its_pages_and_a_watermark(bench):
    since = datetime.now(UTC) - timedelta(minutes=1)
    for index in range(210):
        await bench.system.submit(bench.route, a_document(f"NO{index}"), f"inv_{index}")

    async def all_there() -> tuple[list[Record], datetime] | None:
        # What is booked while the list is read may be on it and not yet below its watermark.
        records, watermark = await records_since(bench, since)
        complete = len(records) == 210 and all(record.accept_time < watermark for record in records)
        return (records, watermark) if complete else None

    records, _ = await eventually(all_there)

    assert len(records) == 210
    assert {record.idempotency_key for record in records} == {f"inv_{index}" for index in range(210)}
    assert hashlib.sha256(a_document("NO7")).hexdigest() in [record.document_sha256 for record in records]


async def test_the_watermark_stays_below_what_is_still_to_be_booked(bench):
    await bench.disturb("stuck")
    said = await submitted(bench)

    records, watermark = await records_since(bench, datetime.now(UTC) - timedelta(minutes=1))

    assert records == []
    assert watermark <= said.ack_time


async def test_the_list_begins_at_the_instant_asked_for(bench):
    await submitted(bench)
    found = await until(bench, Outcome.OK)

    records, _ = await records_since(bench, found.ack_time + timedelta(minutes=1))

    assert records == []


async def test_control_totals_are_of_the_sellers_day(bench):
    await submitted(bench)
    await until(bench, Outcome.OK)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()

    of_today = await bench.system.totals(bench.route, bench.seller_tax_id, today)
    of_yesterday = await bench.system.totals(bench.route, bench.seller_tax_id, today - timedelta(days=1))

    assert of_today.answer.outcome is Outcome.OK
    assert (of_today.blue_count, of_today.blue_minor, of_today.red_count, of_today.red_minor) == (1, 12_345, 0, 0)
    assert of_today.watermark is not None
    assert (of_yesterday.blue_count, of_yesterday.blue_minor) == (0, 0)


async def test_lists_and_totals_that_fail_are_unknown(bench):
    await bench.disturb("query fails")

    page = await bench.system.window(bench.route, bench.seller_tax_id, datetime.now(UTC), "")
    totals = await bench.system.totals(bench.route, bench.seller_tax_id, datetime.now(UTC).date())

    assert (page.answer.outcome, totals.answer.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert (list(page.records), page.watermark) == ([], None)


async def test_a_ping_tells_whether_the_interface_is_up(bench):
    up = await bench.system.ping(bench.route)
    down = await bench.unreachable.ping(bench.route)
    await bench.disturb("closed as announced")
    closed = await bench.system.ping(bench.route)

    assert (up.outcome, up.place) == (Outcome.OK, "production/42")
    assert down.outcome is Outcome.UNKNOWN
    assert closed.outcome is Outcome.OUTAGE
    assert closed.retry_after_seconds > 0


async def test_an_outage_is_read_where_it_was_announced(bench):
    before = await bench.system.announcements(bench.route)
    await bench.disturb("closed as announced")

    after = await bench.system.announcements(bench.route)

    assert (before.answer.outcome, list(before.outages)) == (Outcome.OK, [])
    assert after.answer.outcome is Outcome.OK
    (outage,) = after.outages
    assert outage.start_time <= datetime.now(UTC) < outage.end_time
    assert outage.text


async def test_the_buyer_sees_the_own_invoice_and_nobody_elses(bench):
    said = await submitted(bench)
    await until(bench, Outcome.OK)

    seen = await bench.system.buyer_view(bench.route, said.invoice_number, "")
    other = await bench.system.buyer_view(bench.route, said.invoice_number, "91420100MA4KABC456")
    none = await bench.system.buyer_view(bench.route, NO_NUMBER, "")

    assert (seen.outcome, other.outcome, none.outcome) == (Outcome.OK, Outcome.MISMATCH, Outcome.NOT_FOUND)


async def test_the_quota_tells_what_is_used_and_when_it_is_too_little_nothing_is_taken(bench):
    without_limit = await bench.system.quota(bench.route, bench.seller_tax_id)
    await submitted(bench)
    await bench.limit(20_000)

    told = await bench.system.quota(bench.route, bench.seller_tax_id)
    refused = await bench.system.submit(bench.route, a_document("NO2"), "inv_2")

    assert (without_limit.limit_minor, without_limit.used_minor) == (None, 0)
    assert (told.limit_minor, told.used_minor) == (20_000, 12_345)
    assert refused.outcome is Outcome.QUOTA


async def test_numbers_are_the_same_for_the_same_key_and_others_for_another(bench):
    first = await bench.system.take_numbers(bench.route, bench.seller_tax_id, 10, "rng_1")
    again = await bench.system.take_numbers(bench.route, bench.seller_tax_id, 10, "rng_1")
    other = await bench.system.take_numbers(bench.route, bench.seller_tax_id, 10, "rng_2")

    assert int(first.last) - int(first.first) == 9
    assert (again.first, again.last) == (first.first, first.last)
    assert int(other.first) > int(first.last)
