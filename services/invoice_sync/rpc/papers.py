"""PaperService of the contract, translated into actions and back. It decides nothing."""

from bihuan.invoice_sync.v1 import paper_service_pb2, paper_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.archive import ArchiveActions
from services.invoice_sync.actions.papers import PaperActions
from services.invoice_sync.convert.paper import paper_to_proto, total_to_proto


class PaperServicer(paper_service_pb2_grpc.PaperServiceServicer):
    """PaperService of the contract."""

    def __init__(self, papers: PaperActions, archive: ArchiveActions) -> None:
        self._papers = papers
        self._archive = archive

    async def ListPapers(
        self, request: paper_service_pb2.ListPapersRequest, context: RpcContext
    ) -> paper_service_pb2.ListPapersResponse:
        found = await self._papers.list_papers(request.invoice_id)
        copies = await self._archive.copies_of([each.sealed_sha256 for each in found])
        return paper_service_pb2.ListPapersResponse(papers=[paper_to_proto(each, copies) for each in found])

    async def SummarizeArchive(
        self, request: paper_service_pb2.SummarizeArchiveRequest, context: RpcContext
    ) -> paper_service_pb2.SummarizeArchiveResponse:
        totals = await self._archive.totals()
        return paper_service_pb2.SummarizeArchiveResponse(totals=[total_to_proto(each) for each in totals])
