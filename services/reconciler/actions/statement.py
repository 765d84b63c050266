"""Statements: taking a file in, whole or not at all, and telling what was taken in."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import NamedTuple

from chassis import ids
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from chassis.telemetry import annotate, traced
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.domain.line import StatementLine
from services.reconciler.domain.statement import Summary
from services.reconciler.statements import Profile, Source, StatementRefused, read_whole
from services.reconciler.store.statement import StatementStore
from services.reconciler.tables import StatementLineRow, StatementRow

_FILES_READ_AT_ONCE = 2
_VALUE_LENGTH_MAX = 64


class Ingested(NamedTuple):
    """A statement, and whether the same request had loaded it before."""

    statement: StatementRow
    replayed: bool


class StatementActions:
    """What can be done to statements."""

    def __init__(self, sessions: Sessions, profiles: Sequence[Profile], clock: Clock) -> None:
        self._sessions = sessions
        self._profiles = profiles
        self._clock = clock
        self._reading = asyncio.Semaphore(_FILES_READ_AT_ONCE)

    @traced
    async def ingest_statement(self, request_id: str, file_name: str, content: bytes) -> Ingested:
        """Read a file and load it whole, idempotent by request_id and by the file's bytes.

        Raises Fault STATEMENT_REFUSED when the file breaks a rule, REQUEST_ID_REUSED when the request_id loaded
        other bytes, DUPLICATE_FILE when another request loaded these. Then nothing was stored.
        """
        file_sha256 = (await asyncio.to_thread(hashlib.sha256, content)).hexdigest()
        async with self._sessions() as session:
            known = await StatementStore(session).known(request_id, file_sha256)
        if known:
            return _judge_known(known, request_id, file_sha256)
        summary, lines = await self._read(content)
        row = {"request_id": request_id, "file_sha256": file_sha256, "file_name": file_name}
        async with self._sessions.begin() as session:
            store = StatementStore(session)
            await store.add_file(file_sha256, content)
            added = await store.add({**row, **_columns(summary), "create_time": self._clock.now()})
            if added is None:  # another call was faster; its transaction has ended
                return _judge_known(await store.known(request_id, file_sha256), request_id, file_sha256)
            await store.add_lines(added.statement_id, lines)
        annotate(statement_id=added.statement_id, channel=added.channel, business_date=str(added.business_date))
        return Ingested(added, replayed=False)

    async def _read(self, content: bytes) -> tuple[Summary, tuple[StatementLine, ...]]:
        async with self._reading:
            try:
                return await asyncio.to_thread(read_whole, Source.of_bytes(content), self._profiles)
            except StatementRefused as refused:
                raise _refusal(refused) from refused

    @traced
    async def get_statement(self, statement_id: str) -> StatementRow:
        """One statement. Raises Fault NOT_FOUND."""
        async with self._sessions() as session:
            statement = await StatementStore(session).get(statement_id)
        if statement is None:
            raise _not_found(statement_id)
        return statement

    @traced
    async def list_statements(self, channel: str, business_date: date | None, page: PageRequest) -> Page[StatementRow]:
        """Statements, newest first; an empty text and None mean every value."""
        name = f"statements\n{channel}\n{business_date or ''}"
        async with self._sessions() as session:
            rows = await StatementStore(session).newest(channel, business_date, page.after(name), page.limit)
        return page.page(name, rows, lambda row: row.statement_id)

    @traced
    async def list_statement_lines(self, statement_id: str, page: PageRequest) -> Page[StatementLineRow]:
        """Lines of a statement in the order of the file. Raises Fault NOT_FOUND."""
        name = f"lines\n{statement_id}"
        async with self._sessions() as session:
            store = StatementStore(session)
            if await store.get(statement_id) is None:
                raise _not_found(statement_id)
            rows = await store.lines(statement_id, page.after_number(name), page.limit)
        return page.page(name, rows, lambda row: str(row.line_no))


def _judge_known(known: Sequence[StatementRow], request_id: str, file_sha256: str) -> Ingested:
    for statement in known:
        if statement.request_id == request_id:
            if statement.file_sha256 == file_sha256:
                return Ingested(statement, replayed=True)
            raise Fault(
                Kind.EXISTS,
                "REQUEST_ID_REUSED",
                f"request_id {request_id} has loaded another file",
                f"request_id {request_id} 已用于另一个文件",
                metadata={"statement_id": statement.statement_id, "file_sha256": statement.file_sha256},
            )
    statement = known[0]
    raise Fault(
        Kind.EXISTS,
        "DUPLICATE_FILE",
        f"this file is loaded already, as statement {statement.statement_id}",
        f"该文件已载入，对账单编号 {statement.statement_id}",
        metadata={"statement_id": statement.statement_id},
    )


def _columns(statement: Summary) -> dict[str, object]:
    return {
        "statement_id": ids.new_id("stm"),
        "channel": statement.channel,
        "account_no": statement.account_no,
        "business_date": statement.first_date,
        "profile_id": statement.profile_id,
        "profile_version": statement.profile_version,
        "encoding": statement.encoding,
        "booked_rows": statement.rows.booked,
        "neutral_rows": statement.rows.neutral,
        "frame_rows": statement.rows.frame,
        "quarantined_rows": statement.rows.quarantined,
        "sums_in": statement.sums_in,
        "sums_out": {currency_code: -amount_minor for currency_code, amount_minor in statement.sums_out.items()},
        "controls": [asdict(control) for control in statement.controls],
    }


def _refusal(refused: StatementRefused) -> Fault:
    line = "" if refused.line is None else str(refused.line)
    column = refused.column or ""
    where = "".join((f", line {line}" if line else "", f", column {column!r}" if column else ""))
    where_zh = "".join((f"，第 {line} 行" if line else "", f"，“{column}”列" if column else ""))
    return Fault(
        Kind.INVALID,
        "STATEMENT_REFUSED",
        f"the file is refused ({refused.code}{where}): {refused.rule}; {refused.cure}",
        f"文件被拒收（{refused.code}{where_zh}）：{refused.rule_zh}；{refused.cure_zh}",
        metadata={
            "code": refused.code,
            "line": line,
            "column": column,
            "value": (refused.value or "")[:_VALUE_LENGTH_MAX],
            "rule": refused.rule,
            "cure": refused.cure,
        },
    )


def _not_found(statement_id: str) -> Fault:
    return Fault(
        Kind.NOT_FOUND, "NOT_FOUND", f"there is no statement {statement_id}", f"没有编号为 {statement_id} 的对账单"
    )
