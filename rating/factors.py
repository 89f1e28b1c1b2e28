"""The four factors, each with its value, its draws and all its contributors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rating.assess import Assessment
from rating.balance import Balance, effective_share
from rating.coverage import (
    Missing,
    any_label,
    caught,
    correctly_predicted,
    coverage_share,
    informativeness,
    shuffles_to_certify,
)  # fmt: skip
from rating.evidence import Evidence, Floats, Ints
from rating.precision import Noise, best_thresholds, share_draws
from rating.records import Contributor, Estimate

Z90 = 1.645


@dataclass(frozen=True)
class LabelFigures:
    """Per-label arrays (L,) that factors share: expected precision, recall and F1 at the best thresholds, and so on."""

    thresholds: Floats
    precision: Floats
    recall: Floats
    f1: Floats
    prevalence: Floats
    informative: Floats


@dataclass(frozen=True)
class Measured:
    """A factor's value, plausible values (draws,), both 0-1, and its contributors."""

    value: float
    draws: Floats
    contributors: tuple[Contributor, ...]

    @property
    def estimate(self) -> Estimate:
        """The value with its 90 % interval, as a score from 0 to 100."""
        return interval(self.value, self.draws).scaled(100.0)


def interval(value: float, draws: Floats) -> Estimate:
    """A value with the 5 % and 95 % quantiles of its draws; the interval always holds the value."""
    low, high = (float(q) for q in np.quantile(draws, [0.05, 0.95]))
    return Estimate(value, min(low, value), max(high, value))


def label_figures(evidence: Evidence, assessment: Assessment) -> LabelFigures:
    """Expected quality of every label at the threshold where its expected F1 on the population is highest."""
    thresholds, precision, recall, f1 = best_thresholds(assessment.probability)
    return LabelFigures(thresholds, precision, recall, f1, assessment.soft.mean(axis=0), informativeness(evidence.targets))


def all_labels(assessment: Assessment, figures: LabelFigures, noise: Noise) -> Measured:
    """A: mean average precision over the labels with a positive."""
    seen = assessment.positives > 0
    ap, draws = assessment.ap[seen], share_draws(assessment.ap[seen], assessment.positives[seen], noise.of(seen))
    share = figures.prevalence[seen] / max(figures.prevalence[seen].sum(), 1e-9)
    poor, average = (ap < 0.5).sum(), ((ap >= 0.5) & (ap < 0.7)).sum()
    weighted = interval(float(ap @ share), draws @ share)
    return Measured(
        float(ap.mean()),
        draws.mean(axis=1),
        (
            Contributor("mean_ap", "Mean average precision", interval(float(ap.mean()), draws.mean(axis=1)), "share",
                        "Average precision of the current model on the whole population, mean over labels.", "high"),
            Contributor("weighted_map", "Weighted by frequency", weighted, "share",
                        "The same mean with every label weighted by how often it is expected to occur.", "high"),
            Contributor("num_poor_labels", "Poor labels", Estimate(float(poor)), "count",
                        "Labels with an average precision below .50.", "none"),
            Contributor("num_average_labels", "Average labels", Estimate(float(average)), "count",
                        "Labels with an average precision of .50 to .70.", "few"),
        ),
    )  # fmt: skip


def worst_count(labels: int) -> int:
    """How many labels make the worst tenth: at least one."""
    return max(1, round(0.1 * labels))


def underperforming(assessment: Assessment, noise: Noise) -> tuple[Measured, Floats]:
    """U: mean average precision of the worst tenth, and each label's chance (L,) to be among them (nan if not seen)."""
    seen = assessment.positives > 0
    ap = assessment.ap[seen]
    k = worst_count(len(ap))
    draws = share_draws(ap, assessment.positives[seen], noise.of(seen))
    lowest = np.sort(draws, axis=1)[:, :k].mean(axis=1)
    worst = np.sort(ap)[:k]
    value = float(worst.mean())
    chance = np.full(len(seen), np.nan)
    chance[seen] = (draws.argsort(axis=1).argsort(axis=1) < k).mean(axis=0)
    centred = np.clip(lowest - lowest.mean() + value, 0.0, 1.0)
    contributors = (
        Contributor("lowest_labels_map", "Average precision of the worst tenth", interval(value, centred), "share",
                    f"Mean average precision of the {k} label(s) the model knows least.", "high"),
        Contributor("lowest_labels_poor_ratio", "Poor among them", Estimate(float((worst < 0.5).mean())), "share",
                    "Share of the worst tenth with an average precision below .50.", "none"),
        Contributor("lowest_labels_average_ratio", "Average among them",
                    Estimate(float(((worst >= 0.5) & (worst < 0.7)).mean())), "share",
                    "Share of the worst tenth with an average precision of .50 to .70.", "few"),
    )  # fmt: skip
    return Measured(value, centred, contributors), chance


def coverage(assessment: Assessment, figures: LabelFigures, missing: Missing, noise: Noise, rng: np.random.Generator) -> Measured:
    """C: share of all label incidences, undiscovered concepts included, that the model predicts at its thresholds."""
    expected = assessment.soft.sum(axis=0)
    recall = np.clip(caught(assessment.probability, figures.thresholds) / np.maximum(expected, 1e-9), 1e-3, 1 - 1e-3)
    drawn = share_draws(recall, assessment.positives, noise)
    share = expected / max(expected.sum(), 1e-9)
    unseen = rng.beta(missing.lone + 0.5, missing.assigned - missing.lone + 0.5, len(drawn))
    value = coverage_share(recall * expected, expected, missing.incidences)
    draws = np.clip(drawn @ share, 0.0, 1.0) * (1.0 - unseen)
    return Measured(value, draws, _coverage_contributors(assessment, figures, missing, value))


def _coverage_contributors(
    assessment: Assessment, figures: LabelFigures, missing: Missing, value: float
) -> tuple[Contributor, ...]:
    p, tau, iota = assessment.probability, figures.thresholds, figures.informative
    every, informative = any_label(assessment.soft), any_label(assessment.soft, iota)
    found = Estimate(missing.items, None, missing.upper)
    return (
        Contributor("coverage", "Correct informative prediction", Estimate(correctly_predicted(p, tau, iota)), "share",
                    "Share of items expected to get at least one correct prediction of a label that says something on its own.",
                    "high"),
        Contributor("label_only_coverage", "Correct prediction of any label",
                    Estimate(correctly_predicted(p, tau, np.ones_like(iota))), "share",
                    "The same, counting labels that only come together with others in full.", "high"),
        Contributor("p_any_label", "Items with a label", Estimate(every), "share",
                    "Share of items to which at least one label is expected to apply.", "high"),
        Contributor("expected_num_labels", "Labels per item", Estimate(float(assessment.soft.sum(axis=1).mean())), "count",
                    "How many labels are expected to apply to an item.", ""),
        Contributor("p_uninformative", "Only uninformative labels", Estimate(max(every - informative, 0.0)), "share",
                    "Share of items to which only labels apply that say little without another.", "low"),
        Contributor("missing_mass", "Undiscovered concepts", found, "share",
                    f"Share of items with a concept the taxonomy lacks: {missing.seen_once} of {missing.trials} open reviews "
                    f"carry a label that no other review has. {shuffles_to_certify(0.02)} random reviews without such a find "
                    "would certify less than 2 %.", "below 2 %"),
        Contributor("unsure", "Not found because unsure", Estimate(max(1.0 - missing.incidences - value, 0.0)), "share",
                    "Share of label incidences of known labels that lie below their thresholds.", "low"),
    )  # fmt: skip


def balance_factor(evidence: Evidence, measured: Balance, clusters: Ints) -> Measured:
    """B: similarity of the reviewed items to the population, with the shares of how they were found."""
    count = max(len(evidence.rows), 1)
    shares = {kind: Estimate(float((evidence.sources == kind).sum()) / count) for kind in ("shuffle", "rebalance", "search")}
    return Measured(
        measured.value,
        measured.draws,
        (
            Contributor("bias_model_score", "Similarity to the population", interval(measured.value, measured.draws), "share",
                        "One minus the distance between the themes of the reviewed items and of all items, beyond chance.",
                        "high"),
            Contributor("shuffle_ratio", "Found by Shuffle", shares["shuffle"], "share",
                        "Share of the reviewed items that were drawn at random.", "20 % or more"),
            Contributor("rebalance_ratio", "Found by Rebalance", shares["rebalance"], "share",
                        "Share of the reviewed items that came from under-represented themes.", ""),
            Contributor("text_search_ratio", "Found by search", shares["search"], "share",
                        "Share of the reviewed items that were looked for by words; too many distort what a label looks like.",
                        "low"),
            Contributor("effective_ratio", "Effective sample",
                        Estimate(effective_share(clusters, evidence.rows)), "share",
                        "How much of the reviewed sample would count if it were weighted to match the population.", "high"),
        ),
    )  # fmt: skip
