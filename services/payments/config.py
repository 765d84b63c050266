"""What the payments service reads from its environment, once. It has no default for the database."""

from dataclasses import dataclass

from chassis import database, telemetry
from chassis.config import check_listen, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """BIHUAN_PAYMENTS_<FIELD>; `traces` is "", "file:<folder>" or "otlp:<host:port>".

    `bill_interval_seconds` is how long bills that nobody asks for may lag behind the payments.
    """

    listen: str = setting("127.0.0.1:50051", check=check_listen)
    database_url: str = setting(check=database.check_url)
    bill_interval_seconds: float = setting(0.5, minimum=0.01)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
