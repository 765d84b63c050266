"""What calls for a person is a case; it closes by itself where what it told of can be read to be no longer so."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.domain.standing import SyncState
from tests.invoice_sync.builders import TIMERS
from tests.invoice_sync.moving import Moving, moving_system
from tests.support.tax_sandbox import SELLER_TAX_ID, a_document, submit_to, until_status

SOON = replace(TIMERS, confirm_after_seconds=60)
SELLER = f"/steering/sellers/{SELLER_TAX_ID}"
PLACE = {"place": "production/42"}


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, timers=SOON) as made:
        yield made


async def test_a_foreign_record_that_is_linked_to_one_of_ours_closes_its_case(moving):
    (ours,) = await moving.all_booked()
    foreign = await submit_to(moving.steering, a_document(order_no="PORTAL"), key="portal")
    await until_status(moving.steering, "BOOKED", key="portal")
    await moving.sweep.sweep()
    still_open = await moving.open_cases()
    await moving.execute(
        "UPDATE outbox SET invoice_number = :number WHERE invoice_id = :id",
        number=foreign.json()["number"],
        id=ours.invoice_id,
    )

    await moving.sweep.sweep()

    assert "FOREIGN_RECORD" in still_open
    assert "FOREIGN_RECORD" not in await moving.open_cases()


async def test_a_damaged_document_closes_its_case_when_it_is_whole_again(moving):
    (invoice,) = await moving.all_booked()
    await moving.execute("ALTER TABLE body DISABLE TRIGGER USER")
    ((kept,),) = await moving.rows("SELECT sealed FROM body WHERE sha256 = :sha", sha=invoice.document_sha256)
    write = "UPDATE body SET sealed = :sealed WHERE sha256 = :sha"
    await moving.execute(write, sealed=b"\x00" + kept, sha=invoice.document_sha256)
    await moving.sweep.sweep()
    while_damaged = [await moving.open_cases(), (await moving.sweep.sweep()).counts.closed_count]
    await moving.execute(write, sealed=kept, sha=invoice.document_sha256)

    closed = (await moving.sweep.sweep()).counts.closed_count

    assert while_damaged == [["ARCHIVE_DAMAGED"], 0]
    assert closed == 1
    assert await moving.open_cases() == []


@pytest.mark.parametrize("kind", ["MISMATCH", "ELSEWHERE", "MISSING", "ENDED_BUT_BOOKED"])
async def test_an_invoice_that_is_in_the_books_after_all_closes_its_case(moving, kind):
    (invoice,) = await moving.confirmed()
    await moving.execute(
        "INSERT INTO finding_case VALUES ('cse_1', :kind, :id, '', '', '', 'it was so', '曾如此', now(), NULL)",
        kind=kind,
        id=invoice.invoice_id,
    )

    swept = await moving.sweep.sweep()

    assert swept.counts.closed_count == 1
    assert await moving.open_cases() == []


async def test_a_record_of_what_was_invalid_is_a_case_until_the_correction_of_it_shows_whose_it_is(moving):
    (invalid,) = await moving.issued()
    await submit_to(moving.steering, a_document(order_no="ANOTHERS"), key=invalid.idempotency_key)
    await until_status(moving.steering, "BOOKED", key=invalid.idempotency_key)
    await moving.execute(
        """
        WITH ended AS (DELETE FROM outbox RETURNING *)
        INSERT INTO settled SELECT (jsonb_populate_record(NULL::settled, to_jsonb(ended)
            || '{"sync_state": "INVALID"}')).* FROM ended
        """
    )
    await moving.sweep.sweep()
    before = await moving.open_cases()

    await CorrectActions(moving.tools).correct_invoice("fix-1", invalid.invoice_id, invalid.buyer)
    await moving.upload.upload_due()
    await moving.sweep.sweep()

    assert "ENDED_BUT_BOOKED" in before
    assert await moving.state(invalid) is SyncState.MISMATCH
    assert "ENDED_BUT_BOOKED" not in await moving.open_cases()
    assert "MISMATCH" in await moving.open_cases()


async def test_what_was_acknowledged_and_is_proved_gone_is_a_case_while_it_is_missing(moving):
    await moving.all_booked()
    (lost,) = await moving.issued()
    await moving.steering.plan("NEVER_BOOK", key=lost.idempotency_key)
    await moving.upload.upload_due()

    async def swept_until_missing() -> None:
        for _ in range(20):
            if await moving.state(lost) is SyncState.MISSING:
                return
            await moving.swept_after(601)

    await swept_until_missing()

    assert await moving.state(lost) is SyncState.MISSING
    assert [each.invoice_id for each in await moving.cases("MISSING")] == [lost.invoice_id]


async def test_what_is_given_up_is_a_case_until_it_is_asked_for_again(moving):
    (invoice,) = await moving.issued()
    await moving.execute(
        "UPDATE outbox SET deadline_at = now() + interval '1 second', create_time = now() - interval '90 days'"
    )
    await moving.steering.plan("THROTTLE", times=1)
    await moving.upload.upload_due()
    parked = (await moving.again(invoice)).standing.parked
    (case,) = await moving.cases("GIVEN_UP")
    stays = (await moving.sweep.sweep()).counts.closed_count

    await moving.issue.request_invoice("again-1", invoice.payment_id, invoice.buyer)
    closed = (await moving.sweep.sweep()).counts.closed_count

    assert parked
    assert case.invoice_id == invoice.invoice_id
    assert (stays, closed) == (0, 1)


async def test_what_was_refused_for_want_of_permission_is_sent_again_when_it_is_asked_for_again(moving):
    (refused,) = await moving.issued()
    registration = {"tax_id": SELLER_TAX_ID, "name": "武汉水务集团有限公司"}
    await moving.steering.http.post("/production/42/v1/registrations", json=registration)
    (await moving.steering.http.post(f"{SELLER}/suspend", json=PLACE)).raise_for_status()
    await moving.upload.upload_due()
    was = await moving.state(refused)
    verdict = (await moving.diagnose.diagnose_invoice(refused.invoice_id)).verdict
    (await moving.steering.http.post(f"{SELLER}/restore", json=PLACE)).raise_for_status()

    await moving.issue.request_invoice("again-1", refused.payment_id, refused.buyer)
    sent = await moving.upload.upload_due()
    await moving.until_state(SyncState.BOOKED, refused)

    assert (was, verdict.cause, sent) == (SyncState.REJECTED, "C3", 1)
    again = await moving.again(refused)
    assert (again.version, again.standing.submit_count) == (1, 2)
    assert again.document_sha256 == refused.document_sha256


async def test_what_was_refused_for_what_stands_in_it_is_not_sent_again_by_asking(moving):
    (refused,) = await moving.issued()
    await moving.steering.plan("REJECT_BUSINESS", times=1)
    await moving.upload.upload_due()

    await moving.issue.request_invoice("again-1", refused.payment_id, refused.buyer)

    assert await moving.state(refused) is SyncState.REJECTED
    assert await moving.upload.upload_due() == 0
