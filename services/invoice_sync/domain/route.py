"""The way to one authority's main book, and which one a seller's tax number points to. It opens no connection."""

import re
from dataclasses import dataclass

_PARTS = 4
_PROVINCE_RANGES = ("11-15", "21-23", "31-37", "41-46", "50-54", "61-65", "71-71", "81-82")
_PROVINCES = frozenset(str(code) for each in _PROVINCE_RANGES for code in range(int(each[:2]), int(each[3:]) + 1))
# A resident's number (GB 11643), with which sole traders are registered: a region, a date of birth, a serial number.
_RESIDENT = re.compile(r"\d{6}(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]")


@dataclass(frozen=True, slots=True)
class Route:
    """One authority, environment, region and credential. What closes one route closes no other.

    `credential_id` names a credential and is never the secret.
    """

    authority: str
    environment: str
    region: str
    credential_id: str

    def __post_init__(self) -> None:
        parts = (self.authority, self.environment, self.region, self.credential_id)
        if not all(part and "/" not in part for part in parts):
            raise ValueError(f"a part of a route is a word without a slash, not {parts}")

    @property
    def key(self) -> str:
        """The route as one word, such as sandbox/production/42/default; the contract's `route`."""
        return f"{self.authority}/{self.environment}/{self.region}/{self.credential_id}"


def parse_route(key: str) -> Route:
    """The route of a key. Raises ValueError when it is none."""
    parts = key.split("/")
    if len(parts) != _PARTS:
        raise ValueError(f"a route is authority/environment/region/credential_id, not {key!r}")
    return Route(*parts)


def region_of(tax_id: str) -> str | None:
    """The two digits of the province in which a Chinese tax number is registered, such as 42 for 湖北.

    18 characters (统一社会信用代码, GB 32100): the third and fourth; 15, 17 and 20 (older numbers) and a resident's
    number: the first two. None when they name no province, as with bodies of the state (10): then a person must say.
    """
    match len(tax_id):
        case 18 if not _RESIDENT.fullmatch(tax_id):
            digits = tax_id[2:4]
        case 15 | 17 | 18 | 20:
            digits = tax_id[:2]
        case _:
            return None
    return digits if digits in _PROVINCES else None
