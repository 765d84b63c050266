"""Reads the file that names the issuers of people's tokens. It fetches nothing."""

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

from services.gateway.domain.person import Issuer
from services.gateway.domain.role import Role
from services.gateway.key_sets import KeySet, Source, check_url
from services.gateway.oidc import ALGORITHMS

_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}", re.ASCII)
_OF_ISSUER = {field.name for field in dataclasses.fields(Issuer)}
_OF_SOURCE = {field.name for field in dataclasses.fields(Source)}


def check_issuers_file(path: str) -> None:
    """A `check` for the setting: empty, or a file that reads."""
    read_issuers(path)


def read_issuers(path: str) -> dict[Issuer, KeySet]:
    """The issuers of a TOML file, each an `[[issuer]]`; none without a file. Raises ValueError with what is wrong."""
    if not path:
        return {}
    try:
        rows = tomllib.loads(Path(path).read_text("utf-8")).get("issuer", [])
    except (OSError, ValueError) as fault:
        raise ValueError(f"must be a file of issuers: {fault}") from fault
    made = [_issuer(at, row) for at, row in enumerate(rows, 1)]
    for field in ("name", "issuer"):
        if len({getattr(issuer, field) for issuer, _ in made}) != len(made):
            raise ValueError(f"two issuers have one {field}")
    return {issuer: KeySet(source) for issuer, source in made}


def _issuer(at: int, row: dict[str, Any]) -> tuple[Issuer, Source]:
    if unknown := sorted(row.keys() - _OF_ISSUER - _OF_SOURCE):
        raise ValueError(f"issuer {at}: unknown: {', '.join(unknown)}")
    if missing := sorted({"name", "issuer", "audience", "algorithms", "roles"} - row.keys()):
        raise ValueError(f"issuer {at}: needs {', '.join(missing)}")
    issuer = Issuer(**{key: row[key] for key in row.keys() & _OF_ISSUER} | {"algorithms": frozenset(row["algorithms"])})
    if not _NAME.fullmatch(issuer.name) or not issuer.audience:
        raise ValueError(f"issuer {at}: name is 1 to 20 of a-z, 0-9 and -, and audience is not empty")
    if not issuer.algorithms or issuer.algorithms - ALGORITHMS:
        raise ValueError(f"issuer {at}: algorithms are of {', '.join(sorted(ALGORITHMS))}")
    if wrong := sorted(set(issuer.roles.values()) - set(Role)):
        raise ValueError(f"issuer {at}: no role: {', '.join(wrong)}")
    source = Source(**{key: row[key] for key in row.keys() & _OF_SOURCE})
    if not source.jwks_file:
        check_url(source.jwks_url or source.issuer)
    return issuer, source
