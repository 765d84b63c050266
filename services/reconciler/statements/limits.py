"""How large a statement may be before it is refused unread."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file that is read; memory and time grow in line with it."""

    bytes_max: int = 64 * 1024 * 1024
    lines_max: int = 1_000_000
    line_bytes_max: int = 64 * 1024
    columns_max: int = 256
