"""Generates proto/gen from the contracts, or with --check proves that what is committed is current.

It never edits a contract. Python modules come from protoc, the descriptor set that the gateway reads
(with comments) from buf.
"""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = ROOT / "proto" / "gen"
BIN = Path(sys.executable).parent


def main() -> int:
    """Generate in place, or compare; the exit status is 1 when the committed code is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "gen"
        fresh.mkdir()
        generate(fresh)
        if not parser.parse_args().check:
            shutil.rmtree(COMMITTED, ignore_errors=True)
            shutil.copytree(fresh, COMMITTED)
            return 0
        stale = differences(fresh, COMMITTED)
    for path in stale:
        print(f"proto/gen/{path} is not what the contracts generate: run `make proto` and commit it")
    return 1 if stale else 0


def generate(out: Path) -> None:
    """Write the modules, their types and the descriptor set into a folder."""
    sources = sorted((ROOT / "proto" / "bihuan").rglob("*.proto"))
    validate = ROOT / "third_party" / "buf" / "validate" / "validate.proto"
    arguments = [
        "protoc",
        f"-I{ROOT / 'proto'}",
        f"-I{ROOT / 'third_party'}",
        f"-I{Path(protoc.__file__).parent / '_proto'}",
        f"--python_out={out}",
        f"--grpc_python_out={out}",
        f"--mypy_out=quiet:{out}",
        f"--mypy_grpc_out=quiet,only_async:{out}",
        *map(str, [*sources, validate]),
    ]
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"  # protoc looks for its plugins there
    if protoc.main(arguments) != 0:
        raise SystemExit("protoc refused the contracts; its words are above")
    for source in [*sources, validate]:
        if "\nservice " not in source.read_text("utf-8"):
            stem = out / source.relative_to(ROOT / ("third_party" if source == validate else "proto"))
            for suffix in ("_pb2_grpc.py", "_pb2_grpc.pyi"):
                stem.with_name(stem.stem + suffix).unlink(missing_ok=True)
    subprocess.run([BIN / "buf", "build", "-o", out / "bihuan" / "contract.binpb"], cwd=ROOT, check=True)


def differences(fresh: Path, committed: Path) -> list[str]:
    """The files that one side lacks or that differ, by path."""
    names = {str(p.relative_to(d)) for d in (fresh, committed) for p in d.rglob("*") if p.is_file()}
    names = {name for name in names if "__pycache__" not in name}
    _, mismatch, errors = filecmp.cmpfiles(fresh, committed, names, shallow=False)
    return sorted(mismatch + errors)


if __name__ == "__main__":
    sys.exit(main())
