"""How the columnar reading says that it leaves a block to the row reader. It says no more: the row reader tells why."""


class Odd(Exception):
    """Something in a block is not as plain rows are, or is beyond what columns can tell."""


def plain(holds: object) -> None:
    """Raises Odd unless it holds."""
    if not holds:
        raise Odd
