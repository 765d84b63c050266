"""Ports for programs of this machine are free, and no outgoing connection is given one of them meanwhile."""

import socket
from pathlib import Path

import pytest

from chassis.free_ports import free_ports


def test_each_is_another_and_can_be_listened_on():
    ports = free_ports(20)

    assert len(set(ports)) == 20
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()


def test_none_is_one_that_the_system_gives_to_outgoing_connections():
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if not told.exists() or int(told.read_text("ascii").split()[0]) <= 20_000:
        pytest.skip("this system leaves no ports below those of outgoing connections")
    first = int(told.read_text("ascii").split()[0])

    assert max(free_ports(50)) < first


def test_more_than_there_are_is_a_fault():
    with pytest.raises(OSError, match="free ports were not found"):
        free_ports(1_000)
