"""What the pages show while there is nothing to rate: no project, or too few reviews; always with the way out."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from data.records import Project
from data.store import Store
from data.store.leases import readings_of
from rating.records import Rating
from samples.project import NAME, create_sample
from views import foundations, planning, session
from views.gauge import logo
from views.wording import plain


def no_project(store: Store) -> None:
    """Offer the sample project and an import: the two ways to begin."""
    with st.container(horizontal_alignment="center"):
        st.space("large")
        st.image(logo(dark=st.context.theme.type == "dark", word=False), width=96, alt="A hill with a flat top")
        st.title("How good is the model? What next? Enough?", text_alignment="center", anchor=False)
        st.markdown(
            "Plateau rates a model that labels your messages, says what to label next, and when to stop.", text_alignment="center"
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            sample = st.button("Open the sample project", key="open_sample", type="primary", icon=":material/landscape:")
            if st.button("Import a file", key="go_import", icon=":material/upload_file:"):
                st.switch_page(session.DATA)
        st.caption(f"“{NAME}”: 2,000 messages to an invented shop, 300 of them reviewed.", text_alignment="center")
        if sample:
            open_sample(store)


def open_sample(store: Store) -> None:
    """Create the sample project and go to its rating."""
    with session.explained(), st.spinner("Writing 2,000 messages and 300 reviews…"):
        create_sample(store)
        session.choose_project(NAME)
        st.switch_page(session.OVERVIEW)


def no_rating(store: Store, project: Project, rating: Rating) -> None:
    """Say why there is no rating yet, and offer the work that changes it."""
    with st.container(border=True):
        st.subheader("○ No rating yet", anchor=False)
        for reason in rating.reasons:
            st.markdown(f"- {plain(reason)}")
        if not rating.population:
            if st.button("Import messages", key="go_import_items", type="primary", icon=":material/upload_file:"):
                st.switch_page(session.DATA)
            return
        foundations.show(planning.latest(store, project.id))
        start_buttons(store, project, primary=True)


def start_buttons(
    store: Store, project: Project, *, primary: bool = False, width: Literal["stretch", "content"] = "stretch"
) -> None:
    """Ten items now, without any plan: random ones, themes that nobody has looked at, or what only others have judged."""
    with st.container(horizontal=True, width=width):
        kind: Literal["primary", "secondary"] = "primary" if primary else "secondary"
        shuffle = st.button("Shuffle ten", key="shuffle_ten", type=kind, icon=":material/shuffle:",
                            help="Ten unreviewed items at random. Every figure leans on such reviews.")  # fmt: skip
        discover = st.button("Discover themes", key="discover_ten", icon=":material/explore:",
                             help="A typical item of each of ten themes that nobody has looked at.")  # fmt: skip
        again = readings_of(project.settings) > 1 and st.button(
            "Second reading", key="read_ten", icon=":material/groups:",
            help="Ten items that others have judged and you have not. Theirs is not shown.",
        )  # fmt: skip
    if shuffle or discover or again:
        with session.explained(), st.spinner("Choosing ten items…"):
            from recommend.readings import start_second_reading
            from recommend.start import start_discover, start_shuffle

            start = start_shuffle if shuffle else start_discover if discover else start_second_reading
            action = start(store, project.id, session.annotator(), served=planning.latest(store, project.id))
            st.switch_page(session.LABEL, query_params={"action": str(action.id)})
