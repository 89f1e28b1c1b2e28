"""What holds for all tests."""

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("plateau", deadline=None)  # how long an example takes depends on what else the machine does
settings.load_profile("plateau")


@pytest.fixture(autouse=True)
def main_stays_main() -> Iterator[None]:
    """AppTest leaves its page as ``__main__``, and a process spawned afterwards would begin by running that page."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before
