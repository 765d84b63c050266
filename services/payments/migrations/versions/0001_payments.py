"""Payments by month, their keys for ever, what runs decided about them, the feed that tells of them, and its sums.

`add_partition(parent, month)` makes one month of a table that is partitioned by payment_id; the later migrations and
the service's loop use it too. The first one of a table also holds all that is older, so that no payment_id is without
a place but one of a month that was not made ahead.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MONTHS_AHEAD = 3
_BY_MONTH = "RANGE (payment_id)"
_KEY = sa.Text(collation="C")
_MOMENT = sa.DateTime(timezone=True)

# A payment_id is pay_ and a UUIDv7 in hex, whose first 12 digits are its making in milliseconds since 1970.
_BOUND = """
    CREATE FUNCTION partition_bound(month date) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
        SELECT 'pay_' || lpad(to_hex((extract(epoch FROM month::timestamp) * 1000)::bigint), 12, '0')
    $$
"""
_ADD = """
    CREATE FUNCTION add_partition(parent text, month date) RETURNS boolean LANGUAGE plpgsql STRICT AS $$
    DECLARE
        first_day date := date_trunc('month', month)::date;
        name text := parent || to_char(first_day, '_YYYY_MM');
        is_first boolean := NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = parent::regclass);
    BEGIN
        IF to_regclass(name) IS NOT NULL THEN
            RETURN false;
        END IF;
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%L)',
            name,
            parent,
            CASE WHEN is_first THEN 'MINVALUE' ELSE quote_literal(partition_bound(first_day)) END,
            partition_bound((first_day + interval '1 month')::date)
        );
        RETURN true;
    END
    $$
"""
_FIRST_MONTHS = sa.text("""
    SELECT add_partition(:parent, month::date)
    FROM generate_series(
        date_trunc('month', now() AT TIME ZONE 'UTC'),
        date_trunc('month', now() AT TIME ZONE 'UTC') + :ahead * interval '1 month',
        interval '1 month'
    ) AS month
    ORDER BY month
""")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(_BOUND)
    op.execute(_ADD)
    _payments()
    _keys()
    _reconciliations()
    _feed()
    _manifest()
    for parent in ("payments", "reconciliations", "feed"):
        op.get_bind().execute(_FIRST_MONTHS, {"parent": parent, "ahead": _MONTHS_AHEAD})


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("merchant_order_no", _KEY, nullable=False),
        sa.Column("bill_no", _KEY, nullable=False),
        sa.Column("channel", _KEY, nullable=False),
        sa.Column("channel_txn_no", _KEY, nullable=False),
        sa.Column("currency_code", _KEY, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("pay_time", _MOMENT, nullable=True),
        sa.Column("payer_name", _KEY, nullable=False),
        sa.Column("splits", sa.dialects.postgresql.JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("origin", _KEY, nullable=False),
        sa.Column("state", _KEY, nullable=False),
        sa.Column("cause", _KEY, server_default=sa.text("''"), nullable=False),
        sa.Column("reconciliation_state", _KEY, nullable=False),
        sa.Column("reconcile_time", _MOMENT, nullable=True),
        sa.Column("business_date", sa.Date, nullable=True),
        sa.Column("create_time", _MOMENT, nullable=False),
        sa.Column("expire_time", _MOMENT, nullable=True),
        sa.Column("fee_rule_id", _KEY, nullable=True),
        sa.Column("fee_rate_ppm", sa.BigInteger, nullable=True),
        sa.Column("fee_minor", sa.BigInteger, nullable=True),
        sa.Column("refunded_minor", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("refund_reserved_minor", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("traceparent", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name="payments_pkey"),
        sa.CheckConstraint("amount_minor > 0", name="payments_amount_minor_check"),
        sa.CheckConstraint("version > 0", name="payments_version_check"),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refund_reserved_minor >= 0"
            " AND refunded_minor + refund_reserved_minor <= amount_minor",
            name="payments_refundable_check",
        ),
        sa.CheckConstraint(
            "state <> 'SUCCEEDED' OR (pay_time IS NOT NULL AND business_date IS NOT NULL AND channel_txn_no <> '')",
            name="payments_succeeded_check",
        ),
        postgresql_partition_by=_BY_MONTH,
    )
    op.create_index("payments_merchant_id_payment_id_idx", "payments", ["merchant_id", "payment_id"])
    op.create_index(
        "payments_channel_business_date_payment_id_idx", "payments", ["channel", "business_date", "payment_id"]
    )


def _keys() -> None:
    op.create_table(
        "order_key",
        sa.Column("merchant_id", _KEY, nullable=False),
        sa.Column("merchant_order_no", _KEY, nullable=False),
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("content_sha256", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "merchant_order_no", name="order_key_pkey"),
    )
    op.create_table(
        "requests",
        sa.Column("request_id", _KEY, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("create_time", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="requests_pkey"),
    )
    op.create_index("requests_create_time_idx", "requests", ["create_time"])


def _reconciliations() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("outcome", _KEY, nullable=False),
        sa.Column("exception_class", _KEY, nullable=False),
        sa.Column("decide_time", _MOMENT, nullable=False),
        sa.Column("create_time", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "run_id", name="reconciliations_pkey"),
        postgresql_partition_by=_BY_MONTH,
    )


def _told() -> list[sa.Column[object]]:
    return [
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("ref_id", _KEY, nullable=False),
        sa.Column("state", _KEY, nullable=False),
        sa.Column("reconciliation_state", _KEY, nullable=False),
        sa.Column("refunded_minor", sa.BigInteger, nullable=False),
        sa.Column("refund_reserved_minor", sa.BigInteger, nullable=False),
    ]


def _feed() -> None:
    op.create_table(
        "feed_waiting",
        *_told(),
        sa.Column("channel", _KEY, nullable=True),
        sa.Column("business_date", sa.Date, nullable=True),
        sa.Column("currency_code", _KEY, nullable=True),
        sa.Column("amount_minor", sa.BigInteger, nullable=True),
        sa.Column("line_sha256", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("payment_id", "version", name="feed_waiting_pkey"),
        sa.CheckConstraint(
            "num_nulls(channel, business_date, currency_code, amount_minor, line_sha256) IN (0, 5)",
            name="feed_waiting_slice_check",
        ),
    )
    # All that comes in is taken out again within moments.
    op.execute(
        "ALTER TABLE feed_waiting SET"
        " (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0)"
    )
    op.create_table(
        "feed",
        sa.Column("sequence", sa.BigInteger, nullable=False),
        *_told(),
        sa.PrimaryKeyConstraint("sequence", "payment_id", name="feed_pkey"),
        postgresql_partition_by=_BY_MONTH,
    )
    head = op.create_table(
        "feed_head",
        sa.Column("single_row", sa.Boolean, server_default=sa.text("true"), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("single_row", name="feed_head_pkey"),
        sa.CheckConstraint("single_row", name="feed_head_single_row_check"),
    )
    op.bulk_insert(head, [{"single_row": True, "sequence": 0}])


def _manifest() -> None:
    op.create_table(
        "slice_manifest",
        sa.Column("channel", _KEY, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("currency_code", _KEY, nullable=False),
        sa.Column("payment_count", sa.BigInteger, nullable=False),
        sa.Column("amount_sum_minor", sa.Numeric(38, 0), nullable=False),
        sa.Column("digest_sum", sa.Numeric(78, 0), nullable=False),
        sa.PrimaryKeyConstraint("channel", "business_date", "currency_code", name="slice_manifest_pkey"),
    )
