"""What a rating is held against: the choice, which stands in the address, and the earlier rating itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from data.records import Project
from data.store import Store
from data.timeline import RatingMoment
from rating.records import Factor, Rating
from recommend.effects import Moved
from recommend.moving import SINCE, FactorMove, Since, factor_moves, from_to, held_against, most, parts_words, signed, surely
from recommend.timeline import judged_again
from views import timeline
from views.snapshots import restore
from views.wording import figure, plain, plural

USUAL: Since = "week"
#: So many movers stand in a factor's explanation.
MOST = 8


@dataclass(frozen=True, slots=True)
class Compared:
    """The earlier rating, in short, how the rating and its factors have moved since, and from what: how many items more were
    reviewed, and how many of those reviewed before were judged again.
    """

    against: RatingMoment
    whole: Moved
    moves: tuple[FactorMove, ...]
    more: int = 0
    again: int = 0


def chosen() -> Since:
    """What to hold the rating against, as it was chosen or stands in the address."""
    asked = st.session_state.get("since") or st.query_params.get("since")
    return next((since for since, title in SINCE.items() if title == asked), USUAL)


def choice(moments: Sequence[RatingMoment]) -> None:
    """Let the person choose what to hold the rating against; it stands in the address. Nothing while there is one alone."""
    if sum(moment.score[0] is not None for moment in moments) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("What it is made of, and what moved it", anchor=False, width="content")
        st.segmented_control("Moved since", list(SINCE.values()), default=SINCE[USUAL], required=True, key="since",
                             bind="query-params", label_visibility="collapsed", width="content", wrap=True)  # fmt: skip


def compare(store: Store, project: Project, rating: Rating, since: Since) -> Compared | None:
    """A rating against an earlier one; None where there is none."""
    against = held_against(timeline.moments(store, project.id), rating, since, datetime.now(UTC))
    if against is None:
        return None
    before = _restored(str(store.path), project.id, against.id, store)
    decisions = timeline.again(str(store.path), project.id, project.revision, store)
    return Compared(
        against, Moved("Model Rating", before.score, rating.score), factor_moves(before, rating),
        rating.reviewed - against.reviewed, judged_again(decisions, against.revision, rating.revision),
    )  # fmt: skip


@st.cache_resource(max_entries=8, show_spinner=False)
def _restored(path: str, project_id: int, snapshot_id: int, _store: Store) -> Rating:
    return restore(_store.snapshot(project_id, snapshot_id))


def headline(found: Compared) -> str:
    """How the whole rating has moved, and by which factors, as Markdown."""
    parts = parts_words(found.moves)
    since = f"since {moment_of(found.against)} (model {found.against.model_version})"
    return f"{step(found.whole)} {since}{f': {plain(parts)}' if parts else ''}.{work_between(found.more, found.again)}"


def work_between(more: int, again: int) -> str:
    """What was judged between two ratings, as a sentence that follows another one; empty for nothing.

    >>> work_between(12, 1), work_between(0, 0), work_between(-2, 3)
    (' In between, 12 more items were reviewed and 1 item judged again.', '', ' In between, 3 items were judged again.')
    """
    new = f"{plural(more, 'more item')} {'was' if more == 1 else 'were'} reviewed" if more > 0 else ""
    old = f"{plural(again, 'item')}{'' if new else ' was' if again == 1 else ' were'} judged again" if again else ""
    return f" In between, {' and '.join(part for part in (new, old) if part)}." if new or old else ""


def moment_of(against: RatingMoment) -> str:
    """When a rating was computed, for people.

    >>> moment_of(RatingMoment(1, 1, 1, "2026-11-05T10:30:00+00:00", 0, 0, (None, None, None), {}, {}))
    '5 November 2026, 10:30 UTC'
    """
    return f"{datetime.fromisoformat(against.at):%-d %B %Y, %H:%M} UTC"


def step(moved: Moved) -> str:
    """A change as Markdown: direction by sign and shape; coloured only where it is more than chance."""
    change = moved.change
    shape = "■" if change is None or signed(change) == "±0" else "▲" if change > 0 else "▼"
    colour = "gray" if not moved.clear or change is None else "green" if change > 0 else "red"
    return f":{colour}[**{shape} {signed(change)}**] {surely(moved)}"


def line(found: Compared | None, factor: Factor) -> str:
    """How a factor has moved and what moved most behind it, as Markdown; empty without an earlier rating."""
    move = next((move for move in found.moves if move.key == factor.key), None) if found else None
    if move is None:
        return ""
    return step(move.moved) + (f"  \n:small[:gray[Most: {plain(most(move))}]]" if most(move) else "")


def behind(found: Compared | None, factor: Factor) -> None:
    """What has moved a factor, one line for each label or contributor; nothing without an earlier rating."""
    move = next((move for move in found.moves if move.key == factor.key), None) if found else None
    if found is None or move is None:
        return
    st.markdown(f"**What moved it since {moment_of(found.against)}**")
    st.markdown(f"{plain(from_to(move.moved))}: {step(move.moved)}")
    lines = [
        f"- {plain(mover.moved.name)}: {figure(mover.moved.before.value)} to {figure(mover.moved.after.value)}, "
        f"{signed(mover.moved.change)} :gray[{surely(mover.moved)}]"
        for mover in move.movers[:MOST]
    ]  # fmt: skip
    st.markdown("\n".join(lines) or ":gray[Nothing behind it has moved.]")
