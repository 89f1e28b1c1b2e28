"""The people of a stored project: what each has done, how far they agree label by label, and whose habits have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.records import DOUBTING, Review
from data.store import Store
from rating.agreement import MISSING, Agreement, agreement, overall
from rating.annotators import Work, ticked_beforehand, with_others, work_of
from rating.evidence import Floats, Ints
from rating.habits import Habit, Judged, habits
from rating.records import Estimate
from rating.service import in_use, targets_of
from recommend.serving import Served, as_meant

#: Habits are looked for in so many of the newest judgements.
NEWEST = 20_000
#: From these values of alpha on agreement is called reliable, and usable with care (Krippendorff 2004).
RELIABLE, TENTATIVE = 0.8, 0.667


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """How far people agree on one label; on ``disputed`` items those compared do not all say the same."""

    label_id: int
    name: str
    agreement: Agreement
    disputed: int


@dataclass(frozen=True, slots=True)
class Team:
    """Who works on a project. ``alpha`` is agreement on all labels, on ``shared`` items; ``labels`` that on each, least first.

    ``with_others`` is the share of labels on which each person and another one agree, by name. ``habits`` are changes and
    differences beyond chance, by label number; None while there is no model to hold people against.
    """

    people: tuple[Work, ...]
    shared: int
    alpha: Estimate
    labels: tuple[LabelAgreement, ...]
    with_others: dict[str, Estimate]
    habits: tuple[Habit, ...] | None
    names: dict[int, str]


def team_of(store: Store, project_id: int, served: Served | None, *, seed: int = 0) -> Team:
    """The people of a project as it stands; the plan at hand says what the model expects of each item."""
    labels, away = store.labels(project_id, retired=True), store.retired_periods(project_id)
    reviews = store.reviews(project_id)
    meant = None if served is None else as_meant(served, labels)
    independent = [review for review in reviews if is_independent(review)]
    newest = independent[-NEWEST:]
    used = {label.id: label.name for label in in_use(labels)}
    people = work_of(reviews, ticked_beforehand(store.actions(project_id, "started", "done")))
    twice = shared(independent)
    judged, names = cube(twice, targets_of(twice, labels, away))
    each = [
        LabelAgreement(label_id, name, agreement(codes(judged[:, :, k]), seed=seed), differed(judged[:, :, k]))
        for k, (label_id, name) in enumerate(used.items())
    ]
    return Team(
        people=people,
        shared=len(judged),
        alpha=overall(judged, seed=seed),
        labels=tuple(sorted(each, key=_least_first)),
        with_others=dict(zip(names, with_others(judged), strict=True)),
        habits=_habits(newest, targets_of(newest, labels, away), found_by(reviews), list(used), meant),
        names=used,
    )


def differed(judged: Floats) -> int:
    """On how many items the judgements of one label (n, A), nan where there are none, do not all say the same.

    >>> differed(np.array([[1.0, 0.0, np.nan], [1.0, 1.0, np.nan], [np.nan, 0.0, np.nan]]))
    1
    """
    return int(((judged == 1.0).any(axis=1) & (judged == 0.0).any(axis=1)).sum())


def _least_first(row: LabelAgreement) -> tuple[bool, float, str]:
    value = row.agreement.alpha.value
    return value is None, value or 0.0, row.name


def is_independent(review: Review) -> bool:
    """Whether a judgement was given without another one in view, so that agreement with it says something.

    Told by the kind of work and the page. Where the project asks for several readings that is so of all ordinary work; where it
    asks for one, somebody else's answer is in view only if it came while the person held the item, and of that nothing is kept.
    Nor can it be told of ordinary work done while the project asked for one reading, or before Plateau hid others' answers.
    """
    return review.state == "reviewed" and review.source not in DOUBTING and review.view != "history"


def shared(reviews: Sequence[Review]) -> list[Review]:
    """Each person's last judgement of the items that several of them have judged; ``reviews`` are in the order given."""
    last = {(review.item_id, review.annotator): review for review in reviews}
    readings: dict[int, int] = {}
    for item_id, _ in last:
        readings[item_id] = readings.get(item_id, 0) + 1
    return [review for review in last.values() if readings[review.item_id] > 1]


def cube(reviews: Sequence[Review], targets: Floats) -> tuple[Floats, list[str]]:
    """Judgements (m, L) laid out by item and person, (n, A, L), nan where missing; and the people's names (A)."""
    item, row = np.unique([review.item_id for review in reviews], return_inverse=True)
    names = sorted({review.annotator for review in reviews})
    place = {name: k for k, name in enumerate(names)}
    laid = np.full((len(item), len(names), targets.shape[1]), np.nan)
    laid[row.astype(np.int64), np.array([place[review.annotator] for review in reviews], dtype=np.int64)] = targets
    return laid, names


def codes(judged: Floats) -> Ints:
    """One label's judgements (n, A) as categories: 1 assigned, 0 not, MISSING where it was not judged."""
    return np.where(np.isnan(judged), MISSING, np.nan_to_num(judged)).astype(np.int64)


def found_by(reviews: Sequence[Review]) -> dict[int, str]:
    """How each item was found at first: a second reading of it meets it as the first one did."""
    return {review.item_id: review.source for review in reversed(reviews)}


def _habits(
    reviews: Sequence[Review], targets: Floats, first: Mapping[int, str], label_ids: Sequence[int], served: Served | None
) -> tuple[Habit, ...] | None:
    if served is None or served.probability is None:
        return None
    if not reviews:
        return ()
    found = habits(
        Judged(
            people=np.array([review.annotator for review in reviews]),
            at=np.array([review.at for review in reviews]),
            sources=np.array([first[review.item_id] for review in reviews]),
            batches=np.array([-1 if review.action_id is None else review.action_id for review in reviews], dtype=np.int64),
            targets=targets,
            expected=_expected(reviews, label_ids, served),
        )
    )
    return tuple(replace(habit, label=label_ids[habit.label]) for habit in found)


def _expected(reviews: Sequence[Review], label_ids: Sequence[int], served: Served) -> Floats:
    """What the model expects of each label where it has not seen the item's own review, (m, L); nan where it says nothing."""
    assert served.probability is not None
    expected = np.full((len(reviews), len(label_ids)), np.nan)
    items = np.array([review.item_id for review in reviews], dtype=np.int64)
    at = np.minimum(np.searchsorted(served.item_ids, items), len(served.item_ids) - 1)
    known = served.item_ids[at] == items
    columns = {label_id: k for k, label_id in enumerate(served.label_ids)}
    for k, label_id in enumerate(label_ids):
        if label_id in columns and label_id not in served.withheld:
            expected[known, k] = served.probability[at[known], columns[label_id]]
    return expected
