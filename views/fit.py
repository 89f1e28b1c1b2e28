"""The parts of the Model fit page: whether the model suits its data, the evidence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from rating.capacity import CLOSER, Loss, loss_words
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
    "falling back": (
        "Falling back", "yellow", ":material/trending_down:",
        "Neither a simpler nor a richer model would do clearly better, yet it has lost ground as reviews came in. Look for "
        "reviews that contradict each other on the Doubts page.",
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
    """Whether the model knows its examples better than the labels, as the verdict has it, and what mends it."""
    if not result["gaps"]:
        return "No label has two examples yet: there is no gap to tell."
    if result["answer"] == "cannot tell":
        return f":material/help: Whether it over-fits cannot be told yet: {gap_words(result['gaps'])}."
    if result["answer"] == "too rich":
        gain = Estimate(**max(result["spots"], key=lambda spot: spot["held_precision"])["gain"])
        span = "" if gain.low is None or gain.high is None else f" ({gain.low:+.2f} to {gain.high:+.2f})"
        return (
            f":material/warning: **Over-fitting:** a simpler model ranks what it has not seen clearly better, by "
            f"{gain.value or 0.0:+.2f}{span}. More examples of the labels with few mend it: Teach, and Discover."
        )
    if result["answer"] == "falling back":
        loss = Loss(result["lost"]["what"], result["lost"]["reviews"], Estimate(**result["lost"]["change"]))
        return (
            f":material/warning: **Over-fitting:** {plain(loss_words(loss))} No simpler model mends it: look for reviews that "
            "contradict each other on the Doubts page."
        )
    return (
        f":material/check_circle: No over-fitting beyond chance: {gap_words(result['gaps'])}. A gap by itself is usual, as a "
        "model knows its own examples; more examples of the labels with few narrow it."
    )


def gap_words(gaps: Sequence[Mapping[str, Any]]) -> str:
    """How wide the gap is by now, and where it came from."""
    first, last = gaps[0]["gap"], gaps[-1]["gap"]
    span = "" if last["low"] is None or last["high"] is None else f" ({last['low']:.2f} to {last['high']:.2f})"
    now = f"the gap between what it learned from and what it has not seen is {last['value']:.2f}{span}"
    if len(gaps) < 2:
        return now
    way = "it closes" if last["value"] < first["value"] - CLOSER else "it has not closed yet"
    return f"{now}; it was {first['value']:.2f} at {gaps[0]['reviews']:,} reviews: {way}"
