"""The four factors, each with its value, its draws and all its contributors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.records import SOURCES
from rating.assess import Assessment
from rating.balance import Balance
from rating.coverage import (
    INFORMATIVE,
    OTHERS,
    Missing,
    any_label,
    caught,
    coverage_share,
    informativeness,
    message_coverage,
    shuffles_to_certify,
)  # fmt: skip
from rating.domain import NEEDED
from rating.drift import Drift
from rating.evidence import Evidence, Floats
from rating.precision import WEAKEST, Noise, best_thresholds, lowest_mean, share_draws, shifted, true_draws
from rating.records import Contributor, Estimate
from rating.second import NEEDED as RANDOM_NEEDED
from rating.second import Second

Z90 = 1.645
#: The share of items with an undiscovered concept that a project should be able to rule out.
UNSEEN = 0.02


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


def all_labels(assessment: Assessment, figures: LabelFigures, noise: Noise, second: Second | None) -> Measured:
    """A: mean average precision over the labels with a positive; in doubt as far as random items alone say otherwise."""
    seen = assessment.positives > 0
    ap, draws = assessment.ap[seen], share_draws(assessment.ap[seen], assessment.positives[seen], noise.of(seen))
    mean = draws.mean(axis=1)
    mean = mean if second is None else np.clip(mean + second.doubt * noise.common, 0.0, 1.0)
    share = figures.prevalence[seen] / max(figures.prevalence[seen].sum(), 1e-9)
    poor, average = (ap < 0.5).sum(), ((ap >= 0.5) & (ap < 0.7)).sum()
    weighted = interval(float(ap @ share), draws @ share)
    return Measured(
        float(ap.mean()),
        mean,
        (
            Contributor("mean_ap", "Mean average precision", interval(float(ap.mean()), mean), "share",
                        "Average precision of the current model on the whole population, mean over labels.", "high"),
            Contributor("weighted_map", "Weighted by frequency", weighted, "share",
                        "The same mean with every label weighted by how often it is expected to occur.", "high"),
            Contributor("num_poor_labels", "Poor labels", Estimate(float(poor)), "count",
                        "Labels with an average precision below .50.", "none"),
            Contributor("num_average_labels", "Average labels", Estimate(float(average)), "count",
                        "Labels with an average precision of .50 to .70.", "few"),
            Contributor("random_map", "By randomly shown items alone", by_chance(second), "share",
                        "The same mean, corrected by what items shown at random say of the rest: right whatever the model "
                        "assumes, but noisy. Where the two differ beyond chance, the interval is widened.", "high"),
        ),
    )  # fmt: skip


def by_chance(second: Second | None) -> Estimate:
    """The second estimate of All labels (0-1) with its 90 % interval, or what is missing for it."""
    if second is None:
        return Estimate(None, reason=f"Needs {RANDOM_NEEDED} items reviewed by Shuffle.")
    reach = Z90 * second.deviation
    return Estimate(second.value, max(second.value - reach, 0.0), min(second.value + reach, 1.0))


def extended(measured: Measured, *more: Contributor) -> Measured:
    """A factor with further contributors."""
    return replace(measured, contributors=(*measured.contributors, *more))


def noise_contributors(wrong: Estimate, missed: Estimate) -> tuple[Contributor, Contributor]:
    """What is known of mistakes in the labels: shares of wrong assignments and of missed positives."""
    return (
        Contributor("wrong_labels", "Assigned labels that are probably wrong", wrong, "share",
                    "Assignments that the model without them contradicts more surely than hard cases would. A cautious count: "
                    "of planted ones it found three in five. Settle them by Check.", "0 %"),
        Contributor("missed_labels", "Labels probably missed", missed, "share",
                    "Share of the items to which a label applies that were reviewed without it. Settle them by Missed.", "0 %"),
    )  # fmt: skip


def recent_contributors(recent: Drift) -> tuple[Contributor, Contributor]:
    """How the model does on recent items: mean average precision, and message coverage."""
    beside = ""
    if recent.overall.value is not None:
        beside = (
            f" {recent.items:,} items since {recent.since}, {recent.reviewed:,} of them reviewed. "
            f"On all items the same {recent.labels} labels have {recent.overall.value:.1%}."
        )
    return (
        Contributor("recent_map", "On recent items", recent.recent, "share",
                    f"Mean average precision on the newest fifth of the items, by what the reviews among them say.{beside}",
                    "high"),
        Contributor("recent_coverage", "Correct informative prediction on recent items", recent.recent_coverage, "share",
                    "Share of the newest fifth of the items with at least one correct prediction of an informative label.",
                    "high"),
    )  # fmt: skip


def worst_count(labels: int) -> int:
    """How many labels make the worst tenth: at least one."""
    return max(1, round(0.1 * labels))


def underperforming(assessment: Assessment, noise: Noise) -> tuple[Measured, Floats]:
    """U: expected average precision of the truly worst tenth, and each label's chance (L,) to be in it (nan if not seen).

    The lowest of noisy estimates are too low, the lowest of cautious ones too high; so the truth is drawn around them.
    """
    seen = assessment.positives > 0
    mine, k = noise.of(seen), worst_count(int(seen.sum()))
    truth = true_draws(assessment.ap[seen], assessment.positives[seen], mine)
    lowest, worst = lowest_mean(truth, k), np.sort(truth, axis=1)[:, :k]
    value = float(lowest.mean())
    chance = np.full(len(seen), np.nan)
    chance[seen] = (truth.argsort(axis=1).argsort(axis=1) < k).mean(axis=0)
    moved = shifted(lowest, WEAKEST * mine.common)
    centred = np.clip(moved - moved.mean() + value, 0.0, 1.0)
    contributors = (
        Contributor("lowest_labels_map", "Average precision of the worst tenth", interval(value, centred), "share",
                    f"Expected mean average precision of the {k} label(s) the model knows least.", "high"),
        Contributor("lowest_labels_poor_ratio", "Poor among them", Estimate(float((worst < 0.5).mean())), "share",
                    "Expected share of the worst tenth with an average precision below .50.", "none"),
        Contributor("lowest_labels_average_ratio", "Average among them",
                    Estimate(float(((worst >= 0.5) & (worst < 0.7)).mean())), "share",
                    "Expected share of the worst tenth with an average precision of .50 to .70.", "few"),
    )  # fmt: skip
    return Measured(value, centred, contributors), chance


def coverage(
    evidence: Evidence, assessment: Assessment, figures: LabelFigures, missing: Missing, noise: Noise, rng: np.random.Generator
) -> Measured:
    """C: share of all label incidences, undiscovered concepts included, that the model predicts at its thresholds."""
    expected = assessment.soft.sum(axis=0)
    recall = np.clip(caught(assessment.probability, figures.thresholds) / np.maximum(expected, 1e-9), 1e-3, 1 - 1e-3)
    drawn = share_draws(recall, assessment.positives, noise)
    share = expected / max(expected.sum(), 1e-9)
    unseen = rng.beta(missing.lone + 0.5, missing.assigned - missing.lone + 0.5, len(drawn))
    value = coverage_share(recall * expected, expected, missing.incidences)
    draws = np.clip(drawn @ share, 0.0, 1.0) * (1.0 - unseen)
    return Measured(value, draws, _coverage_contributors(evidence, assessment, figures, missing, value))


def undiscovered_share(missing: Missing) -> Estimate:
    """The missing mass with its one-sided 90 % bound, or what to review to be able to tell it."""
    if not missing.told:
        return Estimate(None, reason="Every review was looked for by label or by words. Review 20 items by Shuffle.")
    return Estimate(missing.items, 0.0, missing.upper)


def _coverage_contributors(
    evidence: Evidence, assessment: Assessment, figures: LabelFigures, missing: Missing, value: float
) -> tuple[Contributor, ...]:
    iota = figures.informative
    every, informative = any_label(assessment.soft), any_label(assessment.soft, iota)
    return (
        Contributor("coverage", "Correct informative prediction", _correct(evidence, assessment, figures, iota), "share",
                    "Share of items with at least one correct prediction of a label, weighted by what it says on its own.",
                    "high"),
        Contributor("label_only_coverage", "With uninformative labels",
                    _correct(evidence, assessment, figures, np.ones_like(iota)), "share",
                    "The same, counting labels that only come together with others in full.", "high"),
        Contributor("informative_coverage", "Without uninformative labels",
                    _correct(evidence, assessment, figures, (iota >= INFORMATIVE).astype(float)), "share",
                    "The same, leaving out labels that come together with another more often than not.", "high"),
        Contributor("p_any_label", "Items with a label", Estimate(every), "share",
                    "Share of items to which at least one label is expected to apply.", "high"),
        Contributor("expected_num_labels", "Labels per item", Estimate(float(assessment.soft.sum(axis=1).mean())), "count",
                    "How many labels are expected to apply to an item.", ""),
        Contributor("p_uninformative", "Only uninformative labels", Estimate(max(every - informative, 0.0)), "share",
                    "Share of items to which only labels apply that say little without another.", "low"),
        Contributor("missing_mass", "Undiscovered concepts", undiscovered_share(missing), "share",
                    f"Share of items with a concept the taxonomy lacks, from how many reviews carry a label that no other review "
                    f"has: {missing.seen_once:.3g} of {missing.trials:.0f}, those not random counting for at most {OTHERS}. "
                    + certificate(missing), "below 2 %"),
        Contributor("unsure", "Not found because unsure", Estimate(max(1.0 - missing.incidences - value, 0.0)), "share",
                    "Share of label incidences of known labels that lie below their thresholds.", "low"),
    )  # fmt: skip


def _correct(evidence: Evidence, assessment: Assessment, figures: LabelFigures, worth: Floats) -> Estimate:
    """Message coverage with its 90 % interval when labels are worth this much (L,)."""
    value, deviation = message_coverage(assessment.probability, figures.thresholds, worth, evidence.rows, evidence.targets)
    return Estimate(value, max(value - Z90 * deviation, 0.0), min(value + Z90 * deviation, 1.0))


def certificate(missing: Missing) -> str:
    """How many more random reviews would certify that less than 2 % of the items hold an undiscovered concept."""
    wanted = shuffles_to_certify(UNSEEN, missing.seen_once, missing.trials)
    if wanted == 0:
        return f"That less than {UNSEEN:.0%} of the items hold one is certified."
    return f"{wanted:,} more random reviews without such a find would certify that less than {UNSEEN:.0%} of the items hold one."


def balance_factor(evidence: Evidence, measured: Balance) -> Measured:
    """B: similarity of the reviewed items to the population, with how they were found and what they are too full of."""
    told = measured.domain
    blind = Estimate(None, reason=f"Needs {NEEDED} reviewed and {NEEDED} unreviewed items: review or import more.")
    reach = 0.0 if told is None else Z90 * told.deviation
    auc = blind if told is None else Estimate(told.auc, max(told.auc - reach, 0.0), min(told.auc + reach, 1.0))
    chance = "" if told is None else f" By chance alone it would be as high with a probability of {told.p_value:.2g}."
    effective = blind if told is None else Estimate(told.effective)
    return Measured(
        measured.value,
        measured.draws,
        (
            Contributor("bias_model_score", "Similarity to the population", interval(measured.value, measured.draws), "share",
                        "One minus the distance between the reviewed items and all items, beyond chance: by their themes or "
                        "by what a model can tell them by, whichever finds more.", "high"),
            Contributor("domain_auc", "Told apart by a model", auc, "share",
                        "How often a model that has seen neither ranks a reviewed item above an unreviewed one as the likelier "
                        f"to be reviewed; 50 % is no better than guessing.{chance}", "50 %"),
            Contributor("effective_ratio", "Effective sample", effective, "share",
                        "How much of the reviewed sample would count if it were weighted to match the population.", "high"),
            Contributor("themes_over", "Themes reviewed too much", Estimate(float(len(measured.over))), "count",
                        "Themes with more reviewed items than their share of all items, beyond chance.", "none"),
            Contributor("themes_under", "Themes reviewed too little", Estimate(float(len(measured.under))), "count",
                        "Themes with fewer reviewed items than their share of all items, beyond chance.", "none"),
            *_source_shares(evidence),
        ),
    )  # fmt: skip


#: Sources that always have a contributor: its key, title, definition and aim. The others have one where they occur.
_SOURCES: dict[str, tuple[str, str, str, str]] = {
    "shuffle": ("shuffle_ratio", "Found by Shuffle", "Share of the reviewed items that were drawn at random.", "20 % or more"),
    "rebalance": (
        "rebalance_ratio", "Found by Rebalance",
        "Share of the reviewed items that came from under-represented themes.", "",
    ),
    "search": (
        "text_search_ratio", "Found by search",
        "Share of the reviewed items that were looked for by words; too many distort what a label looks like.", "low",
    ),
}  # fmt: skip


def _source_shares(evidence: Evidence) -> tuple[Contributor, ...]:
    """The share of the reviewed items that each source has brought."""
    count = max(len(evidence.rows), 1)
    share = {kind: Estimate(float((evidence.sources == kind).sum()) / count) for kind in SOURCES}
    named = [Contributor(key, title, share[kind], "share", text, aim) for kind, (key, title, text, aim) in _SOURCES.items()]
    others = [
        Contributor(f"{kind}_ratio", f"Found by {kind.replace('_', ' ').capitalize()}", share[kind], "share",
                    "Share of the reviewed items that were first shown from there.")
        for kind in SOURCES if kind not in _SOURCES and share[kind].value
    ]  # fmt: skip
    return (*named, *others)
