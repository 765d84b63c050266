"""What the stand-in authority is told by its environment."""

from dataclasses import dataclass

from chassis.config import setting

PREFIX = "BIHUAN_TAX_SANDBOX"


@dataclass(frozen=True, slots=True)
class Config:
    """BIHUAN_TAX_SANDBOX_<FIELD>."""

    database_url: str = setting()
    listen: str = setting("127.0.0.1:8090")
    traces: str = setting("")
    trace_sample_ratio: float = setting(1.0, minimum=0)
    booking_delay_seconds: float = setting(0.3, minimum=0)
    booking_poll_seconds: float = setting(0.05, minimum=0.01)
