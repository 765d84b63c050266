"""What the stand-in authority is told by its environment."""

from dataclasses import dataclass
from pathlib import Path

from chassis import database, telemetry
from chassis.config import ConfigError, check_listen, setting
from services.tax_sandbox.http_server import Tls

PREFIX = "BIHUAN_TAX_SANDBOX"


def check_file(path: str) -> None:
    """A `check` for a setting that names a file."""
    if path and not Path(path).is_file():
        raise ValueError(f"must be a file that is there, is {path!r}")


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
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            raise ConfigError([f"{PREFIX}_TLS_CERT_FILE and {PREFIX}_TLS_KEY_FILE go together: set both or neither"])
        return Tls(Path(self.tls_cert_file), Path(self.tls_key_file)) if self.tls_cert_file else None
