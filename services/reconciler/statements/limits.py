"""How large a statement may be before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file that is read; time grows in line with it, memory does not."""

    bytes_max: int = 1024 * 1024 * 1024  # also of what an archive holds
    packed_bytes_max: int = 64 * 1024 * 1024  # of an archive or a workbook itself
    lines_max: int = 20_000_000
    line_bytes_max: int = 64 * 1024
    columns_max: int = 256
    members_max: int = 20  # files in an archive
    ratio_max: int = 100  # bytes out of an archive for each byte of it
    ratio_from_bytes: int = 64 * 1024  # a smaller archive may unpack as if it had this size
    head_bytes: int = 64 * 1024  # how far detection looks
