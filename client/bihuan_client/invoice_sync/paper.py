"""Paper: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

# How a copy in a place of the archive stands.
CopyState: TypeAlias = Literal[
    # Never sent.
    "COPY_STATE_UNSPECIFIED",
    # Not there yet.
    "COPY_STATE_WANTED",
    # It was read whole at verify_time.
    "COPY_STATE_WHOLE",
    # Neither here nor in any other place is a whole one.
    "COPY_STATE_LOST",
]

# Which file of an invoice.
PaperKind: TypeAlias = Literal[
    # Never sent.
    "PAPER_KIND_UNSPECIFIED",
    # The original. 数电发票 XML 原件
    "PAPER_KIND_XML",
    # A copy for reading, made of the original. PDF 副本
    "PAPER_KIND_PDF",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveTotal:
    """The copies of a place in one state."""

    place: str = ""
    """The place."""

    state: CopyState = "COPY_STATE_UNSPECIFIED"
    """The state."""

    copy_count: int = 0
    """How many."""

    oldest_verify_time: datetime | None = None
    """When the one that was longest not read was read; unset when none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One file of a version of an invoice. It never changes. 发票文件"""

    invoice_id: str = ""
    """The invoice."""

    version: int = 0
    """The version of its document."""

    kind: PaperKind = "PAPER_KIND_UNSPECIFIED"
    """Which file."""

    sha256: str = ""
    """SHA-256 of the file, in hex."""

    size_bytes: int = 0
    """Its bytes."""

    create_time: datetime | None = None
    """When it was made."""

    copies: Sequence[PaperCopy] = ()
    """Its copies in the archive, by place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCopy:
    """A copy of a paper, sealed, in a place of the archive. 归档副本"""

    place: str = ""
    """The place."""

    state: CopyState = "COPY_STATE_UNSPECIFIED"
    """How it stands."""

    verify_time: datetime | None = None
    """When it was last read whole; unset when it never was."""

    sealed_sha256: str = ""
    """SHA-256 of what stands there, in hex, which is also its name."""
