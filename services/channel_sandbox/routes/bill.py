"""Statement files: as each channel hands them out, and to steering as they are."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from datetime import date

from starlette.requests import Request
from starlette.routing import Route

from chassis.clock import Clock
from services.channel_sandbox.actions.statement import StatementActions
from services.channel_sandbox.dialects.alipay_bill import archive, business_bill
from services.channel_sandbox.dialects.download import day_opened, token_of
from services.channel_sandbox.dialects.fields import BadFieldError
from services.channel_sandbox.dialects.hmac_statement import statement
from services.channel_sandbox.dialects.wechat_bill import trade_bill
from services.channel_sandbox.domain.order import Channel
from services.channel_sandbox.domain.statement import StatementDay
from services.channel_sandbox.domain.steering_request import BadSteeringError, read_channel
from services.channel_sandbox.keys import Keys
from services.channel_sandbox.routes.edge import Edge, Reply, problem

ALIPAY_DOWNLOAD = "/bill/download"
WECHAT_DOWNLOAD = "/v3/billdownload/file"
_TYPES: Mapping[Channel, str] = {
    Channel.WECHAT_PAY: "text/csv; charset=utf-8",
    Channel.ALIPAY: "text/csv; charset=gbk",
    Channel.HMAC_PAY: "text/csv; charset=utf-8",
}


class Bills:
    """Finds a day, writes its file, and makes and opens addresses of files."""

    def __init__(self, statements: StatementActions, keys: Keys, clock: Clock, fee_ppm: int) -> None:
        self._statements = statements
        self._keys = keys
        self._clock = clock
        self._files: Mapping[Channel, Callable[[StatementDay], bytes]] = {
            Channel.WECHAT_PAY: lambda day: trade_bill(day, keys.wechat_pay, fee_ppm),
            Channel.ALIPAY: lambda day: business_bill(day, keys.alipay),
            Channel.HMAC_PAY: statement,
        }

    async def file(self, channel: Channel, day: date) -> bytes | None:
        """The file of a day that is over; None when there is none."""
        found = await self._statements.of_past_day(channel, day)
        return self._files[channel](found) if found else None

    async def archive(self, day: date) -> bytes | None:
        """Alipay's zip."""
        found = await self._statements.of_past_day(Channel.ALIPAY, day)
        return archive(found, self._keys.alipay) if found else None

    async def any_day(self, channel: Channel, day: date) -> bytes:
        """The file of any day, today's and empty ones too."""
        return self._files[channel](await self._statements.of_day(channel, day))

    def address(self, request: Request, path: str, what: str, day: date) -> str:
        """Where the file of a day can be fetched for a while."""
        token = token_of(self._keys.download_key, what, day, self._clock.now())
        return str(request.url.replace(path=path, query=f"token={token}"))

    def opened(self, request: Request, what: str) -> date | None:
        """The day that an address opens, unless it is not ours or too old."""
        token = request.query_params.get("token", "")
        return day_opened(self._keys.download_key, what, token, self._clock.now())


def bill_routes(edge: Edge, bills: Bills) -> list[Route]:
    """Those that no channel's signature guards: Alipay's download, and steering's."""

    async def download(request: Request, _: bytes) -> Reply:
        day = bills.opened(request, "alipay")
        packed = await bills.archive(day) if day else None
        if packed is None:
            return problem(404, "NOT_FOUND", "the address is not known or too old")
        return Reply(200, packed, media_type="application/zip")

    async def steer(request: Request, _: bytes) -> Reply:
        try:
            channel, day = read_channel(request.path_params["channel"]), read_day(request.path_params["day"], "day")
        except (BadFieldError, BadSteeringError) as fault:
            return problem(422, "BAD_REQUEST", str(fault))
        return Reply(200, await bills.any_day(channel, day), media_type=_TYPES[channel])

    return [
        edge.route("GET", ALIPAY_DOWNLOAD, download),
        edge.route("GET", "/steering/statements/{channel}/{day}", steer, is_traced=False),
    ]


def wechat_file(raw: bytes, *, zipped: bool) -> tuple[bytes, str]:
    """A file as it is downloaded, and the SHA-1 of what is in it."""
    digest = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
    return (gzip.compress(raw, mtime=0) if zipped else raw), digest


def read_day(text: str, field: str) -> date:
    """A day such as 2026-03-01. Raises BadFieldError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or text != day.isoformat() or not 1971 < day.year < 9000:
        raise BadFieldError(field, "must be a day such as 2026-03-01")
    return day
