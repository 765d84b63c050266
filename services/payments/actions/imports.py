"""Imports: payments by the batch, each batch once, each row with its own result. It knows no wire and no SQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from chassis import paging, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind
from chassis.validation import invalid
from services.payments.actions.import_ready import ReadyBatch, in_words, make_ready
from services.payments.actions.refusal import taken
from services.payments.domain.fee import FeeRules
from services.payments.domain.import_batch import ToldBatch
from services.payments.domain.import_columns import change_columns, payment_columns
from services.payments.domain.import_progress import (
    Import,
    IsAhead,
    IsAnother,
    IsIn,
    IsNext,
    Refusal,
    RefusedRow,
    Results,
    differing_fields,
    place,
)
from services.payments.domain.intake import Archived, BusinessKeyReused
from services.payments.store import import_results, imports
from services.payments.store.columnar import Columnar, Work
from services.payments.store.imports import KeptRow

_REFUSED_BATCHES_AT_ONCE = 8
_CAREFUL_BATCHES = 32
_TakeIn = Callable[[Work, pa.RecordBatch, datetime], Awaitable[Sequence[KeptRow]]]


class ImportActions:
    """What can be done to imports. Batches go in through `columnar`, questions through `sessions`."""

    def __init__(self, columnar: Columnar, sessions: Sessions, clock: Clock, fee_rules: FeeRules) -> None:
        self._columnar = columnar
        self._sessions = sessions
        self._clock = clock
        self._fee_rules = fee_rules
        self._careful_count = 0

    async def import_payments(self, import_id: str, total_row_count: int, batches: AsyncIterator[ToldBatch]) -> Import:
        """Take in batch after batch; while one is written, the next is made ready. Returns where it stands then.

        `total_row_count` is of the whole import, 0 when it is not known.

        Raises what `import_batch` raises. The batches before the one that failed are in.
        """
        begun = Import.begun(import_id, total_row_count, self._clock.now())
        writing: asyncio.Future[Import] | None = None
        try:
            async for batch in batches:
                ready = await asyncio.to_thread(make_ready, batch, self._clock.now(), self._fee_rules.fee_of)
                if writing is not None:
                    await writing
                writing = asyncio.ensure_future(self.import_batch(begun, ready))
            return begun if writing is None else await writing
        finally:
            # Of what is read while a batch is written nothing may be left behind, nor the other way round.
            if writing is not None and not writing.done():
                await asyncio.wait([writing])

    @telemetry.traced
    async def import_batch(self, begun: Import, ready: ReadyBatch) -> Import:
        """Take one batch in, once, however often it comes: its payments, keys, changes and results commit together.

        A row that is refused stops no other. Raises Fault REQUEST_ID_REUSED when the batch of that number was another,
        INVALID_FIELD when batches before it are missing; both store nothing.
        """
        if self._careful_count:
            self._careful_count -= 1
            return await self._write_batch(begun, ready, take_in=_take_in)
        try:
            return await self._write_batch(begun, ready, take_in=_take_in_new)
        except imports.NotAllNew:
            # Where keys were repeated, more repeats come: what is undone costs as much as what is done.
            self._careful_count = _CAREFUL_BATCHES
            return await self._write_batch(begun, ready, take_in=_take_in)

    async def _write_batch(self, begun: Import, ready: ReadyBatch, take_in: _TakeIn) -> Import:
        batch = ready.batch
        async with self._columnar.begin() as work:
            known = await imports.lock(work, begun)
            sha256_in = await imports.sha256_in(work, known.import_id, batch.batch_no)
            if _is_in(known, batch, place(known, batch.batch_no, batch.sha256, sha256_in)):
                return known
            kept = await take_in(work, ready.rows, ready.now) if ready.row_nos else []
            results = _results(ready, kept)
            after = known.with_results(results, begun.total_row_count, ready.now)
            await imports.add_batch(work, after, batch.batch_no, batch.sha256, results)
        telemetry.annotate(
            import_id=after.import_id,
            batch_no=batch.batch_no,
            recorded_count=results.recorded_count,
            replayed_count=len(results.replayed),
            refused_count=len(results.refused),
        )
        return after

    @telemetry.traced
    async def get_import(self, import_id: str) -> Import:
        """The import by that id. Raises Fault NOT_FOUND."""
        telemetry.annotate(import_id=import_id)
        async with self._sessions.begin() as session:
            found = await imports.get(session, import_id)
        if found is None:
            raise _no_import(import_id)
        return found

    @telemetry.traced
    async def list_import_refusals(
        self, import_id: str, page_size: int, page_token: str
    ) -> tuple[list[RefusedRow], str]:
        """A page of refused rows in the order of the import, and the token of the next page; empty on the last.

        Raises Fault NOT_FOUND, INVALID_PAGE_TOKEN.
        """
        first = _place_of(import_id, page_token)
        found: list[RefusedRow] = []
        async with self._sessions.begin() as session:
            if await imports.get(session, import_id) is None:
                raise _no_import(import_id)
            batch_no = first[0]
            while len(found) <= page_size and (
                rows := await imports.refused_batches(session, import_id, batch_no, _REFUSED_BATCHES_AT_ONCE)
            ):
                found += [refused for row in rows for refused in _refused_rows(row.batch_no, row.results, first)]
                batch_no = rows[-1].batch_no + 1
        page = found[:page_size]
        return page, _token_of(import_id, found[page_size]) if len(found) > page_size else ""

    async def import_results(self, import_id: str, from_batch_no: int) -> AsyncIterator[tuple[int, bytes]]:
        """The results of batch after batch, up to the last that was in at the beginning. Raises Fault NOT_FOUND."""
        known = await self.get_import(import_id)
        for batch_no in range(from_batch_no, known.next_batch_no):
            async with self._sessions.begin() as session:
                row = await imports.batch(session, import_id, batch_no)
            if row is None:
                raise _no_import(import_id)
            yield batch_no, row.results


async def _take_in_new(work: Work, told: pa.RecordBatch, now: datetime) -> Sequence[KeptRow]:
    """Write rows whose keys are all new, so that nothing was kept. Raises NotAllNew."""
    await imports.take_new_orders(work, told)
    await _add(work, told, now)
    return ()


async def _take_in(work: Work, told: pa.RecordBatch, now: datetime) -> Sequence[KeptRow]:
    """Write what is new, and return what is not."""
    taken_count = await imports.take_orders(work, told)
    if taken_count == told.num_rows:
        await _add(work, told, now)
        return ()
    kept_row_nos = await imports.kept_row_nos(work)
    assert taken_count + len(kept_row_nos) == told.num_rows, "a row is new, or its key is kept"
    is_new = [row_no not in kept_row_nos for row_no in told["row_no"].to_pylist()]
    await _add(work, told.filter(pa.array(is_new)), now)
    return await imports.kept(work)


async def _add(work: Work, new: pa.RecordBatch, now: datetime) -> None:
    if new.num_rows:
        payments = payment_columns(new, now, telemetry.current_traceparent())
        await imports.take_in(work, payments, change_columns(new))


def _results(ready: ReadyBatch, kept: Sequence[KeptRow]) -> Results:
    """What became of each row, given what holds the keys of some."""
    rows, refused = ready.batch.rows, {**ready.refused}
    payment_ids = [""] * rows.num_rows
    for at, payment_id in zip(ready.row_nos, ready.payment_ids, strict=True):
        payment_ids[at] = payment_id
    replayed = frozenset(row.row_no for row in kept if row.says_the_same and not row.is_archived)
    for row in kept:
        payment_ids[row.row_no] = row.payment_id if row.row_no in replayed else ""
    refused |= {row.row_no: _refused_key(rows, row) for row in kept if row.row_no not in replayed}
    return Results(payment_ids, replayed, refused)


def _is_in(known: Import, batch: ToldBatch, found: IsNext | IsIn | IsAnother | IsAhead) -> bool:
    match found:
        case IsNext():
            return False
        case IsIn():
            return True
        case IsAnother():
            raise Fault(
                Kind.EXISTS,
                "REQUEST_ID_REUSED",
                f"batch {batch.batch_no} of the import came before with other content: another import needs another id",
                f"该导入的第 {batch.batch_no} 批次此前内容不同；新的导入请使用新的 import_id",
                metadata={"import_id": known.import_id, "batch_no": str(batch.batch_no)},
            )
        case IsAhead(next_batch_no=next_batch_no):
            message, message_zh = f"the import goes on with batch {next_batch_no}", f"应从第 {next_batch_no} 批次续传"
            raise invalid((FieldFault("header.first_batch_no", "NEXT_BATCH", message, message_zh),))


def _refused_key(rows: pa.RecordBatch, kept: KeptRow) -> Refusal:
    if kept.says_the_same:
        return in_words(lambda: taken(Archived(kept.payment_id)))
    told: dict[str, Any] = rows.slice(kept.row_no, 1).to_pylist()[0]
    fields = () if kept.is_archived else differing_fields(told, kept.content)
    return in_words(lambda: taken(BusinessKeyReused(kept.payment_id, fields)))


def _refused_rows(batch_no: int, results: bytes, first: tuple[int, int]) -> list[RefusedRow]:
    return [
        RefusedRow(batch_no, row_no, refusal)
        for row_no, refusal in import_results.refusals(results)
        if (batch_no, row_no) >= first
    ]


def _token_of(import_id: str, next_row: RefusedRow) -> str:
    return paging.encode(import_id, (str(next_row.batch_no), str(next_row.row_no)))


def _place_of(import_id: str, page_token: str) -> tuple[int, int]:
    key = paging.decode(import_id, page_token)
    if not key:
        return 0, 0
    try:
        batch_no, row_no = map(int, key)
    except ValueError:
        raise paging.wrong_token() from None
    return batch_no, row_no


def _no_import(import_id: str) -> Fault:
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"no import by the id {import_id}: nothing of it came, or longer than 30 days ago",
        f"未找到导入 {import_id}：尚未收到任何批次，或已超过 30 天",
        metadata={"import_id": import_id},
    )
