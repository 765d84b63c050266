"""One running system for the tests of the client, and connections that leave the environment's proxies aside."""

import ssl
from collections.abc import Callable, Iterator

import httpx
import pytest
from bihuan_client import Client, Retries

from tests.support.system import System, running_system
from tests.support.templates import Templates

# Reading all the world's certificates for each connection takes a while, and the door here is plain HTTP.
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
BRISK = Retries(base_seconds=0.02, wait_seconds_max=0.1)
Connect = Callable[..., Client]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, templates: Templates) -> Iterator[System]:
    with running_system(tmp_path_factory.mktemp("system"), templates) as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Connect]:
    """`connect(url, token)` is a client that waits only moments between its tries."""
    made: list[Client] = []

    def new(url: str, token: str = "bhk_some_one", retries: Retries = BRISK) -> Client:
        made.append(Client(url, token, retries, httpx.Client(trust_env=False, verify=TRUSTS_NOBODY)))
        return made[-1]

    yield new
    for client in made:
        client.close()
