"""The audit with its chain, the limits that gateways keep together, and suspensions.

The audit is only ever added to. A trigger says so to everyone, and the rights are taken from the gateway's own role:
two locks, for either alone is opened by one careless statement.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _audit()
    _only_added_to("audit_record", "audit_link", "audit_seal")
    _brakes()


def _audit() -> None:
    op.create_table(
        "audit_record",
        sa.Column("record_id", sa.Text, nullable=False),
        sa.Column("record_time", _TIME, nullable=False),
        sa.Column("caller_id", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("resource_ids", ARRAY(sa.Text), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("saw_unmasked", sa.Boolean, nullable=False),
        sa.Column("trace_id", sa.Text, nullable=False),
        sa.Column("request_sha256", sa.LargeBinary, nullable=False),
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("batch_place", sa.Integer, nullable=False),
        sa.Column("batch_size", sa.Integer, nullable=False),
        sa.Column("batch_signature", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name="audit_record_pkey"),
    )
    op.create_index("audit_record_caller_id_record_id_idx", "audit_record", ["caller_id", "record_id"])
    op.create_index("audit_record_resource_ids_idx", "audit_record", ["resource_ids"], postgresql_using="gin")
    op.create_index("audit_record_batch_id_idx", "audit_record", ["batch_id"])
    op.create_table(
        "audit_unlinked",
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="audit_unlinked_pkey"),
    )
    op.create_table(
        "audit_link",
        sa.Column("link_no", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("record_id", sa.Text, nullable=False),
        sa.Column("link_time", _TIME, nullable=False),
        sa.Column("link_sha256", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("link_no", name="audit_link_pkey"),
    )
    op.create_index("audit_link_record_id_idx", "audit_link", ["record_id"], unique=True)
    op.create_table(
        "audit_seal",
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("first_link_no", sa.BigInteger, nullable=False),
        sa.Column("last_link_no", sa.BigInteger, nullable=False),
        sa.Column("head_sha256", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("seal_time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("month", name="audit_seal_pkey"),
    )


def _only_added_to(*tables: str) -> None:
    op.execute(
        "CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'the audit is only ever added to: % on %', TG_OP, TG_TABLE_NAME"
        " USING ERRCODE = 'insufficient_privilege'; END $$"
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to()"
        )
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC, CURRENT_USER")


def _brakes() -> None:
    op.create_table(
        "rate_bucket",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("method_class", sa.Text, nullable=False),
        sa.Column("per_second", sa.Double, nullable=False),
        sa.Column("tokens", sa.Double, nullable=False),
        sa.Column("granted", sa.Double, nullable=False),
        sa.Column("refresh_time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("subject", "method_class", name="rate_bucket_pkey"),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "rate_override",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("method_class", sa.Text, nullable=False),
        sa.Column("per_second", sa.Double, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("subject", "method_class", name="rate_override_pkey"),
    )
    op.create_table(
        "suspension",
        sa.Column("suspension_id", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("offence", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("start_time", _TIME, nullable=False),
        sa.Column("until_time", _TIME, nullable=False),
        sa.Column("trace_id", sa.Text, nullable=False),
        sa.Column("lift_time", _TIME, nullable=True),
        sa.Column("lifted_by", sa.Text, nullable=False),
        sa.Column("lift_reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("suspension_id", name="suspension_pkey"),
    )
    op.create_index("suspension_until_time_idx", "suspension", ["until_time"])
