"""The map as it is drawn: what is loaded for it, the choice of its colours, and the texts that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from data.kept import Study
from data.records import Project
from data.store import Store
from recommend import mapping
from recommend.regions import Ground, Outline, Theme, ground, outline_of, themes_of, written
from recommend.serving import Served
from recommend.studies import arrays_of, last_study_job
from views import labelwork, mapcolours, mapcomponent, session, studying
from views.bulk import shortened
from views.mapcolours import CONFIDENCE, LABEL, NOVELTY, REVIEWED, THEME, Colouring
from views.wording import plain

ALL_LABELS = "The likeliest of the ten largest"


@dataclass(frozen=True)
class Scene:
    """Everything that the page shows of a map: its items with what is known of them, its themes, and when it was drawn."""

    ground: Ground
    themes: tuple[Theme, ...]
    served: Served | None
    drawn_at: str

    @property
    def modelled(self) -> bool:
        """Whether a model says how likely each label is."""
        return self.served is not None and self.served.probability is not None


def drawn_map(store: Store, project: Project) -> Study | None:
    """The map that is kept; it is drawn where there is none. None until then. A line says when items or vectors are newer."""
    kept, job = store.study(project.id, mapping.MAP), last_study_job(store, project.id, mapping.MAP)
    if kept is not None and (job is None or job.state == "done") and not _outdated(store, project, kept):
        return kept
    return studying.shown(store, project, mapping.MAP, words="The map")


def _outdated(store: Store, project: Project, kept: Study) -> bool:
    """Whether items have come or gone since the map was drawn, or better vectors are ready."""
    encoded = store.last_job(project.id, "embed")
    better = encoded is not None and encoded.state == "done" and encoded.created_at > kept.created_at
    return better or store.count_items(project.id) != kept.result["items"]


def scene(store: Store, project: Project, study: Study, served: Served | None) -> Scene:
    """The map of a study with what the newest plan knows; read once for each of both."""
    return _scene(study, served, str(store.path), project.id, study.created_at, _version(served))


def _version(served: Served | None) -> tuple[int, str] | None:
    return None if served is None else (served.plan.revision, served.version)


@st.cache_resource(max_entries=4, show_spinner=False)
def _scene(
    _study: Study, _served: Served | None, path: str, project_id: int, drawn_at: str, version: tuple[int, str] | None
) -> Scene:
    kept = mapping.kept(_study)
    found = ground(kept.item_ids, kept.points, _served)
    return Scene(found, tuple(themes_of(found)), _served, drawn_at)


def draw(store: Store, project: Project, study: Study, found: Scene) -> None:
    """The choice of colours, and the map in them."""
    what, label = _choose(found)
    drawn = _face(
        found, str(store.path), project.id, study.created_at, _version(found.served), what, label, _newness(store, project, what)
    )
    mapcomponent.mount(drawn, _sent)
    st.caption(_belongs(project, found))


def _belongs(project: Project, found: Scene) -> str:
    """Which model and revision the colours are of, and when the map changes."""
    stays = "Reviews change colours, never places: only new items are added."
    if found.served is None:
        return stays
    rating, plan = found.served.rating, found.served.plan
    later = "" if plan.revision == project.revision else f"; the project is at {project.revision}"
    who = plain(found.served.model) or f"model {rating.model_version}"
    of = f"Colours by {who}, revision" if found.modelled else "As of revision"
    return f"{of} {plan.revision}{later}. {stays}"


def _choose(found: Scene) -> tuple[str, str]:
    """What to colour by, and which label; both stand in the address."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options = [LABEL, REVIEWED, CONFIDENCE, NOVELTY, THEME]
        what = st.segmented_control("Colour by", options, default=LABEL, key="colour", required=True, bind="query-params",
                                    wrap=True)  # fmt: skip
        label = ALL_LABELS
        if what == LABEL and found.modelled and found.served is not None:
            names = [ALL_LABELS, *found.served.label_names]
            label = st.selectbox("Which label", names, key="of_label", bind="query-params", width=240)
            _about(found.served, label)
    if what in (LABEL, CONFIDENCE) and found.served is not None and not found.modelled:
        st.info(
            "No model knows the labels yet: the colours say what is reviewed. Review some items first.", icon=":material/info:"
        )
    return str(what), str(label)


def _about(served: Served, label: str) -> None:
    """The way to the page of the label that is shown."""
    if label != ALL_LABELS:
        number = served.label_ids[served.label_names.index(label)]
        st.page_link(labelwork.PAGE, label="About this label", icon=":material/sell:", query_params={"label": str(number)})


def _newness(store: Store, project: Project, what: str) -> Study | None:
    """How new each item is to the reviews, compared when somebody asks for it."""
    if what != NOVELTY:
        return None
    return studying.shown(store, project, mapping.NOVELTY, words="How new each item is")


def _face(
    found: Scene, path: str, project_id: int, drawn_at: str, version: tuple[int, str] | None, what: str, label: str,
    newness: Study | None,
) -> dict[str, Any]:  # fmt: skip
    compared_at = None if newness is None else newness.created_at
    return _drawn(found, newness, path, project_id, drawn_at, version, what, label, compared_at)


@st.cache_resource(max_entries=8, show_spinner=False)
def _drawn(
    _found: Scene, _newness: Study | None, path: str, project_id: int, drawn_at: str, version: tuple[int, str] | None, what: str,
    label: str, compared_at: str | None,
) -> dict[str, Any]:  # fmt: skip
    return mapcomponent.face(
        _found.ground, _found.themes, coloured(_found, what, label, _newness), what if label == ALL_LABELS else label
    )


def coloured(found: Scene, what: str, label: str, newness: Study | None) -> Colouring:
    """The items' colours by what was chosen; by what is reviewed where that is not known."""
    if what == NOVELTY:
        return mapcolours.by_novelty(_distances(found.ground, newness))
    if what == THEME:
        return mapcolours.by_theme(found.ground, found.themes)
    if what == REVIEWED or found.served is None or not found.modelled:
        return mapcolours.by_review(found.ground)
    if what == CONFIDENCE:
        return mapcolours.by_confidence(found.ground)
    if label == ALL_LABELS:
        return mapcolours.by_labels(found.ground, found.served)
    return mapcolours.by_label(found.ground, found.served, found.served.label_ids[found.served.label_names.index(label)])


def _distances(found: Ground, newness: Study | None) -> Any:
    if newness is None:
        return np.full(len(found.item_ids), np.nan)
    arrays = arrays_of(newness)
    return mapcolours.aligned(found.item_ids, arrays["item_ids"], arrays["novelty"])


def outline() -> Outline:
    """What somebody has drawn around on the map: it stands in the address. Empty when nothing is."""
    return outline_of(st.query_params.get("region", ""))


def _sent(event: Any) -> None:
    """Take what was drawn on the map; another choice gives way to it."""
    st.session_state["theme"] = None
    drawn = outline_of(written(event["outline"]))
    if drawn:
        st.query_params["region"] = written(drawn)
    else:
        st.query_params.pop("region", None)


def choose_theme(themes: Sequence[Theme]) -> Theme | None:
    """Let a theme be chosen by its words; it stands in the address, and takes the place of what was drawn."""
    if not themes:  # the one that the address names is still to come
        return None
    names = unique(themes)
    chosen = st.selectbox("Theme", list(names), index=None, key="theme", bind="query-params", on_change=_theme_chosen,
                          placeholder="Choose one to see where it lies")  # fmt: skip
    return names.get(str(chosen))


def unique(themes: Sequence[Theme]) -> dict[str, Theme]:
    """The themes by their words, with a number where two have the same."""
    found: dict[str, Theme] = {}
    for theme in themes:
        found[theme.words if theme.words not in found else f"{theme.words} ({theme.number})"] = theme
    return found


def _theme_chosen() -> None:
    st.query_params.pop("region", None)


@st.fragment
def tell(project_id: int, item_ids: Any, drawn: Outline, theme: int | None) -> None:
    """Hand the map the text of the point it asks for; only this part runs anew when the pointer rests on one."""
    asked, text = st.session_state.get("map_asked"), None
    if asked is not None and 0 <= asked < len(item_ids):
        items = session.store().items(project_id, [int(item_ids[asked])])
        text = (asked, shortened(" ".join(items[0].text.split())) or items[0].uid) if items else None
    mapcomponent.tell(text, drawn, theme, _asked)


def _asked(place: int) -> None:
    st.session_state["map_asked"] = int(place)
