"""What the Models page draws: other models with their evidence, their ratings beside the own one, labels, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from data.imports.predictions import PredictionsReport, import_predictions
from data.records import EVIDENCE, IN_CHARGE, ExternalModel, Project
from data.store import Store
from rating.comparison import LabelComparison, Verdict
from rating.external_view import ModelView, view_of
from rating.thresholds import Aim, CutCurve
from views import session
from views.wording import FACTORS, figure, plain, plural, reach

SEEN = {
    "before-review": "Reviews given after the prediction",
    "out-of-fold": "All: each item was predicted by a model that had not seen it",
    "trained-on-none": "All: it was trained on none of these items",
}
VERDICTS: dict[Verdict, str] = {"better": "better", "worse": "worse", "cannot be told": "cannot be told"}
#: Points of All labels by which the comparison and a model's own rating may differ without a word.
APART = 3.0
AIMS: dict[Aim, str] = {"precision": "High precision", "balanced": "Balanced", "recall": "High recall"}
_FILE = (
    'CSV, JSON, JSON Lines, XLSX or Parquet with `id` and `label_scores` (`{"label": 0.9}`), or `id`, `label` and `score`, or '
    "`id` and a column of numbers for each label. No text is needed: the items are there already."
)


def draw(store: Store, project: Project) -> None:
    """The whole page of a project."""
    versions = store.external_models(project.id)
    with st.expander("Bring predictions", icon=":material/upload_file:", expanded=not versions):
        bring(project)
    if not versions:
        return
    chosen = choose(project, versions)
    with st.spinner("Rating the model…"):
        seen = _viewed(str(store.path), project.id, store.revision(project.id), chosen.version, store)
    rating(seen)
    rated = seen.rating.score.value is not None
    charge(project, chosen, rated=rated)
    if not rated:
        return
    labels(seen)
    thresholds(seen)


@st.cache_data(max_entries=8, show_spinner=False)
def _viewed(path: str, project_id: int, revision: int, version: str, _store: Store) -> ModelView:
    return view_of(_store, project_id, version)


def bring(project: Project) -> None:
    """A file of predictions, whose they are, and what the model has not seen."""
    st.markdown(_FILE)
    given = st.file_uploader("Predictions", key="models_file", type=["csv", "tsv", "json", "jsonl", "gz", "xlsx", "parquet"])
    left, right = st.columns(2)
    left.text_input("Model version", key="models_version", max_chars=200, placeholder="as the column model_version says")
    right.selectbox("Reviews that it has not seen", EVIDENCE, format_func=SEEN.__getitem__, key="models_evidence")
    st.button("Take the predictions", key="models_take", type="primary", icon=":material/check:", disabled=given is None,
              on_click=_take, args=(project,))  # fmt: skip


@session.callback
def _take(project: Project) -> None:
    store, given = session.store(), st.session_state["models_file"]
    version = str(st.session_state["models_version"]).strip() or None
    report = import_predictions(store, project.id, given.getvalue(), version, name=given.name)
    for name in report.counts.versions:
        store.declare_model(project.id, name, st.session_state["models_evidence"])
    st.session_state["models_report"] = report
    session.tell(f"{plural(report.counts.added + report.counts.changed, 'prediction')} taken.", ":material/check:")


def taken(report: PredictionsReport) -> list[str]:
    """What a file has brought and what was left out, in words."""
    counts = report.counts
    head = f"{counts.added:,} predictions added, {counts.changed:,} changed, {counts.unchanged:,} unchanged."
    return [head, *(str(rejection) for rejection in report.rejections[:5]), *report.warnings]


def choose(project: Project, versions: Sequence[ExternalModel]) -> ExternalModel:
    """The model version to look at, with what is declared of it."""
    if report := st.session_state.pop("models_report", None):
        st.info("\n\n".join(map(plain, taken(report))), icon=":material/upload_file:")
    by_name = {model.version: model for model in versions}
    left, right = st.columns(2)
    chosen = by_name[left.selectbox("Model", list(by_name), key=f"models_{project.id}_chosen")]
    left.caption(f"{plural(chosen.items, 'prediction')}, made {_span(chosen)}.")
    key = f"models_{project.id}_{chosen.version}_seen"
    right.selectbox("Reviews that it has not seen", EVIDENCE, index=EVIDENCE.index(chosen.evidence), key=key,
                    format_func=SEEN.__getitem__, on_change=_declare, args=(project, chosen.version, key))  # fmt: skip
    return chosen


def _span(model: ExternalModel) -> str:
    first, last = model.first_at[:10], model.last_at[:10]
    return f"on {first}" if first == last else f"from {first} to {last}"


@session.callback
def _declare(project: Project, version: str, key: str) -> None:
    session.store().declare_model(project.id, version, st.session_state[key])


def rating(seen: ModelView) -> None:
    """Both models' ratings side by side, what the other one's rests on, and what to mind."""
    base = seen.basis
    st.markdown(
        f"**{base.counted:,} of {plural(base.reviews, 'review')}** count, on {base.population:,} of {plural(base.items, 'item')}."
    )
    if seen.rating.score.value is None:
        st.warning("\n\n".join(map(plain, ("No rating yet.", *seen.rating.reasons))), icon=":material/hourglass_empty:")
    else:
        st.markdown(plain(verdict_line(seen)))
        if words := apart(seen):
            st.caption(words)
        st.dataframe(pd.DataFrame(side_by_side(seen)), hide_index=True)
    for note in seen.notes:
        st.caption(plain(note))


def verdict_line(seen: ModelView) -> str:
    """What can be said of the model beside the own one, in words."""
    told = seen.comparison
    if told is None:
        return "It cannot be compared with Plateau's own model yet."
    value, low, high = (100.0 * (v or 0.0) for v in (told.lead.value, told.lead.low, told.lead.high))
    both = f"{100.0 * told.external:.0f} against {100.0 * told.own:.0f}"
    words = f"{value:+.1f} points of All labels ({low:+.1f} to {high:+.1f}), {both} on the same items and reviews"
    if told.verdict == "cannot be told":
        return f"Whether {seen.version} is better or worse than Plateau's own model cannot be told: {words}."
    return f"{seen.version} is {told.verdict} than Plateau's own model: {words}."


def apart(seen: ModelView) -> str:
    """Why the comparison has other figures than the two ratings; empty where they hardly differ."""
    told = seen.comparison
    if told is None:
        return ""
    pairs = ((told.external, seen.rating), (told.own, seen.own))
    if all(abs(100.0 * together - (rating.factor("all_labels").score.value or 0.0)) < APART for together, rating in pairs):
        return ""
    return (
        "The lead is told with both models' scores known, the table below with each one's own alone. Where the two disagree "
        "much, few reviews decide between them: more by Shuffle do."
    )


def side_by_side(seen: ModelView) -> list[dict[str, str]]:
    """The rating and its factors by either model, each with its interval."""
    pairs = [("Model Rating", seen.rating.score, seen.own.score)]
    pairs += [(FACTORS[f.key], f.score, seen.own.factor(f.key).score) for f in seen.rating.factors]
    told = [(name, *(f"{figure(e.value)} ({reach(e)})" if reach(e) else figure(e.value) for e in both)) for name, *both in pairs]
    return [{"": name, seen.version: theirs, "Plateau's own": own} for name, theirs, own in told]


def charge(project: Project, model: ExternalModel, *, rated: bool) -> None:
    """Who plans and suggests, and the way to change it. A model without a rating is not put in charge, and does not plan."""
    now = project.settings.get(IN_CHARGE)
    if now == model.version:
        if rated:
            st.success(f"{plain(model.version)} plans and suggests.", icon=":material/verified_user:")
        else:
            st.info(f"{plain(model.version)} is to plan, but has no rating yet: Plateau's own model plans meanwhile.")
        st.button("Go back to Plateau's own model", key="models_own", on_click=_put, args=(project, None))
        return
    if not rated:
        return
    if now is not None:
        st.caption(f"{plain(str(now))} is in charge now.")
    st.button(
        f"Let {plain(model.version)} plan and suggest", key="models_use", icon=":material/swap_horiz:", on_click=_put,
        args=(project, model.version),
        help="Items that it handles well are left to Shuffle; those that it doubts, or that Plateau's own model decides "
        "otherwise, are asked for first.",
    )  # fmt: skip


@session.callback
def _put(project: Project, version: str | None) -> None:
    session.store().put_in_charge(project.id, version)


def labels(seen: ModelView) -> None:
    """Every label by either model."""
    if seen.comparison is None:
        return
    st.subheader("Label by label", anchor=False)
    st.dataframe(pd.DataFrame(label_rows(seen.version, seen.comparison.labels)), hide_index=True)
    st.caption(
        f"Average precision in points (0 to 100). The lead is that of {plain(seen.version)}, with its 90 % interval; it "
        "is better or worse only where the interval says so."
    )


def label_rows(version: str, told: Sequence[LabelComparison]) -> list[dict[str, Any]]:
    """One row a label: average precision by either model in points, the lead with its interval, and what can be said."""
    rows = []
    for label in sorted(told, key=lambda one: one.lead.value or 0.0):
        value, low, high = (100.0 * (v or 0.0) for v in (label.lead.value, label.lead.low, label.lead.high))
        rows.append({
            "Label": label.name, version: round(100.0 * label.external, 1), "Plateau's own": round(100.0 * label.own, 1),
            "Lead": f"{value:+.1f} ({low:+.1f} to {high:+.1f})", "Verdict": VERDICTS[label.verdict],
        })  # fmt: skip
    return rows


def thresholds(seen: ModelView) -> None:
    """Where to cut the model's scores of a label, and what is to be expected there."""
    if not seen.cuts:
        return
    st.subheader("Thresholds", anchor=False)
    left, right = st.columns(2)
    name = left.selectbox("Label", list(seen.cuts), key="models_label")
    aim: Aim = right.segmented_control("Aim", list(AIMS), format_func=AIMS.__getitem__, default="balanced", key="models_aim",
                                       required=True)  # fmt: skip
    cut_slider(name, aim, seen.cuts)
    st.dataframe(pd.DataFrame(cut_rows(seen.cuts, aim)), hide_index=True)
    st.caption("Expected on all items, by calibration on the reviews that count. Thresholds are on the model's own scores.")


def cut_slider(name: str, aim: Aim, cuts: Mapping[str, CutCurve]) -> None:
    """A threshold to try, starting from the one for the aim."""
    curve = cuts[name]
    low, high = float(curve.threshold[-1]), float(curve.threshold[0])
    if low == high:
        return
    start = min(max(curve.best(aim).threshold, low), high)
    tried = st.slider("Predict from this score on", low, high, start, key=f"models_cut_{name}_{aim}", format="%.3f")
    found = curve.at(tried)
    if found is not None:
        st.markdown(
            f"Precision **{figure(found.precision, 'share')}**, recall **{figure(found.recall, 'share')}**, predicted on "
            f"{figure(found.share, 'share')} of the items."
        )


def cut_rows(cuts: Mapping[str, CutCurve], aim: Aim) -> list[dict[str, Any]]:
    """Every label's threshold for an aim, with expected precision and recall."""
    best = {name: curve.best(aim) for name, curve in cuts.items()}
    return [
        {"Label": name, "Threshold": round(cut.threshold, 4), "Precision": figure(cut.precision, "share"),
         "Recall": figure(cut.recall, "share"), "Predicted on": figure(cut.share, "share")}
        for name, cut in best.items()
    ]  # fmt: skip
