"""A file on its way in: what is said of it, and how far it has come. It holds none of its bytes."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Sent:
    """What is said of a file that is sent to be loaded; `channel` and `profile_id` are empty for what it tells."""

    request_id: str
    file_name: str = ""
    channel: str = ""
    profile_id: str = ""


class Progress(NamedTuple):
    """How far an upload is; `statement_id` once it has ended well."""

    received_bytes: int
    expire_time: datetime | None
    statement_id: str
