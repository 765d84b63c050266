"""PaymentService: each handler translates, calls one action, and translates back."""

from bihuan.payments.v1 import payment_service_pb2 as pb
from bihuan.payments.v1 import payment_service_pb2_grpc
from bihuan.type.v1 import batch_pb2
from google.protobuf.message import DecodeError

from chassis.errors import Fault, Kind, plain_fault, to_status
from chassis.guard import fault_of
from chassis.server import RpcContext
from chassis.validation import validate
from services.payments.actions.ask import AskActions
from services.payments.actions.intake import Asked, Called, IntakeActions
from services.payments.actions.payment import PaymentActions
from services.payments.actions.reconciliation import ReconciliationActions
from services.payments.actions.start import StartActions
from services.payments.convert import payment as convert
from services.payments.convert.channel import from_start, to_start
from services.payments.convert.reconciliation import to_facts
from services.payments.convert.refund import to_fingerprint
from services.payments.domain.intake import Recorded, Replayed

_PAGE_SIZE_DEFAULT = 50
_REPLAYED = (("idempotent-replayed", "true"),)


class PaymentServicer(payment_service_pb2_grpc.PaymentServiceServicer):
    """Takes payments in, and tells what there is."""

    def __init__(
        self,
        intake: IntakeActions,
        payments: PaymentActions,
        reconciliations: ReconciliationActions,
        start: StartActions,
        ask: AskActions,
    ) -> None:
        self._intake = intake
        self._payments = payments
        self._reconciliations = reconciliations
        self._start = start
        self._ask = ask

    async def RecordPayment(self, request: pb.RecordPaymentRequest, context: RpcContext) -> pb.RecordPaymentResponse:
        done = await self._intake.record_payment(Asked(request.request_id, convert.to_content(request)))
        if isinstance(done, Replayed):
            context.set_trailing_metadata(_REPLAYED)
        return convert.from_taken(done)

    async def BatchRecordPayments(
        self, request: pb.BatchRecordPaymentsRequest, context: RpcContext
    ) -> pb.BatchRecordPaymentsResponse:
        calls = [_called(one) for one in request.calls]
        done = iter(await self._intake.record_payments([one for one in calls if isinstance(one, Called)]))
        answers = [_answered(next(done) if isinstance(one, Called) else one) for one in calls]
        return pb.BatchRecordPaymentsResponse(answers=answers)

    async def BatchCreatePayments(
        self, request: pb.BatchCreatePaymentsRequest, context: RpcContext
    ) -> pb.BatchCreatePaymentsResponse:
        asked = [
            Asked(one.request_id, convert.to_content(one, f"payments[{index}]."))
            for index, one in enumerate(request.payments)
        ]
        done = await self._intake.batch_create_payments(asked)
        answer = pb.BatchCreatePaymentsResponse()
        for one in done:
            convert.put_taken(answer.results.add(), one)
        return answer

    async def CreatePayment(self, request: pb.CreatePaymentRequest, context: RpcContext) -> pb.CreatePaymentResponse:
        done = await self._start.create_payment(to_start(request))
        if done.replayed:
            context.set_trailing_metadata(_REPLAYED)
        return from_start(done.started, replayed=done.replayed)

    async def ConfirmPayment(self, request: pb.ConfirmPaymentRequest, context: RpcContext) -> pb.ConfirmPaymentResponse:
        payment = await self._ask.confirm_payment(request.payment_id)
        return pb.ConfirmPaymentResponse(payment=convert.from_payment(payment))

    async def ClosePayment(self, request: pb.ClosePaymentRequest, context: RpcContext) -> pb.ClosePaymentResponse:
        fingerprint = to_fingerprint(request)
        payment = await self._ask.close_payment(request.request_id, fingerprint, request.payment_id)
        return pb.ClosePaymentResponse(payment=convert.from_payment(payment))

    async def GetPayment(self, request: pb.GetPaymentRequest, context: RpcContext) -> pb.GetPaymentResponse:
        payment = await self._payments.get_payment(request.payment_id)
        return pb.GetPaymentResponse(payment=convert.from_payment(payment))

    async def ListPayments(self, request: pb.ListPaymentsRequest, context: RpcContext) -> pb.ListPaymentsResponse:
        wanted, page_size = convert.to_filter(request), request.page_size or _PAGE_SIZE_DEFAULT
        page, token = await self._payments.list_payments(wanted, page_size, request.page_token)
        payments = [convert.from_payment(payment) for payment in page]
        return pb.ListPaymentsResponse(payments=payments, next_page_token=token)

    async def RecordReconciliations(
        self, request: pb.RecordReconciliationsRequest, context: RpcContext
    ) -> pb.RecordReconciliationsResponse:
        plan = await self._reconciliations.record_reconciliations(to_facts(request))
        return pb.RecordReconciliationsResponse(recorded_count=len(plan.facts), repeated_count=plan.repeated_count)


def _called(call: batch_pb2.BatchedCall) -> Called | Fault:
    """One call of a batch, read and checked as it would be had it come alone."""
    try:
        request = pb.RecordPaymentRequest.FromString(call.request)
        validate(request)
        return Called(Asked(request.request_id, convert.to_content(request)), call.traceparent)
    except DecodeError:
        return plain_fault(Kind.INVALID)
    except Fault as fault:
        return fault


def _answered(done: Recorded | Replayed | Exception) -> batch_pb2.BatchedAnswer:
    if isinstance(done, Exception):
        fault = fault_of(done, "bihuan.payments.v1.PaymentService/RecordPayment")
        return batch_pb2.BatchedAnswer(status=to_status(fault).SerializeToString())
    return batch_pb2.BatchedAnswer(answer=convert.from_taken(done).SerializeToString())
