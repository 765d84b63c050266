"""Which way an invoice goes to its authority, by its seller's tax number. It opens no connection."""

import functools
from dataclasses import dataclass

from services.invoice_sync.domain.route import Route, region_of


@dataclass(frozen=True, slots=True)
class Routing:
    """The one authority, environment and credential of this deployment, and the regions that it serves.

    A seller whose number names none of `regions` goes by `default_region`.
    """

    authority: str = "sandbox"
    environment: str = "production"
    default_region: str = "42"
    regions: frozenset[str] = frozenset({"11", "42"})
    credential_id: str = "default"

    def route_for(self, seller_tax_id: str) -> Route:
        """The route of a seller's invoices."""
        region = region_of(seller_tax_id)
        return self.in_region(region if region in self.regions else None)

    def routes(self) -> list[Route]:
        """Every route, in order."""
        return [self.in_region(region) for region in sorted(self.regions | {self.default_region})]

    def in_region(self, region: str | None) -> Route:
        """The route of a region; of the default one for None."""
        return _route(self.authority, self.environment, region or self.default_region, self.credential_id)


@functools.lru_cache(maxsize=1024)
def _route(authority: str, environment: str, region: str, credential_id: str) -> Route:
    """There are few, and one is asked for with each invoice."""
    return Route(authority, environment, region, credential_id)
