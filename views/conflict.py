"""What a person has seen of others' answers to the item in view: a judgement is put beside theirs only knowingly."""

from __future__ import annotations

import streamlit as st

from data.errors import PlateauError

#: What an item in view is known by: its action, its number, and how many items were in view before.
Place = tuple[int, int, int]


def seen(place: Place, newest: int) -> int:
    """The number of the newest review by anybody else that the person knows of, 0 for none.

    That is the ``newest`` one when the item came into view, however often it is drawn again, and any that they were told of.
    """
    if st.session_state.get("others_seen", (None, 0))[0] != place:
        st.session_state["others_seen"] = (place, newest)
    return known(place[1], int(st.session_state["others_seen"][1]))


def known(item_id: int, newest: int) -> int:
    """This number of a review by anybody else, or that of the newest one which the person was told of by an error."""
    told: dict[int, int] = st.session_state.get("others_told", {})
    return max(newest, told.get(item_id, 0))


def note(error: PlateauError) -> None:
    """Remember which answers a person is told of by this error, if any: when they confirm again, theirs stands beside them."""
    st.session_state["others_told"] = {**st.session_state.get("others_told", {}), **getattr(error, "newest", {})}
