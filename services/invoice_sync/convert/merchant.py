"""Merchants' profiles, for the contract."""

from bihuan.invoice_sync.v1 import invoice_pb2, merchant_pb2

from services.invoice_sync.domain.invoice import Party
from services.invoice_sync.domain.policy import IssuePolicy, Profile


def profile_to_proto(profile: Profile) -> merchant_pb2.MerchantProfile:
    """A merchant's profile."""
    return merchant_pb2.MerchantProfile(
        merchant_id=profile.merchant_id,
        issue_policy=invoice_pb2.IssuePolicy.Value(f"ISSUE_POLICY_{profile.issue_policy.value}"),
        seller_name=profile.seller.name,
        seller_tax_id=profile.seller.tax_id,
        version=profile.version,
    )


def profile_from_proto(profile: merchant_pb2.MerchantProfile) -> Profile:
    """A merchant's profile, checked by its rules before."""
    policy = invoice_pb2.IssuePolicy.Name(profile.issue_policy).removeprefix("ISSUE_POLICY_")
    seller = Party(profile.seller_name, profile.seller_tax_id)
    return Profile(profile.merchant_id, IssuePolicy(policy), seller, profile.version)
