"""The order of the acts in one run, and what stands between them. It plants nothing itself."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from accuracy.diagnosis import plants_in_the_book as book
from accuracy.diagnosis import plants_not_sent as not_sent
from accuracy.diagnosis import plants_refused as refused
from accuracy.diagnosis.matrix import Matrix
from accuracy.diagnosis.stage import Script, Stage
from accuracy.diagnosis.system import System, running_system
from chassis.local_postgres import LocalPostgres

_PAST = timedelta(days=460)
_DAY_SECONDS = 86_400
_BEIJING = timedelta(hours=8)


async def run_seed(server: LocalPostgres, seed: int, times: int, matrix: Matrix, folder: Path) -> None:
    """Everything once, on databases of its own; each plant so many times."""
    rng = random.Random(seed)
    start = datetime.now(UTC) - _PAST
    async with running_system(server, start, seed, folder) as system:
        stage = Stage(system, rng, matrix, seed)
        await _in_the_past(stage, times)
        await _now(stage, times)
        await _clocks(stage, times)
        await stage.play([_last_question])


async def run_population(
    server: LocalPostgres,
    seed: int,
    matrix: Matrix,
    folder: Path,
    working: Sequence[Script],
    stopped: Sequence[Script],
) -> None:
    """Some plants alone: first those while the uploader works, then those while it stands still."""
    async with running_system(server, datetime.now(UTC), seed, folder) as system:
        stage = Stage(system, random.Random(seed), matrix, seed)
        await stage.play(working)
        await stage.play(stopped, uploaders=[])


async def _in_the_past(stage: Stage, times: int) -> None:
    """What takes a year or a month, while there is little else."""
    await stage.play(_often(book.LONG_AGO, times))
    await stage.play(_often(refused.STOOD_STILL, times), uploaders=[])
    left = datetime.now(UTC) - stage.system.clock.now()
    assert left > timedelta(0), "the past is long enough for all that takes long"
    stage.system.clock.advance(left.total_seconds())


async def _now(stage: Stage, times: int) -> None:
    system = stage.system
    await stage.play(_often([book.all_went_well], 4))
    await stage.play(_often(book.KILLED, times), uploaders=[])
    await stage.play(_often([*book.MIXED, *refused.MIXED, *not_sent.MIXED], times))
    for act in not_sent.IN_SESSIONS:
        await stage.play(_often(act, times), uploaders=[system.in_sessions])
    await stage.play(_often(not_sent.NO_NETWORK, times), uploaders=[system.cut_off])
    for act in not_sent.gates_of_a_route():
        await stage.play(_often(act, times if len(act) > 2 else 1))
    await stage.play(_often(refused.LONG_THROTTLED, times))
    await stage.play(_often(refused.LONG_WITHOUT_NETWORK, times), uploaders=[system.cut_off])
    await stage.play(_often(not_sent.STOPPED, times), uploaders=[])


async def _clocks(stage: Stage, times: int) -> None:
    """The two clocks apart: by days, and by a moment around midnight."""
    system = stage.system
    await system.skew(-stage.rng.uniform(1.1, 5.0) * _DAY_SECONDS)
    await stage.play(_often(refused.SKEWED, times))
    await system.skew(0)
    _to_midnight(system)
    await system.skew(-stage.rng.uniform(2.5, 4.5))
    await stage.play(_often(refused.AT_MIDNIGHT, times))
    await system.skew(0)


def _to_midnight(system: System) -> None:
    """A second into the next day of Beijing, less the step after which the uploader works."""
    here = system.clock.now() + _BEIJING
    midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), UTC) - _BEIJING
    system.clock.advance((midnight - system.clock.now()).total_seconds() + 1)


async def _last_question(stage: Stage) -> None:
    await stage.wait(3_600)
    await stage.ask_lasting_again()


def _often(scripts: Sequence[Script], times: int) -> list[Script]:
    return [script for script in scripts for _ in range(times)]
