"""Two more ends of a red-letter form: withdrawn after it was confirmed, and void since its invoice is abnormal.

The index keeps an invoice from having two active forms, so that it must know every end.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.drop_index("red_form_blue_number_idx", "red_form")
    op.create_index(
        "red_form_blue_number_idx",
        "red_form",
        ["blue_number"],
        unique=True,
        postgresql_where=sa.text(
            "red_number = '' AND state NOT IN ('REFUSED', 'WITHDRAWN', 'WITHDRAWN_CONFIRMED',"
            " 'VOID_72H', 'VOID_ABNORMAL')"
        ),
    )
