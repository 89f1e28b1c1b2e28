"""What merging two labels would do to average precision: the model is trained with the two as one, and held out as always."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from data.errors import NotEnoughEvidence
from data.store import Store
from rating.assess import assess
from rating.evidence import Evidence
from rating.service import gather, last_choice, rating_config
from recommend.studies import Found, Report


def study(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """Average precision (0-1, None unknown) of ``params["source"]`` and ``params["target"]``, and of the two as one.

    Also the mean over all labels for which it is known, before and after. NotEnoughEvidence where nothing can be learned yet.
    """
    source, target = int(params["source"]), int(params["target"])
    found, config = gather(store, project_id), rating_config(store.project(project_id).settings)
    evidence, version = found.evidence, store.last_model_config(project_id)
    if version is None or "block_weights" not in version[1] or not {source, target} <= set(evidence.label_ids):
        raise NotEnoughEvidence("There is no model of both labels yet. Rate the project first: see the Overview.")
    chosen = last_choice(version[1], found)[0]
    again = chosen is None
    report(0.2, "Training as it is.")
    before = assess(evidence, config, chosen, choose_again=again).ap
    report(0.6, "Training with the two as one.")
    joined = as_one(evidence, source, target)
    after = assess(joined, config, chosen, choose_again=again).ap
    own, one = evidence.label_ids.index, joined.label_ids.index(target)
    return Found({
        "source": known(before[own(source)]), "target": known(before[own(target)]), "together": known(after[one]),
        "mean_before": known(np.nanmean(before)), "mean_after": known(np.nanmean(after)),
    })  # fmt: skip


def known(value: float | np.floating[Any]) -> float | None:
    """A number, None for nan."""
    return None if np.isnan(value) else float(value)


def as_one(evidence: Evidence, source: int, target: int) -> Evidence:
    """Evidence in which every judgement of the source counts for the target: carried where either is, as a merge makes it."""
    from_, into = evidence.label_ids.index(source), evidence.label_ids.index(target)
    targets = evidence.targets.copy()
    targets[evidence.targets[:, from_] == 1, into] = 1.0
    kept = [k for k in range(targets.shape[1]) if k != from_]
    return replace(
        evidence, targets=targets[:, kept], label_ids=tuple(evidence.label_ids[k] for k in kept),
        label_names=tuple(evidence.label_names[k] for k in kept), important=tuple(evidence.important[k] for k in kept),
    )  # fmt: skip
