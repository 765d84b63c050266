"""What a second person has to confirm before an invoice is issued: who asked, who decided, when and why."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# One decision for each, by another person than who asked; a trigger refuses every change after it.
confirmation = Table(
    "confirmation",
    METADATA,
    Column("confirmation_id", KEY, primary_key=True),
    Column("request_id", KEY, nullable=False, unique=True),
    Column("fingerprint", Text, nullable=False),
    Column("payment_id", KEY, nullable=False),
    Column("merchant_id", KEY, nullable=False),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    # Title, tax number, e-mail and the flag of a natural person, as JSON; see chassis.crypto for how it is sealed.
    Column("sealed", LargeBinary, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_by", KEY, nullable=False),
    Column("create_time", MOMENT, nullable=False),
    Column("bulk_request_id", KEY, nullable=False),
    Column("decided_by", KEY),
    Column("reason", Text),
    Column("decide_time", MOMENT),
    Column("invoice_id", KEY),
    CheckConstraint("requested_by <> '' AND decided_by <> requested_by", name="second_person"),
    CheckConstraint(
        "CASE state WHEN 'AWAITS_CONFIRMATION' THEN num_nonnulls(decided_by, reason, decide_time, invoice_id) = 0"
        " WHEN 'CONFIRMED' THEN num_nonnulls(decided_by, reason, decide_time, invoice_id) = 4"
        " ELSE state = 'REFUSED' AND num_nonnulls(decided_by, reason, decide_time) = 3 AND invoice_id IS NULL END",
        name="decided",
    ),
    Index(
        "confirmation_awaits_key",
        "payment_id",
        unique=True,
        postgresql_where=text("state = 'AWAITS_CONFIRMATION'"),
    ),
    Index("confirmation_merchant_id_confirmation_id_idx", "merchant_id", "confirmation_id"),
)
