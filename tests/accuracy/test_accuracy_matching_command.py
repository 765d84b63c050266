"""`make accuracy`: what it prints, what it leaves, and when it fails."""

import json

import pytest

from accuracy.matching.__main__ import main
from services.reconciler.rules.rule_files import DEFAULT


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PEERS", "")
    return tmp_path


def test_it_prints_every_set_and_class_and_leaves_all_figures_in_a_file(here, capsys, monkeypatch):
    monkeypatch.setenv("SEEDS", "1-2")

    assert main(["", "none", "300"]) == 0

    told = capsys.readouterr().out
    assert told.count("\nbihuan ") == 2
    assert "\nCLEAN " in told
    left = json.loads((here / "matching.json").read_text("utf-8"))
    metrics = {one["metric"]: one for one in left["metrics"]}
    assert (metrics["wrong_auto_posts"]["value"], metrics["wrong_auto_posts"]["holds"]) == (0, True)
    assert [(case["seed"], case["noise"], case["size"]) for case in left["cases"]] == [
        (1, "none", 300),
        (2, "none", 300),
    ]


def test_a_rule_set_that_posts_wrongly_fails(here, capsys, monkeypatch):
    # A number with whatever amount is posted.
    strict, loose = "[channel, channel_txn_no, currency_code, amount_minor]", "[channel, channel_txn_no, currency_code]"
    rules = DEFAULT.read_text("utf-8").replace(strict, loose, 1)
    (here / "loose.yaml").write_text(rules, "utf-8")
    monkeypatch.setenv("RULES", str(here / "loose.yaml"))

    assert main(["1", "payer", "600"]) == 1

    assert "wrong_auto_posts" in capsys.readouterr().out
