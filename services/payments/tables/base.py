"""What the tables of payments have in common. No table stands here."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Date, DateTime, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase

from chassis import database

METADATA = database.metadata()


class Base(DeclarativeBase):
    """What the tables have in common: text and instants are PostgreSQL's own, whole numbers have 64 bits."""

    metadata = METADATA
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        date: Date,
        bytes: LargeBinary,
    }
