"""SQL of the outbox to payments: one row a payment, with the newest decision that payments has not confirmed."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, case, exists, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.reconciler.domain.fact import PaymentFact
from services.reconciler.tables import PaymentFactRow, PaymentRow, RunResultRow

_CONFIRMED = text("""
DELETE FROM payment_facts AS fact
USING unnest(CAST(:payment_id AS text[]), CAST(:run_id AS text[]), CAST(:outcome AS text[]))
    AS told (payment_id, run_id, outcome)
WHERE fact.payment_id = told.payment_id AND fact.run_id = told.run_id AND fact.outcome = told.outcome
""")
_NEWER = text("UPDATE payment_facts SET next_try_at = :now WHERE payment_id = ANY(CAST(:payment_id AS text[]))")


@dataclass(frozen=True, slots=True)
class DueFact:
    """A fact that is ours to tell until the lease ends, and how often it was tried, this time included."""

    fact: PaymentFact
    attempts: int


class FactStore:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put_of_run(self, run_id: str, now: datetime) -> None:
        """Keep what a run decided of payments, each fact in the place of an older one of its payment.

        MATCHED and EXCEPTION are decisions, and so is what a rule ignores beside a line of the channel, which confirms
        it; what is only suggested, waits, or is ignored alone is none yet.
        One that is being told just now keeps its lease: the new fact waits for its end, so that payments
        cannot hear the older one last.
        """
        line = aliased(RunResultRow)
        confirmed = exists().where(
            line.run_id == RunResultRow.run_id, line.group_id == RunResultRow.group_id, line.side == "L"
        )
        is_exception = RunResultRow.disposition == "EXCEPTION"
        decided = (
            select(
                RunResultRow.id,
                RunResultRow.run_id,
                case((is_exception, "EXCEPTION"), else_="MATCHED"),
                case((is_exception, RunResultRow.exception_class), else_=""),
                literal(now, PaymentFactRow.decide_time.type),
                literal(0),
                literal(now, PaymentFactRow.next_try_at.type),
            )
            .join(PaymentRow, PaymentRow.payment_id == RunResultRow.id)
            .where(
                RunResultRow.run_id == run_id,
                RunResultRow.side == "P",
                or_(
                    RunResultRow.disposition.in_(("MATCHED", "EXCEPTION")),
                    and_(RunResultRow.disposition == "IGNORED_BY_RULE", confirmed),
                ),
            )
            .order_by(RunResultRow.id)
        )
        names = ["payment_id", "run_id", "outcome", "exception_class", "decide_time", "attempts", "next_try_at"]
        new = insert(PaymentFactRow).from_select(names, decided)
        await self._session.execute(_in_place_of_older(new, now))

    async def put(self, facts: Iterable[PaymentFact], now: datetime) -> None:
        """Keep what people decided of payments, in the same way."""
        rows = [{**asdict(fact), "attempts": 0, "next_try_at": now} for fact in facts]
        rows.sort(key=lambda row: str(row["payment_id"]))
        if rows:
            await self._session.execute(_in_place_of_older(insert(PaymentFactRow), now), rows)

    async def claim_due(self, now: datetime, lease_until: datetime, limit: int) -> list[DueFact]:
        """Take the oldest due facts that no one else holds."""
        due = (
            select(PaymentFactRow.payment_id)
            .where(PaymentFactRow.next_try_at <= now)
            .order_by(PaymentFactRow.next_try_at, PaymentFactRow.payment_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(PaymentFactRow)
            .where(PaymentFactRow.payment_id.in_(due))
            .values(attempts=PaymentFactRow.attempts + 1, next_try_at=lease_until)
            .returning(
                PaymentFactRow.payment_id,
                PaymentFactRow.run_id,
                PaymentFactRow.outcome,
                PaymentFactRow.exception_class,
                PaymentFactRow.decide_time,
                PaymentFactRow.attempts,
            )
        )
        rows = await self._session.execute(statement)
        return [DueFact(PaymentFact(*row[:5]), row.attempts) for row in rows]

    async def told(self, facts: Sequence[PaymentFact], now: datetime) -> None:
        """Forget facts that payments confirmed; a newer fact of the same payment is due at once."""
        told = {name: [getattr(fact, name) for fact in facts] for name in ("payment_id", "run_id", "outcome")}
        await self._session.execute(_CONFIRMED, told)
        await self._session.execute(_NEWER, {"payment_id": told["payment_id"], "now": now})

    async def not_told(self, retries: Sequence[tuple[DueFact, datetime | None]], now: datetime) -> None:
        """Set the tries so far and the next one; None when there is to be none.

        A newer fact of the same payment is due at once.
        """
        same = and_(PaymentFactRow.run_id == bindparam("of_run_id"), PaymentFactRow.outcome == bindparam("of_outcome"))
        statement = (
            update(PaymentFactRow.__table__)  # type: ignore[arg-type]
            .where(PaymentFactRow.payment_id == bindparam("of_payment_id"))
            .values(
                attempts=case((same, bindparam("of_attempts")), else_=PaymentFactRow.attempts),
                next_try_at=case((same, bindparam("at", type_=PaymentFactRow.next_try_at.type)), else_=now),
            )
        )
        rows = [
            {
                "of_payment_id": due.fact.payment_id,
                "of_run_id": due.fact.run_id,
                "of_outcome": due.fact.outcome,
                "of_attempts": due.attempts,
                "at": at,
            }
            for due, at in retries
        ]
        await self._session.execute(statement, rows)

    async def given_up_count(self) -> int:
        """How many facts there are that payments will not be told."""
        statement = select(func.count()).select_from(PaymentFactRow).where(PaymentFactRow.next_try_at.is_(None))
        return (await self._session.execute(statement)).scalar_one()


def _in_place_of_older(new: Insert, now: datetime) -> Insert:
    leased = func.greatest(func.coalesce(PaymentFactRow.next_try_at, now), now)
    return new.on_conflict_do_update(
        index_elements=["payment_id"],
        set_={
            "run_id": new.excluded.run_id,
            "outcome": new.excluded.outcome,
            "exception_class": new.excluded.exception_class,
            "decide_time": new.excluded.decide_time,
            "attempts": 0,
            "next_try_at": leased,
        },
    )
