"""What names the inputs of a run: equal pins give an equal digest of what comes out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Mode(StrEnum):
    """What becomes of what a run decides; the names are those of the contract's Run.Mode."""

    COMMIT = "COMMIT"
    DRY_RUN = "DRY_RUN"


@dataclass(frozen=True, slots=True)
class Pins:
    """The names are those of the contract's Pins, which tells what each is."""

    statement_sha256s: list[str]
    payments_manifest_digest: bytes
    neighbours_digest: bytes
    rule_set_id: str
    rule_set_version: str
    rule_set_hash: str
    as_of: datetime
