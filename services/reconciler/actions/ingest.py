"""Taking a file in: read, compared with what its accounts have, and loaded whole or not at all."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import aclosing
from dataclasses import asdict, replace
from datetime import date
from typing import NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]

from chassis import ids
from chassis.clock import Clock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from chassis.money import UnknownCurrency, exponent
from chassis.telemetry import annotate, traced
from services.reconciler.actions.file_reader import FileReader, OpenFile, Wanted
from services.reconciler.actions.refusal import overlap, refusal
from services.reconciler.domain.loading import Judged, late_days
from services.reconciler.domain.sealed_place import CHUNK_BYTES, of_file
from services.reconciler.domain.statement import Summary
from services.reconciler.domain.upload import Sent, Vouched
from services.reconciler.statements import Profile, Source
from services.reconciler.statements.lines import with_account
from services.reconciler.statements.localtime import business_date
from services.reconciler.statements.refusal import fault_of
from services.reconciler.statements.terms import account_of, broken_terms, channel_needed, wrong_account
from services.reconciler.store.arrival import ArrivalStore
from services.reconciler.store.loading import LoadingStore, staged_csv
from services.reconciler.store.run import RunStore
from services.reconciler.store.statement import StatementStore
from services.reconciler.store.statement_file import StatementFileStore
from services.reconciler.store.upload import UploadStore
from services.reconciler.tables import StatementRow


class Ingested(NamedTuple):
    """A statement, and whether the same request had loaded it before."""

    statement: StatementRow
    replayed: bool


class IngestActions:
    """What loads statements."""

    def __init__(self, sessions: Sessions, reader: FileReader, ring: KeyRing, clock: Clock) -> None:
        self._sessions = sessions
        self._reader = reader
        self._ring = ring
        self._clock = clock

    @traced
    async def ingest_statement(self, sent: Sent, source: Source) -> Ingested:
        """Read a file and load it whole, idempotent by request_id and by the file's bytes.

        Raises Fault STATEMENT_REFUSED when the file breaks a rule, REQUEST_ID_REUSED when the request_id loaded
        other bytes, DUPLICATE_FILE when another request loaded these, OVERLAPPING_FILE when an earlier file has lines
        of it and its profile does not merge. Then nothing was stored.
        """
        if known := await self._known(sent, source):
            return known
        file = await self._reader.open(source, Wanted(sent.channel, sent.profile_id))
        channel = _channel(file.profile, sent.channel)
        statement = await self._load(sent, source, file, channel)
        if statement is None:  # another call was faster; its transaction has ended
            known = await self._known(sent, source)
            assert known is not None, "a statement was in the way and is gone"
            return known
        annotate(statement_id=statement.statement_id, channel=channel, business_date=str(statement.business_date))
        return Ingested(statement, replayed=False)

    async def _known(self, sent: Sent, source: Source) -> Ingested | None:
        async with self._sessions() as session:
            known = await StatementStore(session).known(sent.request_id, source.sha256)
        return _judge_known(known, sent, source.sha256) if known else None

    async def _load(self, sent: Sent, source: Source, file: OpenFile, channel: str) -> StatementRow | None:
        """All of it in one transaction; None, and nothing stored, when the request or the file is taken."""
        async with self._sessions() as session, session.begin() as transaction:
            loading, statements = LoadingStore(session), StatementStore(session)
            await loading.begin(self._reader.seconds_max)
            await _stage(loading, file, channel, sent.account_no)
            _check(file.summary)
            _check_asked(file.summary, sent)
            await loading.take_turn(channel)
            if await statements.known(sent.request_id, source.sha256):
                await transaction.rollback()
                return None
            judged = await loading.judge(vouched=sent.vouched is not None)
            judged.check(file.summary.rows.booked)
            _check_known(judged, file.profile)
            reconciled = await RunStore(session).reconciled(channel, list(judged.new_rows))
            late = late_days(judged.new_rows, _stated(file), reconciled)
            told = replace(file.summary, account_no=account_of(file.summary, sent.account_no))
            row = _columns(told, channel, judged, late)
            added = await self._add(statements, StatementFileStore(session), sent, source, row)
            if added is None:
                await transaction.rollback()
                return None
            await loading.add_lines(added.statement_id, sorted(late))
            await ArrivalStore(session).add_statement(added.statement_id)
            await self._keep(StatementFileStore(session), source)
            await UploadStore(session).remove(sent.request_id)
        return added

    async def _add(
        self,
        statements: StatementStore,
        files: StatementFileStore,
        sent: Sent,
        source: Source,
        row: dict[str, object],
    ) -> StatementRow | None:
        await files.add(source.sha256, source.size)
        vouched = sent.vouched or Vouched("", "")
        vouching = {"vouched_by": vouched.by, "vouched_reason": vouched.reason}
        named = {"request_id": sent.request_id, "file_name": sent.file_name, "create_time": self._clock.now()}
        return await statements.add(
            {**row, **named, **vouching, "file_sha256": source.sha256, "size_bytes": source.size}
        )

    async def _keep(self, files: StatementFileStore, source: Source) -> None:
        for chunk_no in range(-(-source.size // CHUNK_BYTES)):
            chunk = await asyncio.to_thread(source.read_at, chunk_no * CHUNK_BYTES, CHUNK_BYTES)
            sealed = await asyncio.to_thread(self._ring.seal, chunk, of_file(source.sha256, chunk_no))
            await files.add_chunk(source.sha256, chunk_no, sealed)


async def _stage(loading: LoadingStore, file: OpenFile, channel: str, account_no: str) -> None:
    key = file.profile.key

    def prepare(batch: pa.RecordBatch) -> bytes:
        return staged_csv(with_account(batch, account_no), channel, key)

    async with aclosing(file.batches(prepare)) as batches:
        async for staged in batches:
            await loading.stage(staged)


def _channel(profile: Profile, named: str) -> str:
    """The channel that the profile or else the caller names. Raises Fault STATEMENT_REFUSED."""
    if faults := [*broken_terms(profile, named), *channel_needed(profile, named)]:
        raise refusal(faults, len(faults))
    return profile.channel or named


def _check(summary: Summary) -> None:
    """Raises Fault STATEMENT_REFUSED unless every line is understood, every total ties and the money is of today."""
    if not summary.loadable:
        raise refusal(summary.faults, summary.fault_count)
    for currency_code in (*summary.sums_in, *summary.sums_out):
        try:
            exponent(currency_code)
        except UnknownCurrency:
            raise refusal([fault_of("E-CURRENCY", value=currency_code)], 1) from None


def _check_asked(summary: Summary, sent: Sent) -> None:
    """Raises Fault STATEMENT_REFUSED when the file is of another day or account than was asked for."""
    assert summary.first_date is not None, "a file that may be loaded tells its days"
    assert summary.last_date is not None, "a file that may be loaded tells its days"
    if sent.business_date and not summary.first_date <= sent.business_date <= summary.last_date:
        told = f"{summary.first_date} to {summary.last_date}, not {sent.business_date}"
        raise refusal([fault_of("E-DAY", value=told)], 1)
    if faults := wrong_account(summary, sent.account_no):
        raise refusal(faults, len(faults))


def _check_known(judged: Judged, profile: Profile) -> None:
    doubtful = judged.first_known if profile.overlap == "refuse" else judged.first_unsure
    if doubtful is not None:
        raise overlap(doubtful, judged.known_rows)
    if (changed := judged.first_changed) is not None:
        before = f"{changed.known_amount} on line {changed.known_line_no} of {changed.statement_id}"
        raise refusal([fault_of("E-DUP-KEY", line=changed.line_no, value=f"{changed.amount}, was {before}")], 1)


def _stated(file: OpenFile) -> date | None:
    """The first business date that the file states; None when it states no period."""
    start, profile = file.summary.period_start, file.profile
    return business_date(start.astimezone(profile.tz).replace(tzinfo=None), profile.day.cutoff) if start else None


def _judge_known(known: Sequence[StatementRow], sent: Sent, file_sha256: str) -> Ingested:
    for statement in known:
        if statement.request_id == sent.request_id:
            if statement.file_sha256 == file_sha256:
                return Ingested(statement, replayed=True)
            raise Fault(
                Kind.EXISTS,
                "REQUEST_ID_REUSED",
                f"request_id {sent.request_id} has loaded another file",
                f"request_id {sent.request_id} 已用于另一个文件",
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


def _columns(summary: Summary, channel: str, judged: Judged, late: Collection[date]) -> dict[str, object]:
    assert summary.first_date is not None, "a file that may be loaded tells its days"
    assert summary.last_date is not None, "a file that may be loaded tells its days"
    return {
        "statement_id": ids.new_id("stm"),
        "channel": channel,
        "account_no": summary.account_no,
        "business_date": summary.last_date,
        "first_date": summary.first_date,
        "last_date": summary.last_date,
        "profile_id": summary.profile_id,
        "profile_version": summary.profile_version,
        "encoding": summary.encoding,
        "booked_rows": summary.rows.booked,
        "neutral_rows": summary.rows.neutral,
        "frame_rows": summary.rows.frame,
        "quarantined_rows": summary.rows.quarantined,
        "known_rows": judged.known_rows,
        "late_rows": sum(judged.new_rows[day] for day in late),
        "sums_in": summary.sums_in,
        "sums_out": {currency_code: -amount_minor for currency_code, amount_minor in summary.sums_out.items()},
        "controls": [asdict(control) for control in summary.controls],
    }
