"""A gRPC channel that is opened anew when our certificates were replaced. Calls under way end on the old one."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import grpc

from chassis.tls import Renewal, Tls

# No call lasts longer (see chassis.server), so that none is cut off.
_OLD_SECONDS = 600.0
_LOOK_SECONDS = 1.0
Opened = Callable[[grpc.ChannelCredentials], grpc.aio.Channel]


class RenewedChannel(grpc.aio.Channel):
    """Opens channels by `opened`, and looks at the files before a call, once a second at most."""

    def __init__(self, known: Tls, opened: Opened, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._renewal = Renewal(known)
        self._opened = opened
        self._monotonic = monotonic
        self._looked = monotonic()
        self._now = opened(self._renewal.first.channel_credentials())
        self._ending: dict[asyncio.Task[None], grpc.aio.Channel] = {}

    def current(self) -> grpc.aio.Channel:
        """The channel for the next call."""
        now = self._monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            if content := self._renewal.changed():
                task = asyncio.get_running_loop().create_task(self._now.close(_OLD_SECONDS))
                self._ending[task] = self._now
                task.add_done_callback(self._ending.pop)
                self._now = self._opened(content.channel_credentials())
        return self._now

    async def close(self, grace: float | None = None) -> None:
        """Close it, and whatever still ends on old ones."""
        for task, old in list(self._ending.items()):
            task.cancel()
            await old.close(grace)
        await self._now.close(grace)

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Of the channel for the next call."""
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Of the channel for the next call."""
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Of the channel for the next call."""
        await self.current().channel_ready()

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What calls a method, as that of any channel."""
        return _Calls(self, lambda channel: channel.unary_unary(method, *args, **kwargs))

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What calls a method, as that of any channel."""
        return _Calls(self, lambda channel: channel.unary_stream(method, *args, **kwargs))

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What calls a method, as that of any channel."""
        return _Calls(self, lambda channel: channel.stream_unary(method, *args, **kwargs))

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """What calls a method, as that of any channel."""
        return _Calls(self, lambda channel: channel.stream_stream(method, *args, **kwargs))


class _Calls:
    """What calls one method over the channel of the moment."""

    def __init__(self, channel: RenewedChannel, made: Callable[[grpc.aio.Channel], Any]) -> None:
        self._channel = channel
        self._made = made
        self._of: grpc.aio.Channel | None = None
        self._call: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        current = self._channel.current()
        if self._of is not current:
            self._of, self._call = current, self._made(current)
        return self._call(*args, **kwargs)
