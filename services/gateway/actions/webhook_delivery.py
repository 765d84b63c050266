"""What is on its way to endpoints: looked at, and sent again. One method, one transaction. It sends nothing itself."""

from dataclasses import dataclass
from datetime import datetime

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, Kind, plain_fault
from services.gateway.actions.webhook_endpoint import must_find
from services.gateway.domain.caller import Caller
from services.gateway.domain.webhook import Attempt, Delivery, DeliveryState, EndpointState
from services.gateway.store import webhook_outbox as store
from services.gateway.store.webhook_outbox import DeliveryFilter

_REPLAYED_AT_ONCE = 1_000
_ENDED = (DeliveryState.DELIVERED, DeliveryState.FAILED)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many deliveries were put on their way, and the last event that was looked at; empty at the end."""

    count: int
    after_event_id: str


class WebhookDeliveryActions:
    """Lists and replays deliveries, for callers that see their endpoint."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    @telemetry.traced
    async def list_webhook_deliveries(
        self, wanted: DeliveryFilter, before_id: str, limit: int, caller: Caller
    ) -> list[Delivery]:
        """Deliveries of an endpoint, newest first, from before one on. Raises NOT_FOUND."""
        async with self._sessions.begin() as session:
            await must_find(session, wanted.endpoint_id, caller)
            return await store.page(session, wanted, before_id, limit)

    @telemetry.traced
    async def get_webhook_delivery(self, delivery_id: str, caller: Caller) -> tuple[Delivery, list[Attempt]]:
        """A delivery with its last tries. Raises NOT_FOUND."""
        async with self._sessions.begin() as session:
            delivery = await store.find(session, delivery_id)
            if delivery is None:
                raise plain_fault(Kind.NOT_FOUND)
            await must_find(session, delivery.endpoint_id, caller)
            return delivery, await store.attempts(session, delivery_id)

    @telemetry.traced
    async def replay_webhook_delivery(self, delivery_id: str, caller: Caller) -> Delivery:
        """Put a delivery on its way again; one that waits stays as it is. Raises NOT_FOUND and WEBHOOK_DISABLED."""
        async with self._sessions.begin() as session:
            was = await store.find(session, delivery_id)
            if was is None:
                raise plain_fault(Kind.NOT_FOUND)
            _must_be_enabled((await must_find(session, was.endpoint_id, caller)).endpoint.state)
            wanted = [(delivery_id, was.endpoint_id, was.event_id)]
            await store.put_on_way(session, wanted, self._clock.now(), _ENDED)
            delivery = await store.find(session, delivery_id)
        assert delivery is not None, "a delivery that was there is gone within one transaction"
        return delivery

    @telemetry.traced
    async def replay_webhook_events(
        self,
        endpoint_id: str,
        from_time: datetime,
        to_time: datetime,
        after_event_id: str,
        caller: Caller,
        *,
        include_delivered: bool,
    ) -> Replayed:
        """Put the next 1,000 events of a time on their way again. Raises NOT_FOUND and WEBHOOK_DISABLED."""
        again = _ENDED if include_delivered else (DeliveryState.FAILED,)
        async with self._sessions.begin() as session:
            endpoint = (await must_find(session, endpoint_id, caller)).endpoint
            _must_be_enabled(endpoint.state)
            event_ids = await store.events_between(
                session, endpoint, from_time, to_time, after_event_id, _REPLAYED_AT_ONCE
            )
            wanted = [(ids.new_id("whd"), endpoint_id, event_id) for event_id in event_ids]
            sent = await store.put_on_way(session, wanted, self._clock.now(), again)
        return Replayed(len(sent), event_ids[-1] if len(event_ids) == _REPLAYED_AT_ONCE else "")


def _must_be_enabled(state: EndpointState) -> None:
    if state is not EndpointState.ENABLED:
        raise Fault(
            Kind.PRECONDITION,
            "WEBHOOK_DISABLED",
            "the endpoint is disabled: enable it first",
            "该端点已停用，请先启用",
        )
