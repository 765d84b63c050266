"""What a run leaves behind, laid into the tables as it writes it, for tests that are about what people do next."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids
from services.reconciler.tables import ExceptionRow, RuleSetVersionRow, RunResultRow, RunRow, StatementLineRow
from tests.reconciler.builders import DAY, NOON, System


async def shipped(session: AsyncSession) -> RuleSetVersionRow:
    """The version that decides before anybody makes another."""
    version = (await session.scalars(select(RuleSetVersionRow))).first()
    assert version is not None, "the shipped rule set is there"
    return version


async def add_run(session: AsyncSession, run_id: str = "run_1", day: date = DAY, **told: object) -> None:
    """A run of the shipped rule set that succeeded and stands."""
    version = await shipped(session)
    row: dict[str, Any] = {
        "run_id": run_id,
        "request_id": f"request-{run_id}",
        "channel": "wechat_pay",
        "business_date": day,
        "state": "SUCCEEDED",
        "attempts": 1,
        "due_at": NOON,
        "traceparent": "",
        "statement_sha256s": [],
        "payments_manifest_digest": b"",
        "neighbours_digest": b"",
        "output_digest": b"",
        "rule_set_id": version.rule_set_id,
        "rule_set_version": str(version.version),
        "rule_set_hash": version.content_hash,
        "failure_reason": "",
        "failure_message": "",
        "rows_done": 0,
        "rows_total": 0,
        "create_time": NOON,
        "end_time": NOON,
    }
    await session.execute(insert(RunRow).values(**{**row, **told}))


async def add_group(
    session: AsyncSession, payments: Sequence[str], lines: Sequence[str], run_id: str = "run_1", **told: object
) -> None:
    """The places of rows that are the same money; by default as the rule `time` suggests it."""
    row = {
        "run_id": run_id,
        "group_id": min([*payments, *lines]),
        "rule_id": "time",
        "stage": "near",
        "disposition": "SUGGESTED",
        "exception_class": "",
        "runner_up_id": "",
        "margin": None,
        "reason": "by channel, 3 s apart",
        "currency_code": "CNY",
        "amount_minor": 1200,
        "business_date": DAY,
        "beside": False,
        **told,
    }
    members = [*(("P", each) for each in payments), *(("L", each) for each in lines)]
    await session.execute(insert(RunResultRow), [{**row, "side": side, "id": each} for side, each in members])


async def line_ids(session: AsyncSession) -> list[str]:
    """All lines that were loaded, in their order."""
    lines = await session.scalars(select(StatementLineRow).order_by(StatementLineRow.line_no))
    return [f"{line.statement_id}.{line.line_no}" for line in lines]


async def lines_without_payment(system: System, minors: Iterable[int]) -> list[str]:
    """A run whose lines of these amounts nobody knows; the ids of its exceptions, in the same order."""
    rows = [_channel_only(line_no, minor, system) for line_no, minor in enumerate(minors, start=1)]
    async with system.sessions.begin() as session:
        await add_run(session)
        await session.execute(insert(ExceptionRow), rows)
    return [str(row["exception_id"]) for row in rows]


async def copy_exception(session: AsyncSession, exception_id: str, **changed: object) -> None:
    """Another like one that is there, with what is changed."""
    row = await session.get(ExceptionRow, exception_id)
    columns = [column.name for column in ExceptionRow.__table__.columns if column.computed is None]
    values = {name: getattr(row, name) for name in columns}
    await session.execute(insert(ExceptionRow).values(**{**values, "exception_id": ids.new_id("exc"), **changed}))


def an_exception(exception_id: str, payment_id: str, exception_class: str) -> dict[str, object]:
    """An open exception of one payment of run_1."""
    return {
        "exception_id": exception_id,
        "run_id": "run_1",
        "exception_class": exception_class,
        "state": "OPEN",
        "payment_id": payment_id,
        "payment_ids": [payment_id],
        "merchant_order_no": "order-1",
        "book_currency_code": "CNY",
        "book_amount_minor": 1200,
        "explanation": "",
        "explanation_zh": "",
        "trace_id": "",
        "create_time": NOON,
    }


def _channel_only(line_no: int, minor: int, system: System) -> dict[str, object]:
    return {
        "exception_id": ids.new_id("exc"),
        "run_id": "run_1",
        "exception_class": "CHANNEL_ONLY",
        "state": "OPEN",
        "statement_id": "stm_1",
        "line_no": line_no,
        "line_ids": [f"stm_1.{line_no}"],
        "payment_ids": [],
        "merchant_order_no": f"order-{line_no}",
        "channel_currency_code": "CNY",
        "channel_amount_minor": minor,
        "explanation": "",
        "explanation_zh": "",
        "trace_id": "",
        "create_time": system.clock.now(),
        "rule_id": "line_alone",
        "stage": "rest",
        "group_id": f"stm_1.{line_no}",
        "reason": "no counterpart",
    }
