"""Uploads that have not ended: what came of them, so that they can go on."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class StatementUploadRow(Base):
    """An upload by its request. `attempt` rises with each call, so that of two at once only the later one is kept."""

    __tablename__ = "statement_uploads"
    __table_args__ = (Index(None, "expire_time"),)
    request_id: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int]
    received_bytes: Mapped[int]
    expire_time: Mapped[datetime]


class StatementUploadChunkRow(Base):
    """A whole MiB of an upload, sealed for its request and its number, from 0."""

    __tablename__ = "statement_upload_chunks"
    request_id: Mapped[str] = mapped_column(
        ForeignKey("statement_uploads.request_id", ondelete="CASCADE"), primary_key=True
    )
    chunk_no: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
