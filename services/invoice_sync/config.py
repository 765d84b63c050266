"""What invoice_sync reads from its environment, once, at the start."""

import re
from dataclasses import dataclass
from pathlib import Path

from chassis import database, telemetry
from chassis.config import check_file, check_listen, setting
from chassis.crypto import KeyRing, read_keys
from services.invoice_sync import crash
from services.invoice_sync.domain.archive import ArchivePolicy
from services.invoice_sync.domain.breaker import BreakerPolicy
from services.invoice_sync.domain.buyer_check import CheckPolicy
from services.invoice_sync.domain.concurrency import ConcurrencyPolicy
from services.invoice_sync.domain.delivery import MailPolicy
from services.invoice_sync.domain.document_rules import TAX_ID
from services.invoice_sync.domain.gate_policy import GatePolicy
from services.invoice_sync.domain.hold import HoldPolicy
from services.invoice_sync.domain.number import NumberPolicy
from services.invoice_sync.domain.rate_budget import MICRO, RatePolicy
from services.invoice_sync.domain.routing import Routing
from services.invoice_sync.domain.timers import Timers
from services.invoice_sync.paper.mail import START_TLS, Relay, check_security
from services.invoice_sync.paper.places import S3Access, check_place
from services.invoice_sync.tax.sandbox import PLACES

SINGLE = "SINGLE"
BATCH = "BATCH"
AUTHORITY = "AUTHORITY"
PREASSIGNED = "PREASSIGNED"
_PLACE = re.compile(r"[a-z]{1,32}/[0-9]{2}")

_PUBLIC_URL = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*[^/?#\s])?")

BREAKER_WINDOW = 60
# What the authorities that take batches take in one.
BATCH_SIZE_MAX = 100
_REGION_LENGTH = 2


def check_region(region: str) -> None:
    """A `check` for the two digits of a region."""
    if not (len(region) == _REGION_LENGTH and region.isascii() and region.isdecimal()):
        raise ValueError(f"must be two digits such as 42, is {region!r}")


def check_regions(regions: str) -> None:
    """A `check` for regions parted by commas."""
    for region in regions.split(","):
        check_region(region)


def check_key_file(path: Path) -> None:
    """A `check` for the keys that seal what is kept: it reads them, so that a bad file is told at the start."""
    try:
        KeyRing.read(path)
    except OSError as fault:
        raise ValueError(f"cannot be read: {fault.strerror}") from None


def check_places(places: str) -> None:
    """A `check` for environments and regions."""
    if not all(_PLACE.fullmatch(place) for place in places.split(",")):
        raise ValueError(f"must be environment/region with commas between, is {places!r}")


def check_tax_ids(tax_ids: str) -> None:
    """A `check` for tax ids parted by commas."""
    for tax_id in tax_ids.split(","):
        if tax_id and not TAX_ID.fullmatch(tax_id):
            raise ValueError(f"must be tax ids with commas between, has {tax_id!r}")


def check_link_key_file(path: str) -> None:
    """A `check` for the keys of links: none, or a file that reads."""
    if not path:
        return
    try:
        read_keys(Path(path))
    except OSError as fault:
        raise ValueError(f"cannot be read: {fault.strerror}") from None


def check_public_url(url: str) -> None:
    """A `check` for an address from outside."""
    if url and not _PUBLIC_URL.fullmatch(url):
        raise ValueError(f"must be https://host without a slash at its end, is {url!r}")


def check_upload_mode(mode: str) -> None:
    """A `check` for how documents go."""
    if mode not in (SINGLE, BATCH):
        raise ValueError(f"must be {SINGLE} or {BATCH}, is {mode!r}")


def check_numbering(numbering: str) -> None:
    """A `check` for who numbers invoices."""
    if numbering not in (AUTHORITY, PREASSIGNED):
        raise ValueError(f"must be {AUTHORITY} or {PREASSIGNED}, is {numbering!r}")


@dataclass(frozen=True, slots=True)
class Config:
    """Variables BIHUAN_INVOICE_SYNC_<FIELD>.

    The window (`settle_seconds`) is how long an authority may take to show in its main database what it took; rounds
    of the proof of absence lie one window apart, or `absence_round_seconds` if that is more. What was sent is asked
    for after `look_base_seconds`, then ever less often, at most every `look_seconds_max`. What was not received is
    sent again after `retry_base_seconds`, doubling up to `retry_seconds_max`, until the count or the age ends it. What
    was proved absent is sent again at most `resend_count_max` times, and not past the same age. A
    call to the authority has half a lease. `sla_seconds` is how long an invoice may wait before its diagnosis calls
    for a person. `poll_seconds` is how long a loop that found nothing rests; every interface
    is asked whether it is up each `probe_interval_seconds`. At most `upload_concurrency` calls are
    in flight to a route; how many there are adapts to how it answers.

    `body_key_file` holds the keys that seal documents and answers, see chassis.crypto. A seller's invoices go to the
    `regions` (two digits each, parted by commas) that the tax number names, or to `default_region`. A route gets at
    most `rate_per_second` documents, `burst` at once. Its breaker opens after `breaker_failures_max` failures in a
    row, or `breaker_window_failures_max` of the last 60, for
    `breaker_open_seconds`, doubled each time up to `breaker_open_seconds_max`; an answer slower than
    `breaker_slow_seconds` is a failure. What is booked is read again after `confirm_after_seconds` (0: the next day at
    ten), what is confirmed every `recheck_seconds` for a month. An invoice has `deadline_seconds` to get there.
    The authority's query service knows it for `query_days` from the day that stands on it.
    The authority is at `tax_url`; `tax_ca_file` (PEM) names whose certificates are believed there, empty for those of
    the machine's store. `credential_file` holds the credential of `credential_id` alone; it may be replaced at any
    time. `places` (environment/region, parted by commas) are all where an invoice may have gone by mistake: each is
    asked before one is found absent. `upload_mode` is SINGLE, or BATCH, where up to 100
    documents of a route go together in one call; then at most `upload_concurrency` batches are in flight.

    `numbering` is AUTHORITY where the authority numbers what it takes, or PREASSIGNED, where it gives a seller numbers
    beforehand: `number_range_size` of them at once, as soon as a seller has fewer than `number_low_water` left.

    What became of invoices is told to who follows it for `feed_keep_seconds`. Files that asked for many invoices are
    kept for `bulk_keep_seconds` after they were done with.

    What is asked for above `confirm_above_minor` (minor units of CNY) has to be confirmed by a second person.
    `trusted_tax_ids` (parted by commas) are known to be in use though they fail their check digit.

    Control totals of yesterday and of last month are compared each `parity_interval_seconds`.

    The PDF copies are set in the fonts of `font_folder`; without Noto Serif CJK there the XML is kept alone.
    `archive_first` and `archive_second` are where copies of both are kept: file:///folder or s3://bucket/prefix, empty
    for none. An S3-compatible store is at `archive_s3_endpoint`; its `archive_s3_credential_file` has two lines, the
    key's id and its secret. Each copy is read whole again within `archive_verify_seconds`.
    Mail goes to the relay at `mail_host`, empty for none, from `mail_sender`; `mail_security` is NONE, STARTTLS or
    TLS, and `mail_credential_file` has two lines, user and password. What was not taken is tried again after
    `mail_retry_seconds`, doubling, at most `mail_tries_max` times.
    Links for buyers lead to `public_url`, the gateway as it is reached from outside, and are signed by the first key of
    `link_key_file` (see chassis.crypto); without either there are none. They open for `status_link_seconds`, those for
    downloads for `download_link_seconds`.

    `crash_at` makes the process die at a point, for fault tests only: see crash.py.
    """

    database_url: str = setting(check=database.check_url)
    body_key_file: Path = setting(check=check_key_file)  # noqa: RUF009  a setting is a field, as those around it
    listen: str = setting("127.0.0.1:50053", check=check_listen)
    payments_target: str = setting("127.0.0.1:50051")
    tax_url: str = setting("http://127.0.0.1:8090")
    tax_ca_file: str = setting("", check=check_file)
    credential_file: str = setting("", check=check_file)
    places: str = setting(",".join(PLACES), check=check_places)
    upload_mode: str = setting(SINGLE, check=check_upload_mode)
    numbering: str = setting(AUTHORITY, check=check_numbering)
    number_range_size: int = setting(500, minimum=1, maximum=1000)
    number_low_water: int = setting(100, minimum=1)
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
    probe_interval_seconds: float = setting(60.0, minimum=1)
    parity_interval_seconds: float = setting(3_600.0, minimum=0.1)
    sla_seconds: float = setting(300.0, minimum=1)
    upload_concurrency: int = setting(16, minimum=1)
    environment: str = setting("production")
    default_region: str = setting("42", check=check_region)
    regions: str = setting("11,42", check=check_regions)
    credential_id: str = setting("default")
    rate_per_second: float = setting(200.0, minimum=0.01)
    burst: int = setting(200, minimum=1)
    breaker_failures_max: int = setting(5, minimum=1)
    breaker_window_failures_max: int = setting(30, minimum=1, maximum=BREAKER_WINDOW)
    breaker_open_seconds: float = setting(5.0, minimum=0.05)
    breaker_open_seconds_max: float = setting(120.0, minimum=0.05)
    breaker_slow_seconds: float = setting(20.0, minimum=0.1)
    confirm_after_seconds: float = setting(0.0, minimum=0)
    recheck_seconds: float = setting(7 * 86_400.0, minimum=1)
    deadline_seconds: float = setting(86_400.0, minimum=1)
    query_days: int = setting(365, minimum=0, maximum=36_500)
    confirm_above_minor: int = setting(10_000_000, minimum=1)
    trusted_tax_ids: str = setting("", check=check_tax_ids)
    font_folder: str = setting("/usr/share/fonts/opentype/noto")
    archive_first: str = setting("", check=check_place)
    archive_second: str = setting("", check=check_place)
    archive_s3_endpoint: str = setting("")
    archive_s3_region: str = setting("us-east-1")
    archive_s3_credential_file: str = setting("", check=check_file)
    archive_verify_seconds: float = setting(7 * 86_400.0, minimum=1)
    mail_host: str = setting("")
    mail_port: int = setting(587, minimum=1, maximum=65_535)
    mail_security: str = setting(START_TLS, check=check_security)
    mail_sender: str = setting("invoices@localhost.invalid")
    mail_credential_file: str = setting("", check=check_file)
    mail_timeout_seconds: float = setting(30.0, minimum=0.1, maximum=50)
    mail_retry_seconds: float = setting(60.0, minimum=0.05)
    mail_tries_max: int = setting(12, minimum=1)
    public_url: str = setting("", check=check_public_url)
    link_key_file: str = setting("", check=check_link_key_file)
    status_link_seconds: float = setting(90 * 86_400.0, minimum=1)
    download_link_seconds: float = setting(7 * 86_400.0, minimum=1)
    drain_seconds: float = setting(8.0, minimum=0)
    feed_keep_seconds: float = setting(35 * 86_400.0, minimum=3_600)
    bulk_keep_seconds: float = setting(400 * 86_400.0, minimum=3_600)
    crash_at: str = setting("", check=crash.check)

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
            confirm_after_seconds=self.confirm_after_seconds,
            recheck_seconds=self.recheck_seconds,
            deadline_seconds=self.deadline_seconds,
            query_days=self.query_days,
        )

    def check_policy(self) -> CheckPolicy:
        """What of a request has to be confirmed."""
        trusted = frozenset(self.trusted_tax_ids.split(",")) - {""}
        return CheckPolicy(self.confirm_above_minor, trusted, sends_mail=self.relay() is not None)

    def batch_size(self) -> int:
        """How many documents go in a call at most."""
        return BATCH_SIZE_MAX if self.upload_mode == BATCH else 1

    def archive_policy(self) -> ArchivePolicy:
        """How often copies are read again."""
        return ArchivePolicy(self.archive_verify_seconds)

    def archive_urls(self) -> list[tuple[str, str]]:
        """The places of the archive by name; empty where there is none."""
        return [("first", self.archive_first), ("second", self.archive_second)]

    def s3_access(self) -> S3Access:
        """How the archive's S3-compatible store is reached."""
        return S3Access(self.archive_s3_endpoint, self.archive_s3_region, self.archive_s3_credential_file)

    def mail_policy(self) -> MailPolicy:
        """How often a mail is tried."""
        return MailPolicy(retry_seconds=self.mail_retry_seconds, tries_max=self.mail_tries_max)

    def relay(self) -> Relay | None:
        """Where mail is handed over; None where it is not."""
        if not self.mail_host:
            return None
        return Relay(
            self.mail_host,
            self.mail_port,
            self.mail_security,
            self.mail_sender,
            self.mail_credential_file,
            self.mail_timeout_seconds,
        )

    def number_policy(self) -> NumberPolicy:
        """Who numbers invoices, and how many numbers are kept in stock."""
        return NumberPolicy(self.numbering == PREASSIGNED, self.number_range_size, self.number_low_water)

    def routing(self) -> Routing:
        """Where each seller's invoices go."""
        return Routing(
            environment=self.environment,
            default_region=self.default_region,
            regions=frozenset(self.regions.split(",")),
            credential_id=self.credential_id,
        )

    def gate_policy(self) -> GatePolicy:
        """The bounds of the gates."""
        rate = round(self.rate_per_second * MICRO)
        documents_max = self.upload_concurrency * self.batch_size()
        start = min(8 * self.batch_size(), documents_max)
        return GatePolicy(
            rate=RatePolicy(
                burst=self.burst,
                rate_micro_min=max(1, rate // 100),
                rate_micro_max=rate,
                shrink_percent=70,
                recover_micro_per_second=max(1, rate // 60),
            ),
            breaker=BreakerPolicy(
                failures_max=self.breaker_failures_max,
                window=BREAKER_WINDOW,
                window_failures_max=self.breaker_window_failures_max,
                open_seconds=self.breaker_open_seconds,
                open_seconds_max=self.breaker_open_seconds_max,
                probe_seconds=self.lease_seconds,
                slow_seconds=self.breaker_slow_seconds,
            ),
            concurrency=ConcurrencyPolicy(start=start, minimum=1, maximum=documents_max),
            hold=HoldPolicy(quota_probe_seconds=3_600, login_probe_seconds=60, outage_probe_seconds=60),
        )
