"""What a set of payments comes to, so that two copies can be compared without sending them. It compares nothing itself.

The definition is that of `SliceManifest` in the contract; payments has its own implementation of it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from services.reconciler.domain.payment import MirroredPayment

_MODULUS = 2**256


@dataclass(frozen=True, slots=True)
class Manifest:
    """Count, sums by currency in minor units, and the digest of some payments."""

    payment_count: int
    amount_sums: dict[str, int]
    digest: bytes


def manifest_of(payments: Iterable[MirroredPayment]) -> Manifest:
    """The manifest of exactly these payments, in whatever order they come."""
    count, digest = 0, 0
    sums: Counter[str] = Counter()
    for payment in payments:
        count += 1
        sums[payment.amount.currency_code] += payment.amount.amount_minor
        digest += int.from_bytes(hashlib.sha256(_line(payment).encode()).digest())
    return Manifest(count, dict(sums), (digest % _MODULUS).to_bytes(32))


def _line(payment: MirroredPayment) -> str:
    return "\x1f".join(
        (
            payment.payment_id,
            payment.merchant_order_no,
            payment.channel_txn_no,
            payment.amount.currency_code,
            str(payment.amount.amount_minor),
        )
    )
