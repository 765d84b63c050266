"""What `bihuan invoice red …` shows of an answer in which something is left out."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from cli import client
from cli.main import app

CONFIRMATION = {
    "confirmationId": "cnf_1",
    "state": "STATE_AWAITS_CONFIRMATION",
    "findings": [{"rule": "AMOUNT_LARGE", "message": "it is large", "messageZh": "金额较大"}],
}
INVOICE = {"invoiceId": "inv_1", "amount": {"currencyCode": "CNY", "amountMinor": "1200"}, "syncState": "READY"}


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers each call with the same."""

    answer: dict[str, object]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answers]]:
    handler = type("Handler", (Answers,), {"answer": {}})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    gateway = client.Gateway(f"http://127.0.0.1:{server.server_port}", "token")
    monkeypatch.setattr(client, "connect", lambda: gateway)
    yield handler
    gateway.close()
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"invoice": INVOICE}, "inv_1"),
        ({"confirmation": CONFIRMATION}, "cnf_1 AWAITS_CONFIRMATION, nothing is issued yet"),
    ],
    ids=["issued", "awaits a second person"],
)
def test_a_remainder_shows_its_invoice_or_what_a_second_person_has_to_confirm(answers, answer, shown):
    answers.answer = answer

    done = CliRunner().invoke(app, ["invoice", "red", "remainder", "pay_1", "--title", "江城科技有限公司"])

    assert (done.exit_code, done.exception) == (0, None)
    assert shown in done.stdout
