"""Marks the calls that the door makes to the gateway's own services. It says nothing of who calls.

Those services listen beside the door, where nothing is limited or written into the audit: so they take marked calls
alone. The mark is of this process and of its life.
"""

import hmac
import secrets
from typing import Final

KEY: Final = "bihuan-door"
MARK: Final = secrets.token_hex(16)


def is_marked(value: str) -> bool:
    """Whether a call's metadata under KEY is what the door wrote."""
    return hmac.compare_digest(value.encode("utf-8", "replace"), MARK.encode("ascii"))
