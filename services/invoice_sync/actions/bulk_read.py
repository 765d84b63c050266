"""Answers questions about files that ask for invoices, and releases or cancels those that are held."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from chassis import paging, telemetry
from chassis.errors import Fault, Kind
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.bulk_file.processes import written
from services.invoice_sync.domain.bulk_request import BulkRequest, BulkState, Outcome, RowResult
from services.invoice_sync.store import bulk_requests

_PAGE_SIZE = 50
_ROWS_AT_ONCE = 1_000
# What goes in one answer, with room for its frame.
_FILE_BYTES_MAX = 3 * 1024 * 1024
_MEDIA_TYPES = {
    "CSV": "text/csv; charset=utf-8",
    "XLSX": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_HEADER = (
    "row_no 行号",
    "payment_id 支付单号",
    "merchant_order_no 商户订单号",
    "outcome 结果",
    "invoice_id 发票",
    "confirmation_id 复核",
    "column 列",
    "value 值",
    "weight 级别",
    "rule 规则",
    "message",
    "说明",
    "cure",
    "处理办法",
)
_OUTCOMES = {
    Outcome.WAITS: "WAITS 等待开票",
    Outcome.INVOICED: "INVOICED 已开票",
    Outcome.AWAITS_CONFIRMATION: "AWAITS_CONFIRMATION 待复核",
    Outcome.REFUSED: "REFUSED 未受理",
}


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file for a spreadsheet."""

    file_name: str
    media_type: str
    content: bytes


class BulkReadActions:
    """Each method is one transaction, save the file, which is read by pages."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def get_bulk_request(self, bulk_request_id: str) -> BulkRequest:
        """One. Raises Fault NOT_FOUND."""
        async with self._tools.sessions() as session:
            return _there(await bulk_requests.get(session, bulk_request_id), bulk_request_id)

    async def list_bulk_requests(
        self, merchant_id: str, page_size: int, page_token: str
    ) -> tuple[Sequence[BulkRequest], str]:
        """A page, newest first, and the token of the next; empty on the last. Raises Fault INVALID_PAGE_TOKEN."""
        wanted = f"bulk_requests\x1f{merchant_id}"
        size, before = page_size or _PAGE_SIZE, paging.last_id(wanted, page_token)
        async with self._tools.sessions() as session:
            found = await bulk_requests.page(session, size + 1, before, merchant_id)
        page = found[:size]
        return page, paging.encode(wanted, (page[-1].bulk_request_id,)) if len(found) > size else ""

    async def list_rows(
        self, bulk_request_id: str, outcome: Outcome | None, page_size: int, page_token: str
    ) -> tuple[Sequence[RowResult], str]:
        """A page in the order of the file, and the token of the next. Raises Fault NOT_FOUND, INVALID_PAGE_TOKEN."""
        wanted = f"bulk_rows\x1f{bulk_request_id}\x1f{outcome or ''}"
        size, after = page_size or _PAGE_SIZE, paging.last_id(wanted, page_token)
        if after and not after.isdecimal():
            raise paging.wrong_token()
        async with self._tools.sessions() as session:
            _there(await bulk_requests.get(session, bulk_request_id), bulk_request_id)
            found = await bulk_requests.rows(session, bulk_request_id, int(after or 0), size + 1, outcome)
        page = [each.result for each in found[:size]]
        return page, paging.encode(wanted, (str(page[-1].row_no),)) if len(found) > size else ""

    async def result_file(self, bulk_request_id: str, kind: str) -> ResultFile:
        """Every row with its result, `kind` CSV or XLSX. Raises Fault NOT_FOUND, TOO_LARGE."""
        await self.get_bulk_request(bulk_request_id)
        content = await written(kind, self._lines(bulk_request_id))
        if len(content) > _FILE_BYTES_MAX:
            raise _too_large()
        return ResultFile(f"{bulk_request_id}.{kind.lower()}", _MEDIA_TYPES[kind], content)

    @telemetry.traced
    async def release(self, bulk_request_id: str, operator: str) -> BulkRequest:
        """Have the good rows of one that is held asked for. Raises Fault NOT_FOUND, NOT_HELD when it was cancelled."""
        async with self._tools.sessions.begin() as session:
            known = _there(await bulk_requests.hold(session, bulk_request_id), bulk_request_id)
            if known.state in (BulkState.REQUESTING, BulkState.DONE):
                return known
            if known.state is BulkState.CANCELLED:
                raise _not_held(known)
            state = BulkState.REQUESTING if known.done_count < known.row_count else BulkState.DONE
            moved = replace(known, state=state, decided_by=operator, update_time=self._tools.clock.now())
            await bulk_requests.move(session, moved)
        return moved

    @telemetry.traced
    async def cancel(self, bulk_request_id: str, operator: str) -> BulkRequest:
        """Give one up that is held. Raises Fault NOT_FOUND, NOT_HELD when its rows are asked for already."""
        async with self._tools.sessions.begin() as session:
            known = _there(await bulk_requests.hold(session, bulk_request_id), bulk_request_id)
            if known.state is BulkState.CANCELLED:
                return known
            if known.state is not BulkState.HELD:
                raise _not_held(known)
            now = self._tools.clock.now()
            moved = replace(known, state=BulkState.CANCELLED, decided_by=operator, update_time=now)
            await bulk_requests.move(session, moved)
        return moved

    async def _lines(self, bulk_request_id: str) -> AsyncIterator[Sequence[str]]:
        yield _HEADER
        row_no = 0
        while True:
            async with self._tools.sessions() as session:
                found = await bulk_requests.rows(session, bulk_request_id, row_no, _ROWS_AT_ONCE, None)
            for each in found:
                for line in _lines_of(each.result):
                    yield line
            if len(found) < _ROWS_AT_ONCE:
                return
            row_no = found[-1].result.row_no


def _lines_of(row: RowResult) -> list[Sequence[str]]:
    """A line for each finding, or one for a row without any."""
    about = (
        str(row.row_no),
        row.payment_id,
        row.merchant_order_no,
        _OUTCOMES[row.outcome],
        row.invoice_id,
        row.confirmation_id,
    )
    if not row.found:
        return [(*about, *[""] * (len(_HEADER) - len(about)))]
    return [
        (
            *about,
            each.column,
            each.value,
            each.finding.weight.value,
            each.finding.rule,
            each.finding.message,
            each.finding.message_zh,
            each.finding.cure,
            each.finding.cure_zh,
        )
        for each in row.found
    ]


def _there(known: BulkRequest | None, bulk_request_id: str) -> BulkRequest:
    if known is None:
        message, message_zh = f"no bulk request {bulk_request_id}", f"没有批量开票申请 {bulk_request_id}"
        raise Fault(Kind.NOT_FOUND, "NOT_FOUND", message, message_zh)
    return known


def _not_held(known: BulkRequest) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "NOT_HELD",
        f"bulk request {known.bulk_request_id} is not held, it is {known.state.value}",
        f"批量开票申请 {known.bulk_request_id} 不在待放行状态（当前 {known.state.value}）",
        metadata={"bulk_request_id": known.bulk_request_id, "state": known.state.value},
    )


def _too_large() -> Fault:
    return Fault(
        Kind.INVALID,
        "TOO_LARGE",
        f"the file is larger than {_FILE_BYTES_MAX} bytes: take the workbook, or list the rows by page",
        f"文件超过 {_FILE_BYTES_MAX} 字节，请下载 XLSX 或分页查询",
        metadata={"limit_bytes": str(_FILE_BYTES_MAX)},
    )
