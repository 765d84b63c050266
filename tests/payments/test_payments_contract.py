"""The contract, through a real server: what is refused says why and stores nothing."""

import asyncio
import base64
from datetime import timedelta

import grpc
import pytest
from bihuan.payments.v1 import payment_pb2
from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1 import payment_service_pb2_grpc as payment_grpc
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import text

from chassis.errors import Fault, Kind, from_rpc_error
from tests.payments.builders import NOON, NOTHING, a_payment, a_request, take_in
from tests.support.eventually import eventually

ONE = {"payments": 1, "order_key": 1, "requests": 1, "reconciliations": 0, "feed": 1}


def timestamp(instant) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(instant)
    return stamp


async def refusal(call) -> Fault:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return from_rpc_error(refused.value)


async def test_a_payment_is_recorded_and_can_be_read_back(system):
    request = a_request()

    recorded = await system.payments.RecordPayment(request)
    read = await system.payments.GetPayment(pb.GetPaymentRequest(payment_id=recorded.payment.payment_id))

    assert not recorded.replayed
    assert read.payment == recorded.payment
    for name in ("merchant_id", "merchant_order_no", "bill_no", "channel", "channel_txn_no", "amount", "pay_time"):
        assert getattr(read.payment, name) == getattr(request, name)
    assert read.payment.state == payment_pb2.Payment.STATE_SUCCEEDED
    assert read.payment.reconciliation_state == payment_pb2.Payment.RECONCILIATION_STATE_PENDING
    assert (read.payment.business_date, read.payment.version) == ("2026-03-01", 1)
    assert read.payment.create_time.ToDatetime().isoformat() == "2026-03-01T04:00:00"


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"amount": money_pb2.Money(currency_code="CNY", amount_minor=-1)}, "INVALID_FIELD", "amount"),
        ({"amount": money_pb2.Money(currency_code="CNY", amount_minor=0)}, "INVALID_FIELD", "amount"),
        ({"amount": None}, "INVALID_FIELD", "amount"),
        ({"amount": money_pb2.Money(currency_code="cny", amount_minor=1)}, "INVALID_FIELD", "amount.currency_code"),
        ({"amount": money_pb2.Money(currency_code="ZZZ", amount_minor=1)}, "UNKNOWN_CURRENCY", "amount.currency_code"),
        ({"amount": money_pb2.Money(currency_code="XAU", amount_minor=1)}, "UNKNOWN_CURRENCY", "amount.currency_code"),
        ({"request_id": ""}, "INVALID_FIELD", "request_id"),
        ({"request_id": "short"}, "INVALID_FIELD", "request_id"),
        ({"merchant_id": ""}, "INVALID_FIELD", "merchant_id"),
        ({"merchant_id": " "}, "INVALID_FIELD", "merchant_id"),
        ({"merchant_order_no": ""}, "INVALID_FIELD", "merchant_order_no"),
        ({"merchant_order_no": "A\tB"}, "INVALID_FIELD", "merchant_order_no"),
        ({"merchant_order_no": "9" * 65}, "INVALID_FIELD", "merchant_order_no"),
        ({"channel": ""}, "INVALID_FIELD", "channel"),
        ({"channel_txn_no": ""}, "INVALID_FIELD", "channel_txn_no"),
        ({"payer_name": "王\x00小明"}, "INVALID_FIELD", "payer_name"),
        ({"payer_name": "王" * 129}, "INVALID_FIELD", "payer_name"),
        ({"pay_time": None}, "INVALID_FIELD", "pay_time"),
        ({"pay_time": Timestamp()}, "INVALID_FIELD", "pay_time"),
        ({"pay_time": Timestamp(seconds=10**15)}, "INVALID_FIELD", "pay_time"),
        ({"pay_time": timestamp(NOON + timedelta(minutes=15, microseconds=1))}, "INVALID_FIELD", "pay_time"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_stored(system, changes, reason, field):
    refused = await refusal(system.payments.RecordPayment(a_request(**changes)))

    assert (refused.kind, refused.reason) == (Kind.INVALID, reason)
    assert [fault.field for fault in refused.fields] == [field]
    assert refused.message
    assert refused.message_zh
    assert await system.row_counts() == NOTHING


async def test_a_request_that_was_refused_does_not_burn_its_key(system):
    bad = a_request(amount=money_pb2.Money(currency_code="ZZZ", amount_minor=1))
    await refusal(system.payments.RecordPayment(bad))

    good = pb.RecordPaymentRequest()
    good.CopyFrom(bad)
    good.amount.currency_code = "CNY"
    recorded = await system.payments.RecordPayment(good)

    assert not recorded.replayed


async def test_the_same_request_again_gives_the_same_payment_and_says_so(system):
    request = a_request()
    first = await system.payments.RecordPayment(request)
    before = await system.row_counts()

    call = system.payments.RecordPayment(request)
    again, trailing = await call, await call.trailing_metadata()

    assert again.replayed
    assert again.payment == first.payment
    assert dict(trailing)["idempotent-replayed"] == "true"
    assert await system.row_counts() == before


async def test_a_first_answer_does_not_call_itself_a_replay(system):
    call = system.payments.RecordPayment(a_request())
    await call

    assert "idempotent-replayed" not in dict(await call.trailing_metadata())


async def test_the_same_order_under_another_request_id_is_the_same_payment(system):
    request = a_request()
    first = await system.payments.RecordPayment(request)

    request.request_id = "another-request"
    again = await system.payments.RecordPayment(request)

    assert again.replayed
    assert again.payment == first.payment
    assert await system.row_counts() == {**ONE, "requests": 2}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"amount": money_pb2.Money(currency_code="CNY", amount_minor=99)}, "amount"),
        ({"payer_name": "李四"}, "payer_name"),
        ({"merchant_order_no": "OTHER", "channel_txn_no": "42"}, "merchant_order_no,channel_txn_no"),
    ],
)
async def test_a_reused_request_id_with_other_content_is_refused(system, changes, fields):
    request = a_request()
    await system.payments.RecordPayment(request)
    before = await system.row_counts()

    for name, value in changes.items():
        request.ClearField(name)
        request.MergeFrom(pb.RecordPaymentRequest(**{name: value}))
    refused = await refusal(system.payments.RecordPayment(request))

    assert (refused.kind, refused.reason) == (Kind.EXISTS, "REQUEST_ID_REUSED")
    assert refused.metadata["fields"] == fields
    assert await system.row_counts() == before


async def test_a_reused_order_number_with_other_content_is_refused_and_does_not_burn_the_request_id(system):
    request = a_request()
    first = await system.payments.RecordPayment(request)
    before = await system.row_counts()

    request.request_id = "another-request"
    request.amount.amount_minor += 1
    refused = await refusal(system.payments.RecordPayment(request))
    counts = await system.row_counts()
    other = await system.payments.RecordPayment(a_request(request_id="another-request"))

    assert (refused.kind, refused.reason) == (Kind.EXISTS, "BUSINESS_KEY_REUSED")
    assert refused.metadata == {"payment_id": first.payment.payment_id, "fields": "amount"}
    assert counts == before
    assert not other.replayed


async def test_the_same_order_number_of_another_merchant_is_another_payment(system):
    first = await system.payments.RecordPayment(a_request(merchant_order_no="1", merchant_id="water"))
    second = await system.payments.RecordPayment(a_request(merchant_order_no="1", merchant_id="power"))

    assert first.payment.payment_id != second.payment.payment_id


async def test_digits_below_the_microsecond_do_not_make_another_request(system):
    request = a_request(pay_time=Timestamp(seconds=int(NOON.timestamp()), nanos=1_500))
    await system.payments.RecordPayment(request)

    request.pay_time.nanos = 1_999
    again = await system.payments.RecordPayment(request)

    assert again.replayed


async def test_a_call_without_a_deadline_is_refused_and_stores_nothing(system):
    refused = await refusal(payment_grpc.PaymentServiceStub(system.open_channel).RecordPayment(a_request()))

    assert (refused.kind, refused.reason) == (Kind.INVALID, "DEADLINE_REQUIRED")
    assert await system.row_counts() == NOTHING


async def test_a_call_whose_deadline_passes_while_it_waits_may_be_repeated(system):
    rival = a_payment()
    request = a_request(merchant_order_no=rival.content.merchant_order_no)

    async with system.sessions() as session:  # holds the business key, so that the batch has to wait
        await take_in(session, rival)
        call = asyncio.ensure_future(refusal(system.payments.RecordPayment(request, timeout=1)))
        refused = await call
        await session.rollback()
    await system.payments.RecordPayment(request)

    assert (refused.kind, refused.reason) == (Kind.DEADLINE, "DEADLINE_EXCEEDED")
    assert await system.row_counts() == ONE


async def test_a_key_that_is_held_for_too_long_is_a_reason_to_try_again(system):
    rival = a_payment()
    request = a_request(merchant_order_no=rival.content.merchant_order_no)

    async with system.sessions() as session:
        await take_in(session, rival)
        unretried = payment_grpc.PaymentServiceStub(system.open_channel).RecordPayment(request, timeout=20)
        refused = await refusal(unretried)
        await session.rollback()
    again = await system.payments.RecordPayment(request)

    assert (refused.kind, refused.reason) == (Kind.UNAVAILABLE, "UNAVAILABLE")
    assert not again.replayed


async def test_fifty_callers_with_the_same_key_make_one_payment(system):
    request = a_request()

    answers = await asyncio.gather(*(system.payments.RecordPayment(request) for _ in range(50)))

    assert len({answer.payment.payment_id for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    assert await system.row_counts() == ONE


async def test_callers_who_cross_their_keys_do_not_lock_each_other_out(system):
    requests = []
    for number in range(40):  # two orders and two request ids, in every pairing
        request = a_request(request_id=f"request-{number % 2}", bill_no="", channel_txn_no="1", payer_name="")
        request.merchant_order_no = f"crossed-{number // 2 % 2}"
        requests.append(request)

    answers = await asyncio.gather(
        *(system.payments.RecordPayment(request) for request in requests), return_exceptions=True
    )

    reasons = {from_rpc_error(answer).reason for answer in answers if isinstance(answer, BaseException)}
    assert reasons <= {"REQUEST_ID_REUSED"}
    assert (await system.row_counts())["payments"] >= 1


async def test_a_payment_that_is_not_there_is_not_found(system):
    refused = await refusal(system.payments.GetPayment(pb.GetPaymentRequest(payment_id="pay_none")))

    assert (refused.kind, refused.reason) == (Kind.NOT_FOUND, "NOT_FOUND")


async def test_a_list_tells_every_payment_once_newest_first(system):
    recorded = []
    for number in range(7):
        recorded.append((await system.payments.RecordPayment(a_request())).payment.payment_id)
        system.clock.advance(number % 2)  # some are taken in at the same instant

    listed, token = [], ""
    while True:
        page = await system.payments.ListPayments(pb.ListPaymentsRequest(page_size=3, page_token=token))
        listed += page.payments
        token = page.next_page_token
        if not token:
            break

    assert sorted(payment.payment_id for payment in listed) == sorted(recorded)
    places = [(payment.create_time.ToNanoseconds(), payment.payment_id) for payment in listed]
    assert places == sorted(places, reverse=True)


@pytest.mark.parametrize(
    "wanted",
    [
        {"merchant_id": "power"},
        {"merchant_id": "power", "merchant_order_no": "P-1"},
        {"channel": "alipay"},
        {"business_date": "2026-02-28"},
    ],
)
async def test_a_list_tells_only_what_its_filter_wants(system, wanted):
    await system.payments.RecordPayment(a_request())
    chosen = a_request(
        merchant_id="power",
        merchant_order_no="P-1",
        channel="alipay",
        pay_time=timestamp(NOON - timedelta(days=1)),
    )
    recorded = await system.payments.RecordPayment(chosen)

    page = await system.payments.ListPayments(pb.ListPaymentsRequest(**wanted))

    assert list(page.payments) == [recorded.payment]


async def test_an_order_number_without_its_merchant_cannot_be_listed(system):
    refused = await refusal(system.payments.ListPayments(pb.ListPaymentsRequest(merchant_order_no="P-1")))

    assert refused.reason == "INVALID_FIELD"
    assert [fault.field for fault in refused.fields] == ["merchant_order_no"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"business_date": "2026-02-30"}, "business_date"),
        ({"business_date": "yesterday"}, "business_date"),
        ({"page_size": 1_001}, "page_size"),
        ({"merchant_id": "a\x00b"}, "merchant_id"),
    ],
)
async def test_a_list_that_asks_for_the_impossible_is_refused(system, wanted, field):
    refused = await refusal(system.payments.ListPayments(pb.ListPaymentsRequest(**wanted)))

    assert refused.reason == "INVALID_FIELD"
    assert [fault.field for fault in refused.fields] == [field]


async def test_a_page_token_goes_on_only_in_its_own_list(system):
    for _ in range(2):
        await system.payments.RecordPayment(a_request())
    page = await system.payments.ListPayments(pb.ListPaymentsRequest(page_size=1, channel="wechat_pay"))

    for_another = pb.ListPaymentsRequest(page_size=1, channel="alipay", page_token=page.next_page_token)
    invented = pb.ListPaymentsRequest(page_token=base64.b64encode(b"page two").decode())

    assert (await refusal(system.payments.ListPayments(for_another))).reason == "INVALID_PAGE_TOKEN"
    assert (await refusal(system.payments.ListPayments(invented))).reason == "INVALID_PAGE_TOKEN"


async def test_a_payment_keeps_the_trace_in_which_it_was_recorded(system, spans):
    recorded = await system.payments.RecordPayment(a_request())
    again = await system.payments.GetPayment(pb.GetPaymentRequest(payment_id=recorded.payment.payment_id))
    change = (await system.read_feed())[0]

    def action():
        return next((span for span in spans.get_finished_spans() if span.name == "record_payment"), None)

    span = await eventually(action)
    trace_id, span_id = f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"
    assert recorded.payment.trace_id == again.payment.trace_id == trace_id
    assert change.traceparent.startswith(f"00-{trace_id}-{span_id}-")
    assert span.attributes["bihuan.payment_id"] == recorded.payment.payment_id
    assert "王小明" not in str([dict(span.attributes) for span in spans.get_finished_spans()])


async def waiting_for_locks(system, count: int) -> bool:
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with system.engine.connect() as connection:
        return await connection.scalar(query) == count
