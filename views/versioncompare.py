"""Two versions side by side on the Versions page: which is better, where they decide otherwise, what each mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from data.kept import ModelVersion, VersionRating
from data.records import Project, StoredAction
from data.store import Store
from rating.confusion import folded
from rating.versions import at_precision, at_recall, at_threshold
from recommend.comparing import along
from recommend.cost import Times
from recommend.serving import shown_of
from recommend.studies import arrays_of
from recommend.versionwords import reviews_between, title, verdict
from views import planning, session, studying, versioncharts
from views.wording import plain, plural, title_of

Arrays = Mapping[str, Any]
SAME = {"threshold": "Threshold", "recall": "Recall", "precision": "Precision"}
STARTS = {"threshold": 50, "recall": 80, "precision": 80}
MATRICES = ("Difference", "First", "Second")
ALL_LABELS, EITHER = "All labels", "Gained or lost"
#: Items that are listed, and that go into an action.
LISTED, TAKEN = 12, 20


def draw(store: Store, project: Project, versions: Sequence[ModelVersion], ratings: Sequence[VersionRating]) -> None:
    """The choice of two versions, and what sets them apart."""
    chosen = choose(versions, ratings)
    if chosen is None:
        return
    kept = studying.shown(store, project, "compare", {"a": chosen[0], "b": chosen[1]}, words="The comparison", auto=False)
    if kept is None:
        return
    result, arrays = kept.result, arrays_of(kept)
    st.markdown(verdict(result))
    st.caption(basis(result))
    st.markdown(reviews_between(result, {kind: title_of(kind) for kind in result["reviews"]["sources"]}))
    labels(result, arrays)
    changed(store, project, result, arrays)
    confusions(result, arrays)


def choose(versions: Sequence[ModelVersion], ratings: Sequence[VersionRating]) -> tuple[int, int] | None:
    """Two versions with a rating; None where there are not two, or one is chosen twice."""
    rated = {rating.version: rating for rating in ratings if rating.value is not None}
    known = {one.version: one for one in versions if one.version in rated}
    if len(known) < 2:
        st.info("There are not two versions with a rating yet. Review more: each training makes one.", icon=":material/info:")
        return None
    numbers = [str(number) for number in reversed(known)]
    first = [number for number in along([rated[number] for number in known]) if str(number) != numbers[0]]
    left, right = st.columns(2)
    a = int(left.selectbox("First", numbers, index=numbers.index(str(first[len(first) // 2])), key="first", bind="query-params"))
    b = int(right.selectbox("Second", numbers, key="second", bind="query-params"))
    left.caption(title(known[a], rated[a]))
    right.caption(title(known[b], rated[b]))
    if a == b:
        st.info("This is the same version twice. Choose two.", icon=":material/info:")
        return None
    return a, b


def basis(result: Mapping[str, Any]) -> str:
    """What a comparison rests on, and what it leaves out."""
    said = [
        f"Both on the same {result['items']:,} items and {plural(len(result['names']), 'label')}, by the {result['reviewed']:,} "
        "reviews of today. What a version had learned from counts as if it had not; all else it had never seen.",
    ]
    for one, names in zip(result["versions"], result["left_out"], strict=True):
        if names:
            said.append(f"Only version {one['version']} knows {_named(names)}.")
    if unused := result.get("unused"):
        said.append(f"Left out, as no longer in use: {_named(unused)}.")
    if not all(one["same_vectors"] for one in result["versions"]):
        said.append("Features were fitted anew since: computed again on today's items.")
    return " ".join(said)


def _named(names: Sequence[str]) -> str:
    return f"{', '.join(map(plain, names[:4]))}{'…' if len(names) > 4 else ''}"


def labels(result: Mapping[str, Any], arrays: Arrays) -> None:
    """Every label by both versions: average precision, and precision and recall where one of the three is the same."""
    st.subheader("Label by label", anchor=False)
    table = versioncharts.rise_table(result["labels"])
    told = table["Verdict"].value_counts()
    message = f"{told.get('Better', 0)} labels are better, {told.get('Worse', 0)} worse, of the others it cannot be told."
    st.altair_chart(versioncharts.rises(table), key="version_rises", alt=f"Rise of each label's average precision. {message}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        same = st.segmented_control("At the same", list(SAME), format_func=SAME.__getitem__, default="threshold", required=True,
                                    key="same", bind="query-params")  # fmt: skip
        value = st.slider(f"{SAME[same]} (%)", 1, 99, STARTS[same], key=f"same_{same}", width=320)
    st.dataframe(pd.DataFrame(same_rows(result, arrays, same, value / 100.0)), hide_index=True)
    st.caption("Expected on all items. – where no threshold gets there.")


def same_rows(result: Mapping[str, Any], arrays: Arrays, same: str, value: float) -> list[dict[str, Any]]:
    """One row a label, and their mean on top: what both versions reach where threshold, recall or precision is the same."""
    precision, recall = arrays["precision"].astype(float), arrays["recall"].astype(float)
    first, second = (f"v{one['version']}" for one in result["versions"])
    if same == "threshold":
        told = dict(zip(("Precision", "Recall"), at_threshold(precision, recall, value), strict=True))
    elif same == "recall":
        told = {f"Precision at {100 * value:.0f} % recall": at_recall(precision, recall, value)}
    else:
        told = {f"Recall at {100 * value:.0f} % precision": at_precision(precision, recall, value)}
    rows: list[dict[str, Any]] = [{"Label": name} for name in ("Mean of all", *result["names"])]
    for what, figures in told.items():
        both = np.isfinite(figures).all(axis=0)
        for one, name in zip(figures, (first, second), strict=True):
            mean = one[both].mean() if both.any() else np.nan
            for row, share in zip(rows, (mean, *one), strict=True):
                row[f"{what}, {name}"] = "–" if np.isnan(share) else f"{100 * share:.0f} %"
    return rows


def changed(store: Store, project: Project, result: Mapping[str, Any], arrays: Arrays) -> None:
    """The items on which the two decide otherwise, with the way to review them."""
    st.subheader("What they decide otherwise", anchor=False)
    share = result["changed"] / max(result["decisions"], 1)
    st.markdown(f"**{100 * share:.1f} %** of all decisions: {result['changed']:,} of {result['decisions']:,}.")
    if not len(arrays["item"]):
        return
    names = dict(zip(result["label_ids"], result["names"], strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Label", [ALL_LABELS, *names.values()], key="changed_label", bind="query-params", width=260)
        way = st.segmented_control("Which", [EITHER, "Gained", "Lost"], default=EITHER, required=True, key="changed_way")
    picked = picked_rows(arrays, {name: number for number, name in names.items()}.get(label), way)
    if not len(picked):
        st.info("No decision fits. Choose another label.", icon=":material/filter_alt_off:")
        return
    texts = {item.id: item.text for item in store.items(project.id, [int(i) for i in arrays["item"][picked[:LISTED]]])}
    rows = [{
        "Item": texts.get(int(arrays["item"][k]), "")[:400], "Label": names[int(arrays["label"][k])],
        "Now": "▲ gained" if arrays["gained"][k] else "▼ lost",
        "Before": f"{100 * arrays['p_before'][k]:.0f} %", "After": f"{100 * arrays['p_after'][k]:.0f} %",
        "Truth": truth(float(arrays["right"][k]), reviewed=bool(arrays["reviewed"][k])),
    } for k in picked[:LISTED]]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={"Item": st.column_config.TextColumn(width="large")})
    open_items = list(dict.fromkeys(int(arrays["item"][k]) for k in picked if not arrays["reviewed"][k]))[:TAKEN]
    if open_items and st.button(f"Review {plural(len(open_items), 'item')} of these", key="changed_review",
                                icon=":material/play_arrow:"):  # fmt: skip
        with session.explained():
            wanted = {name: number for number, name in names.items()}.get(label)
            action = start(store, project, open_items, wanted, result)
            st.switch_page(session.LABEL, query_params={"action": str(action.id)})


def picked_rows(arrays: Arrays, label_id: int | None, way: str) -> Any:
    """Which of the changed decisions are of this label and this kind, the furthest first."""
    fits = np.ones(len(arrays["item"]), dtype=bool) if label_id is None else arrays["label"] == label_id
    if way != EITHER:
        fits &= arrays["gained"] == (way == "Gained")
    return np.flatnonzero(fits)


def truth(chance: float, *, reviewed: bool) -> str:
    """Whether the label applies: by a review, or how likely it is.

    >>> truth(1.0, reviewed=True), truth(0.25, reviewed=False)
    ('applies', '25 % likely')
    """
    if reviewed and chance in (0.0, 1.0):
        return "applies" if chance else "does not apply"
    return f"{100 * chance:.0f} % likely"


def start(store: Store, project: Project, items: list[int], label_id: int | None, result: Mapping[str, Any]) -> StoredAction:
    """An action of items on which two versions decide otherwise, begun."""
    a, b = (one["version"] for one in result["versions"])
    kind, served = "low_confidence" if label_id is None else "teach", planning.latest(store, project.id)
    last, labels = store.last_snapshot(project.id), () if label_id is None else (label_id,)
    return store.add_action(
        project.id,
        StoredAction(
            id=0, kind=kind, theme=f"where versions {a} and {b} differ", reason="Two versions decide otherwise here.",
            factor="coverage" if label_id is None else "all_labels", label_ids=labels, item_ids=tuple(items),
            chances=(None,) * len(items), candidates=len(items), predicted_gain=None,
            predicted_seconds=Times().assign(kind) * len(items), model_version=0 if last is None else last.model_version,
            revision=project.revision, state="started", created_at="", done_at=None,
            rating_before=None if last is None else last.value, realised_gain=None, seconds=None,
            shown=shown_of(served, items, labels),
        ),
        session.annotator(),
    )  # fmt: skip


def confusions(result: Mapping[str, Any], arrays: Arrays) -> None:
    """Which label is given instead of which, by either version, and what changed."""
    st.subheader("What is taken for what", anchor=False)
    shown = st.segmented_control("Matrix", list(MATRICES), default=MATRICES[0], required=True, key="matrix", bind="query-params")
    kept = folded(arrays["confusion"], tuple(result["names"]))
    first, second = kept.matrix
    signed = shown == "Difference"
    table = versioncharts.confusion_table(first if shown == "First" else second, kept.names, other=first if signed else None)
    right = [float(np.trace(one[:-1, :-1]) / max(one[:-1].sum(), 1e-9)) for one in (first, second)]
    message = f"Right labels given: {100 * right[0]:.0f} % by the first, {100 * right[1]:.0f} % by the second version."
    st.altair_chart(versioncharts.confusion_chart(table, kept.names, signed=signed), key="version_confusion", alt=message)
    st.caption(
        f"{message} Rows are the right labels of reviewed items, each as if its version had not seen it; columns what was given "
        "instead, “none” where nothing was. Items count as they stand for all."
        + (" Purple: more often in the second. Orange: less often." if signed else "")
    )
    worst = versioncharts.mixups(table, signed=signed)
    if len(worst):
        st.dataframe(worst, hide_index=True)
