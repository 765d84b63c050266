"""A mix of faults over many invoices: none lost, none twice, and each that is not booked has its one true cause."""

import json
import random
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict

import pytest

from tests.support.eventually import eventually
from tests.support.processes import Processes, for_each
from tests.support.tax_sandbox import Steering
from tests.support.witness import Heard, Ours, Witness, witness

SEED = 20260301
SHARE = {
    "DROP_AFTER_COMMIT": 0.05,
    "DROP_BEFORE_COMMIT": 0.05,
    "STUCK_PROCESSING": 0.02,
    "ACK_WITHOUT_BOOKING": 0.01,
}
# What of a submit that was struck by one of these, or by both at once, is not in the book: one more is needed.
LOSES_IT = {"DROP_BEFORE_COMMIT", "ACK_WITHOUT_BOOKING"}
STUCK_SECONDS = 7_200
SLA_SECONDS = 2
SELLERS = {f"water-{no}": f"91420100MA4KXYZ{no:03}" for no in range(10)}
NEVER = "86400"
LEASE_SECONDS = "60"


@pytest.mark.timeout(7_200)
async def test_a_mix_of_faults_loses_none_doubles_none_and_each_cause_is_the_planted_one(processes, steering, size):
    began, patience = time.monotonic(), 60 + size / 3
    orders = [f"ORDER{no}" for no in range(size)]
    planted = await plant(steering, orders)
    slow = {name: str(max(1, size / 500)) for name in ("LOOK_SECONDS_MAX", "SETTLE_SECONDS")}
    timers = {**slow, "SLA_SECONDS": str(SLA_SECONDS), "LEASE_SECONDS": LEASE_SECONDS, "UPLOAD_CONCURRENCY": "64"}
    processes.start("payments")
    processes.start_invoice_sync(SWEEP_INTERVAL_SECONDS=NEVER, **timers)
    for merchant_id, tax_id in SELLERS.items():
        await processes.set_profile(merchant_id, tax_id)
    await processes.record_payments(list(SELLERS), orders)
    recorded = time.monotonic()

    # No sweep acts on what is proved yet, so that everything that went wrong is there to be seen.
    await eventually(lambda: has_settled(processes, size, planted), timeout_seconds=patience)
    middle = await witness(processes)
    causes_in_the_middle = await processes.causes([each.invoice_id for each in not_booked(middle)])
    middle_at = time.monotonic()

    processes.end("invoice_sync")
    processes.start_invoice_sync(**timers)
    await eventually(lambda: all_booked_but(processes, size, planted["STUCK_PROCESSING"]), timeout_seconds=patience)
    healed = await witness(processes)
    causes_after = await processes.causes([each.invoice_id for each in not_booked(healed)])
    healed_at = time.monotonic()

    await steering.shift_clock(STUCK_SECONDS)
    await eventually(lambda: all_booked_but(processes, size, ()), timeout_seconds=patience)
    end = await witness(processes)

    told = {
        "invoices": size,
        "planted": {fault: len(hit) for fault, hit in planted.items()},
        "seconds": {
            "record": round(recorded - began, 1),
            "until_the_middle": round(middle_at - recorded, 1),
            "until_healed": round(healed_at - middle_at, 1),
            "until_all_booked": round(time.monotonic() - healed_at, 1),
        },
        "calls": {kind: asdict(calls) for kind, calls in end.calls.items()},
        "resends": end.resends(),
        "not_booked_in_the_middle": Counter(causes_in_the_middle.values()),
        "not_booked_after": Counter(causes_after.values()),
    }
    print(json.dumps(told))  # noqa: T201  the figures of the run, for those who run it at size
    assert [each.broken(float(LEASE_SECONDS)) for each in (middle, healed, end)] == [{}, {}, {}]
    assert causes_in_the_middle == expected_causes(middle)
    assert causes_after == expected_causes(healed)
    assert {each.order_no for each in not_booked(healed)} == planted["STUCK_PROCESSING"]
    assert Counter(row["order_no"] for rows in end.book.values() for row in rows) == dict.fromkeys(orders, 1)
    hit = struck(end)
    # Of two on one order the first may leave nothing to send again, so that the other never strikes.
    assert all(hit[fault] <= orders_of_it for fault, orders_of_it in planted.items())
    assert set().union(*hit.values()) == set().union(*planted.values())
    assert end.resends() == sum(bool(LOSES_IT & set(each.faults)) for heard in end.heard.values() for each in heard)


async def plant(steering: Steering, orders: list[str]) -> dict[str, set[str]]:
    """Each fault once on its share of the orders, at least one, drawn by the seed; one order may have several."""
    dice = random.Random(SEED)
    planted = {fault: set(dice.sample(orders, max(1, round(len(orders) * share)))) for fault, share in SHARE.items()}

    async def plan(one: tuple[str, str]) -> None:
        fault, order = one
        seconds = {"seconds": STUCK_SECONDS} if fault == "STUCK_PROCESSING" else {}
        await steering.plan(fault, order_no=order, times=1, **seconds)

    await for_each([(fault, order) for fault, hit in planted.items() for order in sorted(hit)], plan)
    return planted


def struck(seen: Witness) -> dict[str, set[str]]:
    """The orders that each fault struck, by the authority's own log."""
    orders = {each.key: each.order_no for each in seen.ours.values()}
    return {
        fault: {orders[key] for key, heard in seen.heard.items() for each in heard if fault in each.faults}
        for fault in SHARE
    }


def expected_causes(seen: Witness) -> dict[str, str]:
    """By the authority's own log of the faults that struck; and by ours only whether a yes ever came through."""
    return {each.invoice_id: expected_cause(each, seen.heard[each.key]) for each in not_booked(seen)}


def expected_cause(invoice: Ours, heard: Collection[Heard]) -> str:
    struck = {fault for each in heard for fault in each.faults}
    if "STUCK_PROCESSING" in struck:
        return "C6"
    if "ACK_WITHOUT_BOOKING" in struck and invoice.acknowledged:
        return "D2"
    return "B2" if struck else "nothing was planted"


def not_booked(seen: Witness) -> list[Ours]:
    return [each for each in seen.ours.values() if each.states != ["BOOKED"]]


async def has_settled(processes: Processes, size: int, planted: Mapping[str, Collection[str]]) -> bool:
    """Whether each is booked, or proved absent, or in processing for longer than the SLA."""
    settled = """
        SELECT count(*) FROM standing JOIN invoice USING (invoice_id) WHERE sync_state = 'BOOKED'
            OR 2 <= (SELECT count(*) FROM absence_round AS made
                WHERE made.invoice_id = standing.invoice_id AND round_time > settle_from AND canary = 'SEEN')
            OR (sync_state = 'ACKED' AND state_time < now() - $2 * interval '1 second' AND merchant_order_no = ANY ($1))
    """
    return await processes.count(settled, list(planted["STUCK_PROCESSING"]), SLA_SECONDS + 1) == size


async def all_booked_but(processes: Processes, size: int, orders: Collection[str]) -> bool:
    """Whether all are booked, save these, which are in processing for longer than the SLA."""
    settled = """
        SELECT count(*) FROM standing JOIN invoice USING (invoice_id) WHERE sync_state = 'BOOKED'
            OR (sync_state = 'ACKED' AND state_time < now() - $2 * interval '1 second' AND merchant_order_no = ANY ($1))
    """
    return await processes.count(settled, list(orders), SLA_SECONDS + 1) == size
