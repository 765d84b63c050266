"""Imports, and their batches with the result of each row. No query stands here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.domain.import_progress import Import
from services.payments.tables.base import Base


class ImportRow(Base):
    """How far an import has come; locked by who adds a batch."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint("row_count = recorded_count + replayed_count + refused_count", name="counts"),
        Index(None, "update_time"),
    )
    import_id: Mapped[str] = mapped_column(primary_key=True)
    next_batch_no: Mapped[int]
    total_row_count: Mapped[int]
    row_count: Mapped[int]
    recorded_count: Mapped[int]
    replayed_count: Mapped[int]
    refused_count: Mapped[int]
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]


class ImportBatchRow(Base):
    """A batch that is in: the SHA-256 of how it came, and its rows' results as an Arrow IPC stream."""

    __tablename__ = "import_batches"
    import_id: Mapped[str] = mapped_column(ForeignKey("imports.import_id", ondelete="CASCADE"), primary_key=True)
    batch_no: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[bytes]
    refused_count: Mapped[int]
    results: Mapped[bytes]


def to_import(row: ImportRow) -> Import:
    """The import in a row."""
    return Import(
        import_id=row.import_id,
        next_batch_no=row.next_batch_no,
        total_row_count=row.total_row_count,
        row_count=row.row_count,
        recorded_count=row.recorded_count,
        replayed_count=row.replayed_count,
        refused_count=row.refused_count,
        create_time=row.create_time,
        update_time=row.update_time,
    )
