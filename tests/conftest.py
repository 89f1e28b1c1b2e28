"""What holds for all tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from hypothesis import settings

from data.records import Project
from data.store import Store
from tests.builders import stored

settings.register_profile("plateau", deadline=None)  # how long an example takes depends on what else the machine does
settings.load_profile("plateau")


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
