"""The statements about endpoints of webhooks. They open no transaction and decide nothing. Secrets stay sealed here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, Update, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.domain.webhook import DisableCause, Endpoint, EndpointState
from services.gateway.tables.webhook import WebhookEndpointRow

ENDPOINTS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class KeptEndpoint:
    """An endpoint with its sealed secrets; the second is there as long as it signs too."""

    endpoint: Endpoint
    sealed_secret: bytes
    sealed_previous: bytes | None = None


async def add(session: AsyncSession, kept: KeptEndpoint) -> None:
    """Insert a new endpoint."""
    await session.execute(
        insert(WebhookEndpointRow).values(
            endpoint_id=kept.endpoint.endpoint_id,
            create_time=kept.endpoint.create_time,
            sealed_secret=kept.sealed_secret,
            sealed_previous=kept.sealed_previous,
            previous_until=kept.endpoint.previous_until,
            **_columns(kept.endpoint),
        )
    )


async def find(session: AsyncSession, endpoint_id: str, *, locked: bool = False) -> KeptEndpoint | None:
    """An endpoint that was not deleted; `locked` keeps others from changing it before this transaction ends."""
    statement = _present().where(WebhookEndpointRow.endpoint_id == endpoint_id)
    row = await session.scalar(statement.with_for_update() if locked else statement)
    return None if row is None else KeptEndpoint(_endpoint(row), row.sealed_secret, row.sealed_previous)


async def newest(session: AsyncSession, limit: int, *, disabled_only: bool = False) -> list[Endpoint]:
    """Endpoints that were not deleted, newest first."""
    statement = _present().order_by(WebhookEndpointRow.endpoint_id.desc()).limit(limit)
    if disabled_only:
        statement = statement.where(WebhookEndpointRow.state == EndpointState.DISABLED)
    return [_endpoint(row) for row in await session.scalars(statement)]


async def count(session: AsyncSession, merchant_ids: frozenset[str]) -> tuple[int, int]:
    """How many endpoints there are, and how many name one of these merchants; without any, how many are of all."""
    names = WebhookEndpointRow.merchant_ids
    alike = names.overlap(sorted(merchant_ids)) if merchant_ids else func.cardinality(names) == 0
    statement = select(func.count(), func.count().filter(alike)).where(
        WebhookEndpointRow.state != EndpointState.DELETED
    )
    total, alike_count = (await session.execute(statement)).one()
    return total, alike_count


async def save(session: AsyncSession, endpoint: Endpoint) -> None:
    """Write what an endpoint is, save its secrets; the row is locked."""
    await session.execute(_of(endpoint.endpoint_id).values(**_columns(endpoint)))


async def set_secrets(
    session: AsyncSession, endpoint_id: str, sealed: bytes, sealed_previous: bytes | None, until: datetime | None
) -> None:
    """Write the secrets of an endpoint, whose row is locked."""
    await session.execute(
        _of(endpoint_id).values(sealed_secret=sealed, sealed_previous=sealed_previous, previous_until=until)
    )


async def note_success(session: AsyncSession, endpoint_id: str) -> None:
    """Something reached an endpoint. Nothing is written when it was not failing."""
    await session.execute(
        _of(endpoint_id).where(WebhookEndpointRow.failing_since.is_not(None)).values(failing_since=None)
    )


async def note_failure(session: AsyncSession, endpoint_id: str, now: datetime) -> datetime | None:
    """A try failed; since when all do. None when the endpoint was deleted."""
    failing_since = func.coalesce(WebhookEndpointRow.failing_since, now)
    statement = (
        _of(endpoint_id)
        .where(WebhookEndpointRow.state != EndpointState.DELETED)
        .values(failing_since=failing_since)
        .returning(WebhookEndpointRow.failing_since)
    )
    return await session.scalar(statement)


async def disable(session: AsyncSession, endpoint_id: str, cause: DisableCause, now: datetime) -> bool:
    """Disable an endpoint; False when it was disabled or deleted already."""
    statement = (
        _of(endpoint_id)
        .where(WebhookEndpointRow.state == EndpointState.ENABLED)
        .values(
            state=EndpointState.DISABLED, disable_cause=cause, disable_time=now, version=WebhookEndpointRow.version + 1
        )
        .returning(WebhookEndpointRow.endpoint_id)
    )
    return await session.scalar(statement) is not None


def _present() -> Select[WebhookEndpointRow]:
    return select(WebhookEndpointRow).where(WebhookEndpointRow.state != EndpointState.DELETED)


def _of(endpoint_id: str) -> Update:
    return update(WebhookEndpointRow).where(WebhookEndpointRow.endpoint_id == endpoint_id)


def _columns(endpoint: Endpoint) -> dict[str, object]:
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        "merchant_ids": sorted(endpoint.merchant_ids),
        "event_types": sorted(endpoint.event_types),
        "state": endpoint.state,
        "disable_cause": endpoint.disable_cause,
        "disable_time": endpoint.disable_time,
        "failing_since": endpoint.failing_since,
        "version": endpoint.version,
    }


def _endpoint(row: WebhookEndpointRow) -> Endpoint:
    return Endpoint(
        endpoint_id=row.endpoint_id,
        url=row.url,
        description=row.description,
        merchant_ids=frozenset(row.merchant_ids),
        event_types=frozenset(row.event_types),
        create_time=row.create_time,
        state=EndpointState(row.state),
        disable_cause=row.disable_cause,
        disable_time=row.disable_time,
        failing_since=row.failing_since,
        previous_until=row.previous_until,
        version=row.version,
    )
