"""The reconciler's loops. A turn does what is there to do and returns how much that was; it decides nothing."""

import functools

from chassis.loop import Loop
from services.reconciler.actions.arrival import ArrivalActions
from services.reconciler.actions.feed import FeedActions
from services.reconciler.actions.fetch import FetchActions
from services.reconciler.actions.forgetting import ForgettingActions
from services.reconciler.actions.mirror import MirrorActions
from services.reconciler.actions.reconciliation import ReconciliationActions
from services.reconciler.actions.sealing import SealingActions
from services.reconciler.actions.trial import TrialActions
from services.reconciler.actions.upload import UploadActions
from services.reconciler.config import Config


def loops(
    mirror: MirrorActions,
    arrival: ArrivalActions,
    reconciliation: ReconciliationActions,
    uploads: UploadActions,
    sealing: SealingActions,
    fetches: FetchActions,
    config: Config,
) -> list[Loop]:
    """Follow the payments, make the runs that are due, tell payments what they decided, fetch statements, tidy up."""

    async def follow_payments() -> int:
        """What came is matched at once; the loop of its own has what is left, and the lines."""
        count = await mirror.follow_payments()
        if count:
            await arrival.match_arrivals()
        return count

    async def run_due() -> int:
        claim = await reconciliation.claim_run()
        if claim is None:
            return 0
        await reconciliation.run_reconciliation(claim)
        return 1

    return [
        Loop("follow_payments", follow_payments, config.follow_interval_seconds),
        Loop("match_arrivals", arrival.match_arrivals, config.arrival_interval_seconds),
        Loop("run_due", run_due, config.run_interval_seconds),
        Loop("tell_payments", mirror.tell_payments, config.tell_interval_seconds),
        Loop("forget_uploads", uploads.forget_uploads, config.tidy_interval_seconds),
        Loop("seal_files", sealing.seal_files, config.tidy_interval_seconds),
        Loop("forget_arrivals", arrival.forget_arrivals, config.tidy_interval_seconds),
        *_fetch_loops(fetches, config),
    ]


def forgetting_loops(forgetting: ForgettingActions, config: Config) -> list[Loop]:
    """Let go of what has served."""
    turns = (forgetting.forget_results, forgetting.forget_unpaid)
    return [Loop(turn.__name__, turn, config.tidy_interval_seconds) for turn in turns]


def regression_loop(trials: TrialActions, config: Config) -> Loop:
    """Make the reports of what versions of rule sets would change, one after the other."""

    async def make_due() -> int:
        claim = await trials.claim_regression()
        if claim is None:
            return 0
        await trials.run_regression(claim)
        return 1

    return Loop("make_regressions", make_due, config.run_interval_seconds)


def feed_loop(feed: FeedActions, config: Config) -> Loop:
    """What is told of exceptions is numbered although nobody asks, and dropped when it is old."""
    return Loop("tend_feed", feed.tend_feed, config.tidy_interval_seconds)


def _fetch_loops(fetches: FetchActions, config: Config) -> list[Loop]:
    """One for each source, so that a server that hangs holds up no other; and one that watches them all."""
    if not fetches.sources:
        return []
    turns = [(source.id, functools.partial(fetches.fetch_statement, source)) for source in fetches.sources]
    return [
        Loop("watch_fetches", fetches.watch_fetches, config.fetch_interval_seconds),
        *(Loop(f"fetch {source_id}", turn, config.fetch_interval_seconds) for source_id, turn in turns),
    ]
