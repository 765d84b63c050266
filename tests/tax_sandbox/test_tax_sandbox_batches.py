"""Sessions of batches: taken one by one, accepted together, and thrown away when nobody closes them."""

import asyncio
import base64
from typing import Any

import httpx
import pytest

from services.tax_sandbox.domain.batch import read_items, what_is_missing
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import FaultName, FaultPlan
from tests.support.eventually import eventually
from tests.support.tax_sandbox import SELLER_TAX_ID, Steering, a_document, running_tax_sandbox

PLACE = "/production/42/v1"


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox"), session_seconds=60) as steering:
        yield steering


def an_item(index: int, body: bytes | None = None, key: str = "") -> dict[str, Any]:
    body = a_document(f"NO{index}") if body is None else body
    return {"index": index, "key": key or f"inv_{index}", "document": base64.b64encode(body).decode()}


async def open_session(tax: Steering, key: str = "s_1") -> str:
    answer = await tax.http.post(f"{PLACE}/sessions", headers={"Idempotency-Key": key})
    return str(answer.json()["session_id"])


async def send(tax: Steering, session: str, *items: dict[str, Any], **headers: str) -> httpx.Response:
    return await tax.http.post(f"{PLACE}/sessions/{session}/invoices", json={"items": items}, headers=headers)


async def sent(tax: Steering, session: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
    return list((await send(tax, session, *items)).json()["items"])


async def close(tax: Steering, session: str, **headers: str) -> httpx.Response:
    return await tax.http.post(f"{PLACE}/sessions/{session}/close", headers=headers)


async def submit(tax: Steering, key: str, body: bytes) -> httpx.Response:
    return await tax.http.post(
        f"{PLACE}/invoices", content=body, headers={"Idempotency-Key": key, "Content-Type": "application/json"}
    )


async def by_key(tax: Steering, key: str) -> httpx.Response:
    return await tax.http.get(f"{PLACE}/invoices", params={"seller_tax_id": SELLER_TAX_ID, "key": key})


async def is_booked(tax: Steering, key: str) -> bool:
    return (await by_key(tax, key)).json().get("status") == "BOOKED"


async def test_what_a_session_takes_is_accepted_when_it_is_closed_and_not_before(tax):
    session = await open_session(tax)
    items = await sent(tax, session, an_item(0), an_item(1), an_item(2, a_document(amount_minor=0)))
    before = await tax.book()

    closed = await close(tax, session)
    await eventually(lambda: is_booked(tax, "inv_1"))

    assert [item["status"] for item in items] == ["TAKEN", "TAKEN", "REFUSED"]
    assert items[2]["code"] == "E4003"
    assert before == []
    assert (closed.status_code, closed.json()) == (202, {"taken": 2, "refused": 1})
    assert (await by_key(tax, "inv_1")).json()["number"] == items[1]["number"]


async def test_opening_sending_and_closing_again_change_nothing(tax):
    session = await open_session(tax)
    again = await open_session(tax)
    first = await sent(tax, session, an_item(0))
    second = await sent(tax, session, an_item(0))
    await close(tax, session)
    closed = await close(tax, session)

    assert (again, second) == (session, first)
    assert (closed.status_code, closed.json()) == (200, {"taken": 1, "refused": 0})
    assert [row["submit_count"] for row in await tax.book()] == [2]


async def test_a_session_that_nobody_closed_in_time_is_thrown_away_and_frees_its_keys(tax):
    session = await open_session(tax)
    item = (await sent(tax, session, an_item(0)))[0]
    await tax.shift_clock(60)

    late = [await close(tax, session), await send(tax, session, an_item(1))]
    shown = (await tax.http.get(f"{PLACE}/sessions/{session}")).json()
    single = await submit(tax, "inv_0", a_document("NO0"))

    assert [answer.json()["code"] for answer in late] == ["E9502", "E9502"]
    assert (shown["state"], shown["taken"], shown["items"]) == ("EXPIRED", 0, [])
    assert (single.status_code, single.json()["duplicate"]) == (200, False)
    assert single.json()["number"] != item["number"]


async def test_a_session_outlives_a_restart(fresh_database):
    url = await fresh_database("services.tax_sandbox")
    async with running_tax_sandbox(url) as before:
        session = await open_session(before)
        items = await sent(before, session, an_item(0))

    async with running_tax_sandbox(url) as after:
        closed = await close(after, session)
        await eventually(lambda: is_booked(after, "inv_0"))
        number = (await by_key(after, "inv_0")).json()["number"]

    assert (closed.status_code, number) == (202, items[0]["number"])


async def test_a_batch_lets_its_quota_be_used_up_once_and_no_further(tax):
    quota = {"place": "production/42", "limit_minor": 25_000}
    await tax.http.post(f"/steering/sellers/{SELLER_TAX_ID}/quota", json=quota)
    session = await open_session(tax)

    items = await sent(tax, session, *(an_item(index) for index in range(3)))
    more = await sent(tax, session, an_item(3))
    closed = await close(tax, session)
    used = await tax.http.get(f"{PLACE}/quota", params={"seller_tax_id": SELLER_TAX_ID})

    assert [item.get("code", "") for item in items] == ["", "", "E9400"]
    assert more[0]["status"] == "TAKEN"
    assert closed.json() == {"taken": 2, "refused": 2}
    assert used.json()["used_minor"] == 2 * 12_345


async def test_a_closed_session_takes_nothing_more_and_shows_what_it_took(tax):
    session = await open_session(tax)
    items = await sent(tax, session, an_item(1), an_item(0))
    await close(tax, session)

    late = await send(tax, session, an_item(2))
    shown = (await tax.http.get(f"{PLACE}/sessions/{session}")).json()

    assert (late.status_code, late.json()["code"]) == (409, "E9501")
    assert shown["state"] == "CLOSED"
    assert shown["items"] == sorted(items, key=lambda item: item["index"])


async def test_a_key_is_taken_by_one_open_session_and_an_index_by_one_document(tax):
    first, second = await open_session(tax, "s_1"), await open_session(tax, "s_2")
    await sent(tax, first, an_item(0))

    elsewhere = await sent(tax, second, an_item(0))
    other_index = await sent(tax, first, an_item(1, a_document("NO0"), "inv_0"))
    other_document = await sent(tax, first, an_item(0, a_document("NO9"), "inv_9"))

    assert [items[0]["code"] for items in (elsewhere, other_index, other_document)] == ["E9505", "E9505", "E9504"]
    assert (await close(tax, first)).json() == {"taken": 1, "refused": 1}


async def test_a_refused_item_may_be_mended_under_its_index(tax):
    session = await open_session(tax)
    refused = await sent(tax, session, an_item(0, a_document(amount_minor=0)))

    mended = await sent(tax, session, an_item(0))

    assert (refused[0]["status"], mended[0]["status"]) == ("REFUSED", "TAKEN")
    assert (await close(tax, session)).json() == {"taken": 1, "refused": 0}


async def test_what_was_accepted_before_keeps_its_number_and_other_bytes_are_refused(tax):
    number = (await submit(tax, "inv_0", a_document("NO0"))).json()["number"]
    session = await open_session(tax)

    items = await sent(tax, session, an_item(0), an_item(1, a_document("NO7"), "inv_0"))

    assert items[0]["number"] == number
    assert items[1]["status"] == "REFUSED"
    await close(tax, session)
    assert [row["number"] for row in await tax.book()] == [number]


async def test_a_single_submit_while_the_session_is_open_wins_and_the_close_says_so(tax):
    session = await open_session(tax)
    await sent(tax, session, an_item(0), an_item(1))
    same = (await submit(tax, "inv_0", a_document("NO0"))).json()["number"]
    await submit(tax, "inv_1", a_document("OTHER"))

    closed = await close(tax, session)
    shown = (await tax.http.get(f"{PLACE}/sessions/{session}")).json()["items"]

    assert closed.json() == {"taken": 1, "refused": 1}
    assert shown[0]["number"] == same
    assert shown[1]["code"] == "E4090"


async def test_closes_and_submits_at_once_leave_each_key_with_one_number(tax):
    session = await open_session(tax)
    await sent(tax, session, *(an_item(index) for index in range(20)))

    await asyncio.gather(
        close(tax, session), *(submit(tax, f"inv_{index}", a_document(f"NO{index}")) for index in range(20))
    )
    await close(tax, session)

    assert [row["key"] for row in sorted(await tax.book(), key=lambda row: row["key"])] == sorted(
        f"inv_{index}" for index in range(20)
    )


async def test_a_batch_answer_may_lack_an_item_that_was_taken_or_one_that_was_lost(tax):
    await tax.plan("PARTIAL_BATCH", key="inv_1", code="TAKEN", times=1)
    await tax.plan("PARTIAL_BATCH", key="inv_2", code="LOST", times=1)
    session = await open_session(tax)

    items = await sent(tax, session, *(an_item(index) for index in range(4)))
    shown = (await tax.http.get(f"{PLACE}/sessions/{session}")).json()["items"]

    assert [item["index"] for item in items] == [0, 3]
    assert [item["index"] for item in shown] == [0, 1, 3]
    assert (await close(tax, session)).json() == {"taken": 3, "refused": 0}
    assert (await tax.counts())["faults"] == {"PARTIAL_BATCH": 2}


async def test_a_fault_in_the_head_of_a_batch_falls_on_its_first_item(tax):
    session = await open_session(tax)

    answer = await send(tax, session, an_item(0), an_item(1), **{"Tax-Fault": "PARTIAL_BATCH;code=LOST"})

    assert [item["index"] for item in answer.json()["items"]] == [1]


def test_whether_a_missing_item_was_taken_hangs_on_the_seed_alone():
    plan = FaultPlan(FaultName.PARTIAL_BATCH, seed=7)

    taken = [what_is_missing(plan, f"inv_{number}") for number in range(200)]

    assert taken == [what_is_missing(plan, f"inv_{number}") for number in range(200)]
    assert 60 < sum(one is None for one in taken) < 140


async def test_the_answer_to_a_close_may_be_lost_while_the_session_is_closed(tax):
    await tax.plan("LOSE_CLOSE_ANSWER", times=1)
    session = await open_session(tax)
    await sent(tax, session, an_item(0))

    with pytest.raises(httpx.RemoteProtocolError):
        await close(tax, session)
    again = await close(tax, session)

    assert (again.status_code, again.json()) == (200, {"taken": 1, "refused": 0})


async def test_faults_for_keys_fall_on_items_and_those_of_the_booking_when_it_is_closed(tax):
    await tax.plan("REJECT_BUSINESS", key="inv_0", code="E4101")
    await tax.plan("DROP_BEFORE_COMMIT", key="inv_1", times=1)
    await tax.plan("ACK_WITHOUT_BOOKING", key="inv_2")
    await tax.plan("ACK_WITHOUT_BOOKING", rate_ppm=1_000_000, seed=1)
    session = await open_session(tax)

    items = await sent(tax, session, *(an_item(index) for index in range(4)))
    closed = await close(tax, session)

    assert [(item["index"], item.get("code", "")) for item in items] == [(0, "E4101"), (2, ""), (3, "")]
    assert closed.json() == {"taken": 2, "refused": 1}
    assert {row["status"] for row in await tax.book()} == {"SWALLOWED"}


async def test_an_outage_turns_the_whole_batch_away(tax):
    session = await open_session(tax)
    await tax.plan("OUTAGE", times=2)

    answers = [await send(tax, session, an_item(0)), await close(tax, session)]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert (await close(tax, session)).json() == {"taken": 0, "refused": 0}


async def test_a_batch_that_is_too_large_or_belongs_nowhere_is_refused(tax):
    session = await open_session(tax)
    too_many = await send(tax, session, *(an_item(index) for index in range(101)))
    for start in range(0, 1000, 100):
        await send(tax, session, *(an_item(start + index, b"{}") for index in range(100)))

    full = await send(tax, session, an_item(1000))
    nowhere = await send(tax, "none", an_item(0))
    no_key = await tax.http.post(f"{PLACE}/sessions")

    assert [answer.json()["code"] for answer in (too_many, full, nowhere, no_key)] == [
        "E4005",
        "E9503",
        "E4047",
        "E4008",
    ]


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([], "items"),
        ("x", "items"),
        (["x"], "items.0.index"),
        ([an_item(0), {**an_item(1), "index": True}], "items.1.index"),
        ([{**an_item(0), "key": "a b"}], "items.0.key"),
        ([{**an_item(0), "document": "%%"}], "items.0.document"),
        ([{**an_item(0), "document": None}], "items.0.document"),
        ([an_item(0), an_item(0, key="inv_9")], "items"),
    ],
)
def test_a_batch_that_cannot_be_read_is_refused_by_its_field(items, field):
    read = read_items({"items": items})

    assert isinstance(read, Refusal)
    assert read.field == field
