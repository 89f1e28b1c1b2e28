"""The sample's MiniLM vectors, computed beforehand so that the first start need not wait for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data.errors import VectorsInvalid
from data.records import text_hash
from samples.generate import messages

VECTORS = Path(__file__).with_name("minilm.f16.npy")
ABOUT = Path(__file__).with_name("minilm.json")


def sample_vectors() -> tuple[str, list[bytes], npt.NDArray[np.float16]]:
    """The encoder's name, the hash of each message's text, and the vectors, (n, 384), in the order of the messages.

    VectorsInvalid if the shipped file belongs to other messages than the generator writes.
    """
    about = json.loads(ABOUT.read_text("utf-8"))
    hashes = [text_hash(message.text) for message in messages()]
    if about["texts"] != digest(hashes):
        raise VectorsInvalid(
            f"{VECTORS.name} belongs to other texts than samples/ generates now. Run: python -m samples --encode"
        )
    return about["encoder"], hashes, np.load(VECTORS)


def write_vectors(encoder: str, encode: Callable[[Sequence[str]], npt.NDArray[np.float32]]) -> None:
    """Compute and write the shipped files anew, after the generator has changed."""
    texts = [message.text for message in messages()]
    np.save(VECTORS, encode(texts).astype(np.float16))
    about = {"encoder": encoder, "texts": digest([text_hash(text) for text in texts])}
    ABOUT.write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def digest(hashes: Sequence[bytes]) -> str:
    """One digest of all texts in their order."""
    return hashlib.sha256(b"".join(hashes)).hexdigest()
