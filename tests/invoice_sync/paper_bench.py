"""Papers, archive, mail and links of a system under test, with settings of a test's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from services.invoice_sync.actions.archive import ArchiveActions
from services.invoice_sync.actions.deliver import DeliverActions
from services.invoice_sync.actions.links import LinkActions, LinkPolicy
from services.invoice_sync.actions.papers import PaperActions, PaperTools
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.archive import ArchivePolicy
from services.invoice_sync.domain.delivery import MailPolicy
from services.invoice_sync.paper.mail import Relay
from services.invoice_sync.paper.pdf import Copier, NoFonts
from services.invoice_sync.paper.places import Place

FONTS = Path("/usr/share/fonts/opentype/noto")
VERIFY_SECONDS = 86_400.0
LINK_KEYS = {"k1": bytes(range(32))}


@dataclass(frozen=True)
class PaperBench:
    papers: PaperActions
    archive: ArchiveActions
    links: LinkActions
    deliver: DeliverActions


@cache
def copier() -> Copier:
    """The copier, or a skip where the fonts are not."""
    try:
        return Copier(FONTS)
    except NoFonts as fault:
        pytest.skip(str(fault))


def paper_bench(
    tools: Tools,
    *,
    places: Sequence[Place] = (),
    with_pdf: bool = False,
    relay: Relay | None = None,
    mail: MailPolicy = MailPolicy(),  # noqa: B008  a frozen value
    keys: Mapping[str, bytes] = LINK_KEYS,
) -> PaperBench:
    """The parts, wired as the service does it."""
    paper_tools = PaperTools(copier() if with_pdf else None, tuple(places), ArchivePolicy(VERIFY_SECONDS))
    papers = PaperActions(tools, paper_tools)
    links = LinkActions(papers, LinkPolicy("https://pay.example", keys, 90 * 86_400.0, 7 * 86_400.0), tools)
    return PaperBench(
        papers, ArchiveActions(tools, paper_tools), links, DeliverActions(papers, links, relay, mail, tools)
    )
