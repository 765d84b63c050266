"""Submits that come at once share a transaction; each is judged as if it had come alone."""

import asyncio
from collections import Counter

import pytest

from chassis import database
from chassis.batch import BatchFull
from chassis.clock import SystemClock
from services.tax_sandbox.actions.submission import SubmissionActions
from services.tax_sandbox.domain.document import read_document, sha256_of
from services.tax_sandbox.domain.judgement import Rules, Submit
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.routes import edge
from services.tax_sandbox.steered import Steered
from tests.support.tax_sandbox import SELLER_TAX_ID, a_document, running_tax_sandbox, submit_to, until_status


@pytest.fixture
async def actions(fresh_database):
    engine = database.connect(await fresh_database("services.tax_sandbox"), "test")
    sessions = database.sessions(engine)
    steered = Steered(sessions, SystemClock())
    await steered.ready()
    yield SubmissionActions(sessions, steered, Rules(0.1, 30), registration_required=False)
    await engine.dispose()


def submit(key: str, body: bytes = b"", place: Place = Place.PRODUCTION_HUBEI) -> Submit:
    body = body or a_document()
    return Submit(place, key, body, sha256_of(body), read_document(body))


async def test_the_same_key_twice_in_one_transaction_is_accepted_once(actions):
    replies = await actions.take_submits([submit("inv_1"), submit("inv_1"), submit("inv_2")])

    assert [reply.body["duplicate"] for reply in replies] == [False, True, False]
    assert replies[0].body["number"] == replies[1].body["number"] != replies[2].body["number"]


async def test_other_bytes_under_a_key_in_one_transaction_are_refused(actions):
    replies = await actions.take_submits([submit("inv_1"), submit("inv_1", a_document("NO2"))])

    assert [reply.status for reply in replies] == [200, 409]


async def test_one_key_in_two_places_in_one_transaction_is_two_invoices(actions):
    replies = await actions.take_submits([submit("inv_1"), submit("inv_1", place=Place.TEST_HUBEI)])

    assert [reply.body["duplicate"] for reply in replies] == [False, False]


async def test_a_refused_document_does_not_spoil_those_that_came_with_it(actions):
    replies = await actions.take_submits([submit("inv_1", b"{"), submit("inv_2"), submit("inv_3", b"[]")])

    assert [reply.status for reply in replies] == [422, 200, 422]


async def test_a_swallowed_one_that_is_repeated_in_the_same_transaction_is_booked(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as tax:
        await tax.plan("NEVER_BOOK", key="inv_1", times=1)

        answers = await asyncio.gather(*(submit_to(tax, a_document()) for _ in range(6)))
        await until_status(tax, "BOOKED")

    assert Counter(answer.json()["duplicate"] for answer in answers) == {False: 1, True: 5}
    assert len({answer.json()["number"] for answer in answers}) == 1


async def test_a_quota_is_not_overdrawn_by_those_who_come_at_once(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as tax:
        limit = {"place": "production/42", "limit_minor": 450}
        await tax.http.post(f"/steering/sellers/{SELLER_TAX_ID}/quota", json=limit)

        answers = await asyncio.gather(
            *(submit_to(tax, a_document(amount_minor=100), f"inv_{number}") for number in range(10))
        )

    assert Counter(answer.status_code for answer in answers) == {200: 4, 403: 6}


def test_one_too_many_is_told_that_nothing_was_done_with_it():
    reply = edge.unavailable(BatchFull("1024 wait already"))

    assert (reply.status, reply.body["code"]) == (503, "E5032")
