"""Sessions of batches over HTTP."""

from starlette.routing import Route

from services.tax_sandbox.actions.batch import Batch, BatchActions
from services.tax_sandbox.actions.gate import GateActions
from services.tax_sandbox.domain.batch import read_items
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.fault import Phase
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.routes.edge import KEY, Call, Edge, sampled_traceparent
from services.tax_sandbox.routes.sellers import read_object

_BATCH_BYTES_MAX = 2 * 1024 * 1024


def batch_routes(edge: Edge, gate: GateActions, actions: BatchActions) -> list[Route]:
    """`/v1/sessions`."""

    async def post_session(call: Call) -> Reply:
        occasion = call.occasion
        if not KEY.fullmatch(occasion.key):
            return refused(400, Refusal("E4008", "Idempotency-Key must be 1 to 128 of A-Z a-z 0-9 . _ : -"))
        return await gate.passed(occasion, lambda: actions.open_session(occasion.place, occasion.key))

    async def post_items(call: Call) -> Reply:
        if isinstance(asked := await read_object(call, _BATCH_BYTES_MAX), Reply):
            return asked
        if isinstance(items := read_items(asked), Refusal):
            return refused(422, items)
        occasion, session_id = call.occasion, call.request.path_params["session_id"]
        batch = Batch(occasion.place, session_id, items, occasion.asked, sampled_traceparent())
        return await gate.passed(occasion, lambda: actions.take_items(batch))

    async def post_close(call: Call) -> Reply:
        occasion, session_id = call.occasion, call.request.path_params["session_id"]
        return await gate.passed(
            occasion,
            lambda: actions.close_session(occasion.place, session_id, occasion.asked),
            Phase.CLOSING,
        )

    async def get_session(call: Call) -> Reply:
        return await actions.get_session(call.occasion.place, call.request.path_params["session_id"])

    return [
        edge.route("POST", "/v1/sessions", post_session),
        edge.route("POST", "/v1/sessions/{session_id}/invoices", post_items),
        edge.route("POST", "/v1/sessions/{session_id}/close", post_close),
        edge.route("GET", "/v1/sessions/{session_id}", get_session),
    ]
