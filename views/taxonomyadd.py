"""Adding labels: one at a time, or a pasted list with what becomes of each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from data.pasted import Planned, planned, to_write
from data.records import Project
from data.store import Store
from views import session
from views.wording import plain, plural

MARKS = {
    "new": "+ new",
    "changed": "● changed",
    "back in use": "▲ back in use",
    "as it is": "○ as it is",
    "refused": "✕ refused",
}


def draw(store: Store, project: Project) -> None:
    """A form for one label, and a field for many."""
    left, right = st.columns(2, gap="large")
    with left:
        _one(project)
    with right:
        _many(store, project)


def _one(project: Project) -> None:
    with st.form("label_new", border=True, clear_on_submit=True):
        st.text_input("A new label", key="label_new_name", placeholder="Parent > Child", max_chars=200)
        st.text_area("What it means", key="label_new_description", height=80, max_chars=10_000)
        st.form_submit_button("Add the label", on_click=_add, args=(project,), icon=":material/add:")
    st.caption("What was reviewed before a label existed says nothing of it: neither yes nor no.")


def _many(store: Store, project: Project) -> None:
    """The pasted list, what becomes of each line, and the button that does it."""
    text = st.text_area("Or paste a list, one label a line", key="labels_pasted", height=180,
                        placeholder="Billing: anything about invoices\nBilling > Refund: wants money back")  # fmt: skip
    plan = planned(text, store.labels(project.id, retired=True))
    if not plan:
        st.caption("Write a label a line, its meaning after a colon. What becomes of each is shown before it is written.")
        return
    counts = Counter(one.outcome for one in plan)
    st.markdown(" · ".join(f"**{count}** {outcome}" for outcome, count in counts.items()))
    rows = [{"Line": one.line, "Label": one.name, "What": MARKS[one.outcome], "Why": one.why, "Meaning": one.description}
            for one in sorted(plan, key=lambda one: (one.outcome != "refused", one.line))]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="pasted_table", height=min(36 * (len(rows) + 1), 320))
    ready = to_write(plan)
    st.button(f"Write {plural(len(ready), 'label')}", key="paste_now", type="primary", icon=":material/content_paste:",
              disabled=not ready, on_click=_paste, args=(project, tuple(plan)))  # fmt: skip
    if counts["refused"]:
        st.caption(_refused(plan))


def _refused(plan: Sequence[Planned], most: int = 5) -> str:
    """Why lines of a list are left out, the first ones by their numbers, as Markdown."""
    refused = [one for one in plan if one.outcome == "refused"]
    more = f" And {plural(len(refused) - most, 'line')} more." if len(refused) > most else ""
    whys = "".join(f"  \nLine {one.line}: {plain(one.why)}" for one in refused[:most])
    return f"Refused lines are left out. Mend them above, or paste them again later.{more}{whys}"


@session.callback
def _add(project: Project) -> None:
    state = st.session_state
    label = session.store().add_label(
        project.id, state["label_new_name"], state["label_new_description"], annotator=session.annotator()
    )
    st.toast(f"{plain(label.name)} is there.", icon=":material/check:")


@session.callback
def _paste(project: Project, plan: tuple[Planned, ...]) -> None:
    ready = to_write(plan)
    session.store().paste_labels(project.id, [(one.name, one.description, one.label) for one in ready], session.annotator())
    st.session_state["labels_pasted"] = ""
    st.toast(f"{plural(len(ready), 'label')} written. Take it back under History.", icon=":material/content_paste:")
