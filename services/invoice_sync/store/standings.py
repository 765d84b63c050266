"""Standings as rows and back: one order of columns for every statement that reads or writes them."""

from collections.abc import Iterable, Sequence
from typing import Any

from services.invoice_sync.domain.standing import ParkedReason, Standing, SyncState, Work

# Name and type of each column that outbox and settled share, in the order in which values() gives them.
SHARED: Sequence[tuple[str, str]] = (
    ("invoice_id", "text"),
    ("version", "int"),
    ("sync_state", "text"),
    ("deadline_at", "timestamptz"),
    ("tries", "int"),
    ("submit_count", "int"),
    ("attempt_count", "int"),
    ("look_count", "int"),
    ("seal_count", "int"),
    ("invoice_number", "text"),
    ("red_number", "text"),
    ("ack_time", "timestamptz"),
    ("book_time", "timestamptz"),
    ("confirm_time", "timestamptz"),
    ("settle_from", "timestamptz"),
    ("state_time", "timestamptz"),
    ("create_time", "timestamptz"),
    ("parked_reason", "text"),
    ("log_head", "text"),
)
DUE: Sequence[tuple[str, str]] = (*SHARED, ("work", "text"), ("due_at", "timestamptz"))
NAMES = tuple(name for name, _ in DUE)


def columns(of: Sequence[tuple[str, str]], prefix: str = "") -> str:
    """Their names, for a statement."""
    return ", ".join(f"{prefix}{name}" for name, _ in of)


def unnested(of: Sequence[tuple[str, str]], first: int = 1) -> str:
    """An unnest of one array parameter for each, from $first on."""
    return "unnest(" + ", ".join(f"${no}::{kind}[]" for no, (_, kind) in enumerate(of, start=first)) + ")"


def put_rows(of: Sequence[tuple[str, str]]) -> str:
    """A SELECT of the rows that `in_columns` passes: a list for each column from $1 on, then what all rows share."""
    filled = ", ".join(
        f"coalesce({name}, ${no}::{kind}) AS {name}" for no, (name, kind) in enumerate(of, start=len(of) + 1)
    )
    return f"SELECT {filled} FROM {unnested(of)} AS put ({columns(of)})"  # noqa: S608  the names are ours


def in_columns(of: Sequence[tuple[str, str]], rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The parameters of `put_rows`. Most columns of a batch say one thing, and lists are what costs.

    The invoice_id is always a list, which gives the number of rows.
    """
    listed: list[Any] = []
    shared: list[Any] = []
    for (name, _), column in zip(of, zip(*rows, strict=True), strict=True):
        same = name != "invoice_id" and column.count(column[0]) == len(column)
        listed.append([] if same else list(column))
        shared.append(column[0] if same else None)
    return listed + shared


def values(standing: Standing) -> tuple[Any, ...]:
    """In the order of DUE; what is due comes last."""
    return (
        standing.invoice_id,
        standing.version,
        standing.sync_state.value,
        standing.deadline_at,
        standing.tries,
        standing.submit_count,
        standing.attempt_count,
        standing.look_count,
        standing.seal_count,
        standing.invoice_number,
        standing.red_number,
        standing.ack_time,
        standing.book_time,
        standing.confirm_time,
        standing.settle_from,
        standing.state_time,
        standing.create_time,
        standing.parked_reason.value,
        standing.log_head,
        standing.work.value if standing.work else None,
        standing.due_at,
    )


def transposed(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """One list for each column: what unnest takes."""
    return [list(column) for column in zip(*rows, strict=True)]


def from_row(row: Sequence[Any]) -> Standing:
    """Of a row whose first columns are those of DUE."""
    return Standing(
        invoice_id=row[0],
        version=row[1],
        sync_state=_STATES[row[2]],
        work=_WORKS[row[19]],
        due_at=row[20],
        deadline_at=row[3],
        tries=row[4],
        submit_count=row[5],
        attempt_count=row[6],
        look_count=row[7],
        seal_count=row[8],
        invoice_number=row[9],
        red_number=row[10],
        ack_time=row[11],
        book_time=row[12],
        confirm_time=row[13],
        settle_from=row[14],
        state_time=row[15],
        create_time=row[16],
        parked_reason=_REASONS[row[17]],
        log_head=row[18],
    )


_STATES = {state.value: state for state in SyncState}
_WORKS: dict[str | None, Work | None] = {None: None, **{work.value: work for work in Work}}
_REASONS = {reason.value: reason for reason in ParkedReason}
