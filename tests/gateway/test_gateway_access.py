"""Keys: who may call, who may make keys, and what is kept of them."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from bihuan.gateway.v1 import api_key_service_pb2, api_key_service_pb2_grpc
from sqlalchemy import text

from chassis import database, migrate
from chassis.clock import ManualClock
from chassis.errors import Fault, Kind, from_rpc_error
from services.gateway.access import CACHE_SECONDS, Access, leave_admin_key
from services.gateway.actions import ApiKeyActions
from services.gateway.domain.api_key import Grant
from services.gateway.policy import table

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def actions(fresh_database):
    engine = database.connect(await fresh_database("services.gateway"), "test")
    yield ApiKeyActions(database.sessions(engine), ManualClock(NOON))
    await engine.dispose()


async def test_the_models_are_what_the_migrations_make(fresh_database):
    assert await migrate.differences("services.gateway", await fresh_database("services.gateway")) == []


async def test_without_a_good_key_every_call_gets_the_same_answer(peer):
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "gone"})).json()
    await peer.admin.post(f"/v1/apiKeys/{made['apiKey']['keyId']}:revoke", json={})
    wrong_secret = peer.admin_token[:-1] + ("0" if peer.admin_token[-1] != "0" else "1")
    unknown = f"Bearer bhk_key_nobody_{'0' * 64}"

    problems = []
    for value in (
        "",
        "Bearer",
        f"Basic {peer.admin_token}",
        f"Bearer {wrong_secret}",
        unknown,
        f"Bearer {made['token']}",
    ):
        answer = await peer.plain.get("/v1/payments/pay_1", headers={"authorization": value})
        assert answer.status_code == 401, value
        assert answer.headers["www-authenticate"] == 'Bearer realm="bihuan"'
        problems.append(answer.json() | {"trace_id": ""})

    assert all(problem == problems[0] for problem in problems)
    assert problems[0]["reason"] == "UNAUTHENTICATED"


async def test_a_key_is_asked_for_before_the_request_is_looked_at(peer, upstream):
    answer = await peer.plain.post("/v1/payments", content=b"no json", headers={"authorization": ""})

    assert answer.status_code == 401
    assert upstream.calls == []


async def test_only_an_admin_makes_lists_and_revokes_keys(peer):
    for verb, path in [("POST", "/v1/apiKeys"), ("GET", "/v1/apiKeys"), ("POST", "/v1/apiKeys/key_1:revoke")]:
        body = {"displayName": "x"} if path == "/v1/apiKeys" else {}
        answer = await peer.plain.request(verb, path, json=body if verb == "POST" else None)
        assert (answer.status_code, answer.json()["reason"]) == (403, "PERMISSION_DENIED")


async def test_the_keys_are_as_closed_without_the_http_door(peer):
    async with grpc.aio.insecure_channel(f"127.0.0.1:{peer.gateway.inside.port}") as channel:
        stub = api_key_service_pb2_grpc.ApiKeyServiceStub(channel)
        for metadata in ([], [("authorization", f"Bearer {peer.admin_token}")], [("bihuan-door", "x" * 32)]):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await stub.CreateApiKey(
                    api_key_service_pb2.CreateApiKeyRequest(display_name="x", is_admin=True),
                    timeout=30,
                    metadata=metadata,
                )
            # Not even with a good key: what comes so stands in no audit, and is under no limit.
            assert from_rpc_error(raised.value).kind is Kind.DENIED


async def test_a_key_is_made_used_listed_and_revoked(peer):
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "收银台", "seesUnmasked": True})).json()
    key_id, bearer = made["apiKey"]["keyId"], {"authorization": f"Bearer {made['token']}"}
    assert (await peer.plain.get("/v1/payments/pay_1", headers=bearer)).status_code == 200

    listed = (await peer.admin.get("/v1/apiKeys")).json()["apiKeys"]
    assert [key["displayName"] for key in listed] == ["收银台", "a shop", "made at the first start"]
    assert made["token"] not in str(listed)

    revoked = (await peer.admin.post(f"/v1/apiKeys/{key_id}:revoke", json={})).json()["apiKey"]
    again = (await peer.admin.post(f"/v1/apiKeys/{key_id}:revoke", json={})).json()["apiKey"]
    assert revoked["revokeTime"] == again["revokeTime"]
    assert (await peer.plain.get("/v1/payments/pay_1", headers=bearer)).status_code == 401


async def test_to_revoke_a_key_that_is_not_there_says_so(peer):
    answer = await peer.admin.post("/v1/apiKeys/key_nobody:revoke", json={})

    assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")


async def test_the_database_holds_no_secret(peer):
    async with peer.gateway.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT api_key::text FROM api_key"))).scalars().all()

    secret = peer.admin_token.rpartition("_")[2]
    assert len(rows) == 2
    assert not any(secret in row for row in rows)


async def test_no_log_line_holds_a_token(peer, capsys):
    await peer.plain.post("/v1/payments", json={}, headers={"idempotency-key": "request-0001"})
    await peer.plain.get("/v1/payments/pay_1", headers={"authorization": f"Bearer {peer.admin_token[:-1]}x"})

    written = "".join(capsys.readouterr())
    assert "key_id=key_" in written
    assert not re.search(r"bhk_|[0-9a-f]{64}", written)


async def test_a_key_that_another_gateway_revoked_is_refused_within_seconds(actions):
    made = await actions.create_api_key(Grant(display_name="x"))
    now = 1_000.0
    access = Access(actions, table.load(), lambda: now)
    await access.identify(f"Bearer {made.token}")
    await actions.revoke_api_key(made.api_key.key_id)

    now += CACHE_SECONDS - 0.1
    assert (await access.identify(f"Bearer {made.token}")).caller_id == made.api_key.key_id
    now += 0.2
    with pytest.raises(Fault) as raised:
        await access.identify(f"Bearer {made.token}")

    assert raised.value.kind is Kind.UNAUTHENTICATED
    assert CACHE_SECONDS <= 5


async def test_when_keys_cannot_be_read_the_gateway_does_not_say_that_the_key_is_bad():
    engine = database.connect("postgresql://nobody@127.0.0.1:1/none", "test")
    access = Access(ApiKeyActions(database.sessions(engine), ManualClock(NOON)), table.load())

    with pytest.raises(Fault) as raised:
        await access.identify(f"Bearer bhk_key_1_{'0' * 64}")
    await engine.dispose()

    assert raised.value.kind is Kind.UNAVAILABLE


async def test_the_first_start_leaves_an_admin_key_that_only_we_can_read(actions, tmp_path: Path):
    path = tmp_path / "new" / "admin.key"

    await leave_admin_key(path, actions)

    assert path.stat().st_mode & 0o777 == 0o600
    assert (await Access(actions, table.load()).identify(f"Bearer {path.read_text('ascii').strip()}")).sees_unmasked
    assert [file.name for file in path.parent.iterdir()] == ["admin.key"]


async def test_a_key_file_that_is_there_is_left_alone(actions, tmp_path: Path):
    path = tmp_path / "admin.key"
    path.write_text("mine", encoding="ascii")

    await leave_admin_key(path, actions)

    assert path.read_text("ascii") == "mine"
    assert await actions.list_api_keys() == []


async def test_of_two_gateways_that_start_at_once_one_leaves_its_key_and_no_other_key_is_good(actions, tmp_path: Path):
    path = tmp_path / "admin.key"

    await asyncio.gather(leave_admin_key(path, actions), leave_admin_key(path, actions))

    keys = await actions.list_api_keys()
    good = [key.key_id for key in keys if key.revoke_time is None]
    assert len(good) == 1
    assert good[0] in path.read_text("ascii")
