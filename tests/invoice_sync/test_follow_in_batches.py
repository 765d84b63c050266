"""A batch of the feed comes to the same as its changes one by one, and costs as many statements as one of them."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import event, text

from chassis import database, telemetry
from chassis.money import Money
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.number import NumberPolicy, NumberRange
from services.invoice_sync.domain.payment import Payment, PaymentChange, PaymentState, ReconciliationState
from services.invoice_sync.domain.policy import IssuePolicy, Profile
from services.invoice_sync.store import numbers
from tests.invoice_sync.builders import SELLER, a_payment, a_profile

OTHER = Party("汉口燃气有限公司", "91420100MA4KGAS001")
PROFILES = [
    Profile("water", IssuePolicy.ON_SUCCESS, SELLER),
    Profile("gas", IssuePolicy.ON_RECONCILIATION, OTHER),
    Profile("heat", IssuePolicy.ON_SUCCESS, OTHER),
    Profile("power", IssuePolicy.ON_REQUEST, SELLER),
]
# What stands in the database, but for the ids that are new each time.
OUTCOME = (
    """
    SELECT payment_id, merchant_id, merchant_order_no, currency_code, amount_minor, state, reconciliation_state,
        version, traceparent, invoice_id IS NOT NULL, create_time, update_time, refunded_minor, refund_reserved_minor
    FROM payment_follow ORDER BY payment_id
    """,
    """
    SELECT payment_follow.payment_id, invoice.payment_id, invoice.merchant_order_no, invoice.amount_minor,
        invoice.seller_tax_id, issued_by, document_sha256, broken_rules::text, standing.sync_state, standing.work,
        standing.invoice_number, outbox.lane, number_use.number, number_wanted.invoice_id IS NOT NULL,
        invoice.create_time, standing.due_at, standing.deadline_at, payment_traceparent,
        split_part(invoice.traceparent, '-', 2) = split_part(payment_traceparent, '-', 2)
    FROM invoice JOIN standing USING (invoice_id) JOIN body ON sha256 = document_sha256
        LEFT JOIN payment_follow USING (invoice_id) LEFT JOIN outbox USING (invoice_id)
        LEFT JOIN number_use USING (invoice_id) LEFT JOIN number_wanted USING (invoice_id)
    ORDER BY invoice.payment_id
    """,
    "SELECT range_id, state, used_count FROM number_range ORDER BY range_id",
    "SELECT next_sequence FROM feed_cursor",
)


def told_by_a_feed(dice: random.Random, count: int) -> list[PaymentChange]:
    """Changes of few payments: versions out of order, other traces and order numbers, some that break a rule.

    Of some, a part or all went back before all that is told here, or may go back.
    """
    merchants = ["water", "water", "gas", "heat", "power", "nobody"]
    owners = {f"pay_{no}": (dice.choice(merchants), f"NO{no}" if dice.random() < 0.8 else "X" * 65) for no in range(40)}
    amounts = {payment_id: dice.randint(4, 900) for payment_id in owners}
    went_back = {
        payment_id: dice.choice([(0, 0)] * 4 + [(3, 0), (0, 2), (amounts[payment_id], 0)]) for payment_id in owners
    }
    changes = []
    for sequence in range(1, count + 1):
        payment_id = dice.choice(list(owners))
        merchant_id, order_no = owners[payment_id]
        refunded_minor, reserved_minor = went_back[payment_id]
        payment = Payment(
            payment_id=payment_id,
            merchant_id=merchant_id,
            merchant_order_no=order_no,
            amount=Money("CNY", amounts[payment_id]),
            state=dice.choice([PaymentState.SUCCEEDED] * 2 + [PaymentState.PROCESSING, PaymentState.FAILED]),
            reconciliation_state=dice.choice(list(ReconciliationState)),
            version=dice.randint(1, 6),
            traceparent=f"00-{dice.choice('123') * 32}-{dice.choice('45') * 16}-01",
            refunded_minor=refunded_minor,
            refund_reserved_minor=reserved_minor,
        )
        changes.append(PaymentChange(sequence, payment))
    return changes


def in_batches(dice: random.Random, changes: list[PaymentChange]) -> Iterator[list[PaymentChange]]:
    """Batches of any size; some begin before the last one's end, and some tell a change twice."""
    at = 0
    while at < len(changes):
        begin, end = max(0, at - dice.choice([0, 0, 3])), at + dice.randint(1, 15)
        batch = changes[begin:end]
        yield [*batch, batch[-1]] if dice.random() < 0.2 else batch
        at = end


@contextlib.asynccontextmanager
async def on_a_database(system, url: str, *, preassigned: bool) -> AsyncIterator[IssueActions]:
    """The same service on another database, with the same numbers in stock: too few for all, in several ranges."""
    engine = database.connect(url, "test")
    policy = NumberPolicy(preassigned=preassigned)
    tools = replace(system.tools, sessions=database.sessions(engine), numbers=policy)
    for no, (seller, count) in enumerate([(SELLER, 2), (SELLER, 3), (OTHER, 3)] if preassigned else []):
        route = tools.routing.route_for(seller.tax_id).key
        async with tools.sessions.begin() as session:
            wanted = NumberRange(f"rng_{no}", route, seller.tax_id, count)
            await numbers.ask(session, [wanted], 1_000, tools.clock.now())
            await numbers.fill(session, wanted.range_id, f"0{no}00001", f"0{no}{count:05}")
    yield IssueActions(tools)
    await engine.dispose()


async def outcome(issue: IssueActions) -> list[list[tuple]]:
    async with issue._sessions() as session:
        return [[tuple(row) for row in await session.execute(text(asked))] for asked in OUTCOME]


def seen(spans) -> list[tuple]:
    """What the spans of payments tell: those of invoices by the change above them."""
    ended = [each for each in spans.get_finished_spans() if each.name in {"follow_payment", "issue_invoice"}]
    spans.clear()
    return [
        (
            each.name,
            each.context.trace_id,
            each.parent.span_id if each.parent else None,
            each.attributes.get("bihuan.payment_id"),
            each.attributes.get("bihuan.sequence"),
            [link.context.trace_id for link in each.links],
        )
        for each in ended
    ]


@pytest.mark.parametrize("preassigned", [False, True])
@pytest.mark.parametrize("seed", range(3))
async def test_a_batch_comes_to_the_same_as_its_changes_one_by_one(system, fresh_database, spans, seed, preassigned):
    dice = random.Random(seed)
    batches = list(in_batches(dice, told_by_a_feed(dice, 200)))
    reprofiled = Profile("power", IssuePolicy.ON_SUCCESS, OTHER)
    urls = [await fresh_database("services.invoice_sync") for _ in range(2)]

    async with on_a_database(system, urls[0], preassigned=preassigned) as at_once:
        for each in PROFILES:
            await at_once.set_merchant_profile(each)
        spans.clear()
        taken_at_once = [await at_once.follow_payments(batch) for batch in batches[:6]]
        await at_once.set_merchant_profile(reprofiled)
        taken_at_once += [await at_once.follow_payments(batch) for batch in batches[6:]]
        came_at_once, seen_at_once = await outcome(at_once), seen(spans)
    async with on_a_database(system, urls[1], preassigned=preassigned) as singly:
        for each in PROFILES:
            await singly.set_merchant_profile(each)
        spans.clear()
        taken_singly = []
        for no, batch in enumerate(batches):
            if no == 6:
                await singly.set_merchant_profile(reprofiled)
            taken_singly.append(sum([await singly.follow_payment(change) for change in batch]))
        came_singly, seen_singly = await outcome(singly), seen(spans)

    followed, issued, ranges, cursor = came_singly
    assert len(issued) >= 10, "the feed is one that issues"
    assert (taken_at_once, came_at_once) == (taken_singly, came_singly)
    assert sorted(map(str, seen_at_once)) == sorted(map(str, seen_singly))
    assert cursor == [(201,)]
    assert {row[0] for row in issued} == {row[0] for row in followed if row[9]}
    assert not preassigned or {row[1] for row in ranges} >= {"USED_UP"}


async def test_a_batch_costs_no_more_statements_than_one_change(system):
    await system.issue.set_merchant_profile(a_profile())
    counts = []
    for first, size in ((1, 1), (2, 5), (7, 80)):
        batch = [PaymentChange(first + no, a_payment()) for no in range(size)]
        with counted(system) as statements:
            assert await system.issue.follow_payments(batch) == size
        counts.append(len(statements))

    assert counts[1] == counts[2] <= counts[0], "the first one makes the cursor"


async def test_two_followers_of_one_batch_issue_each_invoice_once(system):
    await system.issue.set_merchant_profile(a_profile())
    payments = [a_payment() for _ in range(12)]
    batch = [PaymentChange(no, each) for no, each in enumerate(payments, start=1)]

    taken = await asyncio.gather(*(system.issue.follow_payments(part) for part in (batch, batch, batch[:7])))

    assert sum(taken) == 12
    assert [len(await system.invoices_of(each.payment_id)) for each in payments] == [1] * 12


async def test_a_batch_that_would_skip_a_change_is_not_taken(system):
    with pytest.raises(AssertionError, match="skipped"):
        await system.issue.follow_payments([PaymentChange(2, a_payment())])

    assert await system.issue.next_sequence() == 1


async def test_an_invoice_of_a_payment_told_twice_in_a_batch_is_of_the_first_that_made_it_due(system, spans):
    await system.issue.set_merchant_profile(a_profile())
    created = a_payment(state=PaymentState.PROCESSING)
    paid = replace(created, state=PaymentState.SUCCEEDED, version=2)
    later = replace(paid, reconciliation_state=ReconciliationState.MATCHED, version=3)

    await system.issue.follow_payments([PaymentChange(no, each) for no, each in enumerate([created, paid, later], 1)])

    invoice = await system.of_payment(created.payment_id)
    ended = {span.context.span_id: span for span in spans.get_finished_spans()}
    (issued,) = [span for span in ended.values() if span.name == "issue_invoice"]
    assert telemetry.trace_id_of(invoice.traceparent) == telemetry.trace_id_of(created.traceparent)
    assert issued.attributes["bihuan.invoice_id"] == invoice.invoice_id
    assert [span.attributes["bihuan.sequence"] for span in ended.values() if span.name == "follow_payment"] == [1, 2, 3]


@contextlib.contextmanager
def counted(system) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    engine = system.sessions.kw["bind"].sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)
