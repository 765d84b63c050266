"""Count, sums and digest of a channel's business day, in any order of its payments. It finds accidents, not forgery."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chassis.money import Money

DIGEST_MODULUS = 2**256
_SHA256_BYTES = 32
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class SliceLine:
    """What a manifest takes of one payment that has succeeded."""

    payment_id: str
    merchant_order_no: str
    channel: str
    channel_txn_no: str
    business_date: date
    amount: Money

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the line, as the contract's SliceManifest.digest has it."""
        amount = self.amount
        parts = (self.payment_id, self.merchant_order_no, self.channel_txn_no, amount.currency_code)
        return hashlib.sha256(_SEPARATOR.join((*parts, str(amount.amount_minor))).encode()).digest()


@dataclass(frozen=True, slots=True)
class CurrencySum:
    """The payments of a slice in one currency; `digest_sum` modulo 2^256."""

    amount: Money
    payment_count: int
    digest_sum: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a slice holds; `amount_sums` by currency code, `digest_sum` modulo 2^256."""

    payment_count: int = 0
    amount_sums: tuple[Money, ...] = ()
    digest_sum: int = 0

    @property
    def digest(self) -> bytes:
        """The digest as the contract has it: 32 bytes, big-endian."""
        return self.digest_sum.to_bytes(_SHA256_BYTES, "big")


def manifest_of(sums: Iterable[CurrencySum]) -> Manifest:
    """The manifest of a slice whose currencies were summed apart."""
    in_order = sorted(sums, key=lambda one: one.amount.currency_code)
    return Manifest(
        payment_count=sum(one.payment_count for one in in_order),
        amount_sums=tuple(one.amount for one in in_order),
        digest_sum=sum(one.digest_sum for one in in_order) % DIGEST_MODULUS,
    )


def digest_sum(joined: bytes) -> int:
    """The sum, modulo 2^256, of SHA-256 digests that stand one behind the other."""
    assert len(joined) % _SHA256_BYTES == 0, "each digest has 32 bytes"
    places = range(0, len(joined), _SHA256_BYTES)
    return sum(int.from_bytes(joined[at : at + _SHA256_BYTES], "big") for at in places) % DIGEST_MODULUS
