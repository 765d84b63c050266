"""docs/match-files.md names exactly the columns that `bihuan match` reads and writes, with their types."""

import re
from pathlib import Path

import pyarrow as pa
import pytest

from services.reconciler.matching.frames import LINES, PAYMENTS, RESULTS, Disposition

PAGE = (Path(__file__).parents[2] / "docs/match-files.md").read_text("utf-8")
_ROW = re.compile(r"^\| `(\w+)` \| (text|int64)(, may be null)? \|", re.MULTILINE)


@pytest.mark.parametrize(("title", "schema"), [("Payments", PAYMENTS), ("Lines", LINES), ("Results", RESULTS)])
def test_the_page_has_every_column_with_its_type(title: str, schema: pa.Schema):
    section = PAGE.split(f"## {title}")[1].split("\n## ")[0]

    told = [(name, kind, bool(null)) for name, kind, null in _ROW.findall(section)]

    types = {pa.string(): "text", pa.int64(): "int64"}
    assert told == [(field.name, types[field.type], field.nullable) for field in schema]


def test_the_page_has_every_disposition():
    assert [name for name in Disposition if f"`{name}`" not in PAGE] == []
