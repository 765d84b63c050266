"""Runs, and the places that they found for rows."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class RunRow(Base):
    """A run. `due_at` is when it may be claimed: again after the lease while it is RUNNING.

    `attempts` rises with each claim, so that who lost the lease can be told from who has it. A DRY_RUN is never the
    current run of its day: it supersedes nothing, nothing supersedes it. `rule_set_version` is the version's number, or
    the name of the rules in runs of releases before rule sets; `as_of` is the moment for which it was decided.
    `mirror_gap` is what the mirror had otherwise than payments when the run began, empty if nothing.
    `same_as_run_id` names the run that stands, where this one was asked for with equal pins and so decided nothing.
    Since `results_forget_time` its `run_results` are only those that a person may have to look at.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index("runs_request_id_key", "request_id", unique=True),
        Index(
            "runs_open_key",
            "channel",
            "business_date",
            "mode",
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
            postgresql_where=text(
                "state = 'SUCCEEDED' AND mode = 'COMMIT' AND superseded_by_run_id IS NULL AND same_as_run_id IS NULL"
            ),
        ),
        Index(
            "runs_forgettable_idx",
            "end_time",
            postgresql_where=text(
                "state = 'SUCCEEDED' AND results_forget_time IS NULL AND same_as_run_id IS NULL"
                " AND (mode = 'DRY_RUN' OR superseded_by_run_id IS NOT NULL)"
            ),
        ),
        CheckConstraint("(state IN ('SUCCEEDED', 'FAILED')) = (end_time IS NOT NULL)", name="end_time"),
        CheckConstraint("(state = 'FAILED') = (failure_reason <> '')", name="failure_reason"),
        CheckConstraint("mode IN ('COMMIT', 'DRY_RUN')", name="mode"),
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
    mode: Mapped[str] = mapped_column(server_default="COMMIT")
    rule_set_id: Mapped[str] = mapped_column(server_default="")
    rule_set_hash: Mapped[str] = mapped_column(server_default="")
    as_of: Mapped[datetime | None]
    same_as_run_id: Mapped[str | None]
    mirror_gap: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    results_forget_time: Mapped[datetime | None]


class RunResultRow(Base):
    """The one place of a row in a run. `id` is a payment's, a refund's or a line's (`statement_id.line_no`).

    Rows that are the same money share `group_id`. `beside` marks a row of another business date than the run's. There
    are millions of them a run, written by COPY in order of their key: a foreign key would be one look-up for each.
    """

    __tablename__ = "run_results"
    __table_args__ = (
        Index(None, "run_id", "group_id"),
        Index("run_results_suggested_idx", "run_id", "group_id", postgresql_where=text("disposition = 'SUGGESTED'")),
        Index(
            "run_results_beside_idx",
            "run_id",
            "id",
            postgresql_where=text("beside OR disposition = 'BUFFERED'"),
        ),
        CheckConstraint("side IN ('P', 'L')", name="side"),
        CheckConstraint(
            "disposition IN ('MATCHED', 'SUGGESTED', 'BUFFERED', 'EXCEPTION', 'IGNORED_BY_RULE')", name="disposition"
        ),
    )
    run_id: Mapped[str] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    group_id: Mapped[str]
    rule_id: Mapped[str]
    stage: Mapped[str]
    disposition: Mapped[str]
    exception_class: Mapped[str]
    runner_up_id: Mapped[str]
    margin: Mapped[int | None]
    reason: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    business_date: Mapped[date]
    beside: Mapped[bool]
