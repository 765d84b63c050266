"""Runs by rule sets: a place for every row, mode and pins, exceptions of groups; refunds and fees in the mirror."""

# ruff: noqa: S608  # made of constants

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_DISPOSITIONS = "'MATCHED', 'SUGGESTED', 'BUFFERED', 'EXCEPTION', 'IGNORED_BY_RULE'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _runs()
    _run_results()
    _exceptions()
    _mirror()
    for statement in _FILL:
        op.execute(statement)


def _runs() -> None:
    op.add_column("runs", _text("mode", default="COMMIT"))
    op.add_column("runs", _text("rule_set_id", default=""))
    op.add_column("runs", _text("rule_set_hash", default=""))
    op.add_column("runs", sa.Column("as_of", sa.DateTime(timezone=True), nullable=True))
    op.add_column("runs", sa.Column("same_as_run_id", sa.Text, nullable=True))
    op.create_check_constraint("runs_mode_check", "runs", "mode IN ('COMMIT', 'DRY_RUN')")
    _replace_index("runs_open_key", ["channel", "business_date", "mode"], "state IN ('PENDING', 'RUNNING')")
    _replace_index(
        "runs_current_key",
        ["channel", "business_date"],
        "state = 'SUCCEEDED' AND mode = 'COMMIT' AND superseded_by_run_id IS NULL AND same_as_run_id IS NULL",
    )


def _replace_index(name: str, columns: list[str], where: str) -> None:
    op.drop_index(name, "runs")
    op.create_index(name, "runs", columns, unique=True, postgresql_where=sa.text(where))


def _run_results() -> None:
    op.create_table(
        "run_results",
        *map(_text, ("run_id", "side", "id", "group_id", "rule_id", "stage", "disposition", "exception_class")),
        _text("runner_up_id"),
        sa.Column("margin", sa.BigInteger, nullable=True),
        _text("reason"),
        _text("currency_code"),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("beside", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "side", "id", name="run_results_pkey"),
        sa.CheckConstraint("side IN ('P', 'L')", name="run_results_side_check"),
        sa.CheckConstraint(f"disposition IN ({_DISPOSITIONS})", name="run_results_disposition_check"),
    )
    op.create_index("run_results_run_id_group_id_idx", "run_results", ["run_id", "group_id"])
    op.create_index(
        "run_results_beside_idx",
        "run_results",
        ["run_id", "id"],
        postgresql_where=sa.text("beside OR disposition = 'BUFFERED'"),
    )


def _exceptions() -> None:
    for name in ("rule_id", "stage", "group_id", "runner_up_id", "reason"):
        op.add_column("exceptions", _text(name, default=""))
    op.add_column("exceptions", sa.Column("margin", sa.BigInteger, nullable=True))
    for name in ("payment_ids", "line_ids"):
        op.add_column("exceptions", sa.Column(name, sa.ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.create_index("exceptions_payment_ids_idx", "exceptions", ["payment_ids"], postgresql_using="gin")


def _mirror() -> None:
    op.add_column("payments", sa.Column("fee_minor", sa.BigInteger, nullable=True))
    op.create_table(
        "refunds",
        *map(_text, ("refund_id", "payment_id", "merchant_id", "channel", "channel_txn_no", "merchant_order_no")),
        *map(_text, ("channel_refund_no", "merchant_refund_no", "bill_no", "currency_code")),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        _text("state"),
        sa.Column("at_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_sequence", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        _text("traceparent"),
        sa.PrimaryKeyConstraint("refund_id", name="refunds_pkey"),
    )
    op.create_index("refunds_channel_at_time_idx", "refunds", ["channel", "at_time"])
    op.create_index("refunds_payment_id_idx", "refunds", ["payment_id"])


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


# What runs of the release before found, so that a day beside them knows which rows they hold. Their reports of one
# payment and one line are what they were; only the place of each row is told anew.
_COLUMNS = """
    INSERT INTO run_results (run_id, side, id, group_id, rule_id, stage, disposition, exception_class, runner_up_id,
        margin, reason, currency_code, amount_minor, business_date, beside)
"""
_LINE = "found.statement_id || '.' || found.line_no"
_FILL = (
    f"""{_COLUMNS}
    SELECT found.run_id, 'P', found.payment_id, least(found.payment_id, {_LINE}), '', 'exact', 'MATCHED',
        CASE found.kind WHEN 'CROSS_DAY' THEN 'CROSS_DAY' ELSE '' END, '', NULL, 'by ' || found.key,
        found.currency_code, found.amount_minor, payments.business_date, payments.business_date <> runs.business_date
    FROM matches AS found JOIN runs USING (run_id) JOIN payments USING (payment_id)
    """,
    f"""{_COLUMNS}
    SELECT found.run_id, 'L', {_LINE}, least(found.payment_id, {_LINE}), '', 'exact', 'MATCHED',
        CASE found.kind WHEN 'CROSS_DAY' THEN 'CROSS_DAY' ELSE '' END, '', NULL, 'by ' || found.key,
        found.currency_code, found.amount_minor, runs.business_date, false
    FROM matches AS found JOIN runs USING (run_id)
    """,
    f"""{_COLUMNS}
    SELECT found.run_id, 'P', found.payment_id, coalesce(least(found.payment_id, {_LINE}), found.payment_id), '',
        'rest', 'EXCEPTION', found.exception_class, '', NULL, '', found.book_currency_code, found.book_amount_minor,
        payments.business_date, payments.business_date <> runs.business_date
    FROM exceptions AS found JOIN runs USING (run_id) JOIN payments USING (payment_id)
    """,
    f"""{_COLUMNS}
    SELECT found.run_id, 'L', {_LINE}, coalesce(least(found.payment_id, {_LINE}), {_LINE}), '', 'rest', 'EXCEPTION',
        found.exception_class, '', NULL, '', found.channel_currency_code, found.channel_amount_minor,
        runs.business_date, false
    FROM exceptions AS found JOIN runs USING (run_id) WHERE found.line_no IS NOT NULL
    """,
    """
    UPDATE exceptions SET payment_ids = CASE WHEN payment_id IS NULL THEN '{}' ELSE ARRAY[payment_id] END,
        line_ids = CASE WHEN line_no IS NULL THEN '{}' ELSE ARRAY[statement_id || '.' || line_no] END
    """,
)
