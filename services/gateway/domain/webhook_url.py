"""Which URL a webhook may have, and which address it may lead to. It resolves nothing and connects nowhere.

What is refused is what could reach our own network: OWASP, Server-Side Request Forgery Prevention Cheat Sheet; the
special ranges are those of the IANA registries (RFC 6890), of which `ipaddress` knows most.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"https": 443, "http": 80}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}", re.ASCII)
_NAME_LENGTH_MAX = 253
# A name that ends in a number is an IPv4 address to some readers (WHATWG URL, "ends in a number"): 0x7f.1, 2130706433.
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
# All of IPv6 that is given out (RFC 4291, IANA): what embeds an IPv4 address in ::/8 or 64:ff9b::/16 is outside of it.
_IPV6_OF_INTERNET = ipaddress.ip_network("2000::/3")
# Protocol assignments, relays and tunnels to an IPv4 address (Teredo, 6to4), documentation: `ipaddress` misses some.
_NOT_OF_INTERNET = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


class RefusedUrl(Exception):
    """No webhook may have this URL. The message goes on after "url"; `zh` says it in Chinese."""

    def __init__(self, message: str, zh: str) -> None:
        super().__init__(message)
        self.zh = zh


@dataclass(frozen=True, slots=True)
class Reach:
    """How far webhooks may reach: ports, networks inside that are allowed all the same, and http for development."""

    ports: frozenset[int] = frozenset({443, 8443})
    inside: Sequence[Network] = ()
    allows_http: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` is a name in ASCII or an address without brackets."""

    scheme: str
    host: str
    port: int


def read_url(url: str, reach: Reach) -> Target:
    """The target of a URL that a webhook may have. Raises RefusedUrl; an address in it is judged as a resolved one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedUrl("is no URL", "不是有效的 URL") from None
    if parts.scheme not in _PORTS or (parts.scheme == "http" and not reach.allows_http):
        raise RefusedUrl("must be https", "必须使用 https")
    if "@" in parts.netloc or "\\" in url or "#" in url or not url.isascii() or not url.isprintable() or " " in url:
        raise RefusedUrl(
            "must have no user, no fragment and no sign outside of ASCII", "不得含用户信息、片段或非 ASCII 字符"
        )
    port = _PORTS[parts.scheme] if port is None else port
    if port not in reach.ports:
        raise RefusedUrl(f"must have one of the ports {sorted(reach.ports)}", f"端口只能是 {sorted(reach.ports)} 之一")
    host = (parts.hostname or "").removesuffix(".")
    if (address := _literal(host, is_bracketed="[" in parts.netloc)) is not None:
        must_be_reachable([address], reach)
    elif not _NAME.fullmatch(host) or len(host) > _NAME_LENGTH_MAX:
        raise RefusedUrl("must have a host name", "必须含有效的主机名")
    return Target(parts.scheme, host, port)


def must_be_reachable(addresses: Iterable[Address], reach: Reach) -> None:
    """Nothing, when each address is one of the internet, or inside by permission. Raises RefusedUrl."""
    if not all(_is_public(address) or _is_within(address, reach.inside) for address in addresses):
        raise RefusedUrl("leads to an address that is not of the internet", "指向非公网地址")


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address not in _IPV6_OF_INTERNET):
        return False
    return address.is_global and not address.is_multicast and not _is_within(address, _NOT_OF_INTERNET)


def _is_within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _literal(host: str, *, is_bracketed: bool) -> Address | None:
    """The address that a host is; None for a name."""
    try:
        return ipaddress.IPv6Address(host) if is_bracketed else ipaddress.IPv4Address(host)
    except ValueError:
        if is_bracketed or _ENDS_IN_NUMBER.fullmatch(host):
            raise RefusedUrl("has a number for a host that is no address", "主机是无效的地址数字") from None
        return None
