"""Sortable ids: a kind, an underscore and a UUIDv7 (RFC 9562, section 5.7) in hex."""

from datetime import UTC, datetime

import uuid_utils

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id(kind: str, made_at: datetime | None = None) -> str:
    """A new id such as `pay_0192…`; ids of one kind sort by the time of their making, to the millisecond.

    That time is `made_at`, for an id whose place is looked up by it, or else the machine's own.
    """
    if made_at is None:
        return f"{kind}_{uuid_utils.uuid7().hex}"
    since = made_at - _EPOCH
    nanoseconds = ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
    return f"{kind}_{uuid_utils.uuid7(nanoseconds=nanoseconds).hex}"
