"""Suspicious reviews: how many mistakes to expect, of which label and by whom, and the likeliest ones to settle in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from data.kept import Study
from data.records import Item, Review
from rating.doubt import POSITIVES
from views import doubts
from views.actionwords import takes
from views.doubts import Judged, View
from views.wording import gain, plain, plural

#: A judgement at least so likely to be a mistake is called a likely one.
LIKELY = 0.5
#: An expected count, with its range, that is not told.
UNKNOWN = (None, None, None)


@dataclass(frozen=True, slots=True)
class Suspect:
    """One judgement in question: the label, whether the review gives it, the chance of a mistake, and the model's own answer."""

    label: int
    assigned: bool
    chance: float
    probability: float


def total(study: Study) -> None:
    """How many mistakes there are in all, with intervals, and what mending them takes and brings."""
    found = study.result["total"]
    with st.grid(3, min_column_width=190):
        st.metric("Labels given wrongly", count(found["wrong"]) if found["told"] else "unknown", border=True,
                  help="Expected among the checkable labels given, with the range that holds nine times in ten. "
                       f"A label is checkable once {POSITIVES} reviewed items have it and {POSITIVES} lack it.",
                  delta=", ".join([*spread(found["wrong"], found), f"of {found['assigned']:,} checkable"]),
                  delta_color="off", delta_arrow="off")  # fmt: skip
        st.metric("Labels overlooked", count(found["missed"]) if found["told"] else "unknown", border=True,
                  help="Expected among all reviewed items, of checkable labels, with the range that holds nine times in ten.",
                  delta="".join(spread(found["missed"], found)) or None, delta_color="off", delta_arrow="off")  # fmt: skip
        st.metric("Looking again brings", gain(found["gain"]) if found["items"] else "nothing", border=True,
                  help="Expected rating points if everything doubtful is asked about again, less what turned out right before.",
                  delta=work(found), delta_color="off", delta_arrow="off")  # fmt: skip
    if not found["told"]:
        st.caption(
            f"How many mistakes there are is told from {found['needed']} checkable labels given; there are "
            f"{found['assigned']}. Which judgements are doubtful is told all the same."
        )


def count(cells: Sequence[float | None]) -> str:
    """An expected count in words.

    >>> count([3.4, 1.0, 6.0]), count([0.2, 0.0, 1.0]), count([None, None, None])
    ('about 3', 'hardly any', 'unknown')
    """
    value = cells[0]
    return "unknown" if value is None else "hardly any" if value < 0.5 else f"about {value:,.0f}"


def spread(cells: Sequence[float | None], found: dict[str, Any]) -> list[str]:
    """The range of an expected count in words; nothing while it is not told."""
    value, low, high = cells
    return [] if not found["told"] or value is None or low is None or high is None else [f"{low:,.0f} to {high:,.0f}"]


def work(found: dict[str, Any]) -> str:
    """How many items would be asked about, and what that takes."""
    return f"{plural(found['items'], 'item')}, {takes(found['seconds'])}" if found["items"] else "no judgement is doubtful"


def draw(view: View) -> None:
    """The suspicious reviews of what is chosen."""
    table = suspicious(view)
    if table.empty:
        st.success(
            "Nothing here looks wrong: no judgement has a chance of a tenth or more to be a mistake.", icon=":material/check:"
        )
        return
    _actions(view, table)
    _cards(view, table)
    left, right = st.columns([3, 2])
    with left:
        st.subheader("By label", anchor=False)
        st.dataframe(by_label(view), hide_index=True, key="doubts_labels", column_config=_looks("Label"))
    with right:
        st.subheader("By person", anchor=False)
        st.dataframe(by_person(view), hide_index=True, key="doubts_people", column_config=_looks("Person"))


def suspicious(view: View) -> pd.DataFrame:
    """The judgements in question of the label and person chosen, the likeliest mistakes first; labels as they count by now.

    Of labels merged since, an item's likeliest one stands.
    """
    table = pd.DataFrame(view.study.result["suspects"])
    table["label"] = table["label"].map(dict(view.now))
    table = table.dropna(subset=["label"]).astype({"label": int}).drop_duplicates(["item", "label"])
    if view.label is not None:
        table = table[table["label"] == view.label]
    return table if view.person is None else table[table["who"] == view.person]


def _actions(view: View, table: pd.DataFrame) -> None:
    """Work through the doubtful judgements of a label one by one; a label has to be chosen for that."""
    if view.label is None:
        st.caption("Settle them below, or choose a label to work through its doubtful reviews one by one.")
        return
    name = view.names[view.label]
    standing = doubts.standing(view, table["item"].tolist())
    with st.container(horizontal=True):
        for kind, assigned, words in (("check", True, "that have it"), ("missed", False, "that lack it")):
            items = table[table["assigned"] == assigned]["item"].tolist()
            open_ = [k for k in items if k in standing and view.gives(standing[k].review, view.label) == assigned]
            if open_ and st.button(f"Go through {doubts.first_of(len(open_))} {words}", key=f"doubts_{kind}",
                                   icon=":material/play_arrow:"):  # fmt: skip
                reason = f"The model that has not seen their reviews contradicts them about {name}."
                doubts.start(view, "check" if assigned else "missed", name, reason, (view.label,), open_)


def _cards(view: View, table: pd.DataFrame) -> None:
    """The likeliest mistakes, an item each, with what to do about it."""
    by_item = {int(rows["item"].iloc[0]): rows for _, rows in table.groupby("item", sort=False)}
    wanted, most = list(by_item), doubts.listed("doubts")
    reviews = doubts.standing(view, wanted[: most + 40])
    shown = [
        (item_id, found)
        for item_id in wanted
        if item_id in reviews and (found := _open(view, by_item[item_id], reviews[item_id].review))
    ]
    items = {item.id: item for item in view.store.items(view.project.id, [item_id for item_id, _ in shown[:most]])}
    for item_id, found in shown[:most]:
        _card(view, items[item_id], reviews[item_id], found)
    doubts.more("doubts", max(len(wanted) - len(shown[:most]), 0) if len(shown) > most else 0)


def _open(view: View, rows: pd.DataFrame, review: Review) -> list[Suspect]:
    """The judgements in question of one item that its review still says so."""
    found = [
        Suspect(int(label), bool(assigned), float(chance), float(probability))
        for label, assigned, chance, probability in rows[["label", "assigned", "chance", "probability"]].to_numpy().tolist()
    ]
    return [suspect for suspect in found if view.gives(review, suspect.label) == suspect.assigned]


def _card(view: View, item: Item, judged: Judged, found: Sequence[Suspect]) -> None:
    review = judged.review
    with st.container(border=True, gap="xsmall", key=f"doubt_{item.id}"):
        doubts.text(item, view.store.path.absolute().parent)
        st.markdown(f":material/person: **{plain(review.annotator)}** gave: **{view.said(review.assigned)}**")
        for suspect in found:
            st.markdown(line(view, suspect))
        with st.container(horizontal=True):
            source = "check" if found[0].assigned else "missed"
            st.button("The review is right", key=f"doubt_keep_{item.id}", icon=":material/check:", on_click=doubts.record,
                      args=(view.project, [doubts.draft(view, judged, {}, source)], "The review stands."))  # fmt: skip
            for suspect in found[:3]:
                _change(view, item, judged, suspect)


def _change(view: View, item: Item, judged: Judged, suspect: Suspect) -> None:
    name = view.names[suspect.label]
    words = f"Take {name} away" if suspect.assigned else f"Change to {name}" if view.project.single_label else f"Add {name}"
    source = "check" if suspect.assigned else "missed"
    st.button(
        plain(words), key=f"doubt_{item.id}_{suspect.label}", wrap=True,
        icon=":material/remove:" if suspect.assigned else ":material/add:", on_click=doubts.record,
        args=(view.project, [doubts.draft(view, judged, {suspect.label: not suspect.assigned}, source)], "It is changed."),
    )  # fmt: skip


def line(view: View, suspect: Suspect) -> str:
    """What is doubtful about one label, as Markdown: the doubt by shape and word, and both figures."""
    word = "likely" if suspect.chance >= LIKELY else "perhaps"
    mark = ":red[▼]" if suspect.chance >= LIKELY else ":orange[◆]"
    what = f"{word} wrong" if suspect.assigned else f"{word} missing"
    return (
        f"{mark} **{plain(view.names[suspect.label])}** is {what} :gray[· {percent(suspect.chance)} chance of a mistake; the "
        f"model, without this review, finds it {percent(suspect.probability)} likely]"
    )


def percent(share: float) -> str:
    """A probability in words, never quite nothing or all.

    >>> percent(0.002), percent(0.25), percent(0.999)
    ('less than 1 %', '25 %', 'more than 99 %')
    """
    return "less than 1 %" if share < 0.01 else "more than 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def by_label(view: View) -> pd.DataFrame:
    """Expected mistakes by label, most first."""
    found = _told(view.study, "labels")
    return _table("Label", {view.names[int(k)]: one for k, one in found.items() if int(k) in view.names})


def by_person(view: View) -> pd.DataFrame:
    """Expected mistakes by the person whose judgement counts, most first."""
    return _table("Person", _told(view.study, "people"))


def _told(study: Study, name: str) -> dict[str, dict[str, Any]]:
    """What the study expects by label or person; numbers of labels given alone while they are too few to tell mistakes from."""
    blank = {} if study.result["total"]["told"] else {"wrong": UNKNOWN, "missed": UNKNOWN}
    return {key: {**one, **blank} for key, one in study.result[name].items()}


def _table(title: str, found: dict[str, dict[str, Any]]) -> pd.DataFrame:
    def mistakes(name: str) -> tuple[float, ...]:
        one = found[name]
        return one["wrong"][0] or 0.0, one["missed"][0] or 0.0, one["assigned"]

    most_first = sorted(found, key=mistakes, reverse=True)
    rows = [
        {
            title: name, "Given": found[name]["assigned"], "Wrong": _ranged(found[name]["wrong"]),
            "Overlooked": _ranged(found[name]["missed"]),
        }
        for name in most_first
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[title, "Given", "Wrong", "Overlooked"])


def _ranged(cells: Sequence[float | None]) -> str:
    """An expected count with its range, as a table has room for.

    >>> _ranged([1.14, 0.0, 4.0]), _ranged([None, None, None])
    ('1.1 (0 to 4)', 'unknown')
    """
    value, low, high = cells
    return "unknown" if value is None or low is None or high is None else f"{value:.1f} ({low:.0f} to {high:.0f})"


def _looks(title: str) -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        title: text(width="medium" if title == "Label" else None),
        "Given": st.column_config.NumberColumn(width=60, help="Checkable labels given in the reviews that count"),
        "Wrong": text(width=95, help="How many of these are expected to be wrong, with the range that holds nine times in ten"),
        "Overlooked": text(width=95, help="How many more should have been given, with the range that holds nine times in ten"),
    }
