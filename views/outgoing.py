"""The export and vectors sections of the Data page."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import streamlit as st

from data.exports import (
    FORMATS,
    Prediction,
    Table,
    export_bytes,
    items_table,
    predictions_table,
    reviews_table,
    stored_predictions,
    times_table,
)
from data.records import Project
from data.store import Store
from recommend.serving import Served, as_meant, predicted
from views import handing, planning, session
from views.wording import file_stem, plain, plural

TABLES, TOOL = "As tables", "For another tool"
WHAT = {
    "items": "Items with their labels", "reviews": "Every review", "times": "Seconds per item",
    "model": "The model's predictions", "predictions": "Imported predictions",
}  # fmt: skip
_MIME = {
    "csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


def export_section(store: Store, project: Project) -> None:
    """Results as tables, or items for another tool."""
    st.session_state.setdefault("export_as", TABLES)
    chosen = st.segmented_control("Export", [TABLES, TOOL], key="export_as", label_visibility="collapsed", required=True)
    if chosen == TABLES:
        tables(store, project)
    else:
        handing.section(store, project)


def tables(store: Store, project: Project) -> None:
    """Write a table, say what its format could not hold, and offer it."""
    what = st.radio("What", list(WHAT), format_func=WHAT.__getitem__, horizontal=True, key="export_what")
    kind = st.segmented_control("Format", list(FORMATS), default="csv", key="export_format", format_func=str.upper) or "csv"
    if st.button("Prepare the file", key="export_prepare", icon=":material/inventory_2:"):
        with session.explained(), st.spinner("Writing the file…"):
            content, report = export_bytes(_table(store, project, what), kind)
            st.session_state["export"] = (project.id, what, kind, project.revision, content, report)
    ready = st.session_state.get("export")
    if ready is None or ready[:3] != (project.id, what, kind):
        return
    *_, revision, content, report = ready
    st.caption(
        f"{plural(report.rows, 'row')} as of revision {revision}."
        + (" The project has changed since." if revision != project.revision else "")
    )
    for note in report.notes:
        st.caption(f":material/info: {plain(note)}")
    name = f"{file_stem(project.name)}-{what}.{kind}"
    st.download_button(f"Download {name}", content, name, _MIME[kind], key="export_download", type="primary", on_click="ignore",
                       icon=":material/download:")  # fmt: skip


def _table(store: Store, project: Project, what: str) -> Table:
    if what == "items":
        return items_table(store, project.id)
    if what == "reviews":
        return reviews_table(store, project.id)
    if what == "times":
        return times_table(store, project.id)
    if what == "predictions":
        return predictions_table(lambda: stored_predictions(store, project.id))
    served = planning.latest(store, project.id) or planning.renew(store, project.id)
    return predictions_table(lambda: _model_predictions(store, project, served))


def _model_predictions(store: Store, project: Project, served: Served) -> Iterator[Prediction]:
    """The calibrated probability of every label, as it is meant now, for every item that the model knows."""
    served = as_meant(served, store.labels(project.id, retired=True))
    for item in store.iter_items(project.id):
        chances = predicted(served, item.id)
        if chances is not None:
            yield Prediction(item.uid, chances, item.text, served.model or str(served.plan.model_version))


def vectors_section(store: Store, project: Project) -> None:
    """Take a person's own vectors, one row an item."""
    st.markdown("A `.npy` table of numbers with one row for each item, in item order, or in the order of a list of ids.")
    vectors = st.file_uploader("Vectors (.npy)", ["npy"], key="vectors_file")
    ids = st.file_uploader(
        "Ids of the rows (.txt, .json or .npy), if in another order", ["txt", "json", "npy"], key="vectors_ids"
    )
    name = st.text_input("Name of these vectors", value="own", key="vectors_name", max_chars=100)
    if vectors is not None and st.button("Use these vectors", key="vectors_use", type="primary"):
        with session.explained(), st.spinner("Checking the vectors…"), tempfile.TemporaryDirectory() as folder:
            from rating.uservectors import import_vectors

            path = Path(folder) / "vectors.npy"
            path.write_bytes(vectors.getbuffer())
            order = None if ids is None else Path(folder) / f"ids{Path(ids.name).suffix}"
            if order is not None and ids is not None:
                order.write_bytes(ids.getbuffer())
            rows = import_vectors(store, project.id, name, path, ids=order)
            st.success(f"{plural(rows, 'vector')} are kept. Now rate again on the Overview.", icon=":material/check_circle:")
