"""An invoice that was not sent may be made again for less: its next version may have a lower amount, and only that."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    "DROP TRIGGER invoice_changes_by_version ON invoice",
    """
    CREATE TRIGGER invoice_changes_by_version
    BEFORE UPDATE ON invoice
    FOR EACH ROW WHEN (
        NEW.version <> OLD.version + 1
        OR NEW.amount_minor <> OLD.amount_minor
            AND (NEW.kind <> 'BLUE' OR NEW.amount_minor NOT BETWEEN 1 AND OLD.amount_minor)
        OR (NEW.invoice_id, NEW.payment_id, NEW.currency_code, NEW.seller_tax_id, NEW.create_time)
            IS DISTINCT FROM
            (OLD.invoice_id, OLD.payment_id, OLD.currency_code, OLD.seller_tax_id, OLD.create_time)
    )
    EXECUTE FUNCTION refuse_change('frozen, save for a next version')
    """,
    "CREATE INDEX invoiceable_to_take_back_idx ON invoiceable (payment_id) WHERE red_required_minor > 0",
)
