"""Every SQL statement of the gateway. It opens no transaction and decides nothing: the action does both."""

from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.domain.api_key import ApiKey, KnownKey
from services.gateway.tables import ApiKeyRow


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
                display_name=key.display_name,
                secret_sha256=known.secret_sha256,
                sees_unmasked=key.sees_unmasked,
                is_admin=key.is_admin,
                create_time=key.create_time,
                revoke_time=key.revoke_time,
            )
        )

    async def find(self, key_id: str) -> KnownKey | None:
        """The key by that id, revoked or not."""
        row = await self._session.get(ApiKeyRow, key_id)
        return None if row is None else KnownKey(_api_key(row), row.secret_sha256)

    async def newest(self, limit: int) -> list[ApiKey]:
        """The newest keys, revoked or not."""
        statement = select(ApiKeyRow).order_by(ApiKeyRow.create_time.desc(), ApiKeyRow.key_id.desc()).limit(limit)
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


def _api_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(row.key_id, row.display_name, row.sees_unmasked, row.is_admin, row.create_time, row.revoke_time)
