"""How many connections an address holds. It closes none, and looks at no request."""

from collections import Counter

from services.gateway.address import Addresses, suspect_of


class Peers:
    """Places for connections, at most so many for one address, or for one network of IPv6.

    Behind a proxy of ours anybody may be, so it has as many as it wants; it is the proxy's to bound its own.
    """

    def __init__(self, addresses: Addresses, of_address_max: int) -> None:
        self._addresses = addresses
        self._of_address_max = of_address_max
        self._held: Counter[str] = Counter()

    def enter(self, peer: str) -> bool:
        """Hold a place until `leave`; False when there is none."""
        if self._addresses.is_trusted(peer):
            return True
        subject = suspect_of(peer)
        if self._held[subject] >= self._of_address_max:
            return False
        self._held[subject] += 1
        return True

    def leave(self, peer: str) -> None:
        """Give a place back; of who holds none, nothing is kept."""
        if self._addresses.is_trusted(peer):
            return
        subject = suspect_of(peer)
        self._held[subject] -= 1
        if self._held[subject] <= 0:
            del self._held[subject]
