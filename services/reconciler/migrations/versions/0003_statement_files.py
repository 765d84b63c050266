"""Files sealed in chunks, uploads that go on, files of many days, and what tells a line from all others.

The bytes of files that are here stay as they are until the service, which has the keys, seals them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# As domain/identity.py has it for lines with a number; the release before this one took no others.
_LINE_KEYS = r"""
UPDATE statement_lines AS line SET account_no = numbered.account_no, line_key = numbered.line_key,
    occurrence = numbered.occurrence
FROM (
    SELECT keyed.statement_id, keyed.line_no, keyed.account_no, keyed.line_key, row_number() OVER (
        PARTITION BY keyed.line_key ORDER BY keyed.create_time, keyed.statement_id, keyed.line_no
    ) AS occurrence
    FROM (
        SELECT l.statement_id, l.line_no, s.account_no, s.create_time, substr(sha256(convert_to(concat_ws(
            E'\x1f', s.channel, s.account_no, 'key', l.channel_refund_no, l.channel_txn_no, l.kind,
            l.merchant_refund_no
        ), 'UTF8')), 1, 16) AS line_key
        FROM statement_lines l JOIN statements s USING (statement_id)
    ) AS keyed
) AS numbered
WHERE line.statement_id = numbered.statement_id AND line.line_no = numbered.line_no
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _files()
    _uploads()
    _statements()
    _lines()


def _files() -> None:
    # The defaults here and below stay: the release before this one goes on loading files while this one starts.
    op.add_column("statement_files", sa.Column("size_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE statement_files SET size_bytes = length(content)")
    op.alter_column("statement_files", "content", nullable=True)
    op.create_table(
        "statement_file_chunks",
        sa.Column("file_sha256", sa.Text, nullable=False),
        sa.Column("chunk_no", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("file_sha256", "chunk_no", name="statement_file_chunks_pkey"),
    )
    # What is sealed does not compress.
    op.execute("ALTER TABLE statement_file_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL")


def _uploads() -> None:
    op.create_table(
        "statement_uploads",
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("received_bytes", sa.BigInteger, nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="statement_uploads_pkey"),
    )
    op.create_index("statement_uploads_expire_time_idx", "statement_uploads", ["expire_time"])
    op.create_table(
        "statement_upload_chunks",
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("chunk_no", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "chunk_no", name="statement_upload_chunks_pkey"),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["statement_uploads.request_id"],
            name="statement_upload_chunks_request_id_fkey",
            ondelete="CASCADE",
        ),
    )
    op.execute("ALTER TABLE statement_upload_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL")


def _statements() -> None:
    op.add_column("statements", sa.Column("size_bytes", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("statements", sa.Column("first_date", sa.Date, nullable=True))
    op.add_column("statements", sa.Column("last_date", sa.Date, nullable=True))
    op.add_column("statements", sa.Column("known_rows", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("statements", sa.Column("late_rows", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE statements SET first_date = business_date, last_date = business_date")
    op.execute(
        "UPDATE statements s SET size_bytes = f.size_bytes FROM statement_files f WHERE f.file_sha256 = s.file_sha256"
    )


def _lines() -> None:
    op.drop_constraint("statement_lines_statement_id_fkey", "statement_lines")
    op.alter_column("statement_lines", "book_time", nullable=True)
    for column in (
        sa.Column("byte_size", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("value_date", sa.Date, nullable=True),
        sa.Column("entry_ref", sa.Text, nullable=False, server_default=""),
        sa.Column("account_no", sa.Text, nullable=False, server_default=""),
        sa.Column("balance_after_minor", sa.BigInteger, nullable=True),
        sa.Column("reversal", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("original_txn_no", sa.Text, nullable=False, server_default=""),
        sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("line_key", sa.LargeBinary, nullable=True),
        sa.Column("occurrence", sa.BigInteger, nullable=False, server_default="1"),
    ):
        op.add_column("statement_lines", column)
    op.execute(_LINE_KEYS)
    op.create_index(
        "statement_lines_line_key_occurrence_key", "statement_lines", ["line_key", "occurrence"], unique=True
    )
