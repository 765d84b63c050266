"""Security service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

# What a class of methods costs.
MethodClass: TypeAlias = Literal[
    # Not said.
    "METHOD_CLASS_UNSPECIFIED",
    # Looks at something.
    "METHOD_CLASS_READ",
    # Does one thing.
    "METHOD_CLASS_WRITE",
    # Does many, or takes a file.
    "METHOD_CLASS_BULK",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftSuspensionResponse:
    """The alert as it stands."""

    alert: SecurityAlert | None = None
    """The alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRateLimitsResponse:
    """The limits."""

    limits: Sequence[RateLimit] = ()
    """By subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSecurityAlertsResponse:
    """A page of alerts."""

    alerts: Sequence[SecurityAlert] = ()
    """Newest first."""

    next_page_token: str = ""
    """For the next page; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A limit that holds for one key or tenant in place of that of the settings."""

    subject: str = ""
    """The key or the tenant. A limit of a key holds for it alone; one of a tenant for all of its keys together."""

    method_class: MethodClass = "METHOD_CLASS_UNSPECIFIED"
    """For which methods."""

    calls_per_second: int = 0
    """How many calls a second, on all gateways together."""

    set_by: str = ""
    """Who set it."""

    set_time: datetime | None = None
    """When."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityAlert:
    """A run of guessing or of attempts to inject, and the suspension that it brought about."""

    suspension_id: str = ""
    """Its id; ids sort by time."""

    address: str = ""
    """The address that is suspended, alone or with a key; empty when a key is, wherever it is used."""

    key_id: str = ""
    """The key that is suspended, or that the address claimed; empty when an address is, whatever it claims."""

    offence: str = ""
    """What came last: WRONG_SECRET, INJECTION, DENIED, NOT_FOUND or MALFORMED."""

    level: int = 0
    """How often in a row it was suspended before; each time is four times as long."""

    start_time: datetime | None = None
    """When it began."""

    until_time: datetime | None = None
    """When it ends by itself."""

    trace_id: str = ""
    """The trace of the last offence; empty when it was not traced."""

    lift_time: datetime | None = None
    """When an admin ended it; unset when none did."""

    lifted_by: str = ""
    """Who ended it."""

    lift_reason: str = ""
    """Why it was ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRateLimitResponse:
    """The limit as it stands."""

    limit: RateLimit | None = None
    """The limit; unset when that of the settings holds."""


_LIFT_SUSPENSION = Operation(
    name="lift_suspension",
    verb="POST",
    template="/v1/securityAlerts/{suspension_id}:lift",
    body="*",
    answer=LiftSuspensionResponse,
    variables=("suspension_id",),
    mutates=True,
)
_LIST_RATE_LIMITS = Operation(
    name="list_rate_limits", verb="GET", template="/v1/rateLimits", body="", answer=ListRateLimitsResponse
)
_LIST_SECURITY_ALERTS = Operation(
    name="list_security_alerts", verb="GET", template="/v1/securityAlerts", body="", answer=ListSecurityAlertsResponse
)
_SET_RATE_LIMIT = Operation(
    name="set_rate_limit", verb="POST", template="/v1/rateLimits", body="*", answer=SetRateLimitResponse, mutates=True
)


class SecurityService(Calls):
    """Shows who behaved like an attacker, and sets how many calls a caller may make; for the role admin only.
    Blocking.
    """

    def lift_suspension(
        self, suspension_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> LiftSuspensionResponse:
        """Ends a suspension before its time, and forgets what led to it; every gateway knows within seconds. One
        that was lifted stays as it is.

        suspension_id: Which.
        reason: Why, for those who read it later.
        """
        return self._transport.send(
            _LIFT_SUSPENSION, {"suspension_id": suspension_id, "reason": reason}, "", timeout_seconds
        )

    def list_rate_limits(self, *, timeout_seconds: float | None = None) -> ListRateLimitsResponse:
        """Lists the limits that were set for single keys and tenants; at most 10,000. Always safe to repeat."""
        return self._transport.send(_LIST_RATE_LIMITS, {}, "", timeout_seconds)

    def list_security_alerts(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        suspended_only: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListSecurityAlertsResponse:
        """Lists suspensions, newest first, those that are over too. Always safe to repeat.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        suspended_only: Only suspensions that last.
        """
        return self._transport.send(
            _LIST_SECURITY_ALERTS,
            {"page_size": page_size, "page_token": page_token, "suspended_only": suspended_only},
            "",
            timeout_seconds,
        )

    def list_all_security_alerts(
        self, *, page_size: int = 0, suspended_only: bool = False, timeout_seconds: float | None = None
    ) -> Iterator[SecurityAlert]:
        """What all pages of `list_security_alerts` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        suspended_only: Only suspensions that last.
        """
        for page in pages(
            lambda token: self.list_security_alerts(
                page_size=page_size, suspended_only=suspended_only, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.alerts

    def set_rate_limit(
        self,
        *,
        subject: str,
        method_class: MethodClass,
        calls_per_second: int = 0,
        timeout_seconds: float | None = None,
    ) -> SetRateLimitResponse:
        """Sets how many calls a key or a tenant may make; every gateway knows within seconds. Setting it again
        changes nothing.

        subject: The key or the tenant.
        method_class: For which methods.
        calls_per_second: How many calls a second; 0 lets the limit of the settings hold again.
        """
        return self._transport.send(
            _SET_RATE_LIMIT,
            {"subject": subject, "method_class": method_class, "calls_per_second": calls_per_second},
            "",
            timeout_seconds,
        )


class AsyncSecurityService(AsyncCalls):
    """Shows who behaved like an attacker, and sets how many calls a caller may make; for the role admin only.
    For asyncio.
    """

    async def lift_suspension(
        self, suspension_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> LiftSuspensionResponse:
        """Ends a suspension before its time, and forgets what led to it; every gateway knows within seconds. One
        that was lifted stays as it is.

        suspension_id: Which.
        reason: Why, for those who read it later.
        """
        return await self._transport.send(
            _LIFT_SUSPENSION, {"suspension_id": suspension_id, "reason": reason}, "", timeout_seconds
        )

    async def list_rate_limits(self, *, timeout_seconds: float | None = None) -> ListRateLimitsResponse:
        """Lists the limits that were set for single keys and tenants; at most 10,000. Always safe to repeat."""
        return await self._transport.send(_LIST_RATE_LIMITS, {}, "", timeout_seconds)

    async def list_security_alerts(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        suspended_only: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListSecurityAlertsResponse:
        """Lists suspensions, newest first, those that are over too. Always safe to repeat.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        suspended_only: Only suspensions that last.
        """
        return await self._transport.send(
            _LIST_SECURITY_ALERTS,
            {"page_size": page_size, "page_token": page_token, "suspended_only": suspended_only},
            "",
            timeout_seconds,
        )

    async def list_all_security_alerts(
        self, *, page_size: int = 0, suspended_only: bool = False, timeout_seconds: float | None = None
    ) -> AsyncIterator[SecurityAlert]:
        """What all pages of `list_security_alerts` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        suspended_only: Only suspensions that last.
        """
        async for page in async_pages(
            lambda token: self.list_security_alerts(
                page_size=page_size, suspended_only=suspended_only, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.alerts:
                yield one

    async def set_rate_limit(
        self,
        *,
        subject: str,
        method_class: MethodClass,
        calls_per_second: int = 0,
        timeout_seconds: float | None = None,
    ) -> SetRateLimitResponse:
        """Sets how many calls a key or a tenant may make; every gateway knows within seconds. Setting it again
        changes nothing.

        subject: The key or the tenant.
        method_class: For which methods.
        calls_per_second: How many calls a second; 0 lets the limit of the settings hold again.
        """
        return await self._transport.send(
            _SET_RATE_LIMIT,
            {"subject": subject, "method_class": method_class, "calls_per_second": calls_per_second},
            "",
            timeout_seconds,
        )
