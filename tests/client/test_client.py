"""The client against a running system: whatever answers are lost, nothing is done twice or called failed."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from bihuan_client import (
    AsyncClient,
    Client,
    Conflict,
    Invalid,
    Money,
    NoAnswer,
    NotFound,
    Unauthenticated,
)
from bihuan_client.payments import RecordPaymentRequest

from tests.client.conftest import BRISK, TRUSTS_NOBODY, Connect
from tests.support.cutting_proxy import CuttingProxy, cutting_proxy
from tests.support.statement_samples import wechat_pay_trade
from tests.support.system import System

PAID_AT = datetime(2026, 3, 1, 4, tzinfo=UTC)


def payment(order_no: str, merchant_id: str = "till", amount_minor: int = 12345) -> dict[str, Any]:
    return {
        "merchant_id": merchant_id,
        "merchant_order_no": order_no,
        "channel": "wechat_pay",
        "channel_txn_no": f"T{order_no}",
        "amount": Money(currency_code="CNY", amount_minor=amount_minor),
        "pay_time": PAID_AT,
    }


@pytest.fixture
def proxy(system: System) -> Iterator[CuttingProxy]:
    with cutting_proxy(system.stack.addresses.gateway_url) as one:
        yield one


@pytest.fixture
def lossy(system: System, proxy: CuttingProxy, connect: Connect) -> Client:
    """A client whose answers the proxy may lose."""
    return connect(proxy.url, system.stack.addresses.token())


@pytest.fixture
def bihuan(system: System, connect: Connect) -> Client:
    return connect(system.stack.addresses.gateway_url, system.stack.addresses.token())


def test_a_payment_whose_answers_are_lost_is_recorded_once(lossy: Client, proxy: CuttingProxy):
    proxy.lose(3)

    told = lossy.payments.record_payment(**payment("LOST-1"))

    assert told.replayed
    assert told.payment
    assert told.payment.state == "STATE_SUCCEEDED"
    assert told.payment.amount == Money(currency_code="CNY", amount_minor=12345)
    assert told.payment.pay_time == PAID_AT
    assert len(proxy.keys) == 4
    assert len(set(proxy.keys)) == 1
    listed = list(lossy.payments.list_all_payments(merchant_id="till", merchant_order_no="LOST-1"))
    assert [one.payment_id for one in listed] == [told.payment.payment_id]


def test_a_batch_and_a_refund_whose_answers_are_lost_are_done_once(lossy: Client, proxy: CuttingProxy):
    asked = [RecordPaymentRequest(request_id="", **payment(f"BATCH-{at}", "shop")) for at in range(3)]
    proxy.lose(1)

    results = lossy.payments.batch_create_payments(payments=asked).results
    proxy.lose(2)
    refund = lossy.payments.record_refund(
        payment_id=results[0].payment.payment_id if results[0].payment else "",
        merchant_refund_no="R-1",
        amount=Money(currency_code="CNY", amount_minor=345),
        finish_time=PAID_AT,
    )

    assert [one.replayed for one in results] == [True, True, True]
    assert refund.replayed
    assert len(list(lossy.payments.list_all_payments(merchant_id="shop"))) == 3
    refunds = list(lossy.payments.list_all_refunds(merchant_id="shop"))
    assert [one.amount.amount_minor for one in refunds if one.amount] == [345]


async def test_many_at_once_with_every_kind_of_loss_are_each_recorded_once(system: System, proxy: CuttingProxy):
    http = httpx.AsyncClient(trust_env=False, verify=TRUSTS_NOBODY)
    async with AsyncClient(proxy.url, system.stack.addresses.token(), BRISK, http) as bihuan:
        proxy.lose(10)
        told = await asyncio.gather(
            *(bihuan.payments.record_payment(**payment(f"MANY-{at}", "crowd")) for at in range(20))
        )
        listed = [one async for one in bihuan.payments.list_all_payments(page_size=7, merchant_id="crowd")]

    assert len(set(proxy.keys)) == 20
    assert len(proxy.keys) == 30
    assert len(listed) == 20
    assert {one.payment_id for one in listed} == {one.payment.payment_id for one in told if one.payment}


def test_what_is_not_idempotent_is_not_repeated_and_its_outcome_is_called_unknown(lossy: Client, proxy: CuttingProxy):
    proxy.lose(1)

    with pytest.raises(NoAnswer) as told:
        lossy.gateway.create_api_key(display_name="made unheard", roles=["integrator"])

    assert told.value.may_be_done
    assert told.value.tries == 1
    keys = lossy.gateway.list_api_keys().api_keys
    assert [one.display_name for one in keys].count("made unheard") == 1


def test_a_lost_read_is_repeated_and_one_that_stays_lost_was_not_done(lossy: Client, proxy: CuttingProxy):
    proxy.lose(2)
    assert lossy.gateway.get_system().services

    proxy.lose(100)
    with pytest.raises(NoAnswer) as told:
        lossy.payments.list_payments()

    assert not told.value.may_be_done
    assert told.value.tries == BRISK.tries_max


def test_a_payment_that_stays_unanswered_is_unknown_and_its_key_tells_it_later(lossy: Client, proxy: CuttingProxy):
    proxy.lose(100)
    with pytest.raises(NoAnswer) as told:
        lossy.payments.record_payment(**payment("LATE-1"))
    proxy.lose(0)

    again = lossy.payments.record_payment(**payment("LATE-1"), idempotency_key=told.value.idempotency_key)

    assert told.value.may_be_done
    assert again.replayed


def test_a_refusal_names_its_reason_every_field_and_the_trace(bihuan: Client, connect: Connect):
    bihuan.payments.record_payment(**payment("TOLD-1"))

    with pytest.raises(Conflict) as other_content:
        bihuan.payments.record_payment(**payment("TOLD-1", amount_minor=1))
    with pytest.raises(Invalid) as wrong:
        bihuan.payments.record_payment(**payment("TOLD 2", merchant_id="a b"))
    with pytest.raises(NotFound) as missing:
        bihuan.payments.get_payment("pay_not_there")
    with pytest.raises(Unauthenticated):
        connect(bihuan._where._url, "bhk_none_none").payments.list_payments()

    assert other_content.value.reason == "BUSINESS_KEY_REUSED"
    assert wrong.value.reason == "INVALID_FIELD"
    assert {one.field for one in wrong.value.fields} == {"merchant_id", "merchant_order_no", "channel_txn_no"}
    assert all(one.message and one.message_zh for one in wrong.value.fields)
    assert missing.value.problem.status == 404
    assert len(missing.value.trace_id) == 32


def test_a_statement_whose_answer_is_lost_is_loaded_once_and_a_stream_that_cannot_be_rewound_is_sent_once(
    lossy: Client, proxy: CuttingProxy
):
    raw = wechat_pay_trade()
    proxy.lose(1)
    told = lossy.reconciler.ingest_statement(raw, file_name="账单.csv")
    proxy.lose(1)
    with pytest.raises(NoAnswer) as once:
        lossy.reconciler.ingest_statement(OnlyForward(raw), file_name="账单.csv")
    with BytesIO(raw) as stream:
        report = lossy.reconciler.check_statement(stream).report

    assert told.replayed
    assert told.statement
    assert once.value.tries == 1
    assert report
    listed = list(lossy.reconciler.list_all_statements())
    assert [one.statement_id for one in listed] == [told.statement.statement_id]
    lines = list(lossy.reconciler.list_all_statement_lines(told.statement.statement_id, page_size=2))
    assert len(lines) == 5


async def test_a_file_is_sent_part_by_part_by_asyncio_too(system: System, proxy: CuttingProxy, tmp_path: Path):
    file = tmp_path / "bill.csv"
    file.write_bytes(wechat_pay_trade())
    http = httpx.AsyncClient(trust_env=False, verify=TRUSTS_NOBODY)
    async with AsyncClient(proxy.url, system.stack.addresses.token(), BRISK, http) as bihuan:
        proxy.lose(1)
        report = (await bihuan.reconciler.check_statement(file, file_name=file.name)).report

    assert report
    assert report.loadable


class OnlyForward(BytesIO):
    """A pipe, as far as one can tell."""

    def seekable(self) -> bool:
        return False
