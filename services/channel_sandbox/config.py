"""What the stand-in channels are told by their environment."""

from dataclasses import dataclass

from chassis import database, telemetry
from chassis.config import check_file, check_listen, setting
from chassis.http_server import Tls, tls_of

PREFIX = "BIHUAN_CHANNEL_SANDBOX"


@dataclass(frozen=True, slots=True)
class Config:
    """BIHUAN_CHANNEL_SANDBOX_<FIELD>."""

    database_url: str = setting(check=database.check_url)
    keys_folder: str = setting()
    listen: str = setting("127.0.0.1:8091", check=check_listen)
    tls_cert_file: str = setting("", check=check_file)
    tls_key_file: str = setting("", check=check_file)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
    order_seconds: float = setting(7_200.0, minimum=1)
    refund_seconds: float = setting(0.3, minimum=0)
    poll_seconds: float = setting(0.2, minimum=0.01)
    callback_pace: float = setting(0.01, minimum=0, maximum=1)
    callback_tries_max: int = setting(16, minimum=1, maximum=100)
    callback_timeout_seconds: float = setting(5.0, minimum=0.1)
    fee_ppm: int = setting(6_000, minimum=0, maximum=1_000_000)

    def tls(self) -> Tls | None:
        """The files for HTTPS, or None for plain HTTP. Raises ConfigError when only one of the two is set."""
        return tls_of(PREFIX, self.tls_cert_file, self.tls_key_file)
