"""Fetching statements: planning their days, telling which are missing, and one try at one of them."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from opentelemetry.metrics import Meter

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.actions.ingest import IngestActions
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.domain.fetch import Cause, FetchState, fetch_id, request_id
from services.reconciler.domain.upload import Sent
from services.reconciler.fetch import Came, Fetcher, FetchLimits, NotCame
from services.reconciler.fetch.source import FetchSource
from services.reconciler.spool import Spool
from services.reconciler.store.fetch import FetchClaim, FetchFilter, FetchStore
from services.reconciler.store.statement import StatementStore
from services.reconciler.tables import StatementFetchRow, StatementRow

# A file is held on disk while it is fetched and loaded, so this bounds the disk of all tries.
_TRIES_AT_ONCE = 4
_LEASE_SPARE_SECONDS = 60.0
_DETAIL_LENGTH_MAX = 500
_FOR_GOOD = (Kind.INVALID, Kind.EXISTS)
# The day's request, or its bytes, were loaded by somebody else.
_LOADED_BEFORE = ("REQUEST_ID_REUSED", "DUPLICATE_FILE")
_log = structlog.get_logger()


class FetchActions:
    """What a worker does with the sources, and what can be asked of their days.

    `fetchers` has one for each source, by its id. `limits` bounds the copying of a file,
    `load_seconds_max` its reading and loading.
    """

    def __init__(
        self,
        sessions: Sessions,
        sources: Sequence[FetchSource],
        fetchers: Mapping[str, Fetcher],
        ingest: IngestActions,
        clock: Clock,
        limits: FetchLimits,
        load_seconds_max: float,
        meter: Meter | None = None,
    ) -> None:
        self._missing = (meter or telemetry.meter()).create_gauge(
            "bihuan.statement.missing", "{statement}", "How many days of this process's sources are MISSING."
        )
        self._sessions = sessions
        self.sources = tuple(sources)
        self._source_ids = [source.id for source in sources]
        self._fetchers = fetchers
        self._ingest = ingest
        self._clock = clock
        self._load_seconds_max = load_seconds_max
        self._lease = timedelta(seconds=limits.seconds_max + load_seconds_max + _LEASE_SPARE_SECONDS)
        self._places = asyncio.Semaphore(_TRIES_AT_ONCE)

    @telemetry.traced
    async def watch_fetches(self) -> int:
        """Plan the days that are due, and tell which are missing or given up; returns how many have changed.

        It waits for no server, so that one that hangs does not hide what is missing.
        """
        now = self._clock.now()
        async with self._sessions.begin() as session:
            store = FetchStore(session)
            new = [row for source in self.sources for row in await _unplanned(store, source, now)]
            if new:
                await store.add(new)
            settled = await store.settle(self._source_ids, now)
            missing = await store.mark_missing(self._source_ids, now)
            given_up = await store.give_up(self._source_ids, now)
            missing_count = await store.missing_count(self._source_ids)
        telemetry.annotate(missing_count=missing_count)
        self._missing.set(missing_count)
        for row in missing:
            _log.error("statement is missing", reason="STATEMENT_MISSING", **_about(row))
        for row in given_up:
            _log.error("statement is asked for no more", reason="STATEMENT_GIVEN_UP", state=row.state, **_about(row))
        return len(new) + len(settled) + len(missing) + len(given_up)

    async def fetch_statement(self, source: FetchSource) -> int:
        """Try the day of a source that is due longest; 0 when none is due."""
        async with self._places:
            now = self._clock.now()
            async with self._sessions.begin() as session:
                claim = await FetchStore(session).claim_due(source.id, now, now + self._lease)
            if claim is None:
                return 0
            with telemetry.span("fetch_statement", parent=""):
                telemetry.annotate(source_id=source.id, business_date=str(claim.business_date), try_no=claim.attempts)
                async with Spool() as spool:
                    await self._try(source, claim, spool)
        return 1

    @telemetry.traced
    async def list_statement_fetches(self, wanted: FetchFilter, page: PageRequest) -> Page[StatementFetchRow]:
        """Days of sources, newest first."""
        name = f"fetches\n{wanted}"
        async with self._sessions() as session:
            rows = await FetchStore(session).newest(wanted, page.after(name), page.limit)
        return page.page(name, rows, lambda row: row.fetch_id)

    async def _try(self, source: FetchSource, claim: FetchClaim, spool: Spool) -> None:
        outcome = await self._fetchers[source.id].fetch(claim.business_date, spool)
        if isinstance(outcome, NotCame):
            await self._not_loaded(source, claim, outcome)
        elif claim.state is FetchState.REFUSED and spool.source().sha256 == claim.file_sha256:
            await self._refused_again(source, claim)
        elif await self._came(claim, outcome, spool):
            await self._load(source, claim, outcome, spool)

    async def _came(self, claim: FetchClaim, came: Came, spool: Spool) -> bool:
        async with self._sessions.begin() as session:
            sha256 = spool.source().sha256
            return await FetchStore(session).came(claim, came.file_name, sha256, self._clock.now())

    async def _load(self, source: FetchSource, claim: FetchClaim, came: Came, spool: Spool) -> None:
        try:
            async with asyncio.timeout(self._load_seconds_max):
                loaded = await self._ingest.ingest_statement(_sent(source, claim, came), spool.source())
        except TimeoutError:
            await self._not_loaded(source, claim, NotCame(Cause.TIMEOUT, "it was not loaded in time"))
        except Fault as fault:
            await self._judge(source, claim, fault)
        else:
            await self._loaded(source, claim, loaded.statement)

    async def _judge(self, source: FetchSource, claim: FetchClaim, fault: Fault) -> None:
        """What a fault of loading means: the day is there already, the file is refused, or it is tried again."""
        if fault.kind not in _FOR_GOOD:
            await self._not_loaded(source, claim, NotCame(Cause.LOADING, fault.reason))
        elif fault.reason in _LOADED_BEFORE and (known := await self._covering(claim, fault)):
            await self._loaded(source, claim, known)
        else:
            code = fault.metadata.get("code") or fault.reason
            _log.error("fetched statement is refused", reason="STATEMENT_REFUSED", code=code, **_of(source, claim))
            await self._refuse(source, claim, code, fault.message)

    async def _covering(self, claim: FetchClaim, fault: Fault) -> StatementRow | None:
        """The statement that a fault names, if it covers the day."""
        async with self._sessions() as session:
            known = await StatementStore(session).get(fault.metadata.get("statement_id", ""))
        return known if known and _covers(known, claim.business_date) else None

    async def _loaded(self, source: FetchSource, claim: FetchClaim, statement: StatementRow) -> None:
        async with self._sessions.begin() as session:
            await FetchStore(session).loaded(claim, statement, self._clock.now())
        telemetry.annotate(statement_id=statement.statement_id)
        late = statement.create_time >= claim.deadline_at
        _log.info("statement was fetched", statement_id=statement.statement_id, late=late, **_of(source, claim))

    async def _refused_again(self, source: FetchSource, claim: FetchClaim) -> None:
        """The bytes that were refused came again: nothing to load, unless somebody has loaded them since."""
        async with self._sessions() as session:
            known = await StatementStore(session).known(request_id(claim.fetch_id), claim.file_sha256)
        covering = [statement for statement in known if _covers(statement, claim.business_date)]
        if covering:
            await self._loaded(source, claim, covering[0])
        else:
            await self._refuse(source, claim)

    async def _refuse(self, source: FetchSource, claim: FetchClaim, code: str = "", detail: str = "") -> None:
        """Refuse the day's file for `code`, or for what it was refused for before."""
        said = {"cause": code, "detail": detail[:_DETAIL_LENGTH_MAX]} if code else {}
        at, failures = self._next(source, claim, Cause.LOADING)
        async with self._sessions.begin() as session:
            store = FetchStore(session)
            await store.not_loaded(claim, failures, at, state=FetchState.REFUSED, **said)

    async def _not_loaded(self, source: FetchSource, claim: FetchClaim, not_came: NotCame) -> None:
        telemetry.annotate(cause=not_came.cause.value)
        # What a refused file was refused for stays to be read until other bytes come.
        kept = claim.state is FetchState.REFUSED and not_came.cause is not Cause.LOADING
        said = {} if kept else {"cause": not_came.cause.value, "detail": not_came.detail[:_DETAIL_LENGTH_MAX]}
        at, failures = self._next(source, claim, not_came.cause)
        async with self._sessions.begin() as session:
            await FetchStore(session).not_loaded(claim, failures, at, **said)
        if failures:
            about = {"cause": not_came.cause.value, "detail": not_came.detail, "next_try_at": str(at)}
            _log.warning("statement was not fetched", **about, **_of(source, claim))

    def _next(self, source: FetchSource, claim: FetchClaim, cause: Cause) -> tuple[datetime, int]:
        """When to try again, and how many faults in a row that makes."""
        failures = 0 if cause.is_patient else claim.failures + 1
        jitter = random.random()  # noqa: S311  spreads tries, guards nothing
        return source.timetable.next_try_at(cause, failures, self._clock.now(), jitter), failures


async def _unplanned(store: FetchStore, source: FetchSource, now: datetime) -> list[dict[str, Any]]:
    planned = await store.planned(source.id, source.timetable.first_day(now))
    rows = []
    for day in source.timetable.days_to_plan(now, planned):
        plan = source.timetable.plan(day, now)
        rows.append(
            {
                "fetch_id": fetch_id(source.id, day),
                "source_id": source.id,
                "channel": source.channel,
                "account_no": source.account_no,
                "business_date": day,
                "available_at": plan.available_at,
                "deadline_at": plan.deadline_at,
                "end_at": plan.end_at,
                "create_time": now,
            }
        )
    return rows


def _sent(source: FetchSource, claim: FetchClaim, came: Came) -> Sent:
    return Sent(
        request_id=request_id(claim.fetch_id),
        file_name=came.file_name,
        channel=source.channel,
        profile_id=source.profile_id,
        account_no=source.account_no,
        business_date=claim.business_date,
    )


def _covers(statement: StatementRow, day: date) -> bool:
    first, last = statement.first_date or statement.business_date, statement.last_date or statement.business_date
    return first <= day <= last


def _about(row: StatementFetchRow) -> dict[str, str]:
    return {
        "source_id": row.source_id,
        "channel": row.channel,
        "business_date": str(row.business_date),
        "deadline": str(row.deadline_at),
        "cause": row.cause,
    }


def _of(source: FetchSource, claim: FetchClaim) -> dict[str, str]:
    return {"source_id": source.id, "channel": source.channel, "business_date": str(claim.business_date)}
