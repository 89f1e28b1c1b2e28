"""Labels by number as an export calls them."""

from __future__ import annotations

from collections.abc import Iterable

from data.records import Label, Review


class Names:
    """Labels by number as they are called now; a merged label goes by the one it was merged into."""

    def __init__(self, labels: list[Label]) -> None:
        by_id = {label.id: label for label in labels}
        self._current = {label.id: by_id.get(label.merged_into or label.id, label) for label in labels}
        self._since = {label.id: max(label.created_at, label.reset_at or "") for label in labels}
        self.in_use = [label for label in labels if label.merged_into is None and label.retired_at is None]

    def of(self, ids: Iterable[int]) -> list[str]:
        """The names of these labels, each once."""
        return list(dict.fromkeys(self._current[label_id].name for label_id in ids))

    def unknown(self, review: Review) -> list[str]:
        """The labels in use that came into being or were reset after the review, and that it does not name."""
        named = {self._current[label_id].id for label_id in (*review.assigned, *review.dismissed)}
        return [label.name for label in self.in_use if self._since[label.id] > review.at and label.id not in named]
