"""Merge or separate: two labels side by side, the items that confuse them one by one, and the decision."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from data.records import ActionState, Item, Label, Project
from data.store import Store
from recommend.serving import as_meant, likeliest
from views import desk, planning, session
from views.desk import Work
from views.taxonomystock import carriers
from views.wording import plain, plural

TYPICAL, LONGEST = 3, 160


@dataclass(frozen=True, slots=True)
class Side:
    """One of two labels that are confused: what it is said to mean, on how many reviewed items it stands, and typical ones."""

    label_id: int
    name: str
    carried: str
    description: str
    typical: tuple[str, ...]


def compared(store: Store, project: Project, work: Work) -> list[Side]:
    """The two labels side by side; empty when they are one by now, or one is out of use."""
    labels = {label.id: label for label in store.labels(project.id)}
    carried = carriers(store, project)
    found = []
    for label_id, other in _both(work):
        own = carried.get(label_id, set())
        items = typical(store, project, label_id, own - carried.get(other, set()) or own)
        texts = tuple(f"“{_short(item.text)}”" if item.text else item.uid for item in items)
        label = labels[label_id]
        found.append(Side(label_id, label.name, plural(len(own), "reviewed item"), label.description, texts))
    return found


def sides(store: Store, project: Project, work: Work) -> None:
    """Draw the two labels side by side."""
    with st.grid(2, min_column_width=280):
        for side in compared(store, project, work):
            with st.container(border=True, height="stretch", gap="xsmall", key=f"side_{side.label_id}"):
                st.markdown(f"**{plain(side.name)}** &nbsp; :gray[{side.carried}]")
                st.markdown(plain(side.description) or ":gray[No description.]")
                for text in side.typical:
                    st.caption(plain(text))


def _both(work: Work) -> list[tuple[int, int]]:
    """Each of the two labels with the other one; empty when they are one by now, or one is out of use."""
    pair = work.action.label_ids
    return [(pair[0], pair[1]), (pair[1], pair[0])] if len(pair) == 2 else []


def typical(store: Store, project: Project, label_id: int, item_ids: set[int]) -> list[Item]:
    """The items of a label that the model finds likeliest without having seen them; the first ones while there is no model."""
    served, chosen = planning.latest(store, project.id), sorted(item_ids)
    if served is not None:
        chosen = likeliest(as_meant(served, store.labels(project.id, retired=True)), label_id, chosen)
    return store.items(project.id, chosen[:TYPICAL])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def decision(store: Store, project: Project, work: Work) -> None:
    """Merge the two labels, or keep them apart, which also ends the action."""
    pair = [label for label in store.labels(project.id) if label.id in work.action.label_ids]
    if len(pair) < 2:
        _settled(store, project, work)
        return
    with st.container(border=True, key="pair_decision"):
        st.markdown("**Do they mean the same?** Decide now or when you have seen the items.")
        sure = st.checkbox(
            "Yes, they mean the same (a merge can be taken back under Taxonomy)", key=f"pair_sure_{work.action.id}"
        )
        with st.container(horizontal=True):
            for source, target in ((pair[0], pair[1]), (pair[1], pair[0])):
                if st.button(f"Merge into {plain(target.name)}", key=f"pair_into_{target.id}", icon=":material/call_merge:",
                             disabled=not sure, wrap=True):  # fmt: skip
                    _close(store, project, work, source, target)
            if st.button("Keep them apart", key="pair_apart", icon=":material/call_split:",
                         help="They are not offered as a pair again."):  # fmt: skip
                _close(store, project, work, None, None)


def _settled(store: Store, project: Project, work: Work) -> None:
    """Say why there is nothing left to decide, and let the action end."""
    now = desk.serving(store.labels(project.id, retired=True))
    one = all(label_id in now for label_id in store.action(project.id, work.action.id).label_ids)
    st.info("These two labels are one now." if one else "One of the two labels is out of use by now.", icon=":material/info:")
    if st.button("End this action", key="pair_end", icon=":material/done:", help="What you decided is kept."):
        _close(store, project, work, None, None, "done" if desk.decided(store, work, session.annotator()) else "dropped")


def _close(
    store: Store, project: Project, work: Work, source: Label | None, target: Label | None, state: ActionState = "done"
) -> None:
    """End the action, after a merge if there is one, and go back to the choice of actions."""
    with session.explained():
        if source is not None and target is not None:
            store.merge_labels(project.id, source.id, target.id, annotator=session.annotator())
            st.toast(f"{plain(source.name)} counts for {plain(target.name)} now.", icon=":material/call_merge:")
        done = desk.decided(store, work, session.annotator())
        store.end_action(project.id, work.action.id, state, sum(review.seconds or 0.0 for review in done.values()))
        session.leave_action()
        st.rerun()
