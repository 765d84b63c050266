"""Each pass of the sweep finds a defect that no other finds; the report tells of it in both languages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from chassis.errors import Fault
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.rate_budget import MICRO, RatePolicy
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import invoices, sweeps
from services.invoice_sync.tax import NotOffered
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import OPEN_GATES, TIMERS
from tests.invoice_sync.moving import DAY, Moving, moving_system
from tests.support.eventually import eventually
from tests.support.tax_sandbox import SELLER_TAX_ID, a_document, submit_to, until_status

SOON = replace(TIMERS, confirm_after_seconds=60)


class _Watched(SandboxTaxSystem):
    """The real thing, with something that happens before a page of its list is read."""

    before_page: Callable[[str], None] | None = None

    async def window(self, route, seller_tax_id, from_time, after, until=None):
        if self.before_page:
            self.before_page(after)
        return await super().window(route, seller_tax_id, from_time, after, until)


class _OnlyQuestions(SandboxTaxSystem):
    """An authority that has neither lists nor totals."""

    offers_window = False

    async def totals(self, *_) -> NotOffered:
        return NotOffered()


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, timers=SOON, tax_class=_Watched) as made:
        yield made


async def foreign(moving: Moving, *keys: str) -> list[str]:
    """Documents of our seller that somebody else sent; their numbers, once they are booked."""
    for key in keys:
        answer = await submit_to(moving.steering, a_document(order_no=f"ORDER-{key}"), key=key)
        assert answer.status_code == 200, answer.text
    return [(await until_status(moving.steering, "BOOKED", key=key))["number"] for key in keys]


async def test_our_own_pass_finds_an_invoice_that_stands_nowhere_and_asks_before_it_sends(moving):
    (invoice,) = await moving.issued()
    await moving.upload.upload_due()
    await moving.execute("DELETE FROM outbox")

    report = await moving.sweep.sweep()

    assert report.counts.requeued_count == 1
    assert await moving.state(invoice) is SyncState.UNKNOWN
    await moving.until_state(SyncState.BOOKED, invoice)
    assert [row["submit_count"] for row in await moving.entries(invoice)] == [1]


async def test_the_authoritys_list_finds_what_is_not_ours_once(moving):
    await moving.all_booked()
    (number,) = await foreign(moving, "portal-1")

    first = await moving.sweep.sweep()
    again = await moving.swept_after(60)

    assert (first.counts.foreign_count, again.counts.foreign_count) == (1, 0)
    (case,) = await moving.cases("FOREIGN_RECORD")
    assert (case.reference, case.seller_tax_id) == (number, SELLER_TAX_ID)
    assert number in case.fact
    assert number in case.fact_zh


async def test_the_authoritys_list_finds_what_of_ours_is_booked_before_it_is_asked_for(moving):
    await moving.steering.plan("LOSE_ANSWER", times=1)
    (unknown,) = await moving.issued()
    await moving.upload.upload_due()
    await until_status(moving.steering, "BOOKED", key=unknown.idempotency_key)
    await moving.execute("UPDATE outbox SET due_at = due_at + interval '1 hour'")

    report = await moving.sweep.sweep()
    await moving.verify.verify_due()

    assert report.counts.adopted_count == 1
    assert await moving.state(unknown) is SyncState.BOOKED


async def test_the_sample_finds_what_was_voided_where_there_is_neither_list_nor_total(fresh_database, tmp_path):
    async with moving_system(fresh_database, tmp_path, timers=SOON, tax_class=_OnlyQuestions) as system:
        (voided,) = await system.all_booked()
        await system.pass_time(2 * DAY)
        confirmed = await system.state(voided)
        await system.void(voided)

        early = await system.swept_after(3 * DAY)
        late = await system.swept_after(5 * DAY)
        await system.verify.verify_due()

        assert confirmed is SyncState.CONFIRMED
        assert (early.counts.resampled_count, late.counts.resampled_count) == (0, 1)
        assert await system.state(voided) is SyncState.VOIDED


async def test_the_totals_find_what_came_below_the_watermark_and_the_list_then_tells_which_it_is(moving):
    await moving.confirmed()
    await moving.steering.plan("SEAL_FAILED", key="sealed-late", times=1)
    late = await submit_to(moving.steering, a_document(order_no="LATE"), key="sealed-late")
    await until_status(moving.steering, "SEAL_FAILED", key="sealed-late")
    read_past = [await moving.swept_after(600) for _ in range(2)]
    number = late.json()["number"]
    await moving.steering.http.post(f"/production/42/v1/invoices/{number}/seal", json={})
    await until_status(moving.steering, "BOOKED", key="sealed-late")

    totals = await moving.swept_after(600)
    lists = await moving.swept_after(600)

    assert [each.counts.foreign_count for each in read_past] == [0, 0]
    assert (totals.counts.totals_differing_count, totals.counts.foreign_count) == (1, 0)
    assert lists.counts.foreign_count == 1
    assert [case.reference for case in await moving.cases("FOREIGN_RECORD")] == [number]


async def test_the_archive_pass_finds_a_document_that_does_not_open(moving):
    (invoice,) = await moving.all_booked()
    await moving.execute("ALTER TABLE body DISABLE TRIGGER USER")
    await moving.execute(
        "UPDATE body SET sealed = overlay(sealed PLACING '\\x00'::bytea FROM 40) WHERE sha256 = :sha256",
        sha256=invoice.document_sha256,
    )

    report = await moving.sweep.sweep()

    assert report.counts.archive_damaged_count == 1
    assert [case.invoice_id for case in await moving.cases("ARCHIVE_DAMAGED")] == [invoice.invoice_id]


async def test_a_document_that_stays_damaged_keeps_no_sweep_from_its_rest(moving):
    (invoice,) = await moving.all_booked()
    await moving.execute("ALTER TABLE body DISABLE TRIGGER USER")
    await moving.execute("UPDATE body SET sealed = '' WHERE sha256 = :sha256", sha256=invoice.document_sha256)

    swept = [await moving.sweep.sweep() for _ in range(3)]

    assert [each.counts.archive_damaged_count for each in swept] == [1, 1, 1]
    # What a sweep sets right or newly shows has the loop sweep again at once.
    assert [each.found_count for each in swept] == [1, 0, 0]


async def test_a_list_that_is_longer_than_one_sweep_reads_is_gone_on_with_and_nothing_is_skipped(moving, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.actions.sweep_lists._PAGES_MAX", 2)
    monkeypatch.setattr("services.invoice_sync.tax.sandbox._PAGE_SIZE", 2)
    await moving.issued()
    numbers = await foreign(moving, *(f"portal-{no}" for no in range(9)))

    found = [(await moving.sweep.sweep()).counts.foreign_count for _ in range(4)]

    assert found == [4, 4, 1, 0]
    assert sorted(case.reference for case in await moving.cases("FOREIGN_RECORD")) == sorted(numbers)


async def test_what_is_booked_while_the_list_is_read_is_found_by_the_next_sweep(moving, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.tax.sandbox._PAGE_SIZE", 2)
    await moving.issued()
    await moving.steering.plan("STUCK_PROCESSING", key="slow")
    slow = await submit_to(moving.steering, a_document(order_no="SLOW"), key="slow")
    await foreign(moving, *(f"portal-{no}" for no in range(3)))

    async def book_it() -> None:
        async with moving.authority.begin() as connection:
            await connection.exec_driver_sql(
                "UPDATE acceptance SET book_at = now() - interval '1 minute' WHERE idempotency_key = 'slow'"
            )

    read: list[str] = []
    moving.tax.before_page = read.append
    first = await moving.sweep.sweep()
    await book_it()
    await until_status(moving.steering, "BOOKED", key="slow")
    second = await moving.sweep.sweep()

    assert read[0] == ""
    assert read[1]
    assert (first.counts.foreign_count, second.counts.foreign_count) == (3, 1)
    assert slow.json()["number"] in [case.reference for case in await moving.cases("FOREIGN_RECORD")]


async def test_a_sweep_leaves_half_of_the_rate_budget_to_what_is_more_urgent(fresh_database, tmp_path):
    tight = replace(OPEN_GATES, rate=RatePolicy(12, MICRO // 100, MICRO // 100, 70, 1))
    async with moving_system(fresh_database, tmp_path, policy=tight) as system:
        for no in range(8):
            await system.issued_by(f"91420100MA4KABC45{no}")

        swept = await system.sweep.sweep()
        again = await system.sweep.sweep()
        sent = await system.upload.upload_due()

        # One of the calls of each is to the other region, whose budget is its own.
        assert (swept.counts.call_count, again.counts.call_count) == (1 + 7, 1)
        assert sent == 5


async def test_two_sweeps_at_once_change_nothing_twice(moving):
    await moving.all_booked()
    await moving.steering.plan("LOSE_REQUEST", times=1)
    (lost,) = await moving.issued()
    await moving.upload.upload_due()
    await moving.pass_time(601)
    await moving.pass_time(601)
    await foreign(moving, "portal-1", "portal-2")
    own = OwnPass(moving.issue, moving.tools)
    other = SweepActions(own, BooksPass(moving.tax, moving.tools), ArchivePass(moving.tools), moving.tools)

    reports = await asyncio.gather(moving.sweep.sweep(), other.sweep())
    led = await asyncio.gather(moving.sweep.sweep_if_leading(), other.sweep_if_leading())

    assert sum(report.counts.resent_count for report in reports) == 1
    assert sum(report.counts.foreign_count for report in reports) == 2
    assert len(await moving.cases("FOREIGN_RECORD")) == 2
    assert await moving.state(lost) is SyncState.READY
    assert len([each for each in led if each is not None]) == 1


async def test_the_report_is_kept_and_tells_people_what_was_done(moving):
    await moving.all_booked()
    await foreign(moving, "portal-1")

    made = await moving.sweep.sweep()

    async with moving.sessions() as session:
        kept = await sweeps.page(session, 10, "")
    assert made in kept
    said, said_zh = next(each for each in kept if each == made).words()
    assert "1 records that are not ours; " in said
    assert "非我方记录 1；" in said_zh
    assert f"{made.counts.call_count} calls to the authority" in said


async def test_a_quiet_sweep_costs_the_authority_a_bounded_number_of_calls(moving):
    await moving.confirmed(5)

    await eventually(lambda: True)
    quiet = [(await moving.swept_after(60)).counts.call_count for _ in range(3)]

    # Announcements of two routes, the seller's list, and the totals of its day.
    assert quiet == [4, 4, 4]


async def refused_and_yet_booked(moving: Moving) -> Invoice:
    """One that stands refused with us and that the authority booked all the same, of which we were not told."""
    await moving.steering.plan("LOSE_ANSWER", times=1)
    (made,) = await moving.issued()
    await moving.upload.upload_due()
    await until_status(moving.steering, "BOOKED", key=made.idempotency_key)
    await moving.execute(
        """
        WITH ended AS (DELETE FROM outbox WHERE invoice_id = :id RETURNING *)
        INSERT INTO settled SELECT (jsonb_populate_record(NULL::settled, to_jsonb(ended)
            || '{"sync_state": "REJECTED"}')).* FROM ended
        """,
        id=made.invoice_id,
    )
    return made


async def test_the_authoritys_list_finds_what_was_refused_and_is_booked_and_it_is_asked_for_again(moving):
    refused = await refused_and_yet_booked(moving)
    before = await moving.state(refused)

    report = await moving.sweep.sweep()
    await moving.verify.verify_due()

    assert before is SyncState.REJECTED
    assert report.counts.adopted_count == 1
    assert await moving.state(refused) is SyncState.BOOKED
    assert await moving.open_cases() == []


async def test_a_correction_that_a_sweep_overtakes_is_refused_and_leaves_no_version(moving, monkeypatch):
    refused = await refused_and_yet_booked(moving)
    write = invoices.add_version

    async def overtaken(*args) -> None:
        await moving.sweep.sweep()
        await write(*args)

    monkeypatch.setattr(invoices, "add_version", overtaken)
    with pytest.raises(Fault, match="cannot be corrected"):
        await CorrectActions(moving.tools).correct_invoice("fix-1", refused.invoice_id, refused.buyer)
    await moving.verify.verify_due()

    assert (await moving.again(refused)).version == 1
    assert await moving.state(refused) is SyncState.BOOKED


async def test_the_authoritys_list_finds_what_was_abandoned_and_is_booked_and_a_person_is_told_which(moving):
    abandoned = await refused_and_yet_booked(moving)
    await moving.execute("UPDATE settled SET sync_state = 'ABANDONED' WHERE invoice_id = :id", id=abandoned.invoice_id)

    report = await moving.sweep.sweep()
    await moving.swept_after(60)

    assert (report.counts.adopted_count, report.counts.foreign_count) == (0, 0)
    (case,) = await moving.cases("ENDED_BUT_BOOKED")
    assert case.invoice_id == abandoned.invoice_id
    assert case.reference in case.fact_zh
    assert await moving.state(abandoned) is SyncState.ABANDONED


@pytest.mark.parametrize("parked_reason", ["", "COUNT"])
async def test_the_authoritys_list_finds_what_waits_to_be_sent_again_or_was_given_up_and_is_booked(
    moving, parked_reason
):
    await moving.steering.plan("LOSE_ANSWER", times=1)
    (waiting,) = await moving.issued()
    await moving.upload.upload_due()
    await until_status(moving.steering, "BOOKED", key=waiting.idempotency_key)
    await moving.execute(
        "UPDATE outbox SET sync_state = 'RETRY_WAIT', work = 'SUBMIT', due_at = due_at + interval '1 hour',"
        " parked_reason = :parked_reason",
        parked_reason=parked_reason,
    )

    report = await moving.sweep.sweep()
    await moving.verify.verify_due()

    assert report.counts.adopted_count == 1
    assert await moving.state(waiting) is SyncState.BOOKED
    assert [row["submit_count"] for row in await moving.entries(waiting)] == [1]


async def test_the_authoritys_list_hurries_no_invoice_that_a_worker_has_or_that_is_booked_already(moving):
    await moving.all_booked()
    await moving.steering.plan("LOSE_ANSWER", times=1)
    (held,) = await moving.issued()
    await moving.upload.upload_due()
    await until_status(moving.steering, "BOOKED", key=held.idempotency_key)
    await moving.execute(
        "UPDATE outbox SET sync_state = 'RETRY_WAIT', work = 'SUBMIT', due_at = now() WHERE invoice_id = :id",
        id=held.invoice_id,
    )
    await moving.upload.claim_due()

    report = await moving.sweep.sweep()

    assert report.counts.adopted_count == 0
    assert await moving.state(held) is SyncState.SENDING
