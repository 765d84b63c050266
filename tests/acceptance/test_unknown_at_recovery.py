"""Many unknown invoices when the uploader comes back from a crash: none is called absent, none is sent again."""

import pytest

from tests.support.eventually import eventually
from tests.support.processes import Processes
from tests.support.tax_sandbox import SELLER_TAX_ID, Steering
from tests.support.witness import witness

# So many that the breaker has not closed the route to the rest.
UNKNOWN = 50
HELD = 8
DENIED_SECONDS = 6
LEASE_SECONDS = 4


@pytest.mark.timeout(300)
async def test_what_is_unknown_after_a_crash_is_neither_called_absent_nor_sent_again(processes, steering):
    held, lost = [f"HELD{no}" for no in range(HELD)], [f"LOST{no}" for no in range(UNKNOWN - HELD)]
    await steering.plan("QUERY_5XX")
    for order in [*held, *lost][::2]:
        await steering.plan("QUERY_FALSE_NEGATIVE", order_no=order, seconds=DENIED_SECONDS, times=1)
    processes.start("payments")
    processes.start_invoice_sync(LEASE_SECONDS=str(LEASE_SECONDS))
    await processes.set_profile("city-water", SELLER_TAX_ID)

    # Killed between send and record, and again when every other answer was lost too and no question was answered.
    await steering.plan("SLOW_ANSWER", seconds=60, times=HELD)
    await processes.record_payments(["city-water"], held)
    await eventually(lambda: has_accepted(steering, HELD))
    processes.kill("invoice_sync")
    sending = await processes.count("SELECT count(*) FROM outbox WHERE sync_state = 'SENDING'")
    await steering.plan("DROP_AFTER_COMMIT", times=len(lost))
    processes.start_invoice_sync(LEASE_SECONDS=str(LEASE_SECONDS))
    await processes.record_payments(["city-water"], lost)
    await eventually(lambda: all_unknown(processes, UNKNOWN))
    processes.kill("invoice_sync")
    await steering.http.delete("/steering/faults")
    processes.start_invoice_sync(LEASE_SECONDS=str(LEASE_SECONDS))
    await eventually(lambda: all_booked(processes, UNKNOWN), timeout_seconds=120)

    both = await witness(processes)
    assert sending == HELD
    assert both.broken(LEASE_SECONDS) == {}
    assert {len(heard) for heard in both.heard.values()} == {1}
    assert {len(invoice.submits) for invoice in both.ours.values()} == {1}
    assert {invoice.submits[0].outcome for invoice in both.ours.values()} == {None, "UNKNOWN"}
    assert max(len(invoice.rounds) for invoice in both.ours.values()) < 2
    assert len(both.book) == UNKNOWN


async def has_accepted(steering: Steering, how_many: int) -> bool:
    return len(await steering.book()) == how_many


async def all_unknown(processes: Processes, how_many: int) -> bool:
    return await processes.count("SELECT count(*) FROM outbox WHERE sync_state = 'UNKNOWN'") == how_many


async def all_booked(processes: Processes, how_many: int) -> bool:
    return await processes.count("SELECT count(*) FROM standing WHERE sync_state = 'BOOKED'") == how_many
