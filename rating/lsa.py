"""Latent semantic analysis: vectors from the corpus itself, in seconds, without a model to download."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from data.errors import VectorsInvalid
from data.records import text_hash
from data.vectors import replace_file
from rating.tokens import Counts, Float32, count_words, unit_rows

DIMENSIONS = 256
FIT_TEXTS = 20_000
_CHUNK = 5_000
_POWER_ITERATIONS = 3
_SETTINGS = "letters,unigrams,sublinear,2"


@dataclass(frozen=True, slots=True, eq=False)
class Lsa:
    """A fitted model: ``weights`` (v,) is the inverse document frequency, ``components`` (v, d) the directions."""

    name: str
    vocabulary: tuple[str, ...]
    weights: Float32
    components: Float32

    def encode(self, texts: Sequence[str]) -> Float32:
        """One unit row a text, (n, d); a text without a known word gives a zero row."""
        parts = [self._encode(texts[start : start + _CHUNK]) for start in range(0, len(texts), _CHUNK)]
        return np.vstack(parts) if parts else np.empty((0, self.components.shape[1]), np.float32)

    def _encode(self, texts: Sequence[str]) -> Float32:
        counts, _ = count_words(texts, vocabulary=self.vocabulary)
        return unit_rows(_weighted(counts, self.weights) @ self.components)

    def save(self, path: Path) -> None:
        """Write ``path`` (numbers) and its ``.json`` (words), each all or nothing."""
        numbers = io.BytesIO()
        np.savez(numbers, name=np.array(self.name), weights=self.weights, components=self.components)
        replace_file(path, numbers.getvalue())
        words = json.dumps({"name": self.name, "vocabulary": self.vocabulary}, ensure_ascii=False)
        replace_file(path.with_suffix(".json"), words.encode("utf-8", "surrogatepass"))


def load_lsa(path: Path) -> Lsa:
    """Read a saved model. VectorsInvalid when a file is missing, damaged, or belongs to another model."""
    try:
        words = json.loads(path.with_suffix(".json").read_bytes().decode("utf-8", "surrogatepass"))
        with np.load(path, allow_pickle=False) as numbers:
            model = Lsa(str(numbers["name"]), tuple(words["vocabulary"]), numbers["weights"], numbers["components"])
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise VectorsInvalid(f"{path} holds no readable model ({error}). Delete it: it is fitted again when needed.") from error
    if words["name"] != model.name or len(model.vocabulary) != len(model.components):
        raise VectorsInvalid(f"{path} and its .json belong to different models. Delete both: they are made again when needed.")
    return model


def fit_lsa(texts: Sequence[str], *, dims: int = DIMENSIONS, seed: int = 0) -> Lsa:
    """Fit to the texts, of more than 20,000 to a random sample; the same texts, dims and seed give the same model.

    The model has fewer dimensions when the texts do not span as many, and always at least one: where no text has a
    word that dimension is zero throughout.
    """
    counts, vocabulary = _counted(_sample(texts, seed))
    frequency = np.bincount(counts.indices, minlength=len(vocabulary))
    weights = (np.log((1 + counts.shape[0]) / (1 + frequency)) + 1).astype(np.float32)
    components = _directions(_weighted(counts, weights), dims, seed)
    return Lsa(f"lsa-{dims}:{_fingerprint(texts, dims, seed)}", vocabulary, weights, components)


def _sample(texts: Sequence[str], seed: int) -> Sequence[str]:
    if len(texts) <= FIT_TEXTS:
        return texts
    chosen = np.random.default_rng(seed).choice(len(texts), FIT_TEXTS, replace=False)
    return [texts[position] for position in np.sort(chosen)]


def _counted(texts: Sequence[str]) -> tuple[Counts, tuple[str, ...]]:
    """Words of at least two texts; in a corpus that repeats no word, all of them."""
    counts, vocabulary = count_words(texts, min_texts=2)
    return (counts, vocabulary) if vocabulary else count_words(texts)


def _weighted(counts: Counts, weights: Float32) -> Counts:
    """Sublinear TF-IDF in unit rows: many repeats of a word count little more than a few."""
    weighted = counts.copy()
    weighted.data = (1 + np.log(weighted.data)) * weights[weighted.indices]
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    lengths = np.sqrt(np.bincount(rows, weights=weighted.data**2, minlength=counts.shape[0]))
    weighted.data = (weighted.data / lengths[rows]).astype(np.float32)
    return weighted


def _directions(weighted: Counts, dims: int, seed: int) -> Float32:
    rank = min(dims, *weighted.shape)
    if not rank or not weighted.nnz:
        return np.zeros((weighted.shape[1], 1), np.float32)
    with threadpool_limits(1):  # these products are small: on a busy machine a second thread makes them slower
        _, sizes, right = randomized_svd(weighted, n_components=rank, n_iter=_POWER_ITERATIONS, random_state=seed)
    real = sizes > 1e-4 * sizes[0]  # beyond the rank of the corpus there is only rounding
    return np.ascontiguousarray(right[real].T, np.float32)


def _fingerprint(texts: Sequence[str], dims: int, seed: int) -> str:
    digest = hashlib.sha256(f"{_SETTINGS},{dims},{seed}".encode())
    for key in sorted(map(text_hash, texts)):
        digest.update(key)
    return digest.hexdigest()[:12]
