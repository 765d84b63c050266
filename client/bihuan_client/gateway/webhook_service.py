"""Webhook service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .webhook import WebhookAttempt, WebhookDelivery, WebhookDeliveryState, WebhookEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateWebhookEndpointResponse:
    """The endpoint, with its secret."""

    endpoint: WebhookEndpoint | None = None
    """The endpoint as it stands."""

    secret: str = ""
    """Its secret, `whsec_…`. Shown once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWebhookEndpointResponse:
    """It is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWebhookDeliveryResponse:
    """A delivery and what came back."""

    delivery: WebhookDelivery | None = None
    """The delivery."""

    attempts: Sequence[WebhookAttempt] = ()
    """Its tries, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWebhookEndpointResponse:
    """An endpoint."""

    endpoint: WebhookEndpoint | None = None
    """The endpoint as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWebhookDeliveriesResponse:
    """A page of deliveries."""

    deliveries: Sequence[WebhookDelivery] = ()
    """Newest first."""

    next_page_token: str = ""
    """Where to go on; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWebhookEndpointsResponse:
    """The endpoints."""

    endpoints: Sequence[WebhookEndpoint] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWebhookDeliveryResponse:
    """The delivery as it stands."""

    delivery: WebhookDelivery | None = None
    """The delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWebhookEventsResponse:
    """What is sent again."""

    delivery_count: int = 0
    """How many deliveries were put on their way."""

    next_page_token: str = ""
    """To go on with; empty when all events of the time were looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateWebhookSecretResponse:
    """The endpoint, with its new secret."""

    endpoint: WebhookEndpoint | None = None
    """The endpoint as it stands."""

    secret: str = ""
    """Its secret, `whsec_…`. Shown once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestWebhookEndpointResponse:
    """What came back."""

    delivery: WebhookDelivery | None = None
    """The delivery, at its end."""

    attempt: WebhookAttempt | None = None
    """Its one try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWebhookEndpointResponse:
    """The endpoint."""

    endpoint: WebhookEndpoint | None = None
    """The endpoint as it stands."""


_CREATE_WEBHOOK_ENDPOINT = Operation(
    name="create_webhook_endpoint",
    verb="POST",
    template="/v1/webhookEndpoints",
    body="*",
    answer=CreateWebhookEndpointResponse,
    is_repeatable=False,
    mutates=True,
)
_DELETE_WEBHOOK_ENDPOINT = Operation(
    name="delete_webhook_endpoint",
    verb="DELETE",
    template="/v1/webhookEndpoints/{endpoint_id}",
    body="",
    answer=DeleteWebhookEndpointResponse,
    variables=("endpoint_id",),
    is_repeatable=False,
    mutates=True,
)
_GET_WEBHOOK_DELIVERY = Operation(
    name="get_webhook_delivery",
    verb="GET",
    template="/v1/webhookDeliveries/{delivery_id}",
    body="",
    answer=GetWebhookDeliveryResponse,
    variables=("delivery_id",),
)
_GET_WEBHOOK_ENDPOINT = Operation(
    name="get_webhook_endpoint",
    verb="GET",
    template="/v1/webhookEndpoints/{endpoint_id}",
    body="",
    answer=GetWebhookEndpointResponse,
    variables=("endpoint_id",),
)
_LIST_WEBHOOK_DELIVERIES = Operation(
    name="list_webhook_deliveries",
    verb="GET",
    template="/v1/webhookEndpoints/{endpoint_id}/deliveries",
    body="",
    answer=ListWebhookDeliveriesResponse,
    variables=("endpoint_id",),
)
_LIST_WEBHOOK_ENDPOINTS = Operation(
    name="list_webhook_endpoints",
    verb="GET",
    template="/v1/webhookEndpoints",
    body="",
    answer=ListWebhookEndpointsResponse,
)
_REPLAY_WEBHOOK_DELIVERY = Operation(
    name="replay_webhook_delivery",
    verb="POST",
    template="/v1/webhookDeliveries/{delivery_id}:replay",
    body="*",
    answer=ReplayWebhookDeliveryResponse,
    variables=("delivery_id",),
    mutates=True,
)
_REPLAY_WEBHOOK_EVENTS = Operation(
    name="replay_webhook_events",
    verb="POST",
    template="/v1/webhookEndpoints/{endpoint_id}:replay",
    body="*",
    answer=ReplayWebhookEventsResponse,
    variables=("endpoint_id",),
    mutates=True,
)
_ROTATE_WEBHOOK_SECRET = Operation(
    name="rotate_webhook_secret",
    verb="POST",
    template="/v1/webhookEndpoints/{endpoint_id}:rotateSecret",
    body="*",
    answer=RotateWebhookSecretResponse,
    variables=("endpoint_id",),
    is_repeatable=False,
    mutates=True,
)
_TEST_WEBHOOK_ENDPOINT = Operation(
    name="test_webhook_endpoint",
    verb="POST",
    template="/v1/webhookEndpoints/{endpoint_id}:test",
    body="*",
    answer=TestWebhookEndpointResponse,
    variables=("endpoint_id",),
    is_repeatable=False,
    mutates=True,
)
_UPDATE_WEBHOOK_ENDPOINT = Operation(
    name="update_webhook_endpoint",
    verb="PUT",
    template="/v1/webhookEndpoints/{endpoint_id}",
    body="*",
    answer=UpdateWebhookEndpointResponse,
    variables=("endpoint_id",),
    mutates=True,
)


class WebhookService(Calls):
    """Says where events are sent, shows what became of them, and sends them again. Signed as Standard Webhooks
    has it. Blocking.
    """

    def create_webhook_endpoint(
        self,
        *,
        url: str,
        merchant_ids: Sequence[str] = (),
        event_types: Sequence[str] = (),
        description: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateWebhookEndpointResponse:
        """Makes an endpoint. Its secret stands in this answer and never again; to repeat the call makes another
        endpoint. A caller with a scope of merchants names some of them. WEBHOOKS_OFF when this gateway has no
        key for secrets.

        url: Where to: https, port 443 or 8443, a public address.
        merchant_ids: The merchants whose events it gets; empty for all of them, which only a caller without a
          scope may ask for.
        event_types: The types of events, such as payment.refunded, or payment.* for all of a kind; empty for
          all.
        description: What it is, for people.
        """
        return self._transport.send(
            _CREATE_WEBHOOK_ENDPOINT,
            {"url": url, "merchant_ids": merchant_ids, "event_types": event_types, "description": description},
            "",
            timeout_seconds,
        )

    def delete_webhook_endpoint(
        self, endpoint_id: str, *, expected_version: int = 0, timeout_seconds: float | None = None
    ) -> DeleteWebhookEndpointResponse:
        """Deletes an endpoint; what was on its way fails. Once it is gone it is NOT_FOUND. VERSION_MISMATCH when
        it changed since the version that is named.

        endpoint_id: The endpoint.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return self._transport.send(
            _DELETE_WEBHOOK_ENDPOINT,
            {"endpoint_id": endpoint_id, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    def get_webhook_delivery(
        self, delivery_id: str, *, timeout_seconds: float | None = None
    ) -> GetWebhookDeliveryResponse:
        """Gets a delivery with its last 100 tries. Always safe to repeat.

        delivery_id: The delivery.
        """
        return self._transport.send(_GET_WEBHOOK_DELIVERY, {"delivery_id": delivery_id}, "", timeout_seconds)

    def get_webhook_endpoint(
        self, endpoint_id: str, *, timeout_seconds: float | None = None
    ) -> GetWebhookEndpointResponse:
        """Gets an endpoint. Always safe to repeat.

        endpoint_id: The endpoint.
        """
        return self._transport.send(_GET_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id}, "", timeout_seconds)

    def list_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: WebhookDeliveryState = "STATE_UNSPECIFIED",
        object_id: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ListWebhookDeliveriesResponse:
        """Lists deliveries of an endpoint, newest first, by page. Kept for 30 days. Always safe to repeat.

        endpoint_id: The endpoint.
        state: Only those in this state; unspecified for all.
        object_id: Only those about this object, such as a payment.
        page_size: 0 means 50, the most is 500.
        page_token: From the answer before; empty for the first page.
        """
        return self._transport.send(
            _LIST_WEBHOOK_DELIVERIES,
            {
                "endpoint_id": endpoint_id,
                "state": state,
                "object_id": object_id,
                "page_size": page_size,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    def list_all_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: WebhookDeliveryState = "STATE_UNSPECIFIED",
        object_id: str = "",
        page_size: int = 0,
        timeout_seconds: float | None = None,
    ) -> Iterator[WebhookDelivery]:
        """What all pages of `list_webhook_deliveries` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        endpoint_id: The endpoint.
        state: Only those in this state; unspecified for all.
        object_id: Only those about this object, such as a payment.
        page_size: 0 means 50, the most is 500.
        """
        for page in pages(
            lambda token: self.list_webhook_deliveries(
                endpoint_id=endpoint_id,
                state=state,
                object_id=object_id,
                page_size=page_size,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.deliveries

    def list_webhook_endpoints(
        self, *, disabled_only: bool = False, timeout_seconds: float | None = None
    ) -> ListWebhookEndpointsResponse:
        """Lists the endpoints whose merchants the caller sees, newest first; at most 1,000. Always safe to
        repeat.

        disabled_only: Only those that are disabled: what needs a look.
        """
        return self._transport.send(_LIST_WEBHOOK_ENDPOINTS, {"disabled_only": disabled_only}, "", timeout_seconds)

    def replay_webhook_delivery(
        self, delivery_id: str, *, timeout_seconds: float | None = None
    ) -> ReplayWebhookDeliveryResponse:
        """Sends a delivery again, with the same webhook-id, behind what waits for the same object; one that
        waits already stays as it is.

        delivery_id: The delivery.
        """
        return self._transport.send(_REPLAY_WEBHOOK_DELIVERY, {"delivery_id": delivery_id}, "", timeout_seconds)

    def replay_webhook_events(
        self,
        endpoint_id: str,
        *,
        from_time: datetime,
        to_time: datetime,
        include_delivered: bool = False,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ReplayWebhookEventsResponse:
        """Sends the events of a time again, in their order: what failed or was never sent there, and on demand
        what was delivered. 1,000 at once: call again with the token until there is none. What waits already
        stays as it is.

        endpoint_id: The endpoint.
        from_time: From when on; at most 30 days ago.
        to_time: Before when.
        include_delivered: What was delivered too.
        page_token: From the answer before; empty at first.
        """
        return self._transport.send(
            _REPLAY_WEBHOOK_EVENTS,
            {
                "endpoint_id": endpoint_id,
                "from_time": from_time,
                "to_time": to_time,
                "include_delivered": include_delivered,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    def rotate_webhook_secret(
        self,
        endpoint_id: str,
        *,
        overlap_seconds: int = 0,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> RotateWebhookSecretResponse:
        """Makes a new secret. For the overlap both sign, so that a receiver may change over; to repeat the call
        makes another, and only the last but one goes on. VERSION_MISMATCH when it changed since the version
        that is named, so that a repeat of a call that was done makes no other.

        endpoint_id: The endpoint.
        overlap_seconds: How long the old secret signs too; 0 ends it at once, at most 7 days.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return self._transport.send(
            _ROTATE_WEBHOOK_SECRET,
            {"endpoint_id": endpoint_id, "overlap_seconds": overlap_seconds, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    def test_webhook_endpoint(
        self, endpoint_id: str, *, timeout_seconds: float | None = None
    ) -> TestWebhookEndpointResponse:
        """Sends the event webhook.test once, now, and answers with what came back; also when the endpoint is
        disabled.

        endpoint_id: The endpoint.
        """
        return self._transport.send(_TEST_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id}, "", timeout_seconds)

    def update_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        url: str,
        event_types: Sequence[str] = (),
        description: str = "",
        is_enabled: bool = False,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> UpdateWebhookEndpointResponse:
        """Sets what an endpoint is, but its merchants, and enables or disables it. Setting it again changes
        nothing. VERSION_MISMATCH when it changed since the version that is named.

        endpoint_id: The endpoint.
        url: Where to: https, port 443 or 8443, a public address.
        event_types: The types of events, such as payment.refunded, or payment.* for all of a kind; empty for
          all.
        description: What it is, for people.
        is_enabled: Whether events are sent there. To enable it again forgets that it was failing.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return self._transport.send(
            _UPDATE_WEBHOOK_ENDPOINT,
            {
                "endpoint_id": endpoint_id,
                "url": url,
                "event_types": event_types,
                "description": description,
                "is_enabled": is_enabled,
                "expected_version": expected_version,
            },
            "",
            timeout_seconds,
        )


class AsyncWebhookService(AsyncCalls):
    """Says where events are sent, shows what became of them, and sends them again. Signed as Standard Webhooks
    has it. For asyncio.
    """

    async def create_webhook_endpoint(
        self,
        *,
        url: str,
        merchant_ids: Sequence[str] = (),
        event_types: Sequence[str] = (),
        description: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateWebhookEndpointResponse:
        """Makes an endpoint. Its secret stands in this answer and never again; to repeat the call makes another
        endpoint. A caller with a scope of merchants names some of them. WEBHOOKS_OFF when this gateway has no
        key for secrets.

        url: Where to: https, port 443 or 8443, a public address.
        merchant_ids: The merchants whose events it gets; empty for all of them, which only a caller without a
          scope may ask for.
        event_types: The types of events, such as payment.refunded, or payment.* for all of a kind; empty for
          all.
        description: What it is, for people.
        """
        return await self._transport.send(
            _CREATE_WEBHOOK_ENDPOINT,
            {"url": url, "merchant_ids": merchant_ids, "event_types": event_types, "description": description},
            "",
            timeout_seconds,
        )

    async def delete_webhook_endpoint(
        self, endpoint_id: str, *, expected_version: int = 0, timeout_seconds: float | None = None
    ) -> DeleteWebhookEndpointResponse:
        """Deletes an endpoint; what was on its way fails. Once it is gone it is NOT_FOUND. VERSION_MISMATCH when
        it changed since the version that is named.

        endpoint_id: The endpoint.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return await self._transport.send(
            _DELETE_WEBHOOK_ENDPOINT,
            {"endpoint_id": endpoint_id, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    async def get_webhook_delivery(
        self, delivery_id: str, *, timeout_seconds: float | None = None
    ) -> GetWebhookDeliveryResponse:
        """Gets a delivery with its last 100 tries. Always safe to repeat.

        delivery_id: The delivery.
        """
        return await self._transport.send(_GET_WEBHOOK_DELIVERY, {"delivery_id": delivery_id}, "", timeout_seconds)

    async def get_webhook_endpoint(
        self, endpoint_id: str, *, timeout_seconds: float | None = None
    ) -> GetWebhookEndpointResponse:
        """Gets an endpoint. Always safe to repeat.

        endpoint_id: The endpoint.
        """
        return await self._transport.send(_GET_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id}, "", timeout_seconds)

    async def list_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: WebhookDeliveryState = "STATE_UNSPECIFIED",
        object_id: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ListWebhookDeliveriesResponse:
        """Lists deliveries of an endpoint, newest first, by page. Kept for 30 days. Always safe to repeat.

        endpoint_id: The endpoint.
        state: Only those in this state; unspecified for all.
        object_id: Only those about this object, such as a payment.
        page_size: 0 means 50, the most is 500.
        page_token: From the answer before; empty for the first page.
        """
        return await self._transport.send(
            _LIST_WEBHOOK_DELIVERIES,
            {
                "endpoint_id": endpoint_id,
                "state": state,
                "object_id": object_id,
                "page_size": page_size,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    async def list_all_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: WebhookDeliveryState = "STATE_UNSPECIFIED",
        object_id: str = "",
        page_size: int = 0,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[WebhookDelivery]:
        """What all pages of `list_webhook_deliveries` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        endpoint_id: The endpoint.
        state: Only those in this state; unspecified for all.
        object_id: Only those about this object, such as a payment.
        page_size: 0 means 50, the most is 500.
        """
        async for page in async_pages(
            lambda token: self.list_webhook_deliveries(
                endpoint_id=endpoint_id,
                state=state,
                object_id=object_id,
                page_size=page_size,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.deliveries:
                yield one

    async def list_webhook_endpoints(
        self, *, disabled_only: bool = False, timeout_seconds: float | None = None
    ) -> ListWebhookEndpointsResponse:
        """Lists the endpoints whose merchants the caller sees, newest first; at most 1,000. Always safe to
        repeat.

        disabled_only: Only those that are disabled: what needs a look.
        """
        return await self._transport.send(
            _LIST_WEBHOOK_ENDPOINTS, {"disabled_only": disabled_only}, "", timeout_seconds
        )

    async def replay_webhook_delivery(
        self, delivery_id: str, *, timeout_seconds: float | None = None
    ) -> ReplayWebhookDeliveryResponse:
        """Sends a delivery again, with the same webhook-id, behind what waits for the same object; one that
        waits already stays as it is.

        delivery_id: The delivery.
        """
        return await self._transport.send(_REPLAY_WEBHOOK_DELIVERY, {"delivery_id": delivery_id}, "", timeout_seconds)

    async def replay_webhook_events(
        self,
        endpoint_id: str,
        *,
        from_time: datetime,
        to_time: datetime,
        include_delivered: bool = False,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ReplayWebhookEventsResponse:
        """Sends the events of a time again, in their order: what failed or was never sent there, and on demand
        what was delivered. 1,000 at once: call again with the token until there is none. What waits already
        stays as it is.

        endpoint_id: The endpoint.
        from_time: From when on; at most 30 days ago.
        to_time: Before when.
        include_delivered: What was delivered too.
        page_token: From the answer before; empty at first.
        """
        return await self._transport.send(
            _REPLAY_WEBHOOK_EVENTS,
            {
                "endpoint_id": endpoint_id,
                "from_time": from_time,
                "to_time": to_time,
                "include_delivered": include_delivered,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    async def rotate_webhook_secret(
        self,
        endpoint_id: str,
        *,
        overlap_seconds: int = 0,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> RotateWebhookSecretResponse:
        """Makes a new secret. For the overlap both sign, so that a receiver may change over; to repeat the call
        makes another, and only the last but one goes on. VERSION_MISMATCH when it changed since the version
        that is named, so that a repeat of a call that was done makes no other.

        endpoint_id: The endpoint.
        overlap_seconds: How long the old secret signs too; 0 ends it at once, at most 7 days.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return await self._transport.send(
            _ROTATE_WEBHOOK_SECRET,
            {"endpoint_id": endpoint_id, "overlap_seconds": overlap_seconds, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    async def test_webhook_endpoint(
        self, endpoint_id: str, *, timeout_seconds: float | None = None
    ) -> TestWebhookEndpointResponse:
        """Sends the event webhook.test once, now, and answers with what came back; also when the endpoint is
        disabled.

        endpoint_id: The endpoint.
        """
        return await self._transport.send(_TEST_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id}, "", timeout_seconds)

    async def update_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        url: str,
        event_types: Sequence[str] = (),
        description: str = "",
        is_enabled: bool = False,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> UpdateWebhookEndpointResponse:
        """Sets what an endpoint is, but its merchants, and enables or disables it. Setting it again changes
        nothing. VERSION_MISMATCH when it changed since the version that is named.

        endpoint_id: The endpoint.
        url: Where to: https, port 443 or 8443, a public address.
        event_types: The types of events, such as payment.refunded, or payment.* for all of a kind; empty for
          all.
        description: What it is, for people.
        is_enabled: Whether events are sent there. To enable it again forgets that it was failing.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return await self._transport.send(
            _UPDATE_WEBHOOK_ENDPOINT,
            {
                "endpoint_id": endpoint_id,
                "url": url,
                "event_types": event_types,
                "description": description,
                "is_enabled": is_enabled,
                "expected_version": expected_version,
            },
            "",
            timeout_seconds,
        )
