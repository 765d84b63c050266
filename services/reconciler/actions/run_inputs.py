"""What a run is made from: complete first, then read at one instant into files, with the pins that name it."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.clients import PaymentsClient
from services.reconciler.domain.business_day import business_day, last_close
from services.reconciler.domain.manifest import Manifest
from services.reconciler.domain.pins import Pins
from services.reconciler.matching.run_frames import LINES_CSV, PAID_BEFORE_CSV, PAYMENTS_CSV, RunFrames
from services.reconciler.rules.rule_files import parse_rule_set
from services.reconciler.rules.rule_set import RuleSet
from services.reconciler.store.frame import FrameStore
from services.reconciler.store.result import OwnRows
from services.reconciler.store.rule_set import RuleSetStore
from services.reconciler.store.run import Claim, RunStore
from services.reconciler.store.statement import StatementStore
from services.reconciler.tables import RuleSetVersionRow, StatementRow


@dataclass(frozen=True, slots=True)
class RunInputs:
    """The names of what a run is made from, whose rows stand in its folder; and what must come out of it at least.

    `whole_to` is the last business date whose statement is here and whose payments are all mirrored, YYYY-MM-DD.
    """

    pins: Pins
    rule_set: RuleSet
    whole_to: str
    row_count: int
    own_rows: list[OwnRows]


@dataclass(frozen=True, slots=True)
class _Read:
    statements: list[StatementRow]
    version: RuleSetVersionRow
    rule_set: RuleSet
    whole_to: str


@dataclass(frozen=True, slots=True)
class _Compared:
    theirs: Manifest
    ours: Manifest
    read: _Read
    frames: RunFrames

    @property
    def is_whole(self) -> bool:
        return self.ours == self.theirs


class RunInputsActions:
    """How a run comes by its inputs."""

    def __init__(
        self,
        sessions: Sessions,
        payments: PaymentsClient,
        mirror: MirrorActions,
        clock: Clock,
        seconds_max: float,
    ) -> None:
        self._sessions = sessions
        self._payments = payments
        self._mirror = mirror
        self._clock = clock
        self._seconds_max = seconds_max

    async def complete(self, claim: Claim, folder: Path) -> RunInputs:
        """The inputs, if the mirror has all that payments has at one place in its feed; what came later is left out.

        A mirror with a gap is repaired, once, and the run keeps what was missing. Raises Fault MIRROR_GAP when it still
        has one, NOT_FOUND (no statement, or no rule set for the day).
        """
        compared = await self._compared(claim, folder)
        if not compared.is_whole:
            gap = await self._mirror.repair_day(claim.channel, claim.business_date)
            async with self._sessions.begin() as session:
                await RunStore(session).tell_gap(claim, asdict(gap))
            compared = await self._compared(claim, folder)
        if not compared.is_whole:
            raise _gap(claim, compared.theirs, compared.ours)
        return self._inputs(claim, compared.read, compared.frames, compared.ours)

    async def _compared(self, claim: Claim, folder: Path) -> _Compared:
        theirs = await self._payments.manifest(claim.channel, claim.business_date)
        await self._catch_up(theirs.max_sequence)
        read = await self._read(claim, theirs.max_sequence, folder)
        frames = await asyncio.to_thread(RunFrames.read, folder)
        return _Compared(theirs.manifest, frames.manifest(), read, frames)

    async def _catch_up(self, sequence: int) -> None:
        """Read the feed up to a sequence. Each turn reads on and the sequence stands, so it ends."""
        while await self._mirror.next_sequence() <= sequence:
            if not await self._mirror.follow_payments() and (ends := await self._mirror.next_sequence()) <= sequence:
                raise _short_feed(sequence, ends - 1)

    async def _read(self, claim: Claim, up_to: int, folder: Path) -> _Read:
        async with self._sessions.begin() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            statements = await StatementStore(session).of_day(claim.channel, claim.business_date)
            if not statements:
                raise _no_statement(claim)
            version = await _active_version(session, claim)
            rule_set = _rule_set(version.rule_set_id, version.yaml)
            day = business_day(claim.channel, claim.business_date, rule_set.calendar(claim.channel))
            frames = FrameStore(session)
            await frames.begin(day, [statement.statement_id for statement in statements], self._seconds_max)
            await frames.copy_lines(day, folder / LINES_CSV)
            await frames.copy_payments(day, up_to, folder / PAYMENTS_CSV)
            await frames.copy_paid_before(day, up_to, rule_set.again, folder / PAID_BEFORE_CSV)
            days_on = 1 if await frames.next_day_is_made(claim.business_date) else 0
        return _Read(statements, version, rule_set, (claim.business_date + timedelta(days=days_on)).isoformat())

    def _inputs(self, claim: Claim, read: _Read, frames: RunFrames, manifest: Manifest) -> RunInputs:
        pins = Pins(
            statement_sha256s=[statement.file_sha256 for statement in read.statements],
            payments_manifest_digest=manifest.digest,
            neighbours_digest=frames.beside_digest(read.whole_to),
            rule_set_id=read.version.rule_set_id,
            rule_set_version=str(read.version.version),
            rule_set_hash=read.version.content_hash,
            as_of=last_close(claim.business_date, read.rule_set.calendar(claim.channel), self._clock.now()),
        )
        own_rows = [OwnRows(*row) for row in frames.own_rows()]
        return RunInputs(pins, read.rule_set, read.whole_to, frames.row_count, own_rows)


@lru_cache(maxsize=16)
def _rule_set(rule_set_id: str, yaml: str) -> RuleSet:
    """Reading one takes longer than reading a small day."""
    return parse_rule_set(rule_set_id, yaml)


async def _active_version(session: AsyncSession, claim: Claim) -> RuleSetVersionRow:
    version = await RuleSetStore(session).active_version(claim.channel, claim.business_date)
    if version is None:
        raise Fault(
            Kind.NOT_FOUND,
            "NOT_FOUND",
            f"no rule set is active for {claim.channel} on {claim.business_date}: activate one, then run again",
            f"{claim.channel} {claim.business_date} 没有生效的规则集，请先启用再重新对账",
        )
    return version


def _no_statement(claim: Claim) -> Fault:
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"no statement of {claim.channel} for {claim.business_date} is loaded: ingest it, then run again",
        f"尚未载入 {claim.channel} {claim.business_date} 的对账单，请先载入再重新对账",
    )


def _gap(claim: Claim, theirs: Manifest, ours: Manifest) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "MIRROR_GAP",
        f"payments has {theirs.payment_count} payments of {claim.channel} on {claim.business_date} "
        f"({_told(theirs)}), the mirror has {ours.payment_count} ({_told(ours)}): nothing was decided",
        f"{claim.channel} {claim.business_date}：支付服务有 {theirs.payment_count} 笔（{_told(theirs)}），"
        f"镜像有 {ours.payment_count} 笔（{_told(ours)}），未作任何判定",
    )


def _short_feed(told: int, read: int) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "MIRROR_GAP",
        f"the feed of payments has told up to {told} and can be read up to {read} only: nothing was decided",
        f"支付服务的变更流已至 {told}，仅能读到 {read}，未作任何判定",
    )


def _told(manifest: Manifest) -> str:
    sums = ", ".join(f"{minor} minor units of {code}" for code, minor in sorted(manifest.amount_sums.items()))
    return f"{sums or 'no money'}, digest {manifest.digest.hex()[:8]}"
