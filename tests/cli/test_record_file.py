"""`bihuan record FILE`: a bad line is told by its number, before anything is sent."""

import pytest

from cli.client import Unable
from cli.payments import read_file

GOOD = '{"merchantId": "a", "merchantOrderNo": "1"}\n'


@pytest.mark.parametrize("bad", ["not json", '{"merchantId": "a"}', "[]", ""])
def test_a_bad_line_is_told_by_its_number(tmp_path, bad: str):
    file = tmp_path / "payments.jsonl"
    file.write_text(f"{GOOD}{bad}\n{GOOD}", "utf-8")

    with pytest.raises(Unable, match=r"payments\.jsonl line 2"):
        read_file(file)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    file = tmp_path / "payments.jsonl"
    file.write_bytes("{'a': '水'}".encode("gbk"))

    with pytest.raises(Unable, match="UTF-8"):
        read_file(file)


def test_good_lines_are_read(tmp_path):
    file = tmp_path / "payments.jsonl"
    file.write_text(GOOD * 3, "utf-8")

    assert len(read_file(file)) == 3
