"""SQL of the versions of rule sets: which decides a day, who made it, who let it. What one says never changes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.reconciler.rules.rule_files import parse_rule_set
from services.reconciler.rules.rule_set import RuleSet
from services.reconciler.tables import RuleSetVersionRow

# The rule set of every channel that has none by its own name.
DEFAULT_ID = "default"


def stored(row: RuleSetVersionRow) -> RuleSet:
    """What a stored version says. It was read before it was stored, and a release reads what the one before it read."""
    return parse_rule_set(f"{row.rule_set_id} {row.version}", row.yaml)


class RuleSetStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def active_version(self, channel: str, business_date: date) -> RuleSetVersionRow | None:
        """The version that decides a channel's day: of the set named as the channel, or else of `default`.

        Of the active ones it is the last whose first day has come; None when none has.
        """
        return (await self._session.scalars(_active(RuleSetVersionRow, channel, business_date))).one_or_none()

    async def active_hash(self, channel: str, business_date: date) -> str | None:
        """The content hash of that version, for who knows already what it says."""
        told: str | None = await self._session.scalar(_active(RuleSetVersionRow.content_hash, channel, business_date))
        return told

    async def last_active(self, rule_set_id: str, business_date: date) -> RuleSetVersionRow | None:
        """What a next version of a set replaces: its own active version that was made last, or else the default's."""
        statement = (
            select(RuleSetVersionRow)
            .where(RuleSetVersionRow.rule_set_id == rule_set_id, RuleSetVersionRow.state == "ACTIVE")
            .order_by(RuleSetVersionRow.effective_from.desc(), RuleSetVersionRow.version.desc())
            .limit(1)
        )
        own = (await self._session.scalars(statement)).one_or_none()
        return own or await self.active_version(DEFAULT_ID, business_date)

    async def add(self, row: dict[str, object]) -> RuleSetVersionRow | None:
        """Insert a draft; None when its request_id, its version or its content is there already."""
        statement = insert(RuleSetVersionRow).values(**row).on_conflict_do_nothing().returning(RuleSetVersionRow)
        return (await self._session.scalars(statement)).one_or_none()

    async def known(self, request_id: str, content_hash: str) -> list[RuleSetVersionRow]:
        """The versions that have the request_id or the content; at most one of each."""
        statement = select(RuleSetVersionRow).where(
            or_(RuleSetVersionRow.request_id == request_id, RuleSetVersionRow.content_hash == content_hash)
        )
        return list(await self._session.scalars(statement))

    async def last_version(self, rule_set_id: str) -> int:
        """The greatest number that a version of the set has; 0 when there is none."""
        statement = select(func.max(RuleSetVersionRow.version)).where(RuleSetVersionRow.rule_set_id == rule_set_id)
        return (await self._session.scalar(statement)) or 0

    async def get(self, rule_set_id: str, version: int) -> RuleSetVersionRow | None:
        """One version."""
        return await self._session.get(RuleSetVersionRow, (rule_set_id, version))

    async def versions(self, rule_set_id: str, after: tuple[str, int], limit: int) -> Sequence[RuleSetVersionRow]:
        """Versions of one set ("" is all sets) behind one, by set, each set's newest first."""
        statement = (
            select(RuleSetVersionRow)
            .order_by(RuleSetVersionRow.rule_set_id, RuleSetVersionRow.version.desc())
            .limit(limit)
        )
        if rule_set_id:
            statement = statement.where(RuleSetVersionRow.rule_set_id == rule_set_id)
        last_id, last_version = after
        if last_id:
            statement = statement.where(
                or_(
                    RuleSetVersionRow.rule_set_id > last_id,
                    (RuleSetVersionRow.rule_set_id == last_id) & (RuleSetVersionRow.version < last_version),
                )
            )
        return list(await self._session.scalars(statement))

    async def lock_set(self, rule_set_id: str) -> None:
        """Until the transaction ends nobody else adds to a set, activates or retires of it; all wait for each other.

        The default's lock is held too, since a set that is new replaces the default's version.
        """
        for name in sorted({rule_set_id, DEFAULT_ID}):
            await self._session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"rule_set {name}"))))

    async def has_other_active(self, row: RuleSetVersionRow) -> bool:
        """Whether an active version's days would have another: of its set, or for a channel's own the default's."""
        statement = select(RuleSetVersionRow.version).where(
            RuleSetVersionRow.rule_set_id.in_((row.rule_set_id, DEFAULT_ID)),
            RuleSetVersionRow.state == "ACTIVE",
            RuleSetVersionRow.effective_from <= row.effective_from,
            (RuleSetVersionRow.rule_set_id != row.rule_set_id) | (RuleSetVersionRow.version != row.version),
        )
        return (await self._session.scalars(statement.limit(1))).one_or_none() is not None

    async def own_sets(self) -> set[str]:
        """The sets beside the default that have an active version: the channels with rules of their own."""
        statement = select(RuleSetVersionRow.rule_set_id).where(
            RuleSetVersionRow.state == "ACTIVE", RuleSetVersionRow.rule_set_id != DEFAULT_ID
        )
        return set(await self._session.scalars(statement))

    async def activate(
        self, row: RuleSetVersionRow, operator: str, regression_id: str, effective_from: date, now: datetime
    ) -> RuleSetVersionRow:
        """Let a draft decide from a business date on; the database refuses the person who made it."""
        return await self._change(
            row,
            state="ACTIVE",
            activated_by=operator,
            activate_time=now,
            regression_id=regression_id,
            effective_from=effective_from,
        )

    async def retire(self, row: RuleSetVersionRow, operator: str, now: datetime) -> RuleSetVersionRow:
        """Let a version decide no more."""
        return await self._change(row, state="RETIRED", retired_by=operator, retire_time=now)

    async def _change(self, row: RuleSetVersionRow, **values: object) -> RuleSetVersionRow:
        statement = (
            update(RuleSetVersionRow)
            .where(RuleSetVersionRow.rule_set_id == row.rule_set_id, RuleSetVersionRow.version == row.version)
            .values(**values)
            .returning(RuleSetVersionRow)
            .execution_options(populate_existing=True)
        )
        return (await self._session.scalars(statement)).one()


def _active(what: Any, channel: str, business_date: date) -> Select[Any]:
    return (
        select(what)
        .where(
            RuleSetVersionRow.rule_set_id.in_((channel, DEFAULT_ID)),
            RuleSetVersionRow.state == "ACTIVE",
            RuleSetVersionRow.effective_from <= business_date,
        )
        .order_by(
            case((RuleSetVersionRow.rule_set_id == channel, 0), else_=1),
            RuleSetVersionRow.effective_from.desc(),
            RuleSetVersionRow.version.desc(),
        )
        .limit(1)
    )
