"""A fault of the database or of the way to it: may it pass, and what of it may be logged. Never what is in a row."""

import errno
import socket
import traceback
from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Undone by the database, and not for what was asked: the connection, deadlock and serialisation, resources, a lock that
# was not had in time, a statement or a server that was stopped (PostgreSQL, appendix A).
_SQLSTATES_LATER = ("08", "40", "53", "55P03", "57")
# A Unix socket whose server is down is a file that is not there. asyncio gives no number when several addresses failed.
_UNREACHED = (ConnectionError, TimeoutError, FileNotFoundError, socket.gaierror)
_UNREACHED_NUMBERS = (None, errno.EADDRNOTAVAIL, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH)
_OF_DATABASE = (StatementError, asyncpg.PostgresError, asyncpg.InterfaceError)


def may_pass(raised: BaseException) -> bool:
    """Whether the same may work later without anyone's doing: what is needed was not reached, or had no room."""
    if isinstance(raised, InterfaceError):
        return True
    if isinstance(raised, asyncpg.PostgresError | asyncpg.InterfaceError):
        # The driver's own, of a statement that did not go through SQLAlchemy; without a state, the connection is gone.
        return (_sqlstate(raised) or "08").startswith(_SQLSTATES_LATER)
    if isinstance(raised, DBAPIError):
        return raised.connection_invalidated or _sqlstate(raised).startswith(_SQLSTATES_LATER)
    if isinstance(raised, OSError):
        return isinstance(raised, _UNREACHED) or raised.errno in _UNREACHED_NUMBERS
    return isinstance(raised, PoolTimeout)


def log_facts(raised: BaseException) -> dict[str, object]:
    """What a log may hold of an exception, as key words for it.

    PostgreSQL's own words quote the row ("Failing row contains ..."), so where the database has a part in it these are
    classes, SQLSTATE, the constraint's name and the frames; else it is the exception as it is.
    """
    chain = list(_chain(raised))
    if not any(isinstance(one, _OF_DATABASE) for one in chain):
        return {"exc_info": raised}
    frames = traceback.extract_tb(raised.__traceback__)
    return {
        "error": " from ".join(type(one).__name__ for one in chain),
        "sqlstate": _sqlstate(raised),
        "constraint": _told(raised, "constraint_name"),
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _sqlstate(raised: BaseException) -> str:
    return _told(raised, "sqlstate")


def _told(raised: BaseException, name: str) -> str:
    return next((str(value) for one in _chain(raised) if (value := getattr(one, name, None))), "")


def _chain(raised: BaseException) -> Iterator[BaseException]:
    """The exception, and all that a printed traceback would show with it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [raised]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
