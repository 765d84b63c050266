"""What the reconciler reads from its environment, once. It has no default for the database."""

from dataclasses import dataclass
from pathlib import Path

from chassis import database, telemetry
from chassis.config import check_listen, setting
from chassis.crypto import KeyRing
from services.reconciler.fetch.sources import check_sources_file


def check_key_file(path: Path) -> None:
    """A `check` for the keys that seal what is kept: it reads them, so that a bad file is told at the start."""
    try:
        KeyRing.read(path)
    except OSError as fault:
        raise ValueError(f"cannot be read: {fault.strerror}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """BIHUAN_RECONCILER_<FIELD>; `traces` is "", "file:<folder>" or "otlp:<host:port>".

    `payments_timeout_seconds` bounds a call to payments; `run_lease_seconds` is how long a run waits for a worker
    that was lost. `match_seconds_max` is how long reading, matching or writing one run may each take,
    `match_memory_mib` the engine's memory (its process may take 2 GiB beside it), `match_threads` its threads.

    `body_key_file` holds the keys that seal statement files, see chassis.crypto. `file_bytes_max` is how large a file
    may be, which has to fit on the disk of temporary files several times over, and `packed_bytes_max` how large an
    archive or a workbook; `file_seconds_max` is how long it may
    take to read and load one; `upload_keep_seconds` is how long an upload that broke off can go on.

    `dry_run_keep_seconds` is how long after its end a dry run's results can be listed, `superseded_keep_seconds` how
    long those of a run after another took its place; what is in exception stays.
    What became of exceptions is told to who follows it for `feed_keep_seconds`.

    `sources` names the file that tells where statements are fetched from (fetch/sources.py has its form); without it
    they only come by upload. `fetch_seconds_max` is how long copying one may take.
    """

    listen: str = setting("127.0.0.1:50052", check=check_listen)
    database_url: str = setting(check=database.check_url)
    body_key_file: Path = setting(check=check_key_file)  # noqa: RUF009  a field, as the others are
    file_bytes_max: int = setting(1024**3, minimum=1)
    packed_bytes_max: int = setting(64 * 1024**2, minimum=1)
    file_seconds_max: float = setting(300.0, minimum=1.0)
    upload_keep_seconds: float = setting(86_400.0, minimum=1.0)
    sources: str = setting("", check=check_sources_file)
    fetch_seconds_max: float = setting(300.0, minimum=1.0)
    payments_target: str = setting("127.0.0.1:50051")
    payments_timeout_seconds: float = setting(20.0, minimum=0.1)
    follow_interval_seconds: float = setting(0.5, minimum=0.01)
    arrival_interval_seconds: float = setting(0.2, minimum=0.01)
    run_interval_seconds: float = setting(0.3, minimum=0.01)
    tell_interval_seconds: float = setting(0.3, minimum=0.01)
    fetch_interval_seconds: float = setting(5.0, minimum=0.01)
    tidy_interval_seconds: float = setting(30.0, minimum=0.01)
    feed_keep_seconds: float = setting(35 * 86_400.0, minimum=3_600)
    run_lease_seconds: float = setting(120.0, minimum=1.0)
    match_seconds_max: float = setting(900.0, minimum=1.0)
    match_memory_mib: int = setting(1024, minimum=64)
    match_threads: int = setting(2, minimum=1)
    dry_run_keep_seconds: float = setting(7 * 86_400.0, minimum=1.0)
    superseded_keep_seconds: float = setting(90 * 86_400.0, minimum=1.0)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
