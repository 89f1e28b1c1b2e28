"""A label's own page: how well it is known, where to cut, the items worth a look, and how it came to be what it is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from data.records import Label, Project, StoredAction
from data.store import Store
from rating.health import Concern
from rating.operating import examples_lacking
from rating.records import LabelHealth, Rating
from rating.rollup import alone
from rating.service import rating_config
from recommend.labeltable import action_for, concerns_of
from recommend.labelview import Origins, confusions, examples_of, origins, put_to_test
from recommend.listed import out_of_use
from recommend.rules import terms_of
from recommend.serving import Served
from views import actioncards, labelcharts, labelcut, labellist, labelwork
from views.labelrows import needs, warning_badges
from views.labelwords import confused_words, history_of, shares
from views.wording import ANSWERS, badge, figure, plain, reach

#: Of so many examples at most it is told where they came from.
MOST_EXAMPLES = 5000


def draw(store: Store, project: Project, rating: Rating, served: Served | None, label_id: int) -> None:
    """The whole page of one label."""
    health = next((label for label in rating.labels if label.label_id == label_id), None)
    if health is None:
        st.info("The rating does not know this label: it is new, retired or merged. Rate again.", icon=":material/info:")
        st.button("All labels", key="labels_back", icon=":material/arrow_back:", on_click=labelwork.leave_label)
        return
    _turn(labellist.order(project, rating, served), label_id)
    label, out = store.label(project.id, label_id), out_of_use(store, project.id, label_id)
    _head(project, rating, health, label, out)
    _figures(project, health)
    _next(store, project, served, health, used=not out)
    if put_to_test(served, label_id):
        assert served is not None
        if served.model:
            st.caption(
                f":material/push_pin: The curve, the mistakes and the confusions are those of {plain(served.model)}, which is in "
                f"charge; the figures above are those of model {rating.model_version}, the newest."
            )
        labelcut.draw(store, project, served, health, used=not out)
        left, right = st.columns(2, gap="large")
        with left:
            _speaks(served, health)
        with right:
            _came_from(store, project, served, health)
    else:
        lacks = "the project is rated again" if served is None else "two reviewed items carry the label"
        st.info(f"Where to cut, mistakes and typical items are shown once {lacks}.", icon=":material/info:")
    _history(store, project, rating, label)


def _turn(order: list[int], label_id: int) -> None:
    """The ways back to the table, and to the labels before and after in its order."""
    place = order.index(label_id) if label_id in order else None
    with st.container(horizontal=True):
        st.button("All labels", key="labels_back", icon=":material/arrow_back:", type="tertiary", on_click=labelwork.leave_label)
        for words, step, icon in (("Previous", -1, ":material/chevron_left:"), ("Next", 1, ":material/chevron_right:")):
            there = None if place is None or not 0 <= place + step < len(order) else order[place + step]
            if st.button(words, key=f"labels_{words.lower()}", icon=icon, type="tertiary", disabled=there is None):
                labelwork.open_label(there or 0)


def _head(project: Project, rating: Rating, health: LabelHealth, label: Label, out: str) -> None:
    st.title(plain(health.name), anchor=False)
    if out:
        st.warning(
            f"It is {plain(out)}: nothing is to be labelled for it. What is shown is from before.", icon=":material/block:"
        )
    raised: dict[Concern, str] = concerns_of(health, rating_config(project.settings).min_label_reviews)
    important = " :orange-badge[★ important]" if health.important else ""
    st.markdown(f"{badge(health.band)}{important} {warning_badges(raised)}")
    if label.description:
        st.markdown(plain(label.description))
    st.caption(f"Model {rating.model_version}, revision {rating.revision}, expected on all {rating.population:,} items.")
    labelwork.elsewhere(label.id, label.name, used=not out)
    for words in health.why or tuple(raised.values()):
        st.caption(f":material/warning: {plain(words)}")


def _figures(project: Project, health: LabelHealth) -> None:
    target = terms_of(project.settings, project.profile).label_target / 100.0
    with st.grid(4, min_column_width=190):
        st.metric("Average precision", figure(health.ap.value, "share"), border=True,
                  help="How well the model ranks all items by this label: 100 % where all that carry it come first.",
                  delta=reach(health.ap, "share") or None, delta_color="off", delta_arrow="off")  # fmt: skip
        lacking = examples_lacking(health.ap, health.positives, target)
        st.metric("Examples", f"{health.positives:,}", border=True, delta=needs(lacking), delta_color="off",
                  delta_arrow="off", help=f"Up to the profile's target of {100 * target:.0f} %.")  # fmt: skip
        st.metric("Of all items", figure(health.prevalence, "share"), border=True, delta=f"{health.judged:,} judged",
                  delta_color="off", delta_arrow="off", help="The share that should carry it.")  # fmt: skip
        st.metric("Likely wrong", figure(health.wrong.value, "share"), border=True,
                  delta=f"{figure(health.missed.value, 'share')} overlooked", delta_color="off", delta_arrow="off",
                  help="Of its assignments so many are probably wrong; of its items so many were probably overlooked. "
                  + health.wrong.reason)  # fmt: skip


def _next(store: Store, project: Project, served: Served | None, health: LabelHealth, *, used: bool) -> None:
    """The label's stop answer, and what to do for it."""
    stop = None if served is None else next((s for s in served.plan.stop.labels if s.label_id == health.label_id), None)
    action: StoredAction | None = action_for(actioncards.on_offer(store, project), [health.label_id])
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if stop is None:
            st.markdown("**Enough?** Not known until the project is rated again.", width="stretch")
        else:
            words, colour, icon = ANSWERS[stop.answer]
            st.markdown(f"**Enough?** :{colour}[{icon} {words}] {plain(stop.words)}", width="stretch")
        labelwork.button(project, alone(health), action, primary=True, disabled=not used)


def _speaks(served: Served, health: LabelHealth) -> None:
    """The words that speak for a label, and the labels that it is confused with."""
    st.subheader("What it is made of", anchor=False)
    words = served.words.get(health.label_id, ())
    st.markdown(" ".join(f":gray-badge[{plain(word)}]" for word in words) or "No word speaks for it beyond chance.")
    st.caption("Words that its items hold far more often than others, the clearest first.")
    st.markdown("**Confused with**")
    found = confusions(served, health.label_id)
    for other in found:
        if st.button(plain(other.name), key=f"confused_{other.label_id}", type="tertiary", icon=":material/compare:"):
            labelwork.open_label(other.label_id)
        st.caption(confused_words(other, health.name))
    if not found:
        st.caption("No other label is given for it more often than chance would show.")


def _came_from(store: Store, project: Project, served: Served, health: LabelHealth) -> None:
    """Where the reviewed examples came from."""
    st.subheader("Where its examples came from", anchor=False)
    found = _origins(str(store.path), project.id, served.rating.revision, health.label_id, store, served)
    if not found.examples:
        st.caption("No review of them stands any more: taken back or skipped since. Rate again.")
        return
    st.markdown(f"**By list:** {shares(found.sources, kinds=True)}  \n**By person:** {shares(found.people)}")
    if found.again:
        st.caption(f"{found.again} of them were looked at again since they were doubted.")
    most = max(found.months, key=lambda month: found.months[month])
    alt = f"{found.examples} examples reviewed in {len(found.months)} months; most in {most}"
    st.altair_chart(labelcharts.month_chart(found.months), key="label_months", alt=alt)


@st.cache_data(max_entries=16, show_spinner=False)
def _origins(path: str, project_id: int, revision: int, label_id: int, _store: Store, _served: Served) -> Origins:
    standing = _store.standing_reviews(examples_of(_served, label_id)[:MOST_EXAMPLES])
    return origins(review for given in standing.values() for review in given)


def _history(store: Store, project: Project, rating: Rating, label: Label) -> None:
    """How the label did over the ratings, and what became of it in the taxonomy."""
    st.subheader("How it came about", anchor=False)
    table = labelcharts.trend_table(_trend(str(store.path), project.id, rating.revision, label.id, store))
    if len(table):
        first, last = table.iloc[0], table.iloc[-1]
        st.altair_chart(
            labelcharts.trend_chart(table, terms_of(project.settings, project.profile).label_target), key="label_trend",
            alt=f"Average precision went from {first['ap']:.0f} % at {first['reviewed']:,} reviews to {last['ap']:.0f} % at "
            f"{last['reviewed']:,}",
        )  # fmt: skip
        st.caption("The dashed line is the target of the project's profile.")
    else:
        st.caption("No rating has known it yet.")
    for day, words in history_of(label, store.label_events(project.id)):
        st.caption(f"{day} · {words}")


@st.cache_data(max_entries=16, show_spinner=False)
def _trend(path: str, project_id: int, revision: int, label_id: int, _store: Store) -> Any:
    return _store.label_trends(project_id, [label_id], most=60)[label_id]
