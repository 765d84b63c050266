"""Idempotency keys of recorded payments: one for each order of each merchant."""

from cli.payments import key_of


def test_the_same_order_number_of_two_merchants_has_two_keys():
    assert key_of({"merchantId": "a", "merchantOrderNo": "1"}) != key_of({"merchantId": "b", "merchantOrderNo": "1"})


def test_long_orders_that_begin_alike_have_two_keys_of_a_length_that_is_taken():
    one, other = (key_of({"merchantId": "a", "merchantOrderNo": "9" * 63 + end}) for end in "xy")

    assert one != other
    assert len(one) <= 64


def test_the_same_order_has_the_same_key_each_time():
    assert key_of({"merchantId": "a", "merchantOrderNo": "1"}) == key_of({"merchantId": "a", "merchantOrderNo": "1"})
