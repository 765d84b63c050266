"""The loops of invoice_sync. Each turn does one turn and says how much it did; nothing is decided here."""

from contextlib import aclosing

from chassis.loop import Loop
from services.invoice_sync.actions.applications import ApplicationActions
from services.invoice_sync.actions.archive import ArchiveActions
from services.invoice_sync.actions.bulk_work import BulkWork
from services.invoice_sync.actions.deliver import DeliverActions
from services.invoice_sync.actions.feed import FeedActions
from services.invoice_sync.actions.issue import IssueActions
from services.invoice_sync.actions.numbers import NumberActions
from services.invoice_sync.actions.papers import PaperActions
from services.invoice_sync.actions.parity import ParityActions
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.red_adoption import RedAdoption
from services.invoice_sync.actions.red_work import RedWork
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


def bulk_loops(bulk: BulkWork, config: Config) -> list[Loop]:
    """The loops that ask for the rows of files, a slice a turn, and that forget old files."""
    return [
        Loop("request_slice", bulk.request_slice, config.poll_seconds),
        Loop("forget_files", bulk.forget_files, _TEND_SECONDS),
    ]


def parity_loop(parity: ParityActions, config: Config) -> Loop:
    """The loop that compares control totals by period."""
    return Loop("compare_parity", parity.compare_due, config.parity_interval_seconds)


def paper_loops(papers: PaperActions, archive: ArchiveActions, deliver: DeliverActions, config: Config) -> list[Loop]:
    """The loops that make papers, keep their copies, and send them."""
    return [
        Loop("make_papers", papers.make_due, config.poll_seconds),
        Loop("keep_archive", archive.keep_due, config.poll_seconds),
        Loop("fill_archive", archive.fill_places, config.sweep_interval_seconds),
        Loop("send_mail", deliver.send_due, config.poll_seconds),
    ]


def red_loops(work: RedWork, adoption: RedAdoption, applications: ApplicationActions, config: Config) -> list[Loop]:
    """The loops that carry red letters on, find the forms of the portal, and issue anew what was taken back."""
    return [
        Loop("step_red_letters", work.step_due, config.poll_seconds),
        Loop("adopt_red_forms", adoption.adopt_forms, config.sweep_interval_seconds),
        Loop("reissue_due", applications.reissue_due, config.poll_seconds),
    ]


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
