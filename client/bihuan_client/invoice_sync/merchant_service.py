"""Merchant service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls

from .merchant import MerchantProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMerchantProfileResponse:
    """A profile."""

    profile: MerchantProfile | None = None
    """The profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMerchantProfileResponse:
    """The profile as set."""

    profile: MerchantProfile | None = None
    """The profile."""


_GET_MERCHANT_PROFILE = Operation(
    name="get_merchant_profile",
    verb="GET",
    template="/v1/merchants/{merchant_id}/profile",
    body="",
    answer=GetMerchantProfileResponse,
    variables=("merchant_id",),
)
_SET_MERCHANT_PROFILE = Operation(
    name="set_merchant_profile",
    verb="PUT",
    template="/v1/merchants/{profile.merchant_id}/profile",
    body="profile",
    answer=SetMerchantProfileResponse,
    variables=("profile.merchant_id",),
    mutates=True,
)


class MerchantService(Calls):
    """Holds how each merchant's invoices are issued. Blocking."""

    def get_merchant_profile(
        self, merchant_id: str, *, timeout_seconds: float | None = None
    ) -> GetMerchantProfileResponse:
        """Gets the profile of a merchant.

        merchant_id: The merchant.
        """
        return self._transport.send(_GET_MERCHANT_PROFILE, {"merchant_id": merchant_id}, "", timeout_seconds)

    def set_merchant_profile(
        self, *, profile: MerchantProfile, timeout_seconds: float | None = None
    ) -> SetMerchantProfileResponse:
        """Sets the profile of a merchant, new or not. Idempotent: the same content changes nothing. A payment
        followed before is issued by the profile that stands when it becomes due. VERSION_MISMATCH when a
        version is named and somebody else changed it since.

        profile: The whole profile.
        """
        return self._transport.send(_SET_MERCHANT_PROFILE, {"profile": profile}, "", timeout_seconds)


class AsyncMerchantService(AsyncCalls):
    """Holds how each merchant's invoices are issued. For asyncio."""

    async def get_merchant_profile(
        self, merchant_id: str, *, timeout_seconds: float | None = None
    ) -> GetMerchantProfileResponse:
        """Gets the profile of a merchant.

        merchant_id: The merchant.
        """
        return await self._transport.send(_GET_MERCHANT_PROFILE, {"merchant_id": merchant_id}, "", timeout_seconds)

    async def set_merchant_profile(
        self, *, profile: MerchantProfile, timeout_seconds: float | None = None
    ) -> SetMerchantProfileResponse:
        """Sets the profile of a merchant, new or not. Idempotent: the same content changes nothing. A payment
        followed before is issued by the profile that stands when it becomes due. VERSION_MISMATCH when a
        version is named and somebody else changed it since.

        profile: The whole profile.
        """
        return await self._transport.send(_SET_MERCHANT_PROFILE, {"profile": profile}, "", timeout_seconds)
