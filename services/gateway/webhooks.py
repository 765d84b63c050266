"""Wires webhooks: what is asked of them, what goes on for them. It decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc

from chassis import server
from chassis.clock import Clock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.loop import Loop
from services.gateway.access import Access
from services.gateway.actions.webhook_delivery import WebhookDeliveryActions
from services.gateway.actions.webhook_endpoint import WebhookEndpointActions
from services.gateway.actions.webhook_sending import WebhookSendingActions
from services.gateway.address import read_networks
from services.gateway.config import Config, read_ports
from services.gateway.domain.webhook_url import Reach
from services.gateway.rpc.webhook import WebhookServicer
from services.gateway.webhook_events import known_types
from services.gateway.webhook_exceptions import exceptions_feed
from services.gateway.webhook_feed import Feed, WebhookFollower
from services.gateway.webhook_http import WebhookHttp
from services.gateway.webhook_invoices import invoices_feed
from services.gateway.webhook_payments import PaymentsFeed
from services.gateway.webhook_worker import WebhookWorker


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Webhooks at work."""

    servicer: server.Servicer
    loops: list[Loop]
    http: WebhookHttp


def make(
    config: Config, sessions: Sessions, clock: Clock, upstreams: Mapping[str, grpc.aio.Channel], access: Access
) -> Webhooks:
    """Read the key and wire; without a key nothing is followed or sent. `upstreams` are closed by someone else."""
    ring = KeyRing.read(Path(config.webhook_key_file)) if config.webhook_key_file else None
    reach = Reach(
        read_ports(config.webhook_ports), tuple(read_networks(config.webhook_inside)), config.webhook_http_allowed
    )
    http = WebhookHttp(reach, config.webhook_ca_file)
    sending = WebhookSendingActions(sessions, clock, ring, http)
    endpoints = WebhookEndpointActions(sessions, clock, ring, reach, known_types())
    deliveries = WebhookDeliveryActions(sessions, clock)
    servicer = server.Servicer.of(WebhookServicer(endpoints, deliveries, sending, access))
    feeds: list[Feed] = [
        PaymentsFeed(upstreams["payments"]),
        invoices_feed(upstreams["invoice_sync"]),
        exceptions_feed(upstreams["reconciler"]),
    ]
    followers = [WebhookFollower(sessions, clock, feed) for feed in feeds]
    return Webhooks(servicer, WebhookWorker(sending, followers).loops(), http)
