"""Webhooks through the door: who may have which endpoint, what a test tells, and a worker that dies while it sends."""

import base64
import json
import signal
from datetime import UTC, datetime

import pytest
from bihuan.invoice_sync.v1.feed_pb2 import InvoiceChange
from bihuan.reconciler.v1.feed_pb2 import ExceptionChange
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook

from services.gateway import chinese, contract, openapi, webhook_examples, webhook_exceptions, webhook_invoices
from services.gateway.domain.webhook import DeliveryState
from services.gateway.webhook_events import known_types
from tests.support.eventually import eventually
from tests.support.gateway_process import gateway_process
from tests.support.webhook_bench import KEYS, webhook_bench
from tests.support.webhook_receiver import http_answer, running_receiver

PATH = "/v1/webhookEndpoints"


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "webhook.key"
    lines = [f"{name}:{base64.urlsafe_b64encode(key).decode()}\n" for name, key in KEYS.items()]
    file.write_text("".join(lines), "ascii")
    return str(file)


@pytest.fixture
async def receiver(tmp_path):
    async with running_receiver(tmp_path) as one:
        yield one


@pytest.fixture
async def peer(start_peer, key_file, receiver):
    async with start_peer(**_settings(key_file, receiver)) as one:
        yield one


def _settings(key_file, receiver) -> dict[str, str]:
    return {
        "webhook_key_file": key_file,
        "webhook_ports": str(receiver.port),
        "webhook_inside": "127.0.0.0/8,::1/128",
        "webhook_ca_file": receiver.ca_file,
    }


def _url(receiver) -> str:
    return f"https://localhost:{receiver.port}/hooks"


async def _key(peer, *merchants: str, role: str = "integrator") -> dict[str, str]:
    asked = {"displayName": "a shop", "roles": [role], "merchantIds": list(merchants)}
    made = (await peer.admin.post("/v1/apiKeys", json=asked)).json()
    return {"authorization": f"Bearer {made['token']}"}


async def test_an_integrator_makes_tests_rotates_and_deletes_the_endpoint_of_its_merchant(peer, receiver):
    receiver.answer = lambda got: http_answer(200, b'{"ok": true}')
    mine = {"headers": await _key(peer, "m_mine")}

    made = await peer.plain.post(PATH, json={"url": _url(receiver), "merchantIds": ["m_mine"]}, **mine)
    endpoint, secret = made.json()["endpoint"], made.json()["secret"]
    path = f"{PATH}/{endpoint['endpointId']}"
    tested = (await peer.plain.post(f"{path}:test", json={}, **mine)).json()
    Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)
    rotated = (await peer.plain.post(f"{path}:rotateSecret", json={"overlapSeconds": 60}, **mine)).json()
    await peer.plain.post(f"{path}:test", json={}, **mine)
    for either in (secret, rotated["secret"]):
        Webhook(either).verify(receiver.got[1].body, receiver.got[1].headers)
    listed = (await peer.plain.get(f"{path}/deliveries", params={"pageSize": 1}, **mine)).json()
    on = {"pageToken": listed["nextPageToken"], "pageSize": 1}
    rest = (await peer.plain.get(f"{path}/deliveries", params=on, **mine)).json()
    looked = (await peer.plain.get(f"/v1/webhookDeliveries/{tested['delivery']['deliveryId']}", **mine)).json()
    change = {"url": _url(receiver), "eventTypes": ["payment.*", "invoice.booked"], "isEnabled": False}
    changed = (await peer.plain.put(path, json=change, **mine)).json()["endpoint"]
    gone = await peer.plain.delete(path, **mine)
    after = await peer.plain.get(path, **mine)

    assert (endpoint["state"], endpoint["merchantIds"]) == ("STATE_ENABLED", ["m_mine"])
    assert secret.startswith("whsec_")
    assert (tested["delivery"]["state"], tested["attempt"]["statusCode"]) == ("STATE_DELIVERED", 200)
    assert tested["attempt"]["answerStart"] == '{"ok": true}'
    assert rest["deliveries"] == [tested["delivery"]]
    assert looked["attempts"] == [tested["attempt"]]
    assert (changed["state"], changed["disableCause"]) == ("STATE_DISABLED", "CALLER")
    assert changed["eventTypes"] == ["invoice.booked", "payment.*"]
    assert (gone.status_code, after.status_code) == (200, 404)


async def test_an_endpoint_that_somebody_else_changed_is_not_changed_deleted_or_given_a_new_secret(peer, receiver):
    body = {"url": _url(receiver), "isEnabled": True}
    made = (await peer.admin.post(PATH, json={"url": _url(receiver)})).json()["endpoint"]
    path = f"{PATH}/{made['endpointId']}"
    seen = {"headers": {"if-match": (await peer.admin.get(path)).headers["etag"]}}

    first = await peer.admin.put(path, json=body | {"description": "one"}, **seen)
    again = await peer.admin.put(path, json=body | {"description": "one"}, **seen)
    late = [
        await peer.admin.put(path, json=body | {"description": "two"}, **seen),
        await peer.admin.post(f"{path}:rotateSecret", json={}, **seen),
        await peer.admin.delete(path, **seen),
        await peer.admin.post(f"{path}:test", json={}, **seen),
    ]
    now = await peer.admin.get(path)
    rotated = await peer.admin.post(f"{path}:rotateSecret", json={}, headers={"if-match": now.headers["etag"]})

    assert (made["version"], first.json()["endpoint"]["version"]) == ("1", "2")
    assert again.json() == first.json()
    assert [(one.status_code, one.json()["reason"]) for one in late] == [(412, "VERSION_MISMATCH")] * 4
    assert now.json()["endpoint"]["description"] == "one"
    assert rotated.json()["endpoint"]["version"] == "3"
    assert receiver.got == []


async def test_an_endpoint_of_others_is_not_there_and_roles_that_only_look_make_none(peer, receiver):
    body = {"url": _url(receiver)}
    of_all = (await peer.admin.post(PATH, json=body)).json()["endpoint"]["endpointId"]
    mine, other = {"headers": await _key(peer, "m_mine")}, {"headers": await _key(peer, "m_other")}
    of_mine = (await peer.plain.post(PATH, json={**body, "merchantIds": ["m_mine"]}, **mine)).json()["endpoint"]
    auditor = {"headers": await _key(peer, role="auditor")}

    foreign = [
        await peer.plain.post(PATH, json={**body, "merchantIds": ["m_mine"]}, **other),
        await peer.plain.get(f"{PATH}/{of_mine['endpointId']}", **other),
        await peer.plain.get(f"{PATH}/{of_all}/deliveries", **other),
        await peer.plain.put(f"{PATH}/{of_mine['endpointId']}", json={**body, "isEnabled": False}, **other),
        await peer.plain.delete(f"{PATH}/{of_mine['endpointId']}", **other),
        await peer.plain.post(f"{PATH}/{of_mine['endpointId']}:test", json={}, **other),
        await peer.plain.post(f"{PATH}/{of_mine['endpointId']}:rotateSecret", json={}, **other),
    ]
    without_scope = await peer.plain.post(PATH, json=body, **mine)
    seen = [(await peer.plain.get(PATH, **who)).json()["endpoints"] for who in (mine, other, auditor)]
    by_auditor = await peer.plain.post(PATH, json=body, **auditor)

    assert [one.status_code for one in foreign] == [404] * len(foreign)
    assert (without_scope.status_code, without_scope.json()["errors"][0]["field"]) == (400, "merchant_ids")
    assert [[one["endpointId"] for one in some] for some in seen] == [
        [of_mine["endpointId"]],
        [],
        [of_mine["endpointId"], of_all],
    ]
    assert by_auditor.status_code == 403
    assert receiver.got == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://hooks.example.com/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://hooks.example.com:22/"}, "url"),
        ({"eventTypes": ["payment.exploded"]}, "event_types"),
        ({"eventTypes": ["payout.*"]}, "event_types"),
        ({"eventTypes": ["*"]}, "event_types"),
        ({"eventTypes": ["payment.ma*"]}, "event_types"),
    ],
)
async def test_an_endpoint_that_does_not_fit_is_refused_by_field(peer, receiver, change, field):
    refused = await peer.admin.post(PATH, json={"url": _url(receiver), **change})

    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["errors"]] == [field]


async def test_without_a_key_for_secrets_there_are_no_webhooks_and_it_says_so(start_peer):
    async with start_peer() as peer:
        refused = await peer.admin.post(PATH, json={"url": "https://hooks.example.com/"})
        listed = await peer.admin.get(PATH)

    assert refused.json()["reason"] == "WEBHOOKS_OFF"
    assert listed.json()["endpoints"] == []


def test_the_document_tells_every_event_and_its_body():
    document = openapi.document(contract.load())

    assert document["webhooks"].keys() == known_types().keys()
    matched = document["webhooks"]["payment.matched"]["post"]
    schema, only = matched["requestBody"]["content"]["application/json"]["schema"]["allOf"]
    name = schema["$ref"].rpartition("/")[2]
    assert only["properties"]["type"]["const"] == "payment.matched"
    assert document["components"]["schemas"][name]["properties"].keys() == {"type", "timestamp", "data"}
    assert {one["name"] for one in matched["parameters"]} == {"webhook-id", "webhook-timestamp", "webhook-signature"}


@pytest.mark.parametrize("event_type", known_types())
def test_every_event_has_an_example_that_its_schema_takes_and_says_in_chinese_when_it_is_sent(event_type):
    document = openapi.document(contract.load())
    sent = document["webhooks"][event_type]["post"]
    body = sent["requestBody"]["content"]["application/json"]

    schema = {**body["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(body["example"])

    assert body["example"]["type"] == event_type
    assert "example-" not in json.dumps(body["example"]), "a value that means nothing"
    assert any("\u4e00" <= sign <= "\u9fff" for sign in sent[chinese.WORD])


def test_no_event_has_an_example_or_chinese_words_that_is_none():
    assert set(webhook_examples.DATA) == set(known_types()) == set(chinese.words()["events"])


def test_every_kind_of_change_that_a_feed_tells_is_an_event():
    told = {*webhook_invoices.OF_KIND.values(), *webhook_exceptions.OF_KIND.values()}

    assert set(webhook_invoices.OF_KIND) == set(InvoiceChange.Kind.values()) - {0}
    assert set(webhook_exceptions.OF_KIND) == set(ExceptionChange.Kind.values()) - {0}
    assert told == {name for name in known_types() if name.startswith(("invoice.", "exception."))}


@pytest.mark.timeout(90)
async def test_a_gateway_that_is_killed_between_sending_and_writing_has_it_sent_again_with_the_same_id(
    fresh_database, tmp_path, key_file
):
    url = await fresh_database("services.gateway")
    async with webhook_bench(url, tmp_path) as bench:
        made = await bench.endpoint(url=_url(bench.receiver))
        (event_id,) = await bench.tell(made.endpoint.endpoint_id, "pay_1")
        settings = _settings(key_file, bench.receiver)
        process = await gateway_process(url, settings)

        def kill(got):
            process.send_signal(signal.SIGKILL)

        bench.receiver.answer = kill
        await eventually(lambda: bench.receiver.got)
        died = await process.wait()
        (left,) = await bench.log(made.endpoint.endpoint_id)
        bench.receiver.answer = lambda got: http_answer(200)
        bench.clock.advance((datetime.now(UTC) - bench.clock.now()).total_seconds())
        within_lease = await bench.turn()
        bench.clock.advance(61)
        (delivered,) = await bench.turn()

    assert died == -signal.SIGKILL
    assert (left.state, left.try_count) == (DeliveryState.WAITING, 1)
    assert within_lease == []
    assert (delivered.state, delivered.try_count) == (DeliveryState.DELIVERED, 2)
    assert bench.receiver.ids() == [event_id, event_id]
