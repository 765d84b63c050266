"""Webhooks on a real database before a real receiver, at a clock that a test moves."""

import contextlib
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from chassis import database, ids
from chassis.clock import ManualClock
from chassis.crypto import KeyRing
from services.gateway.actions.webhook_delivery import WebhookDeliveryActions
from services.gateway.actions.webhook_endpoint import MadeSecret, WebhookEndpointActions
from services.gateway.actions.webhook_sending import WebhookSendingActions
from services.gateway.domain.caller import Caller, CallerKind
from services.gateway.domain.webhook import Delivery, EndpointAsked, Event
from services.gateway.domain.webhook_url import Reach
from services.gateway.store import webhook_outbox
from services.gateway.store.webhook_outbox import DeliveryFilter
from services.gateway.webhook_events import known_types
from services.gateway.webhook_http import WebhookHttp
from tests.support.webhook_receiver import Got, Receiver, running_receiver

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLATFORM = Caller(caller_id="key_p", kind=CallerKind.KEY, roles=frozenset({"integrator"}), operator="key_p")
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
KEYS = {"of_the_test": bytes(32)}


def scoped(*merchants: str) -> Caller:
    return Caller(
        caller_id="key_s",
        kind=CallerKind.KEY,
        roles=frozenset({"integrator"}),
        operator="key_s",
        merchant_ids=frozenset(merchants),
    )


@dataclass
class Bench:
    """The actions of webhooks, without loops: a test makes the turns."""

    database_url: str
    sessions: Any
    clock: ManualClock
    receiver: Receiver
    endpoints: WebhookEndpointActions
    deliveries: WebhookDeliveryActions
    sending: WebhookSendingActions

    async def endpoint(self, *merchants: str, types: tuple[str, ...] = (), url: str = "") -> MadeSecret:
        asked = EndpointAsked(url=url or self.receiver.url, description="", event_types=frozenset(types))
        return await self.endpoints.create_webhook_endpoint(asked, frozenset(merchants), PLATFORM)

    async def tell(
        self, endpoint_id: str, *objects: str, merchant: str = "m", kind: str = "payment.succeeded"
    ) -> list[str]:
        """Put an event for each object on its way, in this order; the ids of the events."""
        events = [self._event(one, merchant, kind) for one in objects]
        wanted = [(ids.new_id("whd"), endpoint_id, event.event_id) for event in events]
        async with self.sessions.begin() as session:
            await webhook_outbox.add_events(session, events)
            await webhook_outbox.put_on_way(session, wanted, self.clock.now())
        return [event.event_id for event in events]

    async def turn(self, limit: int = 64) -> list[Delivery]:
        """Try what is due, one after the other; what became of each."""
        claims = await self.sending.claim_webhooks([], limit, limit)
        settled = [(await self.sending.send_webhook(claim))[0] for claim in claims]
        return [one for one in settled if one is not None]

    async def log(self, endpoint_id: str) -> list[Delivery]:
        """Its deliveries, oldest first."""
        wanted = DeliveryFilter(endpoint_id=endpoint_id)
        return (await self.deliveries.list_webhook_deliveries(wanted, "", 500, PLATFORM))[::-1]

    def _event(self, object_id: str, merchant: str, kind: str) -> Event:
        event_id = ids.new_id("evt")
        return Event(
            event_id=event_id,
            event_type=kind,
            object_id=object_id,
            merchant_id=merchant,
            origin=event_id,
            body=f'{{"type":"{kind}","data":{{"paymentId":"{object_id}","merchantName":"不在"}}}}',
            create_time=self.clock.now(),
        )


def signed_by(secret: str, got: Got) -> bool:
    """Whether a receiver with this secret takes it: the reference library, save that the bench's clock stands still."""
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    return Webhook(secret).sign(got.event_id, at, got.body.decode()) in got.headers["webhook-signature"].split(" ")


def reach_of(receiver: Receiver) -> Reach:
    return Reach(frozenset({receiver.port}), (LOOPBACK,), allows_http=receiver.scheme == "http")


def http_of(receiver: Receiver, **settings: Any) -> WebhookHttp:
    """What reaches a receiver by its name, which leads to this machine."""

    async def resolve(target: Any) -> list[Any]:
        return [ipaddress.ip_address("127.0.0.1")]

    return WebhookHttp(reach_of(receiver), receiver.ca_file, resolve, **settings)


@contextlib.asynccontextmanager
async def webhook_bench(database_url: str, folder: Path, *, timeout_seconds: float = 15.0) -> AsyncIterator[Bench]:
    engine = database.connect(database_url, "test")
    sessions, clock, ring = database.sessions(engine), ManualClock(NOON), KeyRing(KEYS)
    async with running_receiver(folder) as receiver:
        http = http_of(receiver, timeout_seconds=timeout_seconds)
        yield Bench(
            database_url,
            sessions,
            clock,
            receiver,
            WebhookEndpointActions(sessions, clock, ring, reach_of(receiver), known_types()),
            WebhookDeliveryActions(sessions, clock),
            WebhookSendingActions(sessions, clock, ring, http, dice=lambda: 0.0),
        )
        await http.close()
    await engine.dispose()
