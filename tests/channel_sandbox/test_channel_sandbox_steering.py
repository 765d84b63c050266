"""Steering: what it refuses, and on whom a fault falls."""

from collections import Counter

import pytest

from services.channel_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase, Subject, candidates
from services.channel_sandbox.domain.steering_request import BadSteeringError, read_clock, read_plan
from tests.support.channel_merchants import merchant_at
from tests.support.channel_sandbox import running_channel_sandbox


def falls(plan: FaultPlan, order_no: str, count: int = 0) -> bool:
    return bool(candidates([plan], Phase.DOOR, Occasion("alipay", order_no, Subject.CREATE, count)))


def test_a_seeded_share_is_the_same_for_the_same_seed_and_near_its_rate():
    plan, other = [FaultPlan(FaultName.HTTP_500, rate_ppm=300_000, seed=seed) for seed in (1, 2)]

    struck = [falls(plan, f"NO{no}") for no in range(2_000)]

    assert struck == [falls(plan, f"NO{no}") for no in range(2_000)]
    assert struck != [falls(other, f"NO{no}") for no in range(2_000)]
    assert 500 < Counter(struck)[True] < 700


def test_who_asks_again_gets_through_in_the_end():
    plan = FaultPlan(FaultName.HTTP_500, rate_ppm=900_000, seed=7)

    assert all(not all(falls(plan, f"NO{no}", count) for count in range(200)) for no in range(50))


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"fault": "NO_SUCH"}, "fault must be one of"),
        ({"fault": "SLOW", "order": "1"}, "order is not a field"),
        ({"fault": "SLOW", "seconds": -1}, "seconds must be"),
        ({"fault": "SLOW", "seconds": True}, "seconds must be"),
        ({"fault": "SLOW", "seconds": 3601}, "no answer is held back"),
        ({"fault": "SLOW", "on": "PAYMENT"}, "on of SLOW"),
        ({"fault": "LATE_SUCCESS", "on": "CREATE"}, "on of LATE_SUCCESS"),
        ({"fault": "HTTP_500", "seconds": 1}, "seconds are for"),
        ({"fault": "HTTP_500", "code": "CLOSED"}, "code is for"),
        ({"fault": "REFUND_FAILS_AFTER_ACCEPTANCE", "code": "OPEN"}, "code is for"),
        ({"fault": "HTTP_500", "channel": "unionpay"}, "channel must be"),
        ({"fault": "HTTP_500", "rate_ppm": 1, "merchant_order_no": "NO1"}, "give one of"),
        ({"fault": "HTTP_500", "rate_ppm": 1_000_001}, "rate_ppm must be"),
        ({"fault": "HTTP_500", "merchant_order_no": "\x00"}, "merchant_order_no must be"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(asked: dict[str, object], what: str):
    with pytest.raises(BadSteeringError, match=what):
        read_plan(asked)


@pytest.mark.parametrize("asked", [{}, {"shift_seconds": "1"}, {"shift_seconds": 1, "offset_seconds": 1}, {"x": 1}])
def test_a_clock_that_cannot_be_is_refused(asked: dict[str, object]):
    with pytest.raises(BadSteeringError):
        read_clock(asked)


async def test_faults_are_counted_spent_and_taken_back(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = merchant_at("hmac_pay", sandbox)
        await sandbox.plan("HTTP_500", times=2, channel="hmac_pay")

        said = [await merchant.create(f"NO{no}") for no in range(3)]
        planned = (await sandbox.http.get("/steering/faults")).json()["faults"]
        cleared = (await sandbox.http.delete("/steering/faults")).json()
        left = (await sandbox.http.get("/steering/faults")).json()["faults"]
        refused = await sandbox.http.post("/steering/faults", content=b"[]")

    assert said == ["INTERNAL", "INTERNAL", "WAITING"]
    assert [(one["fault"], one["struck_count"]) for one in planned] == [("HTTP_500", 2)]
    assert (cleared, left) == ({"cleared": 1}, [])
    assert (refused.status_code, refused.json()["code"]) == (422, "BAD_REQUEST")


async def test_the_book_is_read_page_by_page(fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        merchant = merchant_at("hmac_pay", sandbox)
        for no in range(3):
            await merchant.create(f"NO{no}")

        first = (await sandbox.http.get("/steering/book", params={"limit": "2"})).json()
        second = (await sandbox.http.get("/steering/book", params={"limit": "2", "after": first["next"]})).json()
        none = (await sandbox.http.get("/steering/book", params={"channel": "alipay"})).json()
        lost = await sandbox.http.get("/steering/orders/hmac_pay/NO9")
        nowhere = await sandbox.http.get("/nowhere")

    assert [one["merchant_order_no"] for one in first["orders"] + second["orders"]] == ["NO0", "NO1", "NO2"]
    assert (second["next"], none) == ("", {"orders": [], "next": ""})
    assert [(one.status_code, one.json()["code"]) for one in (lost, nowhere)] == [
        (404, "UNKNOWN_ORDER"),
        (404, "NO_ROUTE"),
    ]
