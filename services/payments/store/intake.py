"""SQL of intake: the keys are taken by inserting, so that whoever comes second waits for the first and sees it.

A batch is one statement for any number of payments. Its rows come sorted by their keys, so that two batches never wait
for each other.
"""

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import asyncpg

from services.payments.domain.intake import (
    Intake,
    KeptOrder,
    Open,
    Recorded,
    Replayed,
    Told,
    UsedRequest,
    judge_intake,
)
from services.payments.domain.payment import Payment, State, line_of
from services.payments.store.sql import Driver
from services.payments.tables.payment import to_payment

# What another transaction may do between two looks: commit a key, or give it back. More is a fault of ours.
_ROUNDS_MAX = 5

_TOLD = """
    WITH told AS (
        SELECT * FROM unnest(
            $1::text[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::bigint[], $11::timestamptz[], $12::text[], $13::text[], $14::date[], $15::timestamptz[],
            $16::timestamptz[], $17::text[], $18::bigint[], $19::bigint[], $20::text[], $21::bytea[]
        ) AS told(
            request_id, content_sha256, payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no,
            currency_code, amount_minor, pay_time, payer_name, splits, business_date, create_time,
            expire_time, fee_rule_id, fee_rate_ppm, fee_minor, traceparent, line_sha256
        )
    )
"""
_ORDERS = """
    INSERT INTO order_key (merchant_id, merchant_order_no, payment_id, content_sha256)
    SELECT merchant_id, merchant_order_no, payment_id, content_sha256 FROM told
"""


def _requests(new: str) -> str:
    return f"""
        INSERT INTO requests (request_id, fingerprint, payment_id, create_time)
        SELECT request_id, content_sha256, payment_id, create_time FROM {new}
        ORDER BY request_id
    """  # noqa: S608


def _payments(new: str) -> str:
    """Payments and their first changes, as further parts of a WITH."""
    return f"""
        taken AS (
            INSERT INTO payments (
                payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no, currency_code,
                amount_minor, pay_time, payer_name, splits, business_date, create_time, expire_time,
                fee_rule_id, fee_rate_ppm, fee_minor, traceparent, state, reconciliation_state, origin, version
            )
            SELECT
                payment_id, merchant_id, merchant_order_no, bill_no, channel, channel_txn_no, currency_code,
                amount_minor, pay_time, payer_name, splits::jsonb, business_date, create_time, expire_time,
                fee_rule_id, fee_rate_ppm, fee_minor, traceparent, $22, $23, $24, 1
            FROM {new}
        ), fed AS (
            INSERT INTO feed_waiting (
                payment_id, version, kind, ref_id, state, reconciliation_state, refunded_minor, refund_reserved_minor,
                channel, business_date, currency_code, amount_minor, line_sha256
            )
            SELECT
                payment_id, 1, 'PAYMENT', '', $22, $23, 0, 0,
                CASE WHEN line_sha256 IS NOT NULL THEN channel END,
                CASE WHEN line_sha256 IS NOT NULL THEN business_date END,
                CASE WHEN line_sha256 IS NOT NULL THEN currency_code END,
                CASE WHEN line_sha256 IS NOT NULL THEN amount_minor END,
                line_sha256
            FROM {new}
        )
    """  # noqa: S608


_TELL = f"""{_TOLD},
    ordered AS ({_ORDERS} ON CONFLICT DO NOTHING RETURNING payment_id),
    requested AS ({_requests("told JOIN ordered USING (payment_id)")} ON CONFLICT DO NOTHING RETURNING payment_id),
    {_payments("told JOIN requested USING (payment_id)")}
    SELECT ordered.payment_id, requested.payment_id IS NOT NULL
    FROM ordered LEFT JOIN requested USING (payment_id)
"""  # noqa: S608
# A key that is taken breaks a rule of its table, which undoes all of it. Nothing is joined, and no row is looked for
# before it is written. The main statement runs before the parts of its WITH, so the business keys come first here too.
_TELL_NEW = f"{_TOLD}, requested AS ({_requests('told')}), {_payments('told')} {_ORDERS}"
# A lane joins by hash, which reads whole tables where only a few of their rows are wanted.
_BY_INDEX = "SET LOCAL enable_nestloop = on"
_KEPT = """
    SELECT order_key.merchant_id, order_key.merchant_order_no, order_key.payment_id, order_key.content_sha256,
        payments.*
    FROM unnest($1::text[], $2::text[]) AS wanted(merchant_id, merchant_order_no)
    JOIN order_key USING (merchant_id, merchant_order_no)
    LEFT JOIN payments ON payments.payment_id = order_key.payment_id
"""
_USED = """
    SELECT requests.request_id, requests.fingerprint, payments.*
    FROM unnest($1::text[]) AS wanted(request_id)
    JOIN requests USING (request_id)
    LEFT JOIN payments ON payments.payment_id = requests.payment_id
"""
_GIVE_BACK = """
    DELETE FROM order_key USING unnest($1::text[], $2::text[]) AS given(merchant_id, merchant_order_no)
    WHERE order_key.merchant_id = given.merchant_id AND order_key.merchant_order_no = given.merchant_order_no
"""
_REPLAY = """
    INSERT INTO requests (request_id, fingerprint, payment_id, create_time)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::timestamptz[])
    ON CONFLICT DO NOTHING
    RETURNING request_id
"""


async def take_in(driver: Driver, told: Sequence[Told]) -> list[Intake]:
    """Take payments in, in the driver's transaction: what became of each, in their order.

    Payment, both keys and the first row of the feed are written together, or nothing is. All are of one state and one
    origin. Who holds a key in a transaction that is open is waited for.
    """
    decided: dict[str, Intake] = {}
    left = sorted(told, key=lambda one: one.order)
    for _ in range(_ROUNDS_MAX):
        taken = await _tell(driver, left)
        decided |= {one.payment.payment_id: Recorded(one.payment) for one in left if taken.get(one.payment.payment_id)}
        left = [one for one in left if one.payment.payment_id not in decided]
        if left:
            await _give_back(driver, [one for one in left if one.payment.payment_id in taken])
            decided |= await _settle(driver, left)
            left = [one for one in left if one.payment.payment_id not in decided]
        if not left:
            return [decided[one.payment.payment_id] for one in told]
    raise AssertionError(f"{len(left)} keys were neither free nor taken in {_ROUNDS_MAX} looks")


class NotAllNew(Exception):
    """A key of the batch is taken. Nothing was written."""


async def take_in_new(driver: Driver, told: Sequence[Told]) -> None:
    """Take payments in whose keys are all free, by one statement that needs no transaction around it.

    Raises NotAllNew. If the connection breaks, all of them were taken in or none, and take_in tells which.
    """
    try:
        await driver.execute(_TELL_NEW, *_arguments(told))
    except asyncpg.UniqueViolationError as found:
        raise NotAllNew from found


async def _tell(driver: Driver, told: Sequence[Told]) -> Mapping[str, bool]:
    """The payments whose order was free, each with whether its request_id was too."""
    return dict(await driver.fetch(_TELL, *_arguments(told)))


def _arguments(told: Sequence[Told]) -> list[Any]:
    first = told[0].payment
    common = (first.state, first.reconciliation_state, first.origin)
    assert all((o.payment.state, o.payment.reconciliation_state, o.payment.origin) == common for o in told)
    columns = zip(*map(_row, told), strict=True)
    # unnest() fills up a column that is missing: nothing is sent for one that has no value.
    sent = (None if column.count(None) == len(column) else list(column) for column in columns)
    return [*sent, *(one.value for one in common)]


def _row(told: Told) -> tuple[Any, ...]:
    payment, content = told.payment, told.payment.content
    fee, line = payment.fee, line_of(payment) if payment.state is State.SUCCEEDED else None
    return (
        told.request_id,
        told.content_sha256,
        payment.payment_id,
        content.merchant_id,
        content.merchant_order_no,
        content.bill_no,
        content.channel,
        content.channel_txn_no,
        content.amount.currency_code,
        content.amount.amount_minor,
        content.pay_time,
        content.payer_name,
        _splits(payment),
        payment.business_date,
        payment.create_time,
        payment.expire_time,
        None if fee is None else fee.fee_rule_id,
        None if fee is None else fee.rate_ppm,
        None if fee is None else fee.amount.amount_minor,
        payment.traceparent,
        None if line is None else line.sha256,
    )


def _splits(payment: Payment) -> str:
    splits = payment.content.splits
    if not splits:
        return "[]"
    return json.dumps([{"bill_no": one.bill_no, "amount_minor": one.amount.amount_minor} for one in splits])


async def _give_back(driver: Driver, told: Sequence[Told]) -> None:
    """Free the orders of payments that were not taken in, since their request_id has answered something else."""
    if told:
        await driver.execute(_GIVE_BACK, *map(list, zip(*(one.order for one in told), strict=True)))


async def _settle(driver: Driver, told: Sequence[Told]) -> Mapping[str, Intake]:
    """What is decided about those whose keys were not both free, by payment_id; what is not there is still open."""
    await driver.execute(_BY_INDEX)
    kept, used = await _kept(driver, told), await _used(driver, told)
    judged = {one.payment.payment_id: judge_intake(one, kept.get(one.order), used.get(one.request_id)) for one in told}
    new = [one for one in told if one.request_id not in used and isinstance(judged[one.payment.payment_id], Replayed)]
    written = await _replay(driver, new, kept)
    # A request_id that another used meanwhile is looked at again.
    missed = {one.payment.payment_id for one in new if one.request_id not in written}
    return {
        payment_id: decided
        for payment_id, decided in judged.items()
        if not isinstance(decided, Open) and payment_id not in missed
    }


async def _kept(driver: Driver, told: Sequence[Told]) -> Mapping[tuple[str, str], KeptOrder]:
    rows = await driver.fetch(_KEPT, *map(list, zip(*(one.order for one in told), strict=True)))
    return {(row[0], row[1]): KeptOrder(row[2], row[3], _payment(row)) for row in rows}


async def _used(driver: Driver, told: Sequence[Told]) -> Mapping[str, UsedRequest]:
    rows = await driver.fetch(_USED, [one.request_id for one in told])
    return {row[0]: UsedRequest(row[1], _payment(row)) for row in rows}


async def _replay(driver: Driver, told: Sequence[Told], kept: Mapping[tuple[str, str], KeptOrder]) -> set[str]:
    """Note further request_ids that the payments kept have answered; returns those that were noted.

    Of two in one batch that say the same under one request_id, one is noted, and answers for both.
    """
    if not told:
        return set()
    alike = {(one.request_id, one.content_sha256): one for one in told}
    by_request = sorted({one.request_id: one for one in alike.values()}.items())
    rows = [
        (request_id, one.content_sha256, kept[one.order].payment_id, one.payment.create_time)
        for request_id, one in by_request
    ]
    written = {row[0] for row in await driver.fetch(_REPLAY, *map(list, zip(*rows, strict=True)))}
    differing = {request_id for request_id, _ in alike} if len(alike) > len(by_request) else set()
    return written - differing


def _payment(row: Any) -> Payment | None:
    """The payment whose columns come last in the row; None when it is archived."""
    columns = dict(row.items())
    if columns["payment_id"] is None:
        return None
    return to_payment(SimpleNamespace(**columns))
