"""Red-letter confirmation forms over HTTP."""

from starlette.routing import Route

from services.tax_sandbox.actions.gate import GateActions
from services.tax_sandbox.actions.red_form import RedFormActions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.red_form import Move, read_application, read_party
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.routes.edge import KEY, NUMBER, Call, Edge
from services.tax_sandbox.routes.sellers import read_object

_PAGE_MAX = 1000
_PAGE_USUAL = 100


def red_form_routes(edge: Edge, gate: GateActions, actions: RedFormActions) -> list[Route]:
    """`/v1/red-forms`."""

    async def post_form(call: Call) -> Reply:
        if isinstance(asked := await read_object(call), Reply):
            return asked
        if isinstance(application := read_application(asked), Refusal):
            return refused(422, application)
        return await gate.passed(call.occasion, lambda: actions.apply_for_form(call.occasion.place, application))

    async def get_form(call: Call) -> Reply:
        return await actions.get_form(call.occasion.place, call.request.path_params["form_id"])

    async def get_forms(call: Call) -> Reply:
        asked = call.request.query_params
        if seller := asked.get("seller_tax_id", ""):
            if not KEY.fullmatch(seller):
                return refused(400, Refusal("E4004", "a taxpayer number has 15 to 20 characters", "seller_tax_id"))
            limit = asked.get("limit", "")
            size = min(int(limit), _PAGE_MAX) if limit.isdecimal() and int(limit) else _PAGE_USUAL
            return await actions.forms_of_seller(call.occasion.place, seller, asked.get("after", ""), size)
        number = asked.get("blue_number", "")
        if not NUMBER.fullmatch(number):
            return refused(400, Refusal("E4013", "an invoice number has 20 digits", "blue_number"))
        return await actions.forms_of(call.occasion.place, number)

    return [
        edge.route("POST", "/v1/red-forms", post_form),
        edge.route("GET", "/v1/red-forms", get_forms),
        edge.route("GET", "/v1/red-forms/{form_id}", get_form),
        *(_move_route(edge, gate, actions, verb) for verb in Move),
    ]


def _move_route(edge: Edge, gate: GateActions, actions: RedFormActions, verb: Move) -> Route:
    async def post_move(call: Call) -> Reply:
        if isinstance(asked := await read_object(call), Reply):
            return asked
        if isinstance(by := read_party(asked, "by"), Refusal):
            return refused(422, by)
        place, form_id = call.occasion.place, call.request.path_params["form_id"]
        return await gate.passed(call.occasion, lambda: actions.move_form(place, form_id, verb, by))

    return edge.route("POST", f"/v1/red-forms/{{form_id}}/{verb}", post_move)
