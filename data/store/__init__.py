"""The SQLite store: the only place that speaks SQL. Use :class:`Store`; the other modules are its parts."""

from pathlib import Path

from data.errors import StoreError
from data.store.items import Items
from data.store.labels import Labels
from data.store.projects import Projects
from data.store.ratings import Ratings
from data.store.reviews import Reviews
from data.store.work import Work


class Store(Projects, Labels, Items, Reviews, Ratings, Work):
    """A Plateau database: projects, labels, items, reviews, ratings, actions and jobs."""


def existing_store(path: str | Path) -> Store:
    """The store of a database that is there already; StoreError when there is none, instead of a new one."""
    if not Path(path).exists():
        raise StoreError(f"There is no database {path}. Import a file first, or give its path with --db.")
    return Store(path)


__all__ = ["Store", "existing_store"]
