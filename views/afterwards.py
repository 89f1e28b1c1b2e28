"""What stands after an action: what it has come to, what it has changed, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import streamlit as st

from data.errors import NotFound
from data.records import Project, Review, Snapshot, StoredAction
from data.store import Store
from recommend.effects import Moved, around, moved, onwards
from views import actioncards, desk, planning, runs, session, training, welcome
from views.actionwords import asks, takes, took
from views.desk import Work
from views.freshness import rate_again
from views.resultwords import LEAST_STEP, rating_line, worth
from views.snapshots import restore
from views.wording import KIND_ICONS, figure, gain, plain, promised_range, reach

#: The ratings before and after an action.
Around = tuple[Snapshot, Snapshot] | None


def finished(
    store: Store, project: Project, work: Work, done: Mapping[int, Review], *,
    undo: Callable[[Project, Work], None] = desk.undo,
) -> None:  # fmt: skip
    """What the action has come to, and what to do next; ``undo`` takes back what was decided last."""
    action = work.action
    with suppress(NotFound):  # left in another window, and gone with the plan that offered it
        action = store.action(project.id, work.action.id)
    given = list(done.values())
    st.title("Done", anchor=False)
    st.markdown(f"{KIND_ICONS.get(action.kind, '')} **{asks(action)}** &nbsp; :gray[{spent(action, given)}]")
    ratings = ratings_around(store, project, given)
    _result(store, project, action, given, ratings)
    _buttons(store, project, work, undo)
    _onwards(store, project, action)
    with st.expander("Details", icon=":material/query_stats:", key="done_details"):
        _figures(action, [review for review in given if review.state == "reviewed"])
        _changes(action, given, ratings)


def _result(store: Store, project: Project, action: StoredAction, given: Sequence[Review], ratings: Around) -> None:
    """What the answers were worth and what the rating is now; that it is trained, while it does not know of them."""
    found = changes(action, given, ratings)
    with st.container(gap="xsmall"):
        st.markdown(worth(action))
        if ratings is not None and found:
            before, after = (store.count_reviews_since(project.id, snapshot.revision) for snapshot in ratings)
            answers = sum(review.state == "reviewed" for review in given)
            st.markdown(rating_line(found[0], answers, before - after - len(given)))
        training.watch(store, project)


def _buttons(store: Store, project: Project, work: Work, undo: Callable[[Project, Work], None]) -> None:
    with st.container(horizontal=True):
        busy = planning.training(store, project.id).busy
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
        st.metric("Predicted gain", _points(action.predicted_gain), promised_range(action) or None, border=True,
                  delta_color="off", delta_arrow="off",
                  help="Rating points, and the range that should hold nine times in ten.")  # fmt: skip
        if action.realised_gain is not None:
            st.metric("Realised gain", _points(action.realised_gain), verdict(action), border=True, delta_color="off",
                      delta_arrow="off", help="By what the answers taught, and the rise of the rating.")  # fmt: skip


def _points(points: float | None) -> str:
    """A gain that fits into a tile."""
    return "not known" if points is None else gain(points)


def verdict(action: StoredAction) -> str | None:
    """Whether an action has kept its promise, in words; None where nothing was promised, or nothing is known yet."""
    if action.realised_gain is None or not action.promise:
        return None
    if action.realised_gain > action.promise["high"]:
        return "more than predicted"
    return "less than predicted" if action.realised_gain < action.promise["low"] else "as predicted"


def _changes(action: StoredAction, given: Sequence[Review], ratings: Around) -> None:
    """The rating, the factor served and the labels met, before and after; nothing until a rating knows of the answers."""
    found = changes(action, given, ratings)
    if not found:
        return
    st.markdown("**What has changed**")
    with st.grid(4, min_column_width=170):
        for one in found:
            now = figure(one.after.value) if one.after.value is not None else "not known"
            st.metric(
                plain(one.name), now, step(one), border=True, help=_spans(one), delta_color="normal" if one.clear else "off"
            )
    st.caption(
        "From the rating before to the first one that knows of these answers; labels by their average precision, 0 to 100. "
        "Grey: no more than chance makes of it. All else reviewed meanwhile moves it too; the realised gain is the part put down "
        "to this action."
    )


def ratings_around(store: Store, project: Project, given: Sequence[Review]) -> Around:
    """The last rating before these decisions and the first that knows of all of them; None while one of the two is missing."""
    snapshots = store.snapshots(project.id)
    if not given:
        return None
    revisions = [review.revision for review in given]
    first, last = around([snapshot.revision for snapshot in snapshots], min(revisions), max(revisions))
    if first is None or last is None or snapshots[first].value is None or snapshots[last].value is None:
        return None
    return snapshots[first], snapshots[last]


def changes(action: StoredAction, given: Sequence[Review], ratings: Around) -> tuple[Moved, ...]:
    """What has moved between the ratings around these decisions; empty while there are none."""
    if ratings is None:
        return ()
    met = [label_id for review in given for label_id in review.assigned]
    before, after = (restore(snapshot) for snapshot in ratings)
    return moved(before, after, action.factor, action.label_ids, met)


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
