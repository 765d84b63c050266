from dataclasses import replace

import pytest

from chassis import database, ids, migrate
from chassis.money import Money
from services.payments.domain.refund import (
    MOVES,
    Refund,
    RefundContent,
    RefundOrigin,
    RefundState,
    RefundTimers,
    new_refund,
    states_before,
)
from services.payments.store import refund as refunds
from tests.payments.builders import NOON, a_payment, take_in


async def test_the_tables_are_what_the_migrations_make(fresh_database):
    url = await fresh_database("services.payments")

    assert await migrate.differences("services.payments", url) == []


async def test_no_write_moves_a_refund_that_has_ended_and_every_other_move_is_written(fresh_database):
    engine = database.connect(await fresh_database("services.payments"), "test")
    sessions = database.sessions(engine)
    moves = [(one, other) for one in RefundState for other in MOVES[one]]
    never = [(one, other) for one in RefundState for other in RefundState if one not in states_before(other)]

    for one, other in moves:
        standing = await a_refund_that_stands(sessions, one)
        async with sessions.begin() as session:
            await refunds.write(session, in_state(standing, other))
        assert await state_of(sessions, standing) is other
    for one, other in never:
        standing = await a_refund_that_stands(sessions, one)
        with pytest.raises(AssertionError, match="no move"):
            async with sessions.begin() as session:
                await refunds.write(session, in_state(standing, other))
        assert await state_of(sessions, standing) is one

    assert {one for one, _ in never} >= {RefundState.SUCCEEDED, RefundState.FAILED}
    await engine.dispose()


async def a_refund_that_stands(sessions: database.Sessions, state: RefundState) -> Refund:
    payment, refund_id = a_payment(), ids.new_id("ref", NOON)
    content = RefundContent(payment.payment_id, f"R-{refund_id}", Money("CNY", 1), "", RefundOrigin.STARTED_HERE)
    made = new_refund(content, refund_id, payment.content.merchant_id, "model", NOON, "", RefundTimers())
    refund = in_state(made, state)
    async with sessions.begin() as session:
        await take_in(session, payment)
        await refunds.add(session, refund)
    return refund


async def state_of(sessions: database.Sessions, refund: Refund) -> RefundState:
    async with sessions() as session:
        found = await refunds.get(session, refund.refund_id)
    assert found is not None
    return found.state


def in_state(refund: Refund, state: RefundState) -> Refund:
    final = not MOVES[state]
    return replace(refund, state=state, finish_time=NOON if final else None, next_try_time=None if final else NOON)
