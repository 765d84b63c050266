"""Makes signed links and opens them, for who has one and no login. What it tells is masked, save a download's file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from chassis import telemetry
from chassis.errors import Fault, Kind
from services.invoice_sync.actions.papers import PaperActions, PaperFile
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.archive import PaperKind
from services.invoice_sync.domain.buyer_view import BuyerView, buyer_view
from services.invoice_sync.domain.link import Link, LinkFlaw, LinkPurpose, open_link, sign_link
from services.invoice_sync.store import deliveries, invoices

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LinkPolicy:
    """`base_url` is where the gateway is reached from outside, without a slash at its end; the first of `keys` signs.

    Without a base or keys there are no links.
    """

    base_url: str
    keys: Mapping[str, bytes]
    status_seconds: float
    download_seconds: float


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link, whole, and until when it opens."""

    url: str
    expire_time: datetime


class LinkActions:
    """Each opening is one read-only transaction."""

    def __init__(self, papers: PaperActions, policy: LinkPolicy, tools: Tools) -> None:
        self._papers = papers
        self._policy = policy
        self._tools = tools

    @telemetry.traced
    async def create_link(
        self, invoice_id: str, purpose: LinkPurpose, seconds: int, operator: str, reason: str
    ) -> MadeLink:
        """A link to an invoice; `seconds` 0 is as long as the settings say. Raises NOT_FOUND, LINKS_OFF."""
        self._must_offer()
        async with self._tools.sessions() as session:
            if await invoices.get(session, invoice_id) is None:
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
        telemetry.annotate(invoice_id=invoice_id)
        made = self._made(purpose, invoice_id, seconds)
        _log.info("link made", invoice_id=invoice_id, purpose=purpose.name, operator=operator, reason=reason)
        return made

    def status_url(self, invoice_id: str) -> str:
        """The link that a buyer is sent; empty where there are none."""
        return self._made(LinkPurpose.STATUS, invoice_id, 0).url if self._offers else ""

    @telemetry.traced
    async def view_link(self, token: str) -> tuple[BuyerView, Link]:
        """What a buyer is told by any link. Raises LINK_REFUSED."""
        link, now = self._opened(token), self._tools.clock.now()
        async with self._tools.sessions() as session:
            invoice = await invoices.get(session, link.invoice_id)
            sent = await deliveries.of_invoice(session, link.invoice_id, 1)
        if invoice is None:
            raise _refused(LinkFlaw.FORGED)
        telemetry.annotate(invoice_id=invoice.invoice_id)
        return buyer_view(invoice, sent[0].masked_address if sent else "", now, self._tools.timers), link

    async def downloads(self, link: Link) -> list[PaperKind]:
        """The files that a link lets its holder have."""
        if link.purpose is not LinkPurpose.DOWNLOAD:
            return []
        return sorted({each.kind for each in await self._papers.list_papers(link.invoice_id)}, reverse=True)

    @telemetry.traced
    async def download(self, token: str, kind: PaperKind) -> PaperFile:
        """A paper by a link that is for downloads. Raises LINK_REFUSED, NOT_FOUND, UNAVAILABLE."""
        link = self._opened(token)
        if link.purpose is not LinkPurpose.DOWNLOAD:
            raise _refused(LinkFlaw.FORGED)
        telemetry.annotate(invoice_id=link.invoice_id)
        return await self._papers.read_paper(link.invoice_id, kind)

    @property
    def _offers(self) -> bool:
        return bool(self._policy.base_url and self._policy.keys)

    def _made(self, purpose: LinkPurpose, invoice_id: str, seconds: float) -> MadeLink:
        usual = self._policy.status_seconds if purpose is LinkPurpose.STATUS else self._policy.download_seconds
        expire_time = self._tools.clock.now() + timedelta(seconds=seconds or usual)
        token = sign_link(Link(purpose, invoice_id, expire_time), self._policy.keys)
        return MadeLink(f"{self._policy.base_url}/i/{token}", expire_time)

    def _opened(self, token: str) -> Link:
        link = open_link(token, self._policy.keys, self._tools.clock.now())
        if isinstance(link, LinkFlaw):
            raise _refused(link)
        return link

    def _must_offer(self) -> None:
        if not self._offers:
            raise Fault(
                Kind.PRECONDITION,
                "LINKS_OFF",
                "no public address or no key for links is set, so there are none",
                "未配置对外地址或链接密钥，无法生成链接",
            )


def _refused(flaw: LinkFlaw) -> Fault:
    if flaw is LinkFlaw.EXPIRED:
        return Fault(
            Kind.NOT_FOUND, "LINK_REFUSED", "the link has expired; ask for a new one", "链接已过期，请重新获取"
        )
    return Fault(Kind.NOT_FOUND, "LINK_REFUSED", "there is no such link", "链接无效")
