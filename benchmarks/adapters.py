"""Query strategies of other packages, called as they are on Plateau's features, probabilities and reviews.

Every package gets the same view. Items are known by their number, so that a package's classifier interface is answered from the
one learner that all share: none is fitted a second time. What a package draws at random follows the replay's seed.

modAL's strategies are made for several labels; those for support vector machines get 2 s - 1 for their decision value, s being
the ridge score, which is fitted to 0 and 1. Of small-text those run that need no network of their own: the ones for several
labels, those that take any table of scores, and those on embeddings. scikit-activeml's are made for one class out of several:
each label is put to them as a task with two classes, and the utilities are summed over the labels; those that look at features
alone run once. What trains classifiers or ensembles of its own is left out: it would not be the same learner.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.policies import Pick, Policy
from data.errors import PackageMissing
from rating.evidence import Features, Floats, Ints
from rating.rate import Result


@dataclass(frozen=True)
class View:
    """What a package sees: ``features`` (N, d), ``scores`` and calibrated ``probability`` (N, L); positions of the ``open``
    items (U,) and of the ``reviewed`` (n,) with their ``labels`` (n, L).
    """

    features: Features
    scores: Floats
    probability: Floats
    open: Ints
    reviewed: Ints
    labels: Ints


#: How a package is asked: the view, how many items, and a seed; the answer are positions among the N items.
Asked = Callable[[View, int, int], Any]


def load(module: str, package: str) -> ModuleType:
    """A module of another package; PackageMissing says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise PackageMissing(
            f"This peer needs the package {package}, which is not installed here ({error}). "
            "Install it: pip install -r requirements-bench.txt."
        ) from error


def view_of(result: Result) -> View:
    """The view of a project that has a model."""
    assert result.assessment is not None
    known, evidence = result.assessment, result.evidence
    labels = np.nan_to_num(evidence.targets).astype(np.int64)
    return View(known.features, known.scores, known.probability, np.flatnonzero(~evidence.reviewed_mask), evidence.rows, labels)


def as_policy(asked: Asked) -> Policy:
    """A package's strategy as a policy: its items, of which it knows no chances."""

    def policy(result: Result, batch: int, rng: np.random.Generator) -> Pick:
        view, seed = view_of(result), int(rng.integers(2**31))
        with seeded(seed):
            rows = np.asarray(asked(view, min(batch, len(view.open)), seed), dtype=np.int64)
        return Pick(rows, ("sample",) * len(rows), np.full(len(rows), np.nan))

    return policy


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within, numpy's global generator, which some packages draw from, follows the seed; after, it goes on as before."""
    before = np.random.get_state()  # noqa: NPY002 - theirs, not ours
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


# modAL


@dataclass(frozen=True)
class _OneVersusRest:
    """The learner as modAL asks for it: one classifier of several labels, or a support vector machine for each."""

    view: View

    @property
    def classes_(self) -> Ints:
        return np.arange(self.view.probability.shape[1])

    def predict_proba(self, numbers: Ints) -> Floats:
        return np.asarray(self.view.probability[numbers])

    def predict(self, numbers: Ints) -> Ints:
        return (self.predict_proba(numbers) > 0.5).astype(np.int64)

    @property
    def estimator(self) -> _OneVersusRest:
        return self

    @property
    def estimators_(self) -> list[_Machine]:
        return [_Machine(column) for column in self.view.scores.T]


@dataclass(frozen=True)
class _Machine:
    score: Floats

    def decision_function(self, numbers: Ints) -> Floats:
        return np.asarray(2.0 * self.score[numbers] - 1.0)


def modal(name: str) -> Asked:
    """A multi-label strategy of modAL. Ties, of which some have many, are broken at random, so that a file's order has no say."""

    def asked(view: View, count: int, seed: int) -> Ints:
        ask = getattr(load("modAL.multilabel", "modAL-python"), name)
        return np.asarray(view.open[ask(_OneVersusRest(view), view.open, n_instances=count, random_tie_break=True)[0]])

    return asked


def modal_one_by_one(name: str) -> Asked:
    """A strategy of modAL that names a single item: asked again without those it has named."""

    def asked(view: View, count: int, seed: int) -> Ints:
        ask, left = getattr(load("modAL.multilabel", "modAL-python"), name), view.open
        chosen = []
        for _ in range(count):
            best = int(ask(_OneVersusRest(view), left))
            chosen.append(left[best])
            left = np.delete(left, best)
        return np.array(chosen, dtype=np.int64)

    return asked


# small-text


@dataclass(frozen=True)
class _Numbered:
    """Items by number, as small-text's data set of several labels."""

    numbers: Ints
    target_labels: Ints
    is_multi_label: bool = True

    def __getitem__(self, places: Ints) -> _Numbered:
        return _Numbered(self.numbers[places], self.target_labels)

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class _Classifier:
    """The learner as small-text asks for it."""

    view: View
    multi_label: bool = True

    @property
    def num_classes(self) -> int:
        return self.view.probability.shape[1]

    def predict_proba(self, items: _Numbered) -> Floats:
        return np.asarray(self.view.probability[items.numbers])


def small_text(name: str, *, embeds: bool = False, **options: Any) -> Asked:
    """A strategy of small-text by its class; ``embeds`` for those that look at the features."""

    def asked(view: View, count: int, seed: int) -> Ints:
        strategy = getattr(load("small_text.query_strategies", "small-text"), name)(**options)
        items = _Numbered(np.arange(len(view.features)), np.arange(view.probability.shape[1]))
        both = np.concatenate([view.open, view.reviewed])
        more = {"embeddings": view.features[both].astype(np.float64)} if embeds else {}
        return np.asarray(
            strategy.query(_Classifier(view), items, view.open, view.reviewed, csr_matrix(view.labels), n=count, **more)
        )

    return asked


# scikit-activeml


def skactiveml_labels(method: str) -> Asked:
    """Uncertainty sampling of scikit-activeml, each label a task with two classes; utilities are summed over the labels."""

    def asked(view: View, count: int, seed: int) -> Ints:
        pool = load("skactiveml.pool", "scikit-activeml")
        strategy = pool.UncertaintySampling(method=method, random_state=seed)
        numbers, classifier = np.arange(len(view.features), dtype=float)[:, None], _two_classes()
        total = np.zeros(len(view.features))
        for label in range(view.probability.shape[1]):
            judged = np.full(len(view.features), np.nan)
            judged[view.reviewed] = view.labels[:, label]
            _, utility = strategy.query(
                numbers, judged, classifier(view.probability[:, label]), fit_clf=False, return_utilities=True
            )
            total += utility[0]
        return np.asarray(view.open[np.argsort(-total[view.open], kind="stable")[:count]])

    return asked


def _two_classes() -> Callable[[Floats], Any]:
    """A maker of scikit-activeml classifiers with these probabilities of class 1, by item number."""
    base = load("skactiveml.base", "scikit-activeml").SkactivemlClassifier

    class TwoClasses(base):  # type: ignore[misc,valid-type]
        def __init__(
            self, probability: Any = None, classes: Any = None, missing_label: float = np.nan, cost_matrix: Any = None,
            random_state: Any = None,
        ) -> None:  # fmt: skip
            super().__init__(classes=classes, missing_label=missing_label, cost_matrix=cost_matrix, random_state=random_state)
            self.probability = probability

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            self.classes_ = np.array([0.0, 1.0])
            return self

        def predict_proba(self, X: Any) -> Floats:
            p = self.probability[np.asarray(X)[:, 0].astype(np.int64)]
            return np.column_stack([1.0 - p, p])

    return lambda probability: TwoClasses(probability, classes=[0, 1]).fit(None, None)


def skactiveml_features(name: str) -> Asked:
    """A strategy of scikit-activeml that looks at features alone, and at which items are reviewed."""

    def asked(view: View, count: int, seed: int) -> Ints:
        strategy = getattr(load("skactiveml.pool", "scikit-activeml"), name)(random_state=seed)
        judged = np.full(len(view.features), np.nan)
        judged[view.reviewed] = 0.0
        return np.asarray(strategy.query(view.features, judged, batch_size=count))

    return asked
