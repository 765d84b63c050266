"""The table of API keys. No query stands here."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.tables.base import Base


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
