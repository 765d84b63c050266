"""Many keys of merchants' numbers as rows to join with, in one statement of constant text. No query stands here."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, bindparam, func
from sqlalchemy.sql.selectable import TableValuedAlias


def told_keys(keys: Sequence[tuple[str, str]]) -> TableValuedAlias:
    """The table `told` with the columns `merchant_id` and `number`, one row for each key."""
    merchant_ids = bindparam("told_merchant_ids", [key[0] for key in keys], type_=ARRAY(Text))
    numbers = bindparam("told_numbers", [key[1] for key in keys], type_=ARRAY(Text))
    return func.unnest(merchant_ids, numbers).table_valued("merchant_id", "number", name="told").render_derived()
