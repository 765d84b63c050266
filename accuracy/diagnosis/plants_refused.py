"""Plants of C1 to C7, F1, F2 and of A4 by throttling: the authority said no, or failed by its own word."""

from accuracy.diagnosis.stage import HUBEI, Script, Stage
from chassis.ids import new_id
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.standing import SyncState

_DAY = 86_400
_HOUR = 3_600


async def it_cannot_read_the_form(stage: Stage) -> None:
    invoice = await stage.sent("REJECT_SYNTAX")
    await stage.wait(1, 3_600)
    await stage.expect("C1", invoice, lasting=True)


async def it_refuses_the_content(stage: Stage) -> None:
    invoice = await stage.sent("REJECT_BUSINESS", code=stage.rng.choice(["E4100", "E9403", "E9404"]))
    await stage.wait(1, 3_600)
    await stage.expect("C2", invoice, lasting=True)


async def it_refuses_the_date_though_the_clocks_agree(stage: Stage) -> None:
    invoice = await stage.sent("REJECT_BUSINESS", code="E4007")
    await stage.expect("C2", invoice, lasting=True)


async def it_was_lost_once_and_then_refused(stage: Stage) -> None:
    shop = await stage.shop()
    payment = stage.payment(shop)
    await stage.plan("THROTTLE", payment, seconds=stage.rng.randrange(2, 30), times=1)
    await stage.plan("REJECT_BUSINESS", payment)
    invoice = await stage.until_in(await stage.issue(shop, payment), SyncState.REJECTED)
    await stage.expect("C2", invoice, lasting=True)


async def it_was_refused_corrected_and_booked(stage: Stage) -> None:
    invoice = await stage.sent("REJECT_BUSINESS", times=1)
    await stage.expect("C2", invoice)
    buyer = Party("某某科技有限公司", "91420100MA4K99999X")
    await stage.system.correct.correct_invoice(new_id("req"), invoice.invoice_id, buyer)
    await stage.expect("A3", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def its_seller_is_suspended(stage: Stage) -> None:
    shop = await stage.shop(own=True)
    await stage.system.steering.post(f"/steering/sellers/{shop.seller.tax_id}/suspend", place=shop.place)
    invoice = await stage.sent(shop=shop)
    await stage.expect("C3", invoice, lasting=True)


async def its_seller_is_not_registered(stage: Stage) -> None:
    await stage.shop(HUBEI)
    invoice = await stage.sent(shop=await stage.shop(HUBEI, own=True, registered=False))
    await stage.expect("C3", invoice, lasting=True)


async def its_seller_was_suspended_and_restored(stage: Stage) -> None:
    shop = await stage.shop(own=True)
    at = f"/steering/sellers/{shop.seller.tax_id}"
    await stage.system.steering.post(f"{at}/suspend", place=shop.place)
    payment = stage.payment(shop)
    invoice = await stage.until_sent(await stage.issue(shop, payment))
    await stage.expect("C3", invoice)
    await stage.system.steering.post(f"{at}/restore", place=shop.place)
    buyer = Party("某某贸易有限公司", "91420100MA4K88888X")
    await stage.system.correct.correct_invoice(new_id("req"), invoice.invoice_id, buyer)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def the_quota_of_its_seller_is_used_up(stage: Stage) -> None:
    shop = await stage.shop(own=True)
    at = f"/steering/sellers/{shop.seller.tax_id}/quota"
    await stage.system.steering.post(at, place=shop.place, limit_minor=0)
    refused = await stage.sent(shop=shop)
    await stage.expect("C4", refused)
    behind = await stage.issue(shop)
    await stage.wait(60, 1_800)
    await stage.expect("C4", behind)
    await stage.expect("C4", refused)
    await stage.system.steering.post(at, place=shop.place, limit_minor=None)
    # The next probe of the hold finds it out.
    for invoice in (refused, behind):
        await stage.until_booked(invoice)
        await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def the_quota_is_said_to_be_used_up(stage: Stage) -> None:
    shop = await stage.shop(own=True)
    invoice = await stage.sent("QUOTA_EXHAUSTED", shop=shop, times=stage.rng.randrange(1, 3))
    await stage.wait(1, 1_200)
    await stage.expect("C4", invoice)


async def it_was_throttled(stage: Stage) -> None:
    invoice = await stage.sent("THROTTLE", seconds=stage.rng.randrange(61, 120), times=1)
    await stage.expect("A4", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def the_authority_failed_by_its_own_word(stage: Stage) -> None:
    fault = stage.rng.choice(["AUTHORITY_FAULT", "AUTHORITY_FAULT_AFTER_COMMIT"])
    shop = await stage.shop()
    payment = stage.payment(shop)
    await stage.plan(fault, payment, times=1)
    # So that the question does not find it at once, it is booked late.
    await stage.plan("QUERY_FALSE_NEGATIVE", payment, seconds=200)
    invoice = await stage.until_sent(await stage.issue(shop, payment))
    await stage.wait(1, 120)
    await stage.expect("C5", invoice)


async def the_authority_failed_and_was_asked(stage: Stage) -> None:
    invoice = await stage.sent("AUTHORITY_FAULT", times=1)
    await stage.expect("C5", invoice)
    await stage.wait(60, 900)
    await stage.expect("C5", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def it_is_stuck_in_processing(stage: Stage) -> None:
    invoice = await stage.sent("STUCK_PROCESSING", seconds=3 * _HOUR)
    await stage.wait(30, 200)
    await stage.expect("D1", invoice)
    await stage.wait(700, 2 * _HOUR)
    await stage.expect("C6", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def its_seal_fails(stage: Stage) -> None:
    invoice = await stage.sent("SEAL_FAILED", times=stage.rng.randrange(3, 8))
    invoice = await stage.until(invoice, lambda standing: standing.seal_count >= 1)
    await stage.expect("C7", invoice)
    await stage.until_booked(invoice)
    await stage.expect("IN_SYSTEM", invoice, lasting=True)


async def its_seal_fails_for_ever(stage: Stage) -> None:
    invoice = await stage.sent("SEAL_FAILED")
    invoice = await stage.until(invoice, lambda standing: standing.parked)
    await stage.expect("C7", invoice)


async def our_clock_is_ahead_by_days(stage: Stage) -> None:
    invoice = await stage.sent()
    await stage.expect("F1", invoice, lasting=True)


async def the_day_changed_on_the_way(stage: Stage) -> None:
    invoice = await stage.issue(await stage.shop())
    await stage.wait(0.5)
    invoice = await stage.until_sent(invoice)
    await stage.expect("F1", invoice, lasting=True)


async def the_workers_stood_still_for_a_month(stage: Stage) -> None:
    invoice = await stage.issue(await stage.shop())
    await stage.wait(31 * _DAY, 35 * _DAY)
    stage.uploaders = [stage.system.upload]
    invoice = await stage.until_sent(invoice)
    await stage.expect("F2", invoice, lasting=True)


async def it_was_throttled_past_its_deadline(stage: Stage) -> None:
    invoice = await stage.sent("THROTTLE", seconds=stage.rng.randrange(100, 1_800))
    await stage.expect("A4", invoice)
    await stage.wait(26 * _HOUR)
    invoice = await stage.until(invoice, lambda standing: standing.parked)
    await stage.expect("F2", invoice, lasting=True)


async def no_connection_was_made_until_its_deadline(stage: Stage) -> None:
    invoice = await stage.until_sent(await stage.issue(await stage.shop()), 2)
    await stage.expect("B1", invoice)
    await stage.wait(26 * _HOUR)
    invoice = await stage.until(invoice, lambda standing: standing.parked)
    await stage.expect("F2", invoice)


MIXED: tuple[Script, ...] = (
    it_cannot_read_the_form,
    it_refuses_the_content,
    it_refuses_the_date_though_the_clocks_agree,
    it_was_lost_once_and_then_refused,
    it_was_refused_corrected_and_booked,
    its_seller_is_suspended,
    its_seller_is_not_registered,
    its_seller_was_suspended_and_restored,
    the_quota_of_its_seller_is_used_up,
    the_quota_is_said_to_be_used_up,
    it_was_throttled,
    the_authority_failed_by_its_own_word,
    the_authority_failed_and_was_asked,
    it_is_stuck_in_processing,
    its_seal_fails,
    its_seal_fails_for_ever,
)
SKEWED: tuple[Script, ...] = (our_clock_is_ahead_by_days,)
AT_MIDNIGHT: tuple[Script, ...] = (the_day_changed_on_the_way,)
STOOD_STILL: tuple[Script, ...] = (the_workers_stood_still_for_a_month,)
LONG_WITHOUT_NETWORK: tuple[Script, ...] = (no_connection_was_made_until_its_deadline,)
LONG_THROTTLED: tuple[Script, ...] = (it_was_throttled_past_its_deadline,)
