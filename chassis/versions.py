"""Whether a thing is still at the version that its caller saw. It stores none: each row that has one counts its own."""

from chassis.errors import Fault, Kind


def must_be_at(expected: int, current: int) -> None:
    """Nothing, when no version is expected (0) or it is the one that stands. Raises VERSION_MISMATCH.

    To be called in the transaction of the change, with the row held.
    """
    if expected and expected != current:
        raise Fault(
            Kind.CONFLICT,
            "VERSION_MISMATCH",
            f"it is at version {current} and no more at {expected}, so nothing was done: look at it again",
            f"当前版本为 {current}，已不是 {expected}，未作任何改动：请重新查询",
            metadata={"current_version": str(current)},
        )
