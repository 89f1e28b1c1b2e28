"""The Overview's report: choose a form, and take it along as one file."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from data.records import Project
from data.store import Store
from recommend.report import FORMS, file_name, form_of, report_of
from recommend.serving import Served


def section(store: Store, project: Project, served: Served | None) -> None:
    """Offer the report of the rating that is shown; it is written when it is asked for. Nothing before there is a plan."""
    if served is None:
        return
    with st.popover("Report", icon=":material/summarize:", key="report", width="content"):
        st.caption(
            "Rating, factors, labels, risks, trend, stop answer and next actions in one file: to hand over, print or compare."
        )
        ending = st.segmented_control(
            "Form", list(FORMS), default="html", format_func=lambda key: FORMS[key].title, key="report_form",
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        texts = st.toggle("Quote items", key="report_texts", help="Those of the next actions. Off: no text of an item.")
        name = file_name(project.name, ending)
        st.download_button(
            f"Download {name}", written(store, project.id, served, ending, texts=texts), name, form_of(ending).media,
            key="report_download", type="primary", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def written(store: Store, project_id: int, served: Served, ending: str, *, texts: bool) -> Callable[[], bytes]:
    """What writes the report once it is asked for."""
    return lambda: form_of(ending).write(report_of(store, project_id, served, texts=texts))
