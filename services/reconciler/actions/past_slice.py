"""A day that a run has decided, read again as it is now, and what of it is not as the run had it. It decides none."""

import asyncio
from datetime import date
from pathlib import Path

from chassis.database import Sessions
from services.reconciler.actions.trial import PastSlice
from services.reconciler.domain.business_day import business_day
from services.reconciler.domain.rule_set_words import Said
from services.reconciler.matching.run_frames import (
    LINES_CSV,
    LINES_PARQUET,
    PAID_BEFORE_CSV,
    PAYMENTS_CSV,
    PAYMENTS_PARQUET,
    RunFrames,
)
from services.reconciler.rules.rule_files import parse_rule_set
from services.reconciler.store.frame import FrameStore
from services.reconciler.store.mirror import MirrorStore
from services.reconciler.store.statement import StatementStore
from services.reconciler.tables import RunRow


class PastSlices:
    """Reads days of the past at one instant each, within `seconds_max`."""

    def __init__(self, sessions: Sessions, seconds_max: float) -> None:
        self._sessions = sessions
        self._seconds_max = seconds_max

    async def read(self, run: RunRow, rule_set_yaml: str, folder: Path) -> PastSlice:
        """The day of a run, by the calendar of a rule set, as frames in a folder."""
        sha256s, whole_to = await self._copy(run, rule_set_yaml, folder)
        changed = await asyncio.to_thread(_write, run, sha256s, whole_to, folder)
        return PastSlice(folder / PAYMENTS_PARQUET, folder / LINES_PARQUET, run.as_of, whole_to, changed)

    async def _copy(self, run: RunRow, rule_set_yaml: str, folder: Path) -> tuple[list[str], str]:
        rule_set = parse_rule_set("the version in force", rule_set_yaml)
        day = business_day(run.channel, run.business_date, rule_set.calendar(run.channel))
        async with self._sessions.begin() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            statements = await StatementStore(session).of_day(run.channel, run.business_date)
            up_to = await MirrorStore(session).next_sequence() - 1
            frames = FrameStore(session)
            await frames.begin(day, [statement.statement_id for statement in statements], self._seconds_max)
            await frames.copy_lines(day, folder / LINES_CSV)
            await frames.copy_payments(day, up_to, folder / PAYMENTS_CSV)
            await frames.copy_paid_before(day, up_to, rule_set.again, folder / PAID_BEFORE_CSV)
            next_day = 1 if await frames.next_day_is_made(run.business_date) else 0
        whole_to = date.fromordinal(run.business_date.toordinal() + next_day).isoformat()
        return [statement.file_sha256 for statement in statements], whole_to


def _write(run: RunRow, sha256s: list[str], whole_to: str, folder: Path) -> Said | None:
    frames = RunFrames.read(folder)
    others = frames.manifest().digest != run.payments_manifest_digest
    # Other payments have other times and fees too, which the digest of the days beside tells.
    beside = not others and frames.beside_digest(whole_to) != run.neighbours_digest
    found = {
        "statements": ("statements", "对账单", sha256s != run.statement_sha256s),
        "payments": ("payments", "支付", others),
        "beside": ("the days beside, times or fees", "相邻日、时间或手续费", beside),
    }
    changed = [(en, zh) for en, zh, is_other in found.values() if is_other]
    if not changed:
        return None
    return Said(
        f"{', '.join(en for en, _ in changed)} are not as the run {run.run_id} had them: both versions decided what is "
        "there now",
        f"{'、'.join(zh for _, zh in changed)}与批次 {run.run_id} 时不同：两个版本均按当前数据判定",
    )
