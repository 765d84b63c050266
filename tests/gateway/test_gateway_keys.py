"""Keys over their life: roles and scope, expiry, rotation with overlap; by RPC and at the command line."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bihuan.reconciler.v1 import statement_service_pb2

from chassis import database
from chassis.clock import ManualClock
from chassis.errors import Fault, Kind
from services.gateway.access import Access
from services.gateway.actions import ApiKeyActions
from services.gateway.domain.api_key import Grant
from services.gateway.domain.caller import Caller, CallerKind
from services.gateway.policy import table

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock():
    return ManualClock(NOON)


@pytest.fixture
async def actions(fresh_database, clock):
    engine = database.connect(await fresh_database("services.gateway"), "test")
    yield ApiKeyActions(database.sessions(engine), clock)
    await engine.dispose()


def _access(actions, clock) -> Access:
    # The clock that no second passes on: what is asked for is never cached.
    ticks = iter(range(0, 1_000_000, 100))
    return Access(actions, table.load(), lambda: float(next(ticks)), clock)


async def _is_good(access: Access, token: str) -> bool:
    try:
        await access.identify(f"Bearer {token}")
    except Fault as fault:
        if fault.kind is Kind.UNAUTHENTICATED:
            return False
        raise
    return True


async def test_a_key_ends_when_it_says_even_where_it_is_cached(actions, clock):
    made = await actions.create_api_key(Grant(display_name="x", expire_time=NOON + HOUR))
    access = Access(actions, table.load(), lambda: 0.0, clock)
    assert await _is_good(access, made.token)

    clock.advance(HOUR.total_seconds())

    assert not await _is_good(access, made.token)


async def test_a_rotated_key_and_its_successor_are_both_good_for_the_overlap(actions, clock):
    access = _access(actions, clock)
    grant = Grant(display_name="till", roles=frozenset({"cashier"}), tenant_id="t", merchant_ids=frozenset({"m"}))
    old = await actions.create_api_key(grant)

    rotated = await actions.rotate_api_key(old.api_key.key_id, 3_600, None)

    new = rotated.made
    assert new.api_key.grant == grant
    assert rotated.predecessor.successor_key_id == new.api_key.key_id
    assert await _is_good(access, old.token)
    assert await _is_good(access, new.token)
    clock.advance(HOUR.total_seconds())
    assert not await _is_good(access, old.token)
    assert await _is_good(access, new.token)


async def test_an_overlap_makes_no_key_last_longer(actions):
    made = await actions.create_api_key(Grant(display_name="x", expire_time=NOON + HOUR))

    rotated = await actions.rotate_api_key(made.api_key.key_id, 86_400, NOON + 48 * HOUR)

    assert rotated.predecessor.grant.expire_time == NOON + HOUR
    assert rotated.made.api_key.grant.expire_time == NOON + 48 * HOUR


async def test_a_key_is_rotated_once_also_by_two_at_once(actions):
    made = await actions.create_api_key(Grant(display_name="x"))
    key_id = made.api_key.key_id

    done = await asyncio.gather(*(actions.rotate_api_key(key_id, 60, None) for _ in range(2)), return_exceptions=True)

    refused = [one for one in done if isinstance(one, Fault)]
    assert [one.reason for one in refused] == ["KEY_NOT_ROTATABLE"]
    assert len(await actions.list_api_keys()) == 2
    await actions.revoke_api_key(refused[0].metadata["successor_key_id"])
    with pytest.raises(Fault, match="good and has no successor"):
        await actions.rotate_api_key(refused[0].metadata["successor_key_id"], 60, None)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"roles": frozenset({"boss"})}, "roles"),
        ({"roles": frozenset({"cashier"})}, "merchant_ids"),
        ({"roles": frozenset({"admin"}), "merchant_ids": frozenset({"m"}), "tenant_id": "t"}, "merchant_ids"),
        ({"merchant_ids": frozenset({"m", "n"})}, "tenant_id"),
        ({"tenant_id": "t"}, "tenant_id"),
        ({"expire_time": NOON}, "expire_time"),
    ],
    ids=["roles", "cashier-of-none", "admin-of-one", "merchants-of-none", "tenant", "expired"],
)
async def test_a_grant_that_does_not_fit_makes_no_key(actions, changed, field):
    with pytest.raises(Fault) as raised:
        await actions.create_api_key(replace(Grant(display_name="x"), **changed))

    assert (raised.value.reason, raised.value.fields[0].field) == ("INVALID_FIELD", field)
    assert await actions.list_api_keys() == []


async def test_an_admin_of_a_department_sees_and_makes_keys_of_it_alone(actions):
    maker = Caller(
        caller_id="person:corp:li", kind=CallerKind.PERSON, roles=frozenset(), operator="x", department="finance"
    )
    other = await actions.create_api_key(Grant(display_name="other", department="operations"))
    nobodys = await actions.create_api_key(Grant(display_name="nobody's"))

    own = await actions.create_api_key(Grant(display_name="own"), maker)
    with pytest.raises(Fault) as foreign:
        await actions.create_api_key(Grant(display_name="x", department="operations"), maker)
    refused = []
    for key in (other, nobodys):
        for deed in (actions.rotate_api_key(key.api_key.key_id, 0, None, maker), _revoked(actions, key, maker)):
            with pytest.raises(Fault) as raised:
                await deed
            refused.append(raised.value.reason)

    assert own.api_key.grant.department == "finance"
    assert [key.key_id for key in await actions.list_api_keys(maker)] == [own.api_key.key_id]
    assert (foreign.value.reason, foreign.value.fields[0].field) == ("INVALID_FIELD", "department")
    assert refused == ["NOT_FOUND"] * 4
    assert [key.revoke_time for key in await actions.list_api_keys()] == [None] * 3
    assert (await actions.revoke_api_key(own.api_key.key_id, maker)).revoke_time == NOON


async def test_all_keys_that_a_person_makes_act_for_that_person_and_keep_doing_so(actions):
    person = Caller(caller_id="person:corp:li", kind=CallerKind.PERSON, roles=frozenset(), operator="person:corp:li")

    first = await actions.create_api_key(Grant(display_name="one"), person)
    second = await actions.create_api_key(Grant(display_name="two"), first.api_key.caller())
    third = (await actions.rotate_api_key(second.api_key.key_id, 0, None)).made

    assert {one.api_key.caller().operator for one in (first, second, third)} == {"person:corp:li"}


async def test_keys_that_no_person_made_act_for_themselves_also_when_rotated(actions):
    first = await actions.create_api_key(Grant(display_name="one"))
    second = await actions.create_api_key(Grant(display_name="two"), first.api_key.caller())
    rotated = (await actions.rotate_api_key(first.api_key.key_id, 0, None)).made

    assert first.api_key.operator != second.api_key.operator
    assert rotated.api_key.operator == first.api_key.operator == first.api_key.key_id


async def test_who_acts_is_written_by_the_gateway_and_never_by_the_caller(peer, upstream):
    key_id = (await peer.admin.get("/v1/apiKeys")).json()["apiKeys"][-1]["keyId"]
    headers = {"idempotency-key": "request-0001", "bihuan-operator": "somebody else"}
    hold = {"route": "sandbox/production/11/default", "reason": "maintenance", "setBy": "somebody else"}

    await peer.admin.post("/v1/holds", json=hold, headers=headers)
    await peer.admin.post("/v1/duplicates/d:dismiss", json={"reason": "kept"}, headers=headers)

    (_, held, metadata), (_, dismissed, _) = upstream.calls
    assert held.set_by == dismissed.dismissed_by == metadata["bihuan-operator"] == key_id


async def test_a_voucher_is_the_caller_where_anyone_vouches_and_else_nobody(peer, upstream):
    query = "/v1/statements:ingest?keepEqualLines=true&vouchedBy=somebody&reason=fees"
    headers = {"idempotency-key": "request-0001", "content-type": "application/octet-stream"}
    headers_of = []

    async def take(request, context):
        parts = [part async for part in request]
        headers_of.append(parts[0].header)
        return statement_service_pb2.IngestStatementResponse()

    upstream.answers["IngestStatement"] = take
    await peer.plain.post(query, content=b"x", headers=headers)
    await peer.plain.post("/v1/statements:ingest", content=b"x", headers=headers)

    assert headers_of[0].vouched_by.startswith("key_")
    assert headers_of[1].vouched_by == ""


async def test_keys_are_made_listed_rotated_and_revoked_at_the_command_line(peer, tmp_path):
    (tmp_path / "token").write_text(peer.admin_token, "ascii")
    environment = {"BIHUAN_URL": peer.url, "BIHUAN_TOKEN_FILE": str(tmp_path / "token"), "COLUMNS": "300"}

    async def bihuan(*words: str) -> str:
        done = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from cli.main import run; run()",
            "keys",
            *words,
            env=os.environ | environment,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asyncio.wait_for(done.communicate(), 30)
        assert done.returncode == 0, said
        return said.decode("utf-8")

    made = await bihuan("create", "till 3", "--role", "cashier", "--merchant", "m_1", "--days", "90")
    key_id, token = made.split(";")[0], made.split()[-1]
    assert (await peer.plain.get("/v1/payments", headers={"authorization": f"Bearer {token}"})).status_code == 200
    rotated = await bihuan("rotate", key_id, "--overlap-hours", "1")
    listed = (await peer.admin.get("/v1/apiKeys")).json()["apiKeys"]
    assert (listed[0]["roles"], listed[0]["merchantIds"], listed[0]["tenantId"]) == (["cashier"], ["m_1"], "m_1")
    assert listed[1]["successorKeyId"] == listed[0]["keyId"]
    await bihuan("revoke", listed[0]["keyId"])
    revoked = {"authorization": f"Bearer {rotated.split('once:')[1].split()[0]}"}
    gone = await peer.plain.get("/v1/payments", headers=revoked)

    assert gone.status_code == 401
    assert "revoked" in (await bihuan("list"))


async def _revoked(actions, key, caller):
    return await actions.revoke_api_key(key.api_key.key_id, caller)
