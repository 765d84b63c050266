"""Submit an invoice, and ask the main book for one."""

from starlette.routing import Route

from services.tax_sandbox.actions.query import Query, QueryActions
from services.tax_sandbox.actions.submission import SubmissionActions
from services.tax_sandbox.domain.document import Refusal, read_document, sha256_of
from services.tax_sandbox.domain.judgement import Submit
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.routes.edge import (
    KEY,
    NUMBER,
    Call,
    Edge,
    bad_head,
    body_too_long,
    read_body,
    sampled_traceparent,
)


def invoice_routes(edge: Edge, submissions: SubmissionActions, queries: QueryActions) -> list[Route]:
    """`/v1/invoices`."""

    async def post_invoice(call: Call) -> Reply:
        if refusal := bad_head(call.request):
            return refusal
        if (body := await read_body(call.request)) is None:
            return body_too_long()
        occasion = call.occasion
        submit = Submit(
            place=occasion.place,
            key=occasion.key,
            body=body,
            sha256=sha256_of(body),
            document=read_document(body),
            traceparent=sampled_traceparent(),
            asked=occasion.asked,
            has_newest_credential=occasion.has_newest_credential,
        )
        return await submissions.submit_invoice(submit)

    async def get_by_key(call: Call) -> Reply:
        asked = call.request.query_params
        for name in ("seller_tax_id", "key"):
            if not KEY.fullmatch(asked.get(name, "")):
                return refused(400, Refusal("E4002", f"the query needs {name}", name))
        return await queries.query_invoice(Query(call.occasion))

    async def get_by_number(call: Call) -> Reply:
        number = call.request.path_params["number"]
        if not NUMBER.fullmatch(number):
            return refused(400, Refusal("E4013", "an invoice number has 20 digits", "number"))
        return await queries.query_invoice(Query(call.occasion, number))

    return [
        edge.route("POST", "/v1/invoices", post_invoice, meets_gate=False),
        edge.route("GET", "/v1/invoices", get_by_key),
        edge.route("GET", "/v1/invoices/{number}", get_by_number),
    ]
