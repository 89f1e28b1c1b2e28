"""Labels by number as an export calls them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from data.records import Label, Review
from data.store import Store
from data.store.labels import there


class Names:
    """A project's labels by number as they are called now; a merged label goes by the one it was merged into."""

    def __init__(self, store: Store, project_id: int) -> None:
        labels = store.labels(project_id, retired=True)
        by_id = {label.id: label for label in labels}
        self._current = {label.id: by_id.get(label.merged_into or label.id, label) for label in labels}
        self._away = store.retired_periods(project_id)
        self.in_use = [label for label in labels if label.merged_into is None and label.retired_at is None]
        out = {at for label in self.in_use for period in self._away.get(label.id, ()) for at in period if at is not None}
        self._turns = sorted(out | {label.created_at for label in self.in_use})
        self._absent = dict[int, list[Label]]()

    def of(self, ids: Iterable[int]) -> list[str]:
        """The names of these labels, each once."""
        return list(dict.fromkeys(self._current[label_id].name for label_id in ids))

    def unknown(self, review: Review) -> list[str]:
        """The labels in use that the review does not name and that were not in use when it was given, or were reset since."""
        if not (absent := self._absent_at(review.at)):
            return []
        named = {self._current[label_id].id for label_id in (*review.assigned, *review.dismissed)}
        return [label.name for label in absent if label.id not in named]

    def _absent_at(self, at: str) -> list[Label]:
        """The labels in use that were not in use at a moment; they are the same from one turn of the taxonomy to the next."""
        turn = bisect_right(self._turns, at)
        if turn not in self._absent:
            self._absent[turn] = [label for label in self.in_use if not there(label, at, self._away)]
        return self._absent[turn]
