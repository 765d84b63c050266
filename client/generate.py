"""Generates the client's modules from the contract, or with --check proves that what is committed is current.

It never edits a contract, and no call is written down here.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from client import emit
from client.plan import Plan
from services.gateway import contract

PACKAGE = Path(__file__).resolve().parent / "bihuan_client"
_ROOT = PACKAGE.parents[1]
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
    # Areas have nothing that is written by hand.
    left = [path for folder in {path.parent for path in texts} - {PACKAGE} for path in folder.glob("*.py")]
    stale += [path for path in left if path not in texts]
    for path in stale:
        if is_check:
            told = path.relative_to(PACKAGE)
            sys.stderr.write(f"{told} is not what the contract generates: run `make proto` and commit it\n")
        elif path in texts:
            path.parent.mkdir(exist_ok=True)
            path.write_text(texts[path], "utf-8")
        else:
            path.unlink()
    return 1 if is_check and stale else 0


def generated() -> dict[Path, str]:
    """The text of each module that is generated, by its path."""
    plan = Plan(contract.load())
    modules = plan.modules()
    areas = plan.areas(modules)
    texts = {PACKAGE / one.place.area / f"{one.place.module}.py": emit.module_text(one) for one in modules}
    texts |= {PACKAGE / area.name / "__init__.py": emit.area_text(area) for area in areas}
    texts |= {PACKAGE / "client.py": emit.client_text(areas), PACKAGE / "events.py": emit.events_text(plan.events())}
    return _tidied(texts)


def _tidied(texts: Mapping[Path, str]) -> dict[Path, str]:
    """The same as the house formats them, in one run for all."""
    with tempfile.TemporaryDirectory() as folder:
        drafts = {path: Path(folder) / path.relative_to(PACKAGE.parent) for path in texts}
        for path, draft in drafts.items():
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(texts[path], "utf-8")
        for command in (["check", "--select", _TIDIED, "--fix-only"], ["format"]):
            settings = ["--quiet", "--no-cache", "--config", str(_ROOT / "pyproject.toml")]
            subprocess.run([_RUFF, *command, *settings, folder], cwd=_ROOT, check=True)  # noqa: S603
        return {path: draft.read_text("utf-8") for path, draft in drafts.items()}


if __name__ == "__main__":
    sys.exit(main())
