"""What is refused before any layout is known, and the words in which it is refused."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciler import statements
from services.reconciler.statements import StatementRefused
from services.reconciler.statements.refusal import RULES
from tests.support.statements import read_file

HEADER = "交易时间,公众账号ID,商户号,特约商户号\r\n"


def refusal(raw: bytes) -> StatementRefused:
    with pytest.raises(StatementRefused) as refused:
        read_file(raw)
    return refused.value


def zipped(content: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("业务明细.csv", content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "E-EMPTY"),
        (zipped(b"%PDF-1.7"), "E-CONTAINER"),
        (zipped(zipped(b"#")), "E-CONTAINER"),
        (zipped(b"#"), "E-PROFILE-NONE"),
        (zipped(b"#")[:-9], "E-CONTAINER"),
        (b"\x1f\x8b\x08\x00 gzip", "E-TRUNCATED"),
        (b"%PDF-1.7", "E-CONTAINER"),
        (HEADER.encode("utf-16"), "E-PROFILE-NONE"),
        (HEADER.encode("utf-16-le"), "E-PROFILE-NONE"),
        (HEADER.encode("utf-32"), "E-ENC-UNSUPPORTED"),
        (HEADER.encode().replace(b"\r\n", b"\x00\r\n"), "E-NUL"),
        (b"\n", "E-PROFILE-NONE"),
        (b"\xff\xfa\xfb", "E-ENC-AMBIGUOUS"),
        (b"date,amount\n2026-03-01,1.00\n", "E-PROFILE-NONE"),
        (HEADER.encode("big5", errors="replace"), "E-PROFILE-NONE"),
    ],
)
def test_what_is_no_statement_is_refused_with_a_clear_code(raw, code):
    assert refusal(raw).code == code


def test_a_refusal_says_in_two_languages_what_is_wrong_and_what_to_do():
    refused = refusal(b"%PDF-1.7")

    assert "zip" in refused.rule
    assert "send" in refused.cure
    assert "压缩包" in refused.rule_zh
    assert "解压" in refused.cure_zh
    assert str(refused).startswith("E-CONTAINER (value 'pdf'): ")


def test_a_refusal_quotes_at_most_eighty_characters_of_the_file():
    assert refusal(b"x" * 1000).value == "x" * 80


def test_every_code_that_the_service_names_has_its_sentences_and_no_other_has():
    folder = Path(statements.__file__).parents[1]
    sources = [path.read_text("utf-8") for path in folder.rglob("*.py") if path.name != "refusal.py"]

    raised = {code for source in sources for code in re.findall(r'"([EW]-[A-Z0-9-]+)"', source)}

    assert raised == set(RULES)
    assert all(all(rule) for rule in RULES.values())


@given(
    st.binary(max_size=300) | st.text(max_size=100).map(lambda text: (HEADER + text).encode("utf-8", "surrogatepass"))
)
def test_no_bytes_at_all_do_anything_but_be_refused(raw):
    assert refusal(raw).code in RULES
