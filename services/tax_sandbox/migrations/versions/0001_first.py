"""The tables of the stand-in authority."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateSequence

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(CreateSequence(sa.Sequence("invoice_number_seq")))
    op.create_table(
        "acceptance",
        sa.Column("invoice_number", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("seller_tax_id", sa.Text, nullable=False),
        sa.Column("order_no", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("document_sha256", sa.Text, nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.Column("book_at", sa.DateTime(timezone=True)),
        sa.Column("hidden_from", sa.DateTime(timezone=True)),
        sa.Column("hidden_until", sa.DateTime(timezone=True)),
        sa.Column("twist", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("invoice_number", name="acceptance_pkey"),
        sa.UniqueConstraint("idempotency_key", name="acceptance_idempotency_key_key"),
    )
    op.create_index(
        "acceptance_book_at_idx", "acceptance", ["book_at"], postgresql_where=sa.text("book_at IS NOT NULL")
    )
    op.create_table(
        "main_book",
        sa.Column("book_number", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("document_sha256", sa.Text, nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("book_number", name="main_book_pkey"),
        sa.UniqueConstraint("idempotency_key", name="main_book_idempotency_key_key"),
        sa.ForeignKeyConstraint(
            ["idempotency_key"], ["acceptance.idempotency_key"], name="main_book_idempotency_key_fkey"
        ),
    )
    op.create_table(
        "fault_plan",
        sa.Column("fault_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("order_no", sa.Text, nullable=False),
        sa.Column("rate_ppm", sa.BigInteger),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Double),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("struck_count", sa.BigInteger, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("fault_id", name="fault_plan_pkey"),
    )
    op.create_table(
        "submit_log",
        sa.Column("submit_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("document_sha256", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("faults", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("submit_id", name="submit_log_pkey"),
    )
    op.create_index("submit_log_idempotency_key_idx", "submit_log", ["idempotency_key"])
