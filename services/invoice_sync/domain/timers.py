"""How long to wait for what. The values come from the configuration; the domain only reads them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timers:
    """All in seconds, save the counts and `query_days`. What each means stands with its setting in config.py."""

    settle_seconds: float
    absence_round_seconds: float
    look_base_seconds: float
    look_seconds_max: float
    retry_base_seconds: float
    retry_seconds_max: float
    retry_age_seconds_max: float
    retry_count_max: int
    resend_count_max: int
    lease_seconds: float
    sla_seconds: float
    upload_concurrency: int
    confirm_after_seconds: float = 0.0
    recheck_seconds: float = 7 * 86_400.0
    deadline_seconds: float = 86_400.0
    query_days: int = 365
