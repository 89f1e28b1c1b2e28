"""Another model's scores as arrays, read once: a plan after ten more reviews does not read all of its predictions again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from data.store import Store
from rating.evidence import Floats, Ints

Moments = npt.NDArray[np.str_]

#: So many bytes of scores are kept at most, of the models asked for last: eight of 20 labels and 100,000 items.
MOST = 256_000_000


@dataclass(frozen=True)
class Names:
    """What a name in a prediction means: its label's column of ``width`` ones, and since when.

    Both go by the name in lower case. ``since`` are the labels that were reset: what was predicted before then is of an
    old meaning.
    """

    columns: Mapping[str, int]
    since: Mapping[str, str]
    width: int

    def of(self, name: str) -> tuple[int, str] | None:
        """The column and the moment from which it is meant; None for what is no label's name."""
        folded = name.casefold()
        return (self.columns[folded], self.since.get(folded, "")) if folded in self.columns else None


@dataclass(frozen=True)
class Scores:
    """A model version's ``scores`` (N, L), nan where it gives none, and when each item was predicted (N,), '' where it was not.

    They are those of ``item_ids`` (N,) under ``names`` while the store's ``mark`` is the same. Nobody can write to the arrays.
    """

    mark: str | None
    item_ids: Ints
    names: Names
    scores: Floats
    times: Moments

    @property
    def size(self) -> int:
        """How many bytes they take."""
        return self.scores.nbytes + self.times.nbytes + self.item_ids.nbytes

    def still(self, mark: str | None, item_ids: Ints, names: Names) -> bool:
        """Whether these are the scores for such a question."""
        return mark is not None and self.mark == mark and self.names == names and np.array_equal(self.item_ids, item_ids)


class Shelf:
    """The scores read last, at most ``most`` bytes of them. Threads may share it."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept = dict[tuple[str, int, str], Scores]()
        self._lock = Lock()

    def scores(self, store: Store, project_id: int, version: str, item_ids: Ints, names: Names) -> Scores:
        """A model version's scores of these items: those read before, unless predictions, items or labels have changed."""
        key, mark = (str(store.path.resolve()), project_id, version), store.predictions_mark(project_id, version)
        with self._lock:
            kept = self._kept.get(key)
        found = kept if kept is not None and kept.still(mark, item_ids, names) else None
        found = found or _read(store, project_id, version, mark, item_ids, names)
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = found
            while self._kept and sum(one.size for one in self._kept.values()) > self.most:
                del self._kept[next(iter(self._kept))]
        return found


SHELF = Shelf()


def _read(store: Store, project_id: int, version: str, mark: str | None, item_ids: Ints, names: Names) -> Scores:
    scores, times = np.full((len(item_ids), names.width), np.nan), np.full(len(item_ids), "", dtype="U32")
    place = {int(item_id): row for row, item_id in enumerate(item_ids)}
    meant: dict[str, tuple[int, str] | None] = {}
    for item_id, _, at, given in store.dated_predictions(project_id, version):
        if (row := place.get(item_id)) is None:  # came after the rating
            continue
        for name in given.keys() - meant.keys():
            meant[name] = names.of(name)
        times[row], scores[row] = at, _line(given, at, meant, names.width)
    scores.flags.writeable = times.flags.writeable = False
    return Scores(mark, item_ids.copy(), names, scores, times)


def _line(given: Mapping[str, float], at: str, meant: Mapping[str, tuple[int, str] | None], width: int) -> list[float]:
    """An item's scores, nan where none is given; of several for one label, which merged labels are, the highest."""
    line = [np.nan] * width
    for name, score in given.items():
        if (found := meant[name]) is not None and at >= found[1] and not score <= line[found[0]]:
            line[found[0]] = score
    return line
