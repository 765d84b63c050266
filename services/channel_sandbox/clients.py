"""Calls out: callbacks to merchants. It knows no channel."""

import httpx

from services.channel_sandbox.domain.callback import Message

_ANSWER_BYTES_MAX = 4096


class MerchantClient:
    """Posts messages; what a merchant answers is capped, and redirects are not followed."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._http = httpx.AsyncClient(timeout=timeout_seconds, trust_env=False)

    async def post(self, url: str, message: Message) -> tuple[int, bytes]:
        """Send one; the answer's status and body. Raises httpx's faults, OSError or ValueError when there is none."""
        async with self._http.stream("POST", url, content=message.body, headers=dict(message.headers)) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) >= _ANSWER_BYTES_MAX:
                    break
            return answer.status_code, bytes(body[:_ANSWER_BYTES_MAX])

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()
