"""Versions of rule sets, who vouched for them, and what each would change: the reports that let one be activated."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class RuleSetVersionRow(Base):
    """A version, whose content never changes: a trigger refuses it, and refuses every way but DRAFT, ACTIVE, RETIRED.

    `effective_from` is the first business date that it decides: as its YAML says until it is active, then as its
    activation says. Whoever made it cannot activate it. The one that `system` made is the one we ship.
    """

    __tablename__ = "rule_set_versions"
    __table_args__ = (
        Index("rule_set_versions_request_id_key", "request_id", unique=True),
        Index("rule_set_versions_content_hash_key", "content_hash", unique=True),
        Index(
            "rule_set_versions_shipped_key",
            "created_by",
            unique=True,
            postgresql_where=text("created_by = 'system'"),
        ),
        Index(
            "rule_set_versions_active_idx",
            "rule_set_id",
            "effective_from",
            "version",
            postgresql_where=text("state = 'ACTIVE'"),
        ),
        CheckConstraint("state IN ('DRAFT', 'ACTIVE', 'RETIRED')", name="state"),
        CheckConstraint("state <> 'DRAFT' OR activated_by IS NULL", name="draft"),
        CheckConstraint("state <> 'ACTIVE' OR activated_by IS NOT NULL", name="active"),
        CheckConstraint("(activated_by IS NULL) = (activate_time IS NULL)", name="activation"),
        CheckConstraint("(state = 'RETIRED') = (retired_by IS NOT NULL)", name="retired_by"),
        CheckConstraint("(state = 'RETIRED') = (retire_time IS NOT NULL)", name="retire_time"),
        CheckConstraint("created_by = 'system' OR lower(activated_by) <> lower(created_by)", name="second_person"),
        CheckConstraint("created_by = 'system' OR (activated_by IS NULL) = (regression_id IS NULL)", name="regression"),
        CheckConstraint("created_by <> '' AND activated_by <> '' AND retired_by <> ''", name="people"),
    )
    rule_set_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content_hash: Mapped[str]
    yaml: Mapped[str]
    effective_from: Mapped[date]
    state: Mapped[str]
    request_id: Mapped[str]
    created_by: Mapped[str]
    note: Mapped[str]
    create_time: Mapped[datetime]
    activated_by: Mapped[str | None]
    activate_time: Mapped[datetime | None]
    regression_id: Mapped[str | None]
    retired_by: Mapped[str | None]
    retire_time: Mapped[datetime | None]


class RuleSetRegressionRow(Base):
    """What a version would change against the one in force. `due_at` is when it may be claimed, as with runs.

    `slices` and `suites` tell each what was tried, `wrong_auto_posts` counts those of the labelled suites.
    """

    __tablename__ = "rule_set_regressions"
    __table_args__ = (
        Index("rule_set_regressions_request_id_key", "request_id", unique=True),
        Index(
            "rule_set_regressions_open_key",
            "rule_set_id",
            "version",
            unique=True,
            postgresql_where=text("state IN ('PENDING', 'RUNNING')"),
        ),
        ForeignKeyConstraint(
            ["rule_set_id", "version"], ["rule_set_versions.rule_set_id", "rule_set_versions.version"]
        ),
        CheckConstraint("state IN ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED')", name="state"),
        CheckConstraint("(state IN ('SUCCEEDED', 'FAILED')) = (end_time IS NOT NULL)", name="end_time"),
        CheckConstraint("(state = 'FAILED') = (failure_reason <> '')", name="failure_reason"),
    )
    regression_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str]
    rule_set_id: Mapped[str]
    version: Mapped[int]
    content_hash: Mapped[str]
    baseline_rule_set_id: Mapped[str]
    baseline_version: Mapped[int]
    baseline_hash: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    traceparent: Mapped[str]
    started_by: Mapped[str]
    slices: Mapped[list[dict[str, Any]]]
    suites: Mapped[list[dict[str, Any]]]
    changed_rows: Mapped[int]
    kept_rows: Mapped[int]
    wrong_auto_posts: Mapped[int]
    parts_done: Mapped[int]
    parts_total: Mapped[int]
    failure_reason: Mapped[str]
    failure_message: Mapped[str]
    create_time: Mapped[datetime]
    end_time: Mapped[datetime | None]


class RuleSetRegressionChangeRow(Base):
    """A payment or a line that the new version places elsewhere than the one in force; `row_no` counts from 1."""

    __tablename__ = "rule_set_regression_rows"
    regression_id: Mapped[str] = mapped_column(ForeignKey("rule_set_regressions.regression_id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    side: Mapped[str]
    row_id: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    old: Mapped[dict[str, Any]]
    new: Mapped[dict[str, Any]]
