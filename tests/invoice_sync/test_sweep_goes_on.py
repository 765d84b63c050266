"""One thing that cannot be done does not stop the sweep, and what was lost comes back as what it was."""

from dataclasses import replace

import pytest

from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.domain.payment import PaymentChange
from services.invoice_sync.domain.policy import IssuePolicy
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import archive, cases
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from tests.invoice_sync.builders import a_payment, a_profile


async def open_cases(system, kind: str) -> list[str]:
    async with system.sessions() as session:
        return [each.reference for each in await cases.page(session, 100, None, kind, open_only=True)]


async def refuse_invoices_of(system, payment_id: str) -> None:
    """A fault of the database with one payment alone."""
    await system.execute(f"ALTER TABLE invoice ADD CONSTRAINT no_such CHECK (payment_id <> '{payment_id}')")


async def allow_invoices(system) -> None:
    await system.execute("ALTER TABLE invoice DROP CONSTRAINT no_such")


async def test_a_payment_that_cannot_be_invoiced_opens_one_case_and_all_else_is_swept(system):
    bad, good = a_payment(), a_payment()
    await system.follow(bad, good)
    await system.issue.set_merchant_profile(a_profile())
    await refuse_invoices_of(system, bad.payment_id)

    first, again = await system.sweep.sweep(), await system.sweep.sweep()
    told = await open_cases(system, "PAYMENT_UNTAKEN")
    await allow_invoices(system)
    mended = await system.sweep.sweep()

    assert (first.counts.issued_count, again.counts.issued_count, mended.counts.issued_count) == (1, 0, 1)
    assert first.counts.archive_checked_count == 1
    assert told == [bad.payment_id]
    assert await open_cases(system, "PAYMENT_UNTAKEN") == []
    assert len(await system.invoices_of(bad.payment_id)) == 1


async def test_an_invoice_that_cannot_be_made_again_opens_one_case_and_all_else_is_swept(system):
    bad, good = a_payment(payment_id="pay_a"), a_payment(payment_id="pay_b")
    await system.issue.set_merchant_profile(a_profile())
    await system.follow(bad, good)
    nowhere = SandboxTaxSystem("http://127.0.0.1:1")
    uploads = UploadActions(nowhere, system.tools)
    claims = await uploads.claim_due()
    await system.follow(*(replace(each, version=2, refunded_minor=45) for each in (bad, good)))
    for each in claims:
        await uploads.upload_claims([each])
    await nowhere.close()
    await system.execute(
        f"ALTER TABLE invoice ADD CONSTRAINT no_such CHECK (version < 2 OR payment_id <> '{bad.payment_id}')"
    )

    for _ in range(2):
        await system.sweep.sweep()
    told = await open_cases(system, "NOT_MADE_AGAIN")
    made = (await system.of_payment(good.payment_id)).version
    await allow_invoices(system)
    await system.sweep.sweep()
    await system.sweep.sweep()

    assert (told, made) == ([bad.payment_id], 2)
    assert (await system.of_payment(bad.payment_id)).version == 2
    assert await open_cases(system, "NOT_MADE_AGAIN") == []


async def test_a_change_that_holds_up_the_feed_opens_one_case_which_closes_once_the_feed_is_past_it(system):
    before, bad, after = a_payment(), a_payment(), a_payment()
    changes = [PaymentChange(no, payment) for no, payment in enumerate((before, bad, after), start=1)]
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_SUCCESS))
    await refuse_invoices_of(system, bad.payment_id)

    for _ in range(2):
        with pytest.raises(Exception, match="no_such"):
            await system.issue.follow_payments(changes[await system.issue.next_sequence() - 1 :])
    await system.sweep.sweep()
    told, held_at = await open_cases(system, "FEED_HELD"), await system.issue.next_sequence()
    await allow_invoices(system)
    await system.issue.follow_payments(changes[1:])
    await system.sweep.sweep()

    assert (told, held_at) == (["2"], 2)
    assert await open_cases(system, "FEED_HELD") == []
    assert await system.issue.next_sequence() == 4


async def test_an_invalid_invoice_that_lost_its_row_is_invalid_again_and_never_sent(system):
    await system.issue.set_merchant_profile(a_profile())
    payment = a_payment(merchant_order_no="N" * 200)
    await system.follow(payment)
    invalid = await system.of_payment(payment.payment_id)
    await system.execute("DELETE FROM settled")

    report = await system.sweep.sweep()

    assert invalid.standing.sync_state is SyncState.INVALID
    assert report.counts.requeued_count == 1
    assert (await system.again(invalid)).standing.sync_state is SyncState.INVALID
    assert await system.upload.upload_due() == 0


async def test_every_version_of_an_invoice_is_checked_though_a_page_ends_between_two(system, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.actions.sweep_archive._DOCUMENTS_MAX", 1)
    (invoice,) = await system.issued()
    await system.execute(
        "INSERT INTO document SELECT (jsonb_populate_record(document, '{\"version\": 2}')).* FROM document"
    )
    seen = []

    async def read(session, after, limit):
        seen.extend(page := await archive_documents(session, after, limit))
        return page

    archive_documents = archive.documents
    monkeypatch.setattr(archive, "documents", read)

    for _ in range(2):
        await system.sweep.sweep()

    assert [(each.invoice_id, each.version) for each in seen] == [(invoice.invoice_id, 1), (invoice.invoice_id, 2)]
