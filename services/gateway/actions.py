"""What can be done to API keys: one method, one transaction, one span of its name. It knows no wire and no SQL."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Kind, plain_fault
from services.gateway.domain.api_key import SECRET_BYTES, ApiKey, KnownKey, fingerprint, token_of
from services.gateway.store import Store

_LISTED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key and its token, which is told once and kept nowhere."""

    api_key: ApiKey
    token: str


class ApiKeyActions:
    """Makes, lists, finds and revokes keys. `new_secret(count)` gives that many random bytes."""

    def __init__(
        self, sessions: Sessions, clock: Clock, new_secret: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._new_secret = new_secret

    @telemetry.traced
    async def create_api_key(self, display_name: str, *, sees_unmasked: bool, is_admin: bool) -> MadeKey:
        """Make a key. To repeat the call makes another."""
        secret = self._new_secret(SECRET_BYTES)
        key = ApiKey(ids.new_id("key"), display_name, sees_unmasked, is_admin, self._clock.now())
        async with self._sessions.begin() as session:
            await Store(session).add(KnownKey(key, fingerprint(secret.hex())))
        telemetry.annotate(key_id=key.key_id)
        return MadeKey(key, token_of(key.key_id, secret))

    @telemetry.traced
    async def list_api_keys(self) -> list[ApiKey]:
        """The newest keys, at most 1,000, revoked or not."""
        async with self._sessions.begin() as session:
            return await Store(session).newest(_LISTED_MAX)

    @telemetry.traced
    async def find_api_key(self, key_id: str) -> KnownKey | None:
        """The key by that id, revoked or not, with what is kept of its secret."""
        async with self._sessions.begin() as session:
            return await Store(session).find(key_id)

    @telemetry.traced
    async def revoke_api_key(self, key_id: str) -> ApiKey:
        """Revoke a key; one that was revoked stays as it is. Raises NOT_FOUND."""
        telemetry.annotate(key_id=key_id)
        async with self._sessions.begin() as session:
            key = await Store(session).revoke(key_id, self._clock.now())
        if key is None:
            raise plain_fault(Kind.NOT_FOUND)
        return key
