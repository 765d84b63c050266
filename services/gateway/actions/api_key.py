"""What can be done to API keys: one method, one transaction, one span of its name. It knows no wire and no SQL."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chassis import ids, telemetry
from chassis.clock import Clock
from chassis.database import Sessions
from chassis.errors import Fault, FieldFault, Kind, plain_fault
from services.gateway.domain import api_key
from services.gateway.domain.api_key import SECRET_BYTES, ApiKey, Grant, KnownKey, fingerprint, token_of
from services.gateway.domain.caller import Caller
from services.gateway.store.api_keys import Store

_LISTED_MAX = 1_000


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key and its token, which is told once and kept nowhere."""

    api_key: ApiKey
    token: str


@dataclass(frozen=True, slots=True)
class RotatedKey:
    """The key that takes the place of `predecessor`."""

    made: MadeKey
    predecessor: ApiKey


class ApiKeyActions:
    """Makes, lists, finds, rotates and revokes keys. `new_secret(count)` gives that many random bytes."""

    def __init__(
        self, sessions: Sessions, clock: Clock, new_secret: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._new_secret = new_secret

    @telemetry.traced
    async def create_api_key(self, grant: Grant, maker: Caller | None = None) -> MadeKey:
        """Make a key; without a maker it comes from inside. To repeat the call makes another. Raises INVALID_FIELD.

        A maker with a department makes keys of it alone.
        """
        now = self._clock.now()
        if maker is not None and not grant.department:
            grant = replace(grant, department=maker.department)
        _must_fit(grant, now)
        _must_be_of_department(grant, maker)
        key = api_key.made(ids.new_id("key"), grant, maker, now)
        async with self._sessions.begin() as session:
            made = await self._add(Store(session), key)
        telemetry.annotate(key_id=key.key_id)
        return made

    @telemetry.traced
    async def rotate_api_key(
        self, key_id: str, overlap_seconds: int, expire_time: datetime | None, caller: Caller | None = None
    ) -> RotatedKey:
        """Make a key's successor and let the key end after the overlap. Raises NOT_FOUND and KEY_NOT_ROTATABLE."""
        telemetry.annotate(key_id=key_id)
        now = self._clock.now()
        async with self._sessions.begin() as session:
            store = Store(session)
            old = await store.find_locked(key_id)
            if old is None or not old.is_seen_by(caller):
                raise plain_fault(Kind.NOT_FOUND)
            if not api_key.may_be_rotated(old, now):
                raise _not_rotatable(old)
            key = api_key.successor(old, ids.new_id("key"), expire_time, now)
            _must_fit(key.grant, now)
            made = await self._add(store, key)
            end = api_key.end_of_overlap(old, overlap_seconds, now)
            return RotatedKey(made, await store.succeed(key_id, made.api_key.key_id, end))

    @telemetry.traced
    async def list_api_keys(self, caller: Caller | None = None) -> list[ApiKey]:
        """The newest keys that the caller sees, at most 1,000, revoked or not."""
        department = caller.department if caller else ""
        async with self._sessions.begin() as session:
            return await Store(session).newest(_LISTED_MAX, department)

    @telemetry.traced
    async def find_api_key(self, key_id: str) -> KnownKey | None:
        """The key by that id, revoked or not, with what is kept of its secret."""
        async with self._sessions.begin() as session:
            return await Store(session).find(key_id)

    @telemetry.traced
    async def revoke_api_key(self, key_id: str, caller: Caller | None = None) -> ApiKey:
        """Revoke a key; one that was revoked stays as it is. Raises NOT_FOUND."""
        telemetry.annotate(key_id=key_id)
        async with self._sessions.begin() as session:
            key = await Store(session).revoke(key_id, self._clock.now())
            if key is None or not key.is_seen_by(caller):
                raise plain_fault(Kind.NOT_FOUND)  # which undoes it
        return key

    async def _add(self, store: Store, key: ApiKey) -> MadeKey:
        secret = self._new_secret(SECRET_BYTES)
        await store.add(KnownKey(key, fingerprint(secret.hex())))
        return MadeKey(key, token_of(key.key_id, secret))


def _must_fit(grant: Grant, now: datetime) -> None:
    if misfits := api_key.misfits_of(grant, now):
        raise Fault(
            Kind.INVALID,
            "INVALID_FIELD",
            "; ".join(f"{one.field}: {one.message}" for one in misfits),
            "；".join(f"{one.field}：{one.message_zh}" for one in misfits),
            fields=tuple(FieldFault(one.field, "SCOPE", one.message, one.message_zh) for one in misfits),
        )


def _must_be_of_department(grant: Grant, maker: Caller | None) -> None:
    if maker is not None and maker.department not in ("", grant.department):
        said, zh = f"must be yours: {maker.department}", f"必须是您所属的部门：{maker.department}"
        raise Fault(
            Kind.INVALID,
            "INVALID_FIELD",
            f"department: {said}",
            f"department：{zh}",
            fields=(FieldFault("department", "SCOPE", said, zh),),
        )


def _not_rotatable(old: ApiKey) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "KEY_NOT_ROTATABLE",
        "only a key that is good and has no successor is rotated",
        "只有有效且未轮换过的密钥可以轮换",
        metadata={"successor_key_id": old.successor_key_id},
    )
