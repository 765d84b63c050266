"""Exceptions are found by what finance asks for, in its order, page by page, and counted with their money."""

from datetime import timedelta

from bihuan.reconciler.v1 import exception_pb2, exception_service_pb2

from tests.reconciler.builders import DAY, System, exceptions_of, refused
from tests.reconciler.seeds import add_run, copy_exception, lines_without_payment

Listing = exception_service_pb2.ListExceptionsRequest


async def two_days(system: System) -> None:
    """A day with a payment of 12.00 that the channel has not, and lines of 5.00 and 9.00; the next with one of 7.00."""
    payment_id = await system.record(1)
    await system.mirror.follow_payments()
    channel_only = await lines_without_payment(system, [500, 900])
    async with system.sessions.begin() as session:
        books = {"exception_class": "PLATFORM_ONLY", "payment_id": payment_id, "statement_id": None, "line_no": None}
        money = {"book_currency_code": "CNY", "book_amount_minor": 1200}
        none = {"channel_currency_code": None, "channel_amount_minor": None}
        await copy_exception(session, channel_only[0], **books, **money, **none)
    system.clock.advance(86_400)
    async with system.sessions.begin() as session:
        await add_run(session, "run_2", DAY + timedelta(days=1))
        later = {"run_id": "run_2", "channel_amount_minor": 700, "create_time": system.clock.now()}
        await copy_exception(session, channel_only[0], **later)


async def amounts(system: System, **wanted: object) -> list[int]:
    """The larger amount of each, in the order of the list."""
    return [each.amount_minor for each in await exceptions_of(system, **wanted)]


async def test_each_filter_keeps_what_it_says_and_an_exception_tells_what_it_is_filtered_by(system: System):
    await two_days(system)

    assert await amounts(system) == [700, *sorted([500, 900, 1200], key=(await amounts(system)).index)]
    assert sorted(await amounts(system, business_date_to="2026-03-01")) == [500, 900, 1200]
    assert await amounts(system, business_date_from="2026-03-02") == [700]
    assert await amounts(system, channel="alipay") == []
    assert await amounts(system, merchant_id="city-water") == [1200]
    assert sorted(await amounts(system, amount_minor_from=700, amount_minor_to=900)) == [700, 900]
    assert await amounts(system, currency_code="USD") == []
    assert await amounts(system, assignee="zhang") == []
    assert sorted(await amounts(system, age_hours_min=12)) == [500, 900, 1200]
    (one,) = await exceptions_of(system, merchant_id="city-water")
    assert (one.channel, one.business_date, one.merchant_id) == ("wechat_pay", "2026-03-01", "city-water")
    assert (one.exception_class_title, one.exception_class_zh) == (
        "succeeded in the books, no line at the channel",
        "短款·渠道漏单",
    )


async def test_each_order_is_kept_from_page_to_page_without_a_gap(system: System):
    await two_days(system)
    newest = [each.exception_id for each in await exceptions_of(system)]

    for order, wanted in (
        (Listing.ORDER_UNSPECIFIED, newest),
        (Listing.ORDER_OLDEST_FIRST, newest[::-1]),
    ):
        assert [each.exception_id for each in await paged(system, order)] == wanted
    assert [each.amount_minor for each in await paged(system, Listing.ORDER_LARGEST_FIRST)] == [1200, 900, 700, 500]
    assert [each.amount_minor for each in await paged(system, Listing.ORDER_SMALLEST_FIRST)] == [500, 700, 900, 1200]


async def test_a_page_token_is_good_for_its_own_filter_and_order_only(system: System):
    await two_days(system)
    page = await system.exceptions.ListExceptions(Listing(page_size=1, order=Listing.ORDER_LARGEST_FIRST))
    token = page.next_page_token

    faults = [
        await refused(system.exceptions.ListExceptions(Listing(page_size=1, page_token=token))),
        await refused(
            system.exceptions.ListExceptions(
                Listing(page_size=1, page_token=token, order=Listing.ORDER_LARGEST_FIRST, channel="alipay")
            )
        ),
    ]

    assert [fault.reason for fault in faults] == ["INVALID_PAGE_TOKEN"] * 2


async def test_exceptions_are_counted_with_their_money_by_class_and_state(system: System):
    await two_days(system)
    wanted = exception_service_pb2.ExceptionFilter(business_date_to="2026-03-01")

    request = exception_service_pb2.SummarizeExceptionsRequest(filter=wanted)
    parts = (await system.exceptions.SummarizeExceptions(request)).summaries

    told = [
        (
            exception_pb2.ExceptionClass.Name(part.exception_class).removeprefix("EXCEPTION_CLASS_"),
            part.exception_class_zh,
            part.state,
            part.exception_count,
            [(each.currency_code, each.amount_minor) for each in part.book_sums],
            [(each.currency_code, each.amount_minor) for each in part.channel_sums],
        )
        for part in parts
    ]
    opened = exception_pb2.Exception.STATE_OPEN
    assert told == [
        ("CHANNEL_ONLY", "长款·平台漏单", opened, 2, [], [("CNY", 1400)]),
        ("PLATFORM_ONLY", "短款·渠道漏单", opened, 1, [("CNY", 1200)], []),
    ]


async def paged(system: System, order: "Listing.Order.ValueType") -> list[exception_pb2.Exception]:
    """All, two at a time."""
    found, token = [], ""
    while True:
        page = await system.exceptions.ListExceptions(Listing(page_size=2, page_token=token, order=order))
        found, token = [*found, *page.exceptions], page.next_page_token
        if not token:
            return found
