"""What holds for all tests."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from hypothesis import settings

from data.records import Project
from data.store import Store
from tests.builders import stored

#: Here files are in memory: every write to a database waits for the disk, most of which is spared. So much must be free.
MEMORY, LEAST_FREE = Path("/dev/shm"), 4 * 1024**3

#: How long an example takes depends on what else the machine does.
settings.register_profile("plateau", deadline=None, max_examples=40)
settings.load_profile("plateau")


def in_memory() -> bool:
    """Whether there is a place in memory that is large enough, and from which programs may run."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        return False
    return shutil.disk_usage(MEMORY).free >= LEAST_FREE and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC


if "TMPDIR" not in os.environ and in_memory():
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.fixture(autouse=True)
def main_stays_main() -> Iterator[None]:
    """AppTest leaves its page as ``__main__``, and a process spawned afterwards would begin by running that page."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, Project]:
    """A project in a database that the app opens; a module's own fixture of this name comes before it."""
    store, project = stored(tmp_path)
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    st.cache_resource.clear()
    return store, project
