"""actions/fetch.py: each business day of a source ends as loaded, refused or missing, and is loaded once."""

import asyncio
import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from bihuan.reconciler.v1 import statement_fetch_service_pb2 as fetch_pb2
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from sqlalchemy import update
from starlette.responses import Response
from structlog.testing import capture_logs

from chassis.clock import ManualClock
from demo.wechat_pay_bill import MCH_ID
from services.reconciler.actions.fetch import FetchActions
from services.reconciler.domain.fetch import Moment, request_id
from services.reconciler.fetch import FetchLimits
from services.reconciler.fetch.fetchers import fetchers_of
from services.reconciler.fetch.source import FetchSource, Https, Sftp
from services.reconciler.tables import StatementFetchRow, StatementRow
from tests.reconciler.builders import DAY, System, a_bill, a_bill_row
from tests.support.channel_merchants import merchant_at
from tests.support.channel_sandbox import running_channel_sandbox
from tests.support.eventually import eventually
from tests.support.metric_points import points
from tests.support.statement_servers import TOKEN, HttpsPeer, https_peer, sftp_peer

TEN = datetime(2026, 3, 2, 2, tzinfo=UTC)  # 10:00 in Shanghai on T+1, when DAY's file is first asked for
LIMITS = FetchLimits(bytes_max=1_000_000, seconds_max=5)
State = fetch_pb2.StatementFetch.State


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(TEN)


@pytest.fixture
async def peer(tmp_path):
    async with https_peer(tmp_path / "https") as running:
        yield running


def a_source(place: Https | Sftp, **said: object) -> FetchSource:
    """From 10:00 on T+1, missing at 12:00, given up at 12:00 of T+2; the last day before today is the first."""
    values = {
        "id": "city_water",
        "channel": "wechat_pay",
        "tz": ZoneInfo("Asia/Shanghai"),
        "first_date": DAY,
        "available_from": Moment(1, time(10)),
        "deadline": Moment(1, time(12)),
        "give_up": Moment(2, time(12)),
        "every_seconds": 300,
        "https": place if isinstance(place, Https) else None,
        "sftp": place if isinstance(place, Sftp) else None,
    }
    return FetchSource(**{**values, **said})  # type: ignore[arg-type]


def worker(
    system: System, *sources: FetchSource, limits: FetchLimits = LIMITS, meter: Meter | None = None
) -> FetchActions:
    """The actions of one process."""
    return FetchActions(
        system.sessions, sources, fetchers_of(sources, limits), system.loading, system.clock, limits, 30, meter
    )


async def listed(system: System, **wanted: object) -> list[fetch_pb2.StatementFetch]:
    request = fetch_pb2.ListStatementFetchesRequest(**wanted)  # type: ignore[arg-type]
    return list((await system.fetches.ListStatementFetches(request)).statement_fetches)


async def the_day(system: System) -> fetch_pb2.StatementFetch:
    (one,) = await listed(system)
    return one


def events(logs: list[Mapping[str, object]], level: str) -> list[object]:
    return [log.get("reason", log["event"]) for log in logs if log["log_level"] == level]


async def test_a_file_that_is_not_there_is_asked_for_again_and_loaded_when_it_comes(system: System, peer: HttpsPeer):
    source = a_source(peer.place(), profile_id="wechat_pay.trade", account_no=MCH_ID)
    fetches = worker(system, source)

    planned = await fetches.watch_fetches()
    tried = await fetches.fetch_statement(source)
    waiting = await the_day(system)
    too_early = await fetches.fetch_statement(source)
    peer.answer = lambda _: Response(a_bill(a_bill_row(1), a_bill_row(2)))
    system.clock.advance(300)
    await fetches.fetch_statement(source)
    loaded = await the_day(system)
    at_rest = await fetches.fetch_statement(source)

    assert (planned, tried, too_early, at_rest) == (1, 1, 0, 0)
    assert (waiting.state, waiting.cause, waiting.detail) == (State.STATE_WAITING, "NOT_THERE", "HTTP 404")
    assert (loaded.state, loaded.late, loaded.cause, loaded.alert) == (State.STATE_LOADED, False, "", "")
    assert (loaded.fetch_id, loaded.business_date, loaded.attempts) == ("2026-03-01.city_water", "2026-03-01", 2)
    assert loaded.file_name == "2026-03-01.csv"
    assert not loaded.HasField("next_try_time")
    statement = await _statement(system, loaded.statement_id)
    assert (statement.booked_rows, statement.business_date) == (2, DAY)


async def test_a_file_comes_by_sftp_too(system: System, tmp_path):
    async with sftp_peer(tmp_path) as peer:
        (peer.folder / "out/bill_20260301.csv").write_bytes(a_bill(a_bill_row(1)))
        source = a_source(peer.place())
        fetches = worker(system, source)
        await fetches.watch_fetches()
        await fetches.fetch_statement(source)

    assert (await the_day(system)).state == State.STATE_LOADED


async def test_nothing_is_asked_for_before_its_time(system: System, peer: HttpsPeer):
    system.clock.advance(-1)
    source = a_source(peer.place())
    fetches = worker(system, source)

    assert await fetches.watch_fetches() == 0
    assert await fetches.fetch_statement(source) == 0
    assert peer.came == []


async def test_without_a_file_at_the_deadline_the_statement_is_missing_and_a_late_one_ends_that(
    system: System, peer: HttpsPeer
):
    source = a_source(peer.place())
    fetches = worker(system, source)
    await fetches.watch_fetches()
    await fetches.fetch_statement(source)

    system.clock.advance(2 * 3_600 - 1)
    before = await fetches.watch_fetches()
    system.clock.advance(1)
    with capture_logs() as logs:
        at_deadline = await fetches.watch_fetches()
        again = await fetches.watch_fetches()
    missing = await listed(system, state=State.STATE_MISSING)
    await fetches.fetch_statement(source)
    still = await the_day(system)
    peer.answer = lambda _: Response(a_bill(a_bill_row(1)))
    system.clock.advance(300)
    await fetches.fetch_statement(source)
    loaded = await the_day(system)

    assert (before, at_deadline, again) == (0, 1, 0)
    assert events(logs, "error") == ["STATEMENT_MISSING"]
    assert [(one.source_id, one.alert) for one in missing] == [("city_water", "STATEMENT_MISSING")]
    assert still.state == State.STATE_MISSING
    assert (loaded.state, loaded.late, loaded.alert) == (State.STATE_LOADED, True, "")


async def test_the_missing_are_counted_where_operators_measure(system: System, peer: HttpsPeer, spans):
    read = InMemoryMetricReader()
    fetches = worker(system, a_source(peer.place()), meter=MeterProvider([read]).get_meter("test"))
    await fetches.watch_fetches()
    system.clock.advance(2 * 3_600)

    await fetches.watch_fetches()

    assert points(read)["bihuan.statement.missing"].value == 1
    watched = [span for span in spans.get_finished_spans() if span.name == "watch_fetches"]
    assert [span.attributes["bihuan.missing_count"] for span in watched] == [0, 1]


async def test_a_statement_that_came_and_could_not_be_loaded_by_its_deadline_is_missing(
    system: System, peer: HttpsPeer
):
    fetches = worker(system, a_source(peer.place()))
    await fetches.watch_fetches()
    async with system.sessions.begin() as session:
        await session.execute(update(StatementFetchRow).values(state="FETCHED", cause="LOADING"))

    await fetches.watch_fetches()
    before = await the_day(system)
    system.clock.advance(2 * 3_600)
    await fetches.watch_fetches()

    assert before.state == State.STATE_FETCHED
    assert (await the_day(system)).alert == "STATEMENT_MISSING"


async def test_a_server_that_is_slow_past_the_deadline_does_not_hide_that_the_statement_is_missing(
    system: System, peer: HttpsPeer
):
    released = asyncio.Event()

    async def slow(_: object) -> Response:
        await released.wait()
        return Response(a_bill(a_bill_row(1)))

    peer.answer = slow
    source = a_source(peer.place())
    fetches = worker(system, source, limits=FetchLimits(1_000_000, 20))
    await fetches.watch_fetches()
    trying = asyncio.create_task(fetches.fetch_statement(source))
    await _until_asked(peer, 1)

    system.clock.advance(2 * 3_600)
    await fetches.watch_fetches()
    meanwhile = await the_day(system)
    released.set()
    await trying

    assert meanwhile.state == State.STATE_MISSING
    after = await the_day(system)
    assert (after.state, after.late) == (State.STATE_LOADED, True)


async def test_it_is_asked_for_until_the_end_and_then_no_more(system: System, peer: HttpsPeer):
    source = a_source(peer.place())
    fetches = worker(system, source)
    await fetches.watch_fetches()
    await fetches.fetch_statement(source)

    system.clock.advance(26 * 3_600)
    with capture_logs() as logs:
        await fetches.watch_fetches()
    tried = await fetches.fetch_statement(source)

    one = next(each for each in await listed(system) if each.business_date == "2026-03-01")
    assert "STATEMENT_GIVEN_UP" in events(logs, "error")
    assert (one.state, one.attempts, one.HasField("next_try_time")) == (State.STATE_MISSING, 1, False)
    assert tried == 1, "the day after has its own time"


async def test_a_faults_cause_is_told_without_the_secret(system: System, peer: HttpsPeer, capsys):
    source = a_source(peer.place(url="https://127.0.0.1:9/{date}"))
    fetches = worker(system, source)
    await fetches.watch_fetches()

    with capture_logs() as logs:
        await fetches.fetch_statement(source)

    one = await the_day(system)
    assert (one.state, one.cause) == (State.STATE_WAITING, "UNREACHABLE")
    assert events(logs, "warning") == ["statement was not fetched"]
    assert TOKEN not in repr(logs) + "".join(capsys.readouterr()) + repr(one)


async def test_a_refused_file_is_tried_again_only_when_its_bytes_change(system: System, peer: HttpsPeer):
    good = a_bill(a_bill_row(1), a_bill_row(2))
    peer.answer = lambda _: Response(good.replace(b"`24.0,", b"`25.0,", 1))
    source = a_source(peer.place())
    fetches = worker(system, source)
    await fetches.watch_fetches()

    with capture_logs() as logs:
        await fetches.fetch_statement(source)
        refused = await the_day(system)
        system.clock.advance(3_600)
        await fetches.fetch_statement(source)
    same = await the_day(system)
    peer.answer = lambda _: Response(status_code=404)
    system.clock.advance(3_600)
    await fetches.fetch_statement(source)
    gone = await the_day(system)
    peer.answer = lambda _: Response(good)
    system.clock.advance(3_600)
    await fetches.fetch_statement(source)

    assert events(logs, "error") == ["STATEMENT_REFUSED"], "the same bytes are not judged again"
    assert (refused.state, refused.cause, refused.alert) == (
        State.STATE_REFUSED,
        "E-CONTROL-SUM",
        "STATEMENT_REFUSED",
    )
    assert [(each.state, each.cause) for each in (same, gone)] == [(State.STATE_REFUSED, "E-CONTROL-SUM")] * 2
    assert (await the_day(system)).state == State.STATE_LOADED
    assert await system.count(StatementRow) == 1


async def test_yesterdays_file_under_todays_address_is_not_taken_for_todays(system: System, peer: HttpsPeer):
    yesterday = a_bill_row(1)
    day_before = timedelta(days=1)
    yesterday = dataclasses.replace(
        yesterday, create_time=yesterday.create_time - day_before, book_time=yesterday.book_time - day_before
    )
    peer.answer = lambda _: Response(a_bill(yesterday))
    source = a_source(peer.place())
    fetches = worker(system, source)
    await fetches.watch_fetches()

    await fetches.fetch_statement(source)

    one = await the_day(system)
    assert (one.state, one.cause) == (State.STATE_REFUSED, "E-DAY")
    assert await system.count(StatementRow) == 0


async def test_another_accounts_file_is_not_taken(system: System, peer: HttpsPeer):
    peer.answer = lambda _: Response(a_bill(a_bill_row(1)))
    source = a_source(peer.place(), account_no="1900000999")
    fetches = worker(system, source)
    await fetches.watch_fetches()

    await fetches.fetch_statement(source)

    one = await the_day(system)
    assert (one.state, one.cause) == (State.STATE_REFUSED, "E-ACCOUNT")
    assert await system.count(StatementRow) == 0


async def test_two_workers_at_once_load_a_day_once(system: System, peer: HttpsPeer):
    both_there = asyncio.Barrier(2)
    bill = a_bill(a_bill_row(1))

    async def together(_: object) -> Response:
        await both_there.wait()
        return Response(bill)

    peer.answer = together
    source = a_source(peer.place())
    one, other = worker(system, source), worker(system, source)
    await asyncio.gather(one.watch_fetches(), other.watch_fetches())
    first = asyncio.create_task(one.fetch_statement(source))
    # The first worker is taken for lost: its lease is over, and the second one tries the same day.
    await _until_asked(peer, 1)
    held = await other.fetch_statement(source)
    system.clock.advance(400)
    second = asyncio.create_task(other.fetch_statement(source))

    tried = await asyncio.gather(first, second)

    assert (held, tried) == (0, [1, 1])
    assert len(peer.came) == 2
    assert (await the_day(system)).state == State.STATE_LOADED
    assert await system.count(StatementRow) == 1


async def test_a_worker_that_lost_its_lease_has_no_say_in_the_day_any_more(system: System, peer: HttpsPeer):
    released = asyncio.Event()

    async def slow_then_quick(_: object) -> Response:
        if len(peer.came) == 1:
            await released.wait()
            return Response(status_code=503)
        return Response(status_code=404)

    peer.answer = slow_then_quick
    source = a_source(peer.place())
    lost, other = worker(system, source), worker(system, source)
    await lost.watch_fetches()
    trying = asyncio.create_task(lost.fetch_statement(source))
    await _until_asked(peer, 1)
    system.clock.advance(400)
    await other.fetch_statement(source)
    before = await the_day(system)

    released.set()
    await trying

    after = await the_day(system)
    assert (before.cause, before.attempts) == ("NOT_THERE", 2)
    assert after == before


async def test_a_file_that_somebody_has_uploaded_already_is_loaded(system: System, peer: HttpsPeer):
    bill = a_bill(a_bill_row(1))
    uploaded = (await system.ingest(bill, "by-hand-0001")).statement
    peer.answer = lambda _: Response(bill)
    source = a_source(peer.place())
    fetches = worker(system, source)
    await fetches.watch_fetches()

    await fetches.fetch_statement(source)

    one = await the_day(system)
    assert (one.state, one.statement_id) == (State.STATE_LOADED, uploaded.statement_id)


async def test_a_file_that_is_loaded_by_hand_for_the_day_ends_the_search(system: System, peer: HttpsPeer):
    source = a_source(peer.place())
    fetches = worker(system, source)
    await fetches.watch_fetches()
    system.clock.advance(2 * 3_600)
    await fetches.watch_fetches()
    missing = await the_day(system)

    uploaded = (await system.ingest(a_bill(a_bill_row(1)), request_id(missing.fetch_id))).statement
    await fetches.watch_fetches()

    one = await the_day(system)
    assert missing.state == State.STATE_MISSING
    assert (one.state, one.statement_id) == (State.STATE_LOADED, uploaded.statement_id)
    assert await fetches.fetch_statement(source) == 0


async def test_a_day_that_is_planned_late_is_looked_for_before_it_is_called_missing(system: System, peer: HttpsPeer):
    system.clock.advance(3 * 86_400)
    source = a_source(peer.place())
    fetches = worker(system, source)

    await fetches.watch_fetches()
    await fetches.watch_fetches()

    days = await listed(system)
    assert [day.business_date for day in days] == ["2026-03-04", "2026-03-03", "2026-03-02", "2026-03-01"]
    assert {day.state for day in days} == {State.STATE_WAITING}
    assert all(day.give_up_time.ToDatetime(UTC) >= system.clock.now() + timedelta(days=1) for day in days)


async def test_a_hung_source_holds_up_no_other(system: System, peer: HttpsPeer):
    released = asyncio.Event()

    async def answer(request: object) -> Response:
        if "slow" in str(request.url):  # type: ignore[attr-defined]
            await released.wait()
        return Response(a_bill(a_bill_row(1)))

    peer.answer = answer
    slow = a_source(peer.place(url=f"{peer.url}/slow/{{date}}"), id="slow")
    quick = a_source(peer.place())
    fetches = worker(system, slow, quick)
    await fetches.watch_fetches()
    hung = asyncio.create_task(fetches.fetch_statement(slow))
    await _until_asked(peer, 1)

    await fetches.fetch_statement(quick)

    (loaded,) = await listed(system, source_id="city_water")
    assert loaded.state == State.STATE_LOADED
    released.set()
    await hung


async def test_the_list_is_paged_and_filtered(system: System, peer: HttpsPeer):
    system.clock.advance(2 * 86_400)
    fetches = worker(system, a_source(peer.place()), a_source(peer.place(), id="other", channel="alipay"))
    await fetches.watch_fetches()

    first = await system.fetches.ListStatementFetches(fetch_pb2.ListStatementFetchesRequest(page_size=4))
    rest = await system.fetches.ListStatementFetches(
        fetch_pb2.ListStatementFetchesRequest(page_size=4, page_token=first.next_page_token)
    )

    assert [one.fetch_id for one in (*first.statement_fetches, *rest.statement_fetches)] == [
        f"2026-03-0{day}.{source}" for day in (3, 2, 1) for source in ("other", "city_water")
    ]
    assert rest.next_page_token == ""
    assert len(await listed(system, channel="alipay")) == 3
    assert len(await listed(system, business_date="2026-03-02")) == 2
    assert await listed(system, state=State.STATE_MISSING) == []


async def test_a_bill_of_the_channels_stand_in_is_fetched_and_loaded(system: System, peer: HttpsPeer, fresh_database):
    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        await merchant_at("wechat_pay", sandbox).create("ORDER_1")
        await sandbox.pay("wechat_pay", "ORDER_1")
        now = datetime.fromisoformat((await sandbox.http.get("/steering/clock")).json()["now"])
        today = now.astimezone(ZoneInfo("Asia/Shanghai")).date()
        bill = await sandbox.http.get(f"/steering/statements/wechat_pay/{today}")
    assert bill.status_code == httpx.codes.OK
    peer.answer = lambda _: Response(bill.content)
    system.clock.advance((_ten_after(today) - TEN).total_seconds())
    source = a_source(peer.place(), first_date=today)
    fetches = worker(system, source)
    await fetches.watch_fetches()

    await fetches.fetch_statement(source)

    one = await the_day(system)
    assert (one.state, one.business_date) == (State.STATE_LOADED, today.isoformat())
    assert (await _statement(system, one.statement_id)).booked_rows == 1


def _ten_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(10), ZoneInfo("Asia/Shanghai"))


async def _until_asked(peer: HttpsPeer, times: int) -> None:
    await eventually(lambda: len(peer.came) >= times)


async def _statement(system: System, statement_id: str) -> StatementRow:
    async with system.sessions() as session:
        row = await session.get(StatementRow, statement_id)
    assert row is not None
    return row
