"""The tables of the audit. The migration lets nothing in them be changed or removed, save what waits for its link."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.gateway.tables.base import Base


class AuditRecordRow(Base):
    """A mutating call, or a sight of unmasked data. Ids sort by time."""

    __tablename__ = "audit_record"
    __table_args__ = (
        Index(None, "caller_id", "record_id"),
        Index("audit_record_resource_ids_idx", "resource_ids", postgresql_using="gin"),
        Index(None, "batch_id"),
    )
    record_id: Mapped[str] = mapped_column(primary_key=True)
    record_time: Mapped[datetime]
    caller_id: Mapped[str]
    operator: Mapped[str]
    tenant_id: Mapped[str]
    method: Mapped[str]
    resource_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    address: Mapped[str]
    reason: Mapped[str]
    outcome: Mapped[str]
    saw_unmasked: Mapped[bool]
    trace_id: Mapped[str]
    request_sha256: Mapped[bytes]
    batch_id: Mapped[str]
    batch_place: Mapped[int]
    batch_size: Mapped[int]
    batch_signature: Mapped[bytes]


class AuditUnlinkedRow(Base):
    """A batch whose records are in no chain yet."""

    __tablename__ = "audit_unlinked"
    batch_id: Mapped[str] = mapped_column(primary_key=True)


class AuditLinkRow(Base):
    """A place in the chain."""

    __tablename__ = "audit_link"
    __table_args__ = (Index(None, "record_id", unique=True),)
    link_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    record_id: Mapped[str]
    link_time: Mapped[datetime]
    link_sha256: Mapped[bytes]


class AuditSealRow(Base):
    """The links of one month, sealed by a signature."""

    __tablename__ = "audit_seal"
    month: Mapped[str] = mapped_column(primary_key=True)
    first_link_no: Mapped[int] = mapped_column(BigInteger)
    last_link_no: Mapped[int] = mapped_column(BigInteger)
    head_sha256: Mapped[bytes]
    signature: Mapped[bytes]
    seal_time: Mapped[datetime]
