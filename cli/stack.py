"""The whole system on this machine: PostgreSQL and every process on loopback ports that are free. No business word."""

import asyncio
import contextlib
import os
import signal
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
from chassis.free_ports import free_ports
from chassis.local_postgres import local_postgres
from chassis.tls import Tls
from cli.addresses import Addresses, archive_places
from cli.certificates import inner_tls
from cli.channel_accounts import write_channel_accounts
from cli.local_audit import LocalAudit, local_audit
from cli.loopback_tls import loopback_tls
from cli.stopping import uninterrupted

SERVICES = ("payments", "reconciler", "invoice_sync", "gateway", "tax_sandbox", "channel_sandbox")
_READY_SECONDS = 120.0
_STOP_SECONDS = 20.0
# Who is asked in plain HTTP: to read all the world's certificates would take longer than the question.
_PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# Whoever tries webhooks out has a receiver on this machine, without a certificate.
_TO_ONESELF = {
    "WEBHOOK_INSIDE": "127.0.0.0/8",
    "WEBHOOK_PORTS": "80,443,8443,9000",
    "WEBHOOK_HTTP_ALLOWED": "true",
}


class StackError(Exception):
    """A process did not get ready or died; the message names it and its log."""


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
            time.sleep(0.1)

    def wait_joined(self) -> None:
        """Return when the gateway reaches every service; one that it looked for too early it finds a little later."""
        deadline = time.monotonic() + _READY_SECONDS
        while away := self._not_reached():
            if time.monotonic() > deadline:
                raise StackError(f"the gateway does not reach {', '.join(away)} after {_READY_SECONDS:.0f} s")
            time.sleep(0.1)

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
        ready = _grpc_ready(
            self.addresses.targets[service],
            service.replace("_", "-"),
            inner_tls(Path(self.addresses.inner_tls_folder))["supervisor"],
        )
        return ready and (service != "gateway" or _http_ready(f"{self.addresses.gateway_url}/healthz"))

    def _not_reached(self) -> list[str]:
        headers = {"Authorization": f"Bearer {self.addresses.token()}"}
        answer = httpx.get(
            f"{self.addresses.gateway_url}/v1/system", headers=headers, timeout=30, trust_env=False, verify=_PLAIN
        )
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
    http, by_grpc, tax, channels, *ports = free_ports(4 + len(SERVICES))
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
            usual |= archive_places(addresses)
        chosen = {name: value for name, value in settings.items() if name.startswith(prefix)}
        # Where each part is, is the stack's own affair: a setting for that would only break it.
        fixed = {"LISTEN": listen[service], "DATABASE_URL": addresses.database_urls[service], **extra}
        result[service] = base | _prefixed(prefix, usual) | chosen | _prefixed(prefix, fixed)
        if known := inner.get(service.replace("_", "-")):
            result[service] |= {f"BIHUAN_TLS_{name.upper()}": path for name, path in asdict(known).items()}
    return result


def _prefixed(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    return {prefix + name: value for name, value in values.items()}


def _grpc_ready(target: str, name: str, known: Tls) -> bool:
    named = [("grpc.ssl_target_name_override", name)]
    with grpc.secure_channel(target, known.content().channel_credentials(), options=named) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]  # its stubs know only aio
                health_pb2.HealthCheckRequest(), timeout=5
            )
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _http_ready(url: str, ca_file: str = "") -> bool:
    trust = ssl.create_default_context(cafile=ca_file) if ca_file else _PLAIN
    try:
        return httpx.get(url, timeout=5, trust_env=False, verify=trust).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
