"""What one run is made from, read at one instant, and the pins that name it."""

import hashlib
from dataclasses import dataclass

from services.reconciler.domain.manifest import Manifest, manifest_of
from services.reconciler.domain.outcome import LoadedLine
from services.reconciler.domain.payment import MirroredPayment


@dataclass(frozen=True, slots=True)
class Pins:
    """The names of a run's inputs: equal pins and rules give an equal digest of the outcome."""

    statement_sha256s: tuple[str, ...]
    payments_manifest_digest: bytes
    neighbours_digest: bytes


@dataclass(frozen=True, slots=True)
class Inputs:
    """The rows of a channel's business day and what the days beside have to do with it."""

    statement_sha256s: tuple[str, ...]  # in order of loading
    of_day: tuple[MirroredPayment, ...]  # every payment of the day
    held_beside: frozenset[str]  # ids of those whose line is in the run of another day
    from_beside: tuple[MirroredPayment, ...]  # of other days, that the day's lines lead to
    lines: tuple[LoadedLine, ...]

    def manifest(self) -> Manifest:
        """What the mirror has of the day, to compare with what payments has."""
        return manifest_of(self.of_day)

    def payments(self) -> tuple[MirroredPayment, ...]:
        """The payments that take part, or may."""
        free = (payment for payment in self.of_day if payment.payment_id not in self.held_beside)
        return (*free, *self.from_beside)

    def pins(self) -> Pins:
        """The names of these inputs."""
        beside = manifest_of(self.from_beside).digest
        held = "\n".join(sorted(self.held_beside)).encode()
        return Pins(self.statement_sha256s, self.manifest().digest, hashlib.sha256(beside + held).digest())
