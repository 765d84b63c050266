"""What proves that the authority has nothing of an invoice: each condition that fails alone stops the proof."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from services.invoice_sync.domain.attempt import Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.tax import WindowPage
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.sandbox_book import read_announcements
from services.invoice_sync.tax.wire import Seen
from tests.invoice_sync.moving import Moving, moving_system
from tests.support.eventually import eventually
from tests.support.tax_sandbox import a_document, submit_to

WINDOW = 601
ROUND = "SELECT by_key_attempt_id, by_number_attempt_id, window_attempt_id, elsewhere_attempt_id, canary_probe_id"


class _Slow(SandboxTaxSystem):
    """The real thing, with something that happens while a page of its list is read."""

    meanwhile: Callable[[], None] | None = None
    silent_after_pages = 1_000
    announcements_lost = False
    silent_environment = ""

    async def query_by_key(self, route, seller_tax_id, idempotency_key):
        if route.environment == self.silent_environment:
            return TaxAnswer(Outcome.UNKNOWN, "no answer")
        return await super().query_by_key(route, seller_tax_id, idempotency_key)

    async def window(self, *asked):
        if self.meanwhile:
            self.meanwhile()
        self.silent_after_pages -= 1
        if self.silent_after_pages < 0:
            return WindowPage(TaxAnswer(Outcome.UNKNOWN, "no answer"))
        return await super().window(*asked)

    async def announcements(self, route):
        if self.announcements_lost:
            return read_announcements(Seen(status=503))
        return await super().announcements(route)


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, tax_class=_Slow) as made:
        (made.first,) = await made.all_booked()
        yield made


async def lost(moving: Moving) -> Invoice:
    """One that the authority never got, and whose answer is unknown."""
    await moving.steering.plan("LOSE_REQUEST", times=1)
    (made,) = await moving.issued()
    await moving.upload.upload_due()
    return made


async def rounds(moving: Moving) -> int:
    return int((await moving.rows("SELECT count(*) FROM absence_round"))[0][0])


async def test_a_full_proof_is_two_rounds_a_window_apart_each_with_all_its_rows(moving):
    unknown = await lost(moving)

    first = await moving.swept_after(WINDOW)
    after_one = await moving.state(unknown)
    second = await moving.swept_after(WINDOW)

    assert (first.counts.resent_count, after_one) == (0, SyncState.UNKNOWN)
    assert (second.counts.resent_count, await moving.state(unknown)) == (1, SyncState.READY)
    kept = await moving.rows(f"{ROUND}, watermark, round_time FROM absence_round ORDER BY round_time")
    log = {each.attempt_id: each for each in await moving.attempts(unknown)}
    probes = {each.probe_id: each for each in await moving.probes("CANARY")}
    assert len(kept) == 2
    for by_key, _, window, elsewhere, canary, watermark, round_time in kept:
        assert log[by_key].answer.outcome is Outcome.NOT_FOUND
        assert (log[window].operation, log[window].answer.outcome) == (Operation.QUERY_WINDOW, Outcome.OK)
        assert log[elsewhere].answer.outcome is Outcome.NOT_FOUND
        assert probes[canary].outcome == "OK"
        assert abs(round_time - probes[canary].start_time) <= timedelta(seconds=60)
        assert watermark is not None
    assert kept[1][-1] - kept[0][-1] >= timedelta(seconds=600)
    places = await moving.rows("SELECT DISTINCT route FROM attempt WHERE operation = 'QUERY_ELSEWHERE'")
    assert len(places) == 3


async def test_inside_the_window_no_round_counts(moving):
    unknown = await lost(moving)

    for _ in range(9):
        await moving.swept_after(61)

    assert await rounds(moving) == 0
    assert await moving.state(unknown) is SyncState.UNKNOWN


async def test_one_round_however_often_it_is_asked_within_it_is_not_enough(moving):
    unknown = await lost(moving)

    for _ in range(9):
        await moving.swept_after(WINDOW if not await rounds(moving) else 61)

    assert await rounds(moving) == 1
    assert await moving.state(unknown) is SyncState.UNKNOWN


async def test_a_key_that_is_denied_while_the_list_shows_the_invoice_is_no_absence(moving):
    (denied,) = await moving.issued()
    await moving.steering.plan("QUERY_FALSE_NEGATIVE", key=denied.idempotency_key, seconds=86_400)
    await moving.steering.plan("LOSE_ANSWER", key=denied.idempotency_key, times=1)
    await moving.upload.upload_due()

    for _ in range(4):
        await moving.swept_after(WINDOW)

    assert await rounds(moving) == 0
    assert await moving.state(denied) in (SyncState.SUBMITTED, SyncState.ACKED)
    assert set(await moving.outcomes(denied, Operation.QUERY_BY_KEY)) == {Outcome.NOT_FOUND}
    assert await moving.upload.upload_due() == 0


async def test_what_was_booked_in_another_region_is_a_mismatch_for_a_person_and_never_absent(moving):
    await moving.steering.plan("BOOKED_ELSEWHERE", times=1)
    (elsewhere,) = await moving.issued()
    await moving.upload.upload_due()
    await moving.until_gone(elsewhere)

    for _ in range(3):
        await moving.swept_after(WINDOW)

    assert await moving.state(elsewhere) is SyncState.MISMATCH
    assert await rounds(moving) == 0
    assert await moving.open_cases() == ["ELSEWHERE"]
    assert await moving.cause(elsewhere.invoice_id) == "D3"
    assert await moving.upload.upload_due() == 0


async def test_another_place_that_does_not_answer_proves_nothing(moving):
    await lost(moving)
    moving.tax.silent_environment = "test"
    for _ in range(3):
        await moving.pass_time(WINDOW)
    while_silent = await rounds(moving)
    moving.tax.silent_environment = ""

    await moving.pass_time(WINDOW)

    assert (while_silent, await rounds(moving)) == (0, 1)


async def test_a_query_service_that_does_not_find_what_is_surely_there_proves_nothing(moving):
    (known,) = await moving.all_booked()
    unknown = await lost(moving)
    await moving.vanish(known, moving.first)

    for _ in range(3):
        await moving.swept_after(WINDOW)

    assert await rounds(moving) == 0
    assert await moving.state(unknown) is SyncState.UNKNOWN
    assert {outcome for _, outcome in await moving.canaries()} == {"NOT_FOUND"}


async def test_a_canary_that_is_more_than_a_minute_from_the_negatives_proves_nothing(moving):
    unknown = await lost(moving)
    moving.tax.meanwhile = lambda: moving.clock.advance(61)

    for _ in range(4):
        await moving.swept_after(WINDOW)
    slow = await rounds(moving)
    moving.tax.meanwhile = lambda: moving.clock.advance(20)
    await moving.swept_after(WINDOW)

    assert (slow, await rounds(moving)) == (0, 1)
    assert await moving.state(unknown) is SyncState.UNKNOWN


async def test_an_outage_that_was_announced_between_the_rounds_makes_them_begin_again(moving):
    unknown = await lost(moving)
    await moving.swept_after(WINDOW)
    # It is over, and told no more, when the second round would count; a sweep has seen it.
    announced = await announce(moving, 60, 240)
    await moving.sweep.sweep()

    await moving.swept_after(WINDOW)
    after_second = await moving.state(unknown)
    await moving.swept_after(WINDOW)
    after_third = await moving.state(unknown)
    await moving.swept_after(WINDOW)

    assert announced == 201
    assert (after_second, after_third, await moving.state(unknown)) == (
        SyncState.UNKNOWN,
        SyncState.UNKNOWN,
        SyncState.READY,
    )


async def test_the_list_is_read_to_its_end_however_many_it_holds(moving, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.tax.sandbox._PAGE_SIZE", 10)
    unknown = await lost(moving)
    for no in range(65):
        assert (await submit_to(moving.steering, a_document(order_no=f"P{no}"), key=f"portal-{no}")).status_code == 200
    await eventually(lambda: booked(moving, 66))
    # The sweep tells a person of them before the proof meets them: they are another's.
    await moving.sweep.sweep()
    (shown,) = await moving.issued()
    await moving.steering.plan("QUERY_FALSE_NEGATIVE", key=shown.idempotency_key, seconds=86_400)
    await moving.steering.plan("LOSE_ANSWER", key=shown.idempotency_key, times=1)
    await moving.upload.upload_due()
    await eventually(lambda: booked(moving, 67))

    await moving.pass_time(WINDOW)

    # The last of 67 is the one whose key is denied: only the end of the list shows it.
    assert await moving.state(shown) in (SyncState.SUBMITTED, SyncState.ACKED)
    assert await rounds(moving) == 1
    assert await moving.state(unknown) is SyncState.UNKNOWN


async def test_a_list_that_is_not_answered_to_its_end_proves_nothing(moving, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.tax.sandbox._PAGE_SIZE", 2)
    unknown = await lost(moving)
    await moving.issued(5)
    await moving.upload.upload_due()
    await eventually(lambda: booked(moving, 6))
    moving.tax.silent_after_pages = 2

    for _ in range(3):
        await moving.pass_time(WINDOW)

    assert await rounds(moving) == 0
    assert set(await moving.outcomes(unknown, Operation.QUERY_WINDOW)) == {Outcome.UNKNOWN}


async def test_a_list_too_long_for_one_look_is_read_on_where_it_stopped(moving, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.actions.seller_list._PAGES_MAX", 3)
    monkeypatch.setattr("services.invoice_sync.tax.sandbox._PAGE_SIZE", 2)
    unknown = await lost(moving)
    await moving.issued(8)
    await moving.upload.upload_due()
    await eventually(lambda: booked(moving, 9))

    # 8 in pages of 2, and an empty page, take two looks; so do those of the second round.
    for _ in range(6):
        await moving.swept_after(WINDOW)

    listed = await moving.outcomes(unknown, Operation.QUERY_WINDOW)
    assert listed == [Outcome.UNKNOWN, Outcome.OK, Outcome.UNKNOWN, Outcome.OK]
    assert (await rounds(moving), await moving.state(unknown)) == (2, SyncState.READY)


async def test_a_list_that_is_read_too_slowly_for_one_look_is_read_on_too(moving, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.tax.sandbox._PAGE_SIZE", 2)
    unknown = await lost(moving)
    await moving.issued(8)
    await moving.upload.upload_due()
    await eventually(lambda: booked(moving, 9))
    moving.tax.meanwhile = lambda: moving.clock.advance(20)

    for _ in range(6):
        await moving.swept_after(WINDOW)

    # Five pages, of which one minute, for which a canary is good, bears no more than three.
    assert await rounds(moving) == 1
    listed = await moving.outcomes(unknown, Operation.QUERY_WINDOW)
    assert listed[:5] == [*[Outcome.UNKNOWN] * 4, Outcome.OK]


async def test_what_a_busy_seller_sends_after_the_window_is_not_in_the_list_that_is_read(moving, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.actions.seller_list._PAGES_MAX", 2)
    monkeypatch.setattr("services.invoice_sync.tax.sandbox._PAGE_SIZE", 2)
    unknown = await lost(moving)
    await moving.pass_time(2 * WINDOW)
    first = await rounds(moving)
    await moving.issued(8)
    await moving.upload.upload_due()
    await eventually(lambda: booked(moving, 9))

    await moving.swept_after(WINDOW)

    assert (first, await rounds(moving)) == (1, 2)
    assert set(await moving.outcomes(unknown, Operation.QUERY_WINDOW)) == {Outcome.OK}


async def test_announcements_that_cannot_be_read_are_not_the_lack_of_an_outage(moving):
    await lost(moving)
    moving.tax.announcements_lost = True
    for _ in range(3):
        await moving.pass_time(WINDOW)
    blind = await rounds(moving)
    moving.tax.announcements_lost = False

    await moving.pass_time(WINDOW)

    assert (blind, await rounds(moving)) == (0, 1)


async def test_a_record_that_nobody_knows_stops_the_round_that_meets_it_and_is_told(moving):
    await lost(moving)
    assert (await submit_to(moving.steering, a_document(order_no="P1"), key="portal-1")).status_code == 200
    await eventually(lambda: booked(moving, 2))

    await moving.pass_time(WINDOW)
    met = await rounds(moving)
    told = await moving.open_cases()
    await moving.pass_time(WINDOW)

    assert (met, told) == (0, ["FOREIGN_RECORD"])
    # It has another's key and another's content, and a person was told.
    assert await rounds(moving) == 1


async def test_a_record_without_a_key_could_be_ours_as_long_as_its_content_is_not(moving, monkeypatch):
    monkeypatch.setattr("services.invoice_sync.tax.sandbox_book._KEY", re.compile("none"))
    await lost(moving)
    assert (await submit_to(moving.steering, a_document(order_no="P1"), key="portal-1")).status_code == 200
    await eventually(lambda: booked(moving, 2))

    for _ in range(3):
        await moving.pass_time(WINDOW)

    assert await rounds(moving) == 0
    assert await moving.open_cases() == ["FOREIGN_RECORD"]


async def announce(moving: Moving, from_seconds: float, to_seconds: float) -> int:
    """Announce an outage for so many seconds from now, and nothing more."""
    begins, ends = (moving.clock.now() + timedelta(seconds=each) for each in (from_seconds, to_seconds))
    told = {"from": begins.isoformat(), "to": ends.isoformat(), "text": "系统维护", "place": "production/42"}
    return (await moving.steering.http.post("/steering/announcements", json=told)).status_code


async def booked(moving: Moving, count: int) -> bool:
    return int((await moving.steering.counts())["booked"]) == count
