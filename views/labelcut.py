"""Where to cut a label's probabilities: the curve, three thresholds and a slider, and the items that lie there."""

from __future__ import annotations

import streamlit as st

from data.records import Item, Project, Review
from data.store import Store
from rating.operating import OperatingPoints, counts, operating_points, reviewed_curve
from rating.records import LabelHealth
from rating.thresholds import Cut, CutCurve
from recommend.labelview import ListKey, Placed, curve_of, lists_of, reviewed_of
from recommend.serving import Served
from views import labelcharts, labelwork
from views.labelwords import LISTS, cut_words, judged_by, predictions_of
from views.wording import figure, plain

#: So many items of a list are shown, and of each so many characters; the action takes the whole list.
SHOWN, EXCERPT = 5, 360
#: Where the surest item is less likely than this, the slider moves in hundredths of a percent.
RARE = 0.05


def draw(store: Store, project: Project, served: Served, health: LabelHealth, *, used: bool = True) -> None:
    """The curve with the slider beside it, and the lists of items at the threshold; they become work where it is ``used``."""
    st.subheader("Where to cut", anchor=False)
    curve = _curve(str(store.path), project.id, (served.rating.revision, served.version), health.label_id, served)
    points = operating_points(curve)
    left, right = st.columns([3, 2], gap="large")
    with right:
        threshold = _threshold(health.label_id, curve, points)
        now = curve.at(threshold)
        st.markdown(cut_words(now, counts(now, curve, len(served.item_ids))))
        _metrics(now)
        st.caption("A look at what a threshold would bring, kept in the address alone: suggestions and exports set their own.")
    with left:
        _chart(served, health, curve, points, now)
    _lists(store, project, served, health.label_id, threshold, used=used)


@st.cache_data(max_entries=8, show_spinner=False)
def _curve(path: str, project_id: int, state: tuple[int, str], label_id: int, _served: Served) -> CutCurve:
    return curve_of(_served, label_id)


def _threshold(label_id: int, curve: CutCurve, points: OperatingPoints) -> float:
    """The threshold (0-1) that the slider is at; at first the balanced one."""
    key, top = f"cut_{label_id}", float(curve.threshold[0])
    step = 0.01 if top < RARE else 0.1
    most = min(100.0, round(100.0 * top + 10 * step, 2))
    if key not in st.session_state and key not in st.query_params and points.balanced is not None:
        st.session_state[key] = _percent(points.balanced)
    with st.container(horizontal=True, gap="small"):
        for name, words in labelcharts.AIMS.items():
            cut: Cut | None = getattr(points, name)
            value = 0.0 if cut is None else _percent(cut)
            about = "No threshold keeps nine of ten right." if cut is None else f"From {value:.2f} % on."
            st.button(
                words.capitalize(), key=f"cut_to_{name}", disabled=cut is None, help=about, on_click=_set, args=(key, value)
            )
    return float(st.slider("Assign it from this probability on, %", 0.0, most, step=step, key=key, bind="query-params")) / 100.0


def _percent(cut: Cut) -> float:
    """A threshold in percent, rounded down so that the items at it stay above."""
    return int(cut.threshold * 1e6) / 1e4


def _set(key: str, value: float) -> None:
    st.session_state[key] = value


def _metrics(now: Cut | None) -> None:
    with st.container(horizontal=True):
        st.metric("Right of those found", figure(None if now is None else now.precision, "share"), help="Expected precision.")
        st.metric("Found of all that carry it", figure(None if now is None else now.recall, "share"), help="Expected recall.")


def _chart(served: Served, health: LabelHealth, curve: CutCurve, points: OperatingPoints, now: Cut | None) -> None:
    reviewed = reviewed_curve(*reviewed_of(served, health.label_id))
    chart = labelcharts.curve_chart(
        labelcharts.curve_table(curve), labelcharts.reviewed_table(reviewed), labelcharts.marks_table(points, now)
    )
    at = "nothing is found" if now is None else f"{100 * now.precision:.0f} % are right and {100 * now.recall:.0f} % are found"
    st.altair_chart(chart, key="label_curve", alt=f"Precision over recall; at the chosen threshold {at}")
    st.caption(f"Line: what to expect on all items. Dots: the reviewed items alone, by predictions {predictions_of(served)}.")


def _lists(store: Store, project: Project, served: Served, label_id: int, threshold: float, *, used: bool) -> None:
    """The items at the threshold, one list at a time, each with the work that it can become."""
    st.subheader("Items", anchor=False)
    found = lists_of(served, label_id, threshold)
    names = {name: key for key, (name, *_) in LISTS.items()}
    chosen = st.segmented_control("Items", list(names), default=next(iter(names)), key="labels_items", required=True,
                                  label_visibility="collapsed", bind="query-params")  # fmt: skip
    key: ListKey = names[str(chosen)]
    _, about, empty, do = LISTS[key]
    if not found[key]:
        st.caption(empty)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(about, width="stretch")
        st.button(f"{do} ({len(found[key])})", key=f"work_{key}", icon=":material/play_arrow:", on_click=labelwork.start,
                  args=(project.id, label_id, key, threshold), disabled=not used)  # fmt: skip
    _items(store, project, found[key])


def _items(store: Store, project: Project, placed: tuple[Placed, ...]) -> None:
    numbers = [place.item_id for place in placed]
    items = {item.id: item for item in store.items(project.id, numbers)}
    given = store.standing_reviews(numbers)
    for place in placed[:SHOWN]:
        if place.item_id in items:
            _item(items[place.item_id], place.probability, given.get(place.item_id, []))
    if len(placed) > SHOWN:
        st.caption(f"And {len(placed) - SHOWN} more.")


def _item(item: Item, probability: float, given: list[Review]) -> None:
    """An item with what the model and people say of it; its story opens on the History page."""
    text = " ".join(item.text.split())
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"item_{item.id}"):
        with st.container(gap="xsmall", width="stretch"):
            st.markdown(plain(text[:EXCERPT] + ("…" if len(text) > EXCERPT else "")) or "No text.")
            st.caption(f"{plain(item.uid)} · {figure(probability, 'share')} likely · {judged_by(given)}")
        if given and st.button("Its story", key=f"story_{item.id}", type="tertiary", icon=":material/history:"):
            labelwork.open_story(item.uid)
