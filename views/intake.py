"""The import section of the Data page: file, meaning of its columns, preview, progress, result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from data.imports import ColumnMap, ImportOptions, ImportReport, Preview, inspect
from data.records import ImportRow, Project
from data.store import Store
from samples.project import NAME
from views import importing, session, welcome
from views.importing import Run
from views.wording import plain, plural

TYPES = ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "xlsx", "parquet", "gz"]
MAIN = (
    ("id", "Id"), ("labels", "Labels"), ("annotator", "Annotator"), ("date", "Written on"), ("reviewed_at", "Reviewed at"),
    ("state", "State"),
)  # fmt: skip
MORE = (
    ("dismissed", "Dismissed labels"), ("suggested", "Suggested labels"), ("unknown", "Labels unknown then"),
    ("judged", "What was judged"), ("label_scores", "Label scores"), ("lead_time", "Seconds taken"),
    ("source", "Selection source"), ("model_version", "Model version"), ("media", "Image path"), ("value", "Verdict (1 or 0)"),
)  # fmt: skip
ENCODINGS = ["detect", "utf-8", "utf-16", "cp1252", "latin-1", "shift_jis", "gb18030"]
SEPARATORS = {"detect": None, "comma": ",", "semicolon": ";", "tab": "\t", "bar |": "|"}
MARKS = {"as the file suggests": None, "bar |": "|", "semicolon": ";", "comma": ",", "each cell is one label": ""}
_NONE = "–"


def section(store: Store, project: Project | None) -> None:
    """Everything about bringing a file in."""
    run: Run | None = st.session_state.get("import_run")
    if run is not None and not run.finished.is_set():
        progress(run)
        return
    if run is not None:
        result(run)
    st.markdown("CSV, TSV, JSON, JSON Lines, XLSX or Parquet, also gzipped. Nothing is written before you have seen the preview.")
    round_ = st.session_state.get("import_round", 0)
    file = st.file_uploader("File of messages", TYPES, key=f"import_file_{round_}", max_upload_size=500)
    if file is None:
        if all(found.name != NAME for found in store.projects()) and st.button(
            "Open the sample project instead", key="open_sample", icon=":material/landscape:"
        ):
            welcome.open_sample(store)
        return
    with session.explained():
        _prepare(store, project, file.file_id, file.name, file.getvalue())


def _prepare(store: Store, project: Project | None, file_id: str, name: str, content: bytes) -> None:
    options = _options()
    with st.spinner(f"Looking at {plain(name)}…"):
        seen = _remembered((file_id, options), lambda: inspect(content, name, options))
    facts = [seen.format.upper(), seen.encoding, seen.separator and f"separator {seen.separator!r}"]
    rows = "rows not counted yet" if seen.total is None else f"{seen.total:,} rows"
    st.caption(" · ".join([plain(name), *(str(fact) for fact in facts if fact), rows, f"{len(seen.columns)} columns"]))
    columns = _column_map(seen, file_id)
    shown = (
        seen
        if columns == seen.map
        else _remembered((file_id, options, columns), lambda: inspect(content, name, options, columns))
    )
    _preview(shown)
    target = _target(store, project, name, shown, file_id)
    chosen = _how(store, target)
    if st.button("Import", key="import_now", type="primary", icon=":material/upload:", disabled=not target):
        run = Run(name, target)
        final = replace(options, single_label=chosen.single_label, pool=chosen.pool, empty_is_reviewed=chosen.empty_is_reviewed)
        st.session_state["import_run"] = run
        importing.start(store, run, content, columns, final)
        st.rerun()


def _remembered(key: Any, make: Callable[[], Preview]) -> Preview:
    """The preview made for this file and these choices; the last few are kept in the session."""
    kept: dict[Any, Preview] = st.session_state.setdefault("import_previews", {})
    if key not in kept:
        kept[key] = make()
        while len(kept) > 6:
            kept.pop(next(iter(kept)))
    return kept[key]


def _options() -> ImportOptions:
    with st.expander("How the file is written", icon=":material/settings:"):
        first, second, third = st.columns(3)
        encoding = first.selectbox("Encoding", ENCODINGS, key="import_encoding", accept_new_options=True)
        separator = second.selectbox("Separator", list(SEPARATORS), key="import_separator")
        sheet = third.text_input("Sheet of a workbook", key="import_sheet", placeholder="the first")
    return ImportOptions(None if encoding == "detect" else encoding, SEPARATORS[separator], sheet or None)


def _column_map(seen: Preview, file_id: str) -> ColumnMap:
    """What the columns mean: the guess, as the person changed it. Columns without a meaning become metadata."""
    guessed, columns, key = seen.map, list(seen.columns), f"map_{file_id}"
    st.markdown("**What the columns mean** :gray[– guessed; change what is wrong. All others are kept as metadata.]")
    text = st.multiselect(
        "Text (several are joined)", columns, default=[c for c in guessed.text if c in columns], key=f"{key}_text"
    )
    roles: dict[str, str | None] = {}
    with st.grid(3, min_column_width=200):
        for role, title in MAIN:
            roles[role] = _role(role, title, guessed, columns, key)
    with st.expander("More columns", icon=":material/more_horiz:"), st.grid(3, min_column_width=200):
        for role, title in MORE:
            roles[role] = _role(role, title, guessed, columns, key)
        one_hot = st.multiselect("Label columns of 0 and 1", columns, default=list(guessed.one_hot), key=f"{key}_one_hot")
        marks = list(MARKS)
        held = next((word for word, mark in MARKS.items() if mark == guessed.label_separator), marks[0])
        mark = st.selectbox("Labels of a cell are divided by", marks, index=marks.index(held), key=f"{key}_mark")
        long = st.checkbox("Each row names one label", value=guessed.long, key=f"{key}_long")
    return ColumnMap(text=tuple(text), one_hot=tuple(one_hot), long=long, label_separator=MARKS[mark], **roles)


def _role(role: str, title: str, guessed: ColumnMap, columns: list[str], key: str) -> str | None:
    choices = [_NONE, *columns]
    before = getattr(guessed, role)
    chosen = st.selectbox(title, choices, index=choices.index(before) if before in columns else 0, key=f"{key}_{role}")
    return None if chosen == _NONE else chosen


def _preview(seen: Preview) -> None:
    for warning in seen.warnings:
        st.caption(f":material/info: {plain(warning)}")
    if seen.parsed:
        st.dataframe(importing.preview_table(seen), hide_index=True, height=260, key="import_preview")


def belongs(store: Store, project: Project, seen: Preview) -> bool:
    """Whether a file seems to be of this project: it has no items yet, or some that the file's first rows name."""
    named = [row.uid for row in seen.parsed if isinstance(row, ImportRow)]
    return store.count_items(project.id) == 0 or store.has_items(project.id, named)


def _target(store: Store, project: Project | None, name: str, seen: Preview, file_id: str) -> str:
    """The name of the project to import into: a new one, unless the file belongs to the one that is open."""
    names = [found.name for found in store.projects()]
    usual = "An existing project" if project and belongs(store, project, seen) else "A new project"
    into = st.segmented_control("Into", ["A new project", "An existing project"], key=f"import_into_{file_id}",
                                default=usual) if names else None  # fmt: skip
    if into == "An existing project":
        place = names.index(project.name) if project else 0
        return str(st.selectbox("Project to import into", names, index=place, key="import_target"))
    stem = name.split(".")[0].replace("_", " ").strip().capitalize()
    return st.text_input("Name of the new project", value=stem, key="import_name", max_chars=200).strip()


def _how(store: Store, target: str) -> ImportOptions:
    """The choices that concern what the rows say."""
    existing = next((found for found in store.projects() if found.name == target), None)
    with st.container(horizontal=True):
        single = existing.single_label if existing else st.checkbox("One label for each item", key="import_single")
        empty = st.checkbox("A row without labels was reviewed: none applies", key="import_empty")
        pool = st.checkbox("Messages only, leave labels out", key="import_pool")
    return ImportOptions(single_label=single, empty_is_reviewed=empty, pool=pool)


@st.fragment(run_every="0.4s")
def progress(run: Run) -> None:
    """How far the import is; draws the whole page anew when it is over."""
    if run.finished.is_set():
        if run.report is not None:
            session.choose_project(run.project)
            st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1
        st.rerun()
    st.progress(run.share, text=plain(run.words))
    st.caption("You can leave this page; the import goes on.")


def result(run: Run) -> None:
    """What an import has done, with every rejected row."""
    if run.report is None:
        st.error(plain(run.error or "The import failed."), icon=":material/error:")
        return
    report = run.report
    with st.container(border=True, key="import_result"):
        st.markdown(f"##### :material/check_circle: {plain(run.name)} is in “{plain(run.project)}”")
        _counts(report)
        for warning in report.warnings:
            st.caption(f":material/info: {plain(warning)}")
        if report.rejected:
            _rejections(report)
        if st.button("See the rating", key="see_rating", type="primary", icon=":material/landscape:"):
            st.session_state.pop("import_run", None)
            st.switch_page(session.OVERVIEW)


def _counts(report: ImportReport) -> None:
    counts = report.counts
    figures = (
        ("Rows in", report.rows), ("Accepted", report.accepted), ("Rejected", report.rejected),
        ("Items added", counts.items_added), ("Items updated", report.updated), ("Reviews added", counts.reviews_added),
        ("New labels", counts.labels_added),
    )  # fmt: skip
    with st.grid(7, min_column_width=105):
        for title, value in figures:
            st.metric(title, f"{value:,}")


def _rejections(report: ImportReport) -> None:
    table = importing.rejection_table(report)
    st.markdown(f"**Not taken: {plural(report.rejected, 'row')}**")
    st.dataframe(table, hide_index=True, key="import_rejections")
    if len(table) < report.rejected:
        st.caption(f"The first {len(table):,} are listed.")
    st.download_button("Download this list", importing.rejection_file(report), "rejected-rows.csv", "text/csv",
                       key="download_rejections", on_click="ignore", icon=":material/download:")  # fmt: skip
