"""What the columns of a plain table mean: the guess, as the person changes it."""

from __future__ import annotations

import streamlit as st

from data.imports import ColumnMap, Preview

MAIN = (
    ("id", "Id"), ("labels", "Labels"), ("annotator", "Annotator"), ("date", "Written on"), ("reviewed_at", "Reviewed at"),
    ("state", "State"),
)  # fmt: skip
MORE = (
    ("dismissed", "Dismissed labels"), ("suggested", "Suggested labels"), ("unknown", "Labels unknown then"),
    ("judged", "What was judged"), ("label_scores", "Label scores"), ("lead_time", "Seconds taken"),
    ("source", "Selection source"), ("model_version", "Model version"), ("media", "Image path"), ("value", "Verdict (1 or 0)"),
    ("uncertain", "Doubt (1 or 0)"), ("note", "Note of the review"),
)  # fmt: skip
MARKS = {"as the file suggests": None, "bar |": "|", "semicolon": ";", "comma": ",", "each cell is one label": ""}
_NONE = "–"


def column_map(seen: Preview, file_id: str) -> ColumnMap:
    """Ask what the columns mean. Those without a meaning become metadata."""
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
