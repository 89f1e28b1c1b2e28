"""The vectors a project has now: LSA at once, and a dense block beside it as soon as every item has its vector."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data.errors import InvalidInput, StoreError, VectorsInvalid
from data.records import Project, text_hash
from data.store import Store
from data.vectors import VectorCache, cache_directory, replace_file
from rating.encoders import SentenceEncoder, packaged_available
from rating.lsa import FIT_TEXTS, Lsa, fit_lsa, load_lsa
from rating.tokens import Float32, unit_rows
from rating.uservectors import item_keys, user_encoder

#: LSA is fitted again when more than this share of the items came after its fit.
REFIT_SHARE = 0.2
_CHUNK = 5_000
_TRIES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Vectors of all items of a project, one row of length 1 (or 0: nothing known) an item, block by block.

    ``names`` and ``arrays`` (each (n, d)) are those available now, the dense one first. ``wanted`` is the dense encoder
    the project asks for, None when it is served by LSA alone; ``done`` of ``total`` items have its vector.
    """

    item_ids: npt.NDArray[np.int64]
    names: tuple[str, ...]
    arrays: tuple[Float32, ...]
    wanted: str | None
    done: int
    total: int

    @property
    def share_done(self) -> float | None:
        """How much of the dense block is ready, 0 to 1; None when none is wanted or there are no items."""
        return self.done / self.total if self.wanted is not None and self.total else None

    @property
    def status(self) -> str:
        """In words, which encoders serve and which is still being prepared."""
        if self.wanted is None:
            return "LSA serves."
        if self.done == self.total:
            return f"{self.wanted} and LSA serve."
        percent = 100 * self.done // self.total
        return f"LSA serves; {self.wanted} is {percent} % ready ({self.done:,} of {self.total:,} items)."


def wanted_encoder(project: Project) -> SentenceEncoder | None:
    """The encoder that the project's texts are to be encoded with; None for LSA alone and for imported vectors."""
    return encoder_named(str(project.settings.get("encoder") or "auto"))


def encoder_named(setting: str) -> SentenceEncoder | None:
    """The encoder that a setting asks for; None for LSA alone and for imported vectors.

    The setting is auto (the packaged MiniLM where it is installed), lsa, minilm, ``st:<name or folder>``
    with an optional ``@<tokens>``, or ``user:<name>``. Anything else is InvalidInput.
    """
    if setting == "auto":
        return SentenceEncoder() if packaged_available() else None
    if setting == "lsa" or setting.startswith("user:"):
        return None
    if setting == "minilm":
        return SentenceEncoder()
    if setting.startswith("st:") and len(setting) > 3:
        model, _, tokens = setting[3:].rpartition("@")
        return SentenceEncoder(model, max_tokens=int(tokens)) if model and tokens.isdigit() else SentenceEncoder(setting[3:])
    raise InvalidInput(
        f"An encoder is auto, lsa, minilm, st:<name or folder> or user:<name>; the project's setting is {setting!r}. "
        "Choose one of these."
    )


def vectors_for(store: Store, project_id: int, *, cache: VectorCache | None = None) -> Blocks:
    """What can be computed with now; encodes nothing but LSA, which it fits on first use and when items are new.

    A dense block takes part only when every item has its vector: a mixture would compare what cannot be compared.
    """
    cache = cache or VectorCache(cache_directory(store.path))
    project = store.project(project_id)
    item_ids, hashes = store.item_hashes(project_id)
    wanted, keys = _dense_keys(project, item_ids, hashes)
    done = int(cache.known(wanted, keys).sum()) if wanted is not None else 0
    parts: list[tuple[str, Float32]] = []
    if wanted is not None and done == len(keys) > 0:
        parts.append((wanted, unit_rows(cache.gather(wanted, keys)[0])))
    parts.append(_lsa_block(store, project_id, cache, item_ids, hashes))
    names, arrays = tuple(name for name, _ in parts), tuple(rows for _, rows in parts)
    return Blocks(np.asarray(item_ids, np.int64), names, arrays, wanted, done, len(item_ids))


def _dense_keys(project: Project, item_ids: Sequence[int], hashes: Sequence[bytes]) -> tuple[str | None, Sequence[bytes]]:
    setting = str(project.settings.get("encoder") or "auto")
    if setting.startswith("user:"):
        return user_encoder(project.settings, setting[5:]), item_keys(item_ids, hashes)
    encoder = wanted_encoder(project)
    return (encoder.name if encoder is not None else None), hashes


def _lsa_block(
    store: Store, project_id: int, cache: VectorCache, item_ids: Sequence[int], hashes: Sequence[bytes]
) -> tuple[str, Float32]:
    if not item_ids:
        return "lsa", np.empty((0, 1), np.float32)
    for _ in range(_TRIES):  # another process may fit anew and delete this model's vectors meanwhile
        name = _serving(cache, project_id, hashes)
        if name is None or not _extended(store, project_id, cache, name, item_ids, hashes):
            name = _refitted(store, project_id, cache, item_ids, hashes)
        rows, found = cache.gather(name, hashes)
        if found.all():
            return name, unit_rows(rows)
    raise StoreError("The vectors of this project keep changing while they are read. Wait for the other work and try again.")


def _serving(cache: VectorCache, project_id: int, hashes: Sequence[bytes]) -> str | None:
    """The name of the model fitted last; None when there is none, or more than a fifth of the items are newer."""
    name, fitted = _current(cache, project_id)
    if name is None:
        return None
    rows = cache.positions(name, hashes)
    return name if np.mean((rows < 0) | (rows >= fitted)) <= REFIT_SHARE else None


def _extended(
    store: Store, project_id: int, cache: VectorCache, name: str, item_ids: Sequence[int], hashes: Sequence[bytes]
) -> bool:
    """Encode new texts by the saved model; False when it cannot be read any more."""
    if not cache.missing(name, hashes):
        return True
    try:
        model = load_lsa(cache.artefact_path(name, "lsa.npz"))
    except VectorsInvalid:
        return False
    _complete(store, project_id, cache, model, item_ids, hashes)
    return True


def _refitted(store: Store, project_id: int, cache: VectorCache, item_ids: Sequence[int], hashes: Sequence[bytes]) -> str:
    """Fit to the project's distinct texts, let the project point to the new model, and return its name."""
    first = np.sort(np.unique(np.array(hashes), return_index=True)[1])
    chosen = first
    if len(first) > FIT_TEXTS:
        chosen = np.sort(np.random.default_rng(0).choice(first, FIT_TEXTS, replace=False))
    model = fit_lsa([item.text for item in store.items(project_id, [item_ids[place] for place in chosen])])
    model.save(cache.artefact_path(model.name, "lsa.npz"))
    _complete(store, project_id, cache, model, item_ids, hashes)
    before, _ = _current(cache, project_id)
    content = json.dumps({"name": model.name, "fitted": cache.count(model.name)}).encode()
    replace_file(_pointer(cache, project_id), content)
    if before not in (None, model.name):
        cache.delete(str(before))
    return model.name


def _complete(
    store: Store, project_id: int, cache: VectorCache, model: Lsa, item_ids: Sequence[int], hashes: Sequence[bytes]
) -> None:
    missing = cache.missing(model.name, hashes)
    for texts in _texts(store, project_id, [item_ids[place] for place in missing]):
        cache.append(model.name, [text_hash(text) for text in texts], model.encode(texts))


def _texts(store: Store, project_id: int, item_ids: Sequence[int]) -> Iterator[list[str]]:
    for start in range(0, len(item_ids), _CHUNK):
        yield [item.text for item in store.items(project_id, item_ids[start : start + _CHUNK])]


def _pointer(cache: VectorCache, project_id: int) -> Path:
    return cache.artefact_path(f"project:{project_id}", "lsa.json")


def _current(cache: VectorCache, project_id: int) -> tuple[str | None, int]:
    """The model the project points to, and how many texts it had when it was fitted."""
    try:
        current = json.loads(_pointer(cache, project_id).read_text("utf-8"))
        return str(current["name"]), int(current["fitted"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, 0
