"""The contract's BillService: each handler translates, calls one action, and translates back."""

from bihuan.payments.v1 import bill_service_pb2 as bill_pb
from bihuan.payments.v1 import bill_service_pb2_grpc as bill_grpc

from chassis.server import RpcContext
from services.payments.actions.bill import BillActions
from services.payments.actions.duplicate import DuplicateActions
from services.payments.convert import bill as convert
from services.payments.convert import duplicate as convert_duplicate

_PAGE_SIZE_DEFAULT = 50
_REPLAYED = (("idempotent-replayed", "true"),)


class BillServicer(bill_grpc.BillServiceServicer):
    """Takes bills in, and tells how far each is paid."""

    def __init__(self, bills: BillActions, duplicates: DuplicateActions) -> None:
        self._bills = bills
        self._duplicates = duplicates

    async def CreateBill(self, request: bill_pb.CreateBillRequest, context: RpcContext) -> bill_pb.CreateBillResponse:
        content, fingerprint = convert.to_content("bill", request.bill), convert.to_fingerprint(request)
        told = await self._bills.create_bills(request.request_id, fingerprint, [content])
        if told.replayed_count:
            context.set_trailing_metadata(_REPLAYED)
        return bill_pb.CreateBillResponse(bill=convert.from_bill(told.bills[0]), replayed=bool(told.replayed_count))

    async def BatchCreateBills(
        self, request: bill_pb.BatchCreateBillsRequest, context: RpcContext
    ) -> bill_pb.BatchCreateBillsResponse:
        contents, fingerprint = convert.to_contents(request), convert.to_fingerprint(request)
        told = await self._bills.create_bills(request.request_id, fingerprint, contents)
        if told.replayed_count == len(told.bills):
            context.set_trailing_metadata(_REPLAYED)
        bills = [convert.from_bill(bill) for bill in told.bills]
        return bill_pb.BatchCreateBillsResponse(bills=bills, replayed_count=told.replayed_count)

    async def GetBill(self, request: bill_pb.GetBillRequest, context: RpcContext) -> bill_pb.GetBillResponse:
        found = await self._bills.get_bill((request.merchant_id, request.bill_no))
        code = found.bill.content.amount.currency_code
        return bill_pb.GetBillResponse(
            bill=convert.from_bill(found.bill),
            payments=[convert.from_judged(each, code) for each in found.payments],
            near_payments=[convert.from_near(each) for each in found.near],
            answer=convert.from_answer(found.answer),
        )

    async def ListBills(self, request: bill_pb.ListBillsRequest, context: RpcContext) -> bill_pb.ListBillsResponse:
        wanted, page_size = convert.to_filter(request), request.page_size or _PAGE_SIZE_DEFAULT
        page, token = await self._bills.list_bills(wanted, page_size, request.page_token)
        return bill_pb.ListBillsResponse(bills=[convert.from_bill(bill) for bill in page], next_page_token=token)

    async def CancelBill(self, request: bill_pb.CancelBillRequest, context: RpcContext) -> bill_pb.CancelBillResponse:
        key = (request.merchant_id, request.bill_no)
        bill = await self._bills.cancel_bill(key, request.reason, request.expected_version)
        return bill_pb.CancelBillResponse(bill=convert.from_bill(bill))

    async def ListDuplicates(
        self, request: bill_pb.ListDuplicatesRequest, context: RpcContext
    ) -> bill_pb.ListDuplicatesResponse:
        wanted, page_size = convert_duplicate.to_filter(request), request.page_size or _PAGE_SIZE_DEFAULT
        page, token = await self._duplicates.list_duplicates(wanted, page_size, request.page_token)
        cases = [convert_duplicate.from_duplicate(case) for case in page]
        return bill_pb.ListDuplicatesResponse(duplicates=cases, next_page_token=token)

    async def DismissDuplicate(
        self, request: bill_pb.DismissDuplicateRequest, context: RpcContext
    ) -> bill_pb.DismissDuplicateResponse:
        case = await self._duplicates.dismiss_duplicate(request.duplicate_id, request.reason, request.dismissed_by)
        return bill_pb.DismissDuplicateResponse(duplicate=convert_duplicate.from_duplicate(case))
