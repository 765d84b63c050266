"""What the gateway reads from its environment, once. It has no default for the database."""

from dataclasses import dataclass
from pathlib import Path

from chassis import database, telemetry
from chassis.config import ConfigError, check_file, check_listen, setting
from chassis.crypto import KeyRing
from services.gateway.address import check_networks
from services.gateway.audit_folder import check_folder
from services.gateway.audit_key import check_key
from services.gateway.cors import check_origins
from services.gateway.issuers import check_issuers_file

PREFIX = "BIHUAN_GATEWAY"
_PORT_MAX = 65_535


def read_ports(text: str) -> frozenset[int]:
    """Ports as a setting has them: `443,8443`. Raises ValueError with a sentence."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and 0 < int(part) <= _PORT_MAX for part in parts):
        raise ValueError(f"must be ports such as 443,8443, is {text!r}")
    return frozenset(map(int, parts))


def _check_ports(text: str) -> None:
    read_ports(text)


def _check_listen_or_not(address: str) -> None:
    if address:
        check_listen(address)


def _check_key_ring(path: str) -> None:
    try:
        if path:
            KeyRing.read(Path(path))
    except (OSError, ValueError) as fault:
        raise ValueError(f"must be a file of keys: {fault}") from fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """BIHUAN_GATEWAY_<FIELD>; `traces` is "", "file:<folder>" or "otlp:<host:port>".

    `listen` is for inside alone. `grpc_listen` is where callers outside are served by gRPC, empty for nowhere; with
    `grpc_cert_file`, a chain in PEM, and its `grpc_key_file` under TLS.
    `admin_key_file` is where the first start leaves the token of an admin key, for local use; empty for nowhere.
    `issuers_file` names who vouches for people (see the README); empty for nobody.
    `upload_bytes_max` bounds a file that goes through, which is never held here.

    `audit_key_file` is a PEM file with the ed25519 key that signs the audit, `audit_folder` the second place for its
    heads and seals; without them nothing is signed, or kept outside. A deed without a record gets one after
    `audit_found_after_seconds`, more than any call may last. `rate_…_per_second` is how many calls a tenant
    may make on all gateways together. Above `shed_latency_seconds` on the average fewer than `in_flight_max` calls run
    at once. One address holds `connections_of_address_max`, at one gateway, if it is no proxy of ours.
    `suspicion_points_max` is how much a caller may offend before it is suspended, 0 for without end.
    `trusted_proxies` are the networks whose X-Forwarded-For is believed, such as 10.0.0.0/8. `cors_origins` are those
    whose pages a browser lets call us, such as https://books.example.com, or * for all; empty for none.

    `webhook_key_file` holds the keys that seal secrets of webhooks (see chassis.crypto); without it there are none.
    They go to `webhook_ports` of the internet, and to `webhook_inside`, networks of our own; over http only when
    `webhook_http_allowed`, for development. `webhook_ca_file` vouches for receivers in place of the system's.
    """

    listen: str = setting("127.0.0.1:50050", check=check_listen)
    http_listen: str = setting("127.0.0.1:8080", check=check_listen)
    grpc_listen: str = setting("", check=_check_listen_or_not)
    grpc_cert_file: str = setting("", check=check_file)
    grpc_key_file: str = setting("", check=check_file)
    payments_target: str = setting("127.0.0.1:50051")
    reconciler_target: str = setting("127.0.0.1:50052")
    invoice_sync_target: str = setting("127.0.0.1:50053")
    database_url: str = setting(check=database.check_url)
    admin_key_file: str = setting("")
    issuers_file: str = setting("", check=check_issuers_file)
    call_timeout_seconds: float = setting(10.0, minimum=0.1)
    upload_timeout_seconds: float = setting(600.0, minimum=0.1)
    upload_bytes_max: int = setting(1024**3, minimum=1)
    audit_key_file: str = setting("", check=check_key)
    audit_folder: str = setting("", check=check_folder)
    audit_anchor_seconds: float = setting(60.0, minimum=0)
    audit_found_after_seconds: float = setting(900.0, minimum=0.1)
    rate_read_per_second: float = setting(1_000.0, minimum=0.1)
    rate_write_per_second: float = setting(5_000.0, minimum=0.1)
    rate_bulk_per_second: float = setting(20.0, minimum=0.1)
    in_flight_max: int = setting(512, minimum=1)
    connections_of_address_max: int = setting(1_024, minimum=1)
    shed_latency_seconds: float = setting(1.0, minimum=0.01)
    suspicion_points_max: float = setting(100.0, minimum=0)
    trusted_proxies: str = setting("", check=check_networks)
    cors_origins: str = setting("", check=check_origins)
    webhook_key_file: str = setting("", check=_check_key_ring)
    webhook_ports: str = setting("443,8443", check=_check_ports)
    webhook_inside: str = setting("", check=check_networks)
    webhook_ca_file: str = setting("", check=check_file)
    webhook_http_allowed: bool = setting(False)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)

    def __post_init__(self) -> None:
        if bool(self.grpc_cert_file) != bool(self.grpc_key_file):
            raise ConfigError([f"{PREFIX}_GRPC_CERT_FILE and {PREFIX}_GRPC_KEY_FILE go together"])
        if self.audit_found_after_seconds <= max(self.call_timeout_seconds, self.upload_timeout_seconds):
            # The deed of a call under way would be taken for one without a record.
            longer = f"{PREFIX}_CALL_TIMEOUT_SECONDS and {PREFIX}_UPLOAD_TIMEOUT_SECONDS"
            raise ConfigError([f"{PREFIX}_AUDIT_FOUND_AFTER_SECONDS must be more than {longer}"])
