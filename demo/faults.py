"""The tax authority's bad day: which faults its stand-in is asked to show, and its book as a second witness."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_TIMEOUT_SECONDS = 10.0
_BOOK_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What the stand-in does wrong: so many of a million calls get the fault, chosen by the seed and the key."""

    fault: str
    rate_ppm: int
    title: str


PLANS = (
    Plan("DROP_AFTER_COMMIT", 80_000, "answers lost after the invoice was taken 应答丢失"),
    Plan("ACK_WITHOUT_BOOKING", 60_000, "acknowledged and never booked 已受理未入库"),
    Plan("REJECT_BUSINESS", 20_000, "refused 拒收"),
)


class TaxSandbox:
    """Steers the stand-in; no product code does."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False)

    def plan(self, seed: int) -> None:
        """Ask for every fault of PLANS."""
        for plan in PLANS:
            body = {"fault": plan.fault, "rate_ppm": plan.rate_ppm, "seed": seed}
            self._http.post("/steering/faults", json=body).raise_for_status()

    def shown(self) -> Mapping[str, int]:
        """How often each fault was shown so far."""
        counts: dict[str, int] = self._http.get("/steering/counts").raise_for_status().json()["faults"]
        return counts

    def book(self) -> list[dict[str, Any]]:
        """Every invoice in the authority's main book."""
        rows: list[dict[str, Any]] = []
        after = ""
        while True:
            page = (
                self._http.get("/steering/book", params={"after": after, "limit": _BOOK_PAGE}).raise_for_status().json()
            )
            rows += page["invoices"]
            if not (after := page.get("next", "")):
                return [row for row in rows if row.get("booked_at")]
