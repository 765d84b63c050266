"""What can be done to endpoints of webhooks: one method, one transaction, one span of its name. It sends nothing.

A caller with a scope of merchants sees and changes endpoints of its merchants alone; the others are not there for it.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind, plain_fault
from chassis.versions import must_be_at
from services.gateway.domain.caller import Caller
from services.gateway.domain.webhook import (
    SECRET_BYTES,
    DisableCause,
    Endpoint,
    EndpointAsked,
    EndpointState,
    kind_of,
)
from services.gateway.domain.webhook_signature import secret_text
from services.gateway.domain.webhook_url import Reach, RefusedUrl, read_url
from services.gateway.store import webhook_endpoints as store
from services.gateway.store.webhook_endpoints import KeptEndpoint

_LISTED_MAX = 1_000
# Each event goes to each endpoint of its merchant: who could make them without end could flood us and others.
_OF_MERCHANT_MAX = 20


@dataclass(frozen=True, slots=True)
class MadeSecret:
    """An endpoint and its new secret, which is told once."""

    endpoint: Endpoint
    secret: str


class WebhookEndpointActions:
    """Makes, lists, changes and deletes endpoints. `ring` seals their secrets; None: there are no webhooks here."""

    def __init__(
        self,
        sessions: Sessions,
        clock: Clock,
        ring: KeyRing | None,
        reach: Reach,
        event_types: Collection[str],
        new_secret: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._ring = ring
        self._reach = reach
        self._event_types = frozenset(event_types) | frozenset(map(kind_of, event_types))
        self._new_secret = new_secret

    @telemetry.traced
    async def create_webhook_endpoint(
        self, asked: EndpointAsked, merchant_ids: frozenset[str], caller: Caller
    ) -> MadeSecret:
        """Make an endpoint. Raises INVALID_FIELD, WEBHOOKS_OFF, and NOT_FOUND for merchants of others."""
        self._must_fit(asked)
        endpoint = Endpoint(
            endpoint_id=ids.new_id("whe"),
            url=asked.url,
            description=asked.description,
            merchant_ids=merchant_ids,
            event_types=asked.event_types,
            create_time=self._clock.now(),
        )
        if not merchant_ids and not caller.is_of_platform:
            raise _invalid("merchant_ids", "REQUIRED", "is needed with your scope", "在您的权限范围内必须给出")
        if not endpoint.is_seen_by(caller):
            raise plain_fault(Kind.NOT_FOUND)
        secret = self._new_secret(SECRET_BYTES)
        sealed = self._must_have_ring().seal(secret, seal_context(endpoint.endpoint_id))
        async with self._sessions.begin() as session:
            _must_have_room(*await store.count(session, merchant_ids))
            await store.add(session, KeptEndpoint(endpoint, sealed))
        telemetry.annotate(endpoint_id=endpoint.endpoint_id)
        return MadeSecret(endpoint, secret_text(secret))

    @telemetry.traced
    async def list_webhook_endpoints(self, caller: Caller, *, disabled_only: bool) -> list[Endpoint]:
        """The newest endpoints that the caller sees, at most 1,000."""
        async with self._sessions.begin() as session:
            found = await store.newest(session, store.ENDPOINTS_MAX, disabled_only=disabled_only)
        return [endpoint for endpoint in found if endpoint.is_seen_by(caller)][:_LISTED_MAX]

    @telemetry.traced
    async def get_webhook_endpoint(self, endpoint_id: str, caller: Caller) -> Endpoint:
        """An endpoint. Raises NOT_FOUND."""
        async with self._sessions.begin() as session:
            return (await must_find(session, endpoint_id, caller)).endpoint

    @telemetry.traced
    async def update_webhook_endpoint(
        self, endpoint_id: str, asked: EndpointAsked, caller: Caller, *, is_enabled: bool, expected_version: int = 0
    ) -> Endpoint:
        """Set what an endpoint is; one that is so already stays. Raises NOT_FOUND, INVALID_FIELD, VERSION_MISMATCH."""
        self._must_fit(asked)
        async with self._sessions.begin() as session:
            was = (await must_find(session, endpoint_id, caller, locked=True)).endpoint
            endpoint = replace(was, url=asked.url, description=asked.description, event_types=asked.event_types)
            endpoint = self._switched(endpoint, is_enabled=is_enabled)
            if endpoint == was:
                return was
            must_be_at(expected_version, was.version)
            endpoint = replace(endpoint, version=was.version + 1)
            await store.save(session, endpoint)
        return endpoint

    @telemetry.traced
    async def delete_webhook_endpoint(self, endpoint_id: str, caller: Caller, expected_version: int = 0) -> None:
        """Delete an endpoint and its secrets. Raises NOT_FOUND and VERSION_MISMATCH."""
        async with self._sessions.begin() as session:
            was = (await must_find(session, endpoint_id, caller, locked=True)).endpoint
            must_be_at(expected_version, was.version)
            gone = replace(was, state=EndpointState.DELETED, disable_time=self._clock.now())
            await store.save(session, gone)
            await store.set_secrets(session, endpoint_id, b"", None, None)

    @telemetry.traced
    async def rotate_webhook_secret(
        self, endpoint_id: str, overlap_seconds: int, caller: Caller, expected_version: int = 0
    ) -> MadeSecret:
        """Make a new secret; the one before signs too for the overlap.

        Raises NOT_FOUND, WEBHOOKS_OFF and VERSION_MISMATCH.
        """
        secret = self._new_secret(SECRET_BYTES)
        sealed = self._must_have_ring().seal(secret, seal_context(endpoint_id))
        until = self._clock.now() + timedelta(seconds=overlap_seconds) if overlap_seconds else None
        async with self._sessions.begin() as session:
            was = await must_find(session, endpoint_id, caller, locked=True)
            must_be_at(expected_version, was.endpoint.version)
            previous = was.sealed_secret if until else None
            await store.set_secrets(session, endpoint_id, sealed, previous, until)
            endpoint = replace(was.endpoint, previous_until=until, version=was.endpoint.version + 1)
            await store.save(session, endpoint)
        return MadeSecret(endpoint, secret_text(secret))

    def _switched(self, endpoint: Endpoint, *, is_enabled: bool) -> Endpoint:
        if is_enabled:
            return replace(
                endpoint, state=EndpointState.ENABLED, disable_cause="", disable_time=None, failing_since=None
            )
        if endpoint.state is EndpointState.DISABLED:
            return endpoint
        return replace(
            endpoint,
            state=EndpointState.DISABLED,
            disable_cause=DisableCause.CALLER,
            disable_time=self._clock.now(),
        )

    def _must_fit(self, asked: EndpointAsked) -> None:
        try:
            read_url(asked.url, self._reach)
        except RefusedUrl as refused:
            raise _invalid("url", "URL", str(refused), refused.zh) from refused
        if unknown := sorted(asked.event_types - self._event_types):
            said, zh = f"holds no type of event: {', '.join(unknown)}", f"含未知的事件类型：{'、'.join(unknown)}"
            raise _invalid("event_types", "IN", said, zh)

    def _must_have_ring(self) -> KeyRing:
        if self._ring is None:
            raise webhooks_off()
        return self._ring


async def must_find(session: AsyncSession, endpoint_id: str, caller: Caller, *, locked: bool = False) -> KeptEndpoint:
    """An endpoint that the caller sees. Raises NOT_FOUND."""
    kept = await store.find(session, endpoint_id, locked=locked)
    if kept is None or not kept.endpoint.is_seen_by(caller):
        raise plain_fault(Kind.NOT_FOUND)
    return kept


def seal_context(endpoint_id: str) -> bytes:
    """Where a sealed secret belongs."""
    return b"webhook_endpoint:" + endpoint_id.encode()


def _must_have_room(total: int, of_merchant: int) -> None:
    if of_merchant >= _OF_MERCHANT_MAX:
        said = f"one of them has {_OF_MERCHANT_MAX} endpoints already: delete one"
        raise _invalid("merchant_ids", "MAX", said, f"其中有商户已有 {_OF_MERCHANT_MAX} 个端点，请先删除不用的")
    if total >= store.ENDPOINTS_MAX:
        said = f"there are {store.ENDPOINTS_MAX} endpoints already"
        raise _invalid("merchant_ids", "MAX", said, f"端点总数已达 {store.ENDPOINTS_MAX} 个")


def _invalid(field: str, rule: str, message: str, message_zh: str) -> Fault:
    return Fault(
        Kind.INVALID,
        "INVALID_FIELD",
        f"{field}: {message}",
        f"{field}：{message_zh}",
        fields=(FieldFault(field, rule, message, message_zh),),
    )


def webhooks_off() -> Fault:
    """The fault where no key for secrets is set."""
    return Fault(
        Kind.PRECONDITION,
        "WEBHOOKS_OFF",
        "this gateway has no key for the secrets of webhooks: set BIHUAN_GATEWAY_WEBHOOK_KEY_FILE",
        "本网关未配置 webhook 密钥文件（BIHUAN_GATEWAY_WEBHOOK_KEY_FILE），无法使用 webhook",
    )
