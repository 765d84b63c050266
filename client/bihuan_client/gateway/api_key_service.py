"""Api key service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls

from .api_key import ApiKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKeyResponse:
    """The key, with its secret."""

    api_key: ApiKey | None = None
    """The key."""

    token: str = ""
    """What the caller sends as `Authorization: Bearer …`. Shown once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListApiKeysResponse:
    """The keys."""

    api_keys: Sequence[ApiKey] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKeyResponse:
    """The key as it stands."""

    api_key: ApiKey | None = None
    """The key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateApiKeyResponse:
    """The new key, with its secret."""

    api_key: ApiKey | None = None
    """The new key."""

    token: str = ""
    """What the caller sends as `Authorization: Bearer …`. Shown once."""

    predecessor: ApiKey | None = None
    """The old key as it stands, with the time at which it ends."""


_CREATE_API_KEY = Operation(
    name="create_api_key",
    verb="POST",
    template="/v1/apiKeys",
    body="*",
    answer=CreateApiKeyResponse,
    is_repeatable=False,
    mutates=True,
)
_LIST_API_KEYS = Operation(
    name="list_api_keys", verb="GET", template="/v1/apiKeys", body="", answer=ListApiKeysResponse
)
_REVOKE_API_KEY = Operation(
    name="revoke_api_key",
    verb="POST",
    template="/v1/apiKeys/{key_id}:revoke",
    body="*",
    answer=RevokeApiKeyResponse,
    variables=("key_id",),
    mutates=True,
)
_ROTATE_API_KEY = Operation(
    name="rotate_api_key",
    verb="POST",
    template="/v1/apiKeys/{key_id}:rotate",
    body="*",
    answer=RotateApiKeyResponse,
    variables=("key_id",),
    is_repeatable=False,
    mutates=True,
)


class ApiKeyService(Calls):
    """Makes, rotates and revokes API keys; for the role admin only. Blocking."""

    def create_api_key(
        self,
        *,
        display_name: str,
        sees_unmasked: bool = False,
        is_admin: bool = False,
        roles: Sequence[str] = (),
        tenant_id: str = "",
        merchant_ids: Sequence[str] = (),
        department: str = "",
        expire_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> CreateApiKeyResponse:
        """Makes a key. Its secret stands in this answer and never again; to repeat the call makes another key.

        display_name: Whose it is, for people.
        sees_unmasked: Whether it sees names, tax numbers and accounts unmasked.
        is_admin: Whether it has every role that runs the platform: admin, operator, reviewer and integrator.
        roles: What it is there for; integrator when neither roles nor is_admin say otherwise.
        tenant_id: The customer whose key it is; with one merchant and nothing here, that merchant.
        merchant_ids: The merchants that it sees and acts for; empty for all of them. A cashier needs some;
          admin and operator have none.
        department: The department within the tenant, for people.
        expire_time: From when on it is refused; unset for never.
        """
        return self._transport.send(
            _CREATE_API_KEY,
            {
                "display_name": display_name,
                "sees_unmasked": sees_unmasked,
                "is_admin": is_admin,
                "roles": roles,
                "tenant_id": tenant_id,
                "merchant_ids": merchant_ids,
                "department": department,
                "expire_time": expire_time,
            },
            "",
            timeout_seconds,
        )

    def list_api_keys(self, *, timeout_seconds: float | None = None) -> ListApiKeysResponse:
        """Lists keys, newest first; at most 1,000."""
        return self._transport.send(_LIST_API_KEYS, {}, "", timeout_seconds)

    def revoke_api_key(self, key_id: str, *, timeout_seconds: float | None = None) -> RevokeApiKeyResponse:
        """Revokes a key at once. Idempotent.

        key_id: The open part of the key.
        """
        return self._transport.send(_REVOKE_API_KEY, {"key_id": key_id}, "", timeout_seconds)

    def rotate_api_key(
        self,
        key_id: str,
        *,
        overlap_seconds: int = 0,
        expire_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> RotateApiKeyResponse:
        """Makes the key that takes a key's place, with the same rights; the old one goes on for the overlap and
        is refused then. The new token stands in this answer and never again. A key is rotated once:
        KEY_NOT_ROTATABLE when it has a successor, was revoked or has expired.

        key_id: The open part of the key.
        overlap_seconds: How long the old key goes on; 0 ends it at once, at most 30 days.
        expire_time: From when on the new key is refused; unset for never.
        """
        return self._transport.send(
            _ROTATE_API_KEY,
            {"key_id": key_id, "overlap_seconds": overlap_seconds, "expire_time": expire_time},
            "",
            timeout_seconds,
        )


class AsyncApiKeyService(AsyncCalls):
    """Makes, rotates and revokes API keys; for the role admin only. For asyncio."""

    async def create_api_key(
        self,
        *,
        display_name: str,
        sees_unmasked: bool = False,
        is_admin: bool = False,
        roles: Sequence[str] = (),
        tenant_id: str = "",
        merchant_ids: Sequence[str] = (),
        department: str = "",
        expire_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> CreateApiKeyResponse:
        """Makes a key. Its secret stands in this answer and never again; to repeat the call makes another key.

        display_name: Whose it is, for people.
        sees_unmasked: Whether it sees names, tax numbers and accounts unmasked.
        is_admin: Whether it has every role that runs the platform: admin, operator, reviewer and integrator.
        roles: What it is there for; integrator when neither roles nor is_admin say otherwise.
        tenant_id: The customer whose key it is; with one merchant and nothing here, that merchant.
        merchant_ids: The merchants that it sees and acts for; empty for all of them. A cashier needs some;
          admin and operator have none.
        department: The department within the tenant, for people.
        expire_time: From when on it is refused; unset for never.
        """
        return await self._transport.send(
            _CREATE_API_KEY,
            {
                "display_name": display_name,
                "sees_unmasked": sees_unmasked,
                "is_admin": is_admin,
                "roles": roles,
                "tenant_id": tenant_id,
                "merchant_ids": merchant_ids,
                "department": department,
                "expire_time": expire_time,
            },
            "",
            timeout_seconds,
        )

    async def list_api_keys(self, *, timeout_seconds: float | None = None) -> ListApiKeysResponse:
        """Lists keys, newest first; at most 1,000."""
        return await self._transport.send(_LIST_API_KEYS, {}, "", timeout_seconds)

    async def revoke_api_key(self, key_id: str, *, timeout_seconds: float | None = None) -> RevokeApiKeyResponse:
        """Revokes a key at once. Idempotent.

        key_id: The open part of the key.
        """
        return await self._transport.send(_REVOKE_API_KEY, {"key_id": key_id}, "", timeout_seconds)

    async def rotate_api_key(
        self,
        key_id: str,
        *,
        overlap_seconds: int = 0,
        expire_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> RotateApiKeyResponse:
        """Makes the key that takes a key's place, with the same rights; the old one goes on for the overlap and
        is refused then. The new token stands in this answer and never again. A key is rotated once:
        KEY_NOT_ROTATABLE when it has a successor, was revoked or has expired.

        key_id: The open part of the key.
        overlap_seconds: How long the old key goes on; 0 ends it at once, at most 30 days.
        expire_time: From when on the new key is refused; unset for never.
        """
        return await self._transport.send(
            _ROTATE_API_KEY,
            {"key_id": key_id, "overlap_seconds": overlap_seconds, "expire_time": expire_time},
            "",
            timeout_seconds,
        )
