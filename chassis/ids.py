"""Sortable ids: a kind, an underscore and a UUIDv7 (RFC 9562, section 5.7) in hex."""

import uuid_utils


def new_id(kind: str) -> str:
    """A new id such as `pay_0192…`; ids of one kind sort by the time of their making."""
    return f"{kind}_{uuid_utils.uuid7().hex}"
