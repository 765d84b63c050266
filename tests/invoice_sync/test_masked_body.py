"""domain.masked_body: nothing of a person or a firm is shown that the contract hides, whatever the body is."""

import hashlib
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoice_sync.domain.masked_body import RAW_BYTES_MAX, VIEW_BYTES_MAX, masked_view

SELLER_TAX_ID, BUYER_TAX_ID = "91420100MA4KXXXX0A", "914201007145678902"
DOCUMENT = {
    "schema": 1,
    "seller": {"name": "武汉水务集团", "tax_id": SELLER_TAX_ID},
    "buyer": {"title": "张三丰", "tax_id": BUYER_TAX_ID},
    "currency": "CNY",
    "amount_minor": 12_345,
    "order_no": "A-1",
    "issue_date": "2026-03-01",
}


def body_of(value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def view_of(value):
    return json.loads(masked_view(body_of(value)))


def test_a_document_shows_its_form_and_its_amount_and_neither_names_nor_tax_ids():
    assert view_of(DOCUMENT) == {
        **DOCUMENT,
        "seller": {"name": "武**", "tax_id": "9142****XX0A"},
        "buyer": {"title": "张**", "tax_id": "9142****8902"},
    }


names = st.text(alphabet="张三李四武汉水务", min_size=2, max_size=12)
tax_ids = st.text(alphabet=string.digits, min_size=6, max_size=8).flatmap(
    lambda digits: st.text(alphabet=string.digits + "ABCDXYZ", min_size=12, max_size=12).map(lambda end: digits + end)
)


@given(names, tax_ids, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans(), st.integers(0, 400))
def test_no_name_and_no_tax_id_of_a_document_survives_whole_wrapped_or_cut(name, tax_id, encoding, wrapped, cut):
    document = {
        **DOCUMENT,
        "buyer": {"title": name, "tax_id": tax_id},
        "note": f"{name}，税号{tax_id}。",
        "echo": [f"for {tax_id}", {"buyer": name}],
    }
    raw = json.dumps({"content": json.dumps(document)} if wrapped else document, ensure_ascii=False).encode(encoding)

    for view in (masked_view(raw), masked_view(raw[:-cut] if cut else raw)):
        assert name not in view
        assert tax_id not in view


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("buyerName", "李四", "李**"),
        ("购买方名称", "李四", "李**"),
        ("gmfmc", "李四", "李**"),
        ("contact", ["李四", "王五"], ["李**", "王**"]),
        ("name", {"zh": "李四"}, {"zh": "李**"}),
        ("taxpayer_id", BUYER_TAX_ID, "9142****8902"),
        ("gmfnsrsbh", BUYER_TAX_ID.lower(), "9142****8902"),
        ("tax_no", "short", "****"),
        ("taxNum", 914201007145678, "9142****5678"),
        ("address", "武汉市武昌区", "****"),
        ("mobile", "13800138000", "****8000"),
        ("phone", 13800138000, "****8000"),
        ("bank_account", "6222020200112233445", "****3445"),
        ("email", "li@example.com", "l**@****"),
        ("access_token", "abc", "****"),
        ("buyer_title", "", ""),
        ("name", None, None),
    ],
)
def test_a_field_is_masked_by_what_its_name_says(field, value, shown):
    assert view_of({field: value}) == {field: shown}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"税号{BUYER_TAX_ID}不存在", "税号9142****8902不存在"),
        (f"no {SELLER_TAX_ID.lower()}.", "no 9142****xx0a."),
        ("420100198001011234", "4201****1234"),
        ("请致电13800138000。", "请致电****8000。"),
        ("+86 138-0013-8000", "****8000"),
        ("027-87654321", "****4321"),
        ("写信li.si@example.com", "写**@****"),
        ("a" * 64, "a" * 64),
        ("inv_0192f0c1e2d37a4b8c5d6e7f80910213", "inv_0192f0c1e2d37a4b8c5d6e7f80910213"),
        ("acknowledgements", "acknowledgements"),
        ("E4003 at 2026-03-01T12:00:00Z", "E4003 at 2026-03-01T12:00:00Z"),
        ("QUJD" * 20, "(80 characters)"),
    ],
)
def test_in_any_text_the_form_gives_it_away(text, shown):
    assert view_of({"message": text}) == {"message": shown}


def test_a_key_that_is_a_tax_id_is_masked_too():
    assert view_of({BUYER_TAX_ID: 1}) == {"9142****8902": 1}


def test_numbers_stay_unless_they_are_as_long_as_a_tax_id():
    assert view_of([12_345, 1.5, True, None, 914201007145678902]) == [12_345, 1.5, True, None, "9142****8902"]


def test_the_names_of_a_document_are_hidden_in_the_answer_to_it():
    answer = body_of({"code": "E4005", "message": "张三丰 is not known"})

    assert json.loads(masked_view(answer, names=["张三丰"])) == {"code": "E4005", "message": "张** is not known"}
    assert "张三丰" not in masked_view("张三丰 is not known".encode(), names=["张三丰"])


@pytest.mark.parametrize(
    ("raw", "opening"),
    [
        (b"upstream timed out after 30 s", ", begins: upstream timed out after ** s"),
        (b"<html><title>502</title>", ", begins: <html><title>…</title>"),
        ("<name>张三</name>".encode(), ", begins: <name>…</name>"),
        ("code=1&name=张三".encode(), ", begins: code=…&name=…"),
        ('{"name": "张三", "id'.encode(), ""),
        ('"张三"'.encode(), ""),
        (b"", ""),
        (b"\x00\x01ok\x7f", ", begins: ok"),
    ],
)
def test_what_is_no_json_is_told_by_length_hash_and_opening(raw, opening):
    assert masked_view(raw) == f"{len(raw)} bytes, SHA-256 {hashlib.sha256(raw).hexdigest()}{opening}"


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: json.dumps([text, {text: text}]).encode()))
def test_whatever_the_body_is_there_is_a_view_that_can_be_stored(raw):
    assert len(masked_view(raw).encode()) <= VIEW_BYTES_MAX


def test_a_view_is_bounded_in_length_and_in_depth():
    long = masked_view(body_of(["税" * 5000]))
    assert len(long.encode()) <= VIEW_BYTES_MAX
    assert long.endswith("… (cut off)")

    deep: list = ["张三"]
    for _ in range(100):
        deep = [deep]
    assert "张三" not in masked_view(body_of(deep))
    assert masked_view(b"[" * 100_000).startswith("100000 bytes, SHA-256 ")
    assert masked_view(b"[" + b" " * RAW_BYTES_MAX + b"]").startswith(f"{RAW_BYTES_MAX + 2} bytes")
