"""Rating another model on a stored project: its predictions, judged by the reviews that it cannot have learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.records import UNDATED, ExternalModel, Label, Review, StoredAction
from data.store import Store
from rating.assess import Assessment, population_ranks, twins_of
from rating.comparison import Comparison, compare
from rating.evidence import Bools, Evidence, Floats, Ints, RatingConfig
from rating.external import (
    Basis,
    Outside,
    assess_external,
    basis,
    complete,
    joint,
    own_part,
    part_of,
    population_part,
    rated_items,
)
from rating.external_scores import SHELF, Names
from rating.rate import Result, appraise, no_rating, obstacles, stamped
from rating.service import Rated, rate_project, rating_config
from rating.thresholds import CutCurve, cut_curve

#: From this share of the reviews on, annotators who saw the model's suggestions may have agreed with it too easily.
ANCHORED = 0.5
#: So small a share of scores that are no probabilities may be a slip.
SLIPS = 0.01


@dataclass(frozen=True)
class ExternalRated:
    """Another model's rating on the part of the population that it can be judged on, with what it rests on.

    ``own`` is the project's own rating at the same revision. ``part`` (N,) marks the items rated and ``reviews`` (n,) the reviews
    that count; ``scores`` (N, L) are the model's own, completed, nan where it predicts nothing. ``notes`` say what to mind.
    """

    model: ExternalModel
    result: Result
    basis: Basis
    own: Rated
    part: Bools
    reviews: Bools
    scores: Floats
    notes: tuple[str, ...]


def rate_external(store: Store, project_id: int, version: str, rated: Rated | None = None) -> ExternalRated:
    """Rate the model version by out-of-sample reviews only; ``rated`` is the project's own rating if it is at hand.

    NotFound when the project has no predictions by it. The rating has no value, but reasons, where too few reviews count.
    """
    model = store.external_model(project_id, version)
    rated = rated or rate_project(store, project_id)
    config, evidence = rating_config(store.project(project_id).settings), rated.result.evidence
    outside = read_outside(store, project_id, model, evidence)
    found = basis(evidence, outside)
    items, rows = rated_items(evidence, outside), outside.predicted[evidence.rows] & outside.counts
    scores = complete(outside)
    result = _rated(rated, part_of(evidence, items, rows), items, rows, scores[items], config, model, found)
    basis_of_it = {**rated.result.rating.config, "external": {"version": model.version, "evidence": model.evidence}}
    own = rated.result.rating
    result = replace(result, rating=stamped(result.rating, own.revision, own.model_version, basis_of_it))
    return ExternalRated(model, result, found, rated, items, rows, scores, notes(model, found))


def _rated(
    rated: Rated, evidence: Evidence, items: Bools, rows: Bools, scores: Floats, config: RatingConfig, model: ExternalModel,
    found: Basis,
) -> Result:  # fmt: skip
    own, population = rated.result.assessment, rated.result.population
    if own is None or population is None:
        return Result(no_rating(evidence, rated.result.rating.reasons, config), evidence)
    if reasons := lacking(evidence, config, model, found):
        return Result(no_rating(evidence, reasons, config), evidence)
    assessment: Assessment = assess_external(evidence, own_part(own, items, rows), scores)
    return appraise(evidence, assessment, population_part(population, items), config)


def compare_models(found: ExternalRated) -> Comparison | None:
    """The other model beside the project's own: on the same items, by the same reviews. None where either cannot be rated."""
    own, rated = found.own.result.assessment, found.result.assessment
    if own is None or rated is None:
        return None
    full, evidence = found.own.result.evidence, found.result.evidence
    ranks = population_ranks(full, own.features, own.model, own.scores, twins_of(full, RatingConfig().twin_cosine))[found.part]
    scores = found.scores[found.part]
    both = joint(evidence, own_part(own, found.part, found.reviews), scores)
    return compare(evidence, both, ranks, scores, own.ap)


def cuts_of(found: ExternalRated) -> dict[str, CutCurve]:
    """Expected precision and recall of every label by the other model's own scores, by the label's name; empty without a rating.

    Labels without an example, and those that the model does not know, are left out.
    """
    rated = found.result.assessment
    if rated is None:
        return {}
    names, scores = found.result.evidence.label_names, found.scores[found.part]
    told = [k for k, name in enumerate(names) if rated.positives[k] and name not in found.basis.unknown]
    return {names[k]: cut_curve(scores[:, k], rated.soft[:, k]) for k in told}


def lacking(evidence: Evidence, config: RatingConfig, model: ExternalModel, found: Basis) -> tuple[str, ...]:
    """Why another model cannot be rated yet, each with what to do; empty when it can."""
    if found.counted < config.min_reviewed:
        unsure = f", or may have been ({found.undated} have no time)" if found.undated else ""
        early = f" {found.early} were given before their item was predicted{unsure}" if found.early else ""
        blank = f"{' and' if early else ''} {found.blank} are of items without a prediction" if found.blank else ""
        left = f" Of {found.reviews:,} reviews{early}{blank}." if early or blank else ""
        remedy = "Review more items"
        if found.early:
            remedy += ", or declare that the model was trained out of fold or on none of these items, if that is so"
        return (
            f"{found.counted} of the {config.min_reviewed} reviews that rating {model.version!r} needs count.{left} {remedy}.",
        )
    return obstacles(evidence, config)


def notes(model: ExternalModel, found: Basis) -> tuple[str, ...]:
    """What a person should know of the evidence behind another model's rating."""
    said = []
    if found.early:
        early = f"Given before their item was predicted: {found.early - found.undated:,} of the reviews."
        unsure = f" Of {found.undated:,} nobody knows when they were given, as their file does not say." if found.undated else ""
        said.append(f"{early}{unsure} The model may have learned from them, so neither they nor their items count.")
    if found.predicted < found.items:
        share = found.predicted / max(found.items, 1)
        said.append(f"It predicts {found.predicted:,} of {found.items:,} items ({share:.0%}): its rating is of these alone.")
    if found.unknown:
        names = ", ".join(found.unknown[:5]) + (" ..." if len(found.unknown) > 5 else "")
        said.append(
            f"It never scores {len(found.unknown)} of the labels ({names}), or has not since they were reset: they count as "
            "ranked at random."
        )
    if found.missing > 0:
        said.append(f"Its predictions leave out {found.missing:.0%} of the scores: these count as lower than all that it gives.")
    if found.ranks_only:
        said.append(_no_probabilities(found.beyond))
    if found.shown > ANCHORED * max(found.counted, 1):
        said.append(
            f"{found.shown:,} of the {found.counted:,} reviews saw what it suggests, and may agree with it too easily: review "
            "some items without suggestions."
        )
    return tuple(said)


def _no_probabilities(beyond: float) -> str:
    """What scores of which this share (0-1) is outside of 0 to 1 can be used for; a small share may be a slip."""
    meant = " If those are mistakes, mend them and bring the predictions again." if beyond < SLIPS else ""
    share = f"{beyond:.0%}" if beyond >= SLIPS else "some"
    return (
        f"Its scores are no probabilities, as {share} of them are below 0 or above 1: they rank items, and their thresholds are "
        f"on its own scale.{meant}"
    )


def read_outside(store: Store, project_id: int, model: ExternalModel, evidence: Evidence) -> Outside:
    """A model version's predictions for the evidence's items and labels, and which reviews count for it."""
    columns, resets = columns_of(store.labels(project_id, retired=True), store.former_names(project_id), evidence.label_ids)
    names = Names(columns, resets, len(evidence.label_ids))
    found = SHELF.scores(store, project_id, model.version, evidence.item_ids, names)
    times = found.times
    actions = store.actions(project_id, "started", "done")
    since = known_since(store.reviews(project_id), actions)
    first = {item_id: review for item_id, (_, review) in since.items()}
    judged = evidence.item_ids[evidence.rows]
    given_at = np.array([since[int(item_id)][0] if int(item_id) in since else "" for item_id in judged], dtype="U32")
    counts = given_at > times[evidence.rows] if model.evidence == "before-review" else np.ones(len(judged), dtype=bool)
    undated = np.array([int(i) in first and first[int(i)].view == UNDATED for i in judged], dtype=bool)
    shown = saw_suggestions(judged, first, actions, model.version)
    return Outside(found.scores, times != "", np.asarray(counts, dtype=bool), shown, undated)


def columns_of(
    labels: Sequence[Label], former: Mapping[str, int], label_ids: Sequence[int]
) -> tuple[dict[str, int], dict[str, str]]:
    """The column of every name that a label has or had, whatever its case, and since when labels that were reset mean what they
    do now, by name. A merged label has the column of the one it counts as.
    """
    column = {label_id: k for k, label_id in enumerate(label_ids)}
    column.update({label.id: column[label.merged_into] for label in labels if label.merged_into in column})
    names = {**former, **{label.name: label.id for label in labels}}
    known = {name.casefold(): label_id for name, label_id in names.items() if label_id in column}
    resets = {label.id: label.reset_at for label in labels if label.reset_at is not None}
    since = {name: resets[label_id] for name, label_id in known.items() if label_id in resets}
    return {name: column[label_id] for name, label_id in known.items()}, since


def known_since(reviews: Sequence[Review], actions: Sequence[StoredAction]) -> dict[int, tuple[str, Review]]:
    """Each item's first judgement and from when on it is known to have been given: from then on a model may have learned from it.

    One without a time may be of any, "", unless it was given in an action: then it is no older than the action.
    """
    begun = {action.id: action.created_at for action in actions}
    known = [(begun.get(r.action_id or 0, "") if r.view == UNDATED else r.at, r.id, r) for r in reviews if r.state == "reviewed"]
    return {review.item_id: (at, review) for at, _, review in sorted(known, key=lambda one: one[:2], reverse=True)}


def saw_suggestions(item_ids: Ints, first: Mapping[int, Review], actions: Sequence[StoredAction], version: str) -> Bools:
    """Whose first judgement (n,) was given where this model's suggestions were shown."""
    showing = {action.id for action in actions if (action.shown or {}).get("external") == version}
    return np.array([int(i) in first and first[int(i)].action_id in showing for i in item_ids], dtype=bool)
