"""What the tables of payments have in common. No table stands here.

Payments come in for years, so they and all that hangs on one are kept in a partition for each month of their making.
`payment_id` begins with that moment, so it is the partition key of each of these tables, and any row is found by it
alone. What must be unique for ever stands in tables that are not partitioned and are never cleared.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Date, DateTime, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase

from chassis import database

METADATA = database.metadata()
# An option of a table whose rows each hang on one payment; the migration makes its months by add_partition().
MONTHLY = {"postgresql_partition_by": "RANGE (payment_id)"}


class Base(DeclarativeBase):
    """What the tables have in common: texts sort by code point, as Python does it; whole numbers have 64 bits."""

    metadata = METADATA
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {
        str: Text(collation="C"),
        int: BigInteger,
        datetime: DateTime(timezone=True),
        date: Date,
        bytes: LargeBinary,
    }
