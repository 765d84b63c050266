"""What the reconciler reads from its environment, once. It has no default for the database."""

from dataclasses import dataclass

from chassis import database, telemetry
from chassis.config import check_listen, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """BIHUAN_RECONCILER_<FIELD>; `traces` is "", "file:<folder>" or "otlp:<host:port>".

    `payments_timeout_seconds` bounds a call to payments; `run_lease_seconds` is how long a run waits for a worker
    that was lost.
    """

    listen: str = setting("127.0.0.1:50052", check=check_listen)
    database_url: str = setting(check=database.check_url)
    payments_target: str = setting("127.0.0.1:50051")
    payments_timeout_seconds: float = setting(20.0, minimum=0.1)
    follow_interval_seconds: float = setting(0.5, minimum=0.01)
    run_interval_seconds: float = setting(0.3, minimum=0.01)
    tell_interval_seconds: float = setting(0.3, minimum=0.01)
    run_lease_seconds: float = setting(120.0, minimum=1.0)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
