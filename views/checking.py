"""What a file is and holds, said before anything is written: its format, its contents, and every row that is not taken."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from data.formats.tools import TOOLS
from data.imports import ImportOptions, Preview, Rejection
from data.imports.intake import Checked
from data.imports.records import TABLE
from data.imports.tally import Contents
from data.records import ImportRow
from views import importing
from views.importing import Check
from views.wording import plain, plural

#: So many people or labels are named; of more the number is said.
NAMED = 3


def read_as(seen: Preview, file_id: str) -> str | None:
    """Ask in which format to read the file; None for the one that was recognised."""
    found = seen.tool or TABLE
    others = [tool.key for tool in TOOLS.values() if tool.reader is not None and seen.format in tool.containers]
    keys = list(dict.fromkeys([found, *others, TABLE]))
    if len(keys) == 1:
        return None
    chosen = st.selectbox(
        "Read it as", keys, key=f"import_tool_{file_id}", format_func=lambda key: format_title(key, found),
        help="What the file is was told from its columns and first records. Choose another format if that is wrong.",
    )  # fmt: skip
    return None if chosen == found else chosen


def format_title(key: str, found: str) -> str:
    """A format as the choice shows it."""
    title = "A plain table: say what its columns mean" if key == TABLE else TOOLS[key].title
    return f"{title} (recognised)" if key == found else title


def labels_in(seen: Preview, file_id: str) -> str | None:
    """Ask which control, question or field holds the labels, where there are several; None for the first."""
    if len(seen.questions) < 2:
        return None
    chosen = st.selectbox(
        "The labels are in", seen.questions, key=f"import_question_{file_id}_{seen.tool}",
        help="The file holds answers to several questions. One of them is read at a time.",
    )  # fmt: skip
    return None if chosen == seen.questions[0] else str(chosen)


def what_it_is(seen: Preview, question: str | None, contents: Contents | None) -> str:
    """One sentence on what was recognised, as Markdown; what only reading it whole can tell once that is done."""
    title = "a plain table" if seen.tool is None else TOOLS[seen.tool].title
    size = plural(contents.items, "message") if contents else "" if seen.total is None else plural(seen.total, "record")
    labels = "" if contents is None else few(contents.labels, "label", "labels")
    told = [size, _people(contents), labels, f"from “{plain(question or seen.questions[0])}”" if seen.questions else ""]
    return f"**This is {title}**" + (f": {', '.join(filter(None, told))}." if any(told) else ".")


def _people(contents: Contents | None) -> str:
    """Who judged; empty where the file names nobody."""
    people = [] if contents is None else [name for name in contents.people if name != ImportOptions().annotator]
    return few(people, "person", "people")


def few(names: Sequence[str], one: str, many: str) -> str:
    """How many there are, by name while they are few.

    >>> few(["ann"], "person", "people"), few(["a", "b", "c", "d"], "person", "people"), few([], "person", "people")
    ('1 person (ann)', '4 people', '')
    """
    if not names:
        return ""
    listed = f" ({', '.join(map(plain, names))})" if len(names) <= NAMED else ""
    return f"{len(names):,} {one if len(names) == 1 else many}{listed}"


def facts(seen: Preview) -> str:
    """How the file is written, for who wants to know."""
    told = [seen.format.upper(), seen.encoding, seen.separator and f"separator {seen.separator!r}"]
    return " · ".join([plain(seen.name), *(str(fact) for fact in told if fact), plural(len(seen.columns), "column")])


def preview(seen: Preview, checked: Checked | None) -> None:
    """What to mind, and the first rows."""
    for warning in seen.warnings if checked is None else checked.warnings:
        st.caption(f":material/info: {plain(warning)}")
    rows = seen.parsed
    if checked is not None and not any(isinstance(row, ImportRow) and row.labels is not None for row in rows):
        rows = (*checked.contents.examples, *rows)  # what the first rows do not show
    if rows:
        st.dataframe(importing.preview_table(rows), hide_index=True, height=260, key="import_preview")


def show(check: Check | None) -> None:
    """What reading the file whole has shown, or how far that is."""
    if check is None:
        return
    if not check.finished.is_set():
        st.fragment(under_way, run_every=check.pace)(check)
    elif check.error is not None:
        st.error(plain(check.error), icon=":material/error:")
        if check.before_break is not None:
            go_on(check.before_break)
    elif check.checked is not None:
        _counts(check.checked)
        if check.checked.rejected:
            rejections(check.checked.rejections, check.checked.rejected, "would not be taken", key="preview")


def go_on(before: int) -> None:
    """Offer what can be read of a file that breaks off."""
    st.button(f"Take the {plural(before, 'record')} before the break", key="import_go_on", icon=":material/content_cut:",
              on_click=lambda: st.session_state.update(import_keep_going=True))  # fmt: skip


def under_way(check: Check) -> None:
    """How far reading is; draws the whole page anew when it is over."""
    if check.finished.is_set():
        st.rerun()
    st.progress(min(1.0, check.done / check.total) if check.total else 0.0, text=f"Checking every row… {check.done:,} so far")


def _counts(checked: Checked) -> None:
    held = checked.contents
    figures = (
        ("Messages", held.items), ("Reviews", held.reviewed), ("of these no label", held.empty), ("Skipped", held.skipped),
        ("Unreviewed", held.unreviewed), ("Labels", len(held.labels)), ("Not taken", checked.rejected),
    )  # fmt: skip
    with st.grid(7, min_column_width=105):
        for title, value in figures:
            st.metric(title, f"{value:,}")


def rejections(found: Sequence[Rejection], count: int, word: str, *, key: str) -> None:
    """The rows that are not taken, each with its rule and remedy, and the list as a file."""
    st.markdown(f"**{plural(count, 'row')} {word}**")
    st.dataframe(importing.rejection_table(found), hide_index=True, key=f"rejections_{key}")
    if len(found) < count:
        st.caption(f"The first {len(found):,} are listed.")
    st.download_button("Download this list", importing.rejection_file(found), "rejected-rows.csv", "text/csv",
                       key=f"download_rejections_{key}", on_click="ignore", icon=":material/download:")  # fmt: skip
