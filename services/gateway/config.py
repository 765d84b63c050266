"""What the gateway reads from its environment, once. It has no default for the database."""

from dataclasses import dataclass

from chassis import database, telemetry
from chassis.config import check_listen, setting

PREFIX = "BIHUAN_GATEWAY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """BIHUAN_GATEWAY_<FIELD>; `traces` is "", "file:<folder>" or "otlp:<host:port>".

    `admin_key_file` is where the first start leaves the token of an admin key, for local use; empty for nowhere.
    `upload_bytes_max` bounds a file that goes through, which is never held here.
    """

    listen: str = setting("127.0.0.1:50050", check=check_listen)
    http_listen: str = setting("127.0.0.1:8080", check=check_listen)
    payments_target: str = setting("127.0.0.1:50051")
    reconciler_target: str = setting("127.0.0.1:50052")
    invoice_sync_target: str = setting("127.0.0.1:50053")
    database_url: str = setting(check=database.check_url)
    admin_key_file: str = setting("")
    call_timeout_seconds: float = setting(10.0, minimum=0.1)
    upload_timeout_seconds: float = setting(600.0, minimum=0.1)
    upload_bytes_max: int = setting(1024**3, minimum=1)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
