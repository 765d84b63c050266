"""Where a request comes from: the peer, or whom a proxy that we trust names. It believes nobody else's headers."""

import functools
import ipaddress
from collections.abc import Sequence

from starlette.requests import Request

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOPS_MAX = 16
# One customer has at least a /64 of IPv6, so that single addresses of it mean nothing.
_IPV6_PREFIX = 64


class Addresses:
    """Reads addresses; `trusted` are the networks of our own proxies."""

    def __init__(self, trusted: Sequence[_Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self._is_trusted = functools.lru_cache(4_096)(self._find_trusted)

    def of(self, request: Request) -> str:
        """The nearest address that is not a proxy of ours, from right to left through X-Forwarded-For."""
        peer = request.client.host if request.client else ""
        return self.behind(peer, ",".join(request.headers.getlist("x-forwarded-for")))

    def behind(self, peer: str, forwarded: str) -> str:
        """The same, given the peer and the whole of X-Forwarded-For."""
        address = peer
        if not self.is_trusted(address):
            return address
        for hop in reversed(forwarded.split(",")[-_HOPS_MAX:]):
            if not _is_address(hop.strip()):
                return address
            address = hop.strip()
            if not self.is_trusted(address):
                break
        return address

    def is_trusted(self, address: str) -> bool:
        """Whether it is a proxy of ours, behind which anybody may be."""
        return bool(self._trusted) and self._is_trusted(address)

    def _find_trusted(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


def read_networks(text: str) -> list[_Network]:
    """Networks as a setting has them: `10.0.0.0/8,fd00::/8`. Raises ValueError with a sentence."""
    try:
        return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError as fault:
        raise ValueError(f"must be networks such as 10.0.0.0/8,fd00::/8: {fault}") from None


def check_networks(text: str) -> None:
    """A `check` for a setting of networks. Raises ValueError with a sentence."""
    read_networks(text)


@functools.lru_cache(16_384)
def suspect_of(address: str) -> str:
    """Whom offences of an address are counted against: itself, or its network for IPv6."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], _IPV6_PREFIX), strict=False))
    except ValueError:
        return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
