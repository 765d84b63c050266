"""RedLetterService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import red_letter_service_pb2 as pb
from bihuan.invoice_sync.v1 import red_letter_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.read import ReadActions
from services.invoice_sync.actions.red_letters import RedLetterActions, Wish
from services.invoice_sync.actions.reissue import ReissueActions
from services.invoice_sync.actions.request import Asked, SetAside
from services.invoice_sync.convert.confirmation import confirmation_to_proto
from services.invoice_sync.convert.invoice import invoice_to_proto
from services.invoice_sync.convert.red_letter import (
    invoiceable_to_proto,
    move_from_proto,
    reason_from_proto,
    red_letter_to_proto,
    state_from_proto,
    steps_to_proto,
)
from services.invoice_sync.domain.buyer_check import Applicant


class RedLetterServicer(red_letter_service_pb2_grpc.RedLetterServiceServicer):
    """RedLetterService of the contract."""

    def __init__(self, letters: RedLetterActions, reissue: ReissueActions, read: ReadActions) -> None:
        self._letters = letters
        self._reissue = reissue
        self._read = read

    async def RequestRedLetter(
        self, request: pb.RequestRedLetterRequest, context: RpcContext
    ) -> pb.RequestRedLetterResponse:
        reason = reason_from_proto(request.reason)
        wish = Wish(request.invoice_id, request.amount_minor, reason, request.note, request.operator)
        letter, replayed = await self._letters.request_red_letter(request.request_id, wish)
        if replayed:
            context.set_trailing_metadata((("idempotent-replayed", "true"),))
        return pb.RequestRedLetterResponse(red_letter=red_letter_to_proto(letter), replayed=replayed)

    async def MoveRedLetter(self, request: pb.MoveRedLetterRequest, context: RpcContext) -> pb.MoveRedLetterResponse:
        move = move_from_proto(request.move)
        letter = await self._letters.move_red_letter(request.red_letter_id, move, request.why, request.operator)
        return pb.MoveRedLetterResponse(red_letter=red_letter_to_proto(letter))

    async def GetRedLetter(self, request: pb.GetRedLetterRequest, context: RpcContext) -> pb.GetRedLetterResponse:
        letter, steps = await self._letters.get_red_letter(request.red_letter_id)
        return pb.GetRedLetterResponse(red_letter=red_letter_to_proto(letter), steps=steps_to_proto(steps))

    async def ListRedLetters(self, request: pb.ListRedLettersRequest, context: RpcContext) -> pb.ListRedLettersResponse:
        page, token = await self._letters.list_red_letters(
            request.page_size,
            request.page_token,
            request.merchant_id,
            request.invoice_id,
            state_from_proto(request.state),
        )
        return pb.ListRedLettersResponse(
            red_letters=[red_letter_to_proto(each) for each in page], next_page_token=token
        )

    async def GetInvoiceableAmount(
        self, request: pb.GetInvoiceableAmountRequest, context: RpcContext
    ) -> pb.GetInvoiceableAmountResponse:
        told = await self._letters.get_invoiceable(request.payment_id)
        return pb.GetInvoiceableAmountResponse(invoiceable=invoiceable_to_proto(*told))

    async def InvoiceRemainder(
        self, request: pb.InvoiceRemainderRequest, context: RpcContext
    ) -> pb.InvoiceRemainderResponse:
        applicant = Applicant(request.buyer_title, request.buyer_tax_id, is_natural_person=request.natural_person)
        asked = Asked(request.request_id, request.payment_id, applicant, 0, request.operator)
        made = await self._reissue.invoice_remainder(asked)
        if isinstance(made, SetAside):
            told = confirmation_to_proto(made.confirmation)
            return pb.InvoiceRemainderResponse(confirmation=told, replayed=made.replayed)
        if made.replayed:
            context.set_trailing_metadata((("idempotent-replayed", "true"),))
        shown = await self._read.get_invoice(made.invoice_id)
        return pb.InvoiceRemainderResponse(invoice=invoice_to_proto(shown), replayed=made.replayed)
