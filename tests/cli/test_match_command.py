from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from typer.testing import CliRunner

from cli.main import app
from services.reconciler.matching.frames import LINES, PAYMENTS
from tests.matching.rows import HEAD, a_line, a_payment


def test_two_files_and_a_rule_set_are_matched_at_the_terminal(tmp_path: Path) -> None:
    payment = a_payment("p1")
    pq.write_table(pa.Table.from_pylist([payment], PAYMENTS), tmp_path / "p.parquet")
    pq.write_table(pa.Table.from_pylist([a_line("l1", payment)], LINES), tmp_path / "l.parquet")
    (tmp_path / "r.yaml").write_text(HEAD, "utf-8")
    files = ["--payments", str(tmp_path / "p.parquet"), "--lines", str(tmp_path / "l.parquet")]

    done = CliRunner().invoke(app, ["match", *files, "--rules", str(tmp_path / "r.yaml"), "--out", str(tmp_path / "o")])

    assert done.exit_code == 0, done.output
    assert "1 payments, 1 lines" in done.output
    assert "MATCHED" in done.output
    assert pq.read_table(tmp_path / "o/results.parquet")["group_id"].to_pylist() == ["l1", "l1"]


def test_a_rule_set_with_faults_is_refused_with_all_of_them(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([a_payment("p1")], PAYMENTS), tmp_path / "p.parquet")
    (tmp_path / "r.yaml").write_text(HEAD.replace("keys:", "key:").replace("version:", "vers:"), "utf-8")
    files = ["--payments", str(tmp_path / "p.parquet"), "--lines", str(tmp_path / "p.parquet")]

    done = CliRunner().invoke(app, ["match", *files, "--rules", str(tmp_path / "r.yaml"), "--out", str(tmp_path / "o")])

    assert done.exit_code == 1
    assert "unknown key vers" in done.output
    assert "unknown key rules[0].key" in done.output
