"""Papers, their copies in the archive, and links, for the contract."""

from collections.abc import Mapping, Sequence

from bihuan.invoice_sync.v1 import link_service_pb2, paper_pb2

from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.domain.archive import PaperKind
from services.invoice_sync.domain.buyer_view import BuyerView
from services.invoice_sync.domain.link import Link, LinkPurpose
from services.invoice_sync.store.copies import Copy, PlaceTotal
from services.invoice_sync.store.papers import Paper

CONTENT_TYPES: Mapping[PaperKind, str] = {PaperKind.XML: "application/xml", PaperKind.PDF: "application/pdf"}


def paper_to_proto(paper: Paper, copies: Sequence[Copy]) -> paper_pb2.Paper:
    """A paper with those of some copies that are of it."""
    return paper_pb2.Paper(
        invoice_id=paper.invoice_id,
        version=paper.version,
        kind=kind_to_proto(paper.kind),
        sha256=paper.sha256,
        size_bytes=paper.size_bytes,
        create_time=timestamp(paper.create_time),
        copies=[
            paper_pb2.PaperCopy(
                place=each.place,
                state=paper_pb2.CopyState.Value(f"COPY_STATE_{each.state}"),
                verify_time=timestamp(each.verify_time),
                sealed_sha256=each.sealed_sha256,
            )
            for each in copies
            if each.sealed_sha256 == paper.sealed_sha256
        ],
    )


def total_to_proto(total: PlaceTotal) -> paper_pb2.ArchiveTotal:
    """The copies of a place in a state."""
    return paper_pb2.ArchiveTotal(
        place=total.place,
        state=paper_pb2.CopyState.Value(f"COPY_STATE_{total.state}"),
        copy_count=total.copy_count,
        oldest_verify_time=timestamp(total.oldest_verify_time),
    )


def kind_to_proto(kind: PaperKind) -> paper_pb2.PaperKind.ValueType:
    """Which file."""
    return paper_pb2.PaperKind.Value(f"PAPER_KIND_{kind}")


def kind_from_proto(kind: paper_pb2.PaperKind.ValueType) -> PaperKind:
    """Which file."""
    return PaperKind(paper_pb2.PaperKind.Name(kind).removeprefix("PAPER_KIND_"))


def purpose_from_proto(purpose: link_service_pb2.LinkPurpose.ValueType) -> LinkPurpose:
    """What a link is for."""
    return LinkPurpose[link_service_pb2.LinkPurpose.Name(purpose).removeprefix("LINK_PURPOSE_")]


def view_to_proto(view: BuyerView, link: Link, downloads: Sequence[PaperKind]) -> link_service_pb2.ViewLinkResponse:
    """What a link shows."""
    return link_service_pb2.ViewLinkResponse(
        phase=view.phase.value,
        title=view.title,
        title_zh=view.title_zh,
        explanation=view.explanation,
        explanation_zh=view.explanation_zh,
        expected_time=timestamp(view.expected_time),
        book_time=timestamp(view.book_time),
        seller=view.seller_name,
        masked_title=view.buyer_title,
        masked_number_of_buyer=view.buyer_tax_id,
        masked_invoice_number=view.invoice_number,
        issue_date=view.issue_date,
        amount_text=view.amount,
        masked_email=view.email,
        expire_time=timestamp(link.expire_time),
        papers=[kind_to_proto(each) for each in downloads],
    )
