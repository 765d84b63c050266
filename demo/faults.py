"""The tax authority's bad day: which orders its stand-in does wrong by, and its book as a second witness."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One thing that goes wrong, for one order in `one_in` (at least one)."""

    fault: str
    one_in: int
    title: str


PLANS = (
    Plan("DROP_AFTER_COMMIT", 12, "answers lost after the invoice was taken 应答丢失"),
    Plan("ACK_WITHOUT_BOOKING", 20, "acknowledged and never booked 已受理未入库"),
    Plan("REJECT_BUSINESS", 80, "refused 拒收"),
)


class TaxSandbox:
    """Steers the stand-in; no product code does. `ca_file` (PEM) is whom it trusts there."""

    def __init__(self, url: str, ca_file: str) -> None:
        trust = ssl.create_default_context(cafile=ca_file)
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False, verify=trust)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def plan(self, seed: int, order_nos: Sequence[str]) -> None:
        """Choose orders by the seed, no order twice, and ask for every fault of PLANS once for each of its orders."""
        left = sorted(order_nos)
        Random(seed).shuffle(left)
        for plan in PLANS:
            for _ in range(max(1, len(order_nos) // plan.one_in)):
                if left:
                    self.fault(plan.fault, left.pop())

    def fault(self, name: str, order_no: str) -> None:
        """Ask for one fault, once, for one order."""
        body = {"fault": name, "order_no": order_no, "times": 1}
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
            page = self._http.get("/steering/book", params={"after": after}).raise_for_status().json()
            rows += page["invoices"]
            if not (after := page["next"]):
                return [row for row in rows if row["status"] == "BOOKED"]
