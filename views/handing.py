"""Handing items over to another tool: what its format cannot carry is said before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import streamlit as st

from data.exports import ExportReport, Handover
from data.exports.handover import Whole
from data.formats.exporting import tool_bytes
from data.formats.label_studio_write import config_of
from data.formats.losses import losses
from data.formats.tools import TOOLS
from data.records import Project, StoredAction
from data.store import Store
from recommend.sending import sent_out
from recommend.serving import Served, as_meant, predicted
from views import planning, session
from views.actionwords import task
from views.wording import plain, plural

EVERYTHING, REVIEWED, UNREVIEWED, ACTION = "Everything", "What is reviewed", "What is not", "One action's items"
#: So many items are written between two looks at how far it is.
_STEP = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be written, and how. ``item_ids`` None means every item; ``action`` is the one that they are sent out for."""

    key: str
    item_ids: tuple[int, ...] | None
    question: str
    predictions: bool
    name: str
    action: int | None = None


@dataclass(frozen=True)
class _Watched(Handover):
    """A handover that tells how many of its items have been gone through."""

    told: Callable[[int], None] = lambda done: None

    def wholes(self) -> Iterator[Whole]:
        """The items; some formats go through them more than once."""
        for number, whole in enumerate(super().wholes()):
            if number % _STEP == 0:
                self.told(number)
            yield whole


def section(store: Store, project: Project) -> None:
    """Choose a format and items, say what would be lost, write the file and offer it."""
    choice = _choice(store, project)
    if choice is None:
        return
    _lost(store, project, choice)
    if st.button("Prepare the file", key="tool_prepare", icon=":material/inventory_2:", type="primary"):
        with session.explained():
            content, report = _written(store, project, choice)
            st.session_state["tool_export"] = (project.id, choice, project.revision, content, report)
    ready = st.session_state.get("tool_export")
    if ready is not None and ready[:2] == (project.id, choice):
        _offer(project, *ready[1:])
    if choice.key.startswith("label-studio"):
        _config(store, project, choice)


def _choice(store: Store, project: Project) -> Choice | None:
    """What the person has chosen; None while nothing can be written."""
    written = [key for key, tool in TOOLS.items() if tool.writer is not None]
    with st.container(horizontal=True):
        key = st.selectbox("Format", written, key="tool_format", format_func=lambda key: TOOLS[key].title)
        question = st.text_input("Call the labels", value="labels", key="tool_question", max_chars=80,
                                 help="The control, question or field that holds them in the other tool.")  # fmt: skip
    st.session_state.setdefault("tool_which", EVERYTHING)
    which = st.segmented_control("Which items", [EVERYTHING, REVIEWED, UNREVIEWED, ACTION], key="tool_which", required=True)
    item_ids, name = _items(store, project, str(which or EVERYTHING))
    if item_ids is not None and not item_ids:
        return None
    predictions = st.checkbox(
        "With what the model thinks of each item", key="tool_predictions", value=which == ACTION,
        help="The calibrated probability of each label, under the name of the model that suggests, to start from.",
    )  # fmt: skip
    action = st.session_state["tool_action"] if which == ACTION else None
    return Choice(key, item_ids, question.strip() or "labels", predictions, name, action)


def _items(store: Store, project: Project, which: str) -> tuple[tuple[int, ...] | None, str]:
    """The items to write (None: every one; empty: there are none to choose from), and what the file is called by them."""
    if which == EVERYTHING:
        return None, "items"
    if which != ACTION:
        reviewed = {review.item_id for review in store.current_reviews(project.id) if review.state == "reviewed"}
        chosen = tuple(i for i in store.item_hashes(project.id)[0] if (i in reviewed) == (which == REVIEWED))
        if not chosen:
            st.info("Nothing is reviewed yet." if which == REVIEWED else "Everything is reviewed.", icon=":material/info:")
        return chosen, "reviewed" if which == REVIEWED else "unreviewed"
    found = [*store.actions(project.id, "started"), *store.actions(project.id, "open")]
    actions = {action.id: action for action in found if action.item_ids}
    if not actions:
        st.info("There is no action to take elsewhere. The Label page plans some.", icon=":material/info:")
        return (), ""
    number = st.selectbox("Action", list(actions), key="tool_action", format_func=lambda number: _line(actions[number]))
    return actions[number].item_ids, f"action-{number}"


def _line(action: StoredAction) -> str:
    return task(action) + (f" · begun by {action.annotator}" if action.state == "started" and action.annotator else "")


def _lost(store: Store, project: Project, choice: Choice) -> None:
    """What the format cannot carry, with the counts of these items; read anew only when something has changed."""
    asked = (project.id, project.revision, choice.key, choice.item_ids)
    kept = st.session_state.get("tool_losses")
    if kept is None or kept[0] != asked:
        st.session_state["tool_losses"] = kept = (asked, losses(store, project.id, choice.key, choice.item_ids))
    if not kept[1]:
        st.caption(":material/check: This format carries everything that Plateau knows of these items.")
        return
    with st.container(border=True, key="tool_lost", gap="xsmall"):
        st.markdown("**What this format cannot carry**")
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in kept[1]))
        st.caption(
            "To keep all of it, export the items as a table besides: CSV, JSON Lines and Parquet hold everything but notes and "
            "doubts, which stand in *Every review*."
        )


def _written(store: Store, project: Project, choice: Choice) -> tuple[bytes, ExportReport]:
    served = None
    if choice.predictions:
        with st.spinner("Asking the model…"):
            newest = planning.latest(store, project.id) or planning.renew(store, project.id)
            served = as_meant(newest, store.labels(project.id, retired=True))
    if choice.action is None:
        return _filled(store, project, choice, served, None)
    with sent_out(store, project.id, choice.action, session.annotator()) as action:
        return _filled(store, project, choice, served, action)


def _filled(
    store: Store, project: Project, choice: Choice, served: Served | None, action: StoredAction | None
) -> tuple[bytes, ExportReport]:  # fmt: skip
    """The file and what was written into it, with a bar that says how far it is."""
    item_ids = choice.item_ids if action is None else action.item_ids
    count = len(item_ids) if item_ids is not None else store.count_items(project.id)
    bar = st.progress(0.0, text="Writing…")

    def told(done: int) -> None:
        bar.progress(min(done / max(count, 1), 1.0), text=f"Writing… {done:,} of {plural(count, 'item')}")

    handover = _Watched(
        store, project, item_ids, choice.question, action=action,
        predicted=None if served is None else lambda item_id: predicted(served, item_id),
        model_version="" if served is None else served.version,
        told=told,
    )  # fmt: skip
    try:
        return tool_bytes(handover, choice.key)
    finally:
        bar.empty()


def _offer(project: Project, choice: Choice, revision: int, content: bytes, report: ExportReport) -> None:
    changed = " The project has changed since." if revision != project.revision else ""
    st.caption(f"{plural(report.rows, 'record')} as of revision {revision}.{changed}")
    for note in report.notes:
        st.caption(f":material/info: {plain(note)}")
    name = (
        f"{''.join(c if c.isalnum() else '-' for c in project.name).strip('-').lower()}-{choice.name}{TOOLS[choice.key].suffix}"
    )
    st.download_button(f"Download {name}", content, name, "application/octet-stream", key="tool_download", type="primary",
                       on_click="ignore", icon=":material/download:")  # fmt: skip


def _config(store: Store, project: Project, choice: Choice) -> None:
    """The labelling config of a new Label Studio project for these tasks."""
    with st.expander("Labelling config for a new Label Studio project", icon=":material/code:"):
        st.caption("In Label Studio: Settings, Labeling Interface, Code. A project that the items came from has one already.")
        asked = (project.id, project.revision, choice)
        made = st.session_state.get("tool_config")
        if made is None or made[0] != asked:
            handover = Handover(store, project, choice.item_ids, choice.question)
            st.session_state["tool_config"] = made = (asked, config_of(handover))
        st.code(made[1], language="xml")
