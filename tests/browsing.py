"""The app as a test without a browser sees it: its pages, and the Label page at an action."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[1] / "app.py")
OVERVIEW, LABEL, DATA = "views/overview_page.py", "views/label_page.py", "views/data_page.py"


def opened(page: str = OVERVIEW) -> AppTest:
    """The app at a page, without an error."""
    at = AppTest.from_file(APP, default_timeout=60).run()
    assert not at.exception
    return at if page == OVERVIEW else at.switch_page(page).run()


def at_action(action_id: int) -> AppTest:
    """The Label page at an action that was started, reached by its address."""
    at = AppTest.from_file(APP, default_timeout=60)
    at.query_params["action"] = str(action_id)
    at.run()
    at.switch_page(LABEL)
    at.query_params["action"] = str(action_id)
    at.run()
    assert not at.exception
    return at
