"""The tables of the stand-in authority. `acceptance` is what it said yes to; `main_book` is what it has."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Double, ForeignKey, Identity, Index, LargeBinary, Sequence, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import database

METADATA = database.metadata()
INVOICE_NUMBER_SEQUENCE = Sequence("invoice_number_seq", metadata=METADATA)


class Base(DeclarativeBase):
    """Every table below."""

    metadata = METADATA
    type_annotation_map = {str: Text, int: BigInteger, bytes: LargeBinary, datetime: DateTime(timezone=True)}  # noqa: RUF012


class AcceptanceRow(Base):
    """One for each key that was accepted. `book_at` is set while a booking is due, and only then."""

    __tablename__ = "acceptance"
    __table_args__ = (Index(None, "book_at", postgresql_where=text("book_at IS NOT NULL")),)

    invoice_number: Mapped[str] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    seller_tax_id: Mapped[str]
    order_no: Mapped[str]
    amount_minor: Mapped[int]
    document: Mapped[bytes]
    document_sha256: Mapped[str]
    accepted_at: Mapped[datetime]
    traceparent: Mapped[str]
    book_at: Mapped[datetime | None]
    hidden_from: Mapped[datetime | None]
    hidden_until: Mapped[datetime | None]
    twist: Mapped[str]


class MainBookRow(Base):
    """One for each invoice in the authority's main database."""

    __tablename__ = "main_book"

    book_number: Mapped[str] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(ForeignKey("acceptance.idempotency_key"), unique=True)
    document: Mapped[bytes]
    document_sha256: Mapped[str]
    booked_at: Mapped[datetime]


class FaultPlanRow(Base):
    """A fault that was asked for; one that was taken back stays, as a record of what it did."""

    __tablename__ = "fault_plan"

    fault_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    fault: Mapped[str]
    times: Mapped[int]
    idempotency_key: Mapped[str]
    order_no: Mapped[str]
    rate_ppm: Mapped[int | None]
    seed: Mapped[int]
    seconds: Mapped[float | None] = mapped_column(Double)
    code: Mapped[str]
    struck_count: Mapped[int]
    active: Mapped[bool]


class SubmitLogRow(Base):
    """One for each submit that was read to its end, taken or not: the witness of how often a key was sent."""

    __tablename__ = "submit_log"
    __table_args__ = (Index(None, "idempotency_key"),)

    submit_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    idempotency_key: Mapped[str]
    document_sha256: Mapped[str]
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    faults: Mapped[str]
