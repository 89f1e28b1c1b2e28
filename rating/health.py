"""Each label's health: its average precision with an interval, and warnings that say what is wrong and what to do."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rating.assess import Assessment
from rating.doubt import NEEDED, POSITIVES, Doubt
from rating.evidence import Evidence, Floats, RatingConfig
from rating.factors import Z90, LabelFigures
from rating.precision import logit_deviation
from rating.reasons import label_reasons
from rating.records import Estimate, LabelHealth

#: What can be wrong with a label: no example, few of them, low precision, found by search, or many of its items not found.
Concern = Literal["none", "few", "precision", "biased", "coverage"]


def label_health(
    evidence: Evidence, assessment: Assessment, figures: LabelFigures, worst: Floats, doubted: Doubt | None, config: RatingConfig
) -> tuple[LabelHealth, ...]:
    """The health of every label, in the evidence's order."""
    searched = _search_share(evidence)
    why = label_reasons(evidence, assessment, figures.thresholds, worst, searched, doubted, config)
    low, high = ap_bounds(assessment)
    found = []
    for k, name in enumerate(evidence.label_names):
        wrong, missed = label_noise(doubted, k)
        found.append(
            LabelHealth(
                label_id=evidence.label_ids[k],
                name=name,
                important=evidence.important[k],
                positives=int(assessment.positives[k]),
                judged=int((~np.isnan(evidence.targets[:, k])).sum()),
                ap=_ap(assessment.ap[k], low[k], high[k])
                if assessment.positives[k]
                else Estimate(None, reason="No example yet."),
                **_figures(figures, worst, searched, k, seen=bool(assessment.positives[k] > 0)),
                warnings=_warnings(assessment, figures, searched, k, config),
                why=why[k],
                wrong=wrong,
                missed=missed,
            )
        )
    return tuple(found)


def _figures(figures: LabelFigures, worst: Floats, searched: Floats, k: int, *, seen: bool) -> dict[str, float | None]:
    """A label's plain numbers by their names, all None before its first example."""
    columns = {
        "threshold": figures.thresholds, "precision": figures.precision, "recall": figures.recall, "f1": figures.f1,
        "prevalence": figures.prevalence, "informative": figures.informative, "worst": worst, "by_search": searched,
    }  # fmt: skip
    return {name: float(column[k]) if seen else None for name, column in columns.items()}


def label_noise(doubted: Doubt | None, label: int | None = None) -> tuple[Estimate, Estimate]:
    """Shares of wrong assignments and of missed positives, of one label or of all, or what is lacking to tell."""
    if doubted is None:
        blind = Estimate(None, reason=f"Needs {NEEDED} assigned labels in all: review more items.")
        return blind, blind
    if label is not None and not doubted.usable[label]:
        blind = Estimate(None, reason=f"Needs {POSITIVES} examples of the label, and as many items without it.")
        return blind, blind
    return doubted.wrong(label), doubted.missed(label)


def ap_bounds(assessment: Assessment) -> tuple[Floats, Floats]:
    """The ends (L,) of every label's 90 % interval of average precision."""
    a = np.clip(np.nan_to_num(assessment.ap, nan=0.5), 1e-3, 1 - 1e-3)
    reach = Z90 * logit_deviation(assessment.positives)
    odds = np.log(a / (1 - a))
    return np.asarray(1 / (1 + np.exp(reach - odds))), np.asarray(1 / (1 + np.exp(-reach - odds)))


def _ap(value: float, low: float, high: float) -> Estimate:
    return Estimate(float(value), min(float(low), float(value)), max(float(high), float(value)))


def _search_share(evidence: Evidence) -> Floats:
    """Share (L,) of each label's positives that were found by search."""
    assigned = np.nan_to_num(evidence.targets)
    by_search = assigned[evidence.sources == "search"].sum(axis=0)
    return np.asarray(by_search / np.maximum(assigned.sum(axis=0), 1.0))


def _warnings(assessment: Assessment, figures: LabelFigures, searched: Floats, k: int, config: RatingConfig) -> tuple[str, ...]:
    """What is wrong with a label, most urgent first, in words."""
    positives, ap = int(assessment.positives[k]), float(assessment.ap[k])
    return tuple(concerns(positives, ap, float(searched[k]), float(figures.recall[k]), config.min_label_reviews).values())


def concerns(positives: int, ap: float | None, searched: float, recall: float, wanted: int) -> dict[Concern, str]:
    """What is wrong with a label, most urgent first, in words; ``ap`` None before its first of the ``wanted`` examples."""
    if positives == 0 or ap is None:
        return {"none": "No example yet: assign it once, or retire it."}
    found: dict[Concern, str] = {}
    if positives < wanted:
        degree = "Very few" if positives < wanted / 3 else "Few"
        found["few"] = f"{degree} examples: {positives}; {wanted - positives} more make its figures firm."
    if ap < 0.7:
        found["precision"] = f"{'Very low' if ap < 0.5 else 'Low'} average precision: {ap:.2f}."
    if searched > 0.5 and positives >= 4:
        found["biased"] = f"Biased finding: {searched:.0%} of its examples were found by search."
    if recall < 0.5:
        found["coverage"] = f"Poor coverage: about {recall:.0%} of its items are found."
    return found
