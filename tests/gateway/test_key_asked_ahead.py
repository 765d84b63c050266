"""A key that is in use is asked for again before its time is up."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from chassis import database
from chassis.clock import SystemClock
from chassis.errors import Fault
from services.gateway import access
from services.gateway.actions import ApiKeyActions
from services.gateway.policy import table
from tests.support.eventually import eventually


def another_access(peer) -> access.Access:
    """What another gateway on the same database would know of keys."""
    return access.Access(ApiKeyActions(database.sessions(peer.gateway.engine), SystemClock()), table.load())


async def test_a_key_in_use_is_asked_for_again_before_its_time_is_up_and_one_revoked_elsewhere_ends(peer, monkeypatch):
    monkeypatch.setattr(access, "CACHE_SECONDS", 1.2)  # so that each look comes within the last second of it
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "busy"})).json()
    known, header = another_access(peer), f"Bearer {made['token']}"
    await known.identify(header)
    first = known._cached[made["apiKey"]["keyId"]]

    async def renewed() -> bool:
        assert known.recognised(header.encode()) is not None
        return known._cached[made["apiKey"]["keyId"]][0] > first[0]

    await eventually(renewed)
    async with peer.gateway.engine.begin() as connection:  # as another gateway does
        await connection.execute(text("UPDATE api_key SET revoke_time = now()"))

    await eventually(lambda: known.recognised(header.encode()) is None)
    with pytest.raises(Fault) as refused:
        await known.identify(header)
    assert refused.value.reason == "UNAUTHENTICATED"


async def test_a_key_that_is_forgotten_while_it_is_asked_for_is_not_remembered_from_before(peer, monkeypatch):
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "raced"})).json()
    known, header = another_access(peer), f"Bearer {made['token']}"
    key_id, find, was_read, held = (
        made["apiKey"]["keyId"],
        known._actions.find_api_key,
        asyncio.Event(),
        asyncio.Event(),
    )

    async def slow(asked: str) -> Any:
        found = await find(asked)
        was_read.set()
        await held.wait()
        return found

    monkeypatch.setattr(known._actions, "find_api_key", slow)
    asking = asyncio.ensure_future(known.identify(header))
    await was_read.wait()
    known.forget(key_id)
    held.set()
    await asking

    assert key_id not in known._cached
    assert known.recognised(header.encode()) is None
