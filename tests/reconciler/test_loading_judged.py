"""What becomes of a file's lines: each is known or new, and none is lost on its way into the tables."""

from datetime import date

import pytest

from services.reconciler.domain.loading import Judged

DAY = date(2026, 3, 1)


def test_each_line_that_was_read_is_known_or_new():
    judged = Judged(2, None, None, None, {DAY: 3})

    judged.check(5)

    for lost in (4, 6):
        with pytest.raises(AssertionError, match="5 are here"):
            judged.check(lost)
