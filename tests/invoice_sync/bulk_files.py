"""Files of rows for tests, and how they are sent."""

import csv
import io
from collections.abc import Iterable, Sequence

from bihuan.invoice_sync.v1 import bulk_request_pb2, bulk_request_service_pb2
from openpyxl import Workbook

from services.invoice_sync.actions.bulk_work import BulkWork
from tests.invoice_sync.builders import InvoiceSync
from tests.invoice_sync.paper_bench import paper_bench

COLUMNS = ("支付单号", "商户订单号", "发票抬头", "税号", "自然人", "邮箱", "金额")
KEEP_SECONDS = 400 * 86_400.0
FIRM = "江城科技有限公司"
USCC = "91110000600037341L"
ACCEPT_GOOD = bulk_request_pb2.BulkRequest.MODE_ACCEPT_GOOD
HOLD_ALL = bulk_request_pb2.BulkRequest.MODE_HOLD_ALL
Row = Sequence[str]


def a_row(payment_id: str = "", order_no: str = "", **changes: str) -> Row:
    """A row of a firm, by id or order number."""
    told = {"title": FIRM, "tax_id": USCC, "natural": "", "email": "", "amount": "", **changes}
    return (payment_id, order_no, *(told[name] for name in ("title", "tax_id", "natural", "email", "amount")))


def csv_of(rows: Iterable[Row], columns: Row = COLUMNS) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([columns, *rows])
    return out.getvalue().encode()


def xlsx_of(rows: Iterable[Row], columns: Row = COLUMNS) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [columns, *rows]:
        sheet.append([cell or None for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bulk_work(system: InvoiceSync) -> BulkWork:
    """What the loop does, slice by slice."""
    return BulkWork(paper_bench(system.tools).deliver, system.tools, KEEP_SECONDS)


def parts_of(content: bytes, mode: int = ACCEPT_GOOD, **said):
    """The messages of an upload."""
    header = {"merchant_id": "city-water", "file_name": "一季度.csv", "operator": "li", **said}
    part = bulk_request_service_pb2.UploadBulkRequestRequest
    yield part(header=bulk_request_service_pb2.BulkRequestHeader(mode=mode, **header))
    for start in range(0, len(content), 100_000):
        yield part(chunk=content[start : start + 100_000])
    yield part(end=bulk_request_service_pb2.BulkRequestEnd(size_bytes=len(content)))
