"""What is wrong with a field of what was told, in words that who told it can read. It raises nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Misfit:
    """One field that breaks a rule: the field's path, the rule's name, and a sentence in both languages."""

    field: str
    rule: str
    message: str
    message_zh: str
