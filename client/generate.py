"""Generates the client's modules from the contract, or with --check proves that what is committed is current.

It never edits a contract, and no call is written down here.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from client import emit
from client.plan import Plan
from services.gateway import contract

PACKAGE = Path(__file__).resolve().parent / "bihuan_client"
_RUFF = Path(sys.executable).parent / "ruff"
# Imports that a module has no use for, and the order of those that it has.
_TIDIED = "F401,I001"


def main() -> int:
    """Generate in place, or compare; the exit status is 1 when a committed module is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    is_check = parser.parse_args().check
    texts = generated()
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if is_check:
            sys.stderr.write(f"{path.name} is not what the contract generates: run `make proto` and commit it\n")
        else:
            path.write_text(texts[path], "utf-8")
    return 1 if is_check and stale else 0


def generated() -> dict[Path, str]:
    """The text of each module that is generated, by its path."""
    plan = Plan(contract.load())
    modules = plan.modules()
    texts = {module.name: emit.module_text(module) for module in modules}
    texts["client"] = emit.client_text(modules)
    texts["events"] = emit.events_text(plan.events())
    return {PACKAGE / f"{name}.py": _tidied(text, name) for name, text in texts.items()}


def _tidied(text: str, name: str) -> str:
    at = ["--quiet", "--stdin-filename", str(PACKAGE / f"{name}.py"), "-"]
    for command in (["check", "--select", _TIDIED, "--fix-only"], ["format"]):
        done = subprocess.run([_RUFF, *command, *at], input=text, capture_output=True, text=True, check=True)  # noqa: S603
        text = done.stdout
    return text


if __name__ == "__main__":
    sys.exit(main())
