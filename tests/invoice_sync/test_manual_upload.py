"""What people carry to the authority by hand: once, with a checklist, and booked only when the authority shows it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from xml.etree import ElementTree

import pytest
from bihuan.invoice_sync.v1 import manual_service_pb2
from grpc.aio import AioRpcError

from chassis.errors import Fault
from services.invoice_sync.actions.abandon import AbandonActions
from services.invoice_sync.actions.manual import Exported, ManualActions
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import manual as manual_store
from tests.invoice_sync.door import open_door
from tests.invoice_sync.moving import Moving, moving_system
from tests.support.tax_sandbox import SELLER_TAX_ID

MANUAL, BOOKED = SyncState.MANUAL, SyncState.BOOKED


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path) as made:
        yield made


@pytest.fixture
def manual(moving: Moving) -> ManualActions:
    return ManualActions(moving.tools)


async def exported(manual: ManualActions, request_id: str = "request-1") -> Exported:
    return await manual.export_package(request_id, SELLER_TAX_ID, "zhang", "the interface is out", 0)


async def carried(moving: Moving, package: Exported) -> bytes:
    """A person uploads the file at the portal, and brings the receipt."""
    answer = await moving.steering.http.post("/portal/production/42/packages", content=package.content)
    assert answer.status_code == 200, answer.text
    return answer.content


async def out(moving: Moving) -> None:
    """The way to the authority is out, for sends and for questions."""
    await moving.steering.plan("OUTAGE")


async def back(moving: Moving) -> None:
    await moving.steering.http.delete("/steering/faults")


def altered(receipt: bytes, name: str, value: str) -> bytes:
    root = ElementTree.fromstring(receipt)
    for row in root:
        row.set(name, value)
    return ElementTree.tostring(root)


async def submit_counts(moving: Moving) -> dict[str, int]:
    return {row["key"]: row["submit_count"] for row in await moving.steering.book()}


async def test_what_waits_goes_by_hand_and_is_booked_when_the_authority_shows_it_and_never_twice(moving, manual):
    await out(moving)
    made = await moving.issued(3)
    await moving.upload.upload_due()
    package = await exported(manual)
    states = [await moving.state(each) for each in made]
    receipt = await carried(moving, package)
    submits = await submit_counts(moving)
    imported = await manual.import_receipt(package.shown.package.head.package_id, "li", receipt)
    await back(moving)
    sent = await moving.upload.upload_due()
    await moving.until_state(BOOKED, *made)

    assert states == [MANUAL] * 3
    assert (imported.receipt.taken_count, imported.receipt.refused_count, sent) == (3, 0, 0)
    assert await submit_counts(moving) == submits
    assert [len(await moving.entries(each)) for each in made] == [1] * 3
    shown, items = await manual.get_package(package.shown.package.head.package_id)
    assert (shown.open_count, shown.booked_count) == (0, 3)
    assert all(each.receipt is not None and each.receipt.invoice_number == each.invoice_number for each in items)
    assert [(step.kind, step.operator) for step in shown.steps] == [("EXPORTED", "zhang"), ("RECEIPT", "li")]


async def test_what_an_uploader_sends_while_the_export_looks_is_not_carried_as_well(moving, manual, monkeypatch):
    made = await moving.issued(2)
    look = manual_store.waiting

    async def looked(*asked) -> Sequence[str]:
        found = await look(*asked)
        await moving.upload.upload_due()
        return found

    monkeypatch.setattr(manual_store, "waiting", looked)
    with pytest.raises(Fault, match="nothing of this seller waits"):
        await exported(manual)

    assert MANUAL not in [await moving.state(each) for each in made]
    assert set((await submit_counts(moving)).values()) == {1}


async def test_the_checklist_tells_who_when_how_many_how_much_and_the_hash_in_both_languages(moving, manual):
    await out(moving)
    await moving.issued(2)
    package = await exported(manual)

    for told in (
        "导出人: zhang",
        "Exported at 导出时间",
        "份数: 2",
        "246.90 CNY",
        hashlib.sha256(package.content).hexdigest(),
    ):
        assert told in package.checklist
    assert "[ ] Uploaded once, and not again. 仅上传一次，未重复上传。" in package.checklist


async def test_an_export_asked_for_twice_is_one_file_and_the_next_finds_nothing(moving, manual):
    await out(moving)
    await moving.issued(2)
    first = await exported(manual)
    again = await exported(manual)

    assert (again.replayed, again.content, again.checklist) == (True, first.content, first.checklist)
    with pytest.raises(Fault) as raised:
        await exported(manual, "request-2")
    assert raised.value.reason == "NOT_FOUND"
    with pytest.raises(Fault) as other:
        await manual.export_package("request-1", SELLER_TAX_ID, "wang", "another", 0)
    assert other.value.reason == "REQUEST_ID_REUSED"


async def test_two_exports_and_the_uploader_at_once_take_each_invoice_once(moving, manual):
    made = await moving.issued(20)
    asked = [exported(manual, f"request-{no}") for no in range(2)]
    results = await asyncio.gather(*asked, moving.upload.upload_due(), return_exceptions=True)
    packages = [each for each in results if isinstance(each, Exported)]

    packed = [row.get("key") for each in packages for row in ElementTree.fromstring(each.content)]
    sent = set(await submit_counts(moving))
    assert len(packed) == len(set(packed))
    assert sent.isdisjoint(packed)
    assert {each.idempotency_key for each in made} == sent | set(packed)


@pytest.mark.parametrize(
    ("rule", "spoilt"),
    [
        ("NO_XML", lambda receipt: receipt[:-20]),
        ("XML_ENTITY", lambda receipt: b'<!DOCTYPE a [<!ENTITY b "c">]>' + receipt.split(b"?>", 1)[1]),
        ("NO_RECEIPT", lambda receipt: receipt.replace(b"PackageReceipt", b"Receipt")),
        ("OTHER_PACKAGE", lambda receipt: receipt.replace(b'packageId="mpk_', b'packageId="mpk_9')),
        ("OTHER_INVOICE", lambda receipt: altered(receipt, "key", "inv_another")),
        ("BAD_ROW", lambda receipt: altered(receipt, "status", "BOOKED")),
        ("NOT_WHOLE", lambda receipt: ElementTree.tostring(without_last(receipt))),
    ],
)
async def test_a_receipt_that_is_foreign_or_partial_is_refused_and_changes_nothing(moving, manual, rule, spoilt):
    await out(moving)
    made = await moving.issued(2)
    package = await exported(manual)
    package_id = package.shown.package.head.package_id
    receipt = await carried(moving, package)
    before = await moving.rows("SELECT invoice_id, due_at FROM outbox ORDER BY invoice_id")

    with pytest.raises(Fault) as raised:
        await manual.import_receipt(package_id, "li", spoilt(receipt))

    assert (raised.value.reason, raised.value.metadata["rule"]) == ("RECEIPT_REFUSED", rule)
    assert "未作任何更改" in raised.value.message_zh
    assert await moving.rows("SELECT invoice_id, due_at FROM outbox ORDER BY invoice_id") == before
    assert await moving.rows("SELECT count(*) FROM manual_receipt") == [(0,)]
    assert [await moving.state(each) for each in made] == [MANUAL] * 2


def without_last(receipt: bytes):
    root = ElementTree.fromstring(receipt)
    root.remove(root[-1])
    return root


async def test_a_forged_receipt_books_nothing_and_takes_nothing_from_the_true_one(moving, manual):
    (made,) = await moving.issued()
    package = await exported(manual)
    package_id = package.shown.package.head.package_id
    row = ElementTree.fromstring(package.content)[0]
    about = f'no="1" key="{row.get("key")}" sha256="{row.get("sha256")}"'
    sha256 = hashlib.sha256(package.content).hexdigest()
    forged = (
        f'<PackageReceipt schema="1" packageId="{package_id}" packageSha256="{sha256}">'
        f'<Invoice {about} status="TAKEN" number="{"9" * 20}"/></PackageReceipt>'
    ).encode()
    await manual.import_receipt(package_id, "li", forged)
    for _ in range(5):
        await moving.swept_after(601)
    after_forged = await moving.state(made)
    sent = await moving.upload.upload_due()
    await manual.import_receipt(package_id, "li", await carried(moving, package))
    again = await manual.import_receipt(package_id, "li", forged)
    await moving.until_state(BOOKED, made)

    assert (after_forged, sent, again.replayed) == (MANUAL, 0, True)
    assert (await moving.again(made)).standing.invoice_number != "9" * 20
    assert await moving.cases("MISMATCH") == []


async def test_what_is_released_is_sent_again_only_when_its_absence_is_proved(moving, manual):
    await moving.all_booked()
    carried_there, left_here = await moving.issued(2)
    package = await exported(manual)
    package_id = package.shown.package.head.package_id
    await carried(moving, package)
    await moving.vanish(left_here)
    shown, released = await manual.release_package(package_id, "wang", "nobody went")
    _, again = await manual.release_package(package_id, "wang", "nobody went")
    states = [await moving.state(each) for each in (carried_there, left_here)]
    for _ in range(6):
        await moving.swept_after(601)
        await moving.upload.upload_due()
    await moving.until_state(BOOKED, left_here)

    assert (released, again, states) == (2, 0, [SyncState.UNKNOWN] * 2)
    assert await moving.state(carried_there) in (BOOKED, SyncState.CONFIRMED)
    counts = await submit_counts(moving)
    # Of what was lost there the second one is ours, after the proof.
    assert (counts[carried_there.idempotency_key], counts[left_here.idempotency_key]) == (1, 2)
    assert [step.kind for step in shown.steps] == ["EXPORTED", "RELEASED"]


async def test_one_that_was_exported_and_lost_its_row_is_asked_for_and_not_sent(moving, manual):
    (made,) = await moving.issued()
    package = await exported(manual)
    await carried(moving, package)
    await moving.execute("DELETE FROM outbox")
    await moving.sweep.sweep()
    sent = await moving.upload.upload_due()
    await moving.until_state(BOOKED, made)

    assert sent == 0
    assert await submit_counts(moving) == {made.idempotency_key: 1}


async def test_an_invoice_with_a_person_has_its_own_diagnosis(moving, manual):
    (made,) = await moving.issued()
    await exported(manual)
    told = (await moving.diagnose.diagnose_invoice(made.invoice_id)).verdict

    assert told.cause == "A4"
    assert "by hand" in told.words.title
    assert "人工上传" in told.words.title_zh


async def test_an_invoice_is_abandoned_by_two_persons_and_never_by_one(moving):
    abandon = AbandonActions(moving.tools)
    (made,) = await moving.issued()
    asked = (made.invoice_id, "zhang", "the customer closed the account")
    proposed = await abandon.propose_abandonment("request-1", *asked)
    again = await abandon.propose_abandonment("request-1", *asked)
    abandonment_id = proposed.abandonment.abandonment_id
    with pytest.raises(Fault) as alone:
        await abandon.decide_abandonment(abandonment_id, "zhang", "yes", approve=True)
    with pytest.raises(Exception, match="two_persons"):
        await moving.execute("UPDATE abandonment SET state = 'APPROVED', decide_by = 'zhang', decide_time = now()")
    before = await moving.state(made)
    decided = await abandon.decide_abandonment(abandonment_id, "li", "agreed", approve=True)
    repeated = await abandon.decide_abandonment(abandonment_id, "wang", "agreed too", approve=True)
    with pytest.raises(Fault) as otherwise:
        await abandon.decide_abandonment(abandonment_id, "li", "no", approve=False)

    assert (again.replayed, alone.value.reason, before) == (True, "SECOND_PERSON_REQUIRED", SyncState.READY)
    assert await moving.state(made) is SyncState.ABANDONED
    assert (decided.decide_by, repeated) == ("li", decided)
    assert otherwise.value.reason == "NOT_ABANDONABLE"
    assert await moving.upload.upload_due() == 0


async def test_what_went_on_since_it_was_proposed_is_not_abandoned_by_that_proposal(moving):
    abandon = AbandonActions(moving.tools)
    (made,) = await moving.issued(1)
    proposed = await abandon.propose_abandonment("request-1", made.invoice_id, "zhang", "never sent")
    await moving.upload.upload_due()
    sent = await moving.state(made)

    with pytest.raises(Fault, match="when this was proposed"):
        await abandon.decide_abandonment(proposed.abandonment.abandonment_id, "li", "never sent", approve=True)
    await abandon.decide_abandonment(proposed.abandonment.abandonment_id, "li", "it was sent", approve=False)

    assert sent not in (SyncState.READY, SyncState.ABANDONED)
    assert await moving.state(made) is sent


async def test_what_was_carried_there_and_then_abandoned_counts_as_one_that_the_authority_may_have(moving, manual):
    abandon = AbandonActions(moving.tools)
    (made,) = await moving.issued()
    await exported(manual)
    proposed = await abandon.propose_abandonment("request-1", made.invoice_id, "zhang", "no")
    await abandon.decide_abandonment(proposed.abandonment.abandonment_id, "li", "yes", approve=True)
    standing = (await moving.again(made)).standing

    assert (standing.sync_state, standing.submit_count) == (SyncState.ABANDONED, 1)


async def test_what_is_refused_can_be_abandoned_and_what_is_booked_cannot(moving):
    abandon = AbandonActions(moving.tools)
    (booked,) = await moving.all_booked()
    await moving.steering.plan("REJECT_BUSINESS")
    (refused,) = await moving.issued()
    await moving.upload.upload_due()
    with pytest.raises(Fault) as raised:
        await abandon.propose_abandonment("request-1", booked.invoice_id, "zhang", "no")
    proposed = await abandon.propose_abandonment("request-2", refused.invoice_id, "zhang", "no")
    declined = await abandon.decide_abandonment(proposed.abandonment.abandonment_id, "li", "not yet", approve=False)
    state = await moving.state(refused)
    once_more = await abandon.propose_abandonment("request-3", refused.invoice_id, "zhang", "still")
    await abandon.decide_abandonment(once_more.abandonment.abandonment_id, "li", "now", approve=True)

    assert raised.value.reason == "NOT_ABANDONABLE"
    assert (declined.state, state) == ("DECLINED", SyncState.REJECTED)
    assert await moving.state(refused) is SyncState.ABANDONED


async def test_packages_and_abandonments_go_through_the_door(moving):
    made, left = await moving.issued(2)
    async with open_door(moving) as door:
        asked = manual_service_pb2.ExportManualPackageRequest(
            request_id="request-1", seller_tax_id=SELLER_TAX_ID, operator="zhang", reason="out", limit=1
        )
        package = await door.manuals.ExportManualPackage(asked)
        package_id = package.package.package_id
        answer = await moving.steering.http.post("/portal/production/42/packages", content=package.content)
        part, header = manual_service_pb2.ImportManualReceiptRequest, manual_service_pb2.ManualReceiptHeader
        end = manual_service_pb2.ManualReceiptEnd(size_bytes=len(answer.content))
        parts = [part(header=header(package_id=package_id, operator="li")), part(chunk=answer.content), part(end=end)]
        imported = await door.manuals.ImportManualReceipt(iter(parts))
        got = await door.manuals.GetManualPackage(manual_service_pb2.GetManualPackageRequest(package_id=package_id))
        listed = await door.manuals.ListManualPackages(manual_service_pb2.ListManualPackagesRequest())
        release = manual_service_pb2.ReleaseManualPackageRequest(package_id=package_id, operator="li", reason="done")
        released = await door.manuals.ReleaseManualPackage(release)
        proposal = manual_service_pb2.ProposeAbandonmentRequest(
            request_id="request-2", invoice_id=left.invoice_id, operator="zhang", reason="no"
        )
        proposed = await door.manuals.ProposeAbandonment(proposal)
        decision = manual_service_pb2.DecideAbandonmentRequest(
            abandonment_id=proposed.abandonment.abandonment_id, operator="li", reason="yes", approve=True
        )
        decided = await door.manuals.DecideAbandonment(decision)
        with pytest.raises(AioRpcError) as raised:
            await door.manuals.GetManualPackage(manual_service_pb2.GetManualPackageRequest(package_id="mpk_no"))

    assert (package.package.invoice_count, imported.taken_count, released.released_count) == (1, 1, 1)
    assert [each.invoice_id for each in got.items] == [made.invoice_id]
    assert listed.packages[0].package_id == package_id
    assert decided.abandonment.decide_by == "li"
    assert "no package mpk_no" in (raised.value.details() or "")
