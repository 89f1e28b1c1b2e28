"""Planning a stored project: rate it, recommend, decide, keep what was offered, and hold done actions to their promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from data.errors import NotFound
from data.records import Project, StoredAction
from data.store import Store
from rating.evidence import Ints, RatingConfig
from rating.precision import best_thresholds
from rating.service import Rated, rate_project, rating_config
from rating.words import name_groups
from recommend.charge import Charge, in_charge
from recommend.cost import Times, measured_times
from recommend.gates import Gate, gates
from recommend.known import in_use, known_of, words_of
from recommend.own_times import Timed, own_times
from recommend.plan import plan_actions
from recommend.records import ANYTHING, Action, Focus, Plan
from recommend.sampling import sampled_actions, sampling_from
from recommend.serving import Served, Uneven, shown_of
from recommend.settle import labels_at_rest, learned, resting_line, settle_gains
from recommend.stopping import check_stop
from recommend.value import credible

PER_THEME = 30


@dataclass(frozen=True)
class Planned:
    """A plan with the rating it rests on, the numbers under which its actions were kept, and what pages need of all that."""

    plan: Plan
    rated: Rated
    action_ids: tuple[int, ...]
    served: Served


def plan_project(
    store: Store, project_id: int, *, sampling: Mapping[str, Any] | None = None, focus: Focus = ANYTHING,
    annotator: str | None = None,
) -> Planned:  # fmt: skip
    """Rate a project, say what to do next and whether to stop, and keep the actions on offer.

    ``sampling`` stands in for the project's own setting of how items are chosen; with a ``focus`` only actions that serve it
    are offered, unless a sampling strategy chooses the items. Seconds are those that the project's annotators take, or this
    ``annotator``.
    """
    project = store.project(project_id)
    strategy = sampling_from(project.settings.get("sampling") if sampling is None else sampling)
    rated = rate_project(store, project_id)
    config, times = rating_config(project.settings), times_of(store, project, annotator)
    settle_gains(store, project_id, rated)
    efficacy, busy = learned(store, project_id), busy_items(store, project_id)
    rests, charge = labels_at_rest(store, project_id, rated), in_charge(store, project, rated)
    if strategy is not None:
        actions = sampled_actions(charge.result, config, strategy, times=times, efficacy=efficacy, busy=busy)
    else:
        actions = plan_actions(
            charge.result, config, names=theme_names(store, project_id, rated), times=times, efficacy=efficacy,
            busy=busy, known=known_of(store, project_id, charge.result), focus=in_use(store, project_id, focus),
            rests=rests, guide=charge.guide,
        )  # fmt: skip
    stop = check_stop(store, project, rated, seconds_per_item(actions, times))
    rating = rated.result.rating
    left_out = frozenset[int]() if strategy is not None else rests - {focus.label_id}  # the label in focus is taught all the same
    plan = Plan(actions, stop, rating.revision, rating.model_version, resting_line(rated, left_out))
    served = serve(store, project, rated, plan, focus, charge)
    numbers = tuple(store.offer_actions(project_id, [_stored(action, served) for action in actions]))
    refresh_shown(store, project_id, served)
    return Planned(plan, rated, numbers, replace(served, action_ids=numbers))


def refresh_shown(store: Store, project_id: int, served: Served) -> None:
    """Let the actions under way suggest what the newest model says, on the items that are not decided yet."""
    fresh = {action.id: shown_of(served, action.item_ids, action.label_ids) for action in store.actions(project_id, "started")}
    store.refresh_shown(project_id, {number: shown for number, shown in fresh.items() if shown is not None})


def serve(
    store: Store, project: Project, rated: Rated, plan: Plan, focus: Focus = ANYTHING, charge: Charge | None = None
) -> Served:
    """What pages need of a plan and of the rating it rests on, with who planned; its actions have no numbers yet."""
    charge = charge or Charge(rated.result)
    result, config, blocks = charge.result, rating_config(project.settings), rated.blocks
    found, labels = result.assessment, result.rating.labels
    limits = np.array([np.inf if label.threshold is None else label.threshold for label in labels])
    return Served(
        rating=result.rating, plan=plan, action_ids=(), focus=focus, gates=lacking(rated, config),
        encoder=blocks.status if blocks.total else "", share_done=blocks.share_done, uneven=uneven(store, project.id, rated),
        item_ids=result.evidence.item_ids, label_ids=result.evidence.label_ids, label_names=result.evidence.label_names,
        probability=None if found is None else found.probability.astype(np.float32),
        trust=np.empty(0) if found is None else credible(np.ones(len(labels)), found.positives.astype(float)),
        threshold=best_thresholds(found.probability)[0] if charge.model and found is not None else limits,
        seconds_an_item=seconds_per_item(plan.actions, measured_times(project.settings.get("times", {}))),
        words={} if found is None else words_of(store, project.id, result), model=charge.model, charge=charge.note,
        rows=result.evidence.rows, targets=result.evidence.targets.astype(np.float32),
        weights=np.ones(len(result.evidence.rows), np.float32) if found is None else found.weights.astype(np.float32),
        clusters=np.empty(0, np.int32) if result.population is None else result.population.clusters.astype(np.int32),
        themes=theme_names(store, project.id, rated), parts=result.parts, read_at=rated.read_at,
        charged=None if charge.judged is None else charge.judged.rating,
        charged_parts={} if charge.judged is None else charge.judged.parts,
    )  # fmt: skip


def uneven(store: Store, project_id: int, rated: Rated) -> tuple[Uneven, ...]:
    """The themes reviewed too little, then those reviewed too much, named by their words."""
    found = rated.result.balance
    themes = () if found is None else (*found.under, *found.over)
    names = theme_names(store, project_id, rated) if themes else {}
    return tuple(
        Uneven(names.get(t.cluster, f"theme {t.cluster}"), t.reviewed_share, t.population_share, t.missing) for t in themes
    )


def times_of(store: Store, project: Project, annotator: str | None = None) -> Times:
    """Seconds per decision in this project, of everybody or of one annotator, from the times its settings start from.

    NotFound when no review by this annotator has a known time.
    """
    prior = measured_times(project.settings.get("times", {}))
    timed = [Timed(*row) for row in store.timed_reviews(project.id)]
    known = sorted({review.annotator for review in timed})
    if annotator is not None and annotator not in known:
        raise NotFound(f"No review by {annotator!r} has a known time. Choose one of: {', '.join(known) or 'nobody yet'}.")
    return own_times(timed, prior, annotator)


def lacking(rated: Rated, config: RatingConfig) -> tuple[Gate, ...]:
    """The foundations of a project, with what is missing of each."""
    population = rated.result.population
    return gates(rated.result.evidence, config, None if population is None else population.clusters)


def busy_items(store: Store, project_id: int) -> list[int]:
    """Items that somebody works on now, and items that were skipped: not to be asked for again."""
    skipped = (review.item_id for review in store.current_reviews(project_id) if review.state == "skipped")
    return sorted(store.leased(project_id).union(skipped))


def seconds_per_item(actions: Sequence[Action], times: Times) -> float:
    """What an item of the planned actions takes; without any, a label assigned among mixed items."""
    items = sum(len(action.items) for action in actions)
    return sum(action.seconds for action in actions) / items if items else times.assign_switching


def theme_names(store: Store, project_id: int, rated: Rated) -> Mapping[int, str]:
    """What each of the population's finest clusters is about, in its own words; from at most thirty items of each."""
    result = rated.result
    if result.population is None:
        return {}
    return _names(_Themes(store, project_id, result.evidence.item_ids, result.population.clusters))


class _Themes:
    """Clusters told apart by what they consist of, so that their names can be remembered."""

    def __init__(self, store: Store, project_id: int, item_ids: Ints, clusters: Ints) -> None:
        self.store, self.project_id, self.item_ids, self.clusters = store, project_id, item_ids, clusters
        self.key = hash((str(store.path), project_id, item_ids.tobytes(), clusters.tobytes()))

    def __hash__(self) -> int:
        return self.key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Themes) and other.key == self.key


@lru_cache(maxsize=4)
def _names(themes: _Themes) -> Mapping[int, str]:
    rows = sample_by_group(themes.clusters, PER_THEME)
    items = themes.store.items(themes.project_id, [int(i) for i in themes.item_ids[rows]])
    named = name_groups([item.text for item in items], themes.clusters[rows])
    return {group: ", ".join(words) or "short or empty texts" for group, words in named.items()}


def sample_by_group(groups: Ints, most: int) -> Ints:
    """Positions of at most so many members of each group, the first ones, in order."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], groups[order], side="left")
    return np.sort(order[np.arange(len(order)) - starts < most])


def _stored(action: Action, served: Served) -> StoredAction:
    rating = served.rating
    return StoredAction(
        id=0, kind=action.kind, theme=action.theme, reason=action.reason, factor=action.factor, label_ids=action.label_ids,
        item_ids=action.items, chances=action.chances, candidates=action.candidates, predicted_gain=action.gain,
        predicted_seconds=action.seconds, model_version=rating.model_version, revision=rating.revision, state="open",
        created_at="", done_at=None, rating_before=rating.score.value, realised_gain=None, seconds=None,
        promise=action.promise, terms=action.terms, shown=shown_of(served, action.items, action.label_ids),
    )  # fmt: skip
