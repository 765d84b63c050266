"""Who calls: from the Authorization header to the key, and the key that the first start makes. It stores nothing.

A call without a key, with an unknown, a revoked or a wrong one gets the same answer, so that none can be told apart.
"""

import asyncio
import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.clock import Clock, SystemClock
from chassis.errors import Fault, Kind, plain_fault
from services.gateway.actions import ApiKeyActions
from services.gateway.domain.api_key import Grant, KnownKey, opens, read_authorization
from services.gateway.domain.caller import Caller
from services.gateway.domain.person import Issuer
from services.gateway.domain.role import ALL_OF_PLATFORM
from services.gateway.key_sets import KeySet
from services.gateway.oidc import People
from services.gateway.policy.table import Table

# A key that another gateway revoked is good here for no longer than this.
CACHE_SECONDS = 5.0
_AHEAD_SECONDS = 1.0
_CACHED_MAX = 10_000
_log = structlog.get_logger()


class Access:
    """Knows the keys that were used in the last seconds, and asks for the others."""

    def __init__(
        self,
        actions: ApiKeyActions,
        table: Table,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Clock | None = None,
        issuers: Mapping[Issuer, KeySet] | None = None,
    ) -> None:
        self._actions = actions
        self._table = table
        self._clock = clock or SystemClock()
        self._people = People(issuers or {}, self._clock)
        self._monotonic = monotonic
        self._cached: dict[str, tuple[float, KnownKey]] = {}
        self._proved: dict[bytes, tuple[KnownKey, Caller]] = {}
        self._forgotten_count = 0
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def identify(self, authorization: str) -> Caller:
        """Who an Authorization header proves to call. Raises UNAUTHENTICATED, or UNAVAILABLE when it cannot tell."""
        presented = read_authorization(authorization)
        if presented is None:
            return await self._people.identify(authorization)
        known = await self._find(presented.key_id)
        if not opens(known, presented, self._clock.now()):
            raise plain_fault(Kind.UNAUTHENTICATED)
        assert known is not None, "only a known key opens"
        return self._prove(authorization, known)

    def recognised(self, authorization: bytes) -> Caller | None:
        """Who an Authorization header proved to call when it was last seen here, by a key that is still known.

        None when that is for `identify` to find out.
        """
        mark = hashlib.sha256(authorization).digest()
        if (proved := self._proved.get(mark)) is None:
            return None
        known, caller = proved
        until, still_known = self._cached.get(caller.caller_id, (0.0, None))
        left = until - self._monotonic()
        if known is not still_known or left <= 0 or not known.api_key.is_good(self._clock.now()):
            del self._proved[mark]
            return None
        if left < _AHEAD_SECONDS and caller.caller_id not in self._asking:
            self._asking[caller.caller_id] = asyncio.get_running_loop().create_task(self._ask_ahead(caller.caller_id))
        return caller

    def permit(self, caller: Caller, method: str) -> None:
        """Nothing, when one of the caller's roles may call a method (its full name). Raises PERMISSION_DENIED."""
        if not self._table.permits(caller, method):
            raise plain_fault(Kind.DENIED)

    def forget(self, key_id: str) -> None:
        """Ask anew at the next call with this key."""
        self._cached.pop(key_id, None)
        self._forgotten_count += 1

    def _prove(self, authorization: str, known: KnownKey) -> Caller:
        """Remember the header by its hash, for nothing here keeps a secret."""
        if len(self._proved) >= _CACHED_MAX:
            self._proved.clear()
        caller = known.api_key.caller()
        self._proved[hashlib.sha256(authorization.encode("utf-8", "replace")).digest()] = (known, caller)
        return caller

    async def _ask_ahead(self, key_id: str) -> None:
        """Ask for a key that is in use before its time is up, so that not all who use it come to ask at once."""
        try:
            if await self._ask(key_id) is None:
                self.forget(key_id)
        except Fault:
            return  # whoever comes once its time is up is told
        finally:
            del self._asking[key_id]

    async def _find(self, key_id: str) -> KnownKey | None:
        until, known = self._cached.get(key_id, (0.0, None))
        if known is not None and self._monotonic() < until:
            return known
        return await self._ask(key_id)

    async def _ask(self, key_id: str) -> KnownKey | None:
        asked, forgotten_count = self._monotonic(), self._forgotten_count
        try:
            known = await self._actions.find_api_key(key_id)
        except (DBAPIError, InterfaceError, PoolTimeout, OSError) as fault:
            _log.warning("cannot read keys", error=type(fault).__name__)
            raise plain_fault(Kind.UNAVAILABLE) from fault
        # What was read while somebody had a key forgotten may be from before, and is believed this once only.
        if known is not None and forgotten_count == self._forgotten_count:
            self._remember(known, asked)
        return known

    def _remember(self, known: KnownKey, asked: float) -> None:
        if len(self._cached) >= _CACHED_MAX:
            self._cached.clear()
        _, before = self._cached.get(known.api_key.key_id, (0.0, None))
        self._cached[known.api_key.key_id] = (asked + CACHE_SECONDS, before if before == known else known)


def admin_grant(display_name: str) -> Grant:
    """What a key that is made from inside may: everything that the platform has."""
    return Grant(display_name=display_name, roles=ALL_OF_PLATFORM, sees_unmasked=True)


async def leave_admin_key(path: Path, actions: ApiKeyActions) -> None:
    """Make an admin key and leave its token in a file that only we can read, unless the file is there."""
    if path.exists():  # noqa: ASYNC240  once, before anyone is served
        return
    made = await actions.create_api_key(admin_grant("made at the first start"))
    try:
        _write_once(path, made.token)
    except FileExistsError:
        # Another gateway was faster, and its key is the one that will be used.
        await actions.revoke_api_key(made.api_key.key_id)
        return
    _log.info("admin key made", key_id=made.api_key.key_id, path=str(path))


def _write_once(path: Path, token: str) -> None:
    """Let the whole file appear at once, with mode 0600, or raise FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="ascii") as file:
            file.write(token + "\n")
        os.link(unfinished, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(unfinished).unlink()
