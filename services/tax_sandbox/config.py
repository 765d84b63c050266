"""What the stand-in authority is told by its environment."""

from dataclasses import dataclass

from chassis import database, telemetry
from chassis.config import check_file, check_listen, setting
from chassis.http_server import Tls, tls_of

PREFIX = "BIHUAN_TAX_SANDBOX"


@dataclass(frozen=True, slots=True)
class Config:
    """BIHUAN_TAX_SANDBOX_<FIELD>."""

    database_url: str = setting(check=database.check_url)
    listen: str = setting("127.0.0.1:8090", check=check_listen)
    tls_cert_file: str = setting("", check=check_file)
    tls_key_file: str = setting("", check=check_file)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
    booking_delay_seconds: float = setting(0.3, minimum=0)
    booking_poll_seconds: float = setting(0.05, minimum=0.01)
    sealing_seconds: float = setting(0.0, minimum=0)
    filing_days: int = setting(30, minimum=0, maximum=36_500)
    query_days: int = setting(365, minimum=0, maximum=36_500)
    session_seconds: float = setting(300.0, minimum=1)
    registration_required: bool = setting(False)
    fault_header: bool = setting(True)

    def tls(self) -> Tls | None:
        """The files for HTTPS, or None for plain HTTP. Raises ConfigError when only one of the two is set."""
        return tls_of(PREFIX, self.tls_cert_file, self.tls_key_file)
