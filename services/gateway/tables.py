"""The table of the gateway, as the migrations make it. No query stands here."""

from datetime import datetime

from sqlalchemy import DateTime, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import database

METADATA = database.metadata()


class Base(DeclarativeBase):
    """What the tables have in common: text and instants are PostgreSQL's own."""

    metadata = METADATA
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), bytes: LargeBinary}  # noqa: RUF012


class ApiKeyRow(Base):
    """A key. Its secret is not here, only the SHA-256 of it."""

    __tablename__ = "api_key"
    __table_args__ = (Index(None, "create_time", "key_id"),)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    secret_sha256: Mapped[bytes]
    sees_unmasked: Mapped[bool]
    create_time: Mapped[datetime]
    revoke_time: Mapped[datetime | None]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tenant_id: Mapped[str]
    merchant_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    department: Mapped[str]
    operator: Mapped[str]
    expire_time: Mapped[datetime | None]
    successor_key_id: Mapped[str]
