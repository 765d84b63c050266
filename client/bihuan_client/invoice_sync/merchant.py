"""Merchant: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .invoice import IssuePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantProfile:
    """How a merchant's invoices are issued. 商户开票设置"""

    merchant_id: str = ""
    """The merchant."""

    issue_policy: IssuePolicy = "ISSUE_POLICY_UNSPECIFIED"
    """When an invoice is issued without being asked for."""

    seller_name: str = field(default="", repr=False)
    """The name that stands on its invoices as seller."""

    seller_tax_id: str = field(default="", repr=False)
    """Its tax number, 15 to 20 capitals and digits."""

    version: int = 0
    """Rises by one with each change. In a request, the version that it is to take the place of; 0 for whatever
    there is.
    """
