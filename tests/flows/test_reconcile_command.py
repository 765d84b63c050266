"""`bihuan reconcile` against the running system: what finance sees of a real bill's day."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import client, show
from cli.main import app
from tests.support.system import System

Bihuan = Callable[..., str]


@pytest.fixture
def bihuan(system: System, monkeypatch: pytest.MonkeyPatch) -> Bihuan:
    """Run a command; its output, when it ended well."""
    monkeypatch.setattr(client, "connect", lambda: system.gateway)
    monkeypatch.setattr(show.console, "_width", 250)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, list(arguments))
        assert done.exit_code == 0, done.output
        return done.output

    return run


def row_of(output: str, name: str) -> list[str]:
    """The cells of the table's row that begins with a name."""
    line = next(line for line in output.splitlines() if name in line)
    return [cell.strip() for cell in re.split(r"\s{2,}|│", line) if cell.strip()]


def test_a_real_bill_is_reconciled_with_classes_in_both_languages_and_again_for_nothing(
    system: System, bihuan: Bihuan, fixtures: Path
):
    content = (fixtures / "statements/cn/wechat_trade_all_bom.csv").read_text("utf-8-sig")
    day = re.search(r"`?(20\d\d-\d\d-\d\d) ", content).group(1)
    bihuan("statement", "ingest", str(fixtures / "statements/cn/wechat_trade_all_bom.csv"))

    dry = bihuan("reconcile", "wechat_pay", day, "--dry-run")
    done = bihuan("reconcile", "wechat_pay", day)
    again = bihuan("reconcile", "wechat_pay", day)

    assert "DRY RUN 试跑" in dry
    assert "DRY RUN" not in done
    assert "SUCCEEDED" in done
    assert row_of(done, "all 合计")[-2:] == ["45", "0.33 CNY"]
    assert row_of(done, "EXCEPTION 差异")[-2:] == ["45", "0.33 CNY"]
    assert "CHANNEL_ONLY 长款·平台漏单" in done
    assert "REFUND_CHANNEL_ONLY 渠道有退款平台无" in done
    assert "a line at the channel, nothing in the books" in done
    assert "rules 规则集 default v1" in done
    assert "nothing has changed since run run_" in again
    assert "长款·平台漏单" in bihuan("exceptions", "list", "--channel", "wechat_pay")
