"""Ask for a seal again over HTTP."""

from starlette.routing import Route

from services.tax_sandbox.actions.gate import GateActions
from services.tax_sandbox.actions.seal import SealActions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.routes.edge import NUMBER, Call, Edge


def seal_routes(edge: Edge, gate: GateActions, actions: SealActions) -> list[Route]:
    """`/v1/invoices/{number}/seal`."""

    async def post_seal(call: Call) -> Reply:
        number = call.request.path_params["number"]
        if not NUMBER.fullmatch(number):
            return refused(400, Refusal("E4013", "an invoice number has 20 digits", "number"))
        return await gate.passed(call.occasion, lambda: actions.seal_invoice(call.occasion, number))

    return [edge.route("POST", "/v1/invoices/{number}/seal", post_seal)]
