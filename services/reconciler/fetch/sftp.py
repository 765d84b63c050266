"""Files by SFTP, from a server whose key is pinned. It writes nothing there and takes no file that still grows."""

import asyncio
import fnmatch
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date

import asyncssh
from opentelemetry.trace import SpanKind

from chassis import telemetry
from services.reconciler.domain.fetch import Cause
from services.reconciler.fetch import Came, FetchLimits, NotCame, Stopped, pour, read_secret, secret_faults
from services.reconciler.fetch.dated import dated
from services.reconciler.fetch.source import Sftp, is_pattern, marker_of
from services.reconciler.spool import Spool

_CONNECT_SECONDS = 10.0
_LOGIN_SECONDS = 20.0
_BLOCK_BYTES = 1024 * 1024
_NAMES_MAX = 100_000
_REGULAR = (asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN)


class SftpFetcher:
    """One folder. Key and password are read again for each try, so that a new one needs no restart."""

    def __init__(self, place: Sftp, limits: FetchLimits) -> None:
        self._place = place
        self._limits = limits

    async def fetch(self, day: date, spool: Spool) -> Came | NotCame:
        """Copy the file of a business date."""
        server: telemetry.Attributes = {"server.address": self._place.host, "server.port": self._place.port}
        with telemetry.span("SFTP statement", kind=SpanKind.CLIENT, attributes=server) as span:
            end = asyncio.get_running_loop().time() + self._limits.seconds_max
            try:
                with _faults(end):
                    async with self._connected(end) as client:
                        return Came(await self._copy(client, day, spool))
            except Stopped as stopped:
                telemetry.fail(span, stopped.not_came.cause)
                return stopped.not_came

    @asynccontextmanager
    async def _connected(self, end: float) -> AsyncIterator[asyncssh.SFTPClient]:
        """A session that is cut at `end` by the loop's time: all that waits for an answer then fails at once."""
        async with asyncio.timeout_at(end):
            connection = await self._connect()
        cut = asyncio.get_running_loop().call_at(end, connection.abort)
        try:
            # A folder may hold names in any encoding; one that is not UTF-8 is nobody's, and stops nothing.
            yield await connection.start_sftp_client(path_errors="surrogateescape")
        finally:
            cut.cancel()
            # Nothing of ours is under way there, and a server that hangs would not answer a farewell.
            connection.abort()
            await connection.wait_closed()

    async def _connect(self) -> asyncssh.SSHClientConnection:
        place = self._place
        pinned = [asyncssh.import_public_key(key) for key in place.host_keys]
        key = await asyncio.to_thread(_key, place)
        password = await asyncio.to_thread(read_secret, place.password_file) if place.password_file else None
        # Nothing is taken from the user who runs us: no agent, no ~/.ssh, no Kerberos ticket.
        return await asyncssh.connect(
            place.host,
            place.port,
            username=place.username,
            known_hosts=(pinned, [], []),
            client_keys=[key] if key else None,
            password=password,
            config=None,
            agent_path=None,
            gss_host=None,
            connect_timeout=_CONNECT_SECONDS,
            login_timeout=_LOGIN_SECONDS,
        )

    async def _copy(self, client: asyncssh.SFTPClient, day: date, spool: Spool) -> str:
        folder = dated(self._place.directory, day)
        name = await self._name(client, folder, dated(self._place.name, day))
        path = f"{folder.rstrip('/')}/{name}"
        if self._place.done_marker and not await client.exists(f"{folder.rstrip('/')}/{self._marker(name)}"):
            raise Stopped(Cause.GROWING, f"{self._marker(name)} is not there")
        before = await _size_and_time(client, path)
        stable_at = asyncio.get_running_loop().time() + self._place.stable_seconds
        if before[0] > self._limits.bytes_max:
            raise Stopped(Cause.TOO_LARGE, f"{name} is larger than {self._limits.bytes_max} bytes")
        # It is not closed: a server that hangs would not answer that, and the connection ends anyway.
        file = await client.open(path, "rb")
        while block := await file.read(min(_BLOCK_BYTES, before[0] - spool.size)):
            assert isinstance(block, bytes), "the file is open for bytes"
            await pour(spool, block, self._limits)
        if not self._place.done_marker:
            await asyncio.sleep(stable_at - asyncio.get_running_loop().time())
        if await _size_and_time(client, path) != before or spool.size != before[0]:
            raise Stopped(Cause.GROWING, f"{name} has changed while it was copied")
        return name

    async def _name(self, client: asyncssh.SFTPClient, folder: str, wanted: str) -> str:
        """The one file that has the name. Raises Stopped NOT_THERE or MANY: which of several it is, nobody guesses."""
        if not is_pattern(wanted):
            return wanted
        found = []
        seen = 0
        async for entry in client.scandir(folder):
            seen += 1
            if seen > _NAMES_MAX:
                raise Stopped(Cause.ANSWER, f"the folder has more than {_NAMES_MAX} names")
            name = str(entry.filename)
            is_file = entry.attrs.type in _REGULAR and "/" not in name and name.isprintable()
            if is_file and fnmatch.fnmatchcase(name, wanted):
                found.append(name)
        markers = {self._marker(name) for name in found} if self._place.done_marker else set()
        found = [name for name in found if name not in markers]
        if len(found) > 1:
            raise Stopped(Cause.MANY, f"{len(found)} files are called {wanted}")
        if not found:
            raise Stopped(Cause.NOT_THERE, f"no file is called {wanted}")
        return found[0]

    def _marker(self, name: str) -> str:
        return marker_of(self._place.done_marker, name)


def _key(place: Sftp) -> asyncssh.SSHKey | None:
    if not place.key_file:
        return None
    with secret_faults(place.key_file):
        return asyncssh.read_private_key(place.key_file)


async def _size_and_time(client: asyncssh.SFTPClient, path: str) -> tuple[int, int | None]:
    told = await client.stat(path)
    if told.size is None:
        raise Stopped(Cause.ANSWER, "the server tells no size, so that a cut file would look whole")
    return told.size, told.mtime


@contextmanager
def _faults(end: float) -> Iterator[None]:
    """What can go wrong on the way, as Stopped. Its words are ours: a fault's own may quote what the server said."""
    try:
        yield
    except TimeoutError:
        raise Stopped(Cause.TIMEOUT, "no whole file in time") from None
    except asyncssh.HostKeyNotVerifiable:
        raise Stopped(Cause.HOST_KEY, "the server's key is none of host_keys") from None
    except (asyncssh.PermissionDenied, asyncssh.SFTPPermissionDenied):
        raise Stopped(Cause.LOGIN, "the server does not let us in") from None
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        raise Stopped(Cause.NOT_THERE, "no such file") from None
    except (asyncssh.ConnectionLost, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as fault:
        was_cut = asyncio.get_running_loop().time() >= end
        raise Stopped(Cause.TIMEOUT if was_cut else Cause.UNREACHABLE, type(fault).__name__) from None
    except (asyncssh.Error, asyncssh.SFTPError) as fault:
        raise Stopped(Cause.ANSWER, type(fault).__name__) from None
    except OSError as fault:
        raise Stopped(Cause.UNREACHABLE, fault.strerror or type(fault).__name__) from None
