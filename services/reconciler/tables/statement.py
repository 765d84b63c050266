"""Statements, their lines, and the sealed bytes that both came from."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class StatementFileRow(Base):
    """A file, under the SHA-256 of its bytes in hex.

    `content` is only of the release that did not seal; the service seals what it finds there and empties it.
    """

    __tablename__ = "statement_files"
    file_sha256: Mapped[str] = mapped_column(primary_key=True)
    size_bytes: Mapped[int] = mapped_column(server_default=text("0"))
    content: Mapped[bytes | None]


class StatementFileChunkRow(Base):
    """A MiB of a file, the last one shorter, sealed for its file and its number, from 0."""

    __tablename__ = "statement_file_chunks"
    file_sha256: Mapped[str] = mapped_column(primary_key=True)
    chunk_no: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


class StatementRow(Base):
    """A file that was read whole, and by which request. Sums are minor units by currency, `sums_out` positive.

    `business_date` is the last day that it covers. `first_date` and `last_date` are empty in what the release before
    this one wrote; both are the business date then. `booked_rows` counts what the file lists, `known_rows` those of
    them that an earlier statement of the account has, and that were left out here.
    """

    __tablename__ = "statements"
    __table_args__ = (
        Index("statements_request_id_key", "request_id", unique=True),
        Index("statements_file_sha256_key", "file_sha256", unique=True),
        Index(None, "channel", "business_date"),
    )
    statement_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(ForeignKey("statement_files.file_sha256"))
    file_name: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(server_default=text("0"))
    channel: Mapped[str]
    account_no: Mapped[str]
    business_date: Mapped[date]
    first_date: Mapped[date | None]
    last_date: Mapped[date | None]
    profile_id: Mapped[str]
    profile_version: Mapped[int]
    encoding: Mapped[str]
    booked_rows: Mapped[int]
    neutral_rows: Mapped[int]
    frame_rows: Mapped[int]
    quarantined_rows: Mapped[int]
    known_rows: Mapped[int] = mapped_column(server_default=text("0"))
    late_rows: Mapped[int] = mapped_column(server_default=text("0"))
    sums_in: Mapped[dict[str, Any]]
    sums_out: Mapped[dict[str, Any]]
    controls: Mapped[list[dict[str, Any]]]
    create_time: Mapped[datetime]
    vouched_by: Mapped[str] = mapped_column(server_default="")
    vouched_reason: Mapped[str] = mapped_column(server_default="")


class StatementLineRow(Base):
    """A line that moves money. Its text is not repeated here: it stands in the file, at `byte_offset`.

    `line_key` with `occurrence` tells it from every other line of its account (domain/identity.py); it is empty in
    what the release before this one wrote. Lines are written with their statement and never alone, so that a foreign
    key would be one more look-up for each of a million rows.
    """

    __tablename__ = "statement_lines"
    __table_args__ = (Index("statement_lines_line_key_occurrence_key", "line_key", "occurrence", unique=True),)
    statement_id: Mapped[str] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    channel_txn_no: Mapped[str]
    merchant_order_no: Mapped[str]
    channel_refund_no: Mapped[str]
    merchant_refund_no: Mapped[str]
    currency_code: Mapped[str]
    amount_minor: Mapped[int]
    fee_text: Mapped[str]
    book_time: Mapped[datetime | None]
    book_local: Mapped[str]
    business_date: Mapped[date]
    status: Mapped[str]
    byte_offset: Mapped[int]
    byte_size: Mapped[int] = mapped_column(server_default=text("0"))
    value_date: Mapped[date | None]
    entry_ref: Mapped[str] = mapped_column(server_default="")
    account_no: Mapped[str] = mapped_column(server_default="")
    balance_after_minor: Mapped[int | None]
    reversal: Mapped[bool] = mapped_column(server_default=false())
    original_txn_no: Mapped[str] = mapped_column(server_default="")
    late: Mapped[bool] = mapped_column(server_default=false())
    line_key: Mapped[bytes | None]
    occurrence: Mapped[int] = mapped_column(server_default=text("1"))
