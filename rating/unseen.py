"""What the model says of texts that are no items of the project: they are scored beside them, and left out of everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from data.errors import VectorsInvalid
from data.store import Store
from data.vectors import VectorCache, cache_directory
from rating.assess import learn
from rating.blocks import encoder_named
from rating.encoders import SentenceEncoder
from rating.evidence import Evidence, Floats
from rating.history import evidence_as_of, unchanged
from rating.lsa import load_lsa
from rating.rate import obstacles
from rating.service import gather, last_choice, rating_config
from rating.tokens import Float32


@dataclass(frozen=True)
class Unseen:
    """Calibrated probabilities (n, L) of texts for the labels ``label_ids`` (L); None, and why in words, where there are none."""

    label_ids: tuple[int, ...]
    probability: Floats | None
    reason: str = ""


def score_texts(store: Store, project_id: int, texts: Sequence[str], version: int | None = None) -> Unseen:
    """Encode texts (n) as the project's items are, and score them by the newest reviews, or as an earlier version would, by the
    labels that still mean what they did.

    There are no probabilities before there is a rating, nor with vectors of the project's own, which no text has. Raises
    EncoderUnavailable where the encoder of the items is not installed here.
    """
    names, evidence, told, (chosen, again) = _basis(store, project_id, version)
    config = rating_config(store.project(project_id).settings)
    if reasons := obstacles(evidence, config):
        return Unseen((), None, reasons[0])
    vectors = _encoded(store, project_id, names, texts)
    if vectors is None:
        return Unseen((), None, "The project has vectors of its own, and a new text has none. Add it as an item with its vector.")
    blocks = {name: np.vstack([evidence.blocks[name], rows]) for name, rows in zip(evidence.blocks, vectors, strict=True)}
    numbers = np.concatenate([evidence.item_ids, evidence.item_ids.max() + 1 + np.arange(len(texts))])
    wider = replace(evidence, item_ids=numbers, blocks=blocks, dates=None)
    learned = learn(wider, config, chosen, choose_again=again)
    return Unseen(tuple(evidence.label_ids[k] for k in told), learned.probability[-len(texts) :, told])


def _basis(
    store: Store, project_id: int, version: int | None
) -> tuple[tuple[str, ...], Evidence, list[int], tuple[tuple[dict[str, float], float] | None, bool]]:
    """What a version rested on, the newest reviews for None: vectors' names, evidence, the columns of labels that have been
    neither reset nor merged since, the mix and whether to choose that anew.
    """
    if version is not None:
        then = evidence_as_of(store, project_id, version)
        same = unchanged(then.labels, store.labels(project_id, retired=True))
        told = [k for k, label in enumerate(then.evidence.label_ids) if label in same]
        return then.names, then.evidence, told, (then.chosen, False)
    found, last = gather(store, project_id), store.last_model_config(project_id)
    choice = last_choice(last[1] if last else {}, found)
    return found.blocks.names, found.evidence, list(range(len(found.evidence.label_ids))), choice


@lru_cache(maxsize=1)
def _encoder(setting: str) -> SentenceEncoder | None:
    """The encoder of a setting, kept: it takes seconds to load."""
    return encoder_named(setting)


def _encoded(store: Store, project_id: int, names: Sequence[str], texts: Sequence[str]) -> list[Float32] | None:
    """The texts' rows in each block of the project, in the same order; None where a block is no encoder's."""
    cache = VectorCache(cache_directory(store.path))
    encoder = _encoder(str(store.project(project_id).settings.get("encoder") or "auto"))
    rows = []
    for name in names:
        if name.startswith("lsa"):
            try:
                rows.append(load_lsa(cache.artefact_path(name, "lsa.npz")).encode(texts))
            except VectorsInvalid:
                return None
        elif encoder is not None and name == encoder.name:
            rows.append(encoder.encode(texts))
        else:
            return None
    return rows
