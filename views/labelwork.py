"""From a label to work on it: its own page, the action that is on offer, and one that is made of a list of items."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from data.records import Project, StoredAction
from rating.rollup import Node
from recommend.labelview import ListKey, lists_of, put_to_test
from recommend.listed import TYPICAL, start_listed
from recommend.records import Kind
from views import actioncards, planning, session
from views.actionwords import takes
from views.wording import KIND_ICONS, plural, title_of

PAGE, WIDTH = "labels_page.py", 200


def open_label(label_id: int) -> None:
    """Go to a label's own page."""
    st.switch_page(PAGE, query_params={"label": str(label_id)})


def elsewhere(label_id: int, name: str, *, used: bool = True) -> None:
    """The ways to other pages about a label: doubtful reviews, the map, and changes to the label itself."""
    with st.container(horizontal=True):
        if st.button("Doubts about it", key="label_doubts", type="tertiary", icon=":material/rule:"):
            st.switch_page("quality_page.py", query_params={"label": str(label_id)})
        if st.button("On the map", key="label_map", type="tertiary", icon=":material/scatter_plot:"):
            st.session_state.update(colour="Label", of_label=name)
            st.switch_page("map_page.py")
        if st.button("Rename, merge or retire", key="label_change", type="tertiary", icon=":material/account_tree:",
                     disabled=not used):  # fmt: skip
            st.session_state.update(taxonomy="Labels", change=name)
            st.switch_page("taxonomy_page.py")


def leave_label() -> None:
    """Go back to the table of all labels, on the run that follows."""
    st.query_params.pop("label", None)


def open_story(uid: str) -> None:
    """Go to everything that was decided about an item."""
    st.session_state["history_item"] = uid
    st.switch_page("history_page.py")


def button(
    project: Project, node: Node, action: StoredAction | None, *, primary: bool = False, disabled: bool = False
) -> None:  # fmt: skip
    """What can be done for a label: the best action on offer, or one that is started for it; nothing where there is neither."""
    kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
    if action is not None:
        about = f"{plural(len(action.item_ids), 'item')}, {takes(action.predicted_seconds)}"
        icon = KIND_ICONS[action.kind]
        if st.button(title_of(action.kind), key=f"do_{node.name}", icon=icon, help=about, type=kind, width=WIDTH,
                     disabled=disabled):  # fmt: skip
            actioncards.open_action(action)
    elif node.health is not None and not node.below:
        st.button("Start one", key=f"do_{node.name}", icon=":material/play_arrow:", type=kind, width=WIDTH,
                  disabled=disabled, help="Ten unreviewed items that the model cannot tell apart yet.",
                  on_click=start, args=(project.id, node.health.label_id, "teach"))  # fmt: skip


@session.callback
def start(project_id: int, label_id: int, kind: ListKey, threshold: float | None = None) -> None:
    """Start an action of this kind on the label's items, and go to it on the run that follows."""
    store, served = session.store(), planning.latest(session.store(), project_id)
    if served is None:
        session.tell("What the model knows is being read in again, as after a restart. Try again in a moment.", ":material/info:")
        return
    if not put_to_test(served, label_id):
        session.tell("The model does not know this label yet: assign it to two items first.", ":material/info:")
        return
    at = float(served.threshold[served.label_ids.index(label_id)]) if threshold is None else threshold
    items = [placed.item_id for placed in lists_of(served, label_id, at)[kind]]
    as_kind: Kind = "check" if kind == "typical" else kind
    reason = TYPICAL if kind == "typical" else ""
    action = start_listed(store, project_id, as_kind, label_id, items, session.annotator(), reason=reason, served=served)
    st.session_state["label_started"] = action.id


def follow() -> None:
    """Go to the action that was just started; to be called before the page is drawn."""
    if (number := st.session_state.pop("label_started", None)) is not None:
        st.switch_page(session.LABEL, query_params={"action": str(number)})
