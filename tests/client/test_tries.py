"""What the client makes of answers that no gateway of ours gives on demand; each from a real socket."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from bihuan_client import AsyncClient, Conflict, Denied, Limited, Money, NoAnswer, Retries
from bihuan_client.calls import Operation, begin
from bihuan_client.payments import ListPaymentsResponse, Payment
from bihuan_client.wire import decoded, encoded

from tests.client.conftest import TRUSTS_NOBODY, Connect
from tests.support.nowhere import nowhere

EMPTY_PAGE = (200, {}, '{"payments":[],"nextPageToken":""}')
CUT = (0, {}, "")
Answer = tuple[int, dict[str, str], str]


@contextlib.contextmanager
def answering(*answers: Answer) -> Iterator[tuple[str, list[bytes]]]:
    """A peer that gives these answers, one a connection and the last for ever; and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    with caller:
                        asked.append(caller.recv(65536))
                        status, headers, body = answers[min(len(asked), len(answers)) - 1]
                        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body.encode())}", "connection: close"]
                        lines += [f"{name}: {value}" for name, value in headers.items()]
                        if status:
                            caller.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join()


def problem(reason: str) -> str:
    return json.dumps({"status": 0, "reason": reason, "detail": "told", "detail_zh": "", "errors": [], "trace_id": "t"})


def test_faults_that_pass_and_pages_of_proxies_are_waited_out(connect: Connect):
    faults = [(503, {}, problem("OVERLOADED")), (502, {}, "<html>"), (504, {}, problem("DEADLINE_EXCEEDED")), CUT]
    with answering(*faults, (200, {}, "<html>"), EMPTY_PAGE) as (url, asked):
        page = connect(url).payments.list_payments(merchant_id="a b", page_size=5)

    assert page == ListPaymentsResponse()
    assert len(asked) == 6
    assert asked[0].startswith(b"GET /v1/payments?pageSize=5&merchantId=a+b HTTP/1.1\r\n")


def test_retry_after_is_the_least_that_is_waited(connect: Connect):
    with answering((429, {"retry-after": "1"}, problem("RATE_LIMITED")), EMPTY_PAGE) as (url, asked):
        began = time.monotonic()
        connect(url).payments.list_payments()

    assert len(asked) == 2
    assert time.monotonic() - began >= 1


def test_a_wait_that_goes_beyond_the_deadline_is_not_begun(connect: Connect):
    limited = (429, {"retry-after": "60"}, problem("RATE_LIMITED"))
    with answering(limited) as (url, asked), pytest.raises(Limited) as told:
        connect(url).payments.close_payment("pay_1", timeout_seconds=5)

    assert len(asked) == 1
    assert told.value.problem.retry_after_seconds == 60


@pytest.mark.parametrize(
    ("status", "reason", "alone"), [(403, "SUSPENDED", Denied), (412, "VERSION_MISMATCH", Conflict)]
)
def test_a_refusal_at_the_door_after_a_lost_answer_leaves_the_outcome_unknown(connect: Connect, status, reason, alone):
    refusal = (status, {"retry-after": "60"}, problem(reason))
    with answering(CUT, refusal) as (url, asked):
        with pytest.raises(NoAnswer) as told:
            connect(url).payments.close_payment("pay_1")
        with pytest.raises(alone):
            connect(url).payments.close_payment("pay_1")

    assert told.value.may_be_done
    assert told.value.problem
    assert told.value.problem.reason == reason
    assert len(asked) == 3


def test_where_nobody_listens_nothing_was_done(connect: Connect):
    with nowhere() as port:
        client = connect(f"http://127.0.0.1:{port}", retries=Retries(tries_max=3, base_seconds=0.01))
        with pytest.raises(NoAnswer) as told:
            client.payments.close_payment("pay_1")

    assert not told.value.may_be_done
    assert told.value.tries == 3


@contextlib.contextmanager
def dripping() -> Iterator[str]:
    """A peer whose answer never ends: no single byte is late, the whole is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            caller, _ = listener.accept()
            with caller, contextlib.suppress(OSError):
                caller.recv(65536)
                caller.sendall(b"HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n")
                caller.settimeout(0.02)
                for _ in range(1_000):
                    caller.sendall(b" ")
                    with contextlib.suppress(TimeoutError):
                        if not caller.recv(1):
                            return

        serving = threading.Thread(target=serve)
        serving.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving.join()


async def test_an_answer_that_drips_is_given_up_at_the_deadline(connect: Connect):
    with dripping() as url:
        client = connect(url)
        with pytest.raises(NoAnswer) as told:
            client.payments.close_payment("pay_1", timeout_seconds=1.5)
        client.close()
    with dripping() as url:
        async with AsyncClient(
            url, "bhk_some_one", http=httpx.AsyncClient(trust_env=False, verify=TRUSTS_NOBODY)
        ) as one:
            with pytest.raises(NoAnswer) as told_too:
                await one.payments.close_payment("pay_1", timeout_seconds=1.5)

    assert told.value.may_be_done
    assert told_too.value.may_be_done


def test_waits_double_up_to_their_most_and_take_a_random_share():
    retries = Retries(base_seconds=0.5, wait_seconds_max=30)

    most = [retries.wait_seconds(tried, 1.0, None) for tried in range(1, 10)]

    assert most == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert retries.wait_seconds(5, 0.0, None) == 0
    assert retries.wait_seconds(1, 0.5, 7) == 7.25


def test_a_key_that_the_contract_does_not_take_is_refused_before_anything_is_sent():
    operation = Operation("x", "POST", "/x", "*", ListPaymentsResponse, takes_key=True)

    for key in ("short", "with a blank", "é" * 10, "x" * 65):
        with pytest.raises(ValueError, match="idempotency key"):
            begin(operation, {}, key, 1, Retries())


def test_what_a_later_release_adds_to_an_answer_is_left_out_and_big_amounts_stay_exact():
    told = {"paymentId": "pay_1", "amount": {"currencyCode": "CNY", "amountMinor": "9007199254740993"}, "later": {}}

    read = decoded(Payment, told | {"createTime": "2026-03-01T04:00:00.123456789Z"})

    assert read.amount == Money(currency_code="CNY", amount_minor=9007199254740993)
    assert encoded({"amount": read.amount})["amount"]["amountMinor"] == 9007199254740993
    assert read.create_time
    assert read.create_time.microsecond == 123456


def test_names_and_accounts_stay_out_of_what_is_logged_of_a_message():
    assert "张三" not in repr(Payment(payment_id="pay_1", payer_name="张三"))
