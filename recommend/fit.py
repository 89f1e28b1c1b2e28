"""The study "fit": is a stored project's model too simple or too rich for its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.errors import NotEnoughEvidence
from data.records import Review
from data.store import Store
from rating.assess import twins_of
from rating.capacity import PATH, Gap, Spot, difference, gaps, lost, mixes_of, path, sizes_up_to, verdict
from rating.evidence import Evidence, Features, Floats, Ints
from rating.learner import combine
from rating.service import gather, rating_config
from rating.twins import members
from recommend.studies import Found, Report

#: So many reviews tell the path; of more, a random sample does.
MOST = 6000


@dataclass(frozen=True)
class Material:
    """What is looked at: reviewed items ``item_ids`` (n,), their blocks (n, d_b), targets (n, L) and twins, and the model now.

    ``order`` (n,) are the items in the order of their first reviews; ``of`` is how many are reviewed in all.
    """

    item_ids: list[int]
    blocks: dict[str, Features]
    targets: Floats
    twins: tuple[Ints, ...]
    order: Ints
    mix: dict[str, float]
    penalty: float
    of: int


def study(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """The regularisation path of every mix, the gap over the reviews, and the verdict; see :mod:`rating.capacity`.

    NotEnoughEvidence while there is no model. Of more than 6,000 reviews a random sample is looked at.
    """
    material, spots = material_of(store, project_id), list[Spot]()
    mixes = mixes_of(material.blocks)
    mixes = mixes if material.mix in mixes else [*mixes, material.mix]
    for number, mix in enumerate(mixes):
        report(0.1 + 0.7 * number / len(mixes), f"Mix {number + 1} of {len(mixes)}")
        spots += path(material.blocks, material.targets, mix, sorted({*PATH, material.penalty}), material.twins)
    chosen = next(spot for spot in spots if (spot.mix, spot.penalty) == (material.mix, material.penalty))
    report(0.85, "How the gap between training and held-out items has moved")
    features, sizes = combine(material.blocks, material.mix), sizes_up_to(len(material.targets))
    moved = gaps(features, material.targets, material.penalty, material.order, sizes, material.twins)
    told, loss = verdict(spots, chosen, moved, len(material.targets)), lost(moved)
    result = {
        "reviews": len(material.targets), "of": material.of, "labels": int((~np.isnan(chosen.precision)).sum()),
        "spots": [_plain(spot, chosen) for spot in spots], "chosen": spots.index(chosen),
        "gaps": [_plain_gap(gap) for gap in moved], "answer": told.answer, "evidence": list(told.evidence),
        "lost": None if loss is None else asdict(loss),
    }  # fmt: skip
    return Found(result)


def material_of(store: Store, project_id: int, most: int = MOST) -> Material:
    """The reviewed items with what was said of them, and how the newest model weighs and holds back their features.

    NotEnoughEvidence while there is no model. Of more than ``most`` items a random sample.
    """
    evidence, config = gather(store, project_id).evidence, rating_config(store.project(project_id).settings)
    version = store.last_model_config(project_id)
    if version is None or "penalty" not in version[1] or not (evidence.positives >= 2).any():
        raise NotEnoughEvidence("There is no model yet that could be looked at. Review until the Overview shows a rating.")
    rows = _sample(len(evidence.rows), most, config.seed)
    blocks = {name: block[evidence.rows[rows]] for name, block in evidence.blocks.items()}
    mix = {name: float(version[1]["block_weights"].get(name, 0.0)) for name in blocks}
    groups = twins_of(evidence, config.twin_cosine)[rows]
    order = order_of(evidence, rows, store.reviews(project_id))
    return Material(
        evidence.item_ids[evidence.rows[rows]].tolist(), blocks, evidence.targets[rows], members(groups), order,
        mix if any(mix.values()) else mixes_of(blocks)[-1], float(version[1]["penalty"]), len(evidence.rows),
    )  # fmt: skip


def _sample(reviewed: int, most: int, seed: int) -> Ints:
    """Positions of the reviewed items to look at: all, or a random sample of the most that are."""
    if reviewed <= most:
        return np.arange(reviewed)
    return np.sort(np.random.default_rng(seed).choice(reviewed, most, replace=False))


def order_of(evidence: Evidence, rows: Ints, reviews: Sequence[Review]) -> Ints:
    """The chosen reviewed items (n,) in the order of their first reviews, as positions among the chosen."""
    first: dict[int, tuple[str, int]] = {}
    for review in reviews:
        if review.state == "reviewed":
            first[review.item_id] = min(first.get(review.item_id, (review.at, review.id)), (review.at, review.id))
    items = evidence.item_ids[evidence.rows[rows]].tolist()
    return np.array(sorted(range(len(items)), key=lambda k: first[items[k]]), dtype=np.int64)


def _plain(spot: Spot, chosen: Spot) -> dict[str, Any]:
    """A spot as JSON knows it, with what it gains over the chosen one."""
    cells = {key: value for key, value in asdict(spot).items() if key != "precision"}
    return {**cells, "gain": asdict(difference(spot, chosen))}


def _plain_gap(gap: Gap) -> dict[str, Any]:
    """A gap as JSON knows it, without its figures by label."""
    return {key: value for key, value in asdict(gap).items() if key not in ("trained", "unseen")}
