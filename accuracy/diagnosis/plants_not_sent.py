"""Plants of A1 to A5, NOT_DUE and B1 to B4: what was never sent, or got lost on the way."""

import functools
from datetime import timedelta

from accuracy.diagnosis.stage import BEIJING, HUBEI, Script, Stage
from chassis.ids import new_id
from chassis.money import Money
from services.invoice_sync.domain.invoice import PERSON, Invoice, Party
from services.invoice_sync.domain.payment import PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssuePolicy, Profile

_SLA_SECONDS = 300
_MENDED_AFTER_SECONDS = 3_600
_PROBES_MAX = 20


async def the_merchant_has_no_profile(stage: Stage) -> None:
    payment = stage.payment(await stage.shop(profile=False))
    await stage.hear(payment)
    await stage.wait(1, 900)
    await stage.expect("A1", payment, lasting=True)


async def nobody_asked_for_the_invoice(stage: Stage) -> None:
    payment = stage.payment(await stage.shop(policy=IssuePolicy.ON_REQUEST))
    await stage.hear(payment)
    await stage.wait(1, 3_600)
    await stage.expect("A1", payment, lasting=True)


async def the_profile_came_after_the_payment_and_no_sweep_yet(stage: Stage) -> None:
    shop = await stage.shop(own=True, profile=False)
    payment = stage.payment(shop)
    await stage.hear(payment)
    await stage.wait(30, 900)
    await stage.system.issue.set_merchant_profile(Profile(shop.merchant_id, IssuePolicy.ON_SUCCESS, shop.seller))
    await stage.expect("A1", payment)


async def the_payment_has_not_succeeded(stage: Stage) -> None:
    state = stage.rng.choice([PaymentState.CREATED, PaymentState.PROCESSING, PaymentState.UNKNOWN, PaymentState.FAILED])
    payment = stage.payment(await stage.shop(), state=state)
    await stage.hear(payment)
    await stage.wait(1, 3_600)
    await stage.expect("NOT_DUE", payment, lasting=True)


async def the_payment_is_not_reconciled(stage: Stage) -> None:
    shop = await stage.shop(policy=IssuePolicy.ON_RECONCILIATION)
    state = stage.rng.choice([ReconciliationState.PENDING, ReconciliationState.EXCEPTION])
    payment = stage.payment(shop, reconciliation_state=state)
    await stage.hear(payment)
    await stage.wait(1, 3_600)
    await stage.expect("NOT_DUE", payment, lasting=True)


async def our_rules_refuse_it(stage: Stage) -> None:
    buyer = PERSON
    shop = await stage.shop(policy=IssuePolicy.ON_REQUEST)
    payment = stage.payment(shop)
    match stage.rng.randrange(4):
        case 0:
            buyer = Party("某某有限公司", "12345")
        case 1:
            buyer = Party(PERSON.name, "91420100MA4K00000X")
        case 2:
            payment = stage.payment(shop, merchant_order_no=f"{payment.merchant_order_no}-{'7' * 60}")
        case _:
            payment = stage.payment(shop, amount=Money("USD", 100))
    await stage.hear(payment)
    await stage.system.issue.request_invoice(new_id("req"), payment.payment_id, buyer)
    await stage.wait(1, 3_600)
    await stage.expect("A2", payment, lasting=True)


async def it_has_just_been_issued(stage: Stage) -> None:
    invoice = await stage.issue(await stage.shop())
    await stage.expect("A3", invoice)


async def the_workers_are_stopped(stage: Stage) -> None:
    invoice = await stage.issue(await stage.shop())
    await stage.wait(_SLA_SECONDS / 2, 4 * 3_600)
    await stage.expect("A3", invoice)


async def a_hold_is_over_and_the_workers_are_stopped(stage: Stage) -> None:
    shop = await stage.shop(own=True)
    until = None if stage.rng.random() < 0.5 else stage.system.clock.now() + timedelta(seconds=200)
    hold = await stage.system.gates.set_hold(new_id("req"), shop.route_key, shop.seller.tax_id, "audit", until, "ops")
    invoice = await stage.issue(shop)
    await stage.wait(30, 150)
    await stage.expect("A4", invoice)
    if until is None:
        await stage.system.gates.lift_hold(hold.hold_id)
    await stage.wait(200, 900)
    await stage.expect("A3", invoice)


async def a_person_closed_the_gate_to_its_seller(stage: Stage) -> None:
    shop, other = await stage.shop(own=True), await stage.shop(own=True)
    await stage.system.gates.set_hold(new_id("req"), shop.route_key, shop.seller.tax_id, "audit", None, "ops")
    invoice, neighbour = await stage.issue(shop), await stage.issue(other)
    await stage.expect("A3", neighbour)
    await stage.wait(1, 3_600)
    await stage.expect("A4", invoice, lasting=True)


async def its_number_was_handed_over_and_the_workers_are_stopped(stage: Stage) -> None:
    invoice = await _numbered(stage)
    await stage.system.numbers.hand_over(invoice)
    await stage.wait(1, 3_600)
    await stage.expect("A5", invoice)


async def its_number_was_told_to_nobody_and_the_workers_are_stopped(stage: Stage) -> None:
    invoice = await _numbered(stage)
    await stage.wait(1, 3_600)
    await stage.expect("A3", invoice)


async def its_number_was_handed_over_and_it_was_uploaded(stage: Stage) -> None:
    invoice = await _numbered(stage)
    await stage.system.numbers.hand_over(invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def its_number_was_handed_over_and_the_network_is_down(stage: Stage) -> None:
    invoice = await _numbered(stage)
    await stage.system.numbers.hand_over(invoice)
    await stage.until_sent(invoice)
    await stage.expect("A5", invoice)
    await stage.wait(_MENDED_AFTER_SECONDS)
    stage.uploaders = [stage.system.upload]
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice)


async def no_connection_is_made(stage: Stage) -> None:
    shop = await stage.shop()
    invoice = await stage.until_sent(await stage.issue(shop), stage.rng.randrange(1, 4))
    await stage.expect("B1", invoice)
    # Whoever comes first has the network mended for all, when all have asked.
    await stage.wait(_MENDED_AFTER_SECONDS)
    stage.uploaders = [stage.system.upload]
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def it_was_left_out_of_the_answer_to_its_batch(stage: Stage) -> None:
    code = stage.rng.choice(["TAKEN", "LOST"])
    invoice = await stage.sent("PARTIAL_BATCH", code=code, times=1)
    await stage.expect("B3", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def it_went_in_a_session_with_others(stage: Stage) -> None:
    invoice = await stage.sent()
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def nobody_knows_whether_its_session_is_closed(stage: Stage) -> None:
    stage.system.network.is_cut_at_close = True
    invoice = await stage.sent()
    await stage.expect("B4", invoice)
    await stage.wait(30)
    stage.system.network.is_cut_at_close = False
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def its_session_expired(stage: Stage) -> None:
    network, clock = stage.system.network, stage.system.clock

    async def dawdle() -> None:
        clock.advance(400)

    network.on_close = dawdle
    invoice = await stage.sent()
    await stage.expect("B4", invoice)
    network.on_close = None
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def _numbered(stage: Stage) -> Invoice:
    shop = await stage.shop()
    await stage.system.numbers.top_up()
    invoice = await stage.issue(shop, numbered=True)
    assert invoice.standing.invoice_number, "the seller had a number in stock"
    return invoice


STOPPED: tuple[Script, ...] = (
    the_merchant_has_no_profile,
    nobody_asked_for_the_invoice,
    the_profile_came_after_the_payment_and_no_sweep_yet,
    the_payment_has_not_succeeded,
    the_payment_is_not_reconciled,
    our_rules_refuse_it,
    the_workers_are_stopped,
    a_hold_is_over_and_the_workers_are_stopped,
    a_person_closed_the_gate_to_its_seller,
    its_number_was_handed_over_and_the_workers_are_stopped,
    its_number_was_told_to_nobody_and_the_workers_are_stopped,
)
NO_NETWORK: tuple[Script, ...] = (no_connection_is_made, its_number_was_handed_over_and_the_network_is_down)
MIXED: tuple[Script, ...] = (it_has_just_been_issued, its_number_was_handed_over_and_it_was_uploaded)
IN_SESSIONS: tuple[tuple[Script, ...], ...] = (
    (it_was_left_out_of_the_answer_to_its_batch, it_went_in_a_session_with_others),
    (nobody_knows_whether_its_session_is_closed,),
    (its_session_expired,),
)


# The gates that close a whole route are tried one after another in one region, with neighbours in the other.
def gates_of_a_route() -> list[tuple[Script, ...]]:
    """An act for each way in which an authority closes: what it refused, what waits behind it, and who does not."""
    ways: tuple[tuple[str, dict[str, int]], ...] = (
        ("CREDENTIAL_EXPIRY", {}),
        ("KEY_ROTATION", {}),
        ("OUTAGE", {"seconds": 120}),
        ("OUTAGE_ANNOUNCED", {"seconds": 5_000}),
    )
    acts: list[tuple[Script, ...]] = []
    for fault, how in ways:
        during = fault.lower()
        refused = functools.partial(_refused_at_the_gate, fault=fault, how=how)
        behind = functools.partial(_behind_the_gate, fault=fault)
        acts.append(
            (
                _scripted(refused, f"refused_by_{during}"),
                _scripted(behind, f"waits_behind_{during}"),
                _scripted(_elsewhere_meanwhile, f"another_region_during_{during}"),
            )
        )
    acts.append((the_breaker_is_open, _scripted(_elsewhere_meanwhile, "another_region_during_open_breaker")))
    return acts


def _scripted(script: functools.partial[object] | Script, name: str) -> Script:
    async def played(stage: Stage) -> None:
        await script(stage)  # type: ignore[misc]

    played.__name__ = name
    return played


async def _refused_at_the_gate(stage: Stage, fault: str, how: dict[str, int]) -> None:
    shop = await stage.shop(BEIJING)
    await stage.system.steering.post("/steering/faults", fault=fault, place=shop.place, **how)
    # The first is refused; the others of this act find the gate shut, or are its probes.
    invoice = await stage.issue(shop)
    await stage.wait(61, 120)
    await stage.expect("A4", invoice)
    await stage.wait(1, 600)
    await stage.expect("A4", invoice)
    await _opened_again(stage, fault, invoice)


async def _behind_the_gate(stage: Stage, fault: str) -> None:
    await stage.wait(130, 400)
    invoice = await stage.issue(await stage.shop(BEIJING))
    await stage.wait(1, 200)
    await stage.expect("A4", invoice)
    await _opened_again(stage, fault, invoice)


async def _opened_again(stage: Stage, fault: str, invoice: Invoice) -> None:
    await stage.wait(6_000 if fault == "OUTAGE_ANNOUNCED" else 1_200)
    await stage.system.steering.clear_faults()
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def _elsewhere_meanwhile(stage: Stage) -> None:
    await stage.wait(1, 300)
    invoice = await stage.sent(region=HUBEI)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def the_breaker_is_open(stage: Stage) -> None:
    shop = await stage.shop(BEIJING)
    await stage.system.steering.post("/steering/faults", fault="AUTHORITY_FAULT", place=shop.place)
    storm = [await stage.issue(shop) for _ in range(40)]
    failed = await stage.until_sent(storm[0])
    await stage.expect("C5", failed)
    waits = await stage.issue(await stage.shop(BEIJING))
    for _ in range(_PROBES_MAX):
        if (await stage.system.read.get_invoice(waits.invoice_id)).held_by:
            break
        # The breaker lets a probe through at this moment, which fails too.
        await stage.wait(1)
    await stage.expect("A4", waits)
    await stage.system.steering.clear_faults()
    await stage.until_booked(waits)
    await stage.expect("IN_SYSTEM", waits, lasting=True)
