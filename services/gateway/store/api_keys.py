"""The statements about API keys. They open no transaction and decide nothing: the action does both."""

from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.domain.api_key import ApiKey, Grant, KnownKey
from services.gateway.tables.api_key import ApiKeyRow


class Store:
    """The statements, on the session of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, known: KnownKey) -> None:
        """Insert a new key."""
        key = known.api_key
        await self._session.execute(
            insert(ApiKeyRow).values(
                key_id=key.key_id,
                secret_sha256=known.secret_sha256,
                create_time=key.create_time,
                revoke_time=key.revoke_time,
                operator=key.operator,
                successor_key_id=key.successor_key_id,
                **_grant_columns(key.grant),
            )
        )

    async def find(self, key_id: str) -> KnownKey | None:
        """The key by that id, revoked or not."""
        row = await self._session.get(ApiKeyRow, key_id)
        return None if row is None else KnownKey(_api_key(row), row.secret_sha256)

    async def find_locked(self, key_id: str) -> ApiKey | None:
        """The key by that id, which nobody else changes before this transaction ends."""
        row = await self._session.get(ApiKeyRow, key_id, with_for_update=True)
        return None if row is None else _api_key(row)

    async def newest(self, limit: int, department: str = "") -> list[ApiKey]:
        """The newest keys, revoked or not; of one department, if one is named."""
        statement = select(ApiKeyRow).order_by(ApiKeyRow.create_time.desc(), ApiKeyRow.key_id.desc()).limit(limit)
        if department:
            statement = statement.where(ApiKeyRow.department == department)
        return [_api_key(row) for row in await self._session.scalars(statement)]

    async def revoke(self, key_id: str, now: datetime) -> ApiKey | None:
        """Set when a key was revoked, unless it was before; None when there is no such key."""
        statement = (
            update(ApiKeyRow)
            .where(ApiKeyRow.key_id == key_id)
            .values(revoke_time=func.coalesce(ApiKeyRow.revoke_time, now))
            .returning(ApiKeyRow)
        )
        row = (await self._session.scalars(statement)).one_or_none()
        return None if row is None else _api_key(row)

    async def succeed(self, key_id: str, successor_key_id: str, expire_time: datetime) -> ApiKey:
        """Set which key takes the place of a key that is there, and when that ends."""
        statement = (
            update(ApiKeyRow)
            .where(ApiKeyRow.key_id == key_id)
            .values(successor_key_id=successor_key_id, expire_time=expire_time)
            .returning(ApiKeyRow)
        )
        return _api_key((await self._session.scalars(statement)).one())


def _grant_columns(grant: Grant) -> dict[str, object]:
    return {
        "display_name": grant.display_name,
        "roles": sorted(grant.roles),
        "tenant_id": grant.tenant_id,
        "merchant_ids": sorted(grant.merchant_ids),
        "department": grant.department,
        "sees_unmasked": grant.sees_unmasked,
        "expire_time": grant.expire_time,
    }


def _api_key(row: ApiKeyRow) -> ApiKey:
    grant = Grant(
        display_name=row.display_name,
        roles=frozenset(row.roles),
        tenant_id=row.tenant_id,
        merchant_ids=frozenset(row.merchant_ids),
        department=row.department,
        sees_unmasked=row.sees_unmasked,
        expire_time=row.expire_time,
    )
    return ApiKey(
        key_id=row.key_id,
        grant=grant,
        operator=row.operator,
        create_time=row.create_time,
        revoke_time=row.revoke_time,
        successor_key_id=row.successor_key_id,
    )
