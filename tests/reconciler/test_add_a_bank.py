"""The page that tells how to add a bank holds: its example is read as it says, and it documents every key."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from services.reconciler.statements import Source, check_statement, load_profiles
from services.reconciler.statements.localtime import TimeFormat
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_files import parse_profile

PAGE = (Path(__file__).parents[2] / "docs" / "add-a-bank.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"{len(found)} blocks of {language}"
    return found[0]


def test_the_made_up_bank_of_the_page_is_read_by_the_profile_of_the_page():
    file = block("csv").encode("gb18030")
    profile = parse_profile("seaside.debit.yaml", block("yaml"))

    summary = check_statement(Source.of_bytes(file), [*load_profiles(), profile])

    assert (summary.profile_id, summary.encoding, summary.account_no) == (
        "seaside.debit",
        "gb18030",
        "6228000011112222",
    )
    assert summary.loadable
    assert (summary.rows.booked, summary.sums_in, summary.sums_out) == (3, {"CNY": 500000}, {"CNY": -102340})
    assert [control.name for control in summary.controls if control.ties] == ["收入合计", "支出合计", "余额"]


def test_the_damages_that_the_page_asks_for_are_found():
    whole, profile = block("csv"), parse_profile("seaside.debit.yaml", block("yaml"))
    lines = whole.splitlines(keepends=True)
    damages = {
        "cut": whole[:-120],
        "an amount changed": whole.replace("23.40", "23.41", 1),
        "a row dropped": "".join([*lines[:4], *lines[5:]]),
    }

    for name, damaged in damages.items():
        summary = check_statement(Source.of_bytes(damaged.encode("gb18030")), [profile])
        assert not summary.loadable, name


def test_a_padded_layout_ends_at_the_word_that_the_page_tells_to_write_without_the_comma():
    _, after = PAGE.split("## From the draft to the profile")
    assert "write\n  `'^合计'`, without the comma" in after
    padded = block("csv").replace("合计,", "合计\t,").encode("gb18030")

    checked = {
        end: check_statement(
            Source.of_bytes(padded), [parse_profile("seaside.debit.yaml", block("yaml").replace("'^合计,'", end))]
        )
        for end in ("'^合计'", "'^合计,'")
    }

    assert [summary.loadable for summary in checked.values()] == [True, False]


def test_the_places_that_the_page_names_are_there():
    root = Path(__file__).parents[2]
    named = re.findall(r"`((?:tests|services)/[a-z_/.]+)`", PAGE)

    assert "tests/reconciler/test_statement_golden_cn.py" in named
    made_up = "services/reconciler/profiles/seaside.debit.yaml"
    assert [name for name in named if name != made_up and not (root / name).exists()] == []


def test_the_page_documents_every_key_of_the_language_and_no_other():
    documented = {
        section.split("\n", 1)[0].strip(): set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))
        for section in PAGE.split("\n### ")[1:]
    }

    assert documented == {
        kind.__name__: {field.name.rstrip("_") for field in fields(kind)} for kind in language(Profile)
    }


def language(kind: type) -> set[type]:
    """The dataclasses that a profile is made of."""
    found = {kind}
    for hint in get_type_hints(kind).values():
        for part in parts(hint):
            if is_dataclass(part) and isinstance(part, type) and part is not TimeFormat:
                found |= language(part)
    return found


def parts(hint: Any) -> list[Any]:
    return [hint, *(part for argument in get_args(hint) for part in parts(argument))]
