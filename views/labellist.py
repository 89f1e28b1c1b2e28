"""The table of all labels: what is shown stands in the address, and only the labels in view are computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from data.records import Project, StoredAction
from data.store import Store
from data.store.trends import LabelPoint
from rating.operating import OperatingPoints, examples_lacking, operating_points
from rating.records import Band, Rating
from rating.rollup import SEPARATOR, Node
from rating.service import rating_config
from recommend.labeltable import Wanted, action_for, chosen, concerns_of
from recommend.labelview import curve_of, put_to_test
from recommend.rules import terms_of
from recommend.serving import Served
from views import actioncards, labelwork
from views.labelrows import CONCERNS, figures, warning_badges
from views.labelwords import other_model
from views.wording import LOOKS, plain, plural

PAGE = 20
#: How a row is shared out among the name with its warnings, the figures, and the button; narrow pages put them one below another.
PARTS = (27, 51, 22)
KEYS = ("labels_find", "labels_band", "labels_warning", "labels_level", "labels_order")
ANY_BAND, ANY_WARNING, FINE = "Any band", "Any warning", "No warning"
BANDS: dict[str, Band | None] = {ANY_BAND: None, **{LOOKS[band].word: band for band in get_args(Band)}}
WARNINGS = {ANY_WARNING: "", FINE: "fine", **{look[2].capitalize(): name for name, look in CONCERNS.items()}}
LEVELS = {"Every label": "all", "Top level": "top", "Tree": "tree"}
SORTS = {
    "Weakest first": "weakest", "Strongest first": "strongest", "Most at risk": "risk", "Fewest examples": "fewest",
    "Most examples": "most", "By name": "name",
}  # fmt: skip


def draw(store: Store, project: Project, rating: Rating, served: Served | None) -> None:
    """The filters, a page of the table, and the way to the other pages."""
    if not rating.labels:
        st.info("No labels yet. Create them while you label: one for each thing a message says.", icon=":material/label:")
        return
    nested = any(SEPARATOR in label.name for label in rating.labels)
    enough = rating_config(project.settings).min_label_reviews
    nodes = chosen(rating.labels, None if served is None else served.targets, filters(nested=nested), enough)
    st.caption(summary(rating, nodes))
    if also := other_model(served):
        st.caption(f":material/swap_horiz: {also}")
    if not nodes:
        st.info("No label fits. Choose other filters.", icon=":material/filter_alt_off:")
        return
    with st.expander("What these figures mean", icon=":material/help:"):
        st.markdown(MEANING)
    body = st.container(gap="small")
    shown = _page(nodes)
    with body:
        rows(store, project, shown, rating, served)


def filters(*, nested: bool) -> Wanted:
    """What the person wants to see; all of it stands in the address."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Find", key="labels_find", placeholder="part of a name", bind="query-params", width=170)
        band = st.selectbox("Band", list(BANDS), key="labels_band", bind="query-params", width=150)
        warning = st.selectbox("Warning", list(WARNINGS), key="labels_warning", bind="query-params", width=165)
        level = st.selectbox("Level", list(LEVELS), key="labels_level", bind="query-params", width=140,
                             help="Parents add up what lies below them.") if nested else "Every label"  # fmt: skip
        sort = st.selectbox("Order", list(SORTS), key="labels_order", bind="query-params", width=170, disabled=level == "Tree")
    return Wanted((text or "").strip(), BANDS[band], WARNINGS[warning], LEVELS[level], SORTS[sort])


def order(project: Project, rating: Rating, served: Served | None) -> list[int]:
    """The numbers of the labels as the table shows them by the filters last used."""
    enough = rating_config(project.settings).min_label_reviews
    nodes = chosen(rating.labels, None if served is None else served.targets, _last_wanted(), enough)
    return [node.health.label_id for node in nodes if node.health is not None]


def _last_wanted() -> Wanted:
    """The filters as they were when the table was last shown; the usual ones before."""
    text, band, warning, level, sort = (st.session_state.get(key) for key in KEYS)
    return Wanted(
        str(text or ""), BANDS.get(band or ANY_BAND), WARNINGS.get(warning or "", ""), LEVELS.get(level or "", "all"),
        SORTS.get(sort or "", "weakest"),
    )  # fmt: skip


def summary(rating: Rating, nodes: Sequence[Node]) -> str:
    """How many of the labels are in view, and which model and revision their figures belong to."""
    known = [label for label in rating.labels if label.ap.value is not None]
    weak = sum((label.ap.value or 0.0) < 0.7 for label in known)
    return (
        f"{plural(len(rating.labels), 'label')}, {weak} of them below Good; {plural(len(nodes), 'row')} shown. "
        f"Model {rating.model_version}, revision {rating.revision}, all {rating.population:,} items."
    )


def _page(nodes: Sequence[Node]) -> Sequence[Node]:
    """The rows of the page asked for, with the buttons that turn it."""
    pages = -(-len(nodes) // PAGE)
    if pages == 1:
        return nodes
    if st.session_state.get("labels_page", 1) > pages:
        st.session_state["labels_page"] = 1
    number = st.pagination(pages, key="labels_page", bind="query-params")
    return nodes[PAGE * (number - 1) : PAGE * number]


def rows(store: Store, project: Project, nodes: Sequence[Node], rating: Rating, served: Served | None) -> None:
    """Labels one below the other, each with its figures and what to do about it."""
    shown = tuple(node.health.label_id for node in nodes if node.health is not None and not node.below)
    version = "" if served is None else served.version
    points = _points(str(store.path), project.id, (rating.revision, version), shown, served)
    trends = _trends(str(store.path), project.id, rating.revision, shown, store)
    target, enough = (
        terms_of(project.settings, project.profile).label_target / 100.0,
        rating_config(project.settings).min_label_reviews,
    )
    offered = actioncards.on_offer(store, project)
    for node in nodes:
        _row(project, node, points, trends, (target, enough), action_for(offered, [m.label_id for m in node.members]))


def _row(
    project: Project, node: Node, points: dict[int, OperatingPoints], trends: dict[int, list[LabelPoint]],
    aims: tuple[float, int], action: StoredAction | None,
) -> None:  # fmt: skip
    target, enough = aims
    own = node.health if not node.below else None
    with st.container(border=True, key=f"row_{node.name}"):
        name, told, button = st.columns(PARTS, vertical_alignment="center")
        with name.container(gap="xxsmall"):
            _name(node)
            if own and (raised := concerns_of(own, enough)):
                st.markdown(warning_badges(raised), help=plain(" ".join(raised.values())))
        html = figures(
            node, points.get(own.label_id) if own else None, examples_lacking(node.ap, own.positives, target) if own else None,
            trends.get(own.label_id, []) if own else [],
        )  # fmt: skip
        told.html(html, width="stretch")
        with button:
            labelwork.button(project, node, action)


def _name(node: Node) -> None:
    """The label's name, which opens its own page; of a parent what lies below it."""
    indent = "\u2003" * node.depth if st.session_state.get("labels_level") == "Tree" else ""
    words = node.name.rsplit(SEPARATOR, 1)[-1] if indent else node.name
    if node.health is not None and st.button(f"{indent}**{plain(words)}**", key=f"open_{node.health.label_id}", type="tertiary"):
        labelwork.open_label(node.health.label_id)
    elif node.health is None:
        st.markdown(f"{indent}**{plain(words)}**")
    if node.below:
        st.caption(f"{plural(len(node.below), 'label')} below it; weakest: {plain(node.weakest) or 'not known yet'}")


@st.cache_data(max_entries=64, show_spinner=False)
def _points(
    path: str, project_id: int, state: tuple[int, str], labels: tuple[int, ...], _served: Served | None
) -> dict[int, Any]:
    """The three thresholds of these labels, of those that were put to the test."""
    if _served is None:
        return {}
    return {label: operating_points(curve_of(_served, label)) for label in labels if put_to_test(_served, label)}


@st.cache_data(max_entries=64, show_spinner=False)
def _trends(path: str, project_id: int, revision: int, labels: tuple[int, ...], _store: Store) -> dict[int, Any]:
    return _store.label_trends(project_id, labels)


MEANING = """
- **Average precision** says how well the model ranks all items by the label, from 0 to 100 %: of the items above each one that
  carries it, how many carry it too. The bar is its 90 % interval. It is meant for all items, not for the reviewed ones alone.
- **Few wrong, balanced, few missed** are three thresholds that Plateau sets by itself, with precision / recall in percent. *Few
  wrong*: at least 90 of 100 items found are right. *Balanced*: the best of both (highest expected F1). *Few missed*: at least 90
  of 100 items that carry the label are found.
- **More examples** follow from how labels usually rise with their examples, up to the target of the project's profile; in
  brackets if the label is better or worse than it seems.
- A **parent** counts the reviewed items that carry it or any label below it; its average precision is the mean of theirs.
"""
