"""The second place of the audit: a folder outside the database with the heads that the chain had, and its seals.

Mount it from elsewhere, best where the gateway may add files and not remove them. Nothing in them is secret.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from services.gateway.domain.audit_chain import Anchor, Seal


def add_anchor(folder: Path, anchor: Anchor, now: datetime) -> None:
    """Append a head to the file of its month, safe on the disk."""
    line = {
        "link_no": anchor.link_no,
        "link_sha256": anchor.link_sha256.hex(),
        "time": now.isoformat(),
        "signature": anchor.signature.hex(),
    }
    with (folder / f"anchors-{now:%Y-%m}.jsonl").open("a", encoding="ascii") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def add_seal(folder: Path, seal: Seal) -> None:
    """Write a seal; the same one again changes nothing. Raises FileExistsError for another seal of that month."""
    path = folder / f"seal-{seal.month}.json"
    content = json.dumps(_seal_json(seal), indent=1) + "\n"
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        if path.read_text("ascii") != content:
            raise


def read_anchors(folder: Path) -> Iterator[Anchor]:
    """All heads. Raises ValueError, naming the file, for what is not one."""
    for path in sorted(folder.glob("anchors-*.jsonl")):
        for line in path.read_text("ascii").splitlines():
            with _named(path):
                one: dict[str, Any] = json.loads(line)
                anchor = Anchor(one["link_no"], bytes.fromhex(one["link_sha256"]), bytes.fromhex(one["signature"]))
            yield anchor


def read_seals(folder: Path) -> Iterator[Seal]:
    """All seals. Raises ValueError, naming the file, for what is not one."""
    for path in sorted(folder.glob("seal-*.json")):
        with _named(path):
            one: dict[str, Any] = json.loads(path.read_text("ascii"))
            seal = Seal(
                one["month"],
                one["first_link_no"],
                one["last_link_no"],
                bytes.fromhex(one["head_sha256"]),
                bytes.fromhex(one["signature"]),
            )
        yield seal


def check_folder(path: str) -> None:
    """A `check` for a setting: a folder that is there, or nothing. Raises ValueError with a sentence."""
    if path and not Path(path).is_dir():
        raise ValueError(f"must be a folder that is there, is {path!r}")


def _seal_json(seal: Seal) -> dict[str, Any]:
    return {
        "month": seal.month,
        "first_link_no": seal.first_link_no,
        "last_link_no": seal.last_link_no,
        "record_count": seal.record_count,
        "head_sha256": seal.head_sha256.hex(),
        "signature": seal.signature.hex(),
    }


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say in which file something did not read."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as fault:
        raise ValueError(f"{path} does not read: {fault}") from fault
