"""What each code of the sandbox authority's protocol means to us, held against the protocol's own description."""

import re
from pathlib import Path

import pytest

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.tax.sandbox_answer import read_ping, read_query, read_submit
from services.invoice_sync.tax.sandbox_codes import CODES
from services.invoice_sync.tax.wire import Seen

README = Path(__file__).parents[2] / "services/tax_sandbox/README.md"
SHA256 = "0" * 64
NOTHING_KNOWN = (Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.UNKNOWN)


def answered(status: int, code: str) -> Seen:
    return Seen(status, {"code": code, "message": ""} if code else {}, b"{}")


def outcomes(status: int, code: str) -> tuple[Outcome, Outcome, Outcome]:
    seen = answered(status, code)
    return read_submit(seen, SHA256).outcome, read_query(seen, "key", "inv_1").outcome, read_ping(seen).outcome


@pytest.mark.parametrize(
    ("code", "submit", "query"),
    [
        ("E4000", Outcome.REJECTED_SYNTAX, Outcome.UNKNOWN),
        ("E4007", Outcome.REJECTED_BUSINESS, Outcome.UNKNOWN),
        ("E4009", Outcome.REJECTED_BUSINESS, Outcome.UNKNOWN),
        ("E4011", Outcome.AUTH, Outcome.AUTH),
        ("E4040", Outcome.UNKNOWN, Outcome.NOT_FOUND),
        ("E4044", Outcome.UNKNOWN, Outcome.UNKNOWN),
        ("E4090", Outcome.MISMATCH, Outcome.UNKNOWN),
        ("E4290", Outcome.THROTTLED, Outcome.THROTTLED),
        ("E5000", Outcome.UNKNOWN, Outcome.UNKNOWN),
        ("E5030", Outcome.OUTAGE, Outcome.UNKNOWN),
        ("E5500", Outcome.AUTHORITY_FAULT, Outcome.AUTHORITY_FAULT),
        ("E5599", Outcome.AUTHORITY_FAULT, Outcome.AUTHORITY_FAULT),
        ("E9301", Outcome.REJECTED_BUSINESS, Outcome.UNKNOWN),
        ("E9338", Outcome.REJECTED_BUSINESS, Outcome.UNKNOWN),
        ("E9400", Outcome.QUOTA, Outcome.UNKNOWN),
        ("E9402", Outcome.REJECTED_BUSINESS, Outcome.UNKNOWN),
    ],
)
def test_a_code_means_the_same_with_each_status_of_its_own(code, submit, query):
    row = CODES.get(code) or CODES["E55xx"]

    assert {outcomes(status, code)[:2] for status in row.statuses} == {(submit, query)}


def described() -> dict[str, set[int]]:
    rows = re.findall(r"^\| `(E\d{4})` \| ([\d, ]+) \|", README.read_text("utf-8"), re.MULTILINE)
    return {code: {int(status) for status in statuses.split(",")} for code, statuses in rows}


def test_every_code_of_the_protocols_description_is_mapped():
    assert len(described()) > 40
    assert {code for code in described() if code not in CODES and f"{code[:3]}xx" not in CODES} == set()


def test_every_code_that_is_mapped_is_described_and_may_come_with_each_status_described_for_it():
    ours = {code: set(row.statuses) for code, row in CODES.items() if not code.endswith("xx")}

    assert ours.keys() - described().keys() == set()
    assert {code for code, statuses in ours.items() if not statuses >= described()[code]} == set()


def test_a_code_that_is_not_known_is_unknown_whatever_the_status():
    answers = {outcomes(status, "E0000") for status in range(201, 600)}

    assert answers == {NOTHING_KNOWN}


def test_a_code_with_the_status_of_another_is_unknown():
    strangers = [
        (status, code) for code, row in CODES.items() for status in range(201, 600) if status not in row.statuses
    ]

    assert {outcomes(status, code) for status, code in strangers} == {
        (Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.UNKNOWN)
    }


def test_without_a_code_only_a_refused_login_and_too_many_calls_say_anything():
    telling = {status: outcomes(status, "")[:2] for status in range(201, 600)}

    assert {status: told for status, told in telling.items() if told != (Outcome.UNKNOWN, Outcome.UNKNOWN)} == {
        401: (Outcome.AUTH, Outcome.AUTH),
        429: (Outcome.THROTTLED, Outcome.THROTTLED),
    }


def test_no_answer_but_one_of_the_book_itself_says_that_there_is_none():
    found = [
        (status, code)
        for status in range(201, 600)
        for code in ["", "E0000", *CODES]
        if outcomes(status, code)[1] is Outcome.NOT_FOUND
    ]

    assert found == [(404, "E4040")]
