"""Exceptions, and what people did about them: assignments and confirmations, which are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base

# As PostgreSQL writes it, so that it equals what the database says of itself.
_AMOUNT_MINOR = (
    "GREATEST(abs(COALESCE(book_amount_minor, (0)::bigint)), abs(COALESCE(channel_amount_minor, (0)::bigint)))"
)


class ExceptionRow(Base):
    """A difference that a run found; it holds a payment, a line, or both.

    Of a group it is one: `payment_ids` and `line_ids` name all, `payment_id` and the line are the least of them, and
    the amounts are their sums. `runner_up_id` is the counterpart that came second, by `margin` microseconds, or the row
    that this one repeats; `reason` is what the rule says of it.
    `state`, `assignee`, `maker` and `checker` are what the actions below add up to. `people_needed` is how many have
    to confirm it, by the rule set of its run; a second one is never the first.
    """

    __tablename__ = "exceptions"
    __table_args__ = (
        Index("exceptions_run_id_payment_id_key", "run_id", "payment_id", unique=True),
        Index("exceptions_run_id_line_key", "run_id", "statement_id", "line_no", unique=True),
        Index(None, "payment_id"),
        Index(None, "payment_ids", postgresql_using="gin"),
        Index(None, "resolved_by_run_id", postgresql_where=text("resolved_by_run_id IS NOT NULL")),
        Index(None, "exception_class", "exception_id"),
        Index(None, "amount_minor", "exception_id"),
        Index(None, "assignee", "exception_id"),
        CheckConstraint("payment_id IS NOT NULL OR line_no IS NOT NULL", name="holds"),
        CheckConstraint("(statement_id IS NULL) = (line_no IS NULL)", name="line"),
        CheckConstraint("(state = 'RESOLVED') = (resolved_by_run_id IS NOT NULL)", name="resolved"),
        CheckConstraint("state IN ('OPEN', 'ASSIGNED', 'PENDING_CONFIRMATION', 'CONFIRMED', 'RESOLVED')", name="state"),
        CheckConstraint("checker = '' OR (maker <> '' AND lower(checker) <> lower(maker))", name="two_people"),
        CheckConstraint(
            "state <> 'CONFIRMED' OR (maker <> '' AND (people_needed = 1 OR checker <> ''))", name="confirmed"
        ),
        CheckConstraint("people_needed IN (1, 2)", name="people_needed"),
    )
    exception_id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id"))
    exception_class: Mapped[str]
    state: Mapped[str]
    payment_id: Mapped[str | None]
    statement_id: Mapped[str | None]
    line_no: Mapped[int | None]
    merchant_order_no: Mapped[str]
    book_currency_code: Mapped[str | None]
    book_amount_minor: Mapped[int | None]
    channel_currency_code: Mapped[str | None]
    channel_amount_minor: Mapped[int | None]
    explanation: Mapped[str]
    explanation_zh: Mapped[str]
    trace_id: Mapped[str]
    create_time: Mapped[datetime]
    resolved_by_run_id: Mapped[str | None]
    assignee: Mapped[str] = mapped_column(server_default="")
    maker: Mapped[str] = mapped_column(server_default="")
    checker: Mapped[str] = mapped_column(server_default="")
    people_needed: Mapped[int] = mapped_column(server_default="1")
    carried_from_exception_id: Mapped[str | None]
    amount_minor: Mapped[int] = mapped_column(Computed(_AMOUNT_MINOR, persisted=True))
    rule_id: Mapped[str] = mapped_column(server_default="")
    stage: Mapped[str] = mapped_column(server_default="")
    group_id: Mapped[str] = mapped_column(server_default="")
    runner_up_id: Mapped[str] = mapped_column(server_default="")
    margin: Mapped[int | None]
    reason: Mapped[str] = mapped_column(server_default="")
    payment_ids: Mapped[list[str]] = mapped_column(server_default="{}")
    line_ids: Mapped[list[str]] = mapped_column(server_default="{}")


class ClearingRequestRow(Base):
    """A bulk action of one person with what came of each row, so that asking again gives the same answer."""

    __tablename__ = "clearing_requests"
    __table_args__ = (CheckConstraint("operator <> ''", name="operator"),)
    request_id: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    asked_sha256: Mapped[bytes]
    operator: Mapped[str]
    note: Mapped[str]
    results: Mapped[list[dict[str, Any]]]
    create_time: Mapped[datetime]


class ExceptionAssignmentRow(Base):
    """That an exception was given to somebody, or back to nobody."""

    __tablename__ = "exception_assignments"
    __table_args__ = (CheckConstraint("operator <> ''", name="operator"),)
    exception_id: Mapped[str] = mapped_column(ForeignKey("exceptions.exception_id"), primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("clearing_requests.request_id"), primary_key=True)
    assignee: Mapped[str]
    operator: Mapped[str]
    note: Mapped[str]
    create_time: Mapped[datetime]


class ExceptionConfirmationRow(Base):
    """That a person confirmed an exception: once a person, and as the first or the second."""

    __tablename__ = "exception_confirmations"
    __table_args__ = (
        Index("exception_confirmations_exception_id_operator_key", "exception_id", "operator", unique=True),
        CheckConstraint("operator <> ''", name="operator"),
        CheckConstraint("step IN (1, 2)", name="step"),
    )
    exception_id: Mapped[str] = mapped_column(ForeignKey("exceptions.exception_id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("clearing_requests.request_id"))
    operator: Mapped[str]
    note: Mapped[str]
    create_time: Mapped[datetime]
