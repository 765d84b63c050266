"""Registration, quota, and numbers beforehand."""

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from services.tax_sandbox.actions.seller import SellerActions
from services.tax_sandbox.domain.document import Refusal
from services.tax_sandbox.domain.reply import Reply, refused
from services.tax_sandbox.routes.edge import BODY_BYTES_MAX, KEY, Call, Edge, bad_head, body_too_long, read_body

_TAX_ID = re.compile(r"[0-9A-Z]{15,20}")
_NAME_MAX = 100
_COUNT_MAX = 1000


def seller_routes(edge: Edge, actions: SellerActions) -> list[Route]:
    """`/v1/registrations`, `/v1/quota`, `/v1/number-ranges`."""
    return [*_registration_routes(edge, actions), *_range_routes(edge, actions)]


def _registration_routes(edge: Edge, actions: SellerActions) -> list[Route]:
    async def post_registration(call: Call) -> Reply:
        if isinstance(asked := await read_object(call), Reply):
            return asked
        tax_id, name = asked.get("tax_id"), asked.get("name")
        if not isinstance(tax_id, str) or not _TAX_ID.fullmatch(tax_id):
            return _not_a_tax_id("tax_id")
        if not isinstance(name, str) or not 0 < len(name) <= _NAME_MAX or not name.isprintable():
            return refused(422, Refusal("E4005", f"name must be text of 1 to {_NAME_MAX} characters", "name"))
        return await actions.register_seller(call.occasion.place, tax_id, name)

    async def get_registration(call: Call) -> Reply:
        return await actions.get_registration(call.occasion.place, call.request.path_params["tax_id"])

    async def get_quota(call: Call) -> Reply:
        if refusal := _needs_seller(call):
            return refusal
        return await actions.get_quota(call.occasion.place, call.occasion.seller_tax_id)

    return [
        edge.route("POST", "/v1/registrations", post_registration),
        edge.route("GET", "/v1/registrations/{tax_id}", get_registration),
        edge.route("GET", "/v1/quota", get_quota),
    ]


def _range_routes(edge: Edge, actions: SellerActions) -> list[Route]:
    async def post_range(call: Call) -> Reply:
        if refusal := bad_head(call.request):
            return refusal
        if isinstance(asked := await read_object(call), Reply):
            return asked
        seller, count = asked.get("seller_tax_id"), asked.get("count")
        if not isinstance(seller, str) or not _TAX_ID.fullmatch(seller):
            return _not_a_tax_id("seller_tax_id")
        if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= _COUNT_MAX:
            return refused(422, Refusal("E4005", f"count must be from 1 to {_COUNT_MAX}", "count"))
        return await actions.take_numbers(call.occasion.place, call.occasion.key, seller, count)

    async def get_ranges(call: Call) -> Reply:
        if refusal := _needs_seller(call):
            return refusal
        return await actions.get_numbers(call.occasion.place, call.occasion.seller_tax_id)

    return [
        edge.route("POST", "/v1/number-ranges", post_range),
        edge.route("GET", "/v1/number-ranges", get_ranges),
    ]


async def read_object(call: Call, bytes_max: int = BODY_BYTES_MAX) -> Mapping[str, Any] | Reply:
    """The JSON object of a call, or the refusal of what is none."""
    if (body := await read_body(call.request, bytes_max)) is None:
        return body_too_long(bytes_max)
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        read = None
    return read if isinstance(read, dict) else refused(422, Refusal("E4000", "the body is not a JSON object"))


def _needs_seller(call: Call) -> Reply | None:
    if KEY.fullmatch(call.occasion.seller_tax_id):
        return None
    return refused(400, Refusal("E4002", "the query needs seller_tax_id", "seller_tax_id"))


def _not_a_tax_id(field: str) -> Reply:
    return refused(422, Refusal("E4004", f"{field} must be 15 to 20 digits and capital letters", field))
