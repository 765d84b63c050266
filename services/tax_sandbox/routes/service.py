"""What the authority tells of itself: whether it is up, what it has announced, and what time it has."""

from starlette.routing import Route

from services.tax_sandbox.actions.announcement import AnnouncementActions
from services.tax_sandbox.actions.gate import GateActions
from services.tax_sandbox.domain.reply import Reply, instant
from services.tax_sandbox.routes.edge import Call, Edge


def service_routes(edge: Edge, gate: GateActions, announcements: AnnouncementActions) -> list[Route]:
    """`/v1/ping` and `/v1/announcements`."""

    async def get_ping(call: Call) -> Reply:
        if closed := gate.closed(call.occasion):
            return closed
        place = call.occasion.place
        clock = instant(edge.steered.now())
        return Reply(200, {"clock": clock, "environment": place.environment, "region": place.region})

    async def get_announcements(call: Call) -> Reply:
        told = await announcements.announced(call.occasion.place)
        outages = [{"from": instant(one.begins_at), "to": instant(one.ends_at), "text": one.words} for one in told]
        return Reply(200, {"announcements": outages})

    return [
        edge.route("GET", "/v1/ping", get_ping),
        # Not behind the gate's faults: an announced outage is looked up while it lasts.
        edge.route("GET", "/v1/announcements", get_announcements, meets_gate=False),
    ]
