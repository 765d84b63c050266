"""`bihuan statement check` needs nothing that is up; `bihuan statement ingest` goes on where it broke off."""

import hashlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bihuan_client import NoAnswer
from click.testing import Result
from typer.testing import CliRunner

from cli import client, show
from cli.main import app
from cli.statements import ingest_file, statement_line
from services.reconciler.statements import profile_files
from tests.reconciler.builders import a_bill, a_bill_row

BIHUAN = Path(sys.executable).parent / "bihuan"
BILL = a_bill(a_bill_row(1), a_bill_row(2, is_refund=True, channel_refund_no="50000", merchant_refund_no="r-2"))


def bihuan(*arguments: str | Path) -> Result:
    """The command in this process, which has loaded the engine already."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_a_good_file_is_told_for_programs_in_the_documented_form(tmp_path: Path):
    (tmp_path / "bill.csv").write_bytes(BILL)

    environ = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    command = [BIHUAN, "statement", "check", "bill.csv", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, check=False, timeout=60)

    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (told["profile"], told["version"], told["encoding"]) == ("wechat_pay.trade", 1, "utf-8-sig")
    assert told["rows"] == {"booked": 2, "neutral": 0, "frame": 3, "quarantined": 0}
    assert (told["sum_in_minor"], told["sum_out_minor"]) == ({"CNY": 1200}, {"CNY": -1200})
    assert told["first"]["amount_minor"] == 1200
    assert set(told["controls"][0]) == {"name", "declared", "computed", "ties"}
    assert (told["errors"], told["loadable"], told["draft"]) == ([], True, None)


def test_a_bad_file_is_told_for_people_with_the_rule_and_the_cure_and_ends_with_1(tmp_path: Path):
    (tmp_path / "good.csv").write_bytes(BILL)
    (tmp_path / "bad.csv").write_bytes(BILL.replace(b"`12.00", b"`12.0x", 1))

    done = bihuan("statement", "check", tmp_path / "bad.csv", tmp_path / "good.csv")

    assert done.exit_code == 1
    assert "refused 拒收" in done.stdout
    assert "can be loaded 可以入账" in done.stdout
    for words in ("E-AMOUNT", "12.0x", "应结订单金额", "download the file", "请从渠道重新下载"):
        assert words in done.stdout


def test_errors_for_programs_have_the_six_documented_keys(tmp_path: Path):
    (tmp_path / "bad.csv").write_bytes(BILL.replace(b"`12.00", b"`12.0x", 1))

    told = json.loads(bihuan("statement", "check", "--json", tmp_path / "bad.csv").stdout)

    assert set(told["errors"][0]) == {"code", "line", "column", "value", "rule", "cure"}
    assert (told["errors"][0]["code"], told["errors"][0]["line"]) == ("E-AMOUNT", 2)
    assert told["error_count"] >= 1


def test_a_file_is_checked_against_the_account_that_is_named(tmp_path: Path):
    (tmp_path / "bill.csv").write_bytes(BILL)

    told = json.loads(bihuan("statement", "check", "--json", tmp_path / "bill.csv").stdout)
    same = bihuan("statement", "check", "--account", told["account"], tmp_path / "bill.csv")
    other = bihuan("statement", "check", "--account", "1111", tmp_path / "bill.csv")

    assert (same.exit_code, other.exit_code) == (0, 1)
    assert "E-ACCOUNT" in other.stdout


def test_a_file_that_no_profile_knows_gets_a_draft(tmp_path: Path):
    rows = "".join(f"2026-03-0{day};T{day};{day}0,50\n" for day in range(1, 9))
    (tmp_path / "unknown.csv").write_text(f"Datum;Nummer;Betrag\n{rows}")

    done = bihuan("statement", "check", tmp_path / "unknown.csv")

    assert done.exit_code == 1
    assert "E-PROFILE-NONE" in done.stdout
    assert "status: draft" in done.stdout


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        (b"id: a.b\nversion: 1\ntable: {end: x\nday: {}\n", "seaside.yaml: line 4: is not YAML"),
        (b"id: a.b\nsource: a: b\n", "seaside.yaml: line 2: is not YAML: mapping values are not allowed here"),
        (b"id: a.b\nsource: \x01\n", "seaside.yaml: line 2: is not YAML"),
        ("id: a.b\nsource: 账".encode("gb18030"), "seaside.yaml: line 2: is not UTF-8"),
        (b"id: a.b\n", "seaside.yaml: version is missing"),
    ],
)
def test_a_faulty_profile_is_told_by_its_place_in_one_sentence_and_ends_with_2(
    profile, told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "bill.csv").write_bytes(BILL)
    (tmp_path / "seaside.yaml").write_bytes(profile)
    monkeypatch.setattr(profile_files, "_SHIPPED", tmp_path)
    profile_files.load_profiles.cache_clear()

    done = bihuan("statement", "check", tmp_path / "bill.csv")
    profile_files.load_profiles.cache_clear()

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"cannot check: {told}")
    assert done.stderr.count("\n") == 1


def test_nothing_of_a_file_reaches_the_terminal_as_an_order(tmp_path: Path):
    wicked = BILL.replace(b"12.00", "\x1b]0;owned\x07\u202e".encode(), 1)
    (tmp_path / "wicked.csv").write_bytes(wicked)

    people, programs = (bihuan("statement", "check", tmp_path / "wicked.csv", *more) for more in ((), ("--json",)))

    for done in (people, programs):
        assert done.exit_code == 1
        assert not set("\x1b\x07\u202e") & set(done.stdout)
    assert "\\u001b" in programs.stdout


def test_markup_and_formulas_in_a_name_are_text():
    loaded = {"fileName": "[red]=1+1\x1b[2J", "profileId": "p", "encoding": "utf-8", "businessDate": "2026-03-01"}

    line = statement_line({**loaded, "rows": {"booked": 1}, "knownRows": "2", "lateRows": "0"})

    assert line.startswith("[red]=1+1\u2426[2J (p, utf-8)")
    assert "1 rows, 2 known before, in 0" in line
    assert show.plain("a\x85\u200eb") == "a\u2426\u2426b"


FETCHES = [
    {
        "fetchId": "2026-03-01.city_water",
        "state": "STATE_MISSING",
        "alert": "STATEMENT_MISSING",
        "deadlineTime": "2026-03-02T04:00:00Z",
        "cause": "NOT_THERE",
        "detail": "HTTP 404\x1b[2J",
        "attempts": "25",
    },
    {"fetchId": "2026-02-28.city_water", "state": "STATE_LOADED", "late": True, "statementId": "stm_1"},
]


class Gateway(http.server.BaseHTTPRequestHandler):
    """Breaks off the first upload after a MiB, and tells then how much it has."""

    protocol_version = "HTTP/1.1"
    taken: list[tuple[str, int]]
    asked: list[str]
    named: list[str]  # the SHA-256 of the file, as each call tells it
    breaks: int

    def do_POST(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        start = int(query.get("resumeFromBytes", ["0"])[0])
        self.named += query.get("fileSha256", [""])
        self.queries.append(query)
        if len(self.taken) < self.breaks:
            self.taken.append((self.headers["Idempotency-Key"], start))
            self.rfile.read(70_000)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        size = 0
        while length := int(self.rfile.readline(), 16):
            size += len(self.rfile.read(length))
            self.rfile.readline()
        self.rfile.readline()
        self.taken.append((self.headers["Idempotency-Key"], start + size))
        self._answer({"statement": {"statementId": "stm_1"}})

    def do_GET(self) -> None:
        if self.path.startswith("/v1/statement-fetches"):
            self.asked.append(self.path)
            self._answer({"statementFetches": FETCHES})
            return
        self._answer({"receivedBytes": "1048576"})

    def _answer(self, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cli.statements._PAUSE_SECONDS", 0.001)
    handler = type("Handler", (Gateway,), {"taken": [], "asked": [], "named": [], "queries": [], "breaks": 1})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    caller = client.Gateway(f"http://127.0.0.1:{server.server_port}", "token")
    yield caller, handler
    caller.close()
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_an_upload_that_breaks_off_goes_on_from_what_came_under_the_same_key(gateway):
    caller, handler = gateway
    content = bytes(3 * 1024 * 1024)
    seen: list[int] = []

    loaded = ingest_file(caller, "a.csv", BytesIO(content), moved=seen.append)

    assert loaded["statementId"] == "stm_1"
    (first_key, first_start), (second_key, end) = handler.taken
    assert (first_key, first_start) == (second_key, 0)
    assert end == len(content)
    assert handler.named == ["", hashlib.sha256(content).hexdigest()]
    assert seen[-1] == len(content)


def test_what_is_said_of_a_file_is_said_again_when_its_upload_goes_on(gateway, monkeypatch, tmp_path: Path):
    caller, handler = gateway
    monkeypatch.setattr("cli.client.connect", lambda: caller)
    (tmp_path / "card.csv").write_bytes(bytes(3 * 1024 * 1024))

    bihuan("statement", "ingest", "--account", "62221111", "--channel", "cmb", tmp_path / "card.csv")

    assert len(handler.queries) == 2
    for query in handler.queries:
        assert (query["accountNo"], query["channel"]) == (["62221111"], ["cmb"])


def test_who_keeps_equal_lines_is_said_with_why(gateway, monkeypatch, tmp_path: Path):
    caller, handler = gateway
    handler.breaks = 0
    monkeypatch.setattr("cli.client.connect", lambda: caller)
    (tmp_path / "fees.sta").write_bytes(bytes(10))

    half = bihuan("statement", "ingest", "--keep-equal", "--by", "li.na", tmp_path / "fees.sta")
    bihuan("statement", "ingest", "--keep-equal", "--by", "li.na", "--reason", "2 fees", tmp_path / "fees.sta")

    assert half.exit_code == 2
    for query in handler.queries:
        assert (query["keepEqualLines"], query["vouchedBy"], query["reason"]) == (["true"], ["li.na"], ["2 fees"])
    assert handler.queries


def test_an_upload_that_never_gets_through_ends_with_the_reason(gateway):
    caller, handler = gateway
    handler.breaks = 99

    with pytest.raises(NoAnswer, match="no answer"):
        ingest_file(caller, "a.csv", BytesIO(bytes(3 * 1024 * 1024)))

    assert len(handler.taken) == 4


def test_what_is_missing_is_listed_with_its_deadline_and_cause(gateway, monkeypatch: pytest.MonkeyPatch):
    caller, handler = gateway
    monkeypatch.setattr("cli.client.connect", lambda: caller)

    done = bihuan("statement", "fetches", "--state", "missing", "--source", "city_water")

    assert done.exit_code == 0, done.output
    (asked,) = (parse_qs(urlsplit(path).query) for path in handler.asked)
    assert asked == {"state": ["STATE_MISSING"], "sourceId": ["city_water"], "pageSize": ["50"]}
    for words in ("STATEMENT_MISSING", "2026-03-02 04:00:00", "NOT_THERE HTTP 404", "LOADED late 迟到", "stm_1"):
        assert words in " ".join(done.stdout.split()), words
    assert "\x1b" not in done.stdout


def test_a_file_that_is_loaded_by_hand_for_a_fetch_bears_its_request(
    gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    caller, handler = gateway
    handler.breaks = 0
    sent = []
    monkeypatch.setattr("cli.client.connect", lambda: caller)
    monkeypatch.setattr("cli.statements.statement_line", lambda loaded: sent.append(loaded) or "")
    (tmp_path / "bill.csv").write_bytes(BILL)

    done = bihuan("statement", "ingest", tmp_path / "bill.csv", "--fetch", "2026-03-01.city_water")
    two = bihuan("statement", "ingest", tmp_path / "bill.csv", tmp_path / "bill.csv", "--fetch", "x")

    assert (done.exit_code, two.exit_code) == (0, 2), done.output
    assert [key for key, _ in handler.taken] == ["fetch.2026-03-01.city_water"]
