"""`bihuan rules check` needs nothing that is up: all faults at once, with the cure in both languages."""

from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set


def check(path: Path) -> Result:
    return CliRunner().invoke(app, ["rules", "check", str(path)])


def test_a_good_rule_set_is_told_with_its_hash():
    done = check(DEFAULT)

    assert done.exit_code == 0
    assert load_rule_set().content_hash in done.stdout
    assert "no fault 无误" in done.stdout


def test_every_fault_is_told_with_its_rule_and_both_cures_and_ends_with_1(tmp_path: Path):
    text = DEFAULT.read_text("utf-8").replace("within_seconds: 600", "within_secs: 600", 1)
    (tmp_path / "rules.yaml").write_text(text.replace("id: default", "id: Default!", 1), "utf-8")

    done = check(tmp_path / "rules.yaml")

    assert done.exit_code == 1
    assert "2 faults" in done.stdout
    for words in ("payer_time", "within_secs", "请改名为 within_seconds 或删除"):
        assert words in done.stdout, words


def test_a_file_that_is_no_yaml_is_told_by_its_line(tmp_path: Path):
    (tmp_path / "rules.yaml").write_text("id: default\nrules: [", "utf-8")

    done = check(tmp_path / "rules.yaml")

    assert done.exit_code == 1
    assert "line 2" in done.stdout
