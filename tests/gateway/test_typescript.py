"""A client that openapi-typescript types by our document compiles, and misuse of it does not."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from services.gateway import contract, openapi

HERE = Path(__file__).parent / "typescript"


def _run(folder: Path, *command: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)


@pytest.mark.timeout(300)
def test_a_typescript_client_that_our_document_types_compiles(tmp_path):
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    for file in HERE.iterdir():
        shutil.copy(file, tmp_path)
    (tmp_path / "openapi.json").write_text(json.dumps(openapi.document(contract.load())), "utf-8")
    quietly = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1")
    installed = _run(tmp_path, "npm", "install", *quietly, "--fetch-timeout=30000", seconds=200)
    if installed.returncode:
        pytest.skip(f"npm cannot install what this needs: {installed.stderr.strip().splitlines()[-1:]}")

    typed = _run(tmp_path, "npx", "--no-install", "openapi-typescript", "openapi.json", "--output", "schema.d.ts")
    compiled = _run(tmp_path, "npx", "--no-install", "tsc", "--project", ".")

    assert typed.returncode == 0, typed.stdout + typed.stderr
    assert compiled.returncode == 0, compiled.stdout
