"""One running system for each file of flow tests."""

from collections.abc import Iterator

import pytest

from tests.support.system import System, running_system
from tests.support.templates import Templates


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, templates: Templates) -> Iterator[System]:
    with running_system(tmp_path_factory.mktemp("system"), templates) as running:
        yield running
