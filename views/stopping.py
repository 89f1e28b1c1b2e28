"""Whether it is enough: the stop answer with the rules behind it, and the settings of those rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from data.records import Project, StopCheck, StoredAction
from recommend.checks import history_rows
from recommend.explaining import Explanation
from recommend.records import Answer, LabelAnswer, LabelStop, Stop, Verdict
from recommend.rules import PLATEAU, READY, RULES, terms_of
from views import explaining, session
from views.wording import ANSWERS, KIND_ICONS, plain, title_of

CHOICES = {"ready": ("Ready, when all of", READY), "plateau": ("Plateau, when all of", PLATEAU)}
BUDGETS = {"budget_hours": ("Budget in hours", 1.0), "budget_reviews": ("Budget in reviews", 100.0)}


def answer(
    stop: Stop | None, checks: Sequence[StopCheck] = (), offered: StoredAction | None = None, left: Explanation | None = None
) -> None:  # fmt: skip
    """Whether more labelling is worth it: the answer, the rules behind it, what would reopen it, and the answers before.

    A ``stop`` of None is still computed; ``offered`` is the action that mends what is wrong, if there is one; ``left`` are the
    hours left, explained.
    """
    if stop is None:
        st.skeleton(height=260)
        return
    word, colour, icon = ANSWERS[stop.answer]
    with st.container(border=True, height="stretch"):
        st.markdown(f"##### Enough? &nbsp; :{colour}-badge[{icon} {word}]")
        st.markdown(f"**{plain(stop.headline)}**")
        if left is not None:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f":material/schedule: Labelling left to the target: **{plain(left.value)}**", width="content")
                explaining.opener(left)
        st.caption("\n".join(f"- {plain(line)}" for line in stop.evidence))
        if stop.rules:
            with st.expander(f"{sum(verdict.met for verdict in stop.rules)} of {len(stop.rules)} rules met"):
                st.caption("  \n".join(rule_line(verdict) for verdict in stop.rules))
        if stop.reopen:
            st.caption("Would change this: " + " ".join(plain(line) for line in stop.reopen))
        _buttons(stop, checks, offered)


def _buttons(stop: Stop, checks: Sequence[StopCheck], offered: StoredAction | None) -> None:
    """The action that mends what is wrong, the answers label by label, and those given so far."""
    with st.container(horizontal=True):
        if offered is not None and stop.mend:
            word = f"{title_of(stop.mend)}, which mends it"
            if st.button(word, key="stop_mend", type="primary", icon=KIND_ICONS.get(stop.mend)):
                st.switch_page(session.LABEL, query_params={"action": str(offered.id)})
        if stop.labels and st.button("Label by label", key="stop_labels", type="tertiary", icon=":material/label:"):
            st.dialog("Enough, label by label", width="large")(label_answers)(stop.labels)
        if checks and st.button("Answers so far", key="stop_history", type="tertiary", icon=":material/history:"):
            st.dialog("Answers so far", width="large")(history)(checks)


def mending(stop: Stop | None, actions: Sequence[StoredAction]) -> StoredAction | None:
    """The action on offer that mends what is wrong: of the kind that does, about one of its labels where it is about labels."""
    if stop is None or stop.mend is None:
        return None
    named = [action for action in actions if action.kind == stop.mend and action.item_ids]
    about = [action for action in named if set(action.label_ids) & set(stop.mend_labels)]
    return next(iter(about or named), None)


def label_answers(labels: Sequence[LabelStop]) -> None:
    """Every label with its own answer, those that need most first."""
    counts = Counter[Answer](stop.answer for stop in labels)
    st.caption(" · ".join(f"{ANSWERS[answer][0]}: {counts[answer]}" for answer in ANSWERS if counts[answer]))
    percent = st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)
    gain = st.column_config.NumberColumn(format="%+.0f %%", help="Average precision that twice the examples should bring")
    looks = {
        "Target": st.column_config.NumberColumn(format="%.0f %%"),
        "Average precision": percent,
        "Twice the examples": gain,
        "Why": st.column_config.TextColumn(width="large"),
    }
    st.dataframe(label_answer_table(labels), hide_index=True, column_config=looks)


#: Labels are listed by what they need: those that something is wrong with first.
_ORDER: tuple[LabelAnswer, ...] = ("stalled", "keep_going", "cannot_tell", "plateau", "ready")


def label_answer_table(labels: Sequence[LabelStop]) -> pd.DataFrame:
    """The labels' answers as a table; what cannot be told is empty."""
    ordered = sorted(labels, key=lambda stop: (_ORDER.index(stop.answer), stop.ap or 0.0))
    return pd.DataFrame([
        {
            "Label": stop.name, "Enough?": ANSWERS[stop.answer][0], "Average precision": _percent(stop.ap),
            "Target": _percent(stop.target), "Twice the examples": _percent(stop.gain), "Why": stop.words,
        }
        for stop in ordered
    ])  # fmt: skip


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share


def history(checks: Sequence[StopCheck]) -> None:
    """The answers given so far, newest first, with the figures that they rested on."""
    st.caption("One row for each rated revision. A rule that needs two checks looks at the one at least 30 reviews before.")
    number = st.column_config.NumberColumn
    st.dataframe(
        history_table(checks), hide_index=True,
        column_config={
            "When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"), "Rating": number(format="%.0f"),
            "Next hour": number(format="%+.1f points", help="What it was to bring, the median"),
            "Same decisions": number(format="%.3f", help="Cohen's kappa with the model of the check before"),
            "Rules met": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip


def history_table(checks: Sequence[StopCheck]) -> pd.DataFrame:
    """The answers as a table; what was not known is empty."""
    return pd.DataFrame([
        {
            "When": pd.Timestamp(row["at"]), "Reviewed": row["reviewed"], "Answer": ANSWERS[row["answer"]][0],
            "Rating": row["rating"], "Next hour": row["gain"], "Same decisions": row["kappa"],
            "Rules met": "; ".join(RULES[name] for name, rule in row["rules"].items() if rule["met"]),
        }
        for row in history_rows(checks)
    ])  # fmt: skip


def rule_line(verdict: Verdict) -> str:
    """A rule with its mark, as Markdown: met or not is said by the shape, not by the colour alone.

    >>> rule_line(Verdict("labels", True, 0.0, "No label that matters is weak."))
    ':green[:material/check_circle:] No label that matters is weak.'
    """
    mark = ":green[:material/check_circle:]" if verdict.met else ":gray[:material/radio_button_unchecked:]"
    return f"{mark} {plain(verdict.words)}"


def settings(project: Project, key: Callable[[str], str]) -> None:
    """The rules of both answers and the budget; ``key`` names the widgets."""
    terms = terms_of(project.settings, project.profile)
    with st.expander("Rules of the stop answer", icon=":material/rule:"):
        for name, (title, _) in CHOICES.items():
            st.multiselect(title, list(RULES), default=list(getattr(terms, name)), format_func=RULES.__getitem__,
                           key=key(name), help="Without any rule this answer is never given.")  # fmt: skip
        with st.grid(2, min_column_width=180):
            for name, (title, step) in BUDGETS.items():
                st.number_input(
                    title, min_value=0.0, step=step, value=getattr(terms, name), key=key(name), placeholder="no limit",
                    help="When it is spent, the answer says so, and what more would bring.",
                )  # fmt: skip


def chosen(key: Callable[[str], str]) -> dict[str, Any]:
    """The settings that :func:`settings` asks for; None, which keeps nothing, where they are the usual ones."""
    rules = {name: list(st.session_state[key(name)]) for name in CHOICES}
    usual = {name: list(names) for name, (_, names) in CHOICES.items()}
    return {"stop": None if rules == usual else rules, **{name: st.session_state[key(name)] for name in BUDGETS}}
