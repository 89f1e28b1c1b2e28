"""The import section of the Data page: file, what it is, preview, progress, result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from data.errors import CutShort
from data.imports import ColumnMap, ImportOptions, ImportReport, Preview, inspect
from data.imports.intake import CHEAP
from data.records import ImportRow, Project
from data.store import Store
from samples.project import NAME
from views import checking, importing, mapping, pool, session, welcome
from views.importing import Check, Run
from views.wording import plain

ENCODINGS = ["detect", "utf-8", "utf-16", "cp1252", "latin-1", "shift_jis", "gb18030"]
SEPARATORS = {"detect": None, "comma": ",", "semicolon": ";", "tab": "\t", "bar |": "|"}
#: A check that is over within so many seconds is shown at once.
AT_ONCE = 1.5


@dataclass(frozen=True, slots=True)
class _File:
    """What was uploaded; ``id`` tells one upload from another."""

    id: str
    name: str
    content: bytes


def settle() -> None:
    """Go to the project of an import that has ended well, and make room for another file; before anything is drawn."""
    run: Run | None = st.session_state.get("import_run")
    if run is None or run.noted or not run.finished.is_set():
        return
    run.noted = True
    if run.report is not None:
        session.choose_project(run.project)
        st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1
        st.rerun()


def section(store: Store, project: Project | None) -> None:
    """Everything about bringing a file in."""
    run: Run | None = st.session_state.get("import_run")
    if run is not None and not run.noted:
        st.fragment(progress, run_every=run.pace)(run)
        return
    if run is not None:
        result(run)
    if project is not None:
        pool.offer(store, project)
    st.markdown(
        "What other labelling tools export, or any table: CSV, TSV, JSON, JSON Lines, XLSX or Parquet, also gzipped, or a folder "
        "as a zip. Nothing is written before you have seen the preview."
    )
    round_ = st.session_state.get("import_round", 0)
    file = st.file_uploader("File of messages", importing.TYPES, key=f"import_file_{round_}", max_upload_size=500)
    if file is None:
        if all(found.name != NAME for found in store.projects()) and st.button(
            "Open the sample project instead", key="open_sample", icon=":material/landscape:"
        ):
            welcome.open_sample(store)
        return
    with session.explained():
        try:
            _prepare(store, project, _File(file.file_id, file.name, file.getvalue()))
        except CutShort as error:
            st.error(plain(str(error)), icon=":material/error:")
            checking.go_on(error.before)


def _prepare(store: Store, project: Project | None, file: _File) -> None:
    """Say what the file is, ask what only a person can know, and show what an import would do."""
    head, choices = st.container(), st.container(horizontal=True)
    written = _options()
    with choices:
        seen = _inspected(file, written)
        tool = checking.read_as(seen, file.id)
        seen = _inspected(file, options := replace(written, tool=tool))
        question = checking.labels_in(seen, file.id)
    columns = mapping.column_map(seen, file.id) if seen.tool is None else None
    target = _target(store, project, file.name, seen, file.id)
    chosen = _how(store, target)
    final = replace(
        options, question=question, single_label=chosen.single_label, pool=chosen.pool, empty_is_reviewed=chosen.empty_is_reviewed
    )
    check = _checked(file, final, columns)
    shown, checked = _inspected(file, final, columns), None if check is None else check.checked
    with head:
        st.markdown(checking.what_it_is(shown, question, None if checked is None else checked.contents))
        st.caption(checking.facts(shown))
    checking.preview(shown, checked)
    checking.show(check)
    if checked is not None and not final.pool:
        pool.warn(store, target, checked)
    possible = bool(target) and (check is None or check.error is None) and (checked is None or checked.written > 0)
    if st.button("Import", key="import_now", type="primary", icon=":material/upload:", disabled=not possible):
        importing.begin(store, Run(file.name, len(file.content), project=target), check, file.content, columns, final)


def _inspected(file: _File, options: ImportOptions, columns: ColumnMap | None = None) -> Preview:
    with st.spinner(f"Looking at {plain(file.name)}…"):
        return _remembered((file.id, options, columns), lambda: inspect(file.content, file.name, options, columns))


def _remembered(key: Any, make: Callable[[], Preview]) -> Preview:
    """The preview made for this file and these choices; the last few are kept in the session."""
    kept: dict[Any, Preview] = st.session_state.setdefault("import_previews", {})
    if key not in kept:
        kept[key] = make()
        while len(kept) > 6:
            kept.pop(next(iter(kept)))
    return kept[key]


def _checked(file: _File, options: ImportOptions, columns: ColumnMap | None) -> Check | None:
    """The check of this file under these choices; of a large file only once it is asked for."""
    key = (file.id, options, columns)
    before: Check | None = st.session_state.get("import_check")
    if before is not None and before.key == key:
        return before
    if before is not None:
        before.dropped = True
        del st.session_state["import_check"]
    large = len(file.content) > CHEAP
    if large and not st.button(
        "Check every row first", key="import_check_now", icon=":material/fact_check:",
        help="The file is large: reading it takes a while. Without this it is checked as it is imported.",
    ):  # fmt: skip
        return None
    st.session_state["import_check"] = begun = importing.check(key, file.name, file.content, columns, options)
    begun.finished.wait(AT_ONCE)
    if large:  # without the button
        st.rerun()
    return begun


def _options() -> ImportOptions:
    with st.expander("How the file is written", icon=":material/settings:"):
        first, second, third = st.columns(3)
        encoding = first.selectbox("Encoding", ENCODINGS, key="import_encoding", accept_new_options=True)
        separator = second.selectbox("Separator", list(SEPARATORS), key="import_separator")
        sheet = third.text_input("Sheet of a workbook", key="import_sheet", placeholder="the first")
        far = st.checkbox("Take a file that breaks off as far as it can be read", key="import_keep_going")
    return ImportOptions(None if encoding == "detect" else encoding, SEPARATORS[separator], sheet or None, keep_going=far)


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


def progress(run: Run) -> None:
    """How far the import is; draws the whole page anew when it is over."""
    if run.finished.is_set():
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
            checking.rejections(report.rejections, report.rejected, "not taken", key="taken")
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
