"""The model channel of other tests is a channel: it passes what every channel must, of orders and of refunds."""
# ruff: noqa: F401  the tests of every channel are collected here once more

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from chassis.clock import SystemClock
from tests.seams.test_channel_payments import (
    test_a_closed_order_stays_closed_and_cannot_be_asked_for_again,
    test_an_order_that_is_paid_is_not_asked_for_anew,
    test_an_order_that_the_channel_never_had_is_not_found,
    test_an_order_that_was_paid_is_found_paid_with_its_amount_its_number_and_its_moment,
    test_an_order_that_was_paid_is_told_as_paid_when_it_is_to_be_closed,
    test_the_same_order_again_is_the_same_order,
)
from tests.seams.test_channel_refunds import (
    test_a_refund_of_a_part_comes_to_its_end_with_its_amount,
    test_a_refund_of_what_was_not_paid_is_refused,
    test_a_refund_that_fails_after_it_was_accepted_is_never_told_as_given_back,
    test_a_refund_that_the_channel_never_had_is_not_found,
    test_a_refund_whose_answer_is_not_had_is_unknown_and_asking_again_moves_the_money_once,
    test_another_amount_under_the_number_is_refused_and_moves_no_more_money,
    test_many_refunds_of_one_order_are_each_their_own_and_the_order_stays_paid,
    test_more_than_was_paid_does_not_go_back,
    test_the_same_refund_again_moves_no_more_money,
)
from tests.support.channel_bench import ChannelBench
from tests.support.channel_model import ModelChannel

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def channels():
    model = ModelChannel(SystemClock())
    return ChannelBench("model", model, ModelSteering(model), None, None)


@dataclass
class ModelSteering:
    """What the stand-ins' steering does over HTTP, done in the model's book."""

    model: ModelChannel
    refunds_fail: bool = False

    async def scan(self, kind: str, merchant_order_no: str) -> None:
        assert merchant_order_no in self.model.orders

    async def pay(self, kind: str, merchant_order_no: str) -> None:
        self.model.pay(merchant_order_no)

    async def plan(self, fault: str, **where: Any) -> None:
        if fault == "REFUND_FAILS_AFTER_ACCEPTANCE":
            self.refunds_fail, self.model.next_refund = True, "PROCESSING"
        else:
            self.model.lost = "AFTER" if fault == "LOSE_ANSWER" else "BEFORE"

    async def order(self, kind: str, merchant_order_no: str) -> Mapping[str, Any]:
        for number, refund in self.model.refunds.items():
            if self.refunds_fail and refund.state == "PROCESSING":
                self.model.end_refund(number, "FAILED")
        booked = self.model.orders[merchant_order_no]
        return {
            "channel_txn_no": booked.channel_txn_no,
            "amount_minor": booked.amount.amount_minor,
            "refunded_minor": self.model.given_back(merchant_order_no),
            "refunds": [{"state": refund.state} for refund in self.model.refunds.values()],
        }
