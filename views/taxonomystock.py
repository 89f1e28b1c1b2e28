"""What the taxonomy pages read of a project, once for each revision."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from data.records import Project
from data.store import Store
from rating.service import in_use, targets_of
from recommend.reshaping import Stock
from recommend.splitting import stock_in
from views.desk import serving, translated


def stock_of(store: Store, project: Project) -> Stock:
    """The taxonomy with what stands on it, as it is now."""
    return _stock(str(store.path), project.id, project.revision, store)


@st.cache_resource(max_entries=4, show_spinner="Reading the reviews…")
def _stock(path: str, project_id: int, revision: int, _store: Store) -> Stock:
    return stock_in(_store, project_id)


def counts(store: Store, project: Project) -> Mapping[int, tuple[int, int]]:
    """Of each label in use, how many reviewed items carry it and how many say anything of it."""
    return _counts(str(store.path), project.id, project.revision, stock_of(store, project))


@st.cache_data(max_entries=8, show_spinner=False)
def _counts(path: str, project_id: int, revision: int, _stock: Stock) -> dict[int, tuple[int, int]]:
    table = targets_of(_stock.reviews, _stock.labels, _stock.away)
    carried, judged = (table == 1).sum(axis=0), (~np.isnan(table)).sum(axis=0)
    return {label.id: (int(carried[k]), int(judged[k])) for k, label in enumerate(in_use(_stock.labels))}


def carriers(store: Store, project: Project) -> dict[int, set[int]]:
    """The items whose standing review assigns each label in use, merged ones counted for their target."""
    now = serving(store.labels(project.id, retired=True))
    found: dict[int, set[int]] = {}
    for review in store.current_reviews(project.id):
        for label_id in translated(review.assigned, now) if review.state == "reviewed" else ():
            found.setdefault(label_id, set()).add(review.item_id)
    return found
