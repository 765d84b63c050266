"""The whole life of payments and of their money, in any order, against a channel that loses answers on either side.

Everything goes over the socket to the service on PostgreSQL. The channel keeps its own book, which is the second
witness: what the service says must be what the book says, and never more. After every step, of every payment:
captured = refunded + reserved + remaining.
"""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass

import grpc
from bihuan.payments.v1 import channel_service_pb2, payment_service_pb2
from bihuan.payments.v1 import refund_service_pb2 as pb
from bihuan.type.v1 import money_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import text

from chassis.errors import from_rpc_error
from services.payments.domain.refund import RefundTimers
from tests.payments.builders import NOON, PaymentsSystem, a_request
from tests.payments.starting import a_close, a_start

AMOUNTS = st.sampled_from([10_00, 10_00, 99])
PARTS = st.sampled_from([7_00, 3_00, 1, 10_00])
WEATHER = st.sampled_from(["", "", "", "BEFORE", "AFTER"])
FATES = st.sampled_from(["PROCESSING", "PROCESSING", "DONE", "REFUSED"])
FINAL = {"SUCCEEDED", "FAILED"}
_numbers = itertools.count(1)

_STANDING = text("""
    SELECT
        payment.*,
        (SELECT coalesce(sum(amount_minor), 0) FROM refunds
            WHERE payment_id = payment.payment_id AND state = 'SUCCEEDED') AS given_minor,
        (SELECT coalesce(sum(amount_minor), 0) FROM refunds
            WHERE payment_id = payment.payment_id AND state NOT IN ('SUCCEEDED', 'FAILED')) AS open_minor,
        (SELECT coalesce(sum(CASE kind WHEN 'CHARGEBACK_WON' THEN -amount_minor ELSE amount_minor END), 0)
            FROM takebacks WHERE payment_id = payment.payment_id) AS taken_minor,
        (SELECT count(*) FROM feed WHERE payment_id = payment.payment_id)
            + (SELECT count(*) FROM feed_waiting WHERE payment_id = payment.payment_id) AS change_count
    FROM payments AS payment WHERE payment_id = ANY(:payment_ids)
""")
_REFUNDS = text("SELECT * FROM refunds WHERE payment_id = ANY(:payment_ids)")


@dataclass(frozen=True)
class Known:
    """A payment of this run, by our id and by the channel's."""

    payment_id: str
    order_no: str


class Life(RuleBasedStateMachine):
    """One run: some payments, and whatever may happen to them."""

    system: PaymentsSystem
    loop: asyncio.AbstractEventLoop

    payments = Bundle("payments")
    asked = Bundle("asked")
    callbacks = Bundle("callbacks")
    chargebacks = Bundle("chargebacks")

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Known] = {}
        self.final: dict[str, str] = {}
        self.system.model.lost, self.system.model.next_refund = "", "DONE"
        self.system.clock.advance((NOON - self.system.clock.now()).total_seconds())

    # Payments come in.

    @rule(target=payments, amount=AMOUNTS, lost=WEATHER)
    def start(self, amount, lost):
        self.system.model.lost = lost
        return self.keep(self.call("payments", "CreatePayment", a_start(amount=yuan(amount))))

    @rule(target=payments, amount=AMOUNTS)
    def record(self, amount):
        request = a_request(amount=yuan(amount), channel="model_pay")
        self.system.book_paid(request.merchant_order_no, ("CNY", amount), request.channel_txn_no)
        return self.keep(self.call("payments", "RecordPayment", request))

    @rule(payment=payments, ends=st.sampled_from(["pay", "pay", "pay", "fail"]))
    def payer_decides(self, payment, ends):
        order = self.system.model.orders.get(payment.order_no)
        if order is not None and order.state == "OPEN":
            getattr(self.system.model, ends)(payment.order_no)

    @rule(payment=payments, lost=WEATHER)
    def confirm(self, payment, lost):
        self.system.model.lost = lost
        request = payment_service_pb2.ConfirmPaymentRequest(payment_id=payment.payment_id)
        self.call("payments", "ConfirmPayment", request, allowed={"NOT_FOUND", "NOT_STARTED_HERE"})

    @rule(payment=payments, lost=WEATHER)
    def close(self, payment, lost):
        self.system.model.lost = lost
        self.call("payments", "ClosePayment", a_close(payment.payment_id), allowed=None)

    @rule(target=callbacks, payment=payments, arrives=st.booleans())
    def channel_calls_back(self, payment, arrives):
        if payment.order_no not in self.system.model.orders:
            return multiple()
        return self.callback(self.system.model.callback(payment.order_no), arrives=arrives)

    @rule(callback=callbacks)
    def a_callback_arrives_late_or_again(self, callback):
        self.ingest(callback)

    # Money goes back.

    @rule(target=asked, payment=payments, amount=PARTS, fate=FATES, lost=WEATHER)
    def refund(self, payment, amount, fate, lost):
        number = next(_numbers)
        request = pb.CreateRefundRequest(
            request_id=f"machine-{number:06}",
            payment_id=payment.payment_id,
            merchant_refund_no=f"M-{number:06}",
            amount=yuan(amount),
        )
        self.system.model.next_refund, self.system.model.lost = fate, lost
        answer = self.give_back("CreateRefund", request)
        return multiple() if answer is None else request

    @rule(payment=payments, amount=PARTS)
    def refund_elsewhere(self, payment, amount):
        number = next(_numbers)
        request = pb.RecordRefundRequest(
            request_id=f"machine-{number:06}",
            payment_id=payment.payment_id,
            merchant_refund_no=f"M-{number:06}",
            amount=yuan(amount),
            finish_time=Timestamp(seconds=int(NOON.timestamp())),
        )
        self.give_back("RecordRefund", request)

    @rule(request=asked)
    def ask_for_the_same_refund_again(self, request):
        assert self.call("refunds", "CreateRefund", request).replayed

    @rule(target=callbacks, request=asked, ends=st.sampled_from(["FAILED", "DONE"]), arrives=st.booleans())
    def bank_ends_a_refund(self, request, ends, arrives):
        booked = self.system.model.refunds.get(request.merchant_refund_no)
        if booked is None or booked.state != "PROCESSING":
            return multiple()
        self.system.model.end_refund(request.merchant_refund_no, ends)
        callback = self.system.model.refund_callback(request.merchant_refund_no)
        return self.callback(callback, arrives=arrives)

    @rule(target=asked, amount=PARTS)
    def channel_takes_back_what_is_on_its_way_back(self, amount):
        payment = self.record(10_00)
        request = self.refund(payment, 7_00, "PROCESSING", "")
        self.channel_takes_back(payment, amount, is_reversal=True)
        return request

    @rule(target=asked, amount=PARTS, share=st.sampled_from([1, 2]))
    def a_chargeback_of_what_is_on_its_way_back_is_won(self, amount, share):
        payment = self.record(10_00)
        request = self.refund(payment, 7_00, "PROCESSING", "")
        self.merchant_wins_a_chargeback(self.channel_takes_back(payment, amount, is_reversal=False), share)
        return request

    @rule(target=asked, ends=st.sampled_from(["FAILED", "DONE"]))
    def all_learn_at_once_how_a_refund_ended(self, ends):
        payment = self.record(10_00)
        # The second one's reserve is what a first one that is ended twice would take.
        request, beside = (self.refund(payment, amount, "PROCESSING", "") for amount in (7_00, 3_00))
        number, model = request.merchant_refund_no, self.system.model
        told = [model.refund_callback(number)]
        model.end_refund(number, ends)
        told += [model.refund_callback(number) for _ in range(2)]
        (refund,) = [row for row in self.rows(_REFUNDS) if row.merchant_refund_no == number]
        self.system.clock.advance(7_200)

        async def all_at_once():
            confirmed = pb.ConfirmRefundRequest(refund_id=refund.refund_id)
            await asyncio.gather(
                *(self.system.channels.IngestCallback(self.ingesting(each)) for each in told),
                *(self.system.refunds.ConfirmRefund(confirmed) for _ in range(2)),
                self.system.actions.refunds.poll_refunds(),
            )

        self.run(all_at_once())
        assert self.refund_states()[refund.refund_id] == {"DONE": "SUCCEEDED", "FAILED": "FAILED"}[ends]
        return multiple(request, beside)

    @rule(target=callbacks, request=asked, arrives=st.booleans())
    def channel_calls_back_about_a_refund(self, request, arrives):
        if request.merchant_refund_no not in self.system.model.refunds:
            return multiple()
        return self.callback(self.system.model.refund_callback(request.merchant_refund_no), arrives=arrives)

    @rule(target=chargebacks, payment=payments, amount=PARTS, is_reversal=st.booleans())
    def channel_takes_back(self, payment, amount, is_reversal):
        number, before = next(_numbers), self.standing(payment)
        kind = pb.RecordReversalRequest if is_reversal else pb.RecordChargebackRequest
        request = kind(
            request_id=f"machine-{number:06}",
            payment_id=payment.payment_id,
            channel_takeback_no=f"T-{number:06}",
            amount=yuan(amount),
            take_time=Timestamp(seconds=int(NOON.timestamp())),
        )
        name = "RecordReversal" if is_reversal else "RecordChargeback"
        possible = before.state == "SUCCEEDED" and amount <= before.amount_minor
        answer = self.call("refunds", name, request, allowed={"NOT_REFUNDABLE", "REFUND_EXCEEDS"})
        assert (answer is not None) == possible
        return multiple() if is_reversal or answer is None else answer.takeback

    @rule(chargeback=consumes(chargebacks), share=st.sampled_from([1, 2]))
    def merchant_wins_a_chargeback(self, chargeback, share):
        number = next(_numbers)
        request = pb.RecordWonChargebackRequest(
            request_id=f"machine-{number:06}",
            payment_id=chargeback.payment_id,
            channel_takeback_no=chargeback.channel_takeback_no,
            amount=yuan(-(-chargeback.amount.amount_minor // share)),
            return_time=Timestamp(seconds=int(NOON.timestamp())),
        )
        assert self.call("refunds", "RecordWonChargeback", request) is not None

    # Time goes by.

    @rule(seconds=st.sampled_from([3, 60, 7_200, 4 * 86_400]), lost=WEATHER, fate=FATES)
    @precondition(lambda self: self.known)
    def poll(self, seconds, lost, fate):
        self.system.model.lost, self.system.model.next_refund = lost, fate
        self.system.clock.advance(seconds)
        self.run(self.system.actions.ask.poll_payments())
        self.run(self.system.actions.refunds.poll_refunds())

    # What always holds.

    @invariant()
    def money_is_conserved_and_the_book_agrees(self):
        for row in self.standings():
            left = row.amount_minor - row.refunded_minor - row.refund_reserved_minor
            assert min(row.refunded_minor, row.refund_reserved_minor, left, row.uncovered_minor) >= 0
            assert row.refund_reserved_minor == row.open_minor
            assert row.refunded_minor + row.uncovered_minor == row.given_minor + row.taken_minor
            assert not (left and row.uncovered_minor)
            assert row.change_count == row.version
            self.agrees_with_the_book(row)
        assert self.system.model.asked_too_much == []
        refunds = self.rows(_REFUNDS)
        for refund in refunds:
            self.refund_agrees_with_the_book(refund)
        states = {refund.refund_id: refund.state for refund in refunds}
        assert self.final.items() <= states.items(), "a refund left a state that is final"
        self.final = {each: state for each, state in states.items() if state in FINAL}

    def teardown(self):
        """The weather clears and banks decide: nothing is left open but what only a payer can end."""
        self.system.model.lost, self.system.model.next_refund = "", "DONE"
        for number, booked in self.system.model.refunds.items():
            if booked.state == "PROCESSING":
                self.system.model.end_refund(number, "FAILED" if int(number[-1]) % 2 else "DONE")
        for refund_id, state in self.refund_states().items():
            if state not in FINAL:
                self.system.clock.advance(RefundTimers().absence_seconds)
                self.call("refunds", "ConfirmRefund", pb.ConfirmRefundRequest(refund_id=refund_id))
        assert set(self.refund_states().values()) <= FINAL
        self.money_is_conserved_and_the_book_agrees()

    def agrees_with_the_book(self, row):
        booked = self.system.model.orders.get(row.merchant_order_no)
        says = {"SUCCEEDED": "PAID", "FAILED": "FAILED", "CLOSED": "CLOSED"}.get(row.state)
        if row.state == "SUCCEEDED":
            assert (booked.state, booked.amount.amount_minor) == ("PAID", row.amount_minor)
            assert (row.fee_rule_id, row.fee_minor) == ("model-2026", (row.amount_minor * 6 + 500) // 1_000)
        elif booked is not None and says is not None:
            assert booked.state == says
        if row.state != "SUCCEEDED":
            assert (row.refunded_minor, row.refund_reserved_minor, row.fee_rule_id) == (0, 0, None)
        assert self.system.model.given_back(row.merchant_order_no) <= row.refunded_minor + row.refund_reserved_minor

    def refund_agrees_with_the_book(self, row):
        booked = self.system.model.refunds.get(row.merchant_refund_no)
        if row.origin == "RECORDED" or row.state not in FINAL:
            return
        says = booked.state if booked else "FAILED"
        assert says == {"SUCCEEDED": "DONE", "FAILED": "FAILED"}[row.state]

    # How it is done.

    def keep(self, answer):
        payment = Known(answer.payment.payment_id, answer.payment.merchant_order_no)
        self.known[payment.payment_id] = payment
        return payment

    def give_back(self, name, request):
        before = self.standing(self.known[request.payment_id])
        left = before.amount_minor - before.refunded_minor - before.refund_reserved_minor
        possible = before.state == "SUCCEEDED" and request.amount.amount_minor <= left
        reason = "REFUND_EXCEEDS" if before.state == "SUCCEEDED" else "NOT_REFUNDABLE"
        answer = self.call("refunds", name, request, allowed={reason})
        assert (answer is not None) == possible
        return answer

    def callback(self, callback, *, arrives):
        if arrives:
            self.ingest(callback)
        return callback

    def ingest(self, callback):
        self.call("channels", "IngestCallback", self.ingesting(callback))

    @staticmethod
    def ingesting(callback):
        headers, body = callback
        return channel_service_pb2.IngestCallbackRequest(account_id="model", headers=headers, body=body)

    def call(self, service, name, request, allowed=frozenset()):
        """The answer; None when it was refused for a reason that is allowed, any when `allowed` is None."""

        async def asked():
            return await getattr(getattr(self.system, service), name)(request)

        try:
            return self.run(asked())
        except grpc.aio.AioRpcError as error:
            fault = from_rpc_error(error)
            if (allowed is None and fault.reason != "INTERNAL") or fault.reason in (allowed or ()):
                return None
            raise

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=60)

    def standing(self, payment):
        return next(row for row in self.standings() if row.payment_id == payment.payment_id)

    def standings(self):
        return self.rows(_STANDING)

    def refund_states(self):
        return {row.refund_id: row.state for row in self.rows(_REFUNDS)}

    def rows(self, statement):
        async def read():
            async with self.system.engine.connect() as connection:
                return (await connection.execute(statement, {"payment_ids": list(self.known)})).all()

        return self.run(read()) if self.known else []


def yuan(amount_minor: int) -> money_pb2.Money:
    return money_pb2.Money(currency_code="CNY", amount_minor=amount_minor)


async def test_whatever_happens_in_whatever_order_money_is_conserved_and_the_channels_book_agrees(system):
    machine = type("Life", (Life,), {"system": system, "loop": asyncio.get_running_loop()})
    few = settings(
        max_examples=8, stateful_step_count=22, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )

    await asyncio.to_thread(run_machine, machine, settings=few)

    async with system.engine.connect() as connection:
        payment_states = Counter(await connection.scalars(text("SELECT state FROM payments")))
        refund_states = Counter(await connection.scalars(text("SELECT state FROM refunds")))
    assert payment_states["SUCCEEDED"]
    assert set(refund_states) <= FINAL
