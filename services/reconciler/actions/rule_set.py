"""Rule sets: making a version, reading it, holding two against each other, letting one decide. It matches nothing."""

import asyncio
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind
from services.reconciler.actions import rule_set_faults as faults
from services.reconciler.actions.page import Page, PageRequest
from services.reconciler.actions.regression import judged
from services.reconciler.domain.rule_set_diff import RuleChange, diff
from services.reconciler.rules.rule_fault import RuleFault
from services.reconciler.rules.rule_files import RuleSetInvalid, parse_rule_set
from services.reconciler.rules.rule_set import RuleSet
from services.reconciler.store.regression import RegressionStore
from services.reconciler.store.rule_set import RuleSetStore, stored
from services.reconciler.tables import RuleSetVersionRow

_SYSTEM = "system"


class Created(NamedTuple):
    """A version, and whether the same request had made it before."""

    row: RuleSetVersionRow
    replayed: bool


class Checked(NamedTuple):
    """What a text says, or what is wrong with it; one of the two is empty."""

    rule_set: RuleSet | None
    faults: tuple[RuleFault, ...]


class Differs(NamedTuple):
    """The version that another was held against, and what that says otherwise."""

    base: RuleSetVersionRow
    changes: tuple[RuleChange, ...]


class RuleSetActions:
    """What people do with rule sets."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def check_rule_set(self, yaml: str) -> Checked:
        """What a text says, or all that is wrong with it. It stores nothing."""
        try:
            return Checked(await asyncio.to_thread(parse_rule_set, "the rule set", yaml), ())
        except RuleSetInvalid as refused:
            return Checked(None, refused.found)

    @telemetry.traced
    async def create_version(self, request_id: str, operator: str, yaml: str, note: str) -> Created:
        """Make a version, which decides nothing yet; idempotent by request_id.

        Raises Fault RULE_SET_REFUSED with every fault, RULE_SET_VERSION when its number is not the next of its set,
        DUPLICATE_RULE_SET when a version says exactly this, REQUEST_ID_REUSED.
        """
        operator = _person(operator)
        rule_set, found = await self.check_rule_set(yaml)
        if rule_set is None:
            raise faults.refused(found)
        async with self._sessions.begin() as session:
            store = RuleSetStore(session)
            await store.lock_set(rule_set.id)
            for known in await store.known(request_id, rule_set.content_hash):
                return _replayed(known, request_id, rule_set)
            next_version = await store.last_version(rule_set.id) + 1
            if rule_set.version != next_version:
                raise faults.not_next(rule_set, next_version)
            added = await store.add(_draft(rule_set, request_id, operator, yaml, note) | {"create_time": self._now()})
            assert added is not None, "the set is locked, so nobody took the number"
        telemetry.annotate(rule_set_id=added.rule_set_id, rule_set_version=added.version)
        return Created(added, replayed=False)

    @telemetry.traced
    async def get_version(self, rule_set_id: str, version: int, business_date: date | None) -> RuleSetVersionRow:
        """One version; with version 0 the one that decides a business date, by default today's. Raises NOT_FOUND."""
        async with self._sessions() as session:
            if version:
                return await _version(session, rule_set_id, version)
            day = business_date or self._now().date()
            found = await RuleSetStore(session).active_version(rule_set_id, day)
        if found is None:
            raise faults.no_version(rule_set_id, f"for {day}", f"{day}")
        return found

    @telemetry.traced
    async def list_versions(self, rule_set_id: str, page: PageRequest) -> Page[RuleSetVersionRow]:
        """Versions of one set, or of all, by set and the newest first."""
        name = f"rule sets\n{rule_set_id}"
        last_id, _, last_version = page.after(name).rpartition(" ")
        after = (last_id, int(last_version)) if last_id else ("", 0)
        async with self._sessions() as session:
            rows = await RuleSetStore(session).versions(rule_set_id, after, page.limit)
        return page.page(name, rows, lambda row: f"{row.rule_set_id} {row.version}")

    @telemetry.traced
    async def diff_versions(self, rule_set_id: str, version: int, base_version: int) -> Differs:
        """What a version says otherwise than another of its set; with 0 than the one it replaces. Raises NOT_FOUND."""
        async with self._sessions() as session:
            row = await _version(session, rule_set_id, version)
            base = await _base(session, row, base_version)
        return Differs(base, diff(stored(base), stored(row)))

    @telemetry.traced
    async def activate_version(
        self, rule_set_id: str, version: int, operator: str, regression_id: str, effective_from: date | None
    ) -> RuleSetVersionRow:
        """Let a draft decide from a business date on, by another person than who made it, with its report.

        Again by the same person with the same report changes nothing. Raises Fault NOT_FOUND, RULE_SET_STATE,
        SECOND_PERSON_REQUIRED, REGRESSION_REQUIRED, WRONG_AUTO_POSTS, EFFECTIVE_DATE_PASSED.
        """
        operator = _person(operator)
        async with self._sessions.begin() as session:
            store = RuleSetStore(session)
            await store.lock_set(rule_set_id)
            row = await _version(session, rule_set_id, version)
            if (row.state, row.activated_by, row.regression_id) == ("ACTIVE", operator, regression_id):
                return row
            _check_draft(row)
            _check_second_person(row, operator)
            await _check_report(session, row, regression_id)
            first_day = await _first_day(store, row, effective_from)
            activated = await store.activate(row, operator, regression_id, first_day, self._now())
        telemetry.annotate(rule_set_id=rule_set_id, rule_set_version=version, effective_from=str(first_day))
        return activated

    @telemetry.traced
    async def retire_version(self, rule_set_id: str, version: int, operator: str) -> RuleSetVersionRow:
        """Let a version decide no more; again changes nothing. Raises Fault NOT_FOUND, LAST_RULE_SET."""
        operator = _person(operator)
        async with self._sessions.begin() as session:
            store = RuleSetStore(session)
            await store.lock_set(rule_set_id)
            row = await _version(session, rule_set_id, version)
            if row.state == "RETIRED":
                return row
            if row.state == "ACTIVE" and not await store.has_other_active(row):
                raise faults.last_one(row)
            return await store.retire(row, operator, self._now())

    def _now(self) -> datetime:
        return self._clock.now()


def _person(operator: str) -> str:
    """Whoever acts; the name of the system is nobody's."""
    if operator.strip().lower() != _SYSTEM:
        return operator.strip()
    told = FieldFault("operator", "person", "must be a person, not the system", "须为操作人本人，不能是 system")
    raise Fault(Kind.INVALID, "INVALID_FIELD", "operator must be a person", "operator 须为操作人本人", fields=(told,))


def _draft(rule_set: RuleSet, request_id: str, operator: str, yaml: str, note: str) -> dict[str, object]:
    return {
        "rule_set_id": rule_set.id,
        "version": rule_set.version,
        "content_hash": rule_set.content_hash,
        "yaml": yaml,
        "effective_from": date.fromisoformat(rule_set.effective_from),
        "state": "DRAFT",
        "request_id": request_id,
        "created_by": operator,
        "note": note,
    }


async def _version(session: AsyncSession, rule_set_id: str, version: int) -> RuleSetVersionRow:
    found = await RuleSetStore(session).get(rule_set_id, version)
    if found is None:
        raise faults.no_version(rule_set_id, f"{version}", f"{version}")
    return found


async def _base(session: AsyncSession, row: RuleSetVersionRow, base_version: int) -> RuleSetVersionRow:
    store = RuleSetStore(session)
    if base_version:
        return await _version(session, row.rule_set_id, base_version)
    if row.regression_id and (report := await RegressionStore(session).get(row.regression_id)):
        return await _version(session, report.baseline_rule_set_id, report.baseline_version)
    base = await store.last_active(row.rule_set_id, row.effective_from)
    if base is None:
        raise faults.no_version(row.rule_set_id, "that is active", "生效版本")
    return base


def _check_draft(row: RuleSetVersionRow) -> None:
    if row.state != "DRAFT":
        raise faults.no_draft(row)


def _check_second_person(row: RuleSetVersionRow, operator: str) -> None:
    if operator.lower() == row.created_by.lower():
        raise faults.same_person(row)


async def _check_report(session: AsyncSession, row: RuleSetVersionRow, regression_id: str) -> None:
    report = await RegressionStore(session).get(regression_id)
    if report is None or report.content_hash != row.content_hash:
        raise faults.no_report(row, regression_id)
    verdict = await judged(session, report)
    if not verdict.passes:
        raise faults.not_passed(report, verdict)


async def _first_day(store: RuleSetStore, row: RuleSetVersionRow, asked: date | None) -> date:
    """The first day of a version, which is neither before the day it says itself nor before that of an active one."""
    first = row.effective_from
    other = await store.last_active(row.rule_set_id, date.max)
    if other is not None and other.rule_set_id == row.rule_set_id:
        first = max(first, other.effective_from)
    wanted = asked or row.effective_from
    if wanted < first:
        raise faults.too_early(row, first, wanted)
    return wanted


def _replayed(known: RuleSetVersionRow, request_id: str, rule_set: RuleSet) -> Created:
    if known.request_id != request_id:
        raise faults.duplicate(known)
    if known.content_hash != rule_set.content_hash:
        raise faults.request_reused(known)
    return Created(known, replayed=True)
