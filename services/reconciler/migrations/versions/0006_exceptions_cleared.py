"""Exceptions and suggestions: who has one to clear, who decided, and the actions that say so, only ever added."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_AMOUNT_MINOR = (
    "GREATEST(abs(COALESCE(book_amount_minor, (0)::bigint)), abs(COALESCE(channel_amount_minor, (0)::bigint)))"
)
_APPENDED = ("exception_assignments", "exception_confirmations", "suggestion_decisions")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _exceptions()
    _requests()
    _assignments()
    _confirmations()
    _suggestions()
    _decisions()
    _append_only()


def _exceptions() -> None:
    for name in ("assignee", "maker", "checker"):
        op.add_column("exceptions", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("exceptions", sa.Column("people_needed", sa.BigInteger, nullable=False, server_default="1"))
    op.add_column("exceptions", sa.Column("carried_from_exception_id", sa.Text, nullable=True))
    op.add_column(
        "exceptions",
        sa.Column("amount_minor", sa.BigInteger, sa.Computed(_AMOUNT_MINOR, persisted=True), nullable=False),
    )
    op.create_index("exceptions_amount_minor_exception_id_idx", "exceptions", ["amount_minor", "exception_id"])
    op.create_index("exceptions_assignee_exception_id_idx", "exceptions", ["assignee", "exception_id"])
    states = "'OPEN', 'ASSIGNED', 'PENDING_CONFIRMATION', 'CONFIRMED', 'RESOLVED'"
    _check("state", f"state IN ({states})")
    _check("two_people", "checker = '' OR (maker <> '' AND lower(checker) <> lower(maker))")
    _check("confirmed", "state <> 'CONFIRMED' OR (maker <> '' AND (people_needed = 1 OR checker <> ''))")
    _check("people_needed", "people_needed IN (1, 2)")


def _check(name: str, rule: str) -> None:
    op.create_check_constraint(f"exceptions_{name}_check", "exceptions", rule)


def _requests() -> None:
    op.create_table(
        "clearing_requests",
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("asked_sha256", sa.LargeBinary, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("results", postgresql.JSONB, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="clearing_requests_pkey"),
        sa.CheckConstraint("operator <> ''", name="clearing_requests_operator_check"),
    )


def _assignments() -> None:
    table = "exception_assignments"
    op.create_table(
        table,
        sa.Column("exception_id", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("assignee", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("exception_id", "request_id", name=f"{table}_pkey"),
        sa.CheckConstraint("operator <> ''", name=f"{table}_operator_check"),
        *_of_exception_and_request(table),
    )


def _confirmations() -> None:
    table = "exception_confirmations"
    op.create_table(
        table,
        sa.Column("exception_id", sa.Text, nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("exception_id", "step", name=f"{table}_pkey"),
        sa.CheckConstraint("operator <> ''", name=f"{table}_operator_check"),
        sa.CheckConstraint("step IN (1, 2)", name=f"{table}_step_check"),
        *_of_exception_and_request(table),
    )
    op.create_index(f"{table}_exception_id_operator_key", table, ["exception_id", "operator"], unique=True)


def _of_exception_and_request(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(["exception_id"], ["exceptions.exception_id"], name=f"{table}_exception_id_fkey"),
        sa.ForeignKeyConstraint(["request_id"], ["clearing_requests.request_id"], name=f"{table}_request_id_fkey"),
    )


def _suggestions() -> None:
    table = "suggestions"
    op.create_table(
        table,
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("maker", sa.Text, nullable=False),
        sa.Column("checker", sa.Text, nullable=False),
        sa.Column("declined_by", sa.Text, nullable=False),
        sa.Column("people_needed", sa.BigInteger, nullable=False),
        sa.Column("carried_from_run_id", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("run_id", "group_id", name=f"{table}_pkey"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name=f"{table}_run_id_fkey"),
        sa.CheckConstraint(
            "state IN ('OPEN', 'PENDING_CONFIRMATION', 'CONFIRMED', 'DECLINED')", name=f"{table}_state_check"
        ),
        sa.CheckConstraint(
            "checker = '' OR (maker <> '' AND lower(checker) <> lower(maker))", name=f"{table}_two_people_check"
        ),
        sa.CheckConstraint(
            "state <> 'CONFIRMED' OR (maker <> '' AND (people_needed = 1 OR checker <> ''))",
            name=f"{table}_confirmed_check",
        ),
        sa.CheckConstraint("(state = 'DECLINED') = (declined_by <> '')", name=f"{table}_declined_check"),
        sa.CheckConstraint("people_needed IN (1, 2)", name=f"{table}_people_needed_check"),
    )


def _decisions() -> None:
    table = "suggestion_decisions"
    op.create_table(
        table,
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "group_id", "operator", name=f"{table}_pkey"),
        sa.ForeignKeyConstraint(
            ["run_id", "group_id"],
            ["suggestions.run_id", "suggestions.group_id"],
            name=f"{table}_run_id_group_id_fkey",
        ),
        sa.ForeignKeyConstraint(["request_id"], ["clearing_requests.request_id"], name=f"{table}_request_id_fkey"),
        sa.CheckConstraint("operator <> ''", name=f"{table}_operator_check"),
        sa.CheckConstraint("state IN ('PENDING_CONFIRMATION', 'CONFIRMED', 'DECLINED')", name=f"{table}_state_check"),
    )
    op.create_index(f"{table}_request_id_idx", table, ["request_id"])


def _append_only() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% of % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in _APPENDED:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change('append only')"
        )
        op.execute(
            f"CREATE TRIGGER {table}_never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('append only')"
        )
