"""An invoice that was not sent may be made again for less: its next version may have a lower amount, and only that.

The release before knows neither the state CANCELLED nor the parked reason REFUND: it fails where it reads one, hands
out for the portal what is parked as REFUND, and parks nothing that a refund overtook. So none of its processes may run
beside this one's, and one goes back only when nothing is either.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("SET lock_timeout = '4s'")
    for statement in _STATEMENTS:
        op.execute(statement)


_STATEMENTS = (
    # First, while nothing of the invoices is held, since it reads the whole table.
    "CREATE INDEX invoiceable_to_take_back_idx ON invoiceable (payment_id) WHERE red_required_minor > 0",
    # Replaced, not dropped: who reads goes on beside that.
    """
    CREATE OR REPLACE TRIGGER invoice_changes_by_version
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
    """
    CREATE FUNCTION refuse_amount_when_sent() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM standing WHERE standing.invoice_id = OLD.invoice_id AND coalesce(lease_id, '') = ''
                AND sync_state IN ('INVALID', 'READY', 'RETRY_WAIT', 'REJECTED')
        ) THEN
            RAISE EXCEPTION 'the amount of % is frozen: it may be at the authority', OLD.invoice_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER invoice_amount_lowered_unsent
    BEFORE UPDATE OF amount_minor ON invoice
    FOR EACH ROW WHEN (NEW.amount_minor <> OLD.amount_minor) EXECUTE FUNCTION refuse_amount_when_sent()
    """,
)
