"""What a set of payments comes to, so that two copies can be compared without sending them. It compares nothing itself.

The definition is that of `SliceManifest` in the contract; payments has its own implementation of it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_MODULUS = 2**256
_IDS_MAX = 1_000

# payment_id, merchant_order_no, channel_txn_no, currency_code, amount_minor
Row = tuple[str, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Count, sums by currency in minor units, and the digest of some payments."""

    payment_count: int
    amount_sums: dict[str, int]
    digest: bytes


@dataclass(slots=True)
class Gap:
    """What the mirror had otherwise than payments, of one day; ids up to a limit each, counts of all."""

    missing_count: int = 0
    wrong_count: int = 0
    unknown_count: int = 0
    missing_ids: list[str] = field(default_factory=list)
    wrong_ids: list[str] = field(default_factory=list)
    unknown_ids: list[str] = field(default_factory=list)

    def add(self, missing: Sequence[str], wrong: Sequence[str], unknown: Sequence[str]) -> None:
        """Payments that the mirror lacked, that it had otherwise, and that it alone has."""
        for ids, found in ((self.missing_ids, missing), (self.wrong_ids, wrong), (self.unknown_ids, unknown)):
            ids.extend(found[: _IDS_MAX - len(ids)])
        self.missing_count += len(missing)
        self.wrong_count += len(wrong)
        self.unknown_count += len(unknown)


@dataclass(slots=True)
class ManifestSum:
    """The manifest of payments that come part by part, in whatever order."""

    payment_count: int = 0
    amount_sums: Counter[str] = field(default_factory=Counter)
    digest_sum: int = 0

    def add(self, payments: Iterable[Row]) -> None:
        """Take some more."""
        for payment in payments:
            *_, currency_code, amount_minor = payment
            self.payment_count += 1
            self.amount_sums[currency_code] += amount_minor
            self.digest_sum += int.from_bytes(hashlib.sha256("\x1f".join(map(str, payment)).encode()).digest())

    def manifest(self) -> Manifest:
        """Of all that came."""
        return Manifest(self.payment_count, dict(self.amount_sums), (self.digest_sum % _MODULUS).to_bytes(32))


def manifest_of(payments: Iterable[Row]) -> Manifest:
    """The manifest of exactly these payments, in whatever order they come."""
    told = ManifestSum()
    told.add(payments)
    return told.manifest()
