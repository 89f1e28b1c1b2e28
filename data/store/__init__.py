"""The SQLite store: the only place that speaks SQL. Use :class:`Store`; the other modules are its parts."""

from data.store.asof import AsOf
from data.store.course import Course
from data.store.facts import Facts
from data.store.history import History
from data.store.hooks import Hooks
from data.store.items import Items
from data.store.labels import Labels
from data.store.leases import Leases
from data.store.news import News
from data.store.outside import Outside
from data.store.pages import Pages
from data.store.predictions import Predictions
from data.store.projects import Projects
from data.store.ratings import Ratings
from data.store.repeats import Repeats
from data.store.reviews import Reviews
from data.store.shown import Shown
from data.store.simulations import Simulations
from data.store.studies import Studies
from data.store.taxonomy import Taxonomy
from data.store.timeline import Timeline
from data.store.tokens import Tokens
from data.store.trends import Trends
from data.store.watched import Watched
from data.store.work import Work


class Store(
    AsOf,
    Trends,
    Projects, Labels, Items, Predictions, Reviews, History, Ratings, Work, Leases, Shown, News, Simulations, Facts, Tokens, Pages,
    Repeats, Hooks, Outside, Watched, Studies, Course, Timeline, Taxonomy,
):  # fmt: skip
    """A Plateau database: projects, labels, items, reviews, ratings, actions, jobs, studies, API tokens and web hooks."""


__all__ = ["Store"]
