"""What people decided about suggestions, which are groups of `run_results`. Decisions are only ever added."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class SuggestionRow(Base):
    """How far a suggestion is that somebody has decided about: what its decisions add up to.

    `carried_from_run_id` names the run of the day whose suggestion of the same rows this is again.
    """

    __tablename__ = "suggestions"
    __table_args__ = (
        CheckConstraint("state IN ('OPEN', 'PENDING_CONFIRMATION', 'CONFIRMED', 'DECLINED')", name="state"),
        CheckConstraint("checker = '' OR (maker <> '' AND lower(checker) <> lower(maker))", name="two_people"),
        CheckConstraint(
            "state <> 'CONFIRMED' OR (maker <> '' AND (people_needed = 1 OR checker <> ''))", name="confirmed"
        ),
        CheckConstraint("(state = 'DECLINED') = (declined_by <> '')", name="declined"),
        CheckConstraint("people_needed IN (1, 2)", name="people_needed"),
    )
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id"), primary_key=True)
    group_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    maker: Mapped[str]
    checker: Mapped[str]
    declined_by: Mapped[str]
    people_needed: Mapped[int]
    carried_from_run_id: Mapped[str | None]


class SuggestionDecisionRow(Base):
    """That a person confirmed or declined a suggestion, and what it became: once a person."""

    __tablename__ = "suggestion_decisions"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "group_id"], ["suggestions.run_id", "suggestions.group_id"]),
        Index("suggestion_decisions_request_id_idx", "request_id"),
        CheckConstraint("operator <> ''", name="operator"),
        CheckConstraint("state IN ('PENDING_CONFIRMATION', 'CONFIRMED', 'DECLINED')", name="state"),
    )
    run_id: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    request_id: Mapped[str] = mapped_column(ForeignKey("clearing_requests.request_id"))
    note: Mapped[str]
    create_time: Mapped[datetime]
