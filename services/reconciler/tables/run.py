"""Runs, and the matches that they found."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class RunRow(Base):
    """A run. `due_at` is when it may be claimed: again after the lease while it is RUNNING.

    `attempts` rises with each claim, so that who lost the lease can be told from who has it.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index("runs_request_id_key", "request_id", unique=True),
        Index(
            "runs_open_key",
            "channel",
            "business_date",
            unique=True,
            postgresql_where=text("state IN ('PENDING', 'RUNNING')"),
        ),
        # Runs of one channel take turns, since two days side by side can claim the same payment.
        Index("runs_running_key", "channel", unique=True, postgresql_where=text("state = 'RUNNING'")),
        # The results of a day are those of its one current run.
        Index(
            "runs_current_key",
            "channel",
            "business_date",
            unique=True,
            postgresql_where=text("state = 'SUCCEEDED' AND superseded_by_run_id IS NULL"),
        ),
        CheckConstraint("(state IN ('SUCCEEDED', 'FAILED')) = (end_time IS NOT NULL)", name="end_time"),
        CheckConstraint("(state = 'FAILED') = (failure_reason <> '')", name="failure_reason"),
    )
    run_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str]
    channel: Mapped[str]
    business_date: Mapped[date]
    state: Mapped[str]
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    traceparent: Mapped[str]
    statement_sha256s: Mapped[list[str]]
    payments_manifest_digest: Mapped[bytes]
    neighbours_digest: Mapped[bytes]
    rule_set_version: Mapped[str]
    output_digest: Mapped[bytes]
    totals: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    failure_reason: Mapped[str]
    failure_message: Mapped[str]
    rows_done: Mapped[int]
    rows_total: Mapped[int]
    create_time: Mapped[datetime]
    end_time: Mapped[datetime | None]
    superseded_by_run_id: Mapped[str | None]


class MatchRow(Base):
    """A payment and a line that are the same money, by one run."""

    __tablename__ = "matches"
    __table_args__ = (
        Index("matches_run_id_payment_id_key", "run_id", "payment_id", unique=True),
        Index("matches_run_id_line_key", "run_id", "statement_id", "line_no", unique=True),
        Index(None, "payment_id"),
    )
    match_id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.run_id"))
    payment_id: Mapped[str]
    statement_id: Mapped[str]
    line_no: Mapped[int]
    kind: Mapped[str]
    key: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    trace_id: Mapped[str]
