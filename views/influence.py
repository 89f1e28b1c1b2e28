"""Which reviews moved the model most, from the kept study: texts, who, when, which action, and where the model disagrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from data.records import Project
from data.store import Store
from views import studying
from views.peoplewords import clock
from views.wording import KIND_ICONS, figure, plain, plural, title_of

SHOWN, EXCERPT = 6, 220
ALL = "All labels"


def section(store: Store, project: Project) -> None:
    """The reviews that moved the model most, over all labels or for one."""
    st.subheader("Which reviews moved the model most", anchor=False)
    kept = studying.shown(store, project, "influence", words="Influence of reviews")
    if kept is None:
        return
    found = kept.result
    labels = {label["name"]: label for label in found["labels"]}
    name = st.selectbox("Label", [ALL, *labels], key="moved", bind="query-params", width=320)
    label = labels.get(str(name))
    st.markdown(share_words(found["reviews"], found["share"] if label is None else label["share"]))
    rows = found["overall"] if label is None else label["rows"]
    for row in rows[:SHOWN]:
        _row(row, label)
    if len(rows) > SHOWN:
        with st.expander(f"{len(rows) - SHOWN} more"):
            for row in rows[SHOWN:]:
                _row(row, label)
    if not rows:
        st.caption("No review has moved it yet.")


def share_words(reviews: int, share: float) -> str:
    """How much of the movement came from how few reviews."""
    few = max(reviews // 20, 1)
    return (
        f"**{figure(share, 'share')}** of all that reviews have moved came from the {plural(few, 'review')} with most influence, "
        f"one in {max(reviews // few, 1)}. Read them again first: a mistake in one of them costs most."
    )


def _row(row: Mapping[str, Any], label: Mapping[str, Any] | None) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{row['moved']:.2f} points** :gray[moved on average, of 100] · {said(row, label)}")
        text = " ".join(row["text"].split())
        st.markdown(plain(text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…") or "No text.")
        kind = f"{KIND_ICONS.get(row['source'], '')} {title_of(row['source'])}".strip()
        action = "" if row["action"] is None else f", action {row['action']}"
        st.caption(f"{plain(row['who'])} · {clock(row['when'], st.context.timezone)} · {kind}{action} · {plain(row['uid'])}")
        if doubt := doubts(row, label):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f":orange[:material/warning: {doubt_words(doubt)}]", width="content")
                if st.button("See the doubts", key=f"moved_{row['item']}", type="tertiary", icon=":material/rule:"):
                    st.switch_page("quality_page.py", query_params={"label": str(doubt[0]["label_id"])})


def said(row: Mapping[str, Any], label: Mapping[str, Any] | None) -> str:
    """What the review says."""
    if label is None:
        return plain(", ".join(row["given"])) or "no label"
    return (
        f"{'has it' if row['assigned'] else 'does not have it'} :gray[(the model, without it: {100 * row['probability']:.0f} %)]"
    )


def doubts(row: Mapping[str, Any], label: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The labels on which the model contradicts the review."""
    return [one for one in row["unlikely"] if label is None or one["label_id"] == label["label_id"]]


def doubt_words(labels: Sequence[Mapping[str, Any]]) -> str:
    """On what the model contradicts a review."""
    return f"The model would have said otherwise: {plain(', '.join(label['name'] for label in labels))}"
