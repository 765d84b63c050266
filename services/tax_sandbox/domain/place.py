"""Where a main book is: an environment and a region. What is booked in one place is not found in another."""

from enum import StrEnum


class Place(StrEnum):
    """Every main book that there is."""

    PRODUCTION_BEIJING = "production/11"
    PRODUCTION_HUBEI = "production/42"
    TEST_BEIJING = "test/11"
    TEST_HUBEI = "test/42"

    @property
    def environment(self) -> str:
        """`production` or `test`."""
        return self.value.partition("/")[0]

    @property
    def region(self) -> str:
        """Two digits of GB/T 2260: 11 is Beijing, 42 is Hubei."""
        return self.value.partition("/")[2]

    def neighbour(self) -> "Place":
        """The other region of the same environment."""
        return next(other for other in Place if other.environment == self.environment and other is not self)


def read_place(environment: str, region: str) -> Place | None:
    """The place of this name, if there is one."""
    name = f"{environment}/{region}"
    return Place(name) if name in _NAMES else None


_NAMES = frozenset(Place)
