"""What stands after an action: what it has come to, what it has changed, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from data.records import Project, Review, StoredAction
from data.store import Store
from recommend.effects import Moved, around, moved, onwards
from views import actioncards, desk, runs, session, training, welcome
from views.actionwords import asks, takes, took
from views.desk import Work
from views.freshness import rate_again
from views.snapshots import restore
from views.wording import KIND_ICONS, figure, gain, plain, promised_range, reach

#: Points below which a figure has stood still.
LEAST_STEP = 0.05


def finished(
    store: Store, project: Project, work: Work, done: Mapping[int, Review], *,
    undo: Callable[[Project, Work], None] = desk.undo,
) -> None:  # fmt: skip
    """What the action has come to, and what to do next; ``undo`` takes back what was decided last."""
    action = store.action(project.id, work.action.id)
    given = list(done.values())
    st.title("Done", anchor=False)
    st.markdown(f"{KIND_ICONS.get(action.kind, '')} **{asks(action)}** &nbsp; :gray[{spent(action, given)}]")
    _figures(action, [review for review in given if review.state == "reviewed"])
    busy = training.watch(store, project)
    with st.container(horizontal=True):
        if not busy and not _up_to_date(store, project) and st.button(
            "Rate again", key="rate_again", type="primary", icon=":material/refresh:", shortcut="Enter",
            help="See what these reviews have brought, and plan anew.",
        ):  # fmt: skip
            rate_again(store, project)
            st.rerun()
        word = "Undo the last decision" if undo is desk.undo else "Undo what was confirmed last"
        st.button(word, key="undo", shortcut="U", icon=":material/undo:", on_click=undo,
                  args=(project, work))  # fmt: skip
        if st.button("Overview", key="to_overview", icon=":material/landscape:"):
            session.leave_action()
            st.switch_page(session.OVERVIEW)
    _changes(store, project, action, given)
    _onwards(store, project, action)


def spent(action: StoredAction, given: Sequence[Review]) -> str:
    """The time that these decisions took against what was expected, in words."""
    known = [review.seconds for review in given if review.seconds is not None]
    expected = f"{takes(action.predicted_seconds)} were expected"
    if not known:
        return f"Your time is not known; {expected}."
    least = "" if len(known) == len(given) else "at least "
    return f"You took {least}{took(sum(known))}; {expected}."


def _figures(action: StoredAction, reviewed: Sequence[Review]) -> None:
    """Items and labels, and what was promised beside what it has brought."""
    with st.grid(4, min_column_width=170):
        st.metric("Items reviewed", len(reviewed), border=True)
        st.metric("Labels assigned", sum(len(review.assigned) for review in reviewed), border=True)
        st.metric("Predicted gain", gain(action.predicted_gain), promised_range(action) or None, border=True, delta_color="off",
                  delta_arrow="off", help="Rating points, and the range that should hold nine times in ten.")  # fmt: skip
        if action.realised_gain is not None:
            st.metric("Realised gain", gain(action.realised_gain), verdict(action), border=True, delta_color="off",
                      delta_arrow="off", help="By what the answers taught, and the rise of the rating.")  # fmt: skip


def verdict(action: StoredAction) -> str | None:
    """Whether an action has kept its promise, in words; None where nothing was promised, or nothing is known yet."""
    if action.realised_gain is None or not action.promise:
        return None
    if action.realised_gain > action.promise["high"]:
        return "more than predicted"
    return "less than predicted" if action.realised_gain < action.promise["low"] else "as predicted"


def _changes(store: Store, project: Project, action: StoredAction, given: Sequence[Review]) -> None:
    """The rating, the factor served and the labels met, before and after; nothing until a rating knows of the answers."""
    found = changes(store, project, action, given)
    if not found:
        return
    st.subheader("What has changed", anchor=False)
    with st.grid(4, min_column_width=170):
        for one in found:
            now = figure(one.after.value) if one.after.value is not None else "not known"
            st.metric(plain(one.name), now, step(one), border=True, help=_spans(one))
    st.caption(
        "From the rating before to the first one that knows of these answers; labels by their average precision, 0 to 100. "
        "Chance and all else reviewed meanwhile move it too: the realised gain is the part put down to this action."
    )


def changes(store: Store, project: Project, action: StoredAction, given: Sequence[Review]) -> tuple[Moved, ...]:
    """What has moved between the ratings before and after these decisions; empty while one of the two is missing."""
    snapshots = store.snapshots(project.id)
    if not given:
        return ()
    revisions = [review.revision for review in given]
    first, last = around([snapshot.revision for snapshot in snapshots], min(revisions), max(revisions))
    if first is None or last is None or snapshots[first].value is None or snapshots[last].value is None:
        return ()
    met = [label_id for review in given for label_id in review.assigned]
    return moved(restore(snapshots[first]), restore(snapshots[last]), action.factor, action.label_ids, met)


def step(one: Moved) -> str | None:
    """How far a figure has moved, with a sign that a metric draws its arrow by; None for not at all, or not known.

    >>> from rating.records import Estimate
    >>> step(Moved("Coverage", Estimate(60.0), Estimate(55.5))), step(Moved("Coverage", Estimate(None), Estimate(55.5)))
    ('-4.5 points', None)
    """
    return None if one.change is None or abs(one.change) < LEAST_STEP else f"{one.change:+.1f} points"


def _spans(one: Moved) -> str:
    """Both values with their ranges, for who wants to know."""
    spans = [f"{figure(e.value)}" + (f" ({reach(e)})" if reach(e) else "") for e in (one.before, one.after)]
    return f"Before {spans[0]}, after {spans[1]}, with 90 % confidence."


def _onwards(store: Store, project: Project, action: StoredAction) -> None:
    """What to do next: of the run that this action is part of, else of the same label or theme, and the best of the rest."""
    st.subheader("Next", anchor=False)
    run, enter = runs.current(action.id), _up_to_date(store, project)
    if run is not None and runs.onwards(store, project, run, first=enter) is not None:
        return
    same, other = onwards(action, actioncards.on_offer(store, project))
    if same is not None:
        st.caption("More of the same")
        actioncards.cards([same], key="next", first=enter)
    if other is not None:
        st.caption("The best of the rest" if same is not None else "The best on offer")
        actioncards.cards([other], key="next", first=enter and same is None)
    welcome.start_buttons(store, project)


def _up_to_date(store: Store, project: Project) -> bool:
    """Whether the last rating knows of every review."""
    last = store.last_snapshot(project.id)
    return last is not None and last.revision == store.revision(project.id)
