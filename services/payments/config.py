"""What the payments service reads from its environment, once. It has no default for the database."""

from dataclasses import dataclass

from chassis.config import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """BIHUAN_PAYMENTS_<FIELD>; `traces` is "", "file:<folder>" or "otlp:<host:port>"."""

    listen: str = setting("127.0.0.1:50051")
    database_url: str = setting()
    traces: str = setting("")
    trace_sample_ratio: float = setting(1.0, minimum=0.0)
