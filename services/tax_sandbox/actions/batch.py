"""Sessions of batches: what is sent in one is judged at once, and accepted when the session is closed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Sessions
from services.tax_sandbox.actions.ledger import Ledger, log_submits, read_ledger, write_accepted
from services.tax_sandbox.domain.acceptance import sequence_of
from services.tax_sandbox.domain.batch import (
    ITEMS_IN_A_SESSION_MAX,
    BatchItem,
    BatchSession,
    ItemStatus,
    SentItem,
    what_is_missing,
)
from services.tax_sandbox.domain.batch_item import IN_SESSION, Candidate, JudgedItem, after_close
from services.tax_sandbox.domain.document import Refusal, TaxDocument, read_document
from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase
from services.tax_sandbox.domain.judgement import Rules, Submit, Verdict, judge, occasion_of
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.steered import Steered, Strikes
from services.tax_sandbox.store.batch import BatchStore
from services.tax_sandbox.store.steered import SteeredStore

# A single submit may take a key while its session closes; the close then sees it at the next go.
_CLOSE_TRIES_MAX = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of one call; `asked` are the faults that came with it."""

    place: Place
    session_id: str
    items: Sequence[SentItem]
    asked: tuple[FaultPlan, ...] = ()
    traceparent: str = ""


class BatchActions:
    """Nothing of an open session is accepted, and nothing of one that was not closed in time ever is."""

    def __init__(
        self,
        sessions: Sessions,
        steered: Steered,
        rules: Rules,
        session_seconds: float,
        *,
        registration_required: bool,
    ) -> None:
        self._sessions = sessions
        self._steered = steered
        self._rules = rules
        self._lasting = timedelta(seconds=session_seconds)
        self._registration_required = registration_required
        self._taking_since: list[datetime] = []

    def taking_since(self) -> datetime | None:
        """The earliest instant that those bear which are being accepted and not yet committed; None without any."""
        return min(self._taking_since, default=None)

    async def open_session(self, place: Place, key: str) -> Reply:
        """Open a session, once for each key."""
        async with self._sessions.begin() as session:
            store, now = BatchStore(session), self._steered.now()
            await store.lock()
            if found := await store.find_by_key(place, key):
                return Reply(200, found.described(now))
            opened = BatchSession(uuid.uuid4().hex, place, key, now, now + self._lasting)
            await store.open(opened)
        return Reply(201, opened.described(now))

    async def take_items(self, batch: Batch) -> Reply:
        """Judge documents and keep those that are taken until the session is closed. The same again changes nothing."""
        strikes = Strikes()
        try:
            async with self._sessions.begin() as session:
                said = await self._take(session, batch, strikes)
                await SteeredStore(session).count_strikes(strikes)
        except BaseException:
            self._steered.give_back(strikes)
            raise
        return said

    async def close_session(self, place: Place, session_id: str, asked: tuple[FaultPlan, ...]) -> Reply:
        """Accept what a session has taken, once; each is judged again, since much may have come in the meantime."""
        for _ in range(_CLOSE_TRIES_MAX - 1):
            try:
                return await self._close_once(place, session_id, asked)
            except IntegrityError:
                continue
        return await self._close_once(place, session_id, asked)

    async def get_session(self, place: Place, session_id: str) -> Reply:
        """Where a session stands, with all that it has; an expired one has nothing any more."""
        async with self._sessions() as session:
            store, now = BatchStore(session), self._steered.now()
            if (found := await store.find(place, session_id)) is None:
                return _no_such_session()
            items = [] if found.has_expired(now) else await store.items(session_id)
        return Reply(200, found.described(now) | _counts(items) | {"items": [item.described() for item in items]})

    async def _take(self, session: AsyncSession, batch: Batch, strikes: Strikes) -> Reply:
        store, now = BatchStore(session), self._steered.now()
        await store.lock()
        found = await store.find(batch.place, batch.session_id)
        if refusal := found.refusal(now) if found else _no_such_session():
            return refusal
        there = await store.items_at(batch.session_id, [sent.index for sent in batch.items])
        if await store.count_items(batch.session_id) + len(batch.items) - len(there) > ITEMS_IN_A_SESSION_MAX:
            return refused(409, Refusal("E9503", f"a session has at most {ITEMS_IN_A_SESSION_MAX} items"))
        submits = [_submit(batch, sent) for sent in batch.items]
        ledger = await read_ledger(session, submits, now, registration_required=self._registration_required)
        if self._steered.may_strike(FaultName.DUPLICATE, ()):
            await ledger.read_newest(session, {batch.place})
        held = await store.keys_in_open_sessions(batch.place, [sent.key for sent in batch.items], now)
        judged = [
            self._take_item(Candidate(sent, submit, there.get(sent.index), sent.key in held), batch, ledger, strikes)
            for sent, submit in zip(batch.items, submits, strict=True)
        ]
        await store.put(batch.place, [one.kept for one in judged if one.kept])
        await log_submits(session, submits, [one.verdict for one in judged], now)
        return Reply(200, {"items": [one.answer.described() for one in judged if one.answer]})

    def _take_item(self, one: Candidate, batch: Batch, ledger: Ledger, strikes: Strikes) -> JudgedItem:
        if one.is_repeat():
            return JudgedItem(IN_SESSION, one.there, None)
        if one.there and one.there.status is ItemStatus.TAKEN:
            return one.refused(batch.session_id, "E9504", ledger.now, is_kept=False)
        if one.is_held:
            return one.refused(batch.session_id, "E9505", ledger.now, is_kept=True)
        facts = ledger.facts(one.submit)
        missing: FaultPlan | None = None
        if isinstance(one.submit.document, TaxDocument):
            occasion = occasion_of(one.submit, one.submit.document, facts)
            missing = self._steered.strike(strikes, Phase.BATCH, occasion)
            if missing and what_is_missing(missing, one.sent.key) is None:
                return JudgedItem(Verdict("LOST", Reply(0, {}), (missing,)), None, None)

        def strike(phase: Phase, occasion: Occasion) -> FaultPlan | None:
            return self._steered.strike(strikes, phase, occasion) if phase is Phase.DOOR else None

        verdict = judge(one.submit, facts, self._rules, strike)
        ledger.enter(one.submit, verdict)
        return one.judged(batch.session_id, verdict, missing, ledger.now)

    async def _close_once(self, place: Place, session_id: str, asked: tuple[FaultPlan, ...]) -> Reply:
        strikes, since = Strikes(), self._steered.now()
        self._taking_since.append(since)
        try:
            async with self._sessions.begin() as session:
                said = await self._close(session, (place, session_id, asked), since, strikes)
                await SteeredStore(session).count_strikes(strikes)
        except BaseException:
            self._steered.give_back(strikes)
            raise
        finally:
            self._taking_since.remove(since)
        return said

    async def _close(
        self,
        session: AsyncSession,
        asked_for: tuple[Place, str, tuple[FaultPlan, ...]],
        now: datetime,
        strikes: Strikes,
    ) -> Reply:
        store, (place, session_id, asked) = BatchStore(session), asked_for
        await store.lock()
        if (found := await store.find(place, session_id)) is None:
            return _no_such_session()
        items = await store.items(session_id)
        if found.closed_at:
            return Reply(200, _counts(items))
        if refusal := found.refusal(now):
            return refusal
        taken = [item for item in items if item.status is ItemStatus.TAKEN]
        submits = [_kept_submit(place, item, asked) for item in taken]
        if submits:
            ledger = await read_ledger(session, submits, now, registration_required=self._registration_required)
            verdicts = [
                self._accept(item, submit, ledger, strikes) for item, submit in zip(taken, submits, strict=True)
            ]
            await write_accepted(session, submits, verdicts, now)
            judged = [after_close(item, verdict) for item, verdict in zip(taken, verdicts, strict=True)]
            await store.put(place, judged)
            items = [*judged, *(item for item in items if item.status is ItemStatus.REFUSED)]
        await store.close(session_id, now)
        return Reply(202, _counts(items))

    def _accept(self, item: BatchItem, submit: Submit, ledger: Ledger, strikes: Strikes) -> Verdict:
        """Judge an item when its session closes: it keeps its number, and faults of the booking fall on it now."""
        facts = ledger.facts(submit)
        # The call that brought it is in the log already.
        facts = replace(facts, sequence=sequence_of(item.number), earlier_count=max(facts.earlier_count - 1, 0))

        def strike(phase: Phase, occasion: Occasion) -> FaultPlan | None:
            return self._steered.strike(strikes, phase, occasion) if phase is Phase.BOOKING else None

        verdict = judge(submit, facts, self._rules, strike)
        ledger.enter(submit, verdict)
        return verdict


def _submit(batch: Batch, sent: SentItem) -> Submit:
    # What the call asks for itself falls on its first item alone: one call, one fault.
    asked = batch.asked if sent is batch.items[0] else ()
    document = read_document(sent.body)
    return Submit(batch.place, sent.key, sent.body, sent.sha256, document, batch.traceparent, asked)


def _kept_submit(place: Place, item: BatchItem, asked: tuple[FaultPlan, ...]) -> Submit:
    sent = item.sent
    return Submit(place, sent.key, sent.body, sent.sha256, read_document(sent.body), item.traceparent, asked)


def _counts(items: Sequence[BatchItem]) -> dict[str, int]:
    taken = sum(item.status is ItemStatus.TAKEN for item in items)
    return {"taken": taken, "refused": len(items) - taken}


def _no_such_session() -> Reply:
    return refused(404, Refusal("E4047", "there is no such session here"))
