"""Whatever is sent to payments, it is answered in words: no fault of ours, no trace of code, nothing half stored.

The methods and their messages come from the contract, so a new one is sent to by itself.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from bihuan.payments.v1 import bill_service_pb2 as bill_pb
from bihuan.payments.v1 import bill_service_pb2_grpc as bill_grpc
from bihuan.payments.v1 import refund_service_pb2 as refund_pb
from bihuan.type.v1 import error_reason_pb2, money_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.errors import from_rpc_error
from services.payments import rpc
from services.payments.tables import METADATA
from tests.payments.arrow_rows import NOON, a_batch, a_row, an_arrow_stream
from tests.payments.bill_builders import a_bill
from tests.payments.builders import a_request

EXAMPLES = 200
PARTS_MAX, ANSWERS_MAX, KNOWN_MAX = 4, 50, 20
OURS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAVAILABLE}
REASONS = {name.removeprefix("ERROR_REASON_") for name in error_reason_pb2.ErrorReason.keys()}  # noqa: SIM118  an enum wrapper, no dict
TRACES_OF_CODE = ("Traceback", 'File "', "sqlalchemy", "asyncpg", "adbc", "pyarrow", "Error(", "INSERT INTO")
# Of a callback that is refused a digest is kept, so that an attack can be seen.
KEPT_OF_REFUSALS = {"refused_callbacks"}
INTS = (-(2**63), -(2**31), -1, 0, 1, 2, 100, 1_000, 1_001, 2**31 - 1, 2**63 - 1)
LIMITS = {FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1), FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1)}
_numbers = itertools.count()


@dataclass
class Known:
    """Texts that mean something here, by the name of the field that they stand in: a request that is right has them."""

    texts: dict[str, list[str]] = field(default_factory=dict)

    def learn(self, message: Message) -> None:
        for descriptor, value in message.ListFields():
            if descriptor.type == FieldDescriptor.TYPE_MESSAGE:
                parts = value.values() if hasattr(value, "values") else value if descriptor.is_repeated else [value]
                for one in parts:
                    if isinstance(one, Message):
                        self.learn(one)
            elif isinstance(value, str) and value:
                kept = self.texts.setdefault(descriptor.name, [])
                kept[:] = list(dict.fromkeys([value, *kept]))[:KNOWN_MAX]


@pytest.fixture
async def known(system) -> Known:
    """A service that holds a payment, a bill and a refund, and the texts in them."""
    known = Known({"business_date": ["2026-03-01"], "due_date": ["2026-04-01"], "overdue_on": ["2026-04-02"]})
    known.texts["page_token"] = [""]
    known.texts["import_id"] = ["import-0001"]
    known.texts["channel"] = ["model_pay", "wechat_pay"]
    request = a_request(channel="model_pay")
    recorded = await system.payments.RecordPayment(request)
    bill = bill_pb.CreateBillRequest(request_id="bill-request", bill=a_bill(request.bill_no))
    made = await bill_grpc.BillServiceStub(system.channel).CreateBill(bill)
    refund = refund_pb.CreateRefundRequest(
        request_id="refund-request",
        payment_id=recorded.payment.payment_id,
        merchant_refund_no="R-1",
        amount=money_pb2.Money(currency_code="CNY", amount_minor=1),
    )
    system.book_paid(request.merchant_order_no, ("CNY", request.amount.amount_minor), request.channel_txn_no)
    refunded = await system.refunds.CreateRefund(refund)
    for one in (request, recorded, bill, made, refund, refunded):
        known.learn(one)
    await settle(system)
    return known


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_whatever_is_sent_is_answered_in_words_and_nothing_is_half_stored(system, known, data):
    method = data.draw(st.sampled_from(methods_of(system)))
    parts = PARTS_MAX if method.client_streaming else 1
    tame = data.draw(st.booleans())
    requests = [a_message(data, method.input_type, known, tame=tame) for _ in range(parts)]
    before = await row_counts(system)

    error = await send(system, method, requests, known)

    if error is None:
        await settle(system)
        return
    assert error.code() not in OURS, error
    judge_words(error)
    after = await row_counts(system)
    if method.name == "ImportPayments":  # the batches before the one that is refused are in, each of them whole
        assert after["order_key"] - before["order_key"] == after["payments"] - before["payments"]
        return
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert not changed, (method.full_name, changed, requests, error.details())


async def settle(system) -> None:
    """Let be done what follows the payments by itself, so that it is no part of what a later refusal leaves."""
    while await system.actions.feed.number_feed() + await system.actions.bill_follow.follow_feed():
        pass


def judge_words(error: grpc.aio.AioRpcError) -> None:
    """A caller can read it and a program can act on it, in both languages, and it tells nothing of our code."""
    fault = from_rpc_error(error)
    assert fault.reason in REASONS
    assert fault.message
    assert fault.message_zh
    for words in (fault.message, fault.message_zh, *(one.message for one in fault.fields)):
        assert not [trace for trace in TRACES_OF_CODE if trace in words], words


def methods_of(system) -> list[MethodDescriptor]:
    pool = descriptor_pool.Default()
    names = [servicer.full_name for servicer in rpc.servicers(system.actions)]
    return [method for name in names for method in pool.FindServiceByName(name).methods]


async def send(system, method: MethodDescriptor, requests: list[Message], known: Known) -> grpc.aio.AioRpcError | None:
    """Send them as the method wants them; what it refuses, or None. What it tells is learnt."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    answer_type = message_factory.GetMessageClass(method.output_type)
    coders = (lambda message: message.SerializeToString(), answer_type.FromString)
    try:
        if method.client_streaming:
            known.learn(await system.open_channel.stream_unary(path, *coders)(iter(requests), timeout=20))
        elif method.server_streaming:
            call = system.open_channel.unary_stream(path, *coders)(requests[0], timeout=20)
            async for _ in aiter_at_most(call, ANSWERS_MAX):
                pass
        else:
            known.learn(await system.open_channel.unary_unary(path, *coders)(requests[0], timeout=20))
    except grpc.aio.AioRpcError as error:
        return error
    return None


async def aiter_at_most(call: Any, count: int) -> Any:
    async for answer in call:
        yield answer
        if (count := count - 1) <= 0:
            call.cancel()
            return


async def row_counts(system) -> dict[str, int]:
    """Of every table; a change that gets its number only moves from one to another."""
    tables = sorted(set(METADATA.tables) - KEPT_OF_REFUSALS)
    counts = ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in tables)
    async with system.engine.connect() as connection:
        found = dict((await connection.execute(text(f"SELECT {counts}"))).one()._mapping)
    found["feed"] += found.pop("feed_waiting")
    return found


def a_message(
    data: st.DataObject, descriptor: Descriptor, known: Known, depth: int = 0, *, tame: bool = False
) -> Message:
    """A message with about everything right, but for two fields at most, unless `tame`: these may hold anything."""
    message = message_factory.GetMessageClass(descriptor)()
    if descriptor.full_name == "google.protobuf.Timestamp":
        seconds, nanos = (int(NOON.timestamp()), 0, -(10**11), 10**15, 2**63 - 1), (0, 1, 999_999_999, -1, 2**31 - 1)
        message.seconds, message.nanos = (data.draw(st.sampled_from(of[:1] if tame else of)) for of in (seconds, nanos))
        return message
    wild = set() if tame else data.draw(st.sets(st.integers(0, len(descriptor.fields) - 1), max_size=2))
    chosen = {data.draw(st.sampled_from(list(one.fields))).name for one in descriptor.oneofs}
    for index, one in enumerate(descriptor.fields):
        if one.containing_oneof is not None and one.name not in chosen:
            continue
        if index in wild and data.draw(st.booleans()):
            continue
        values = [a_value(data, one, known, depth, wild=index in wild) for _ in range(count_of(data, one))]
        if one.message_type is not None and one.message_type.GetOptions().map_entry:
            getattr(message, one.name).update({entry.key: entry.value for entry in values})
        elif one.is_repeated:
            getattr(message, one.name).extend(values)
        elif one.type == FieldDescriptor.TYPE_MESSAGE:
            getattr(message, one.name).CopyFrom(values[0])
        else:
            setattr(message, one.name, values[0])
    return message


def count_of(data: st.DataObject, one: FieldDescriptor) -> int:
    return data.draw(st.sampled_from((1, 0, 0, 2, 3))) if one.is_repeated else 1


def a_value(data: st.DataObject, one: FieldDescriptor, known: Known, depth: int, *, wild: bool) -> Any:
    if one.type == FieldDescriptor.TYPE_MESSAGE:
        assert depth < 8, "a message inside itself has no end"
        return a_message(data, one.message_type, known, depth + 1, tame=not wild)
    if one.type == FieldDescriptor.TYPE_BYTES:
        return data.draw(st.one_of(st.binary(max_size=40), st.just(an_arrow_stream([a_batch([a_row(), a_row()])]))))
    if one.type == FieldDescriptor.TYPE_BOOL:
        return data.draw(st.booleans())
    if one.type == FieldDescriptor.TYPE_ENUM:
        numbers = [value.number for value in one.enum_type.values]
        return data.draw(st.sampled_from([*numbers, -1, 99] if wild else numbers))
    if one.cpp_type in LIMITS:
        low, high = LIMITS[one.cpp_type]
        return data.draw(st.sampled_from([number for number in INTS if low <= number <= high] if wild else [1, 0, 10]))
    assert one.type == FieldDescriptor.TYPE_STRING, f"{one.full_name}: teach the fuzzer this type"
    return a_text(data, one.name, known, wild=wild)


def a_text(data: st.DataObject, name: str, known: Known, *, wild: bool) -> str:
    if wild:
        texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
        return data.draw(st.one_of(st.sampled_from(["", "\0", "';--", "%s", "A" * 65, "王" * 200, "NaN"]), texts))
    # What is known grows, and a draw must not depend on it: so a place is drawn, and not a text.
    place, texts = data.draw(st.integers(0, KNOWN_MAX * 3 // 2)), known.texts.get(name, [])
    return texts[place % len(texts)] if texts and place <= KNOWN_MAX else f"fuzz_{name[:20]}_{next(_numbers):06}"
