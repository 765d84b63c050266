"""The tables of the reconciler, as the migrations make them. No query stands here."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import database

METADATA = database.metadata()


class Base(DeclarativeBase):
    """What the tables have in common: text and instants are PostgreSQL's own, whole numbers have 64 bits."""

    metadata = METADATA
    type_annotation_map = {  # noqa: RUF012
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        date: Date,
        bytes: LargeBinary,
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


class FeedCursorRow(Base):
    """How far a feed of another service was read: the first sequence that is still wanted."""

    __tablename__ = "feed_cursors"
    feed: Mapped[str] = mapped_column(primary_key=True)
    next_sequence: Mapped[int]


class PaymentRow(Base):
    """The mirror: a payment that has succeeded, as the feed last told it."""

    __tablename__ = "payments"
    __table_args__ = (
        Index(None, "channel", "business_date"),
        Index(None, "channel", "channel_txn_no"),
        Index(None, "channel", "merchant_order_no"),
    )
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    merchant_id: Mapped[str]
    merchant_order_no: Mapped[str]
    bill_no: Mapped[str]
    channel: Mapped[str]
    channel_txn_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    pay_time: Mapped[datetime]
    business_date: Mapped[date]
    version: Mapped[int]
    traceparent: Mapped[str]
    first_sequence: Mapped[int] = mapped_column(server_default=text("0"))


class StatementFileRow(Base):
    """A file's bytes, under their SHA-256 in hex."""

    __tablename__ = "statement_files"
    file_sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class StatementRow(Base):
    """A file that was read whole, and by which request. Sums are minor units by currency, `sums_out` positive."""

    __tablename__ = "statements"
    __table_args__ = (
        Index("statements_request_id_key", "request_id", unique=True),
        Index("statements_file_sha256_key", "file_sha256", unique=True),
        Index(None, "channel", "business_date"),
    )
    statement_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("statement_files.file_sha256"))
    file_name: Mapped[str]
    channel: Mapped[str]
    account_no: Mapped[str]
    business_date: Mapped[date]
    profile_id: Mapped[str]
    profile_version: Mapped[int]
    encoding: Mapped[str]
    booked_rows: Mapped[int]
    neutral_rows: Mapped[int]
    frame_rows: Mapped[int]
    quarantined_rows: Mapped[int]
    sums_in: Mapped[dict[str, Any]]
    sums_out: Mapped[dict[str, Any]]
    controls: Mapped[list[dict[str, Any]]]
    create_time: Mapped[datetime]


class StatementLineRow(Base):
    """A line that moves money. Its text is not repeated here: it stands in the file, at `byte_offset`."""

    __tablename__ = "statement_lines"
    statement_id: Mapped[str] = mapped_column(ForeignKey("statements.statement_id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    channel_txn_no: Mapped[str]
    merchant_order_no: Mapped[str]
    channel_refund_no: Mapped[str]
    merchant_refund_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    fee_text: Mapped[str]
    book_time: Mapped[datetime]
    book_local: Mapped[str]
    business_date: Mapped[date]
    status: Mapped[str]
    byte_offset: Mapped[int]


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


class ExceptionRow(Base):
    """A difference that a run found; it holds a payment, a line, or both."""

    __tablename__ = "exceptions"
    __table_args__ = (
        Index("exceptions_run_id_payment_id_key", "run_id", "payment_id", unique=True),
        Index("exceptions_run_id_line_key", "run_id", "statement_id", "line_no", unique=True),
        Index(None, "payment_id"),
        Index(None, "exception_class", "exception_id"),
        CheckConstraint("payment_id IS NOT NULL OR line_no IS NOT NULL", name="holds"),
        CheckConstraint("(statement_id IS NULL) = (line_no IS NULL)", name="line"),
        CheckConstraint("(state = 'RESOLVED') = (resolved_by_run_id IS NOT NULL)", name="resolved"),
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


class PaymentFactRow(Base):
    """The outbox to payments: what it has yet to be told of a payment. A newer decision takes the place of an older.

    `next_try_at` is the end of the lease while it is being told, and empty when payments will not take it.
    """

    __tablename__ = "payment_facts"
    __table_args__ = (Index(None, "next_try_at", "payment_id"),)
    payment_id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    outcome: Mapped[str]
    exception_class: Mapped[str]
    decide_time: Mapped[datetime]
    attempts: Mapped[int]
    next_try_at: Mapped[datetime | None]
