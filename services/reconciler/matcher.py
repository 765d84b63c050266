"""A run's matching in a process of its own: from frames in a folder to files for COPY. It touches no database."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.reconciler.child_process import Child, followed
from services.reconciler.matching.exception_rows import write_exceptions
from services.reconciler.matching.run_frames import LINES_PARQUET, PAYMENTS_PARQUET
from services.reconciler.matching.run_results import EXCEPTIONS_CSV, RESULTS_CSV, RunResults, RunTotals
from services.reconciler.rules.duckdb_engine import Limits, match_files
from services.reconciler.rules.engine import Asked
from services.reconciler.rules.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class MatchLimits:
    """What matching one run may use."""

    seconds_max: float = 900.0
    memory_mib: int = 1024
    threads: int = 2


@dataclass(frozen=True, slots=True)
class MatchRequest:
    """What is to be matched, where, by which rules and for which moment."""

    folder: Path
    run_id: str
    rule_set: RuleSet
    as_of: datetime
    whole_to: str
    create_time: datetime
    memory_mib: int
    threads: int


@dataclass(frozen=True, slots=True)
class Placed:
    """How many rows have a place so far."""

    rows: int


class Matcher:
    """The processes of a service, one for each run at work."""

    def __init__(self, limits: MatchLimits) -> None:
        self.limits = limits

    async def match(self, request: MatchRequest) -> AsyncGenerator[Placed | RunTotals]:
        """How far it is, again and again, and at last what came out.

        Raises Fault INTERNAL when the process fails, is ended by the system, or has not ended by its deadline.
        """
        child = Child(
            f"matching of {request.run_id}",
            "对账匹配",
            _match,
            request.folder,
            self.limits.seconds_max,
            request.memory_mib,
        )
        async with aclosing(followed(child, request)) as told:
            async for one in told:
                yield one


def _match(request: MatchRequest, tell: Callable[[Placed | RunTotals], None]) -> Placed | RunTotals:
    folder, rule_set = request.folder, request.rule_set
    match_files(
        rule_set,
        folder / PAYMENTS_PARQUET,
        folder / LINES_PARQUET,
        folder,
        asked=Asked(request.as_of, request.whole_to, lambda rows: tell(Placed(rows))),
        limits=Limits(request.memory_mib, request.threads),
    )
    with RunResults.opened(folder, request.memory_mib, request.threads) as results:
        results.name_paid_again(rule_set.again)
        results.write(request.run_id, folder / RESULTS_CSV)
        write_exceptions(results.exceptions(), rule_set, request.run_id, request.create_time, folder / EXCEPTIONS_CSV)
        return results.totals()
