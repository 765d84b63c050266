"""docs/integrating.md: every example works as it is printed, in its order, and says what the page says it does."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import addresses
from tests.support.system import System

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/integrating.md").read_text("utf-8")
_BLOCK = re.compile(r"```(sh|python|text)\n(.*?)```", re.DOTALL)
_SECONDS = 240


def script() -> Iterator[str]:
    """The page's blocks as one script of bash, its parts divided by a line with each part's number."""
    yield "set -eu\n"
    for number, (language, text) in enumerate(_BLOCK.findall(PAGE)):
        yield f"echo '=== {number}'\n"
        if language == "sh":
            yield text
        elif language == "python":
            yield f"{sys.executable} - <<'END_OF_PYTHON'\n{text}END_OF_PYTHON\n"


@pytest.mark.timeout(400)  # it starts some forty processes, one after the other
@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples need curl")
async def test_every_example_of_the_page_for_integrators_says_what_the_page_says(system: System, tmp_path: Path):
    (tmp_path / ".bihuan").mkdir()
    addresses.save(system.stack.addresses, tmp_path / ".bihuan/stack.json")
    shutil.copy(system.stack.addresses.admin_key_file, tmp_path / ".bihuan/admin.key")
    environ = {
        **os.environ,
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}:{ROOT / 'client'}",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    shell = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        "".join(script()),
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
    blocks = _BLOCK.findall(PAGE)
    assert len(parts) == len(blocks)
    for number, (language, promised) in enumerate(blocks):
        if language == "text":
            in_order(promised.splitlines(), parts[number - 1])


def in_order(promised: list[str], said: str) -> None:
    """Each line of what a page promises stands in what was said, after the one before it."""
    at = 0
    for line in promised:
        found = said.find(line, at)
        assert found >= 0, f"{line!r} is not in what is left: {said[at:]}"
        at = found + len(line)


def test_every_example_that_the_page_promises_something_of_is_told_what():
    blocks = [language for language, _ in _BLOCK.findall(PAGE)]

    assert blocks.count("text") >= blocks.count("sh") + blocks.count("python") - 2
    assert all(blocks[at - 1] != "text" for at, language in enumerate(blocks) if language == "text")
