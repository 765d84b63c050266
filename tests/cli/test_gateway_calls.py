"""What `bihuan` does when the gateway takes a call and breaks off before it answers."""

import http.server
import json
import sys
import threading
from collections.abc import Iterator

import pytest
from bihuan_client import NoAnswer

from cli import client, main


class BreaksOff(http.server.BaseHTTPRequestHandler):
    """Takes each call and answers none but the last that it is to have."""

    protocol_version = "HTTP/1.1"
    keys: list[str | None]
    answers_from: int
    status = 200
    answer = b"{}"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.keys.append(self.headers["Idempotency-Key"])
        self.close_connection = True
        if len(self.keys) >= self.answers_from:
            self.send_response(self.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(self.answer)))
            self.end_headers()
            self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def handler() -> type[BreaksOff]:
    return type("Handler", (BreaksOff,), {"keys": [], "answers_from": 2})


@pytest.fixture
def gateway(handler: type[BreaksOff]) -> Iterator[client.Gateway]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    caller = client.Gateway(f"http://127.0.0.1:{server.server_port}", "token")
    yield caller
    caller.close()
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_what_has_a_key_is_done_again_under_the_same_key(gateway: client.Gateway, handler: type[BreaksOff]):
    gateway.post("/v1/payments", {"merchantId": "city-water"})

    assert len(handler.keys) == 2
    assert len(set(handler.keys)) == 1


def test_a_key_is_never_made_twice(gateway: client.Gateway, handler: type[BreaksOff]):
    with pytest.raises(NoAnswer) as told:
        gateway.post_once("/v1/apiKeys", {"displayName": "shop"})

    assert handler.keys == [None]
    assert told.value.may_be_done


def test_a_refusal_ends_the_command_with_its_sentence_and_its_trace(
    gateway: client.Gateway, handler: type[BreaksOff], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    handler.answers_from, handler.status = 1, 404
    handler.answer = json.dumps({"reason": "NOT_FOUND", "detail": "no key apk_1", "trace_id": "abc"}).encode()
    monkeypatch.setattr(client, "connect", lambda: gateway)
    monkeypatch.setattr(sys, "argv", ["bihuan", "keys", "revoke", "apk_1"])

    with pytest.raises(SystemExit) as ended:
        main.run()

    assert ended.value.code == 1
    assert capsys.readouterr().err == "refused: no key apk_1\n  trace abc\n"
