"""The statements about the audit: records, the chain over them, and its seals. None changes or removes a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from services.gateway.domain.audit_chain import GENESIS, Link, Seal
from services.gateway.domain.audit_record import AuditRecord, microseconds
from services.gateway.tables.audit import AuditLinkRow, AuditRecordRow, AuditSealRow, AuditUnlinkedRow

# One gateway links at a time; the number is nobody else's.
_LINKER = 0x6175_6469
_COLUMNS = (
    ("record_id", "text"),
    ("record_time", "timestamptz"),
    ("caller_id", "text"),
    ("operator", "text"),
    ("tenant_id", "text"),
    ("method", "text"),
    ("resource_ids", "text"),
    ("address", "text"),
    ("reason", "text"),
    ("outcome", "text"),
    ("saw_unmasked", "bool"),
    ("trace_id", "text"),
    ("request_sha256", "bytea"),
    ("batch_id", "text"),
    ("batch_place", "int"),
    ("batch_size", "int"),
    ("batch_signature", "bytea"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_ARRAYS = ", ".join(f"${no}::{kind}[]" for no, (_, kind) in enumerate(_COLUMNS, start=1))
# What all records of a batch have alike is sent once: where an array ends, its first value goes on.
_SENT = {name: f"coalesce(given.{name}, (${no}::{kind}[])[1])" for no, (name, kind) in enumerate(_COLUMNS, start=1)}
# Arrays of arrays have no unnest that keeps rows, so the ids of a record come as lines of one text.
_SENT["resource_ids"] = rf"string_to_array({_SENT['resource_ids']}, E'\n')"
_VALUES = ", ".join(_SENT.values())
_APPEND = f"""
    WITH written AS (
        INSERT INTO audit_record ({_NAMES}) SELECT {_VALUES} FROM unnest({_ARRAYS}) AS given ({_NAMES})
    )
    INSERT INTO audit_unlinked (batch_id) VALUES ($18)
"""  # noqa: S608  the names are ours
_ADD_LINKS = text(
    "INSERT INTO audit_link (link_no, record_id, link_time, link_sha256) "
    "SELECT * FROM unnest(:link_no ::bigint[], :record_id ::text[], :link_time ::timestamptz[], :link_sha256 ::bytea[])"
)
_PROBE = AuditRecord(
    record_id="aud_probe",
    record_time=datetime(1970, 1, 1, tzinfo=UTC),
    caller_id="",
    operator="",
    tenant_id="",
    method="",
    resource_ids=(),
    address="",
    reason="",
    outcome="",
    saw_unmasked=False,
    trace_id="",
    request_sha256=b"",
    batch_id="aub_probe",
)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records of a list are wanted; what is empty or None does not matter."""

    caller_id: str = ""
    method: str = ""
    resource_id: str = ""
    outcome: str = ""
    unmasked_only: bool = False
    from_time: datetime | None = None
    to_time: datetime | None = None


class NewLink(NamedTuple):
    """A link as it is written; in the order of the columns."""

    link_no: int
    record_id: str
    link_time: datetime
    link_sha256: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last link: its number, its hash and when it was made; 0 and GENESIS before the first."""

    link_no: int = 0
    link_sha256: bytes = GENESIS
    link_time: datetime | None = None


class Writer:
    """Writes batches of records, over connections that it keeps.

    To take one from the pool for each batch, and to ask whether it still lives, costs five times the writing.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._free: list[AsyncConnection] = []

    async def append(self, records: Sequence[AuditRecord], within_seconds: float) -> None:
        """Write the records of one batch, in a transaction of their own that is one statement."""
        columns = [_once(column) for column in zip(*map(_row_of, records), strict=True)]
        connection = await self._live()
        try:
            driver = await _driver_of(connection)
            await driver.execute(_APPEND, *columns, records[0].batch_id, timeout=within_seconds)
        except BaseException:  # what the connection is in the midst of is not known
            await _hang_up(connection)
            raise
        self._free.append(connection)

    async def close(self) -> None:
        """Hang up; nothing is under way any more."""
        while self._free:
            await _hang_up(self._free.pop())

    async def _live(self) -> AsyncConnection:
        """A connection that the database has not closed, as far as the driver has heard; or a new one."""
        while self._free:
            connection = self._free.pop()
            if not (await _driver_of(connection)).is_closed():
                return connection
            await _hang_up(connection)
        return await self._engine.connect()


async def append_in(session: AsyncSession, records: Sequence[AuditRecord]) -> None:
    """Write the records of one batch in a transaction that has begun."""
    columns = [_once(column) for column in zip(*map(_row_of, records), strict=True)]
    driver = await _driver_of(await session.connection())
    assert driver.is_in_transaction(), "what is written here stands or falls with what was written before"
    await driver.execute(_APPEND, *columns, records[0].batch_id)


async def probe(engine: AsyncEngine, within_seconds: float) -> None:
    """Write a record as the writer does, and take it back. Raises what writing would."""
    async with engine.connect() as connection:
        driver = await _driver_of(connection)
        columns = list(zip(_row_of(_PROBE), strict=True))
        transaction = driver.transaction()
        await transaction.start()
        try:
            await driver.execute(_APPEND, *columns, _PROBE.batch_id, timeout=within_seconds)
        finally:
            await transaction.rollback()


async def _driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    return (await connection.get_raw_connection()).driver_connection


async def _hang_up(connection: AsyncConnection) -> None:
    await connection.invalidate()
    await connection.close()


async def lock_chain(session: AsyncSession) -> bool:
    """Whether this transaction may add to the chain; another one may be at it."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(_LINKER))))


async def head(session: AsyncSession) -> Head:
    """The last link."""
    statement = select(AuditLinkRow).order_by(AuditLinkRow.link_no.desc()).limit(1)
    row = (await session.scalars(statement)).one_or_none()
    return Head() if row is None else Head(row.link_no, row.link_sha256, row.link_time)


async def unlinked(session: AsyncSession, batches_max: int) -> list[str]:
    """The oldest batches that wait for their links, in order."""
    oldest = select(AuditUnlinkedRow.batch_id).order_by(AuditUnlinkedRow.batch_id).limit(batches_max)
    return list(await session.scalars(oldest))


async def records_of(session: AsyncSession, batch_ids: Sequence[str]) -> list[AuditRecord]:
    """The records of some batches, in order."""
    columns = AuditRecordRow.__table__.c  # rows of columns: an object of the ORM for each would cost most of the turn
    statement = (
        select(*columns)
        .where(columns.batch_id.in_(batch_ids))
        .order_by(columns.batch_id, columns.batch_place, columns.record_id)
    )
    return [_record(row) for row in await session.execute(statement)]


async def add_links(session: AsyncSession, links: Sequence[NewLink], batch_ids: Sequence[str]) -> None:
    """Write links; the batches wait no more."""
    if links:
        columns = [list(column) for column in zip(*links, strict=True)]
        await session.execute(_ADD_LINKS, dict(zip(NewLink._fields, columns, strict=True)))
    await session.execute(delete(AuditUnlinkedRow).where(AuditUnlinkedRow.batch_id.in_(batch_ids)))


async def links(session: AsyncSession, after_link_no: int, limit: int) -> list[Link]:
    """The next links in order, each with its record as it stands."""
    statement = (
        select(AuditLinkRow, AuditRecordRow)
        .outerjoin(AuditRecordRow, AuditRecordRow.record_id == AuditLinkRow.record_id)
        .where(AuditLinkRow.link_no > after_link_no)
        .order_by(AuditLinkRow.link_no)
        .limit(limit)
    )
    return [_link(row) for row in await session.execute(statement)]


async def link_hash(session: AsyncSession, link_no: int) -> bytes | None:
    """The hash of one link; GENESIS for 0, None when it is not there."""
    if link_no == 0:
        return GENESIS
    return await session.scalar(select(AuditLinkRow.link_sha256).where(AuditLinkRow.link_no == link_no))


async def stray(session: AsyncSession) -> str | None:
    """The oldest record that is in no chain and does not wait for one."""
    in_chain = select(AuditLinkRow.record_id).where(AuditLinkRow.record_id == AuditRecordRow.record_id).exists()
    waits = select(AuditUnlinkedRow.batch_id).where(AuditUnlinkedRow.batch_id == AuditRecordRow.batch_id).exists()
    statement = select(AuditRecordRow.record_id).where(~in_chain, ~waits).order_by(AuditRecordRow.record_id).limit(1)
    return await session.scalar(statement)


async def seals(session: AsyncSession) -> list[Seal]:
    """All seals, by month."""
    rows = await session.scalars(select(AuditSealRow).order_by(AuditSealRow.month))
    return [Seal(row.month, row.first_link_no, row.last_link_no, row.head_sha256, row.signature) for row in rows]


async def add_seal(session: AsyncSession, seal: Seal, now: datetime) -> None:
    """Write a seal."""
    await session.execute(
        insert(AuditSealRow).values(
            month=seal.month,
            first_link_no=seal.first_link_no,
            last_link_no=seal.last_link_no,
            head_sha256=seal.head_sha256,
            signature=seal.signature,
            seal_time=now,
        )
    )


async def link_time(session: AsyncSession, link_no: int) -> datetime | None:
    """When that link was made; None when it is not there."""
    return await session.scalar(select(AuditLinkRow.link_time).where(AuditLinkRow.link_no == link_no))


async def last_link_before(session: AsyncSession, from_link_no: int, before: datetime) -> tuple[int, bytes]:
    """Number and hash of the last link from `from_link_no` on that was made before an instant; there must be one."""
    statement = (
        select(AuditLinkRow.link_no, AuditLinkRow.link_sha256)
        .where(AuditLinkRow.link_no >= from_link_no, AuditLinkRow.link_time < before)
        .order_by(AuditLinkRow.link_no.desc())
        .limit(1)
    )
    row = (await session.execute(statement)).one()
    return row.link_no, row.link_sha256


async def page(session: AsyncSession, wanted: AuditFilter, before_id: str, limit: int) -> list[AuditRecord]:
    """Records, newest first, from before a record on, or from the newest."""
    row = AuditRecordRow
    statement = select(row).order_by(row.record_id.desc()).limit(limit)
    for column, value in (
        (row.caller_id, wanted.caller_id),
        (row.method, wanted.method),
        (row.outcome, wanted.outcome),
    ):
        if value:
            statement = statement.where(column == value)
    if wanted.resource_id:
        statement = statement.where(row.resource_ids.contains([wanted.resource_id]))
    if wanted.unmasked_only:
        statement = statement.where(row.saw_unmasked)
    if wanted.from_time:
        statement = statement.where(row.record_id >= first_id_of(wanted.from_time))
    if wanted.to_time:
        statement = statement.where(row.record_id < first_id_of(wanted.to_time))
    if before_id:
        statement = statement.where(row.record_id < before_id)
    return [_record(one) for one in await session.scalars(statement)]


def first_id_of(instant: datetime) -> str:
    """Ids begin with the millisecond of their record's time (UUIDv7), so that they need no index of their own."""
    return f"aud_{microseconds(instant) // 1_000:012x}"


def _once(column: tuple[Any, ...]) -> tuple[Any, ...]:
    """A column of values that are all alike as its first one."""
    return column[:1] if column.count(column[0]) == len(column) else column


def _row_of(record: AuditRecord) -> tuple[Any, ...]:
    return (
        record.record_id,
        record.record_time,
        record.caller_id,
        record.operator,
        record.tenant_id,
        record.method,
        "\n".join(record.resource_ids),
        record.address,
        record.reason,
        record.outcome,
        record.saw_unmasked,
        record.trace_id,
        record.request_sha256,
        record.batch_id,
        record.batch_place,
        record.batch_size,
        record.batch_signature,
    )


def _link(row: Any) -> Link:
    link, record = row
    return Link(
        link.link_no, link.record_id, link.link_time, link.link_sha256, None if record is None else _record(record)
    )


def _record(row: Any) -> AuditRecord:
    return AuditRecord(
        record_id=row.record_id,
        record_time=row.record_time,
        caller_id=row.caller_id,
        operator=row.operator,
        tenant_id=row.tenant_id,
        method=row.method,
        resource_ids=tuple(row.resource_ids),
        address=row.address,
        reason=row.reason,
        outcome=row.outcome,
        saw_unmasked=row.saw_unmasked,
        trace_id=row.trace_id,
        request_sha256=row.request_sha256,
        batch_id=row.batch_id,
        batch_place=row.batch_place,
        batch_size=row.batch_size,
        batch_signature=row.batch_signature,
    )
