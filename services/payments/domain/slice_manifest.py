"""Count, sums and digest of a channel's business day, in any order of its payments. It finds accidents, not forgery."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from chassis.money import Money

_MODULUS = 2**256
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class SliceLine:
    """What a manifest takes of one payment."""

    payment_id: str
    merchant_order_no: str
    channel_txn_no: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was counted so far; `amount_sums` by currency code, `digest_sum` modulo 2^256."""

    payment_count: int = 0
    amount_sums: tuple[Money, ...] = ()
    digest_sum: int = 0

    @property
    def digest(self) -> bytes:
        """The digest as the contract has it: 32 bytes, big-endian."""
        return self.digest_sum.to_bytes(32, "big")


def with_lines(manifest: Manifest, lines: Iterable[SliceLine]) -> Manifest:
    """The manifest with some more payments counted."""
    sums = {money.currency_code: money for money in manifest.amount_sums}
    count, digest_sum = manifest.payment_count, manifest.digest_sum
    for line in lines:
        code = line.amount.currency_code
        sums[code] = sums.get(code, Money.zero(code)) + line.amount
        digest_sum = (digest_sum + _digest_of(line)) % _MODULUS
        count += 1
    in_order = tuple(sums[code] for code in sorted(sums))
    return replace(manifest, payment_count=count, amount_sums=in_order, digest_sum=digest_sum)


def _digest_of(line: SliceLine) -> int:
    text = _SEPARATOR.join(
        (
            line.payment_id,
            line.merchant_order_no,
            line.channel_txn_no,
            line.amount.currency_code,
            str(line.amount.amount_minor),
        )
    )
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
