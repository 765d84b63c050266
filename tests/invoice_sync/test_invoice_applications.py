"""Lost and wrong invoices: the customer applies with proof, a second person reviews, a copy or a new one follows."""

import asyncio
import hashlib
from dataclasses import replace

import grpc
import pytest
from bihuan.invoice_sync.v1 import invoice_application_pb2
from bihuan.invoice_sync.v1 import invoice_application_service_pb2 as pb
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.errors import from_rpc_error
from services.invoice_sync.domain.application import WORDS, ApplicationState
from services.invoice_sync.domain.invoice import PERSON
from services.invoice_sync.domain.red_letter import is_gone
from services.invoice_sync.domain.standing import SyncState, Work, opened
from tests.invoice_sync.builders import NOON
from tests.invoice_sync.red_bench import ALL, FIRM, red_bench

PHOTO = b"\x89PNG\r\n\x1a\n and what follows"


@pytest.fixture
async def bench(system):
    async with red_bench(system) as made:
        yield made


async def filed(bench, blue, **changes) -> str:
    asked = pb.FileInvoiceApplicationRequest(
        request_id="request-app-1",
        invoice_id=blue.invoice_id,
        kind=invoice_application_pb2.APPLICATION_KIND_WRONG,
        buyer_title=FIRM.name,
        buyer_tax_id=FIRM.tax_id,
        why="the firm pays, not its director",
        operator="zhang",
        proofs=[pb.ProofFile(file_name="letter.png", media_type="image/png", content=PHOTO)],
    )
    asked.MergeFrom(pb.FileInvoiceApplicationRequest(**changes))
    return (await bench.door.applications.FileInvoiceApplication(asked)).application.application_id


async def reviewed(bench, application_id: str, remedy: str, operator: str = "li"):
    wanted = invoice_application_pb2.Remedy.Value(f"REMEDY_{remedy}")
    asked = pb.ReviewInvoiceApplicationRequest(
        application_id=application_id, remedy=wanted, why="seen the letter", operator=operator
    )
    return (await bench.door.applications.ReviewInvoiceApplication(asked)).application


async def told(bench, application_id: str):
    return await bench.door.applications.GetInvoiceApplication(
        pb.GetInvoiceApplicationRequest(application_id=application_id)
    )


def state(found) -> str:
    return invoice_application_pb2.ApplicationState.Name(found.state).removeprefix("APPLICATION_STATE_")


async def test_a_wrong_title_is_set_right_by_a_red_letter_and_a_new_invoice_of_the_same_money(bench, system):
    blue = await bench.booked(PERSON)
    application_id = await filed(bench, blue)

    begun = await reviewed(bench, application_id, "REISSUE")
    await bench.until(begun.red_letter_id, "BOOKED")
    assert await bench.applications.reissue_due() == 1

    found = await told(bench, application_id)
    anew = (await system.read.get_invoice(found.application.new_invoice_id)).invoice
    assert (state(begun), state(found.application)) == ("REISSUING", "REISSUED")
    assert (anew.buyer, anew.amount.amount_minor) == (FIRM, ALL)
    assert [(step.operator, step.why) for step in found.steps] == [
        ("zhang", "the firm pays, not its director"),
        ("li", "seen the letter"),
        ("bihuan", f"new invoice {anew.invoice_id}"),
    ]
    assert await bench.money(blue.payment_id) == (2 * ALL, ALL, 0, 0)


async def test_who_filed_an_application_cannot_review_it_nor_can_the_database_be_talked_into_that(bench, system):
    application_id = await filed(bench, await bench.booked(PERSON))

    with pytest.raises(grpc.aio.AioRpcError) as same_person:
        await reviewed(bench, application_id, "COPY", "zhang")
    with pytest.raises(IntegrityError, match="second_person"):
        await system.execute("UPDATE invoice_application SET reviewed_by = 'zhang'")

    assert "SECOND_PERSON_REQUIRED" in str(same_person.value.trailing_metadata())


async def test_a_lost_copy_is_replaced_by_the_document_as_the_authority_has_it(bench):
    blue = await bench.booked(PERSON)
    application_id = await filed(bench, blue, kind=invoice_application_pb2.APPLICATION_KIND_LOST)
    asked = pb.ReadReplacementCopyRequest(application_id=application_id)

    with pytest.raises(grpc.aio.AioRpcError) as not_yet:
        await bench.door.applications.ReadReplacementCopy(asked)
    await reviewed(bench, application_id, "COPY")
    copy = await bench.door.applications.ReadReplacementCopy(asked)

    assert "APPLICATION_STATE" in str(not_yet.value.trailing_metadata())
    assert hashlib.sha256(copy.document).hexdigest() == copy.document_sha256 == blue.document_sha256
    assert copy.invoice_number == blue.standing.invoice_number
    assert await bench.money(blue.payment_id) == (ALL, 0, 0, 0)


async def test_a_refused_application_changes_nothing_and_says_who_refused_it_and_why(bench):
    application_id = await filed(bench, await bench.booked(PERSON))

    refused = await reviewed(bench, application_id, "UNSPECIFIED")
    again = await reviewed(bench, application_id, "UNSPECIFIED")
    with pytest.raises(grpc.aio.AioRpcError) as decided:
        await reviewed(bench, application_id, "COPY", "wang")

    assert state(refused) == state(again) == "REFUSED"
    assert "APPLICATION_STATE" in str(decided.value.trailing_metadata())
    assert [step.operator for step in (await told(bench, application_id)).steps] == ["zhang", "li"]


async def test_an_application_is_reviewed_or_withdrawn_once_whoever_comes_first(bench):
    application_id = await filed(bench, await bench.booked(PERSON), kind=invoice_application_pb2.APPLICATION_KIND_LOST)
    withdrawal = pb.WithdrawInvoiceApplicationRequest(application_id=application_id, why="found it", operator="zhang")

    ended = await asyncio.gather(
        reviewed(bench, application_id, "COPY", "li"),
        reviewed(bench, application_id, "UNSPECIFIED", "wang"),
        bench.door.applications.WithdrawInvoiceApplication(withdrawal),
        return_exceptions=True,
    )

    refused = [from_rpc_error(one).reason for one in ended if isinstance(one, grpc.aio.AioRpcError)]
    assert refused == ["APPLICATION_STATE"] * 2
    assert len((await told(bench, application_id)).steps) == 2


async def test_an_application_whose_red_letter_the_buyer_refuses_says_so(bench):
    application_id = await filed(bench, await bench.booked(FIRM), buyer_title="江城科技股份有限公司")
    begun = await reviewed(bench, application_id, "REISSUE")
    await bench.step()

    await bench.buyer_says(begun.red_letter_id, "refuse")
    await bench.step()
    await bench.applications.reissue_due()

    found = await told(bench, application_id)
    assert state(found.application) == "NOT_REISSUED"
    assert "REFUSED_BY_BUYER" in found.steps[-1].why


async def test_an_invoice_that_was_voided_at_the_portal_is_reissued_without_a_red_letter(bench, system):
    blue = await bench.booked(PERSON)
    await system.steering.http.post(f"/steering/invoices/{blue.standing.invoice_number}/void")
    await system.execute("UPDATE outbox SET due_at = :now", now=system.clock.now())
    await system.verify.verify_due()
    application_id = await filed(bench, blue)

    done = await reviewed(bench, application_id, "REISSUE")

    assert (state(done), done.red_letter_id) == ("REISSUED", "")
    assert (await system.read.get_invoice(done.new_invoice_id)).invoice.buyer == FIRM


async def test_the_money_of_a_voided_invoice_is_given_back_once_however_many_apply_for_it(bench, system):
    blue = await bench.booked(PERSON)
    await system.steering.http.post(f"/steering/invoices/{blue.standing.invoice_number}/void")
    await system.execute("UPDATE outbox SET due_at = :now", now=system.clock.now())
    await system.verify.verify_due()
    first, second = await filed(bench, blue), await filed(bench, blue, request_id="request-app-2", why="again")

    done = await reviewed(bench, first, "REISSUE")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await reviewed(bench, second, "REISSUE")

    assert state(done) == "REISSUED"
    assert "RED_NOT_POSSIBLE" in str(refused.value.trailing_metadata())
    assert await bench.money(blue.payment_id) == (2 * ALL, ALL, 0, 0)


async def test_the_proof_is_kept_by_its_hash_and_read_again_by_the_reviewer(bench):
    application_id = await filed(bench, await bench.booked(PERSON))
    (proof,) = (await told(bench, application_id)).proofs

    read = await bench.door.applications.ReadApplicationProof(
        pb.ReadApplicationProofRequest(application_id=application_id, sha256=proof.sha256)
    )

    assert (read.content, read.proof.file_name) == (PHOTO, "letter.png")
    assert proof.sha256 == hashlib.sha256(PHOTO).hexdigest()


async def test_a_buyer_that_may_not_stand_on_an_invoice_is_refused_before_the_old_one_is_taken_back(bench):
    blue = await bench.booked(PERSON)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await filed(bench, blue, buyer_title="个人", buyer_tax_id=FIRM.tax_id)

    assert [each.rule for each in from_rpc_error(refused.value).fields] == ["BUYER_COMPANY"]


async def test_the_same_request_files_once_and_another_under_its_id_is_refused(bench):
    blue = await bench.booked(PERSON)

    first, again = await filed(bench, blue), await filed(bench, blue)
    with pytest.raises(grpc.aio.AioRpcError) as reused:
        await filed(bench, blue, why="another reason")

    assert first == again
    assert "REQUEST_ID_REUSED" in str(reused.value.trailing_metadata())


async def test_an_application_is_taken_back_before_it_is_reviewed_and_not_after(bench):
    application_id = await filed(bench, await bench.booked(PERSON))
    asked = pb.WithdrawInvoiceApplicationRequest(application_id=application_id, why="found it", operator="zhang")

    taken_back = (await bench.door.applications.WithdrawInvoiceApplication(asked)).application
    with pytest.raises(grpc.aio.AioRpcError) as too_late:
        await reviewed(bench, application_id, "COPY")

    assert state(taken_back) == "WITHDRAWN"
    assert "APPLICATION_STATE" in str(too_late.value.trailing_metadata())


async def test_steps_and_proof_of_applications_are_never_changed(bench, system):
    await filed(bench, await bench.booked(PERSON))

    for statement in ("UPDATE application_step SET operator = 'li'", "DELETE FROM application_proof"):
        with pytest.raises(DBAPIError, match="append only"):
            await system.execute(statement)


def test_every_state_of_an_application_tells_people_in_both_languages():
    assert set(WORDS) == set(ApplicationState)


@pytest.mark.parametrize(
    ("state", "red_number", "submit_count", "gone"),
    [
        ("VOIDED", "", 1, True),
        ("VOIDED", "26422000000000000001", 1, False),
        ("ABANDONED", "", 0, True),
        ("ABANDONED", "", 1, False),
        ("BOOKED", "", 1, False),
    ],
)
def test_what_the_authority_may_hold_is_taken_back_by_a_red_letter_alone(state, red_number, submit_count, gone):
    blank = opened("inv_1", NOON, NOON, valid=False)
    due = (Work.CONFIRM, NOON) if state == "BOOKED" else (None, None)

    stands = replace(
        blank,
        sync_state=SyncState(state),
        work=due[0],
        due_at=due[1],
        red_number=red_number,
        submit_count=submit_count,
    )

    assert is_gone(stands) is gone
