"""The whole system on this machine: PostgreSQL and every process on loopback ports that are free. No business word."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis import migrate
from chassis.crypto import new_key_line
from chassis.local_postgres import local_postgres
from chassis.tls import Tls
from cli.certificates import inner_tls
from cli.channel_accounts import write_channel_accounts
from cli.local_audit import LocalAudit, local_audit
from cli.loopback_tls import loopback_tls
from cli.stopping import uninterrupted

SERVICES = ("payments", "reconciler", "invoice_sync", "gateway", "tax_sandbox", "channel_sandbox")
_READY_SECONDS = 60.0
_STOP_SECONDS = 20.0
# Whoever tries webhooks out has a receiver on this machine, without a certificate.
_TO_ONESELF = {
    "WEBHOOK_INSIDE": "127.0.0.0/8",
    "WEBHOOK_PORTS": "80,443,8443,9000",
    "WEBHOOK_HTTP_ALLOWED": "true",
}


class StackError(Exception):
    """A process did not get ready or died; the message names it and its log."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running stack is: URLs, the admin token's file, the traces and the logs.

    `targets` are inside, by service; callers with a key reach the gateway by gRPC at `gateway_grpc_target`.
    """

    gateway_url: str
    gateway_grpc_target: str
    tax_sandbox_url: str
    tax_ca_file: str
    channel_sandbox_url: str
    channel_keys_folder: str
    targets: dict[str, str]
    database_urls: dict[str, str]
    admin_key_file: str
    channel_accounts_file: str
    body_key_file: str
    payments_key_file: str
    reconciler_key_file: str
    webhook_key_file: str
    link_key_file: str
    archive_folder: str
    traces_folder: str
    logs_folder: str
    inner_tls_folder: str
    audit_folder: str
    audit_key_file: str
    audit_public_key_file: str

    def inner_tls(self, name: str = "supervisor") -> Tls:
        """The certificate of a service, or of who started them all."""
        return inner_tls(Path(self.inner_tls_folder))[name]

    def token(self) -> str:
        """The admin key that the gateway made at its first start."""
        return Path(self.admin_key_file).read_text("ascii").strip()


@dataclass(slots=True)
class Stack:
    """Processes under way, by service; a test may kill one and start it again."""

    addresses: Addresses
    folder: Path
    environments: dict[str, dict[str, str]]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, service: str) -> None:
        """Start one service, its words going to its log."""
        log = Path(self.addresses.logs_folder) / f"{service}.log"
        with log.open("ab") as out, uninterrupted():
            self.processes[service] = subprocess.Popen(
                [sys.executable, "-m", f"services.{service}"],
                env=self.environments[service],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is ours to pass on, in order
            )

    def wait_ready(self, service: str) -> None:
        """Return when the service takes calls. Raises StackError when it ends before, or takes too long."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self._ready(service):
            if self.processes[service].poll() is not None:
                raise StackError(f"{service} ended while it started:\n{self._last_words(service)}")
            if time.monotonic() > deadline:
                raise StackError(f"{service} is not ready after {_READY_SECONDS:.0f} s:\n{self._last_words(service)}")
            time.sleep(0.05)

    def wait_joined(self) -> None:
        """Return when the gateway reaches every service; one that it looked for too early it finds a little later."""
        deadline = time.monotonic() + _READY_SECONDS
        while away := self._not_reached():
            if time.monotonic() > deadline:
                raise StackError(f"the gateway does not reach {', '.join(away)} after {_READY_SECONDS:.0f} s")
            time.sleep(0.05)

    def dead(self) -> list[str]:
        """The services whose process has ended."""
        return [service for service, process in self.processes.items() if process.poll() is not None]

    def stop(self) -> None:
        """Ask every process to end, and end by force what does not."""
        for process in reversed(self.processes.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _ready(self, service: str) -> bool:
        if service == "tax_sandbox":
            return _http_ready(f"{self.addresses.tax_sandbox_url}/healthz", self.addresses.tax_ca_file)
        if service == "channel_sandbox":
            return _http_ready(f"{self.addresses.channel_sandbox_url}/healthz")
        ready = _grpc_ready(self.addresses.targets[service], service.replace("_", "-"), self.addresses.inner_tls())
        return ready and (service != "gateway" or _http_ready(f"{self.addresses.gateway_url}/healthz"))

    def _not_reached(self) -> list[str]:
        headers = {"Authorization": f"Bearer {self.addresses.token()}"}
        answer = httpx.get(f"{self.addresses.gateway_url}/v1/system", headers=headers, timeout=5, trust_env=False)
        return [one["service"] for one in answer.raise_for_status().json()["services"] if not one.get("serving")]

    def _last_words(self, service: str) -> str:
        log = Path(self.addresses.logs_folder) / f"{service}.log"
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])


@contextlib.contextmanager
def running_stack(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """Run everything while the block lasts, with data, logs and traces in `folder`.

    `settings` are further variables such as BIHUAN_INVOICE_SYNC_SETTLE_SECONDS; each goes to its own service. A
    service whose BIHUAN_<SERVICE>_DATABASE_URL is among them uses that; for the others a local PostgreSQL is started.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = settings or {}
    audit = local_audit(folder, is_new=not (folder / "postgres").exists())
    with _databases(folder, settings) as urls:
        asyncio.run(_migrate(urls))
        addresses = _addresses(folder, urls, audit)
        stack = Stack(addresses, folder, _environments(addresses, settings))
        try:
            for service in SERVICES:
                stack.start(service)
            for service in SERVICES:
                stack.wait_ready(service)
            stack.wait_joined()
            yield stack
        finally:
            with uninterrupted():
                stack.stop()


def save(addresses: Addresses, path: Path) -> None:
    """Write where the stack is, for the other commands; they see the whole file or none."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(addresses), indent=2), "utf-8")
    fresh.replace(path)


def load(path: Path) -> Addresses:
    """Read what `save` wrote."""
    return Addresses(**json.loads(path.read_text("utf-8")))


@contextlib.contextmanager
def _databases(folder: Path, settings: Mapping[str, str]) -> Iterator[dict[str, str]]:
    configured = {service: settings.get(f"BIHUAN_{service.upper()}_DATABASE_URL", "") for service in SERVICES}
    with contextlib.ExitStack() as stack:
        if not all(configured.values()):
            with uninterrupted():
                server = stack.enter_context(local_postgres(folder / "postgres"))
            for service in [service for service, url in configured.items() if not url]:
                configured[service] = asyncio.run(server.create_database(f"bihuan_{service}"))
        yield configured


async def _migrate(urls: Mapping[str, str]) -> None:
    for service, url in urls.items():  # one after the other: alembic's context is one for the process
        await migrate.upgrade(f"services.{service}", url)


def _addresses(folder: Path, urls: dict[str, str], audit: LocalAudit) -> Addresses:
    logs, traces = folder / "logs", folder / "traces"
    logs.mkdir(exist_ok=True)
    traces.mkdir(exist_ok=True)
    http, by_grpc, tax, channels, *ports = _free_ports(4 + len(SERVICES))
    gateway_url, channels_url = f"http://127.0.0.1:{http}", f"http://127.0.0.1:{channels}"
    keys_folder = folder / "channel_keys"
    accounts = write_channel_accounts(folder / "channel_accounts.toml", keys_folder, channels_url, gateway_url)
    return Addresses(
        gateway_url=gateway_url,
        gateway_grpc_target=f"127.0.0.1:{by_grpc}",
        tax_sandbox_url=f"https://127.0.0.1:{tax}",
        tax_ca_file=loopback_tls(folder / "tls").ca_file,
        channel_sandbox_url=channels_url,
        channel_keys_folder=str(keys_folder),
        channel_accounts_file=str(accounts),
        targets={service: f"127.0.0.1:{port}" for service, port in zip(SERVICES, ports, strict=True)},
        database_urls=urls,
        admin_key_file=str(folder / "admin.key"),
        body_key_file=str(_body_key_file(folder / "body.key")),
        payments_key_file=str(_body_key_file(folder / "payments.key")),
        reconciler_key_file=str(_body_key_file(folder / "reconciler.key")),
        webhook_key_file=str(_body_key_file(folder / "webhook.key")),
        link_key_file=str(_body_key_file(folder / "link.key")),
        archive_folder=str(folder / "archive"),
        traces_folder=str(traces),
        logs_folder=str(logs),
        inner_tls_folder=str(folder / "inner_tls"),
        audit_folder=audit.folder,
        audit_key_file=audit.key_file,
        audit_public_key_file=audit.public_key_file,
    )


def _body_key_file(path: Path) -> Path:
    """A key that seals what a service keeps: made at the first start, since without it nothing kept opens again."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"{new_key_line()}\n", "ascii")
    return path


def _environments(addresses: Addresses, settings: Mapping[str, str]) -> dict[str, dict[str, str]]:
    base = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    targets, tls = addresses.targets, loopback_tls(Path(addresses.tax_ca_file).parent)
    own: dict[str, dict[str, str]] = {
        "payments": {
            "CHANNEL_ACCOUNTS_FILE": addresses.channel_accounts_file,
            "BODY_KEY_FILE": addresses.payments_key_file,
        },
        "reconciler": {"PAYMENTS_TARGET": targets["payments"], "BODY_KEY_FILE": addresses.reconciler_key_file},
        "invoice_sync": {
            "PAYMENTS_TARGET": targets["payments"],
            "TAX_URL": addresses.tax_sandbox_url,
            "TAX_CA_FILE": addresses.tax_ca_file,
            "BODY_KEY_FILE": addresses.body_key_file,
            "PUBLIC_URL": addresses.gateway_url,
            "LINK_KEY_FILE": addresses.link_key_file,
        },
        "gateway": {
            "PAYMENTS_TARGET": targets["payments"],
            "RECONCILER_TARGET": targets["reconciler"],
            "INVOICE_SYNC_TARGET": targets["invoice_sync"],
            "HTTP_LISTEN": addresses.gateway_url.removeprefix("http://"),
            "GRPC_LISTEN": addresses.gateway_grpc_target,
            "ADMIN_KEY_FILE": addresses.admin_key_file,
            "WEBHOOK_KEY_FILE": addresses.webhook_key_file,
        },
        "tax_sandbox": {"TLS_CERT_FILE": tls.cert_file, "TLS_KEY_FILE": tls.key_file},
        "channel_sandbox": {"KEYS_FOLDER": addresses.channel_keys_folder},
    }
    listen = {
        **targets,
        "tax_sandbox": addresses.tax_sandbox_url.removeprefix("https://"),
        "channel_sandbox": addresses.channel_sandbox_url.removeprefix("http://"),
    }
    inner = inner_tls(Path(addresses.inner_tls_folder))
    audit = {"AUDIT_FOLDER": addresses.audit_folder, "AUDIT_KEY_FILE": addresses.audit_key_file}
    result = {}
    for service, extra in own.items():
        prefix = f"BIHUAN_{service.upper()}_"
        usual = {"TRACES": f"file:{addresses.traces_folder}", **(_TO_ONESELF | audit if service == "gateway" else {})}
        if service == "invoice_sync":
            usual |= _archive_places(addresses)
        chosen = {name: value for name, value in settings.items() if name.startswith(prefix)}
        # Where each part is, is the stack's own affair: a setting for that would only break it.
        fixed = {"LISTEN": listen[service], "DATABASE_URL": addresses.database_urls[service], **extra}
        result[service] = base | _prefixed(prefix, usual) | chosen | _prefixed(prefix, fixed)
        if known := inner.get(service.replace("_", "-")):
            result[service] |= {f"BIHUAN_TLS_{name.upper()}": path for name, path in asdict(known).items()}
    return result


def archive_settings(addresses: Addresses) -> dict[str, str]:
    """What invoice_sync is told here of its database and its archive, for who reads them beside it."""
    return {
        "DATABASE_URL": addresses.database_urls["invoice_sync"],
        "BODY_KEY_FILE": addresses.body_key_file,
        **_archive_places(addresses),
    }


def _archive_places(addresses: Addresses) -> dict[str, str]:
    """Two folders: on one machine they prove the ways, and not the independence."""
    folder = Path(addresses.archive_folder)
    return {f"ARCHIVE_{name.upper()}": (folder / name).as_uri() for name in ("first", "second")}


def _prefixed(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    return {prefix + name: value for name, value in values.items()}


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _grpc_ready(target: str, name: str, known: Tls) -> bool:
    named = [("grpc.ssl_target_name_override", name)]
    with grpc.secure_channel(target, known.content().channel_credentials(), options=named) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]  # its stubs know only aio
                health_pb2.HealthCheckRequest(), timeout=1
            )
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _http_ready(url: str, ca_file: str = "") -> bool:
    trust = ssl.create_default_context(cafile=ca_file) if ca_file else True
    try:
        return httpx.get(url, timeout=1, trust_env=False, verify=trust).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
