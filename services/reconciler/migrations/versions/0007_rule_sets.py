"""Rule sets: versions that never change, reports of what one would change, and the version that we ship."""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.reconciler.rules.rule_files import DEFAULT, load_rule_set

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    _versions()
    _regressions()
    for statement in _GUARDS:
        op.execute(statement)
    _ship()


def _versions() -> None:
    op.create_table(
        "rule_set_versions",
        _text("rule_set_id"),
        _number("version"),
        *map(_text, ("content_hash", "yaml")),
        sa.Column("effective_from", sa.Date, nullable=False),
        *map(_text, ("state", "request_id", "created_by", "note")),
        _time("create_time"),
        _text("activated_by", nullable=True),
        _time("activate_time", nullable=True),
        *(_text(name, nullable=True) for name in ("regression_id", "retired_by")),
        _time("retire_time", nullable=True),
        sa.PrimaryKeyConstraint("rule_set_id", "version", name="rule_set_versions_pkey"),
        *(_check("rule_set_versions", name, said) for name, said in _VERSION_CHECKS),
    )
    for name in ("request_id", "content_hash"):
        op.create_index(f"rule_set_versions_{name}_key", "rule_set_versions", [name], unique=True)
    op.create_index(
        "rule_set_versions_shipped_key",
        "rule_set_versions",
        ["created_by"],
        unique=True,
        postgresql_where=sa.text("created_by = 'system'"),
    )
    op.create_index(
        "rule_set_versions_active_idx",
        "rule_set_versions",
        ["rule_set_id", "effective_from", "version"],
        postgresql_where=sa.text("state = 'ACTIVE'"),
    )


def _regressions() -> None:
    op.create_table(
        "rule_set_regressions",
        *map(_text, ("regression_id", "request_id", "rule_set_id")),
        _number("version"),
        *map(_text, ("content_hash", "baseline_rule_set_id")),
        _number("baseline_version"),
        *map(_text, ("baseline_hash", "state")),
        _number("attempts"),
        _time("due_at"),
        *map(_text, ("traceparent", "started_by")),
        *(sa.Column(name, JSONB, nullable=False) for name in ("slices", "suites")),
        *map(_number, ("changed_rows", "kept_rows", "wrong_auto_posts", "parts_done", "parts_total")),
        *map(_text, ("failure_reason", "failure_message")),
        _time("create_time"),
        _time("end_time", nullable=True),
        sa.PrimaryKeyConstraint("regression_id", name="rule_set_regressions_pkey"),
        sa.ForeignKeyConstraint(
            ["rule_set_id", "version"],
            ["rule_set_versions.rule_set_id", "rule_set_versions.version"],
            name="rule_set_regressions_rule_set_id_version_fkey",
        ),
        *(_check("rule_set_regressions", name, said) for name, said in _REGRESSION_CHECKS),
    )
    op.create_index("rule_set_regressions_request_id_key", "rule_set_regressions", ["request_id"], unique=True)
    op.create_index(
        "rule_set_regressions_open_key",
        "rule_set_regressions",
        ["rule_set_id", "version"],
        unique=True,
        postgresql_where=sa.text("state IN ('PENDING', 'RUNNING')"),
    )
    op.create_table(
        "rule_set_regression_rows",
        _text("regression_id"),
        _number("row_no"),
        *map(_text, ("source", "side", "row_id", "currency_code")),
        _number("amount_minor"),
        *(sa.Column(name, JSONB, nullable=False) for name in ("old", "new")),
        sa.PrimaryKeyConstraint("regression_id", "row_no", name="rule_set_regression_rows_pkey"),
        sa.ForeignKeyConstraint(
            ["regression_id"],
            ["rule_set_regressions.regression_id"],
            name="rule_set_regression_rows_regression_id_fkey",
        ),
    )


def _ship() -> None:
    """The version that this release ships decides from the first day on; any other has to be activated by people."""
    shipped, now = load_rule_set(), datetime.now(UTC)
    table = sa.table("rule_set_versions", *map(sa.column, _SHIPPED))
    values = (shipped.id, shipped.version, shipped.content_hash, DEFAULT.read_text("utf-8"))
    dated = (date.fromisoformat(shipped.effective_from), "ACTIVE", "shipped", "system", "as shipped", now)
    op.execute(sa.insert(table).values(dict(zip(_SHIPPED, (*values, *dated, "system", now), strict=True))))


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _check(table: str, name: str, said: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(said, name=f"{table}_{name}_check")


_SHIPPED = (
    *("rule_set_id", "version", "content_hash", "yaml"),
    *("effective_from", "state", "request_id", "created_by", "note", "create_time"),
    *("activated_by", "activate_time"),
)
_VERSION_CHECKS = (
    ("state", "state IN ('DRAFT', 'ACTIVE', 'RETIRED')"),
    ("draft", "state <> 'DRAFT' OR activated_by IS NULL"),
    ("active", "state <> 'ACTIVE' OR activated_by IS NOT NULL"),
    ("activation", "(activated_by IS NULL) = (activate_time IS NULL)"),
    ("retired_by", "(state = 'RETIRED') = (retired_by IS NOT NULL)"),
    ("retire_time", "(state = 'RETIRED') = (retire_time IS NOT NULL)"),
    ("second_person", "created_by = 'system' OR lower(activated_by) <> lower(created_by)"),
    ("regression", "created_by = 'system' OR (activated_by IS NULL) = (regression_id IS NULL)"),
    ("people", "created_by <> '' AND activated_by <> '' AND retired_by <> ''"),
)
_REGRESSION_CHECKS = (
    ("state", "state IN ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED')"),
    ("end_time", "(state IN ('SUCCEEDED', 'FAILED')) = (end_time IS NOT NULL)"),
    ("failure_reason", "(state = 'FAILED') = (failure_reason <> '')"),
)
_GUARDS = (
    """
    CREATE FUNCTION rule_set_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: it is %', TG_OP, TG_TABLE_NAME, TG_ARGV[0];
    END $$
    """,
    """
    CREATE FUNCTION rule_set_version_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.state = 'ACTIVE' AND NOT EXISTS (
            SELECT FROM rule_set_regressions AS report
            WHERE report.regression_id = NEW.regression_id AND report.state = 'SUCCEEDED'
              AND report.wrong_auto_posts = 0 AND report.content_hash = NEW.content_hash
        ) THEN
            RAISE EXCEPTION 'version % of % has no report without a wrong post', NEW.version, NEW.rule_set_id;
        END IF;
        IF OLD.state = 'ACTIVE' AND (NEW.activated_by, NEW.activate_time, NEW.regression_id, NEW.effective_from)
            IS DISTINCT FROM (OLD.activated_by, OLD.activate_time, OLD.regression_id, OLD.effective_from) THEN
            RAISE EXCEPTION 'version % of %: who activated it is frozen', NEW.version, NEW.rule_set_id;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER rule_set_version_content_frozen
    BEFORE UPDATE ON rule_set_versions FOR EACH ROW WHEN (
        (NEW.rule_set_id, NEW.version, NEW.content_hash, NEW.yaml, NEW.request_id, NEW.created_by, NEW.note,
         NEW.create_time)
        IS DISTINCT FROM
        (OLD.rule_set_id, OLD.version, OLD.content_hash, OLD.yaml, OLD.request_id, OLD.created_by, OLD.note,
         OLD.create_time)
    ) EXECUTE FUNCTION rule_set_refuse_change('frozen')
    """,
    """
    CREATE TRIGGER rule_set_version_one_way
    BEFORE UPDATE ON rule_set_versions FOR EACH ROW
    WHEN ((OLD.state, NEW.state) NOT IN (('DRAFT', 'ACTIVE'), ('DRAFT', 'RETIRED'), ('ACTIVE', 'RETIRED')))
    EXECUTE FUNCTION rule_set_refuse_change('a state that does not follow')
    """,
    """
    CREATE TRIGGER rule_set_version_reported
    BEFORE UPDATE ON rule_set_versions FOR EACH ROW EXECUTE FUNCTION rule_set_version_changes()
    """,
    """
    CREATE TRIGGER rule_set_version_begins_as_draft
    BEFORE INSERT ON rule_set_versions FOR EACH ROW WHEN (NEW.state <> 'DRAFT' AND NEW.created_by <> 'system')
    EXECUTE FUNCTION rule_set_refuse_change('a version that no draft was')
    """,
    """
    CREATE TRIGGER rule_set_version_never_deleted
    BEFORE DELETE ON rule_set_versions FOR EACH ROW EXECUTE FUNCTION rule_set_refuse_change('frozen')
    """,
    """
    CREATE TRIGGER rule_set_regression_ended
    BEFORE UPDATE OR DELETE ON rule_set_regressions FOR EACH ROW WHEN (OLD.state IN ('SUCCEEDED', 'FAILED'))
    EXECUTE FUNCTION rule_set_refuse_change('ended')
    """,
    """
    CREATE TRIGGER rule_set_regression_rows_append_only
    BEFORE UPDATE OR DELETE ON rule_set_regression_rows FOR EACH ROW
    EXECUTE FUNCTION rule_set_refuse_change('append only')
    """,
    *(
        f"""
        CREATE TRIGGER {table}_never_truncated
        BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION rule_set_refuse_change('frozen')
        """
        for table in ("rule_set_versions", "rule_set_regressions", "rule_set_regression_rows")
    ),
)
