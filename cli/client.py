"""Calls the gateway: key, idempotency, retries and errors in one place. It knows no route."""

import base64
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import tenacity

from cli import addresses

STACK_FOLDER = Path(".bihuan")
STACK_FILE = STACK_FOLDER / "stack.json"
_TIMEOUT_SECONDS = 30.0
# The last byte of a large file is followed by the work of loading it.
_UPLOAD_TIMEOUT = httpx.Timeout(_TIMEOUT_SECONDS, read=660.0)
_TRIES_MAX = 4


class GatewayError(Exception):
    """What the gateway refused, or that it does not answer; the message is for the person at the terminal."""

    def __init__(self, message: str, problem: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.problem = problem or {}


class NoAnswer(GatewayError):
    """It broke off: whether the work was done is unknown."""


class Gateway:
    """One gateway and the key to it. A call that got no answer is repeated with the same Idempotency-Key."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": os.environ.get("LANG", "en")[:2]},
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Read. Raises GatewayError."""
        return self._call("GET", path, params={name: value for name, value in query.items() if value})

    def post(self, path: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        """Do something once, under a fresh key or the one given. Raises GatewayError."""
        return self._call("POST", path, json=body, headers={"Idempotency-Key": key or str(uuid.uuid4())})

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set something. Raises GatewayError."""
        return self._call("PUT", path, json=body)

    def delete(self, path: str) -> dict[str, Any]:
        """Remove something; when the answer to the first try was lost, it may be NOT_FOUND. Raises GatewayError."""
        return self._call("DELETE", path)

    def upload(self, path: str, content: Iterator[bytes], key: str, **query: Any) -> dict[str, Any]:
        """Send raw bytes as they are read, once. Raises GatewayError, and NoAnswer when it broke off."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/octet-stream"}
        given = {name: value for name, value in query.items() if value}
        try:
            answer = self._http.post(path, content=content, params=given, headers=headers, timeout=_UPLOAD_TIMEOUT)
        except httpx.TransportError as fault:
            raise self._no_answer(fault) from fault
        return _body(answer)

    def pages(self, path: str, items: str, *, size: int = 1000, **query: Any) -> list[dict[str, Any]]:
        """All pages of a list, as one; `size` is what one page may have."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = self.get(path, pageSize=size, pageToken=token, **query)
            found += page.get(items, [])
            if not (token := page.get("nextPageToken", "")):
                return found

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(httpx.TransportError),
        stop=tenacity.stop_after_attempt(_TRIES_MAX),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=3),
        reraise=True,
    )
    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._http.request(method, path, **options)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._send(method, path, **options)
        except httpx.TransportError as fault:
            raise self._no_answer(fault) from fault
        return _body(answer)

    def _no_answer(self, fault: httpx.TransportError) -> "NoAnswer":
        return NoAnswer(f"the gateway at {self._http.base_url} does not answer: {fault}")


def raw(text: str) -> bytes:
    """The bytes of a field, which JSON has as Base64."""
    return base64.b64decode(text)


def _body(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        body: dict[str, Any] = answer.json()
        return body
    problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    raise GatewayError(problem.get("detail") or f"{answer.status_code} {answer.reason_phrase}", problem)


def connect() -> Gateway:
    """The gateway that BIHUAN_URL names, or the local one that `bihuan up` started.

    By the key in BIHUAN_TOKEN_FILE; without it the local gateway is called by its own admin key.
    """
    url, token_file = os.environ.get("BIHUAN_URL"), os.environ.get("BIHUAN_TOKEN_FILE")
    if url and token_file:
        return Gateway(url, _token(token_file))
    if not STACK_FILE.exists():
        looked = STACK_FOLDER.resolve()
        raise GatewayError(f"no gateway in {looked}: `bihuan up` starts one; or set BIHUAN_URL and BIHUAN_TOKEN_FILE")
    local = addresses.load(STACK_FILE)
    return Gateway(local.gateway_url, _token(token_file) if token_file else local.token())


def _token(file: str) -> str:
    return Path(file).read_text("ascii").strip()


def traces_folder() -> Path:
    """Where the local stack keeps its traces, or what BIHUAN_TRACES_FOLDER names."""
    if folder := os.environ.get("BIHUAN_TRACES_FOLDER"):
        return Path(folder)
    if not STACK_FILE.exists():
        raise GatewayError("no traces: start a stack with `bihuan up`, or set BIHUAN_TRACES_FOLDER")
    return Path(addresses.load(STACK_FILE).traces_folder)
