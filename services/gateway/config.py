"""What the gateway reads from its environment, once. It has no default for the database."""

from dataclasses import dataclass

from chassis import database, telemetry
from chassis.config import check_listen, setting
from services.gateway.address import check_networks
from services.gateway.audit_folder import check_folder
from services.gateway.audit_key import check_key
from services.gateway.issuers import check_issuers_file

PREFIX = "BIHUAN_GATEWAY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """BIHUAN_GATEWAY_<FIELD>; `traces` is "", "file:<folder>" or "otlp:<host:port>".

    `admin_key_file` is where the first start leaves the token of an admin key, for local use; empty for nowhere.
    `issuers_file` names who vouches for people (see the README); empty for nobody.
    `upload_bytes_max` bounds a file that goes through, which is never held here.

    `audit_key_file` is a PEM file with the ed25519 key that signs the audit, `audit_folder` the second place for its
    heads and seals; without them nothing is signed, or kept outside. `rate_…_per_second` is how many calls a tenant
    may make on all gateways together. Above `shed_latency_seconds` on the average fewer than `in_flight_max` calls run
    at once. `suspicion_points_max` is how much a caller may offend before it is suspended, 0 for without end.
    `trusted_proxies` are the networks whose X-Forwarded-For is believed, such as 10.0.0.0/8.
    """

    listen: str = setting("127.0.0.1:50050", check=check_listen)
    http_listen: str = setting("127.0.0.1:8080", check=check_listen)
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
    rate_read_per_second: float = setting(1_000.0, minimum=0.1)
    rate_write_per_second: float = setting(5_000.0, minimum=0.1)
    rate_bulk_per_second: float = setting(20.0, minimum=0.1)
    in_flight_max: int = setting(512, minimum=1)
    shed_latency_seconds: float = setting(1.0, minimum=0.01)
    suspicion_points_max: float = setting(100.0, minimum=0)
    trusted_proxies: str = setting("", check=check_networks)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
