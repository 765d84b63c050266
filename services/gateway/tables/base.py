"""What the gateway's tables have in common: their metadata and the types of columns. It holds no table."""

from datetime import datetime

from sqlalchemy import DateTime, LargeBinary, Text
from sqlalchemy.orm import DeclarativeBase

from chassis import database

METADATA = database.metadata()


class Base(DeclarativeBase):
    """Text and instants are PostgreSQL's own."""

    metadata = METADATA
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), bytes: LargeBinary}  # noqa: RUF012
