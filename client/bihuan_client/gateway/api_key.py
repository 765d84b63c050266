"""Api key: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key with which a program calls the gateway. Only its hash is kept."""

    key_id: str = ""
    """The open part of the key, which stands in logs."""

    display_name: str = ""
    """Whose it is, for people."""

    sees_unmasked: bool = False
    """Whether it sees names, tax numbers and accounts unmasked."""

    is_admin: bool = False
    """Whether it has the role admin."""

    create_time: datetime | None = None
    """When it was made."""

    revoke_time: datetime | None = None
    """When it was revoked; unset while it is good."""

    roles: Sequence[str] = ()
    """What it is there for: cashier 出纳, reviewer 复核, auditor 审计, operator 运维, integrator 接入方, admin
    管理员.
    """

    tenant_id: str = ""
    """The customer whose key it is; empty for the platform itself."""

    merchant_ids: Sequence[str] = ()
    """The merchants that it sees and acts for; empty for all of them."""

    department: str = ""
    """The department within the tenant, for people."""

    expire_time: datetime | None = None
    """From when on it is refused; unset for never."""

    successor_key_id: str = ""
    """The key that takes its place; empty when it was not rotated."""

    operator: str = ""
    """For whom it acts where two must act: the person who made it, or the first key of the line that it goes on."""
