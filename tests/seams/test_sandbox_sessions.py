"""Sessions whose end is lost, late or other than it was said to be: a peer plays an authority that our own never is."""

import asyncio
import hashlib

import pytest

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.tax import BatchItem
from tests.support.raw_peer import Peer, resets, says, system_before
from tests.support.tax_sandbox import ROUTE, a_document

ITEMS = [BatchItem(a_document("NO0"), "inv_0"), BatchItem(a_document("NO1"), "inv_1")]


def taken(index: int, **changes: object) -> dict[str, object]:
    item = {
        "index": index,
        "key": f"inv_{index}",
        "status": "TAKEN",
        "number": f"2642200000000000000{index}",
        "document_sha256": hashlib.sha256(ITEMS[index].document).hexdigest(),
    }
    return item | changes


BOTH = {"items": [taken(0), taken(1)]}
OPENED = says(201, {"session_id": "abc1", "state": "OPEN"})
ADDED = says(200, BOTH)
CLOSED = says(202, {"taken": 2, "refused": 0})
SHOWN_CLOSED = says(200, {"state": "CLOSED", **BOTH})


async def answers_of(
    opened: Peer = OPENED, added: Peer = ADDED, closed: Peer = CLOSED, shown: Peer = SHOWN_CLOSED
) -> list[TaxAnswer]:
    heads: list[str] = []

    async def peer(writer: asyncio.StreamWriter) -> None:
        line = heads[-1].partition("\r\n")[0]
        step = opened
        if line.startswith("GET"):
            step = shown
        elif "/close" in line:
            step = closed
        elif "/invoices" in line:
            step = added
        await step(writer)

    async with system_before(peer, heads) as system:
        return list(await system.submit_batch(ROUTE, ITEMS))


def told(answers: list[TaxAnswer]) -> list[tuple[Outcome, str]]:
    return [(answer.outcome, answer.code_detail) for answer in answers]


async def test_a_session_that_is_closed_and_shows_what_it_took_is_accepted():
    assert told(await answers_of()) == [(Outcome.ACCEPTED, "")] * 2


async def test_a_close_that_is_never_answered_leaves_all_unknown_while_the_session_shows_open():
    answers = await answers_of(closed=resets, shown=says(200, {"state": "OPEN", **BOTH}))

    assert told(answers) == [(Outcome.UNKNOWN, "SESSION_NOT_CLOSED")] * 2


async def test_a_close_that_is_never_answered_leaves_all_unknown_while_the_session_cannot_be_seen():
    answers = await answers_of(closed=resets, shown=resets)

    assert told(answers) == [(Outcome.UNKNOWN, "SESSION_NOT_CLOSED")] * 2


async def test_a_refused_close_alone_does_not_say_that_the_session_expired():
    answers = await answers_of(closed=says(409, {"code": "E9502", "message": "late"}), shown=resets)

    assert told(answers) == [(Outcome.UNKNOWN, "SESSION_NOT_CLOSED")] * 2


async def test_only_a_session_that_shows_expired_has_not_received_what_it_took():
    answers = await answers_of(closed=resets, shown=says(200, {"state": "EXPIRED", "items": []}))

    assert told(answers) == [(Outcome.NOT_RECEIVED, "SESSION_EXPIRED")] * 2


async def test_a_refusal_stays_a_refusal_when_the_session_expires():
    refused = {"index": 1, "key": "inv_1", "status": "REFUSED", "code": "E4009"}
    added = says(200, {"items": [taken(0), refused]})

    answers = await answers_of(added=added, closed=resets, shown=says(200, {"state": "EXPIRED", "items": []}))

    assert told(answers) == [(Outcome.NOT_RECEIVED, "SESSION_EXPIRED"), (Outcome.REJECTED_BUSINESS, "")]


async def test_what_the_close_refused_counts_and_not_what_was_said_before():
    refused = {"index": 1, "key": "inv_1", "status": "REFUSED", "code": "E9400"}

    answers = await answers_of(shown=says(200, {"state": "CLOSED", "items": [taken(0), refused]}))

    assert [(answer.outcome, answer.authority_code) for answer in answers] == [
        (Outcome.ACCEPTED, ""),
        (Outcome.QUOTA, "E9400"),
    ]


async def test_the_number_that_the_closed_session_shows_counts():
    shown = says(200, {"state": "CLOSED", "items": [taken(0, number="26422000000000000077"), taken(1)]})

    answers = await answers_of(shown=shown)

    assert answers[0].invoice_number == "26422000000000000077"


async def test_a_closed_session_that_cannot_be_read_leaves_what_it_took_unknown():
    answers = await answers_of(shown=says(503, b""))

    assert told(answers) == [(Outcome.UNKNOWN, "")] * 2
    assert [answer.invoice_number for answer in answers] == ["", ""]


async def test_items_that_were_perhaps_added_are_unknown_and_the_session_is_closed_all_the_same():
    assert told(await answers_of(added=resets)) == [(Outcome.UNKNOWN, "")] * 2


@pytest.mark.parametrize(
    ("item", "outcome"),
    [
        ({"index": 1, "status": "REFUSED", "code": "E4301"}, Outcome.UNKNOWN),
        ({"index": 1, "status": "REFUSED"}, Outcome.UNKNOWN),
        ({"index": 1, "status": "REFUSED", "code": "E9505"}, Outcome.UNKNOWN),
        ({"index": 1, "status": "REFUSED", "code": "E4090"}, Outcome.MISMATCH),
        ({"index": 1, "status": "PERHAPS"}, Outcome.UNKNOWN),
        (taken(1, number=""), Outcome.UNKNOWN),
        (taken(1, document_sha256="0" * 64), Outcome.MISMATCH),
    ],
)
async def test_each_item_is_judged_as_a_single_document_is(item, outcome):
    answers = await answers_of(added=says(200, {"items": [taken(0), item]}))

    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, outcome]


@pytest.mark.parametrize(
    ("opened", "outcome"),
    [
        (says(401, {"code": "E4011", "message": "expired"}), Outcome.AUTH),
        (says(429, b""), Outcome.THROTTLED),
        (says(503, {"code": "E5030", "message": "closed"}), Outcome.OUTAGE),
        (says(500, {"code": "E5500", "message": "own fault"}), Outcome.NOT_RECEIVED),
        (says(504, b"gateway time-out"), Outcome.NOT_RECEIVED),
        (says(201, {"session_id": "../.."}), Outcome.NOT_RECEIVED),
        (resets, Outcome.NOT_RECEIVED),
    ],
)
async def test_while_no_session_is_open_no_document_has_left(opened, outcome):
    answers = await answers_of(opened=opened)

    assert [answer.outcome for answer in answers] == [outcome] * 2
