"""Would a better encoder help: the part of the Model fit page that tries some on a sample, and says what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from data.records import Project
from data.store import Store
from views import fitcharts, studying
from views.wording import plain, plural

ANSWERS: dict[str, tuple[str, str, str]] = {
    "yes": ("It would help", "blue", ":material/trending_up:"),
    "no": ("It would not", "green", ":material/check_circle:"),
    "cannot tell": ("Cannot tell yet", "gray", ":material/help:"),
}


def section(store: Store, project: Project) -> None:
    """Try encoders on a sample of the reviewed items; what came out last is shown."""
    st.subheader("Would a better encoder help?", anchor=False)
    st.caption(
        "An encoder turns a text into the numbers that the model sees. Up to 1,500 reviewed items are encoded in the background "
        "by each that is here, and the model is fitted and held out with each. Nothing is downloaded; the project stays as it is."
    )
    asked = st.text_input(
        "Another model to try beside MiniLM and LSA", key="encoder", bind="query-params", max_chars=200, width=480,
        placeholder="a folder, or the name of a model downloaded before",
    )  # fmt: skip
    params = {"encoder": asked.strip()} if asked and asked.strip() else None
    kept = studying.shown(store, project, "encoder", params, words="The trial", auto=False)
    if kept is not None:
        outcome(kept.result)


def outcome(result: Mapping[str, Any]) -> None:
    """The answer with its evidence, and what could not be tried."""
    word, colour, icon = ANSWERS[result["answer"]]
    with st.container(border=True, key="encoder_answer"):
        st.markdown(f":{colour}-badge[{icon} {word}]")
        st.markdown(f"**{plain(result['words'])}**")
        st.caption(f"From {plural(result['items'], 'reviewed item')} and {plural(result['labels'], 'label')} with two examples.")
        for note in result["notes"]:
            st.caption(f":material/info: {plain(note)}")
    looks = {name: st.column_config.NumberColumn(format="%+.3f") for name in ("Against now", "from", "to")}
    looks |= {
        "Average precision": st.column_config.NumberColumn(format="%.3f", help="On held-out items, mean over the labels, 0 to 1"),
        "Seconds an item": st.column_config.NumberColumn(format="%.3f", help="Measured here, while the trial ran"),
    }
    st.dataframe(table(result), hide_index=True, column_config=looks, key="encoder_table", placeholder="–")


def table(result: Mapping[str, Any]) -> pd.DataFrame:
    """The model as it is and each way tried, the best first."""
    now = {"Way to see items": f"● Now: {fitcharts.mix_words(result['mix'])}", "Average precision": result["now"]}
    rows = [
        {
            "Way to see items": one["name"], "Average precision": one["precision"], "Against now": one["gain"]["value"],
            "from": one["gain"]["low"], "to": one["gain"]["high"], "Seconds an item": one["seconds"],
        }
        for one in result["tried"]
    ]  # fmt: skip
    found = pd.DataFrame([now, *rows], columns=["Way to see items", "Average precision", "Against now", "from", "to",
                                                "Seconds an item"])  # fmt: skip
    return found.sort_values("Average precision", ascending=False, kind="stable")
