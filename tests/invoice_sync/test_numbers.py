"""Numbers that are given first and handed over before the upload: each used once, by its seller, and never lost."""

import asyncio
import json
from dataclasses import replace

import pytest

from chassis.errors import Fault
from services.invoice_sync.actions.attempt_log import body_context
from services.invoice_sync.actions.correct import CorrectActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.sweep_archive import ArchivePass
from services.invoice_sync.actions.sweep_books import BooksPass
from services.invoice_sync.actions.sweep_own import OwnPass
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.domain.attempt import Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.number import NumberPolicy, NumberRange
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.store import attempts, numbers
from services.invoice_sync.tax import Numbers
from tests.invoice_sync.builders import SELLER, a_payment, a_profile
from tests.support.eventually import eventually

OTHER = Party("汉口燃气有限公司", "91420100MA4KGAS001")
FIRM = Party("江城科技有限公司", "91420100MA4K00000Q")


class Crashed(BaseException):
    """The process is gone."""


def preassigned(system, **policy):
    """The service with numbers of its own in stock: everything on the same database and authority."""
    tools = replace(
        system.tools, numbers=NumberPolicy(preassigned=True, **{"range_size": 10, "low_water": 3, **policy})
    )
    system.tools, system.issue = tools, IssueActions(tools)
    system.upload = UploadActions(system.tax, tools)
    system.sweep = SweepActions(OwnPass(system.issue, tools), BooksPass(system.tax, tools), ArchivePass(tools), tools)
    return NumberActions(system.tax, tools)


async def ranges_at_the_authority(system, seller=SELLER) -> list[dict]:
    place = system.steering.place_url()
    answer = await system.steering.http.get(f"{place}/v1/number-ranges", params={"seller_tax_id": seller.tax_id})
    return answer.json()["ranges"]


async def document_of(system, invoice) -> dict:
    async with system.sessions() as session:
        sealed = await attempts.sealed_body(session, invoice.document_sha256)
    return json.loads(system.tools.ring.open(sealed, body_context(invoice.document_sha256)))


async def test_an_invoice_has_its_number_before_it_is_sent_and_keeps_it_to_the_book(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()

    (invoice,) = await system.issued()
    (given,) = await ranges_at_the_authority(system)
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)

    (entry,) = await system.entries(invoice)
    assert invoice.standing.sync_state is SyncState.READY
    assert invoice.standing.invoice_number == given["first"]
    document = await document_of(system, invoice)
    assert (document["schema"], document["kind"], document["number"]) == (2, "BLUE", given["first"])
    assert booked.standing.invoice_number == entry["number"] == given["first"]


async def test_two_hundred_invoices_at_once_get_two_hundred_numbers_in_a_row(system):
    actions = preassigned(system, range_size=150, low_water=1)
    await system.issue.set_merchant_profile(a_profile(IssuePolicy.ON_REQUEST))
    await actions.top_up()
    second = NumberRange("rng_second", system.tools.routing.route_for(SELLER.tax_id).key, SELLER.tax_id, 150)
    async with system.sessions.begin() as session:
        await numbers.ask(session, [second], 10_000, system.clock.now())
    await actions.take_range(second)
    payments = [a_payment() for _ in range(200)]
    await system.follow(*payments)

    # As many at once as there are connections: who waits for one has a deadline, and this machine may be busy.
    connections = asyncio.Semaphore(8)

    async def request(payment) -> None:
        async with connections:
            await system.issue.request_invoice(f"r_{payment.payment_id}", payment.payment_id, FIRM)

    await asyncio.gather(*(request(each) for each in payments))

    taken = sorted([(await system.of_payment(each.payment_id)).standing.invoice_number for each in payments])
    given = sorted(await ranges_at_the_authority(system), key=lambda each: each["first"])
    whole, half = ([str(int(each["first"]) + no) for no in range(150)] for each in given)
    assert taken == [*whole, *half[:50]]


async def test_no_number_goes_to_another_seller(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await system.issue.set_merchant_profile(Profile("city-gas", IssuePolicy.ON_SUCCESS, OTHER))
    await actions.top_up()

    water, gas = a_payment(), a_payment(merchant_id="city-gas")
    await system.follow(water, gas)

    for payment, seller in ((water, SELLER), (gas, OTHER)):
        (given,) = await ranges_at_the_authority(system, seller)
        assert (await system.of_payment(payment.payment_id)).standing.invoice_number == given["first"]


async def test_without_a_number_an_invoice_waits_and_says_so_until_the_numbers_come(system):
    actions = preassigned(system)
    (invoice,) = await system.issued()
    cause = await system.cause(invoice.invoice_id)
    sent_before = await system.upload.upload_due()
    numbered_count = await actions.top_up()
    numbered = await system.again(invoice)
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)

    (given,) = await ranges_at_the_authority(system)
    assert (invoice.standing.sync_state, sent_before) == (SyncState.INVALID, 0)
    assert [each.rule for each in invoice.broken_rules] == ["NO_NUMBER"]
    assert cause == "A4"
    assert numbered_count == 2
    assert (numbered.standing.sync_state, numbered.version) == (SyncState.READY, 2)
    assert numbered.broken_rules == ()
    assert booked.standing.invoice_number == given["first"]
    assert await actions.top_up() == 0


async def test_more_invoices_than_numbers_are_numbered_as_the_ranges_come(system):
    actions = preassigned(system, range_size=2, low_water=1)
    await system.issue.set_merchant_profile(a_profile())
    made = await system.issued(count=5)

    done = [await actions.top_up() for _ in range(4)]

    taken = {(await system.again(each)).standing.invoice_number for each in made}
    assert len(taken) == 5
    assert "" not in taken
    assert done == [3, 3, 2, 0]


async def test_numbers_that_were_given_to_a_process_that_died_are_given_again(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    (invoice,) = await system.issued()
    await actions.want_ranges()
    dying = NumberActions(system.tax, replace(system.tools, crash=_dies_at("after_receive")))

    with pytest.raises(Crashed):
        await dying.take_ranges()
    after_crash = await ranges_at_the_authority(system)
    await actions.top_up()

    (given,) = await ranges_at_the_authority(system)
    assert [given] == after_crash
    assert (await system.again(invoice)).standing.invoice_number == given["first"]


def _dies_at(point):
    def crash(at):
        if at == point:
            raise Crashed

    return crash


async def test_numbers_whose_answer_is_lost_are_given_again(system):
    actions = preassigned(system)
    (invoice,) = await system.issued()
    deaf = NumberActions(_Deaf(system.tax), system.tools)

    lost = await deaf.top_up()
    system.clock.advance(120)
    await actions.top_up()

    (given,) = await ranges_at_the_authority(system)
    assert lost == 0
    assert (await system.again(invoice)).standing.invoice_number == given["first"]


class _Deaf:
    """The authority, each of whose answers about numbers is lost."""

    def __init__(self, tax):
        self._tax = tax

    async def take_numbers(self, *asked):
        await self._tax.take_numbers(*asked)
        return Numbers(TaxAnswer(Outcome.UNKNOWN, "the answer was lost"))


async def test_two_replicas_that_top_up_at_once_take_one_range(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    others = [NumberActions(system.tax, system.tools) for _ in range(4)]

    await asyncio.gather(*(each.top_up() for each in (actions, *others)))

    assert len(await ranges_at_the_authority(system)) == 1


async def test_a_range_that_is_not_given_is_asked_for_again_later_under_the_same_key(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await system.steering.plan("CREDENTIAL_EXPIRY", times=1)

    refused = await actions.top_up()
    at_once = await actions.take_ranges()
    system.clock.advance(120)
    later = await actions.take_ranges()

    async with system.sessions() as session:
        rows = await numbers.to_ask(session, system.clock.now(), 10)
    assert (refused, at_once, later, rows) == (0, 0, 1, [])


async def test_numbers_that_were_given_before_are_not_taken_and_the_feed_goes_on(system):
    actions = preassigned(system, range_size=2, low_water=2)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    (given,) = await ranges_at_the_authority(system)
    given_twice = Numbers(TaxAnswer(Outcome.OK, "2 numbers"), given["last"], str(int(given["last"]) + 1))

    class Confused:
        async def take_numbers(self, *_):
            return given_twice

    await system.issued()
    taken = await NumberActions(Confused(), system.tools).top_up()
    second, waits = await system.issued(count=2)
    system.clock.advance(120)
    await actions.top_up()

    numbered = await system.again(waits)
    assert (taken, waits.standing.sync_state) == (0, SyncState.INVALID)
    assert second.standing.invoice_number == given["last"]
    assert numbered.standing.sync_state is SyncState.READY
    assert numbered.standing.invoice_number not in ("", given["first"], given["last"])


async def test_a_new_range_is_taken_when_few_are_left_and_not_before(system):
    actions = preassigned(system, range_size=5, low_water=2)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()

    counts = []
    for _ in range(5):
        await system.issued()
        await actions.top_up()
        counts.append(len(await ranges_at_the_authority(system)))

    assert counts == [1, 1, 1, 2, 2]


async def test_a_transaction_that_fails_gives_its_number_back(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    await system.execute("ALTER TABLE outbox RENAME TO outbox_gone")

    with pytest.raises(Exception, match="outbox"):
        await system.follow(a_payment())
    await system.execute("ALTER TABLE outbox_gone RENAME TO outbox")
    system.last_sequence = 0
    (invoice,) = await system.issued()

    (given,) = await ranges_at_the_authority(system)
    assert invoice.standing.invoice_number == given["first"]


async def test_what_is_proved_absent_is_sent_again_under_the_number_that_the_customer_has(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    await system.booked()
    await system.steering.plan("LOSE_REQUEST", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()

    await system.verify.verify_due()
    for _ in range(2):
        system.clock.advance(601)
        await system.verify.verify_due()
        await system.sweep.sweep()
    put_back = await system.again(invoice)
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)

    assert (put_back.standing.sync_state, put_back.standing.submit_count) == (SyncState.READY, 1)
    assert put_back.standing.invoice_number == invoice.standing.invoice_number
    assert booked.standing.invoice_number == invoice.standing.invoice_number


async def test_a_corrected_invoice_keeps_its_number(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    await system.steering.plan("REFUSE", times=1)
    (invoice,) = await system.issued()
    await system.upload.upload_due()

    await CorrectActions(system.tools).correct_invoice("req_1", invoice.invoice_id, FIRM)
    corrected = await system.again(invoice)
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)

    assert corrected.standing.invoice_number == invoice.standing.invoice_number
    assert (await document_of(system, corrected))["number"] == invoice.standing.invoice_number
    assert booked.version == 2


async def test_a_number_that_the_authority_refuses_is_not_used_again(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    await system.steering.plan("REFUSE", times=1, code="E9402")
    (invoice,) = await system.issued()
    await system.upload.upload_due()

    await CorrectActions(system.tools).correct_invoice("req_1", invoice.invoice_id, FIRM)
    await system.upload.upload_due()
    booked = await system.until_booked(invoice)

    assert int(booked.standing.invoice_number) == int(invoice.standing.invoice_number) + 1


async def test_what_waits_for_a_number_cannot_be_corrected_before_one_is_there(system):
    preassigned(system)
    (invoice,) = await system.issued()

    with pytest.raises(Fault, match="NO_NUMBER"):
        await CorrectActions(system.tools).correct_invoice("req_1", invoice.invoice_id, FIRM)

    assert (await system.again(invoice)).version == 1


async def test_a_number_that_the_customer_has_and_that_was_not_uploaded_is_told_as_such(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    (invoice,) = await system.issued()
    cause_before = await system.cause(invoice.invoice_id)

    await actions.hand_over(invoice)
    first = system.clock.now()
    system.clock.advance(10)
    await actions.hand_over(invoice)
    async with system.sessions() as session:
        used = (await numbers.uses_of(session, [invoice.invoice_id]))[invoice.invoice_id]

    assert used.number == invoice.standing.invoice_number
    assert used.handed_time == first
    assert (cause_before, await system.cause(invoice.invoice_id)) == ("A3", "A5")


async def test_an_invoice_that_is_booked_under_another_number_than_the_customer_has_is_a_mismatch(system):
    actions = preassigned(system)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    (invoice,) = await system.issued()
    await system.steering.plan("BOOKED_UNDER_OTHER_NUMBER", times=1)

    await system.upload.upload_due()

    async def look():
        system.clock.advance(61)
        await system.verify.verify_due()
        return (await system.again(invoice)).standing.sync_state is SyncState.MISMATCH

    await eventually(look)
    assert (await system.outcomes(invoice, Operation.SUBMIT)) == [Outcome.ACCEPTED]


async def test_documents_that_bear_their_number_go_in_a_batch_too(system):
    actions = preassigned(system)
    system.upload = UploadActions(system.tax, system.tools, batch_size=100)
    await system.issue.set_merchant_profile(a_profile())
    await actions.top_up()
    made = await system.issued(count=3)

    await system.upload.upload_due()
    booked = [await system.until_booked(each) for each in made]

    assert [each.standing.invoice_number for each in booked] == [each.standing.invoice_number for each in made]
