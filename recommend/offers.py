"""Everything that could be done next: work on unreviewed items, and second looks at reviewed ones."""

from __future__ import annotations

import numpy as np

from recommend.candidates import Candidate, candidates
from recommend.pool import Pool
from recommend.second_look import second_looks


def offers(pool: Pool, rng: np.random.Generator) -> list[Candidate]:
    """Candidate actions of every kind, those without items left out."""
    return [c for c in [*second_looks(pool), *candidates(pool, rng)] if len(c.rows)]
