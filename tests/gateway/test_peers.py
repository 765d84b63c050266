"""How many connections one address may hold, on a real socket and by itself."""

import asyncio
import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.address import Addresses
from services.gateway.peers import Peers
from tests.support.eventually import eventually

ASKED = b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n"


async def _is_served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    try:
        writer.write(ASKED)
        await writer.drain()
        return (await asyncio.wait_for(reader.readuntil(b'{"status":"serving"}'), 20)).startswith(b"HTTP/1.1 200")
    except (ConnectionError, asyncio.IncompleteReadError):
        writer.close()
        return False


async def test_one_connection_too_many_of_an_address_is_closed_and_another_has_its_place_later(start_peer):
    async with start_peer(connections_of_address_max=5) as peer:
        await peer.admin.aclose()
        await peer.plain.aclose()
        port = peer.gateway.outside.port

        async def opened():
            pair = await asyncio.open_connection("127.0.0.1", port)
            return pair if await _is_served(*pair) else None

        held = [await eventually(opened) for _ in range(5)]
        one_more = await opened()
        still_served = await _is_served(*held[0])
        held[1][1].close()
        later = await eventually(opened)
        for _, writer in (*held, later):
            writer.close()

    assert one_more is None
    assert still_served


async def test_behind_a_proxy_that_is_trusted_there_is_no_such_bound(start_peer):
    async with start_peer(connections_of_address_max=1, trusted_proxies="127.0.0.1") as peer:
        pairs = [await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port) for _ in range(5)]
        served = [await _is_served(*pair) for pair in pairs]
        for _, writer in pairs:
            writer.close()

    assert served == [True] * 5


def test_addresses_of_one_network_of_ipv6_share_their_places():
    peers = Peers(Addresses(), 1)

    assert peers.enter("2001:db8::1")
    assert not peers.enter("2001:db8::2")
    assert peers.enter("2001:db8:0:1::1")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=60))
def test_no_address_ever_holds_more_than_its_places_and_who_has_left_is_forgotten(steps):
    peers, held = Peers(Addresses([ipaddress.ip_network("192.0.2.0/32")]), 2), [0] * 4
    for enters, number in steps:
        address = f"192.0.2.{number}"
        if enters:
            held[number] += peers.enter(address)
        elif held[number]:
            peers.leave(address)
            held[number] -= 1
        assert all(count <= 2 for count in held[1:])
    for number, count in enumerate(held):
        for _ in range(count):
            peers.leave(f"192.0.2.{number}")

    assert not peers._held
