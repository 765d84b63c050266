"""What the payments service reads from its environment, once. It has no default for the database."""

from dataclasses import dataclass
from pathlib import Path

from chassis import database, telemetry
from chassis.config import check_file, check_listen, setting
from chassis.crypto import KeyRing
from services.payments import fee_rules
from services.payments.domain.storage_month import RETENTION_MONTHS_MIN


def check_key_file(path: str) -> None:
    """A `check` for the keys that seal what is kept, or nothing: it reads them, so that a bad file is told."""
    if not path:
        return
    try:
        KeyRing.read(Path(path))
    except OSError as fault:
        raise ValueError(f"cannot be read: {fault.strerror}") from None


def check_retention(months: int) -> None:
    """A `check` for how long payments are kept."""
    if 0 < months < RETENTION_MONTHS_MIN:
        raise ValueError(f"must be 0 or at least {RETENTION_MONTHS_MIN}, is {months}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """BIHUAN_PAYMENTS_<FIELD>; `traces` is "", "file:<folder>" or "otlp:<host:port>".

    `bill_interval_seconds` is how long bills that nobody asks for may lag behind the payments.

    `channel_accounts_file` names the merchant accounts at channels (channels/accounts.py has its form); without it
    payments are only recorded. `body_key_file` holds the keys that seal what channels send, see chassis.crypto; it is
    needed where there are accounts. What is open at a channel is looked for every `poll_interval_seconds`.

    `retention_months` is for how many months after its own a payment is kept once nothing about it is open; 0 keeps all
    for ever. Orders are never forgotten.

    `calls_in_flight_max` is how many calls may be under way at once, and so how many payments may wait to be taken in:
    the queue of intake is as long, so that this alone is the limit. 1,024 is what 2,000 payments a second make of it
    when each is answered within half a second; who is one too many is told so at once, and when to come again.

    `fee_rules_file` tells what channels keep of a payment (fee_rules.py has its form); without it no fee is known.
    """

    listen: str = setting("127.0.0.1:50051", check=check_listen)
    database_url: str = setting(check=database.check_url)
    calls_in_flight_max: int = setting(1_024, minimum=1)
    bill_interval_seconds: float = setting(0.5, minimum=0.01)
    channel_accounts_file: str = setting("", check=check_file)
    body_key_file: str = setting("", check=check_key_file)
    poll_interval_seconds: float = setting(1.0, minimum=0.01)
    fee_rules_file: str = setting("", check=fee_rules.check_file)
    retention_months: int = setting(0, minimum=0, check=check_retention)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
