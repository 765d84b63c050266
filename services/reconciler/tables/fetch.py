"""The statements that are fetched: for each source and business day, how far it is."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reconciler.tables.base import Base


class StatementFetchRow(Base):
    """A business day of a source.

    `next_try_at` is the end of the lease during a try, and empty when there is to be no other. `attempts` rises with
    each try, so that who lost the lease can be told from who has it; `failures` counts faults in a row. `cause` and
    `detail` tell why the last try did not end with a statement. `file_sha256` is of the last bytes that came.
    """

    __tablename__ = "statement_fetches"
    __table_args__ = (
        Index("statement_fetches_source_id_business_date_key", "source_id", "business_date", unique=True),
        Index(None, "source_id", "next_try_at"),
        Index("statement_fetches_open_idx", "state", "fetch_id", postgresql_where=text("state <> 'LOADED'")),
        CheckConstraint("(state = 'LOADED') = (statement_id IS NOT NULL)", name="statement_id"),
    )
    fetch_id: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str]
    channel: Mapped[str]
    account_no: Mapped[str]
    business_date: Mapped[date]
    state: Mapped[str]
    late: Mapped[bool] = mapped_column(server_default=false())
    attempts: Mapped[int]
    failures: Mapped[int]
    available_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    end_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    cause: Mapped[str]
    detail: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    statement_id: Mapped[str | None] = mapped_column(ForeignKey("statements.statement_id"))
    create_time: Mapped[datetime]
    try_time: Mapped[datetime | None]
    fetch_time: Mapped[datetime | None]
    load_time: Mapped[datetime | None]
