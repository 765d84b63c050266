"""The roles, and which of them go with a scope of merchants. What a role may do stands in the policy, not here."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller is there for. The values stand in keys, tokens and the policy."""

    CASHIER = "cashier"  # 出纳
    REVIEWER = "reviewer"  # 复核
    AUDITOR = "auditor"  # 审计
    OPERATOR = "operator"  # 运维
    INTEGRATOR = "integrator"  # 接入方
    ADMIN = "admin"


# Who runs the system runs it for all merchants; who handles money handles that of named ones.
ONLY_OF_PLATFORM = frozenset({Role.ADMIN, Role.OPERATOR})
# What `is_admin` of a key has always meant: everything that is done for the platform.
ALL_OF_PLATFORM = frozenset({Role.ADMIN, Role.OPERATOR, Role.REVIEWER, Role.INTEGRATOR})
ONLY_OF_MERCHANTS = frozenset({Role.CASHIER})


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit of a grant that is asked for: the field, and a sentence in both languages."""

    field: str
    message: str
    message_zh: str


def misfits(roles: Collection[str], merchant_ids: Collection[str], tenant_id: str) -> list[Misfit]:
    """Where roles do not go with the scope, or the scope names no tenant; empty when all fits."""
    found = []
    if unknown := sorted(set(roles) - set(Role)):
        names = ", ".join(Role)
        found.append(Misfit("roles", f"{unknown[0]!r} is no role; roles: {names}", f"可用角色：{names}"))
    if merchant_ids and (wrong := sorted(ONLY_OF_PLATFORM & set(roles))):
        found.append(Misfit("merchant_ids", f"{wrong[0]} is for the platform", f"{wrong[0]} 仅限平台"))
    if not merchant_ids and (wrong := sorted(ONLY_OF_MERCHANTS & set(roles))):
        found.append(Misfit("merchant_ids", f"{wrong[0]} needs merchants", f"{wrong[0]} 须限定商户"))
    if bool(merchant_ids) != bool(tenant_id):
        found.append(Misfit("tenant_id", "goes with merchant_ids", "须与 merchant_ids 同时给出"))
    return found
