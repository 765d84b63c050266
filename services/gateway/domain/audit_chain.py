"""The chain over the audit: what was written cannot change, go or come between unseen. It reads and stores nothing.

    link n      = SHA-256 of ("link", link n-1, n, digest of record n, when it was linked)
    batch       = SHA-256 of ("batch", size, digest of each of its records), signed by the gateway that wrote it
    head anchor = number and hash of a link, signed, kept outside the database
    seal        = the links of one month: first, last, and the hash of the last, signed, kept outside too

The chain alone shows no end that was cut off and no past that was written anew as a whole: the anchors and seals do. It
would link a record that somebody put into the table by hand: the signature of a batch shows that one.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from services.gateway.domain.audit_record import AuditRecord, microseconds

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain, numbered from 1, and the record at it; None when the table has it no more."""

    link_no: int
    record_id: str
    link_time: datetime
    link_sha256: bytes
    record: AuditRecord | None


@dataclass(frozen=True, slots=True)
class Written:
    """What the chain needs of a record that was written."""

    record_id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the head was at some moment, as it is kept outside the database."""

    link_no: int
    link_sha256: bytes
    signature: bytes = b""

    def content(self) -> bytes:
        """What is signed."""
        return f"anchor {self.link_no} {self.link_sha256.hex()}".encode("ascii")


@dataclass(frozen=True, slots=True)
class Seal:
    """The links of one month (UTC, by when they were linked), such as 2026-11; `head_sha256` is that of the last."""

    month: str
    first_link_no: int
    last_link_no: int
    head_sha256: bytes
    signature: bytes = b""

    @property
    def record_count(self) -> int:
        """How many records the month has."""
        return self.last_link_no - self.first_link_no + 1

    def content(self) -> bytes:
        """What is signed."""
        numbers = f"{self.first_link_no} {self.last_link_no} {self.record_count}"
        return f"seal {self.month} {numbers} {self.head_sha256.hex()}".encode("ascii")


class Flaw(StrEnum):
    """What gives an audit away."""

    GAP = "GAP"  # the numbers do not follow one another: links were removed or put between
    REMOVED = "REMOVED"  # the chain has the record, the table has not
    CHANGED = "CHANGED"  # the record or its link is not what was hashed; two that changed places show here too
    BATCH = "BATCH"  # the records that were written together are not together any more
    SIGNATURE = "SIGNATURE"  # no gateway signed it: it was put in by hand, or the past was written anew
    ANCHOR = "ANCHOR"  # the head that was anchored outside is another one
    TAIL = "TAIL"  # the chain ends before a head that was anchored or sealed outside
    SEAL = "SEAL"  # a seal is forged, or says otherwise than the chain
    UNLINKED = "UNLINKED"  # the table has a record that neither is in the chain nor waits for it


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that does not fit, and where in the chain; for TAIL the last that is there."""

    link_no: int
    record_id: str
    why: Flaw


class Verifier(Protocol):
    """Tells whether a signature is that of one of our keys."""

    def __call__(self, signature: bytes, content: bytes) -> bool:
        """True for a good signature."""
        ...


def next_link(before: bytes, link_no: int, record_digest: bytes, link_time: datetime) -> bytes:
    """The hash of a link upon the one before it; GENESIS before the first."""
    text = f"link {before.hex()} {link_no} {record_digest.hex()} {microseconds(link_time)}"
    return hashlib.sha256(text.encode("ascii")).digest()


def batch_content(digests: Sequence[bytes]) -> bytes:
    """What the writer of a batch signs."""
    return hashlib.sha256(b"batch %d " % len(digests) + b"".join(digests)).digest()


@dataclass(slots=True)
class Walk:
    """Goes along the chain from `link_no`, whose hash is `head`, and stops at the first flaw.

    With no `verify`, signatures are not looked at. `outside` has the hashes that were anchored or sealed, by number.
    """

    outside: Mapping[int, bytes]
    verify: Verifier | None
    link_no: int = 0
    head: bytes = GENESIS
    last_record_id: str = ""
    _batch: list[bytes] = field(default_factory=list)
    _batch_first: AuditRecord | None = None

    def follow(self, links: Iterable[Link]) -> Broken | None:
        """The first flaw among the next links, in the order of their numbers."""
        for link in links:
            if flaw := self._flaw_of(link):
                return Broken(link.link_no, link.record_id, flaw)
        return None

    def end(self) -> Broken | None:
        """The flaw that shows when there are no more links."""
        if self.outside and max(self.outside) > self.link_no:
            return Broken(self.link_no, self.last_record_id, Flaw.TAIL)
        if self._batch_first is not None:
            return Broken(self.link_no, self.last_record_id, Flaw.BATCH)
        return None

    @property
    def is_between_batches(self) -> bool:
        """Whether a walk may stop here and another go on."""
        return self._batch_first is None

    def _flaw_of(self, link: Link) -> Flaw | None:
        if link.link_no != self.link_no + 1:
            return Flaw.GAP
        if link.record is None:
            return Flaw.REMOVED
        digest = link.record.digest()
        if next_link(self.head, link.link_no, digest, link.link_time) != link.link_sha256:
            return Flaw.CHANGED
        if flaw := self._batch_flaw(link.record, digest):
            return flaw
        if self.outside.get(link.link_no, link.link_sha256) != link.link_sha256:
            return Flaw.ANCHOR
        self.link_no, self.head, self.last_record_id = link.link_no, link.link_sha256, link.record_id
        return None

    def _batch_flaw(self, record: AuditRecord, digest: bytes) -> Flaw | None:
        if record.batch_place != len(self._batch):
            return Flaw.BATCH
        first = self._batch_first or record
        if (record.batch_id, record.batch_size) != (first.batch_id, first.batch_size):
            return Flaw.BATCH
        self._batch_first = first
        self._batch.append(digest)
        if len(self._batch) < record.batch_size:
            return None
        content, self._batch, self._batch_first = batch_content(self._batch), [], None
        if self.verify is not None and not self.verify(first.batch_signature, content):
            return Flaw.SIGNATURE
        return None
