"""The payment mirror, statements, runs with their matches and exceptions, and what payments has yet to be told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _mirror()
    _statements()
    _runs()
    _matches()
    _exceptions()
    _payment_facts()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _mirror() -> None:
    op.create_table(
        "feed_cursors",
        _text("feed"),
        _number("next_sequence"),
        sa.PrimaryKeyConstraint("feed", name="feed_cursors_pkey"),
    )
    op.create_table(
        "payments",
        _text("payment_id"),
        _text("merchant_id"),
        _text("merchant_order_no"),
        _text("bill_no"),
        _text("channel"),
        _text("channel_txn_no"),
        _text("currency_code"),
        _number("amount_minor"),
        _time("pay_time"),
        sa.Column("business_date", sa.Date, nullable=False),
        _number("version"),
        _text("traceparent"),
        sa.PrimaryKeyConstraint("payment_id", name="payments_pkey"),
    )
    op.create_index("payments_channel_business_date_idx", "payments", ["channel", "business_date"])
    op.create_index("payments_channel_channel_txn_no_idx", "payments", ["channel", "channel_txn_no"])
    op.create_index("payments_channel_merchant_order_no_idx", "payments", ["channel", "merchant_order_no"])


def _statements() -> None:
    op.create_table(
        "statement_files",
        _text("file_sha256"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("file_sha256", name="statement_files_pkey"),
    )
    op.create_table(
        "statements",
        _text("statement_id"),
        _text("request_id"),
        _text("file_sha256"),
        _text("file_name"),
        _text("channel"),
        _text("account_no"),
        sa.Column("business_date", sa.Date, nullable=False),
        _text("profile_id"),
        _number("profile_version"),
        _text("encoding"),
        _number("booked_rows"),
        _number("neutral_rows"),
        _number("frame_rows"),
        _number("quarantined_rows"),
        sa.Column("sums_in", postgresql.JSONB, nullable=False),
        sa.Column("sums_out", postgresql.JSONB, nullable=False),
        sa.Column("controls", postgresql.JSONB, nullable=False),
        _time("create_time"),
        sa.PrimaryKeyConstraint("statement_id", name="statements_pkey"),
        sa.ForeignKeyConstraint(["file_sha256"], ["statement_files.file_sha256"], name="statements_file_sha256_fkey"),
    )
    op.create_index("statements_request_id_key", "statements", ["request_id"], unique=True)
    op.create_index("statements_file_sha256_key", "statements", ["file_sha256"], unique=True)
    op.create_index("statements_channel_business_date_idx", "statements", ["channel", "business_date"])
    op.create_table(
        "statement_lines",
        _text("statement_id"),
        _number("line_no"),
        _text("kind"),
        _text("channel_txn_no"),
        _text("merchant_order_no"),
        _text("channel_refund_no"),
        _text("merchant_refund_no"),
        _text("currency_code"),
        _number("amount_minor"),
        _text("fee_text"),
        _time("book_time"),
        _text("book_local"),
        sa.Column("business_date", sa.Date, nullable=False),
        _text("status"),
        _number("byte_offset"),
        sa.PrimaryKeyConstraint("statement_id", "line_no", name="statement_lines_pkey"),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statements.statement_id"], name="statement_lines_statement_id_fkey"
        ),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        _text("run_id"),
        _text("request_id"),
        _text("channel"),
        sa.Column("business_date", sa.Date, nullable=False),
        _text("state"),
        _number("attempts"),
        _time("due_at"),
        _text("traceparent"),
        sa.Column("statement_sha256s", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("payments_manifest_digest", sa.LargeBinary, nullable=False),
        sa.Column("neighbours_digest", sa.LargeBinary, nullable=False),
        _text("rule_set_version"),
        sa.Column("output_digest", sa.LargeBinary, nullable=False),
        sa.Column("totals", postgresql.JSONB, nullable=True),
        _text("failure_reason"),
        _text("failure_message"),
        _number("rows_done"),
        _number("rows_total"),
        _time("create_time"),
        _time("end_time", nullable=True),
        _text("superseded_by_run_id", nullable=True),
        sa.PrimaryKeyConstraint("run_id", name="runs_pkey"),
        sa.CheckConstraint("(state IN ('SUCCEEDED', 'FAILED')) = (end_time IS NOT NULL)", name="runs_end_time_check"),
        sa.CheckConstraint("(state = 'FAILED') = (failure_reason <> '')", name="runs_failure_reason_check"),
    )
    op.create_index("runs_request_id_key", "runs", ["request_id"], unique=True)
    _only_one("runs_open_key", ["channel", "business_date"], "state IN ('PENDING', 'RUNNING')")
    _only_one("runs_running_key", ["channel"], "state = 'RUNNING'")
    _only_one("runs_current_key", ["channel", "business_date"], "state = 'SUCCEEDED' AND superseded_by_run_id IS NULL")


def _only_one(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "runs", columns, unique=True, postgresql_where=sa.text(where))


def _matches() -> None:
    op.create_table(
        "matches",
        _text("match_id"),
        _text("run_id"),
        _text("payment_id"),
        _text("statement_id"),
        _number("line_no"),
        _text("kind"),
        _text("key"),
        _text("currency_code"),
        _number("amount_minor"),
        _text("trace_id"),
        sa.PrimaryKeyConstraint("match_id", name="matches_pkey"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="matches_run_id_fkey"),
    )
    op.create_index("matches_run_id_payment_id_key", "matches", ["run_id", "payment_id"], unique=True)
    op.create_index("matches_run_id_line_key", "matches", ["run_id", "statement_id", "line_no"], unique=True)
    op.create_index("matches_payment_id_idx", "matches", ["payment_id"])


def _exceptions() -> None:
    op.create_table(
        "exceptions",
        _text("exception_id"),
        _text("run_id"),
        _text("exception_class"),
        _text("state"),
        _text("payment_id", nullable=True),
        _text("statement_id", nullable=True),
        _number("line_no", nullable=True),
        _text("merchant_order_no"),
        _text("book_currency_code", nullable=True),
        _number("book_amount_minor", nullable=True),
        _text("channel_currency_code", nullable=True),
        _number("channel_amount_minor", nullable=True),
        _text("explanation"),
        _text("explanation_zh"),
        _text("trace_id"),
        _time("create_time"),
        _text("resolved_by_run_id", nullable=True),
        sa.PrimaryKeyConstraint("exception_id", name="exceptions_pkey"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="exceptions_run_id_fkey"),
        sa.CheckConstraint("payment_id IS NOT NULL OR line_no IS NOT NULL", name="exceptions_holds_check"),
        sa.CheckConstraint("(statement_id IS NULL) = (line_no IS NULL)", name="exceptions_line_check"),
        sa.CheckConstraint("(state = 'RESOLVED') = (resolved_by_run_id IS NOT NULL)", name="exceptions_resolved_check"),
    )
    op.create_index("exceptions_run_id_payment_id_key", "exceptions", ["run_id", "payment_id"], unique=True)
    op.create_index("exceptions_run_id_line_key", "exceptions", ["run_id", "statement_id", "line_no"], unique=True)
    op.create_index("exceptions_payment_id_idx", "exceptions", ["payment_id"])
    op.create_index("exceptions_exception_class_exception_id_idx", "exceptions", ["exception_class", "exception_id"])


def _payment_facts() -> None:
    op.create_table(
        "payment_facts",
        _text("payment_id"),
        _text("run_id"),
        _text("outcome"),
        _text("exception_class"),
        _time("decide_time"),
        _number("attempts"),
        _time("next_try_at", nullable=True),
        sa.PrimaryKeyConstraint("payment_id", name="payment_facts_pkey"),
    )
    op.create_index("payment_facts_next_try_at_payment_id_idx", "payment_facts", ["next_try_at", "payment_id"])
