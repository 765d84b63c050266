"""When the reconciler tries again, and what a manifest is, as pure rules."""

import hashlib
from datetime import timedelta

import pytest

from services.reconciler.domain.manifest import manifest_of
from services.reconciler.domain.retry import Retry
from tests.reconciler.builders import NOON

RETRY = Retry(base_seconds=1, seconds_max=30, attempts_max=4)


@pytest.mark.parametrize(("attempts", "longest_seconds"), [(1, 2), (2, 4), (3, 8)])
def test_each_try_may_wait_twice_as_long_as_the_one_before(attempts: int, longest_seconds: int):
    assert RETRY.next_try_at(NOON, attempts, 0.0) == NOON
    assert RETRY.next_try_at(NOON, attempts, 0.5) == NOON + timedelta(seconds=longest_seconds / 2)


def test_no_wait_is_longer_than_the_longest():
    endless = Retry(base_seconds=1, seconds_max=30, attempts_max=10**9)

    assert endless.next_try_at(NOON, 10**6, 0.999) < NOON + timedelta(seconds=30)


def test_after_the_last_try_there_is_none():
    assert RETRY.next_try_at(NOON, 4, 0.5) is None


def test_a_manifest_is_the_sum_of_the_digests_of_its_lines_as_the_contract_defines_it():
    line = "pay_0001\x1forder-1\x1ftxn-1\x1fCNY\x1f1200"
    other = "pay_0002\x1forder-2\x1ftxn-2\x1fJPY\x1f7"
    total = sum(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") for text in (line, other)) % 2**256

    manifest = manifest_of([("pay_0002", "order-2", "txn-2", "JPY", 7), ("pay_0001", "order-1", "txn-1", "CNY", 1200)])

    assert manifest.payment_count == 2
    assert manifest.amount_sums == {"CNY": 1200, "JPY": 7}
    assert manifest.digest == total.to_bytes(32, "big")


def test_the_manifest_of_nothing_is_nought():
    manifest = manifest_of([])

    assert (manifest.payment_count, manifest.amount_sums, manifest.digest) == (0, {}, bytes(32))
