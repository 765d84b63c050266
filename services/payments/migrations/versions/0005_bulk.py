"""Imports, and their batches with the result of each row; how far the feed has lost dropped months."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KEY = sa.Text(collation="C")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _imports()
    _import_batches()
    op.add_column(
        "feed_head", sa.Column("dropped_sequence", sa.BigInteger, server_default=sa.text("0"), nullable=False)
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("import_id", _KEY, nullable=False),
        sa.Column("next_batch_no", sa.BigInteger, nullable=False),
        sa.Column("total_row_count", sa.BigInteger, nullable=False),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        sa.Column("recorded_count", sa.BigInteger, nullable=False),
        sa.Column("replayed_count", sa.BigInteger, nullable=False),
        sa.Column("refused_count", sa.BigInteger, nullable=False),
        sa.Column("create_time", _MOMENT, nullable=False),
        sa.Column("update_time", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="imports_pkey"),
        sa.CheckConstraint("row_count = recorded_count + replayed_count + refused_count", name="imports_counts_check"),
    )
    op.create_index("imports_update_time_idx", "imports", ["update_time"])


def _import_batches() -> None:
    op.create_table(
        "import_batches",
        sa.Column("import_id", _KEY, nullable=False),
        sa.Column("batch_no", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("refused_count", sa.BigInteger, nullable=False),
        sa.Column("results", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "batch_no", name="import_batches_pkey"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name="import_batches_import_id_fkey", ondelete="CASCADE"
        ),
    )
    # They are compressed as they come.
    op.execute("ALTER TABLE import_batches ALTER COLUMN results SET STORAGE EXTERNAL")
