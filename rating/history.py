"""Model versions again: what a version was fitted to, told from the reviews and labels that were there, on today's items.

Reviews and changes of labels are append-only and the learner is exact, so a version is not kept but computed again. Vectors are
those of today's items: where items were added or changed since, or LSA was fitted anew, the version is as it would be on these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data.errors import NotFound, VectorsInvalid
from data.kept import ModelVersion
from data.records import Label
from data.store import Store
from data.vectors import VectorCache, cache_directory
from rating.assess import Learned, learn
from rating.blocks import Blocks
from rating.evidence import Evidence, RatingConfig
from rating.rate import obstacles
from rating.service import current_vectors, dates_of, make_evidence, rating_config
from rating.tokens import unit_rows
from rating.uservectors import item_keys


@dataclass(frozen=True)
class AsOf:
    """What a version rested on. ``chosen`` is its mix of blocks with its penalty, None of one that had nothing to learn from.

    ``names`` are those of the vectors; ``same`` says that the version knew them by these. Whether the items are the same is not
    known. ``labels`` are all of the taxonomy as it was then.
    """

    version: ModelVersion
    names: tuple[str, ...]
    evidence: Evidence
    chosen: tuple[dict[str, float], float] | None
    same: bool
    labels: tuple[Label, ...]


def evidence_as_of(store: Store, project_id: int, version: int, today: Blocks | None = None) -> AsOf:
    """The evidence that a version was fitted to, on today's items; ``today`` are their vectors, if at hand.

    NotFound when there is no such version; VectorsInvalid when the vectors it used are neither in use nor kept.
    """
    found = version_of(store, project_id, version)
    blocks = _blocks(store, project_id, found, today or current_vectors(store, project_id)[0])
    labels, away = store.taxonomy_as_of(project_id, found.read_at)
    evidence = make_evidence(blocks, labels, store.reviews_as_of(project_id, found.revision), away)
    evidence = replace(evidence, dates=dates_of(blocks, store.item_dates(project_id)))
    same = list(blocks.names) == list(found.config.get("encoders", []))
    return AsOf(found, blocks.names, evidence, _chosen(found.config, evidence), same, tuple(labels))


def unchanged(then: Sequence[Label], now: Sequence[Label]) -> set[int]:
    """The labels, by number, whose judgements are the same now as then: neither reset since, nor merged with others or separated
    from them. Both taxonomies are whole, with what is retired or merged.
    """
    was, is_now = _made_of(then), _made_of(now)
    return {number for number, parts in was.items() if is_now.get(number) == parts}


def _made_of(labels: Sequence[Label]) -> dict[int, set[tuple[int, str | None]]]:
    """What counts as each label: itself and what was merged into it, each with the moment of its reset."""
    parts = defaultdict[int, set[tuple[int, str | None]]](set)
    for label in labels:
        parts[label.merged_into or label.id].add((label.id, label.reset_at))
    return dict(parts)


def evidence_now(store: Store, project_id: int, blocks: Blocks) -> Evidence:
    """What today's reviews say of today's labels, on these vectors."""
    labels, reviews = store.labels(project_id, retired=True), store.reviews(project_id)
    return make_evidence(blocks, labels, reviews, store.retired_periods(project_id))


def version_of(store: Store, project_id: int, version: int) -> ModelVersion:
    """One model version by its number. NotFound when there is none."""
    found = next((one for one in store.model_versions(project_id) if one.version == version), None)
    if found is None:
        raise NotFound(f"The project has no model version {version}. Choose one from the list of versions.")
    return found


def config_of(store: Store, project_id: int, version: int) -> RatingConfig:
    """The configuration that a version was rated with; today's where its rating is not kept."""
    kept = store.rated_with(project_id, version)
    return RatingConfig(**kept) if kept else rating_config(store.project(project_id).settings)


def learned_as_of(store: Store, project_id: int, found: AsOf) -> Learned | None:
    """The version's model, fitted again; None where it had nothing to learn from."""
    config = config_of(store, project_id, found.version.version)
    if found.chosen is None or obstacles(found.evidence, config):
        return None
    return learn(found.evidence, config, found.chosen, choose_again=False)


def _chosen(config: Mapping[str, Any], evidence: Evidence) -> tuple[dict[str, float], float] | None:
    if "penalty" not in config:
        return None
    weights = config["block_weights"]
    return {name: float(weights.get(name, 0.0)) for name in evidence.blocks}, float(config["penalty"])


def _blocks(store: Store, project_id: int, version: ModelVersion, today: Blocks) -> Blocks:
    """Today's vectors of the blocks that a version used, those of an encoder that was given up from what is kept of them."""
    names = [str(name) for name in version.config.get("encoders", [])] or list(today.names)
    by_kind = {_kind(name): (name, rows) for name, rows in zip(today.names, today.arrays, strict=True)}
    kept = [by_kind.get(_kind(name)) or _kept(store, project_id, version, name) for name in names]
    return replace(today, names=tuple(name for name, _ in kept), arrays=tuple(rows for _, rows in kept))


def _kind(name: str) -> str:
    return "lsa" if name.startswith("lsa") else name


def _kept(store: Store, project_id: int, version: ModelVersion, name: str) -> tuple[str, Any]:
    cache = VectorCache(cache_directory(store.path))
    item_ids, hashes = store.item_hashes(project_id)
    keys = item_keys(item_ids, hashes) if name.startswith("user:") else hashes
    if not cache.known(name, keys).all():
        raise VectorsInvalid(
            f"Version {version.version} used the encoder {name!r}, whose vectors are not there for every item. Choose that "
            "encoder in the settings and let the items be encoded, or look at another version."
        )
    return name, unit_rows(cache.gather(name, keys)[0])
