"""How steady the model is, on the Versions page: what changes from each version to the next, beside what chance would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from data.kept import VersionRating
from data.records import Project
from data.store import Store
from views import studying, versioncharts

ALL_LABELS = "All labels"


def draw(store: Store, project: Project, ratings: Sequence[VersionRating]) -> None:
    """The study of how the model changed along its versions, as lines and label by label."""
    if sum(rating.value is not None for rating in ratings) < 2:
        st.info("There are not two versions with a rating yet. Review more: each training makes one.", icon=":material/info:")
        return
    kept = studying.shown(store, project, "steadiness", words="Steadiness", auto=False)
    if kept is None:
        return
    steps = kept.result["steps"]
    st.markdown(verdict(steps))
    names = {label.name: label.id for label in store.labels(project.id)}
    left, right = st.columns(2, gap="medium")
    label = left.selectbox("Decisions of", [ALL_LABELS, *names], key="steady_label", bind="query-params")
    decided = versioncharts.steady_table(steps, names.get(label))
    left.altair_chart(versioncharts.steady(decided, "Changed", "Decisions changed (%)"), key="steady_decisions",
                      alt=f"Share of decisions that changed at each version. {verdict(steps)}")  # fmt: skip
    measure = right.segmented_control("Coefficients", ["Cosine", "Length"], default="Cosine", required=True,
                                      key="steady_measure")  # fmt: skip
    title = "Cosine of old and new coefficients" if measure == "Cosine" else "Length of the change (% of the old)"
    right.altair_chart(versioncharts.steady(versioncharts.steady_table(steps), measure, title), key="steady_coefficients",
                       alt=f"{title} at each version, beside what chance would do.")  # fmt: skip
    st.caption(
        f"Decisions on {kept.result['items']:,} items, each label at its best threshold; coefficients on the same features, of "
        "all labels. “Expected by chance”: the same number of reviews, but any of them, came last. Well above it, the new "
        "reviews told the model something that the others did not."
    )
    st.dataframe(pd.DataFrame(label_rows(steps, names)), hide_index=True)


def verdict(steps: Sequence[Mapping[str, Any]]) -> str:
    """How steady the model is now, in a sentence."""
    last = steps[-1] if steps else None
    if last is None or last["share"] is None:
        return "How steady the model is cannot be told: its versions have no label in common."
    words = f"The last step, version {last['from']} to {last['to']}, changed **{100 * last['share']:.1f} %** of the decisions"
    expected = None if last["chance"] is None else last["chance"]["share"]
    if expected is None:
        return f"{words}; what chance alone would change cannot be told."
    judged = "more than" if last["share"] > 1.5 * expected + 0.001 else "about what"
    return f"{words}: {judged} {last['more']:,} reviews at random would ({100 * expected:.1f} %)."


def label_rows(steps: Sequence[Mapping[str, Any]], names: Mapping[str, int]) -> list[dict[str, Any]]:
    """Every label's share of changed decisions at the last step, beside what chance would do, and before; in percent."""
    if not steps:
        return []
    last, rows = steps[-1], []
    for name, number in names.items():
        here = last["labels"].get(str(number))
        if here is None:
            continue
        expected = None if last["chance"] is None else last["chance"]["labels"].get(str(number))
        before = [step["labels"][str(number)] for step in steps[:-1] if str(number) in step["labels"]]
        rows.append({
            "Label": name, "Changed last (%)": round(100 * here, 2),
            "By chance (%)": None if expected is None else round(100 * expected, 2),
            "Before, on average (%)": round(100 * sum(before) / len(before), 2) if before else None,
        })  # fmt: skip
    return sorted(rows, key=lambda row: -row["Changed last (%)"])
