"""The loops of invoice_sync. Each turn does one turn and says how much it did; nothing is decided here."""

from contextlib import aclosing

from chassis.loop import Loop
from services.invoice_sync.actions.feed import FeedActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.sweep import SweepActions
from services.invoice_sync.actions.upload import UploadActions
from services.invoice_sync.actions.verify import VerifyActions
from services.invoice_sync.clients import PaymentFeed
from services.invoice_sync.config import Config

# A turn begins no batch after so many, so that a stop is never far away; the loop goes on at once.
_CHANGES_MAX = 1000
# Turns of verification at once, so that one that waits for a slow answer does not hold up all.
_VERIFIERS = 2
_TEND_SECONDS = 60.0


def loops(
    feed: PaymentFeed,
    issue: IssueActions,
    upload: UploadActions,
    verify: VerifyActions,
    sweep: SweepActions,
    probe: ProbeActions,
    config: Config,
    numbers: NumberActions | None = None,
) -> list[Loop]:
    """Every loop of the service. The uploads under way when it stops are waited for, for a while.

    `numbers` is None where the authority numbers what it takes.
    """
    rest = config.poll_seconds
    return [
        Loop("follow_payments", lambda: follow_payments(feed, issue), rest),
        Loop("fill_window", upload.fill_window, rest, ending=lambda: upload.drain(config.drain_seconds)),
        *(Loop(f"verify_due {no}", verify.verify_due, rest) for no in range(_VERIFIERS)),
        *([Loop("top_up_numbers", numbers.top_up, rest)] if numbers else []),
        Loop("sweep", lambda: run_sweep(sweep), config.sweep_interval_seconds),
        Loop("probe_interface", lambda: ask_whether_up(probe), config.probe_interval_seconds),
    ]


def feed_loop(feed: FeedActions) -> Loop:
    """What is told of invoices is numbered although nobody asks, and dropped when it is old."""
    return Loop("tend_feed", feed.tend_feed, _TEND_SECONDS)


async def follow_payments(feed: PaymentFeed, issue: IssueActions) -> int:
    """Take what the feed has since the cursor; how many changes. Each batch moves the cursor with its effects."""
    taken = 0
    async with aclosing(feed.batches(await issue.next_sequence())) as batches:
        async for batch in batches:
            await issue.follow_payments(batch)
            taken += len(batch)
            if taken >= _CHANGES_MAX:
                break
    return taken


async def run_sweep(sweep: SweepActions) -> int:
    """Sweep once; how much was set right."""
    swept = await sweep.sweep_if_leading()
    return swept.found_count if swept else 0


async def ask_whether_up(probe: ProbeActions) -> int:
    """Ask every interface whether it is up, for the history. It never has more to do at once."""
    await probe.probe_interface("")
    return 0
