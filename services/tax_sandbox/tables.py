"""The tables of the stand-in authority. `acceptance` is what it said yes to; `main_book` is what it has."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    Sequence,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import database

METADATA = database.metadata()
INVOICE_NUMBER_SEQUENCE = Sequence("invoice_number_seq", metadata=METADATA)
RANGE_NUMBER_SEQUENCE = Sequence("range_number_seq", metadata=METADATA)


class Base(DeclarativeBase):
    """Every table below. `place` is an environment and a region, such as production/42."""

    metadata = METADATA
    type_annotation_map = {  # noqa: RUF012
        str: Text,
        int: BigInteger,
        bool: Boolean,
        float: Double,
        bytes: LargeBinary,
        date: Date,
        datetime: DateTime(timezone=True),
        Decimal: Numeric(38, 0),
    }


class AcceptanceRow(Base):
    """One for each key that was accepted in a place.

    `book_at` is set while a booking is due, and only then. `pending` holds the watermark of the place back.
    `book_place` is where it will stand: its own place, unless a fault sends it elsewhere.
    """

    __tablename__ = "acceptance"
    __table_args__ = (
        UniqueConstraint("idempotency_key", "place"),
        Index(None, "book_at", postgresql_where=text("book_at IS NOT NULL")),
        Index(None, "place", "accepted_at", postgresql_where=text("pending")),
        Index(None, "book_place", "idempotency_key", postgresql_where=text("book_place <> place")),
    )

    invoice_number: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str]
    idempotency_key: Mapped[str]
    seller_tax_id: Mapped[str]
    buyer_tax_id: Mapped[str]
    order_no: Mapped[str]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    issue_date: Mapped[date]
    red_of: Mapped[str]
    red_form_id: Mapped[str]
    document: Mapped[bytes]
    document_sha256: Mapped[str]
    accepted_at: Mapped[datetime]
    traceparent: Mapped[str]
    book_at: Mapped[datetime | None]
    pending: Mapped[bool]
    hidden_from: Mapped[datetime | None]
    hidden_until: Mapped[datetime | None]
    twist: Mapped[str]
    book_place: Mapped[str]
    void_after_seconds: Mapped[float | None]
    seal_failed_at: Mapped[datetime | None]
    seal_tried_on: Mapped[date | None]
    seal_tries: Mapped[int]


class MainBookRow(Base):
    """One for each invoice in the main book of a place, with what the booked document says.

    `void_at` may lie ahead: it is void from then on.
    """

    __tablename__ = "main_book"
    __table_args__ = (
        Index(None, "place", "seller_tax_id", "accepted_at", "book_number"),
        Index(None, "place", "seller_tax_id", "issue_date"),
        Index(None, "red_of", postgresql_where=text("red_of <> ''")),
    )

    book_number: Mapped[str] = mapped_column(primary_key=True)
    invoice_number: Mapped[str] = mapped_column(ForeignKey("acceptance.invoice_number"), unique=True)
    place: Mapped[str]
    idempotency_key: Mapped[str]
    seller_tax_id: Mapped[str]
    buyer_tax_id: Mapped[str]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    issue_date: Mapped[date]
    red_of: Mapped[str]
    document: Mapped[bytes]
    document_sha256: Mapped[str]
    accepted_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    void_at: Mapped[datetime | None]
    red_flushed_at: Mapped[datetime | None]
    red_number: Mapped[str]


class SubmitLogRow(Base):
    """One for each submit that was read to its end, taken or not: the witness of how often a key was sent."""

    __tablename__ = "submit_log"
    __table_args__ = (Index(None, "idempotency_key"),)

    submit_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    place: Mapped[str]
    idempotency_key: Mapped[str]
    document_sha256: Mapped[str]
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    faults: Mapped[str]


class SellerRow(Base):
    """A seller that was registered in a place, or was given a quota there. Without `limit_minor` there is no limit."""

    __tablename__ = "seller"

    place: Mapped[str] = mapped_column(primary_key=True)
    seller_tax_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    registered_at: Mapped[datetime | None]
    suspended: Mapped[bool]
    limit_minor: Mapped[int | None]


class SellerMonthRow(Base):
    """What was accepted of a seller in a calendar month of the authority, such as 2026-03; red letters lessen it."""

    __tablename__ = "seller_month"

    place: Mapped[str] = mapped_column(primary_key=True)
    seller_tax_id: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    used_minor: Mapped[Decimal]


class NumberRangeRow(Base):
    """Invoice numbers that were handed to a seller before the invoices were; both ends belong to it."""

    __tablename__ = "number_range"
    __table_args__ = (UniqueConstraint("idempotency_key", "place"), Index(None, "place", "seller_tax_id"))

    first_number: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[str]
    count: Mapped[int]
    place: Mapped[str]
    seller_tax_id: Mapped[str]
    idempotency_key: Mapped[str]
    assigned_at: Mapped[datetime]


class RedFormRow(Base):
    """A red-letter confirmation form. It is active until it is refused, withdrawn, too old or used by a red invoice."""

    __tablename__ = "red_form"
    __table_args__ = (
        Index(
            None,
            "blue_number",
            unique=True,
            postgresql_where=text(
                "red_number = '' AND state NOT IN ('REFUSED', 'WITHDRAWN', 'WITHDRAWN_CONFIRMED',"
                " 'VOID_72H', 'VOID_ABNORMAL')"
            ),
        ),
    )

    red_form_id: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str]
    blue_number: Mapped[str]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    applied_by: Mapped[str]
    state: Mapped[str]
    applied_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    red_number: Mapped[str]


class BatchSessionRow(Base):
    """A session of batches. Nothing of it is accepted before it is closed."""

    __tablename__ = "batch_session"
    __table_args__ = (UniqueConstraint("idempotency_key", "place"),)

    session_id: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str]
    idempotency_key: Mapped[str]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class BatchItemRow(Base):
    """One document that was sent within a session, taken or refused."""

    __tablename__ = "batch_item"
    __table_args__ = (Index(None, "place", "idempotency_key"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("batch_session.session_id"), primary_key=True)
    item_index: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]
    idempotency_key: Mapped[str]
    invoice_number: Mapped[str]
    document: Mapped[bytes]
    document_sha256: Mapped[str]
    received_at: Mapped[datetime]
    status: Mapped[str]
    code: Mapped[str]
    traceparent: Mapped[str]


class FaultPlanRow(Base):
    """A fault that was asked for; one that was taken back stays, as a record of what it did."""

    __tablename__ = "fault_plan"

    fault_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    fault: Mapped[str]
    times: Mapped[int]
    place: Mapped[str]
    idempotency_key: Mapped[str]
    order_no: Mapped[str]
    seller_tax_id: Mapped[str]
    rate_ppm: Mapped[int | None]
    seed: Mapped[int]
    seconds: Mapped[float | None]
    code: Mapped[str]
    planned_at: Mapped[datetime]
    struck_count: Mapped[int]
    active: Mapped[bool]


class CredentialRow(Base):
    """A credential that opens the protocol, kept as its SHA-256; the highest id is the newest."""

    __tablename__ = "credential"

    credential_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    credential_sha256: Mapped[str] = mapped_column(unique=True)
    added_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class AnnouncementRow(Base):
    """A planned outage that the authority tells of beforehand; no place means all of them."""

    __tablename__ = "announcement"

    announcement_id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    place: Mapped[str]
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    words: Mapped[str]


class ClockRow(Base):
    """How far the sandbox's clock is ahead of the machine's; one row, or none while they agree."""

    __tablename__ = "clock"

    clock_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset_seconds: Mapped[float]
