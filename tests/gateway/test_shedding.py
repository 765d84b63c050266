"""How much runs at once: less while answers are slow, and lists lose their place before payments do."""

import asyncio

from bihuan.payments.v1 import payment_service_pb2

from services.gateway import contract, kinds
from services.gateway.domain.rate import MethodClass
from services.gateway.domain.shedding import Shedder, Worth
from services.gateway.limits import InFlight
from tests.support.eventually import eventually


def _feed(shedder: Shedder, seconds: float, windows: int, in_flight: int = 0) -> None:
    now = shedder._since
    for _ in range(windows):
        for _ in range(in_flight):
            shedder.enter()
        for _ in range(in_flight):
            shedder.leave()
        for _ in range(20):
            now += 0.03
            shedder.observe(seconds, now)


def test_slow_answers_take_places_away_down_to_a_floor_and_quick_ones_give_them_back_one_by_one():
    shedder = Shedder(ceiling=512, target_seconds=1.0)

    _feed(shedder, 3.0, 1)
    after_one = shedder.limit
    _feed(shedder, 3.0, 20)
    lowest = shedder.limit
    _feed(shedder, 0.1, 1, in_flight=16)
    risen = shedder.limit
    _feed(shedder, 0.1, 100, in_flight=300)

    assert (int(after_one), lowest, risen) == (358, 16.0, 24.0)
    assert shedder.limit == 512.0


def test_places_that_nobody_uses_are_not_given_more():
    shedder = Shedder(ceiling=512, target_seconds=1.0)
    _feed(shedder, 3.0, 5)
    before = shedder.limit

    _feed(shedder, 0.1, 10, in_flight=2)

    assert shedder.limit == before


def test_lists_are_shed_first_then_reads_then_deeds():
    shedder = Shedder(ceiling=10, target_seconds=1.0)
    admitted = []
    for _ in range(11):
        admitted.append([worth for worth in Worth if shedder.admits(worth)])
        shedder.enter()

    assert [len(one) for one in admitted] == [3] * 6 + [2] * 2 + [1] * 2 + [0]
    assert admitted[9] == [Worth.DEED]


def test_every_operation_has_a_kind_that_its_name_and_effects_tell():
    by_name = {one.method.name: one for one in contract.load().operations}

    assert kinds.worth(by_name["ListPayments"]) is Worth.LIST
    assert kinds.worth(by_name["SearchAttempts"]) is Worth.LIST
    assert kinds.worth(by_name["GetPayment"]) is Worth.READ
    assert kinds.worth(by_name["RecordPayment"]) is Worth.DEED
    assert kinds.method_class(by_name["IngestStatement"]) is MethodClass.BULK
    assert kinds.method_class(by_name["BatchCreatePayments"]) is MethodClass.BULK
    assert kinds.method_class(by_name["RecordPayment"]) is MethodClass.WRITE
    assert kinds.method_class(by_name["GetPayment"]) is MethodClass.READ
    gets_that_act = [one.method.name for one in by_name.values() if one.verb == "GET" and kinds.mutates(one)]
    assert gets_that_act == []


async def test_a_list_finds_no_place_where_a_payment_still_does(peer, upstream, monkeypatch):
    release = asyncio.Event()

    async def slow(request, context):
        await release.wait()
        return payment_service_pb2.GetPaymentResponse()

    upstream.answers["GetPayment"] = slow
    door = peer.gateway.outside.server.config.loaded_app
    monkeypatch.setattr(door, "_in_flight", InFlight(4))
    looks = [asyncio.create_task(peer.plain.get(f"/v1/payments/{no}")) for no in range(3)]
    await eventually(lambda: len(upstream.calls) == 3)

    a_list = await peer.plain.get("/v1/payments")
    deed = await peer.plain.post("/v1/refunds", json={}, headers={"idempotency-key": "shed-key-1"})
    release.set()
    await asyncio.gather(*looks)

    assert (a_list.status_code, a_list.headers["retry-after"]) == (503, "1")
    assert deed.status_code != 503
