"""Other models' ratings held against the truth: predictions for every item, a project that reviews some, its estimate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from benchmarks.fidelity import errors
from benchmarks.ledger import Ledger
from benchmarks.material import Material, blocks
from benchmarks.policies import POLICIES, choose
from benchmarks.trajectory import begin
from rating.assess import population_ranks, twins_of
from rating.comparison import Comparison, compare
from rating.evidence import Evidence, Floats, Ints, RatingConfig
from rating.external import Joint, assess_external, joint
from rating.factors import all_labels, label_figures
from rating.precision import draw_noise
from rating.rate import Population, Result, describe_population
from rating.second import second_estimate
from recommend.replay import precisions
from recommend.replayed import Ground

Record = dict[str, Any]
Fitted = Callable[[Any, Floats, Any], Floats]
#: Each item is predicted by a model fitted to items of the other folds, of so many.
FOLDS = 4


@dataclass(frozen=True)
class Predicted:
    """All items with the truth and what the project sees of them, and other models' scores (N, L) by name."""

    pool: Ground
    population: Population
    models: dict[str, Floats]


def ground(material: Material, seed: int = 0) -> Predicted:
    """Everything that all runs share: a project of all items, each predicted by models that have not seen it."""
    everything = np.arange(len(material.texts))
    seen, _ = blocks(material, everything, everything[:1])
    models = outsiders(material.texts, material.targets, seed)
    population = describe_population(next(iter(seen.values())), 0)
    return Predicted(Ground(seen, material.targets, material.names), population, models)


def outsiders(texts: Sequence[str], targets: Floats, seed: int) -> dict[str, Floats]:
    """Scores (N, L) of three models: a good one, one of margins that was trained on little, and one that names few labels."""
    words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(texts)
    fair = out_of_fold(words, targets, _logistic, 1000, seed)
    ranks = np.argsort(np.argsort(-fair, axis=1), axis=1)
    return {
        "logistic": out_of_fold(words, targets, _logistic, 3000, seed),
        "margins": out_of_fold(words, targets, _margins, 500, seed),
        "three labels": np.where(ranks < 3, fair, 0.0),
    }


def out_of_fold(words: Any, targets: Floats, fitted: Fitted, examples: int, seed: int) -> Floats:
    """Scores (N, L) of every item by a model fitted to so many items of the other folds."""
    rng = np.random.default_rng(seed)
    fold, scores = rng.permutation(len(targets)) % FOLDS, np.zeros(targets.shape)
    for part in range(FOLDS):
        others, mine = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
        some = rng.choice(others, min(examples, len(others)), replace=False)
        for label in np.flatnonzero((targets[some] == 0).any(axis=0) & (targets[some] == 1).any(axis=0)):
            scores[mine, label] = fitted(words[some], targets[some, label], words[mine])
    return scores


def _logistic(words: Any, targets: Floats, others: Any) -> Floats:
    return np.asarray(LogisticRegression(C=10.0, max_iter=300).fit(words, targets).predict_proba(others)[:, 1])


def _margins(words: Any, targets: Floats, others: Any) -> Floats:
    return np.asarray(LinearSVC().fit(words, targets).decision_function(others))


def runs(
    items: Predicted, policies: Sequence[str], *, runs: int, seed: int, checkpoints: Sequence[int], batch: int = 100
) -> Iterator[Record]:
    """Every run of every policy: at each number of reviews one record for each model, estimate and truth beside each other."""
    for run in range(runs):
        for policy in policies:
            yield from _run(items, policy, seed + run, sorted(checkpoints), batch)


def _run(items: Predicted, policy: str, seed: int, checkpoints: list[int], batch: int) -> Iterator[Record]:
    project = begin(items.pool, min(checkpoints[0], 100), seed, items.population)
    rng, ledger, left = np.random.default_rng([seed, 1]), Ledger(), list(checkpoints)
    while True:
        evidence, found = project.evidence()
        result = project.rated(evidence)
        ledger.settle(result)
        if project.shown >= left[0]:
            yield from _records(items, result, found, {"policy": policy, "seed": seed, "reviews": left.pop(0)})
        if not left or result.assessment is None:
            return
        picked = choose(POLICIES[policy], result, min(batch, max(left[0] - project.shown, 10)), rng, ledger.learned())
        if len(picked.rows) == 0:
            return
        project.review(result, picked, found)


def _records(items: Predicted, result: Result, found: Ints, setting: Record) -> Iterator[Record]:
    assert result.assessment is not None
    evidence, truth = result.evidence, items.pool.targets[:, found]
    ranks = own_ranks(evidence, result)
    for name, scores in items.models.items():
        mine = scores[:, found]
        both = joint(evidence, result.assessment, mine)
        told = compare(evidence, both, ranks, mine, result.assessment.ap)
        true = precisions(truth, mine)
        naive = float(np.nanmean(precisions(evidence.targets, mine[evidence.rows])))
        yield {
            **setting, "model": name, "truth": float(true.mean()), "naive": naive,
            "estimate": estimate(evidence, result, mine, both), **_lead(told, true - precisions(truth, -ranks)),
        }  # fmt: skip


def own_ranks(evidence: Evidence, result: Result) -> Floats:
    """How the project's own model ranks every item (N, L), a reviewed one as the model without it does."""
    own = result.assessment
    assert own is not None
    groups = twins_of(evidence, RatingConfig().twin_cosine)
    return population_ranks(evidence, own.features, own.model, own.scores, groups)


def estimate(evidence: Evidence, result: Result, scores: Floats, both: Joint) -> list[float | None]:
    """All labels of the model with these scores, 0 to 1, with its interval, as the product tells it."""
    assert result.assessment is not None
    found = assess_external(evidence, result.assessment, scores, both)
    noise = draw_noise(RatingConfig().draws, len(evidence.label_ids), np.random.default_rng(0))
    score = all_labels(found, label_figures(evidence, found), noise, second_estimate(evidence, found)).estimate.scaled(0.01)
    return [score.value, score.low, score.high]


def _lead(told: Comparison | None, true: Floats) -> Record:
    """The lead over the own model as it is estimated and as it is, and what is said of it."""
    if told is None:
        return {}
    labels = [[label.lead.value, label.lead.low, label.lead.high] for label in told.labels]
    return {
        "lead": [told.lead.value, told.lead.low, told.lead.high], "true_lead": float(true.mean()), "verdict": told.verdict,
        "label_leads": labels, "true_label_leads": true.tolist(),
    }  # fmt: skip


def summary(records: Sequence[Record]) -> pd.DataFrame:
    """Error, bias and interval coverage of All labels and of the lead, by reviews, for each model and policy and for all."""
    table = []
    for reviews in sorted({r["reviews"] for r in records}):
        at = [r for r in records if r["reviews"] == reviews]
        parts = {
            f"{r['model']}, {r['policy']}": [x for x in at if (x["model"], x["policy"]) == (r["model"], r["policy"])] for r in at
        }
        for name, chosen in {**parts, "all": at}.items():
            table.append({"reviews": reviews, "of": name, **_figures(chosen)})
    return pd.DataFrame(table)


def _figures(records: Sequence[Record]) -> Record:
    told = errors([(r["estimate"], r["truth"]) for r in records])
    lead = errors([(r["lead"], r["true_lead"]) for r in records])
    label = errors([pair for r in records for pair in zip(r["label_leads"], r["true_label_leads"], strict=True)])
    wrong = [r["verdict"] != "cannot be told" and (r["verdict"] == "better") != (r["true_lead"] > 0) for r in records]
    return {
        "naive MAE": float(np.mean([abs(r["naive"] - r["truth"]) for r in records])), **told,
        "lead MAE": lead["MAE"], "lead bias": lead["bias"], "lead coverage": lead["coverage"],
        "label coverage": label["coverage"],
        "told": float(np.mean([r["verdict"] != "cannot be told" for r in records])), "told wrongly": float(np.mean(wrong)),
    }  # fmt: skip
