"""A file on its way in: what is said of it, and how far it has come. It holds none of its bytes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


class Vouched(NamedTuple):
    """That a person knows lines to be new which nothing tells from loaded ones."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What is said of a file that is sent to be loaded; `channel` and `profile_id` are empty for what it tells.

    `business_date` and `account_no` are what it has to be of; None and empty for whatever it is of. A file that tells
    no account is of the one that is named.
    """

    request_id: str
    file_name: str = ""
    channel: str = ""
    profile_id: str = ""
    business_date: date | None = None
    account_no: str = ""
    vouched: Vouched | None = None


class Progress(NamedTuple):
    """How far an upload is; `statement_id` once it has ended well."""

    received_bytes: int
    expire_time: datetime | None
    statement_id: str
