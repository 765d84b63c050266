"""Who calls: a key or a person, as everything behind the door knows them. It proves nothing and permits nothing."""

from dataclasses import dataclass
from enum import StrEnum

# What people's ids begin with, so that none can be taken for a key's.
PERSON_PREFIX = "person:"


class CallerKind(StrEnum):
    """How a caller proved who it is."""

    KEY = "key"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller whose proof was found good.

    `caller_id` names the key or the person in logs and records. `tenant_id` is the customer whose shares it uses;
    empty for the platform itself. No `merchant_ids` means all merchants: only roles of the platform have that.
    `operator` is who acts, for rules that need two: it stays the same over keys that take one another's place, and
    keys that a person made act for that person. `sees_unmasked` is a grant beyond what its roles see.
    """

    caller_id: str
    kind: CallerKind
    roles: frozenset[str]
    operator: str
    tenant_id: str = ""
    merchant_ids: frozenset[str] = frozenset()
    department: str = ""
    sees_unmasked: bool = False
    display: str = ""

    @property
    def is_of_platform(self) -> bool:
        """Whether it may see every merchant."""
        return not self.merchant_ids

    @property
    def is_person_rooted(self) -> bool:
        """Whether it is a person, or a key that acts for one."""
        return self.operator.startswith(PERSON_PREFIX)

    def may_see(self, merchant_id: str) -> bool:
        """Whether a merchant is in its scope."""
        return self.is_of_platform or merchant_id in self.merchant_ids
