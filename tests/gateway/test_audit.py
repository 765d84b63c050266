"""What stands in the audit, and what a caller is told when it cannot be written."""

import asyncio
import hashlib
from types import SimpleNamespace

import asyncpg
import pytest
from bihuan.invoice_sync.v1 import invoice_pb2, invoice_service_pb2
from bihuan.payments.v1 import bill_service_pb2, channel_service_pb2, payment_pb2, payment_service_pb2
from sqlalchemy import text

from chassis.errors import Fault, Kind
from services.gateway.audit import Audit, _cleaned
from services.gateway.naming import ids_in
from tests.support.eventually import eventually

RECORD = {
    "merchantId": "m_1",
    "merchantOrderNo": "order-1",
    "channel": "wechat_pay",
    "channelTxnNo": "TXN-1",
    "amount": {"currencyCode": "CNY", "amountMinor": "100"},
    "payTime": "2026-03-01T10:00:00Z",
}
BILL = {
    "merchantId": "m_1",
    "billNo": "bill-1",
    "category": "CATEGORY_WATER",
    "amount": {"currencyCode": "CNY", "amountMinor": "100"},
}


async def _rows(peer, where: str = "true") -> list:
    async with peer.gateway.engine.connect() as connection:
        rows = await connection.execute(text(f"SELECT * FROM audit_record WHERE {where} ORDER BY record_id"))
        return list(rows)


async def _execute(peer, statement: str) -> None:
    async with peer.gateway.engine.begin() as connection:
        await connection.execute(text(statement))


async def test_a_mutating_call_stands_in_the_audit_when_its_answer_arrives(peer, upstream, spans):
    async def recorded(request, context):
        return payment_service_pb2.RecordPaymentResponse(payment=payment_pb2.Payment(payment_id="pay_77"))

    upstream.answers["RecordPayment"] = recorded
    headers = {"idempotency-key": "audit-key-1", "bihuan-reason": "订正 by phone".encode()}
    request = peer.plain.build_request("POST", "/v1/payments", json=RECORD, headers=headers)

    answer = await peer.plain.send(request)
    (row,) = await _rows(peer, "method LIKE '%RecordPayment'")

    assert answer.status_code == 200
    assert row.method == "bihuan.payments.v1.PaymentService.RecordPayment"
    assert row.resource_ids == ["m_1", "order-1", "TXN-1", "pay_77"]
    assert (row.outcome, row.address, row.saw_unmasked) == ("OK", "127.0.0.1", False)
    assert row.caller_id.startswith("key_")
    assert row.trace_id == answer.headers["trace-id"]
    assert row.request_sha256 == hashlib.sha256(b"POST /v1/payments?\n" + request.content).digest()
    assert row.reason == "订正 by phone"


async def test_a_refused_call_stands_there_with_the_reason_and_a_plain_look_does_not(peer):
    await peer.plain.post("/v1/payments", json={"merchantId": 7})
    await peer.plain.post("/v1/apiKeys", json={"displayName": "mine"})
    await peer.plain.get("/v1/payments/pay_1")

    rows = [(row.method.rpartition(".")[2], row.outcome) for row in await _rows(peer)]

    assert rows == [
        ("CreateApiKey", "OK"),
        ("RecordPayment", "MALFORMED_REQUEST"),
        ("CreateApiKey", "PERMISSION_DENIED"),
    ]


async def test_nobody_who_has_not_proved_a_key_writes_into_the_audit(peer):
    before = len(await _rows(peer))

    await peer.plain.post("/v1/payments", json=RECORD, headers={"authorization": ""})
    await peer.plain.post("/v1/payments", json=RECORD, headers={"authorization": "Bearer bhk_x_" + "0" * 64})

    assert len(await _rows(peer)) == before


async def test_each_sight_of_unmasked_data_stands_there_and_a_masked_one_does_not(peer, upstream):
    async def found(request, context):
        invoice = invoice_pb2.Invoice(invoice_id="inv_1", buyer_title="张三丰")
        return invoice_service_pb2.GetInvoiceResponse(invoice=invoice)

    upstream.answers["GetInvoice"] = found
    seen = await peer.admin.get("/v1/invoices/inv_1", headers={"bihuan-reason": "complaint 12"})
    masked = await peer.plain.get("/v1/invoices/inv_1")

    rows = await _rows(peer, "method LIKE '%GetInvoice'")

    assert "张三丰" in seen.text
    assert "张三丰" not in masked.text
    assert [(row.saw_unmasked, row.reason, row.resource_ids) for row in rows] == [(True, "complaint 12", ["inv_1"])]
    assert "张三丰" not in str(rows)


async def test_a_callback_that_is_taken_stands_there_and_one_that_is_refused_does_not(peer, upstream):
    status = 200

    async def taken(request, context):
        return channel_service_pb2.IngestCallbackResponse(http_status=status, body=b"{}", content_type="text/plain")

    upstream.answers["IngestCallback"] = taken
    await peer.plain.post("/v1/callbacks/acc_1", content=b"x")
    status = 401
    await peer.plain.post("/v1/callbacks/acc_2", content=b"x")

    assert [row.caller_id for row in await _rows(peer, "caller_id LIKE 'channel%'")] == ["channel:acc_1"]


async def test_calls_at_the_same_time_are_written_together(peer, upstream):
    release = asyncio.Event()

    async def together(request, context):
        await release.wait()
        return bill_service_pb2.CreateBillResponse()

    upstream.answers["CreateBill"] = together
    calls = [
        asyncio.create_task(
            peer.plain.post("/v1/bills", json={"bill": BILL}, headers={"idempotency-key": f"audit-key-{no}"})
        )
        for no in range(20)
    ]
    await eventually(lambda: len(upstream.calls) == 20)
    release.set()
    await asyncio.gather(*calls)

    rows = await _rows(peer, "method LIKE '%CreateBill'")

    assert len(rows) == 20
    assert len({row.batch_id for row in rows}) < 20
    assert all(row.batch_place < row.batch_size for row in rows)


async def test_no_mutating_call_acts_while_the_audit_cannot_be_written_and_all_goes_on_by_itself_after(peer, upstream):
    await _execute(peer, "ALTER TABLE audit_record RENAME TO audit_gone")
    first = await peer.plain.post("/v1/payments", json=RECORD, headers={"idempotency-key": "audit-key-1"})
    acted = len(upstream.calls)
    second = await peer.plain.post("/v1/payments", json=RECORD, headers={"idempotency-key": "audit-key-2"})
    look = await peer.plain.get("/v1/payments/pay_1")
    await _execute(peer, "ALTER TABLE audit_gone RENAME TO audit_record")

    async def repeated():
        answer = await peer.plain.post("/v1/payments", json=RECORD, headers={"idempotency-key": "audit-key-1"})
        return answer.status_code == 200

    assert (first.status_code, first.json()["reason"], acted) == (504, "AUDIT_NOT_WRITTEN", 1)
    assert (second.status_code, second.json()["reason"]) == (503, "AUDIT_UNAVAILABLE")
    assert second.headers["retry-after"] == "1"
    assert look.status_code == 200
    assert upstream.calls[-1][0] == "GetPayment"
    await eventually(repeated)
    assert [row.outcome for row in await _rows(peer, "method LIKE '%RecordPayment'")] == ["OK"]


async def test_unmasked_data_is_not_shown_when_the_sight_cannot_be_written(peer, upstream):
    async def found(request, context):
        return invoice_service_pb2.GetInvoiceResponse(invoice=invoice_pb2.Invoice(buyer_title="张三丰"))

    upstream.answers["GetInvoice"] = found
    await _execute(peer, "ALTER TABLE audit_record RENAME TO audit_gone")

    answer = await peer.admin.get("/v1/invoices/inv_1")

    assert (answer.status_code, "张三丰" in answer.text) == (504, False)


async def test_the_gateways_own_role_can_neither_change_nor_remove_a_record(peer):
    for statement in (
        "UPDATE audit_record SET reason = 'x'",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
        "DELETE FROM audit_link",
        "UPDATE audit_seal SET month = 'x'",
    ):
        with pytest.raises(Exception, match=r"permission denied|only ever added to"):
            await _execute(peer, statement)


async def test_the_trigger_alone_stops_a_superuser_who_does_not_mean_to(peer, postgres):
    name = peer.gateway.engine.url.database
    connection = await asyncpg.connect(postgres.url(name))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only ever added to: DELETE on audit_record"):
            await connection.execute("DELETE FROM audit_record")
    finally:
        await connection.close()


async def test_the_list_is_for_auditors_and_admins_filtered_and_paged_without_gap_or_repeat(peer, upstream):
    for no in range(5):
        await peer.plain.post("/v1/payments", json=RECORD, headers={"idempotency-key": f"audit-key-{no}"})
    found, token = [], ""
    while True:
        query = {"pageSize": 2, "pageToken": token, "method": "bihuan.payments.v1.PaymentService.RecordPayment"}
        page = (await peer.admin.get("/v1/auditRecords", params=query)).json()
        found += [record["recordId"] for record in page["records"]]
        if not (token := page["nextPageToken"]):
            break

    assert len(found) == len(set(found)) == 5
    assert found == sorted(found, reverse=True)
    of_order = (await peer.admin.get("/v1/auditRecords", params={"resourceId": "order-1"})).json()["records"]
    refused = (await peer.admin.get("/v1/auditRecords", params={"outcome": "INTERNAL"})).json()["records"]
    early = (await peer.admin.get("/v1/auditRecords", params={"toTime": "2020-01-01T00:00:00Z"})).json()["records"]
    late = (await peer.admin.get("/v1/auditRecords", params={"fromTime": of_order[-1]["recordTime"]})).json()["records"]
    assert (len(of_order), refused, early, len(late)) == (5, [], [], 5)
    assert (await peer.plain.get("/v1/auditRecords")).status_code == 403


def test_an_id_is_no_secret_and_no_name_of_the_call():
    request = payment_service_pb2.RecordPaymentRequest(request_id="r", merchant_id="m", merchant_order_no="o")

    assert "r" not in set(ids_in(request))
    assert {"m", "o"} <= set(ids_in(request))


def test_what_a_caller_says_of_its_reason_is_one_short_line():
    assert _cleaned("a\nb\x00c" + "d" * 500) == "abc" + "d" * 197


async def test_a_full_queue_refuses_before_it_acts(peer, monkeypatch):
    audit: Audit = peer.gateway.brakes.audit
    monkeypatch.setattr(audit, "_batcher", SimpleNamespace(waiting_count=9_999, close=audit._batcher.close))

    answer = await peer.plain.post("/v1/payments", json=RECORD, headers={"idempotency-key": "audit-key-1"})

    assert (answer.status_code, answer.json()["reason"]) == (503, "AUDIT_UNAVAILABLE")


async def test_a_fault_of_the_service_behind_is_the_outcome(peer, upstream):
    async def refused(request, context):
        raise Fault(Kind.CONFLICT, "BUSINESS_KEY_REUSED", "other content", "内容不同")

    upstream.answers["RecordPayment"] = refused
    await peer.plain.post("/v1/payments", json=RECORD, headers={"idempotency-key": "audit-key-1"})

    assert [row.outcome for row in await _rows(peer, "method LIKE '%RecordPayment'")] == ["BUSINESS_KEY_REUSED"]
