"""Whatever comes in whatever order, and however often: a payment ends as its channel's book says, and nowhere else."""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from chassis import database, migrate
from chassis.clock import ManualClock
from chassis.crypto import KeyRing
from chassis.money import Money
from services.payments.app import make_actions
from services.payments.channels.accounts import ANY_MERCHANT, Account, Accounts
from services.payments.domain.channel_order import StartAsked
from services.payments.domain.life import MOVES
from services.payments.domain.payment import PaymentContent, State
from services.payments.rpc import Actions
from tests.payments.builders import NOON
from tests.support.channel_model import ModelChannel

AMOUNT = Money("CNY", 12_30)
# How a payment ends, by how its order stands in the channel's book.
END_OF = {"PAID": State.SUCCEEDED, "FAILED": State.FAILED, "CLOSED": State.CLOSED, "": State.CLOSED}
STEPS = (
    *("PAY", "FAIL", "CALLBACK", "REPEAT", "OLDEST", "FORGED", "CREATE", "CONFIRM", "POLL", "CLOSE"),
    *("LOSE BEFORE", "LOSE AFTER", "WRONG AMOUNT"),
)
_numbers = itertools.count(1)


@dataclass
class World:
    runner: asyncio.Runner
    clock: ManualClock
    model: ModelChannel
    actions: Actions


@pytest.fixture(scope="module")
def world(templates):
    with asyncio.Runner() as runner:
        name = "test_channel_convergence"
        url = runner.run(templates.copy("services.payments", name, migrate.upgrade))
        engine, clock = database.connect(url, "test"), ManualClock(NOON)
        model = ModelChannel(clock)
        accounts = Accounts((Account("model", "model_pay", frozenset({ANY_MERCHANT}), model),))
        actions = make_actions(engine, clock, accounts, ring=KeyRing({"of_the_test": bytes(32)}))
        yield World(runner, clock, model, actions)
        runner.run(actions.exports.close())
        runner.run(engine.dispose())
        runner.run(templates.drop(name))


# Without the phase that explains, for which each line of every library would be traced.
@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=10).map(lambda steps: ["CREATE", *steps]))
@example(steps=["LOSE AFTER", "CREATE", "PAY", "CALLBACK", "REPEAT", "CLOSE", "OLDEST"])
@example(steps=["CREATE", "CALLBACK", "LOSE BEFORE", "CLOSE", "PAY", "OLDEST", "POLL", "REPEAT"])
@example(steps=["CREATE", "LOSE AFTER", "CLOSE", "CALLBACK", "CREATE", "PAY", "OLDEST"])
@example(steps=["CREATE", "PAY", "WRONG AMOUNT", "CALLBACK", "WRONG AMOUNT", "CONFIRM"])
def test_a_payment_ends_as_the_channels_book_says_whatever_comes_in_whatever_order(world, steps):
    world.runner.run(_live(world, steps))


async def _live(world: World, steps: list[str]) -> None:
    life = Life(world)
    for step in steps:
        await life.take(step)
        await life.agrees_with_the_book()
    await life.end()


class Life:
    """One payment, from its first ask to its end."""

    told_until = 0

    def __init__(self, world: World) -> None:
        self.actions, self.model, self.clock = world.actions, world.model, world.clock
        number = next(_numbers)
        self.no = f"ORDER-{number:06}"
        content = PaymentContent("wuhan-water", self.no, "", "model_pay", "", AMOUNT, None, "")
        self.asked = StartAsked(f"request-{number:06}", content, "水费", self.clock.now() + timedelta(minutes=30))
        self.payment_id = ""
        self.came: list[tuple[dict[str, str], bytes]] = []

    @property
    def book(self) -> str:
        return self.model.orders[self.no].state if self.no in self.model.orders else ""

    async def take(self, step: str) -> None:
        match step:
            case "CREATE":
                self.payment_id = (await self.actions.start.create_payment(self.asked)).started.payment.payment_id
            case "PAY" if self.book == "OPEN":
                self.model.pay(self.no)
            case "FAIL" if self.book == "OPEN":
                self.model.fail(self.no)
            case "CONFIRM" if self.payment_id:
                await self.actions.ask.confirm_payment(self.payment_id)
            case "CLOSE" if self.payment_id:
                request_id = f"close-{self.no}"
                await self.actions.ask.close_payment(request_id, request_id.encode(), self.payment_id)
            case "POLL":
                self.clock.advance(5)
                await self.actions.ask.poll_payments()
            case "LOSE BEFORE" | "LOSE AFTER":
                self.model.lost = step.removeprefix("LOSE ")
            case _:
                for came in self._coming(step):
                    await self.actions.callbacks.ingest_callback("model", *came)

    def _coming(self, step: str) -> list[tuple[dict[str, str], bytes]]:
        """What the channel, or who pretends to be it, calls back with."""
        match step:
            case "CALLBACK" if self.book:
                self.came.append(self.model.callback(self.no))
                return self.came[-1:]
            case "WRONG AMOUNT" if self.book:
                booked = self.model.orders[self.no]
                self.model.book_paid(self.no, Money("CNY", 1), "txn-wrong")
                wrong = self.model.callback(self.no)
                self.model.orders[self.no] = booked
                return [wrong]
            case "REPEAT":
                return self.came[-1:]
            case "OLDEST":
                return self.came[:1]
            case "FORGED":
                return [({"signature": "no"}, b'{"event_id": "event-000001"}')]
        return []

    async def agrees_with_the_book(self) -> None:
        """A state that is final is the book's; one that is open may lag behind it."""
        if not self.payment_id:
            return
        state = (await self.actions.payments.get_payment(self.payment_id)).state
        assert state is END_OF.get(self.book) or MOVES[state], (state, self.book)

    async def end(self) -> None:
        """With no more weather, and past its expiry: the end, the way to it, and that nothing is asked any more."""
        self.model.lost = ""
        if not self.payment_id:
            return
        for _ in range(3):
            self.clock.advance(45 * 60)
            await self.actions.ask.poll_payments()
        payment = await self.actions.payments.get_payment(self.payment_id)
        assert payment.state is END_OF[self.book]
        states = await self._told_states()
        assert states[0] is State.CREATED
        assert states[-1] is payment.state
        assert all(later in MOVES[earlier] for earlier, later in itertools.pairwise(states)), states
        calls = len(self.model.calls)
        self.clock.advance(86_400)
        assert await self.actions.ask.poll_payments() == 0
        assert len(self.model.calls) == calls
        assert (payment.content.channel_txn_no != "") == (payment.state is State.SUCCEEDED)

    async def _told_states(self) -> list[State]:
        """Of the feed, whose last changes are those of the last payment."""
        feed, batches = self.actions.feed, []
        async for batch in feed.payment_changes(type(self).told_until + 1, 500):
            batches += [change for change, _ in batch]
        type(self).told_until += len(batches)
        return [change.payment.state for change in batches if change.payment.payment_id == self.payment_id]
