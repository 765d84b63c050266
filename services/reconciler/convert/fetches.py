"""Fetched statements, as the contract tells them. It decides nothing."""

from bihuan.reconciler.v1 import statement_fetch_service_pb2

from services.reconciler.convert.basics import timestamp
from services.reconciler.tables import StatementFetchRow

_FETCH_ALERTS = {"MISSING": "STATEMENT_MISSING", "REFUSED": "STATEMENT_REFUSED"}


def statement_fetch(row: StatementFetchRow) -> statement_fetch_service_pb2.StatementFetch:
    """A source's business day as the contract tells it."""
    return statement_fetch_service_pb2.StatementFetch(
        fetch_id=row.fetch_id,
        source_id=row.source_id,
        channel=row.channel,
        account_no=row.account_no,
        business_date=row.business_date.isoformat(),
        state=statement_fetch_service_pb2.StatementFetch.State.Value(f"STATE_{row.state}"),
        alert=_FETCH_ALERTS.get(row.state, ""),
        late=row.late,
        attempts=row.attempts,
        cause=row.cause,
        detail=row.detail,
        available_time=timestamp(row.available_at),
        deadline_time=timestamp(row.deadline_at),
        give_up_time=timestamp(row.end_at),
        try_time=timestamp(row.try_time) if row.try_time else None,
        next_try_time=timestamp(row.next_try_at) if row.next_try_at else None,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        fetch_time=timestamp(row.fetch_time) if row.fetch_time else None,
        statement_id=row.statement_id or "",
        load_time=timestamp(row.load_time) if row.load_time else None,
    )


def fetch_state_name(state: "statement_fetch_service_pb2.StatementFetch.State.ValueType") -> str:
    """A state of a filter as the table has it; empty for every state."""
    name = statement_fetch_service_pb2.StatementFetch.State.Name(state).removeprefix("STATE_")
    return "" if name == "UNSPECIFIED" else name
