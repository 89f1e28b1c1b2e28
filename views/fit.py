"""The parts of the Model fit page: whether the model suits its data, the evidence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from rating.capacity import Gap, overfitted_since
from rating.records import Estimate
from views import fitcharts
from views.fitcharts import MEASURES, Measure
from views.wording import plain, plural

#: What each answer is called: words, colour, icon, and what it means for who works with the model.
ANSWERS: dict[str, tuple[str, str, str, str]] = {
    "about right": (
        "About right", "green", ":material/check_circle:",
        "Neither a simpler nor a richer model would do clearly better. Reviews are what helps.",
    ),
    "too rich": (
        "Too rich", "yellow", ":material/unfold_less:",
        "A simpler model would do better on what it has not seen. It is chosen anew as reviews come in; until then rely less on "
        "labels with few examples.",
    ),
    "too simple": (
        "Too simple", "yellow", ":material/unfold_more:",
        "The model cannot tell what the labels tell. Try another encoder below, or a richer mix of features.",
    ),
    "cannot tell": (
        "Cannot tell yet", "gray", ":material/help:",
        "There is too little to judge by. Review more, best by Shuffle.",
    ),
}  # fmt: skip


def verdict(result: Mapping[str, Any]) -> None:
    """The answer with its evidence and what it means."""
    word, colour, icon, means = ANSWERS[result["answer"]]
    with st.container(border=True, key="fit_verdict"):
        st.markdown(f"##### Too simple or too rich? &nbsp; :{colour}-badge[{icon} {word}]")
        st.markdown(f"**{means}**")
        st.caption("\n".join(f"- {plain(line)}" for line in result["evidence"]))
        sample = "" if result["reviews"] == result["of"] else f", a random sample of {result['of']:,}"
        st.caption(
            f"From {plural(result['reviews'], 'review')}{sample} and {plural(result['labels'], 'label')} with two examples."
        )


def path(result: Mapping[str, Any]) -> None:
    """Training against held-out items along the penalties of a mix."""
    spots, chosen = result["spots"], result["spots"][result["chosen"]]
    mixes = {fitcharts.mix_words(spot["mix"]): spot["mix"] for spot in spots}
    st.subheader("From simple to rich", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Features", list(mixes), index=list(mixes).index(fitcharts.mix_words(chosen["mix"])), key="mix",
                            bind="query-params", width=360)  # fmt: skip
        words: dict[str, Measure] = {"Average precision": "precision", "Squared error": "error"}
        picked = st.segmented_control("Measure", list(words), default="Average precision", required=True, key="measure",
                                      bind="query-params")  # fmt: skip
    measure, mix = words.get(str(picked), "precision"), mixes[str(name)]
    table = fitcharts.path_table(spots, mix, measure)
    told = path_words(spots, mix, measure)
    here = float(chosen["freedom"]) if mix == chosen["mix"] else None
    st.altair_chart(fitcharts.path(table, measure, here), alt=told, key="fit_path", height=340)
    dotted = "" if here is None else " The dotted line is the model as it is now."
    st.caption(f"{told} Each point is a penalty: the higher it is, the fewer effective parameters are left to fit with.{dotted}")
    number = {name: st.column_config.NumberColumn(format="%+.3f") for name in ("Against now", "from", "to")}
    number |= {"Held-out average precision": st.column_config.NumberColumn(format="%.3f"),
               "Effective parameters": st.column_config.NumberColumn(format="%.0f")}  # fmt: skip
    st.dataframe(fitcharts.mix_table(spots, chosen), hide_index=True, column_config=number, key="fit_mixes")


def path_words(spots: list[Mapping[str, Any]], mix: Mapping[str, float], measure: Measure) -> str:
    """Where a mix is best on held-out items."""
    own = [spot for spot in spots if spot["mix"] == mix]
    sign = 1.0 if measure == "precision" else -1.0
    best = max(own, key=lambda spot: sign * spot[f"held_{measure}"])
    return (
        f"Held-out items do best with penalty {best['penalty']:g} ({best['freedom']:.0f} effective parameters): "
        f"{MEASURES[measure].split(' (')[0].lower()} {best[f'held_{measure}']:.3f}."
    )


def gap(result: Mapping[str, Any]) -> None:
    """How the gap between training and held-out items has moved, and whether it is over-fitting."""
    st.subheader("The gap, as reviews came in", anchor=False)
    st.markdown(overfit_words(result))
    table = fitcharts.gap_table(result["gaps"])
    if not table.empty:
        st.altair_chart(fitcharts.gap(table), alt=overfit_words(result), key="fit_gap", height=320)
        st.caption("The model of today's features and penalty, fitted to the first so many reviews in the order they were given.")


def overfit_words(result: Mapping[str, Any]) -> str:
    """Whether the model knows its examples better than the labels, since when, and what mends it."""
    found = [Gap(gap["reviews"], gap["train"], gap["held"], Estimate(**gap["gap"])) for gap in result["gaps"]]
    if not found:
        return "No label has two examples yet: there is no gap to tell."
    last, since = found[-1].gap, overfitted_since(found)
    span = "" if last.low is None or last.high is None else f" ({last.low:.2f} to {last.high:.2f})"
    if since is None:
        return f":material/check_circle: No over-fitting beyond chance: the gap is {last.value:.2f}{span}."
    return (
        f":material/warning: **Over-fitting since {since.reviews:,} reviews:** it ranks what it learned from better by "
        f"{last.value:.2f}{span} than what it has not seen. More examples of the labels with few mend it: Teach, and Discover."
    )
