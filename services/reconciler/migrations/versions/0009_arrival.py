"""Matching on arrival: rows that are due, the window of open rows, what of them is matched, what was revised."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"

_NUMBERS = ("channel_txn_no", "merchant_order_no", "channel_refund_no", "merchant_refund_no")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.create_table(
        "arrival_payments_due",
        _text("payment_id"),
        sa.PrimaryKeyConstraint("payment_id", name="arrival_payments_due_pkey"),
    )
    op.create_table(
        "arrival_statements_due",
        _text("statement_id"),
        sa.Column("done_line_no", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("statement_id", name="arrival_statements_due_pkey"),
    )
    _window("arrival_payments", "payment_id", "pn", ("merchant_id", "kind", "state", "bill_no"), _time("pay_time_us"))
    _window("arrival_lines", "line_id", "ln", ("file_id", "kind", "status"), _line_no(), _time("book_time_us"))
    _found()


def _window(table: str, key: str, number: str, texts: tuple[str, ...], *more: sa.Column[int]) -> None:
    op.create_table(
        table,
        _text(key),
        sa.Column(number, sa.BigInteger, sa.Identity(always=True), nullable=False),
        *map(_text, ("channel", *texts, *_NUMBERS, "batch_no", "payer", "currency_code", "business_date")),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("fee_minor", sa.BigInteger, nullable=True),
        *more,
        sa.PrimaryKeyConstraint(key, name=f"{table}_pkey"),
    )
    op.create_index(f"{table}_{number}_key", table, [number], unique=True)
    op.create_index(f"{table}_business_date_idx", table, ["business_date"])
    for name in _NUMBERS:
        there = sa.text(f"{name} <> ''")
        op.create_index(f"{table}_{name}_idx", table, [name, "channel"], postgresql_where=there)


def _found() -> None:
    op.create_table(
        "arrival_matches",
        *map(_text, ("payment_id", "line_id", "rule_id", "stage", "disposition", "exception_class", "reason")),
        _text("rule_set_hash"),
        sa.Column("match_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by_run_id", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("payment_id", name="arrival_matches_pkey"),
    )
    op.create_index("arrival_matches_line_id_key", "arrival_matches", ["line_id"], unique=True)
    op.create_index("arrival_matches_match_time_idx", "arrival_matches", ["match_time"])
    op.create_table(
        "arrival_revisions",
        sa.Column("revision_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *map(_text, ("payment_id", "line_id", "run_id")),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB, nullable=False),
        sa.Column("revise_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revision_id", name="arrival_revisions_pkey"),
    )
    for name in ("payment_id", "line_id", "run_id"):
        op.create_index(f"arrival_revisions_{name}_idx", "arrival_revisions", [name])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _line_no() -> sa.Column[int]:
    return sa.Column("line_no", sa.BigInteger, nullable=False)


def _time(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=name == "book_time_us")
