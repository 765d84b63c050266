"""Red letters, whoever applied for their forms, and each step of them."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, text

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

red_letter = Table(
    "red_letter",
    METADATA,
    Column("red_letter_id", KEY, primary_key=True),
    Column("request_id", KEY, nullable=False, unique=True),
    Column("invoice_id", KEY, ForeignKey("invoice.invoice_id"), nullable=False, index=True),
    Column("payment_id", KEY, nullable=False),
    Column("merchant_id", KEY, nullable=False),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, CheckConstraint("amount_minor < 0", name="amount"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("applied_by", Text, nullable=False),
    Column("state", KEY, nullable=False),
    Column("operator", Text, nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Column("state_time", MOMENT, nullable=False),
    Column("form_id", KEY, nullable=False),
    Column("expire_time", MOMENT),
    Column("red_invoice_id", KEY, nullable=False),
    Column("wanted_move", Text),
    Column("application_id", KEY, nullable=False),
    Column("try_count", Integer, nullable=False),
    # When it is looked at next; null when nothing is due any more.
    Column("due_at", MOMENT),
    Index(
        "red_letter_active_key",
        "invoice_id",
        unique=True,
        postgresql_where=text(
            "state IN ('APPLYING', 'NO_CONFIRMATION_NEEDED', 'AWAITING_BUYER', 'AWAITING_SELLER', 'CONFIRMED',"
            " 'ISSUED', 'RED_REFUSED')"
        ),
    ),
    Index("red_letter_form_id_key", "form_id", unique=True, postgresql_where=text("form_id <> ''")),
    Index("red_letter_due_at_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("red_letter_merchant_id_red_letter_id_idx", "merchant_id", "red_letter_id"),
)

# Append only: triggers refuse every change.
red_step = Table(
    "red_step",
    METADATA,
    Column("red_letter_id", KEY, ForeignKey("red_letter.red_letter_id"), primary_key=True),
    Column("step_no", Integer, primary_key=True),
    Column("step_time", MOMENT, nullable=False),
    Column("operator", Text, CheckConstraint("operator <> ''", name="operator"), nullable=False),
    Column("to_state", Text, nullable=False),
    Column("move", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("authority_code", Text, nullable=False),
    # Of the answer that led to it, whose bytes stand sealed in body; empty where no call did.
    Column("response_sha256", KEY, nullable=False),
)
