"""The portal, where a person uploads a package by hand: beside the protocol, so that none of its faults strikes."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.tax_sandbox.actions.submission import SubmissionActions
from services.tax_sandbox.domain.document import read_document, sha256_of
from services.tax_sandbox.domain.judgement import Submit
from services.tax_sandbox.domain.package import Package, PackageItem, read_package, write_receipt
from services.tax_sandbox.domain.place import Place, read_place
from services.tax_sandbox.domain.reply import instant
from services.tax_sandbox.routes.edge import no_such_route, read_body, respond
from services.tax_sandbox.steered import Steered

_BYTES_MAX = 8 * 1024 * 1024


def portal_routes(steered: Steered, submissions: SubmissionActions) -> list[Route]:
    """`/portal/{environment}/{region}/packages`."""

    async def post_package(request: Request) -> Response:
        await steered.ready()
        place = read_place(request.path_params["environment"], request.path_params["region"])
        if place is None:
            return respond(no_such_route(404))
        content = await read_body(request, _BYTES_MAX)
        package = read_package(content) if content is not None else None
        if package is None:
            return Response("no package of invoices\n", 422, media_type="text/plain")
        return Response(await _taken(place, package), 200, media_type="application/xml")

    async def _taken(place: Place, package: Package) -> bytes:
        replies = [await submissions.submit_invoice(_submit(place, item)) for item in package.items]
        answers = [(reply.status, reply.body) for reply in replies]
        return write_receipt(package, answers, instant(steered.now()))

    return [Route("/portal/{environment}/{region}/packages", post_package, methods=["POST"])]


def _submit(place: Place, item: PackageItem) -> Submit:
    document = read_document(item.document)
    return Submit(place, item.key, item.document, sha256_of(item.document), document, at_portal=True)
