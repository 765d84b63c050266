"""What the stand-in authority is told by its environment."""

from dataclasses import dataclass

from chassis import database, telemetry
from chassis.config import check_listen, setting

PREFIX = "BIHUAN_TAX_SANDBOX"


@dataclass(frozen=True, slots=True)
class Config:
    """BIHUAN_TAX_SANDBOX_<FIELD>."""

    database_url: str = setting(check=database.check_url)
    listen: str = setting("127.0.0.1:8090", check=check_listen)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
    booking_delay_seconds: float = setting(0.3, minimum=0)
    booking_poll_seconds: float = setting(0.05, minimum=0.01)
