"""What invoice_sync reads from its environment, once, at the start."""

from dataclasses import dataclass

from chassis import database, telemetry
from chassis.config import check_listen, setting
from services.invoice_sync.domain.timers import Timers


@dataclass(frozen=True, slots=True)
class Config:
    """Variables BIHUAN_INVOICE_SYNC_<FIELD>.

    The window (`settle_seconds`) is how long an authority may take to show in its main database what it took; rounds
    of the proof of absence lie one window apart, or `absence_round_seconds` if that is more. What was sent is asked
    for after `look_base_seconds`, then ever less often, at most every `look_seconds_max`. What was not received is
    sent again after `retry_base_seconds`, doubling up to `retry_seconds_max`, until the count or the age ends it. What
    was proved absent is sent again at most `resend_count_max` times, and not past the same age. A
    call to the authority has half a lease. `sla_seconds` is how long an invoice may wait before its diagnosis calls
    for a person. `poll_seconds` is how long a loop that found nothing rests. A batch has at most `upload_concurrency`
    calls; there are `upload_lanes` batches at once, so that one that waits for a slow answer does not hold up all.
    """

    database_url: str = setting(check=database.check_url)
    listen: str = setting("127.0.0.1:50053", check=check_listen)
    payments_target: str = setting("127.0.0.1:50051")
    tax_url: str = setting("http://127.0.0.1:8090/production/42")
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
    settle_seconds: float = setting(600.0, minimum=0.1)
    absence_round_seconds: float = setting(0.0, minimum=0)
    look_base_seconds: float = setting(1.0, minimum=0.05)
    look_seconds_max: float = setting(120.0, minimum=0.05)
    retry_base_seconds: float = setting(1.0, minimum=0.05)
    retry_seconds_max: float = setting(300.0, minimum=0.05)
    retry_age_seconds_max: float = setting(7 * 86_400.0, minimum=1)
    retry_count_max: int = setting(1_000, minimum=1)
    resend_count_max: int = setting(5, minimum=0)
    lease_seconds: float = setting(60.0, minimum=1)
    poll_seconds: float = setting(0.5, minimum=0.02)
    sweep_interval_seconds: float = setting(30.0, minimum=0.1)
    sla_seconds: float = setting(300.0, minimum=1)
    upload_concurrency: int = setting(8, minimum=1)
    upload_lanes: int = setting(2, minimum=1)

    def timers(self) -> Timers:
        """What the rules need of it."""
        return Timers(
            settle_seconds=self.settle_seconds,
            absence_round_seconds=self.absence_round_seconds,
            look_base_seconds=self.look_base_seconds,
            look_seconds_max=self.look_seconds_max,
            retry_base_seconds=self.retry_base_seconds,
            retry_seconds_max=self.retry_seconds_max,
            retry_age_seconds_max=self.retry_age_seconds_max,
            retry_count_max=self.retry_count_max,
            resend_count_max=self.resend_count_max,
            lease_seconds=self.lease_seconds,
            sla_seconds=self.sla_seconds,
            upload_concurrency=self.upload_concurrency,
        )
