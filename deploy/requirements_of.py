"""Prints the part of constraints.txt, hashes and all, that one service needs: `requirements_of.py payments`.

It reads what the installed distribution declares and follows it; it asks no registry.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints.txt"


def main(service: str) -> None:
    """Print the blocks of all that `bihuan[<service>]` needs, in the order of the file."""
    needed = closure(Requirement(f"bihuan[{service.replace('_', '-')}]"))
    blocks = re.split(r"\n(?=\S)", _CONSTRAINTS.read_text("utf-8").strip())
    chosen = [block for block in blocks if canonicalize_name(re.split(r"==| ", block)[0]) in needed]
    print("\n".join(chosen))


def closure(root: Requirement) -> set[str]:
    """The canonical names of everything that a requirement brings on this machine, itself left out."""
    seen: set[tuple[str, str]] = set()
    waiting = [(root.name, extra) for extra in ("", *root.extras)]
    while waiting:
        name, extra = waiting.pop()
        key = (canonicalize_name(name), extra)
        if key in seen:
            continue
        seen.add(key)
        for requirement in map(Requirement, _requires(name)):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(requirement.name, wanted) for wanted in ("", *requirement.extras)]
    return {name for name, _ in seen} - {canonicalize_name(root.name)}


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        raise SystemExit(f"{name} is not installed: install constraints.txt first") from None


if __name__ == "__main__":
    main(sys.argv[1])
