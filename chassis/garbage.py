"""How often Python looks for cycles of objects. It frees nothing itself: what is in no cycle goes at once anyway."""

import gc

_NEW_OBJECTS = 50_000


def collect_seldom() -> None:
    """Look after every 50,000 objects and not after every 700; what start-up made is never looked at again.

    A batch is tens of thousands of objects at once, none of them in a cycle, and each look walks over all of them.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
