"""What is chosen on the map, what it consists of, and what can be done with it; and the themes that no label explains."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from data.records import Project, StoredAction
from data.store import Store
from data.store.labels import clean_label
from rating.evidence import Ints
from recommend.regions import Ground, Outline, Theme, inside, spread, summarised
from recommend.start import REGION, start_region, words_among
from views import planning, session
from views.bulk import shortened
from views.mapview import Scene, unique
from views.wording import plain, plural

#: So many themes are offered first, and so many items of a choice can be read at once.
FIRST, READ = 5, 6


def chosen(found: Ground, drawn: Outline, theme: Theme | None) -> Ints:
    """Positions of the items inside what was drawn, or of the theme; none when nothing is chosen."""
    if drawn:
        return np.flatnonzero(inside(found.points, drawn))
    return np.flatnonzero(found.themes == theme.number) if theme is not None else np.empty(0, dtype=np.int64)


def selection(store: Store, project: Project, found: Scene, rows: Ints, theme: Theme | None) -> None:
    """What the chosen items consist of, and the two ways on: label them, or make them a label."""
    with st.container(border=True, key="map_choice"):
        words = theme.words if theme is not None else words_of(store, project, found, rows)
        _say(found, rows, words)
        _read(store, project, found.ground, rows)
        free = int((~found.ground.reviewed[rows]).sum())
        if not free:
            st.info("All of them are reviewed. Choose another part of the map to label.", icon=":material/done_all:")
            return
        _ways(store, project, found, rows, words, free)


def _say(found: Scene, rows: Ints, words: str) -> None:
    about = summarised(found.ground, rows, found.served)
    st.markdown(f"### {plural(about.items, 'item')} chosen")
    said = [f"**{about.reviewed:,}** reviewed"]
    if about.unexplained is not None:
        said.append(f"**{about.unexplained:,}** that no label explains")
    st.markdown(" · ".join(said) + f"  \nWords: **{plain(words)}**")
    if about.labels:
        likely = ", ".join(f"{plain(name)} {100 * share:.0f} %" for name, share in about.labels)
        st.caption(f"Labels that they are expected to carry: {likely}.")


@st.cache_data(max_entries=32, show_spinner=False)
def _named(
    _store: Store, path: str, project_id: int, revision: int, drawn_at: str, digest: str, _item_ids: Ints, _rows: Ints
) -> str:
    others = np.ones(len(_item_ids), dtype=bool)
    others[_rows] = False
    return words_among(_store, project_id, _item_ids, _rows, np.flatnonzero(others))


def words_of(store: Store, project: Project, found: Scene, rows: Ints) -> str:
    """What sets the chosen items apart from the others, told from an even sample of them; once for a choice on a map."""
    digest = hashlib.sha256(rows.tobytes()).hexdigest()
    place = (str(store.path), project.id, project.revision, found.drawn_at, digest)
    return _named(store, *place, found.ground.item_ids, rows)


def _read(store: Store, project: Project, found: Ground, rows: Ints) -> None:
    """Some of the chosen items, from all over the choice."""
    with st.expander("Read some of them", icon=":material/article:"):
        some = found.item_ids[rows[spread(found.points[rows], READ)]]
        for item in store.items(project.id, [int(number) for number in some]):
            st.markdown(f"- {plain(shortened(' '.join(item.text.split())) or item.uid)}")


def _ways(store: Store, project: Project, found: Scene, rows: Ints, words: str, free: int) -> None:
    many = (
        f"{REGION} of its {free:,} unreviewed items, evenly from all of it" if free > REGION else f"its {free:,} unreviewed items"
    )
    with st.form("map_ways", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.text_input(
            "Name of a new label", key="map_label", max_chars=120, placeholder="Make it a label: what are they about?"
        )
        named = st.form_submit_button("Make it a label", icon=":material/new_label:", key="map_named")
        one = st.form_submit_button("Label one by one", type="primary", icon=":material/explore:", key="map_one")
        bulk = st.form_submit_button("Label as a list", icon=":material/checklist:", key="map_bulk")
    st.caption(f"Each way starts a Discover action with {many}.")
    if one or bulk or named:
        with session.explained(), st.spinner("Choosing items…"):
            name = clean_label(label) if named else ""
            action = start(store, project, found.ground, rows, words, name)
            open_as(action, "one" if one else "all")


def start(store: Store, project: Project, found: Ground, rows: Ints, words: str, label: str = "") -> StoredAction:
    """Start on the chosen items, as examples of a new label where it is named."""
    return start_region(
        store, project.id, session.annotator(), found.item_ids[rows], found.points[rows], words, label=label,
        served=planning.latest(store, project.id),
    )  # fmt: skip


def open_as(action: StoredAction, way: str) -> None:
    """Go to the action, one by one or as a list."""
    st.switch_page(session.LABEL, query_params={"action": str(action.id), "way": way})


def unexplained(store: Store, project: Project, found: Scene) -> None:
    """The themes with most items that no label explains, each to be shown or labelled; without a model the largest themes."""
    if not found.themes:
        return
    modelled = found.themes[0].unexplained is not None
    st.subheader("What the labels do not know yet" if modelled else "The largest themes", anchor=False)
    first = [theme for theme in found.themes if theme.unexplained != 0][:FIRST]
    if not first:
        st.caption("Every theme is explained: each item has a label that is likely.")
    names = {theme.number: name for name, theme in unique(found.themes).items()}
    for theme in first:
        _card(store, project, found, theme, names[theme.number])


def _card(store: Store, project: Project, found: Scene, theme: Theme, name: str) -> None:
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{plain(theme.words)}**  \n:small[:gray[{_figures(theme)}]]")
        with st.container(horizontal=True, gap="small"):
            st.button("Show", key=f"map_show_{theme.number}", icon=":material/my_location:", on_click=_show, args=(name,),
                      type="tertiary")  # fmt: skip
            label = st.button("Label it", key=f"map_start_{theme.number}", icon=":material/explore:", type="tertiary",
                              disabled=theme.reviewed == theme.items)  # fmt: skip
    if label:
        with session.explained(), st.spinner("Choosing items…"):
            rows = np.flatnonzero(
                (found.ground.themes == theme.number) & (found.ground.unexplained | (theme.unexplained is None))
            )
            open_as(start(store, project, found.ground, rows, theme.words), "one")


def _figures(theme: Theme) -> str:
    """How many items of a theme no label explains, and how many are reviewed."""
    reviewed = f"{theme.reviewed:,} reviewed"
    if theme.unexplained is None:
        return f"{plural(theme.items, 'item')}, {reviewed}"
    return f"{theme.unexplained:,} of {plural(theme.items, 'item')} explained by no label, {reviewed}"


def _show(name: str) -> None:
    st.session_state["theme"] = name
    st.query_params.pop("region", None)


def table(themes: Sequence[Theme]) -> pd.DataFrame:
    """All themes, those with most items that no label explains first; shares in per cent."""
    rows = [
        {
            "Theme": theme.words, "Items": theme.items, "Reviewed": 100.0 * theme.reviewed / theme.items,
            "No label explains": theme.unexplained,
            "Share": None if theme.unexplained is None else 100.0 * theme.unexplained / theme.items,
        }
        for theme in themes
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["Theme", "Items", "Reviewed", "No label explains", "Share"])


def all_themes(themes: Sequence[Theme]) -> None:
    """The table of all themes: the map for who does not see it."""
    if not themes:
        return
    with st.expander(f"All {plural(len(themes), 'theme')} as a table", icon=":material/table:"):
        percent = st.column_config.NumberColumn(format="%.0f %%")
        st.dataframe(table(themes), hide_index=True, column_config={"Reviewed": percent, "Share": percent})
