"""Where channels lay statements out: SFTP and HTTPS servers on the loopback, as well or as badly as a test says."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis import http_server
from chassis.http_server import Tls
from services.reconciler.fetch.source import Https, Sftp
from tests.support.eventually import eventually

PASSWORD = "correct horse battery staple"
TOKEN = "token-7c1f0a"
Answer = Callable[[Request], Awaitable[Response] | Response]
RawPeer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class SftpPeer:
    """A server whose root is `folder`; what it is told to do badly is asked of `before_read` at each read."""

    folder: Path
    keys: Path
    port: int = 0
    host_key: str = ""
    sessions: int = 0
    before_read: Callable[[], Awaitable[None]] | None = None

    def place(self, **said: object) -> Sftp:
        """How a source declares it."""
        values = {
            "host": "127.0.0.1",
            "port": self.port,
            "username": "reader",
            "host_keys": (self.host_key,),
            "key_file": self.keys / "client",
            "directory": "/out",
            "name": "bill_{date:%Y%m%d}.csv",
            "stable_seconds": 0,
        }
        return Sftp(**{**values, **said})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def sftp_peer(folder: Path) -> AsyncIterator[SftpPeer]:
    """Serve a folder to the user `reader`, by the key that the place names or by PASSWORD."""
    root, keys = folder / "root", folder / "keys"
    (root / "out").mkdir(parents=True)
    keys.mkdir()
    client, server_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    client.write_private_key(keys / "client")
    client.write_public_key(keys / "client.pub")
    (keys / "password").write_text(f"{PASSWORD}\n")
    peer = SftpPeer(root, keys, host_key=server_key.export_public_key().decode().strip())

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel) -> None:
            super().__init__(channel, chroot=str(root).encode())
            peer.sessions += 1

        def exit(self) -> None:
            peer.sessions -= 1

        async def read(self, file_obj: object, offset: int, size: int) -> bytes:
            if peer.before_read is not None:
                await peer.before_read()
            return super().read(file_obj, offset, size)  # type: ignore[return-value]

    class Door(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("reader", PASSWORD)

    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Door,
        server_host_keys=[server_key],
        authorized_client_keys=str(keys / "client.pub"),
        sftp_factory=Files,
    )
    peer.port = acceptor.get_port()
    try:
        yield peer
    finally:
        acceptor.close()
        await acceptor.wait_closed()
        await eventually(lambda: not peer.sessions)  # each closes the files that it has open


@contextlib.asynccontextmanager
async def stalling(port: int, answer_bytes: int) -> AsyncIterator[int]:
    """A port that leads to another one of the loopback, and lets so many bytes of the answers through, and no more."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        asking = asyncio.create_task(_copy(reader, to_server, 2**62))
        await _copy(from_server, writer, answer_bytes)
        await asking
        for each in (writer, to_server):
            each.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bytes_max: int) -> None:
    with contextlib.suppress(ConnectionError):
        while bytes_max and (block := await reader.read(min(65_536, bytes_max))):
            bytes_max -= len(block)
            writer.write(block)
            await writer.drain()


@dataclass(slots=True)
class HttpsPeer:
    """A server that answers each GET by `answer`, and keeps what came."""

    url: str
    ca_file: Path
    secret_file: Path
    answer: Answer = lambda _: Response(status_code=404)
    came: list[Request] = field(default_factory=list)

    def place(self, **said: object) -> Https:
        """How a source declares it."""
        values = {
            "url": f"{self.url}/bills/{{date}}.csv",
            "secret_file": self.secret_file,
            "ca_file": self.ca_file,
        }
        return Https(**{**values, **said})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def https_peer(folder: Path) -> AsyncIterator[HttpsPeer]:
    """Serve with a certificate for the loopback of an authority of its own."""
    tls, ca_file = certificate(folder)
    secret_file = folder / "token"
    secret_file.write_text(f"{TOKEN}\n")

    async def serve(request: Request) -> Response:
        peer.came.append(request)
        answer = peer.answer(request)
        return answer if isinstance(answer, Response) else await answer

    running = await http_server.start("127.0.0.1:0", Starlette(routes=[Route("/{path:path}", serve)]), tls=tls)
    peer = HttpsPeer(f"https://127.0.0.1:{running.port}", ca_file, secret_file)
    try:
        yield peer
    finally:
        await running.stop()


@contextlib.asynccontextmanager
async def raw_https_peer(folder: Path, peer: RawPeer) -> AsyncIterator[HttpsPeer]:
    """A server that reads a request's head and then does what it is told with the connection."""
    tls, ca_file = certificate(folder)
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trust.load_cert_chain(tls.cert_file, tls.key_file)
    secret_file = folder / "token"
    secret_file.write_text(TOKEN)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await peer(writer)
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=trust)
    port = server.sockets[0].getsockname()[1]
    try:
        yield HttpsPeer(f"https://127.0.0.1:{port}", ca_file, secret_file)
    finally:
        server.close()


def certificate(folder: Path, host: str = "127.0.0.1") -> tuple[Tls, Path]:
    """A certificate and its key for a host, and the authority that signed it, as files."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    issued = authority.issue_cert(host)
    tls, ca_file = Tls(folder / f"{host}.pem", folder / f"{host}.key"), folder / f"{host}.ca.pem"
    tls.cert_file.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(tls.key_file)
    authority.cert_pem.write_to_path(ca_file)
    return tls, ca_file
