"""The rules of papers without a database: capitals, the XML, the PDF as a reader sees it, copies, links, tries."""

import hashlib
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.money import Money
from services.invoice_sync.domain.archive import ArchivePolicy, next_look, next_try
from services.invoice_sync.domain.capitals import in_capitals
from services.invoice_sync.domain.delivery import DeliveryState, MailOutcome, MailPolicy, after_try
from services.invoice_sync.domain.link import Link, LinkFlaw, LinkPurpose, open_link, sign_link
from services.invoice_sync.domain.original import (
    Line,
    NoOriginal,
    Original,
    read_xml,
    red_remark,
    said_by,
    write_xml,
)
from services.invoice_sync.paper.pdf import qr_text
from tests.invoice_sync.paper_bench import copier

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
KEYS = {"new": bytes(range(32)), "old": bytes(32)}
_DIGITS = {digit: at for at, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"拾": 10, "佰": 100, "仟": 1_000, "万": 10_000, "亿": 100_000_000}
LONG_TITLE = "中华人民共和国江城水务集团有限公司武汉东湖新技术开发区分公司暨长江经济带水资源综合利用示范项目" * 2


@pytest.mark.parametrize(
    ("amount_minor", "said"),
    [
        (0, "零圆整"),
        (1, "壹分"),
        (10, "壹角整"),
        (101, "壹圆零壹分"),
        (12_345, "壹佰贰拾叁圆肆角伍分"),
        (170_000, "壹仟柒佰圆整"),
        (1_640_902, "壹万陆仟肆佰零玖圆零贰分"),
        (10_700_053, "壹拾万柒仟圆伍角叁分"),
        (100_010_000, "壹佰万零壹佰圆整"),
        (1_000_000_100, "壹仟万零壹圆整"),
        (100_000_000_000, "壹拾亿圆整"),
        (123_456_789_012_345, "壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁圆肆角伍分"),
        (-12_345, "（负数）壹佰贰拾叁圆肆角伍分"),
    ],
)
def test_an_amount_is_written_in_capitals_as_cheques_have_it(amount_minor: int, said: str):
    assert in_capitals(amount_minor) == said


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_capitals_read_back_to_the_fen(amount_minor: int):
    assert _value(in_capitals(amount_minor)) == amount_minor


def test_the_xml_says_what_the_frozen_document_says_and_nothing_else():
    document = (
        '{"amount_minor":12345,"buyer":{"tax_id":"","title":"个人"},"currency":"CNY","issue_date":"2026-03-01",'
        '"order_no":"NO1","schema":1,"seller":{"name":"武汉水务","tax_id":"91420100MA4KXYZ123"}}'
    ).encode()

    xml = write_xml(said_by(document, "26420000000000012345"))

    assert xml == write_xml(said_by(document, "26420000000000012345"))
    said = read_xml(xml)
    assert (said.number, said.total, said.total_in_capitals) == (
        "26420000000000012345",
        Money("CNY", 12_345),
        "壹佰贰拾叁圆肆角伍分",
    )
    text = xml.decode()
    assert "<TotalTax-includedAmountInChinese>壹佰贰拾叁圆肆角伍分<" in text
    for unknown in ("TotalTaxAm", "TotalAmWithoutTax", "IssuItemInformation", "Drawer", "LabelName", "BuyerIdNum"):
        assert unknown not in text


def test_the_xml_of_a_red_letter_names_the_blue_invoice_and_its_form():
    document = (
        '{"amount_minor":-100,"buyer":{"tax_id":"","title":"个人"},"currency":"CNY","issue_date":"2026-03-01",'
        '"kind":"RED","red_of":"26420000000000012345","red_form_id":"rf_1","schema":2,'
        '"seller":{"name":"武汉水务","tax_id":"91420100MA4KXYZ123"}}'
    ).encode()

    said = read_xml(write_xml(said_by(document, "26420000000000099999")))

    assert said.is_red
    assert said.remark == red_remark("26420000000000012345", "rf_1")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<EInvoice>",
        b"<Other/>",
        b"<EInvoice/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><EInvoice/>',
        b"<EInvoice><Header><EIid>1</EIid></Header></EInvoice>",
        b"x" * (4 * 1024 * 1024 + 1),
    ],
    ids=["nothing", "no end", "another root", "no number", "an entity", "no total", "too large"],
)
def test_what_is_no_xml_of_an_invoice_is_refused(raw: bytes):
    with pytest.raises(NoOriginal):
        read_xml(raw)


@settings(max_examples=30)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=100))
def test_any_name_stands_in_the_xml_as_it_is(name: str):
    said = Original("1", "2026-03-01", Money("CNY", 1), name, "", name, "")

    assert read_xml(write_xml(said)).seller_name == name


def test_equal_xml_makes_equal_bytes_of_a_pdf():
    xml = write_xml(_plain())

    assert copier().copy(xml, "ab" * 32) == copier().copy(xml, "ab" * 32)


def test_a_reader_finds_everything_on_the_pdf_and_it_says_that_it_is_a_copy():
    xml = write_xml(_plain())
    sha256 = hashlib.sha256(xml).hexdigest()

    (text,) = _texts(copier().copy(xml, sha256))

    for words in (
        "电子发票",
        "26420000000000012345",
        "2026年03月01日",
        "江城水务集团有限公司",
        "91420100MA4K0DEM01",
        "壹佰贰拾叁圆肆角伍分",
        "¥123.45",
        "由XML原件生成的副本",
        sha256,
        "第1页/共1页",
    ):
        assert words in text, words
    assert "红字" not in text


def test_a_red_letter_is_marked_and_bears_its_sign():
    said = Original("2642", "2026-03-01", Money("CNY", -12_345), "水务", "", "个人", "", remark=red_remark("1", "rf_1"))

    (text,) = _texts(copier().copy(write_xml(said), ""))

    assert "红字发票" in text
    assert "（负数）壹佰贰拾叁圆肆角伍分" in text
    assert "¥-123.45" in text
    assert "被红冲蓝字数电发票号码：1" in text


def test_many_lines_go_over_pages_with_their_head_and_none_is_lost_or_runs_off_the_paper():
    said = _long()

    pdf = copier().copy(write_xml(said), "ab" * 32)

    texts = _texts(pdf)
    assert len(texts) > 5
    assert all("项目名称" in text and said.number in text for text in texts[:-1])
    whole = "".join(texts)
    for no in range(1, 61):
        assert f"自来水第{no}期" in whole
        assert f"DN{no}-ABCDEFGHIJKLMNOPQRSTUVWXYZ" in whole
    assert said.buyer_title in whole
    assert "龘𠮷" in whole
    assert "#bad[]$x$*b*`code`" in whole  # markup in what the XML says stays text
    assert f"¥{said.amount_without_tax}" in texts[-1]
    for page in pypdfium2.PdfDocument(pdf):
        assert not _ink_near_the_edge(page)


def test_rare_signs_of_names_are_signs_and_not_the_box_for_one_that_is_missing():
    box = _picture_of("\ue000")  # for private use: no font has it

    for sign in ("龘", "𠮷", "㐂", "Ⅷ", "é"):
        assert _picture_of(sign) != box, sign


def test_the_qr_code_on_the_paper_reads_as_the_xml_says():
    said = _plain()
    page = pypdfium2.PdfDocument(copier().copy(write_xml(said), ""))[0]

    (found,) = zxingcpp.read_barcodes(page.render(scale=3, grayscale=True).to_numpy())

    assert found.text == qr_text(said) == "01,,,26420000000000012345,123.45,20260301,,"


@given(st.floats(0, 1), st.integers(0, 100))
def test_a_whole_copy_is_read_again_within_the_period_and_a_silent_place_never_given_up(jitter: float, tries: int):
    policy = ArchivePolicy(verify_seconds=100, retry_seconds=5, retry_seconds_max=60)

    assert NOON < next_look(NOON, jitter, policy) <= NOON + timedelta(seconds=100)
    assert NOON < next_try(tries, NOON, jitter, policy) <= NOON + timedelta(seconds=60)


@given(st.sampled_from(MailOutcome), st.integers(1, 20), st.floats(0, 1))
def test_a_mail_is_never_called_given_up_when_it_may_have_been_taken_and_its_tries_end(
    outcome: MailOutcome, tries: int, jitter: float
):
    policy = MailPolicy(tries_max=5)

    then = after_try(outcome, tries, NOON, NOON, jitter, policy)

    if outcome is MailOutcome.UNKNOWN:
        assert then.state is DeliveryState.UNKNOWN
    if outcome is MailOutcome.NO_PAPER_EVER or (outcome is not MailOutcome.NO_PAPER and tries >= policy.tries_max):
        assert then.due_at is None
    assert then.due_at is None or then.due_at > NOON


def test_a_mail_waits_for_papers_so_long_as_an_invoice_may_take_and_then_ends():
    policy, age = MailPolicy(), timedelta(days=30)

    young = after_try(MailOutcome.NO_PAPER, 1, NOON, NOON + age, 0.5, policy)
    old = after_try(MailOutcome.NO_PAPER, 1, NOON, NOON + age + timedelta(seconds=1), 0.5, policy)

    assert (young.state, old.state, old.due_at) == (DeliveryState.QUEUED, DeliveryState.GIVEN_UP, None)


def test_a_link_opens_until_it_expires_and_by_the_old_key_too():
    link = Link(LinkPurpose.STATUS, "inv_1", NOON + timedelta(hours=1))

    for signing in (KEYS, {"old": KEYS["old"]}):
        assert open_link(sign_link(link, signing), KEYS, NOON) == link
    assert open_link(sign_link(link, KEYS), KEYS, NOON + timedelta(hours=1)) is LinkFlaw.EXPIRED
    gone = {"new": KEYS["new"]}
    assert open_link(sign_link(link, {"old": KEYS["old"]}), gone, NOON) is LinkFlaw.FORGED


@given(st.data())
def test_a_token_that_was_changed_anywhere_opens_nothing(data):
    link = Link(LinkPurpose.STATUS, "inv_1", NOON + timedelta(hours=1))
    token = sign_link(link, KEYS)
    at = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda one: one != token[at]))

    opened = open_link(token[:at] + sign + token[at + 1 :], KEYS, NOON)

    # The last sign of the mac has bits that count for nothing.
    assert opened is LinkFlaw.FORGED or at == len(token) - 1


def test_who_has_a_link_for_the_state_cannot_make_it_one_for_downloads():
    token = sign_link(Link(LinkPurpose.STATUS, "inv_1", NOON + timedelta(hours=1)), KEYS)

    assert open_link(token.replace(".S.", ".D."), KEYS, NOON) is LinkFlaw.FORGED
    assert open_link("", KEYS, NOON) is LinkFlaw.FORGED
    assert open_link(token + "\n", KEYS, NOON) is LinkFlaw.FORGED


def _plain() -> Original:
    total = Money("CNY", 12_345)
    number, seller = "26420000000000012345", "江城水务集团有限公司"
    return Original(number, "2026-03-01", total, seller, "91420100MA4K0DEM01", "个人", "")


def _long() -> Original:
    lines = tuple(
        Line(
            f"*水冰雪*自来水第{no}期",
            f"DN{no}-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "立方米",
            f"{no}.123456",
            "3.4567890123",
            f"{no * 100}.00",
            "0.06" if no % 3 else "免税",
            f"{no * 6}.00",
        )
        for no in range(1, 61)
    )
    return Original(
        "26420000000000012346",
        "2026-03-01",
        Money("CNY", 10_000_000_001),
        LONG_TITLE[:100],
        "91420100MA4K0DEM01",
        ("龘𠮷" + LONG_TITLE)[:100],
        "91420100MA4KXYZ123A1",
        label="普通发票",
        amount_without_tax="94339622.65",
        tax="5660377.36",
        drawer="张三",
        remark="#bad[] $x$ *b* `code` " + "很长的备注，" * 30,
        lines=lines,
    )


def _texts(pdf: bytes) -> list[str]:
    """The text of each page without blanks and places to break at."""
    read = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]
    return ["".join(text.replace("\u200b", "").replace("\ufffe", "").split()) for text in read]


def _picture_of(name: str) -> bytes:
    """The buyer's corner of the page of one with this name."""
    said = Original("2642", "2026-03-01", Money("CNY", 1), "水务", "", name, "")
    page = pypdfium2.PdfDocument(copier().copy(write_xml(said), ""))[0]
    return bytes(page.render(scale=2, grayscale=True).buffer)


def _ink_near_the_edge(page: pypdfium2.PdfPage) -> bool:
    """Whether anything is printed within four millimetres of a side."""
    picture = page.render(scale=1, grayscale=True)
    rows = [bytes(picture.buffer)[at * picture.stride :][: picture.width] for at in range(picture.height)]
    margin = 11
    sides = [*rows[:margin], *rows[-margin:], *(row[:margin] + row[-margin:] for row in rows)]
    return any(min(side) < 250 for side in sides)


def _value(said: str) -> int:
    """The fen of capitals, read sign by sign."""
    yuan, _, rest = said.partition("圆") if "圆" in said else ("", "", said)
    fen = 0
    for unit, worth in (("角", 10), ("分", 1)):
        if unit in rest:
            fen += _DIGITS[rest[rest.index(unit) - 1]] * worth
    return _yuan(yuan) * 100 + fen


def _yuan(text: str) -> int:
    for unit in ("亿", "万"):
        if unit in text:
            before, _, after = text.rpartition(unit)
            return _yuan(before) * _UNITS[unit] + _yuan(after)
    value, digit = 0, 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        else:
            value, digit = value + digit * _UNITS[sign], 0
    return value + digit
