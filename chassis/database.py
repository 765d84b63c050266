"""PostgreSQL through async SQLAlchemy: engines with time-outs, and how constraints are named. No service's SQL."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import MetaData, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

Sessions = async_sessionmaker[AsyncSession]

# One name for a constraint wherever it is made, so that a migration can name what a model made.
NAMING: Mapping[str, str] = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}
_CONNECT_SECONDS = 3.0
_POOL_WAIT_SECONDS = 5.0
_UNASKED_SECONDS = 2.0  # a connection that was at work just now is not asked whether it still stands
_SERVER_SETTINGS = {
    "statement_timeout": "10s",
    "lock_timeout": "4s",
    "idle_in_transaction_session_timeout": "15s",
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "timezone": "UTC",
}


def metadata() -> MetaData:
    """The MetaData that a service's tables are declared in."""
    return MetaData(naming_convention=dict(NAMING))


def connect(url: str, application: str, pool_size: int = 8) -> AsyncEngine:
    """An engine for a `postgresql://` URL. Nothing on it waits without end: connect, lock, statement, pool."""
    engine = create_async_engine(
        async_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_SECONDS,
        hide_parameters=True,  # what a statement was given may be a name or an account, and errors go to the log
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "server_settings": {**_SERVER_SETTINGS, "application_name": application},
        },
    )
    _ask_the_idle(engine)
    return engine


def sessions(engine: AsyncEngine) -> Sessions:
    """Sessions whose rows can still be read after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


def check_url(url: str) -> None:
    """A `check` for a setting. Raises ValueError with a sentence that never repeats the URL: it may hold a password."""
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        made = None
    if made is None or made.get_backend_name() != "postgresql" or not made.database:
        raise ValueError("must be postgresql://user@host:port/database (it is not shown: it may hold a password)")


def _ask_the_idle(engine: AsyncEngine) -> None:
    """Replace connections that the server has closed before anyone gets one.

    SQLAlchemy's own pre-ping asks at every checkout, which with this driver is three round trips a transaction. The
    driver knows of a connection that was closed; only of one that was idle there may be news that has not come.
    """
    pool, fault = engine.sync_engine.pool, engine.dialect.loaded_dbapi.Error

    @event.listens_for(pool, "checkin")
    def _(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(pool, "checkout")
    def _(connection: Any, record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if time.monotonic() - record.info.get("idle_since", time.monotonic()) > _UNASKED_SECONDS:
            try:
                connection.ping()
            except fault as gone:
                raise InvalidatePoolError from gone


def async_url(url: str) -> URL:
    """The same database through the asynchronous driver."""
    return make_url(url).set(drivername="postgresql+asyncpg")
