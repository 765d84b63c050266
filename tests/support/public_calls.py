"""One valid request for each public method over HTTP; `m` is its merchant wherever it names one."""

from google.protobuf.message import Message

from services.gateway import contract, requests
from services.gateway.contract import Operation
from services.gateway.routes import Routes
from services.gateway.uploads import end_of, header_of

MERCHANT = "m"


def sample(operation: Operation, merchant_id: str = MERCHANT) -> tuple[str, bytes | None]:
    """The path with its query, and the body, of a request about a merchant."""
    path = operation.public_template.replace("{merchant_id}", merchant_id).replace("{version}", "1")
    path = path.replace("{sha256}", "a" * 64).replace("{", "").replace("}", "")
    path += _QUERIES.get(operation.method.name, "").replace("{merchant_id}", merchant_id)
    body = _BODIES[operation.method.name] if operation.body else None
    named = f'"merchantId":"{MERCHANT}"'.encode()
    return path, body and body.replace(named, f'"merchantId":"{merchant_id}"'.encode())


def messages(operation: Operation, path: str, body: bytes | None) -> Message | list[Message]:
    """What goes by gRPC where that path and that body go over HTTP; of an upload, its messages."""
    path, _, query = path.partition("?")
    if not operation.method.client_streaming:
        return requests.build(operation, _ROUTES.find(operation.verb, path).variables, query, body or b"")
    header, chunk, end = operation.request(), operation.request(), operation.request()
    part = getattr(header, header_of(operation).name)
    part.SetInParent()
    requests.fill_query(part, query)
    setattr(chunk, operation.body, body or b"")
    getattr(end, end_of(operation).name).size_bytes = len(body or b"")
    return [header, chunk, end]


_ROUTES = Routes(contract.load().operations)
_TAKEBACK = (
    b'{"paymentId":"p","channelTakebackNo":"1","amount":{"currencyCode":"CNY","amountMinor":1},'
    b'"takeTime":"2026-03-01T00:00:00Z"}'
)
_PAYMENT = (
    b'"merchantId":"m","merchantOrderNo":"1","channel":"c","channelTxnNo":"1",'
    b'"amount":{"currencyCode":"CNY","amountMinor":1},"payTime":"2026-03-01T00:00:00Z"'
)
_BILL = b'{"merchantId":"m","billNo":"1","category":"CATEGORY_WATER","amount":{"currencyCode":"CNY","amountMinor":1}}'


_QUERIES = {
    "ImportManualReceipt": "?packageId=p&operator=li",
    "ImportPayments": "?importId=import-0001",
    "ListExceptions": "?paymentId=p",
    "UploadBulkRequest": "?merchantId={merchant_id}&mode=MODE_ACCEPT_GOOD",
}


_BODIES = {
    "RecordPayment": b"{" + _PAYMENT + b"}",
    "BatchCreatePayments": b'{"payments":[{"requestId":"request-1",' + _PAYMENT + b"}]}",
    "CreateRefund": b'{"paymentId":"p","merchantRefundNo":"1","amount":{"currencyCode":"CNY","amountMinor":1}}',
    "RecordRefund": b'{"paymentId":"p","merchantRefundNo":"1","amount":{"currencyCode":"CNY","amountMinor":1},'
    b'"finishTime":"2026-03-01T00:00:00Z"}',
    "ConfirmRefund": b"{}",
    "CreateSplitOrder": b'{"merchantId":"m","splitOrderNo":"1","total":{"currencyCode":"CNY","amountMinor":2},'
    b'"parts":[{"merchantOrderNo":"1","amount":{"currencyCode":"CNY","amountMinor":1}},'
    b'{"merchantOrderNo":"2","amount":{"currencyCode":"CNY","amountMinor":1}}]}',
    "ConfirmPayment": b"{}",
    "ClosePayment": b"{}",
    "CreatePayment": b'{"merchantId":"m","merchantOrderNo":"1","channel":"c","description":"d",'
    b'"amount":{"currencyCode":"CNY","amountMinor":1}}',
    "RecordReversal": _TAKEBACK,
    "RecordChargeback": _TAKEBACK,
    "RecordWonChargeback": _TAKEBACK.replace(b"takeTime", b"returnTime"),
    "RequestInvoice": '{"paymentId":"p","buyerTitle":"张三"}'.encode(),
    "RequestRedLetter": b'{"invoiceId":"i","reason":"RED_REASON_RETURN"}',
    "MoveRedLetter": b'{"move":"RED_MOVE_WITHDRAW","why":"w"}',
    "InvoiceRemainder": '{"buyerTitle":"张三"}'.encode(),
    "FileInvoiceApplication": b'{"invoiceId":"i","kind":"APPLICATION_KIND_LOST","why":"w",'
    b'"proofs":[{"fileName":"a.png","mediaType":"image/png","content":"eA=="}]}',
    "ReviewInvoiceApplication": b'{"remedy":"REMEDY_COPY","why":"w"}',
    "WithdrawInvoiceApplication": b'{"why":"w"}',
    "SetMerchantProfile": '{"issuePolicy":"ISSUE_POLICY_ON_SUCCESS","sellerName":"店",'
    '"sellerTaxId":"91420100MA4KXXXX1A"}'.encode(),
    "StartRun": b'{"channel":"c","businessDate":"2026-03-01"}',
    "AssignExceptions": b'{"operator":"li","assignee":"zhang","exceptionIds":["e"]}',
    "ConfirmExceptions": b'{"operator":"li","exceptionIds":["e"]}',
    "ConfirmSuggestions": b'{"operator":"li","suggestionIds":["s"]}',
    "DeclineSuggestions": b'{"operator":"li","suggestionIds":["s"]}',
    "CheckRuleSet": b'{"yaml":"id: a"}',
    "CreateRuleSetVersion": b'{"operator":"li","yaml":"id: a"}',
    "StartRegression": b'{"operator":"li"}',
    "ActivateRuleSetVersion": b'{"operator":"li","regressionId":"r"}',
    "RetireRuleSetVersion": b'{"operator":"li"}',
    "RunSweep": b"{}",
    "RunParity": b'{"sellerTaxId":"91420100MA4KXXXX1A","period":"2026-03"}',
    "ExportManualPackage": b'{"sellerTaxId":"91420100MA4KXXXX1A","operator":"li","reason":"out"}',
    "ImportManualReceipt": b"x",
    "ReleaseManualPackage": b'{"operator":"li","reason":"nobody goes"}',
    "ProposeAbandonment": b'{"invoiceId":"i","operator":"li","reason":"no"}',
    "DecideAbandonment": b'{"operator":"zhang","reason":"yes","approve":true}',
    "DiagnoseFile": b"x",
    "IngestStatement": b"x",
    "CheckStatement": b"x",
    "ImportPayments": b"x",
    "SearchAttempts": b"{}",
    "CorrectInvoice": '{"buyerTitle":"张三"}'.encode(),
    "DiagnoseBuyer": '{"buyerTitle":"张三"}'.encode(),
    "SetHold": b'{"route":"sandbox/production/11/default","reason":"maintenance","setBy":"ops"}',
    "LiftHold": b"{}",
    "ConfirmInvoiceRequest": b'{"operator":"wang","reason":"seen"}',
    "RefuseInvoiceRequest": b'{"operator":"wang","reason":"no such firm"}',
    "UploadBulkRequest": b"x",
    "ReleaseBulkRequest": b'{"operator":"li"}',
    "CancelBulkRequest": b'{"operator":"li"}',
    "ProbeInterface": b"{}",
    "DeliverInvoice": b'{"email":"li@example.com","operator":"li","reason":"asked for"}',
    "ResendDelivery": b'{"operator":"li","reason":"lost"}',
    "RecordDeliveryReport": b'{"message":"x","operator":"li"}',
    "CreateLink": b'{"purpose":"LINK_PURPOSE_STATUS","operator":"li","reason":"asked for"}',
    "CreateBill": b'{"bill":' + _BILL + b"}",
    "BatchCreateBills": b'{"bills":[' + _BILL + b"]}",
    "CancelBill": b'{"reason":"told twice"}',
    "DismissDuplicate": b'{"reason":"kept as credit","dismissedBy":"li"}',
}
