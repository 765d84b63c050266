"""Calls the gateway by `bihuan_client`, which repeats calls and tells refusals. It knows no route.

Answers stay the JSON that they are: a command prints what it finds in them.
"""

import base64
import os
from pathlib import Path
from typing import Any

import httpx
from bihuan_client import Retries, new_key
from bihuan_client.calls import Operation
from bihuan_client.content import Content
from bihuan_client.transport import Transport

from cli import addresses

STACK_FOLDER = Path(".bihuan")
STACK_FILE = STACK_FOLDER / "stack.json"
# Somebody is waiting at the terminal.
_RETRIES = Retries(tries_max=4, base_seconds=0.2, wait_seconds_max=3.0)


class Unable(Exception):
    """What a command cannot do, of itself; the message is for the person at the terminal."""


class Gateway:
    """One gateway and the key to it. Each call raises Refused or NoAnswer of `bihuan_client`."""

    def __init__(self, url: str, token: str) -> None:
        language = os.environ.get("LANG", "en")[:2]
        http = httpx.Client(headers={"Accept-Language": language}, trust_env=False)
        self._transport = Transport(url, token, _RETRIES, http)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Read."""
        return self._transport.send(_operation("GET", path), query)

    def post(self, path: str, body: dict[str, Any], key: str = "") -> dict[str, Any]:
        """Do something once, under a fresh key or the one given."""
        return self._transport.send(_operation("POST", path, body="*"), body, key or new_key())

    def post_once(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do what has no key, such as making one: it is repeated only when nothing can have been done."""
        return self._transport.send(_operation("POST", path, body="*", is_repeatable=False), body)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set something."""
        return self._transport.send(_operation("PUT", path, body="*"), body)

    def delete(self, path: str) -> dict[str, Any]:
        """Remove something; it is repeated only when nothing can have been done."""
        return self._transport.send(_operation("DELETE", path, is_repeatable=False), {})

    def upload(self, path: str, content: Content, key: str = "", **query: Any) -> dict[str, Any]:
        """Send raw bytes as they are read; again only those that can be read again."""
        operation = _operation("POST", path, body="content", is_upload=True)
        return self._transport.upload(operation, content, query, key or new_key())

    def pages(self, path: str, items: str, *, size: int = 1000, **query: Any) -> list[dict[str, Any]]:
        """All pages of a list, as one; `size` is what one page may have."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = self.get(path, pageSize=size, pageToken=token, **query)
            found += page.get(items, [])
            if not (token := page.get("nextPageToken", "")):
                return found


def raw(text: str) -> bytes:
    """The bytes of a field, which JSON has as Base64."""
    return base64.b64decode(text)


def _operation(
    verb: str, path: str, *, body: str = "", is_repeatable: bool = True, is_upload: bool = False
) -> Operation[dict[str, Any]]:
    return Operation(
        path,
        verb,
        path,
        body,
        dict[str, Any],
        is_repeatable=is_repeatable,
        mutates=verb != "GET",
        is_upload=is_upload,
    )


def connect() -> Gateway:
    """The gateway that BIHUAN_URL names, or the local one that `bihuan up` started. Raises Unable when there is none.

    By the key in BIHUAN_TOKEN_FILE; without it the local gateway is called by its own admin key.
    """
    url, token_file = os.environ.get("BIHUAN_URL"), os.environ.get("BIHUAN_TOKEN_FILE")
    if url and token_file:
        return Gateway(url, _token(token_file))
    if not STACK_FILE.exists():
        looked = STACK_FOLDER.resolve()
        raise Unable(f"no gateway in {looked}: `bihuan up` starts one; or set BIHUAN_URL and BIHUAN_TOKEN_FILE")
    local = addresses.load(STACK_FILE)
    return Gateway(local.gateway_url, _token(token_file) if token_file else local.token())


def _token(file: str) -> str:
    return Path(file).read_text("ascii").strip()


def traces_folder() -> Path:
    """Where the local stack keeps its traces, or what BIHUAN_TRACES_FOLDER names."""
    if folder := os.environ.get("BIHUAN_TRACES_FOLDER"):
        return Path(folder)
    if not STACK_FILE.exists():
        raise Unable("no traces: start a stack with `bihuan up`, or set BIHUAN_TRACES_FOLDER")
    return Path(addresses.load(STACK_FILE).traces_folder)
