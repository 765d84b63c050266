"""Places (environment and region), what the whole protocol needs beside them, and a clock that can be moved.

What was accepted and booked before stands in production/42 from now on.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateSequence

revision = "0002"
down_revision = "0001"

_PLACE_BEFORE = "production/42"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(CreateSequence(sa.Sequence("range_number_seq")))
    _widen_acceptance()
    _widen_main_book()
    _add("submit_log", sa.Column("place", sa.Text, nullable=False, server_default=_PLACE_BEFORE))
    _add("fault_plan", sa.Column("place", sa.Text, nullable=False, server_default=""))
    _add("fault_plan", sa.Column("seller_tax_id", sa.Text, nullable=False, server_default=""))
    _add("fault_plan", sa.Column("planned_at", _instant(), nullable=False, server_default=sa.func.now()))
    _create_sellers()
    _create_red_forms()
    _create_batches()
    _create_steered()


def _widen_acceptance() -> None:
    op.drop_constraint("main_book_idempotency_key_fkey", "main_book")
    op.drop_constraint("acceptance_idempotency_key_key", "acceptance")
    _add("acceptance", sa.Column("place", sa.Text, nullable=False, server_default=_PLACE_BEFORE))
    _add("acceptance", sa.Column("book_place", sa.Text, nullable=False, server_default=_PLACE_BEFORE))
    _add("acceptance", sa.Column("kind", sa.Text, nullable=False, server_default="BLUE"))
    for name in ("buyer_tax_id", "red_of", "red_form_id"):
        _add("acceptance", sa.Column(name, sa.Text, nullable=False, server_default=""))
    _add("acceptance", sa.Column("pending", sa.Boolean, nullable=False, server_default=sa.false()))
    _add("acceptance", sa.Column("seal_tries", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("acceptance", sa.Column("void_after_seconds", sa.Double))
    op.add_column("acceptance", sa.Column("seal_failed_at", _instant()))
    op.add_column("acceptance", sa.Column("seal_tried_on", sa.Date))
    op.add_column("acceptance", sa.Column("issue_date", sa.Date))
    op.execute(
        "UPDATE acceptance SET issue_date = (convert_from(document, 'UTF8')::json->>'issue_date')::date,"
        " buyer_tax_id = convert_from(document, 'UTF8')::json->'buyer'->>'tax_id',"
        " pending = book_at IS NOT NULL AND hidden_from IS NULL"
    )
    op.alter_column("acceptance", "issue_date", nullable=False)
    op.create_unique_constraint("acceptance_idempotency_key_place_key", "acceptance", ["idempotency_key", "place"])
    op.create_index(
        "acceptance_place_accepted_at_idx", "acceptance", ["place", "accepted_at"], postgresql_where=sa.text("pending")
    )
    op.create_index(
        "acceptance_book_place_idempotency_key_idx",
        "acceptance",
        ["book_place", "idempotency_key"],
        postgresql_where=sa.text("book_place <> place"),
    )


def _widen_main_book() -> None:
    op.drop_constraint("main_book_idempotency_key_key", "main_book")
    op.add_column("main_book", sa.Column("invoice_number", sa.Text))
    op.add_column("main_book", sa.Column("seller_tax_id", sa.Text))
    op.add_column("main_book", sa.Column("buyer_tax_id", sa.Text))
    op.add_column("main_book", sa.Column("amount_minor", sa.BigInteger))
    op.add_column("main_book", sa.Column("issue_date", sa.Date))
    op.add_column("main_book", sa.Column("accepted_at", _instant()))
    op.execute(
        "UPDATE main_book SET invoice_number = a.invoice_number, seller_tax_id = a.seller_tax_id,"
        " buyer_tax_id = a.buyer_tax_id, issue_date = a.issue_date, accepted_at = a.accepted_at,"
        " amount_minor = (convert_from(main_book.document, 'UTF8')::json->>'amount_minor')::bigint"
        " FROM acceptance a WHERE a.idempotency_key = main_book.idempotency_key"
    )
    for name in ("invoice_number", "seller_tax_id", "buyer_tax_id", "amount_minor", "issue_date", "accepted_at"):
        op.alter_column("main_book", name, nullable=False)
    _add("main_book", sa.Column("place", sa.Text, nullable=False, server_default=_PLACE_BEFORE))
    _add("main_book", sa.Column("kind", sa.Text, nullable=False, server_default="BLUE"))
    _add("main_book", sa.Column("red_of", sa.Text, nullable=False, server_default=""))
    _add("main_book", sa.Column("red_number", sa.Text, nullable=False, server_default=""))
    op.add_column("main_book", sa.Column("void_at", _instant()))
    op.add_column("main_book", sa.Column("red_flushed_at", _instant()))
    op.create_unique_constraint("main_book_invoice_number_key", "main_book", ["invoice_number"])
    op.create_foreign_key(
        "main_book_invoice_number_fkey", "main_book", "acceptance", ["invoice_number"], ["invoice_number"]
    )
    op.create_index(
        "main_book_place_seller_tax_id_accepted_at_book_number_idx",
        "main_book",
        ["place", "seller_tax_id", "accepted_at", "book_number"],
    )
    op.create_index(
        "main_book_place_seller_tax_id_issue_date_idx", "main_book", ["place", "seller_tax_id", "issue_date"]
    )
    op.create_index("main_book_red_of_idx", "main_book", ["red_of"], postgresql_where=sa.text("red_of <> ''"))


def _create_sellers() -> None:
    op.create_table(
        "seller",
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("seller_tax_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("registered_at", _instant()),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("limit_minor", sa.BigInteger),
        sa.PrimaryKeyConstraint("place", "seller_tax_id", name="seller_pkey"),
    )
    op.create_table(
        "seller_month",
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("seller_tax_id", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("used_minor", sa.Numeric(38, 0), nullable=False),
        sa.PrimaryKeyConstraint("place", "seller_tax_id", "period", name="seller_month_pkey"),
    )
    op.create_table(
        "number_range",
        sa.Column("first_number", sa.Text, nullable=False),
        sa.Column("last_number", sa.Text, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("seller_tax_id", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("assigned_at", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("first_number", name="number_range_pkey"),
        sa.UniqueConstraint("idempotency_key", "place", name="number_range_idempotency_key_place_key"),
    )
    op.create_index("number_range_place_seller_tax_id_idx", "number_range", ["place", "seller_tax_id"])


def _create_red_forms() -> None:
    op.create_table(
        "red_form",
        sa.Column("red_form_id", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("blue_number", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("applied_by", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("applied_at", _instant(), nullable=False),
        sa.Column("decided_at", _instant()),
        sa.Column("red_number", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("red_form_id", name="red_form_pkey"),
    )
    op.create_index(
        "red_form_blue_number_idx",
        "red_form",
        ["blue_number"],
        unique=True,
        postgresql_where=sa.text("red_number = '' AND state NOT IN ('REFUSED', 'WITHDRAWN', 'VOID_72H')"),
    )


def _create_batches() -> None:
    op.create_table(
        "batch_session",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("opened_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant(), nullable=False),
        sa.Column("closed_at", _instant()),
        sa.PrimaryKeyConstraint("session_id", name="batch_session_pkey"),
        sa.UniqueConstraint("idempotency_key", "place", name="batch_session_idempotency_key_place_key"),
    )
    op.create_table(
        "batch_item",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("item_index", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("invoice_number", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("document_sha256", sa.Text, nullable=False),
        sa.Column("received_at", _instant(), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "item_index", name="batch_item_pkey"),
        sa.ForeignKeyConstraint(["session_id"], ["batch_session.session_id"], name="batch_item_session_id_fkey"),
    )
    op.create_index("batch_item_place_idempotency_key_idx", "batch_item", ["place", "idempotency_key"])


def _create_steered() -> None:
    op.create_table(
        "credential",
        sa.Column("credential_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("credential_sha256", sa.Text, nullable=False),
        sa.Column("added_at", _instant(), nullable=False),
        sa.Column("expires_at", _instant()),
        sa.PrimaryKeyConstraint("credential_id", name="credential_pkey"),
        sa.UniqueConstraint("credential_sha256", name="credential_credential_sha256_key"),
    )
    op.create_table(
        "announcement",
        sa.Column("announcement_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("begins_at", _instant(), nullable=False),
        sa.Column("ends_at", _instant(), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("announcement_id", name="announcement_pkey"),
    )
    op.create_table(
        "clock",
        sa.Column("clock_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("offset_seconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", name="clock_pkey"),
    )


def _add(table: str, column: "sa.Column[object]") -> None:
    """Add a column whose default is for the rows that are there, and for no other."""
    op.add_column(table, column)
    op.alter_column(table, column.name, server_default=None)


def _instant() -> "sa.DateTime":
    return sa.DateTime(timezone=True)
