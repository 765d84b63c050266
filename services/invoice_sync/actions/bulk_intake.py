"""Takes in files that ask for many invoices: reads, checks and keeps them. It asks for nothing yet."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.crypto import KeyRing
from chassis.errors import Kind, plain_fault
from chassis.ids import new_id
from services.invoice_sync.actions.applicants import sealed_applicant
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.bulk_known import known_of, request_id_of
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.bulk_file.processes import FileRow, read_rows
from services.invoice_sync.bulk_file.refusal import refused
from services.invoice_sync.domain.bulk_judge import SEVERAL_PAYMENTS, UNKNOWN_PAYMENT, Known, Refuse, judge_row
from services.invoice_sync.domain.bulk_request import BulkMode, BulkRequest, Outcome, RowResult, first_state
from services.invoice_sync.domain.bulk_row import (
    BulkRow,
    Header,
    WrongHeader,
    in_cell,
    read_header,
    read_row,
    told_by,
    told_twice,
)
from services.invoice_sync.domain.buyer_check import Finding
from services.invoice_sync.domain.confirmation import fingerprint_of
from services.invoice_sync.spool import Spooled, spooled
from services.invoice_sync.store import bulk_requests, payments
from services.invoice_sync.store.bulk_requests import RowKept

BYTES_MAX = 8 * 1024 * 1024
_T = TypeVar("_T")
# Rows that are looked at together: so many are held in memory beside what the file came to.
_SLICE = 500
# Each file that is read has a process of its own beside this one.
_FILES_MAX = 2


@dataclass(frozen=True, slots=True)
class Sent:
    """What is said of a file by who sends it."""

    merchant_id: str
    mode: BulkMode
    file_name: str
    operator: str


@dataclass(frozen=True, slots=True)
class _Looked:
    """What is known of the payments of some rows: by id, by order number, and who named each first."""

    known: dict[str, Known]
    of_order: dict[str, list[str]]
    first_rows: dict[str, int]


class BulkIntake:
    """The way in for files."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._free = _FILES_MAX

    @telemetry.traced
    async def take_file(self, sent: Sent, chunks: AsyncIterator[bytes]) -> tuple[BulkRequest, bool]:
        """Keep a file with the result of checking each row; True when the merchant had sent the same bytes before.

        Raises Fault BULK_FILE_REFUSED for what is no plain table, OVERLOADED when too many are being read; then
        nothing is kept.
        """
        async with spooled(chunks, BYTES_MAX) as file:
            async with self._tools.sessions() as session:
                if before := await bulk_requests.of_file(session, sent.merchant_id, file.sha256):
                    return before, True
            with self._place():
                header, rows = await self._read(file)
            kept, replayed = await self._keep(sent, file, header, rows)
        telemetry.annotate(bulk_request_id=kept.bulk_request_id, row_count=kept.row_count, wrong_count=kept.wrong_count)
        return kept, replayed

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._free:
            raise plain_fault(Kind.OVERLOADED)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    async def _read(self, file: Spooled) -> tuple[Header, list[BulkRow]]:
        rows: list[BulkRow] = []
        async with aclosing(read_rows(file.file)) as told:
            header = read_header((await anext(told, FileRow(1, ()))).cells)
            if isinstance(header, WrongHeader):
                raise refused("HEADER", row=1, value=header.name)
            async for part in _sliced(told):
                rows += await asyncio.to_thread(self._read_rows, header, part)
        if not rows:
            raise refused("EMPTY")
        return header, rows

    def _read_rows(self, header: Header, part: Sequence[FileRow]) -> list[BulkRow]:
        return [read_row(header, each.row_no, each.cells, self._tools.checks) for each in part]

    async def _keep(
        self, sent: Sent, file: Spooled, header: Header, rows: Sequence[BulkRow]
    ) -> tuple[BulkRequest, bool]:
        now, bulk_request_id = self._tools.clock.now(), new_id("blk")
        first_rows: dict[str, int] = {}
        kept: list[RowKept] = []
        async with self._tools.sessions.begin() as session:
            for part in _parts(rows):
                looked = await _look(session, sent.merchant_id, part, first_rows)
                kept += await asyncio.to_thread(self._judged, bulk_request_id, sent, header, part, looked)
            made = _made(bulk_request_id, sent, file.sha256, kept, now)
            if not await bulk_requests.add(session, made):
                before = await bulk_requests.of_file(session, sent.merchant_id, file.sha256)
                assert before is not None, "what refused the row is there"
                return before, True
            sealed = self._tools.ring.seal(file.content(), body_context(file.sha256))
            await bulk_requests.keep_file(session, file.sha256, sealed)
            for written in _parts(kept):
                await bulk_requests.add_rows(session, bulk_request_id, written)
        return made, False

    def _judged(
        self, bulk_request_id: str, sent: Sent, header: Header, part: Sequence[BulkRow], looked: _Looked
    ) -> list[RowKept]:
        return [self._judged_row(bulk_request_id, sent, header, row, looked) for row in part]

    def _judged_row(self, bulk_request_id: str, sent: Sent, header: Header, row: BulkRow, looked: _Looked) -> RowKept:
        payment_id, findings = _resolved(row, looked)
        if not findings and not row.is_wrong:
            findings = self._refusal(sent, row, payment_id, looked)
        found = (*(in_cell(header.names, told_by(row), each) for each in findings), *row.found)
        named = payment_id if payment_id in looked.known else ""
        result = RowResult(row.row_no, named, row.merchant_order_no, Outcome.REFUSED, found=found)
        if findings or row.is_wrong:
            return RowKept(result, row.amount_minor, b"")
        sealed = _sealed(self._tools.ring, bulk_request_id, row)
        return RowKept(replace(result, outcome=Outcome.WAITS), row.amount_minor, sealed)

    def _refusal(self, sent: Sent, row: BulkRow, payment_id: str, looked: _Looked) -> tuple[Finding, ...]:
        """Why a row that is good in itself can never be asked for; a payment that is named twice is its first row's."""
        first = looked.first_rows.setdefault(payment_id, row.row_no)
        if first != row.row_no:
            return (told_twice(first),)
        fingerprint = fingerprint_of(payment_id, row.applicant)
        verdict = judge_row(row, fingerprint, sent.merchant_id, looked.known.get(payment_id), self._tools.checks)
        return verdict.findings if isinstance(verdict, Refuse) else ()


async def _look(
    session: AsyncSession, merchant_id: str, part: Sequence[BulkRow], first_rows: dict[str, int]
) -> _Looked:
    order_nos = {row.merchant_order_no for row in part if row.merchant_order_no and not row.is_wrong}
    of_order: dict[str, list[str]] = {}
    for order_no, payment_id in await bulk_requests.payments_of_orders(session, merchant_id, order_nos):
        of_order.setdefault(order_no, []).append(payment_id)
    ids = {row.payment_id for row in part if row.payment_id} | {one for each in of_order.values() for one in each}
    found = await payments.look_many(session, ids)
    ours = {payment_id: each for payment_id, each in found.items() if each[0].merchant_id == merchant_id}
    return _Looked(await known_of(session, ours), of_order, first_rows)


def _resolved(row: BulkRow, looked: _Looked) -> tuple[str, tuple[Finding, ...]]:
    """The payment that a row names, or why it names none."""
    if row.is_wrong or row.payment_id:
        return row.payment_id, ()
    match looked.of_order.get(row.merchant_order_no, []):
        case [payment_id]:
            return payment_id, ()
        case []:
            return "", (UNKNOWN_PAYMENT,)
        case _:
            return "", (SEVERAL_PAYMENTS,)


def _made(bulk_request_id: str, sent: Sent, file_sha256: str, kept: Sequence[RowKept], now: datetime) -> BulkRequest:
    wrong_count = sum(each.result.outcome is Outcome.REFUSED for each in kept)
    return BulkRequest(
        bulk_request_id=bulk_request_id,
        merchant_id=sent.merchant_id,
        file_sha256=file_sha256,
        file_name=sent.file_name,
        mode=sent.mode,
        state=first_state(sent.mode, len(kept), wrong_count),
        row_count=len(kept),
        wrong_count=wrong_count,
        invoiced_count=0,
        awaiting_count=0,
        refused_count=wrong_count,
        requested_by=sent.operator,
        create_time=now,
        update_time=now,
    )


def _sealed(ring: KeyRing, bulk_request_id: str, row: BulkRow) -> bytes:
    return sealed_applicant(ring, row.applicant, request_id_of(bulk_request_id, row.row_no))


async def _sliced(rows: AsyncIterator[FileRow]) -> AsyncIterator[list[FileRow]]:
    part: list[FileRow] = []
    async for row in rows:
        part.append(row)
        if len(part) == _SLICE:
            yield part
            part = []
    if part:
        yield part


def _parts(rows: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(rows), _SLICE):
        yield rows[start : start + _SLICE]
