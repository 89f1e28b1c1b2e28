"""What the Versions page draws: every version of the model, what people say of it, and which one serves."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from data.kept import ModelVersion, VersionRating
from data.layout import own_version
from data.records import IN_CHARGE, Project
from data.store import Store
from recommend.versionwords import table, title
from views import planning, session, timeline
from views.wording import plain

#: So many versions stand in the list until all are asked for.
FIRST = 100


def pinned(project: Project) -> int | None:
    """The version that was pinned; None while the newest serves, or another model."""
    return own_version(project.settings.get(IN_CHARGE))


def who_serves(store: Store, project: Project, versions: Sequence[ModelVersion]) -> None:
    """Which version plans and suggests, and the way back to the newest."""
    number = pinned(project)
    if number is None:
        other = project.settings.get(IN_CHARGE)
        who = f"The newest version, {versions[-1].version}," if other is None else plain(str(other))
        st.caption(f":material/verified_user: {who} plans and suggests.")
        return
    served, said = planning.latest(store, project.id), f"Version {number} is pinned: it serves from the next plan on."
    if served is not None and served.charge.startswith(f"Version {number} "):
        said = served.charge
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="pinned"):
        st.markdown(f":material/push_pin: {plain(said)} New reviews go on counting for the rating, and none is lost.",
                    width="stretch")  # fmt: skip
        st.button("Return to the newest", key="versions_unpin", icon=":material/keep_off:", on_click=_pin,
                  args=(project.id, None))  # fmt: skip


def listing(store: Store, project: Project, versions: Sequence[ModelVersion], ratings: Sequence[VersionRating]) -> None:
    """All versions in a table, the newest first, those with a star alone where asked for."""
    again = timeline.again(str(store.path), project.id, project.revision, store)
    rows = table(versions, ratings, store.label_events(project.id), project.settings.get(IN_CHARGE), again)
    with st.container(horizontal=True, vertical_alignment="center"):
        starred = st.toggle("Starred only", key="starred", bind="query-params")
        every = len(rows) <= FIRST or st.toggle(f"All {len(rows):,}", key="every_version")
    marked = {one.version for one in versions if one.starred}
    kept = [row for row in rows if row["Version"] in marked] if starred else rows if every else rows[:FIRST]
    if not kept:
        st.info("No version has a star. Choose one below and star it.", icon=":material/star:")
        return
    st.dataframe(
        pd.DataFrame(kept), hide_index=True, height="content" if len(kept) <= 8 else 320,
        column_config={
            "Version": st.column_config.NumberColumn(width="small", format="%d"),
            "Rating": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%.0f", width="small"),
            "What changed": st.column_config.TextColumn(width=270),
            "Note": st.column_config.TextColumn(width=176),
        },
    )  # fmt: skip


def one_version(project: Project, versions: Sequence[ModelVersion], ratings: Sequence[VersionRating]) -> None:
    """A version to star, to note something of, or to return to."""
    numbers = [str(one.version) for one in reversed(versions)]
    rated = {rating.version: rating for rating in ratings}
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = int(st.selectbox("Version", numbers, key="version", bind="query-params", width=140))
            one = next(found for found in versions if found.version == chosen)
            st.text_input("Note", one.note, key=f"version_note_{project.id}_{chosen}", max_chars=200, width=340,
                          placeholder="What it is for: “handed to the team on Monday”", on_change=_note,
                          args=(project.id, chosen))  # fmt: skip
            st.button("Take the star away" if one.starred else "Star", key="version_star", on_click=_star,
                      args=(project.id, chosen, not one.starred),
                      icon=":material/star:" if one.starred else ":material/star_outline:")  # fmt: skip
            _pin_button(project, chosen, newest=versions[-1].version, rated=rated.get(chosen))
        st.caption(f"Version {chosen}: {title(one, rated.get(chosen))}")


def _pin_button(project: Project, version: int, *, newest: int, rated: VersionRating | None) -> None:
    if pinned(project) == version:
        return
    learned = rated is not None and rated.value is not None
    st.button(
        "Return to it", key="version_pin", icon=":material/push_pin:", on_click=_pin, args=(project.id, version),
        disabled=version == newest or not learned,
        help="This version then plans, suggests and predicts until you unpin it. No review is lost, and new ones go on counting "
        "for the rating." if learned else "It has no rating: it had too little to learn from.",
    )  # fmt: skip


@session.callback
def _pin(project_id: int, version: int | None) -> None:
    store = session.store()
    store.pin_version(project_id, version)
    planning.request(store, project_id)
    words = "The newest version serves again." if version is None else f"Version {version} serves from the next plan on."
    session.tell(words, ":material/push_pin:")


@session.callback
def _star(project_id: int, version: int, starred: bool) -> None:
    session.store().mark_version(project_id, version, starred=starred)


@session.callback
def _note(project_id: int, version: int) -> None:
    session.store().mark_version(project_id, version, note=st.session_state[f"version_note_{project_id}_{version}"].strip())
