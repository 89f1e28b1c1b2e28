"""The parts of the Progress page: how the model came to be what it is, when each label was learned, and what went astray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from data.records import Project, StoredAction
from data.store import Store
from rating.density import Relation, moving, relation
from rating.forecast import Forecast, forecast
from rating.learning import Learned, Point, ahead, learned, reviews_until
from rating.records import Estimate, Rating
from rating.service import rating_config
from recommend.cost import measured_times
from recommend.kept import Kept, kept
from recommend.progress import course, episodes
from recommend.rules import Terms, terms_of
from recommend.serving import Served
from recommend.verdict import answer, lines, strategies_of, usual_target
from views import fit, progresscharts, session, stopping, whatif_charts
from views.progresscharts import MOST_LABELS, MOST_SERIES, RATING, Axis
from views.snapshots import restore
from views.wording import ANSWERS, FACTORS, figure, plain, plural, reach, title_of

Spans = Mapping[int, tuple[float, float | None] | None]
#: A forecast looks ahead to at most so many times the reviews there are, and at least so many, in so many steps.
FURTHEST, LEAST, STEPS = 1.0, 200, 6


@st.cache_resource(max_entries=16, show_spinner=False)  # nobody changes it, and a copy for each run would take longer to make
def known(_store: Store, path: str, project_id: int, revision: int, last: int) -> tuple[Point, ...]:
    """The project's course at a revision; ``last`` is its newest rating, which may be made without a new revision."""
    return course(_store, project_id)


def course_of(store: Store, project: Project) -> tuple[Point, ...]:
    """The project's course, as told last while nothing has changed."""
    ratings = store.rated_at(project.id)
    return known(store, str(store.path), project.id, project.revision, ratings[-1][0]) if ratings else ()


def seconds_of(project: Project, served: Served | None) -> float:
    """What a review takes."""
    return served.seconds_an_item if served is not None else measured_times(project.settings.get("times", {})).assign_switching


def looking_ahead(store: Store, project: Project, found: Sequence[Point], served: Served | None) -> Forecast | None:
    """The forecast from the newest rating; None where that has no value."""
    rating: Rating | None = served.rating if served is not None else None
    if rating is None and (last := store.last_snapshot(project.id)) is not None:
        rating = restore(last)
    if rating is None or rating.score.value is None:
        return None
    quality = [(point, point.factors["all_labels"].scaled(0.01)) for point in found]
    history = [(point.reviewed, one.value, max(((one.high or one.value) - (one.low or one.value)) / 3.29, 1e-3))
               for point, one in quality if one.value is not None]  # fmt: skip
    return forecast(rating, history, rating_config(project.settings))


@st.cache_data(max_entries=16, show_spinner=False)
def spans_of(_view: Forecast, path: str, project_id: int, revision: int, version: int, target: float) -> Spans:
    """How many more reviews each label needs to be surely at the target, by its number."""
    return {label.label_id: reviews_until(_view, label, target) for label in _view.rating.labels}


def axis_choice(found: Sequence[Point]) -> Axis:
    """Let the person choose what curves are against; it stands in the address."""
    words: dict[str, Axis] = {"reviews": "reviews", "active minutes": "minutes"}
    chosen = st.segmented_control("Against", list(words), default="reviews", required=True, key="against", bind="query-params")
    axis = words.get(str(chosen), "reviews")
    if axis == "minutes" and found[-1].minutes is None:
        st.caption("No review has a known time yet: shown against reviews.")
        return "reviews"
    return axis


def curves(project: Project, found: Sequence[Point], view: Forecast | None, axis: Axis, seconds: float) -> None:
    """The learning curves chosen, with what is foreseen."""
    st.subheader("Learning curves", anchor=False)
    names = list(dict.fromkeys([RATING, *FACTORS.values(), *progresscharts.label_ids(found)]))
    chosen = st.multiselect(
        "Curves", names, default=[RATING, FACTORS["all_labels"]], max_selections=MOST_SERIES, key="curves", bind="query-params",
        help="The rating, its four factors, and the average precision of each label.",
    )  # fmt: skip
    if not chosen:
        st.caption("Choose a curve.")
        return
    table = progresscharts.curve_table(found, chosen, axis)
    if table.empty:
        st.caption("Nothing is known of what you have chosen yet: it needs an example.")
        return
    foreseen = {} if view is None else foreseen_of(view, chosen, found[-1], axis, seconds)
    target, whose = asked_of(terms_of(project.settings, project.profile), chosen, names)
    chart = progresscharts.curves(table, progresscharts.ahead_table(foreseen), chosen, axis, target)
    st.altair_chart(chart, alt=_curve_words(found, chosen), key="progress_curves", height=400)
    st.caption(f"{_curve_words(found, chosen)} Bands are 90 % intervals; dashed is what more reviews should bring; "
               f"dotted is what is asked of {whose}, {figure(target)}.")  # fmt: skip


def asked_of(terms: Terms, chosen: Sequence[str], known: Sequence[str]) -> tuple[float, str]:
    """The target that is drawn beside the chosen curves, 0 to 100, and of what it is asked: of labels where a label is chosen.

    ``known`` are the names of all curves: the rating, its factors, and the labels.
    """
    labels = set(known) - {RATING, *FACTORS.values()}
    return (terms.target, "the rating") if labels.isdisjoint(chosen) else (terms.label_target, "each label")


def foreseen_of(
    view: Forecast, chosen: Sequence[str], last: Point, axis: Axis, seconds: float
) -> dict[str, list[tuple[float, Estimate]]]:
    """What is foreseen of each series, at places on the axis, on the scale of 0 to 100."""
    reviewed, left = view.rating.reviewed, view.rating.population - view.rating.reviewed
    furthest = min(max(FURTHEST * reviewed, LEAST), left)
    steps = sorted({round(furthest * (k / STEPS) ** 1.5) for k in range(STEPS + 1)})
    place = {more: reviewed + more if axis == "reviews" else (last.minutes or 0.0) + more * seconds / 60.0 for more in steps}
    return {name: [(place[more], _foreseen(view, name, more)) for more in steps] for name in chosen}


def _foreseen(view: Forecast, name: str, more: float) -> Estimate:
    if name == RATING:
        return view.score(more)
    factor = next((one for one in view.rating.factors if one.title == name), None)
    if factor is not None:
        return view.factor(factor.key, more)
    label = next((one for one in view.rating.labels if one.name == name), None)
    return Estimate(None) if label is None else ahead(view, label, more).scaled(100.0)


def _curve_words(found: Sequence[Point], chosen: Sequence[str]) -> str:
    """Where each curve is now, in a sentence."""
    told = []
    for name in chosen:
        now = progresscharts.estimate_at(found[-1], name, progresscharts.label_ids(found).get(name))
        if now is not None and now.value is not None:
            told.append(f"{name} {figure(now.value)} ({reach(now)})")
    return f"At {found[-1].reviewed:,} reviewed items: {', '.join(told) or 'nothing known yet'}."


def when_learned(project: Project, found: Sequence[Point], spans: Spans, axis: Axis, seconds: float) -> None:
    """When each label was learned, as a chart and as a table."""
    target = terms_of(project.settings, project.profile).label_target / 100.0
    labels = learned(found, target)
    st.subheader("When each label was learned", anchor=False)
    st.caption(
        f"A label is surely learned from where the lower end of its average precision's 90 % interval stayed at "
        f"{100 * target:.0f} % or above; likely learned from where the average precision itself did."
    )
    table = progresscharts.moments_table(labels, spans, found[-1], axis, seconds)
    shown = st.segmented_control(
        "Show as", ["Chart", "Table"], default="Chart", required=True, key="learned", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if shown == "Table" or table.empty:
        _learned_table(labels, spans)
        return
    now = float(found[-1].reviewed if axis == "reviews" else found[-1].minutes or 0.0)
    st.altair_chart(progresscharts.moments(table, now, axis), alt=progresscharts.headline(found, labels), key="progress_learned")
    count = len(set(table["label"]))
    if count > MOST_LABELS:
        st.caption(f"The {MOST_LABELS} learned last or not yet, of {count}; the table has all.")
    if missing := [one.name for one in labels if one.name not in set(table["label"])]:
        st.caption(f"Neither learned nor foreseen: {plain(', '.join(missing[:8]))}{' …' if len(missing) > 8 else ''}.")


def _learned_table(labels: Sequence[Learned], spans: Spans) -> None:
    reviews = {name: st.column_config.NumberColumn(f"{name} (reviews)", format="localized") for name in
               ("Surely at", "Likely at", "Fell back at")}  # fmt: skip
    percent = {name: st.column_config.NumberColumn(format="%.0f %%") for name in ("5 %", "95 %")}
    ap = st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)
    looks = {
        **reviews,
        **percent,
        "Average precision": ap,
        "Minutes": st.column_config.NumberColumn(format="%.0f"),
        "Model": st.column_config.NumberColumn(format="%d", help="The model version that first was there"),
        "Foreseen": st.column_config.TextColumn(help="More reviews until it is surely learned, at the project's own pace"),
    }
    st.dataframe(progresscharts.learned_table(labels, spans), hide_index=True, column_config=looks, key="learned_table")


def astray(store: Store, project: Project, served: Served | None) -> None:
    """False starts, stalls and over-fitting, since when, and what mends them."""
    st.subheader("What went astray", anchor=False)
    overfitting(store, project)
    found = episodes(store.stop_checks(project.id))
    if not found:
        st.markdown(":material/check_circle: No false start and no stall so far.")
        return
    stop = None if served is None else served.plan.stop
    for one in reversed(found):
        word, colour, icon = ANSWERS["false_start" if one.answer == "false_start" else "stalled"]
        until = f"to {one.over.reviewed:,}, when it was over" if one.over else "to now"
        st.markdown(f":{colour}-badge[{icon} {word}] from {one.began.reviewed:,} reviewed items {until} "
                    f":gray[since {one.began.created_at[:10]}, model {one.began.model_version}]")  # fmt: skip
        st.caption(plain(one.last.headline))
        if one.over is None and stop is not None and stop.mend:
            st.markdown("  \n".join(plain(line) for line in stop.evidence[-1:]))
            offered = stopping.mending(stop, store.actions(project.id, "open"))
            if offered is not None and st.button(f"{title_of(stop.mend)}, which mends it", key="progress_mend", type="primary"):
                st.switch_page(session.LABEL, query_params={"action": str(offered.id)})


def promises(actions: Sequence[StoredAction]) -> None:
    """Predicted against realised gains: whether promises are kept, in words, as a chart and by kind."""
    st.subheader("Are promises kept?", anchor=False)
    table = progresscharts.promise_table(actions)
    told = kept(list(table["predicted"]), list(table["realised"]))
    st.markdown(promise_words(told))
    if len(table) < 2:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.altair_chart(progresscharts.promises(table), alt=promise_words(told), key="progress_promises", height=380)
        st.caption("Each mark is an action that is done. On the dashed line it brought just what it promised.")
    with right:
        st.markdown("**By kind**")
        for kind, rows in table.groupby("kind", sort=False):
            one = kept(list(rows["predicted"]), list(rows["realised"]))
            st.markdown(f"**{plain(str(kind))}** {_kind_words(one)}")


def promise_words(told: Kept) -> str:
    """Whether promises are kept, in sentences."""
    if told.verdict == "cannot tell":
        return told.ratio.reason
    ratio = f"{told.ratio.value:.2f} points for each point promised ({told.ratio.low:.2f} to {told.ratio.high:.2f})"
    verdict = {
        "kept": f"Yes, on the whole: actions brought {ratio}.", "too much": f"Too much is promised: actions brought {ratio}.",
        "too little": f"More comes than is promised: actions brought {ratio}.",
    }[told.verdict]  # fmt: skip
    if told.correlation.value is None:
        return f"{verdict} {told.correlation.reason}"
    return (
        f"{verdict} Correlation {told.correlation.value:.2f} ({told.correlation.low:.2f} to {told.correlation.high:.2f}), slope "
        f"{told.slope.value:.2f} ({told.slope.low:.2f} to {told.slope.high:.2f}), over {plural(told.count, 'action')}."
    )


def _kind_words(one: Kept) -> str:
    count = plural(one.count, "action")
    if one.verdict == "cannot tell":
        return f":gray[{count}: too few to tell]"
    words = {"kept": ":material/check: kept", "too much": ":material/south: promises too much", "too little": ":material/north: "
             "brings more"}[one.verdict]  # fmt: skip
    return f"{words} :gray[{one.ratio.value:.2f} ({one.ratio.low:.2f} to {one.ratio.high:.2f}), {count}]"


@st.cache_resource(max_entries=16, show_spinner=False)
def given(_store: Store, path: str, project_id: int, revision: int) -> list[tuple[int, ...]]:
    """The labels of each reviewed item's first review, in order."""
    return _store.first_assignments(project_id)


def density(store: Store, project: Project, found: Sequence[Point]) -> None:
    """How many labels reviews give, beside the curve, and whether the two go together."""
    st.subheader("Labels per review, beside the curve", anchor=False)
    names = progresscharts.label_ids(found)
    label = st.selectbox("Labels", ["All labels", *names], key="density", bind="query-params", width=320)
    assigned = given(store, str(store.path), project.id, project.revision)
    wanted = names.get(str(label))
    counts = [float(len(one) if wanted is None else wanted in one) for one in assigned]
    seen = moving(counts)
    if seen is None:
        st.caption(f"Needs 20 reviewed items; there are {len(counts)}.")
        return
    series = str(label) if wanted is not None else FACTORS["all_labels"]
    curve = progresscharts.curve_table(found, [series], "reviews")
    span = (0.0, float(max(len(counts), found[-1].reviewed)))
    title = "Labels per review" if wanted is None else "Share of reviews with it"
    words = density_words(counts, seen.mean[-1], seen.window, relation(curve["x"].to_list(), curve["value"].to_list(), counts))
    st.markdown(words)
    st.altair_chart(progresscharts.line_over_reviews(progresscharts.density_table(seen), title, span), alt=words, key="density_1")
    if len(curve) < 2:
        st.caption(f"The curve beside it starts with the second rating that knows {plain(series)}.")
        return
    ap = progresscharts.line_over_reviews(curve, "AP (0–100)", span, 100.0)
    st.altair_chart(ap, alt=_curve_words(found, [series]), key="density_2")


def density_words(counts: Sequence[float], last: float, window: int, found: Relation) -> str:
    """What reviews hold, now and on the whole, and whether the model rises where they hold more."""
    first = f"{last:.2f} labels a review over the last {window}, {sum(counts) / len(counts):.2f} over all {len(counts):,}."
    if found.correlation is None or found.chance is None:
        return f"{first} Whether the model rises where reviews hold more cannot be told yet: too few ratings lie apart."
    if found.chance > 0.1:
        return f"{first} The model has not clearly risen more, or less, where reviews held more labels."
    way = "more" if found.correlation > 0 else "less"
    return (
        f"{first} The model rose {way} where reviews held more labels (rank correlation {found.correlation:.2f} over "
        f"{found.stretches} stretches between ratings)."
    )


def beside_random(store: Store, project: Project) -> None:
    """What random choice gave in the last replay of the project's own reviews, beside Plateau's; where to replay them."""
    st.subheader("Beside random choice", anchor=False)
    kept = store.last_simulation(project.id)
    target = None if kept is None or "random" not in strategies_of(kept.result) else usual_target(kept.result)
    if kept is None or target is None:
        st.caption("What random items would have given can be told by replaying your reviews; it takes a minute or two.")
        if st.button("Replay on the What if page", key="progress_whatif", icon=":material/alt_route:"):
            st.switch_page("whatif_page.py")
        return
    names = [name for name in strategies_of(kept.result) if name in ("plateau", "random")]
    table = whatif_charts.curve_table(kept.result, "reviews", 0.0)
    shown = table[table["strategy"].isin([whatif_charts.title_of(name) for name in names])]
    words = " ".join(answer([line for line in lines(kept.result, target, 0.0) if line.strategy in names], target))
    st.markdown(plain(words))
    st.html(whatif_charts.legend(names))
    st.altair_chart(whatif_charts.chart(shown, "reviews", names, target), alt=words, key="progress_random", height=260)
    st.caption(
        f"Mean average precision on items held out, against reviews, replayed at revision {kept.revision}: not on the scale of "
        "the curves above, which are estimates for all items."
    )


def overfitting(store: Store, project: Project) -> None:
    """Whether the model knows its examples better than the labels, from the kept study of its fit."""
    kept = store.study(project.id, "fit")
    if kept is None:
        st.markdown(":material/help: Whether the model over-fits is not known yet: the Model fit page tells.")
    else:
        st.markdown(fit.overfit_words(kept.result))
        st.caption(f"Revision {kept.revision} · model {kept.model_version}")
    if st.button("Model fit", key="progress_fit", type="tertiary", icon=":material/tune:"):
        st.switch_page("fit_page.py")
