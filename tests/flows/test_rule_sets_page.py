"""docs/rule-sets.md: every command works as it is printed, in its order, and says what the page says it does."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from cli import addresses
from tests.support.system import System

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/rule-sets.md").read_text("utf-8")
_BLOCK = re.compile(r"```(sh|text)\n(.*?)```", re.DOTALL)
_SECONDS = 240


@pytest.mark.timeout(400)
async def test_every_command_of_the_page_about_rule_sets_says_what_the_page_says(system: System, tmp_path: Path):
    blocks = _BLOCK.findall(PAGE)
    (tmp_path / ".bihuan").mkdir()
    addresses.save(system.stack.addresses, tmp_path / ".bihuan/stack.json")
    shutil.copy(system.stack.addresses.admin_key_file, tmp_path / ".bihuan/admin.key")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "NO_PROXY": "127.0.0.1", "PATH": path, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}"}
    script = "set -eu\n" + "".join(
        f"echo '=== {at}'\n{text if kind == 'sh' else ''}" for at, (kind, text) in enumerate(blocks)
    )

    shell = await asyncio.create_subprocess_exec(
        *("bash", "-c", script),
        cwd=tmp_path,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complaints = await asyncio.wait_for(shell.communicate(), _SECONDS)
    except TimeoutError:
        shell.kill()
        raise

    assert shell.returncode == 0, complaints.decode() + said.decode()[-2000:]
    parts = re.split(r"^=== \d+\n", said.decode(), flags=re.MULTILINE)[1:]
    assert len(parts) == len(blocks)
    for at, (kind, promised) in enumerate(blocks):
        if kind == "text":
            _in_order(promised.splitlines(), _plain(parts[at - 1]))


def _plain(said: str) -> str:
    """Without the frames of tables, in which a long cell stands on several lines."""
    return re.sub(r"[\s│┃━─┏┓┗┛┡┩└┘├┤┬┴┼╇┳┻]+", " ", said)


def _in_order(promised: list[str], said: str) -> None:
    at = 0
    for line in promised:
        found = said.find(line, at)
        assert found >= 0, f"{line!r} is not in what follows: {said[at:][:1500]}"
        at = found + len(line)
