"""Label names as one file writes them: cleaned, and unified where they differ only in case or blanks."""

from __future__ import annotations

from collections.abc import Iterable

from data.errors import InvalidInput
from data.imports.cells import BadCell
from data.store.labels import clean_label


class LabelNames:
    """The first spelling of every label stands for all of them."""

    def __init__(self) -> None:
        self._spelling: dict[str, str] = {}
        self._cleaned: dict[str, str] = {}
        self._variants: dict[str, set[str]] = {}

    def unify(self, names: Iterable[str], column: str | None) -> tuple[str, ...]:
        """The labels in the order given, each once."""
        return tuple(dict.fromkeys(self._one(name, column) for name in names))

    def _one(self, name: str, column: str | None) -> str:
        if name not in self._cleaned:
            try:
                cleaned = clean_label(name)
            except InvalidInput as error:
                raise BadCell(column, name, "the label has no valid name", str(error)) from error
            spelling = self._spelling.setdefault(cleaned.casefold(), cleaned)
            if spelling != cleaned or name != cleaned:
                self._variants.setdefault(spelling, set()).add(name)
            self._cleaned[name] = spelling
        return self._cleaned[name]

    def warnings(self) -> list[str]:
        """One sentence for every label that was written in several ways."""
        return [
            f"The label {name!r} is also written {', '.join(map(repr, sorted(others)[:5]))}: they are taken as one."
            for name, others in sorted(self._variants.items())
        ]
