"""Argilla 2, flat: the columns of its Hugging Face export, as JSON Lines or Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from data.errors import ImportFailed
from data.formats.argilla_flat import HEAD, NEWEST, OWN, PART, SCORES, write_flat_lines, write_flat_parquet
from data.formats.argilla_record import DISCARDED, DRAFT, SUBMITTED, Answer, Entries, Entry, vectors_note
from data.formats.base import Keeps, ToolFormat, each
from data.formats.fields import item_date, kept, media_key, text_key
from data.formats.typed import metadata_of
from data.imports.cells import BadCell, label_scores, moment, plain_text, seconds_of
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.records import SOURCES, ImportRow


def recognises(shape: Shape) -> bool:
    """Whether the columns are those of a flat export."""
    columns = set(shape.columns)
    answered = any(f"{column}.users" in columns for column in columns if column.endswith(".responses"))
    suggested = any(f"{column}.agent" in columns for column in columns if column.endswith(".suggestion"))
    return answered or suggested or ({*HEAD} <= columns and "fields" not in columns)


def questions(shape: Shape) -> tuple[str, ...]:
    """The questions whose answers can be labels: those with lists first, then those with one word or number."""
    found = dict.fromkeys(match[1] for column in shape.columns if (match := PART.fullmatch(column)))
    several = [name for name in found if _kind(shape, name) == "list"]
    return (*several, *(name for name in found if _kind(shape, name) == "one"))


def _kind(shape: Shape, question: str) -> str | None:
    """What the answers of a question are: lists of names, one name each, or (None) something that is no label."""
    answers = [value for _, cells in shape.sample for value in cells.get(f"{question}.responses") or ()]
    values = [v for v in (*answers, *(cells.get(f"{question}.suggestion") for _, cells in shape.sample)) if v is not None]
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    if not all(isinstance(part, str | int) for part in parts):
        return None
    return "list" if any(isinstance(value, list) for value in values) else "one"


def chosen(found: tuple[str, ...], options: ImportOptions) -> tuple[str, list[str]]:
    """The question that holds the labels, and a warning if others could; raises ImportFailed if it has not the one asked for."""
    if options.question is not None and options.question not in found:
        there = ", ".join(map(repr, found)) or "none"
        raise ImportFailed(f"The file has no question {options.question!r} that holds labels. Choose one of them: {there}.")
    if options.question is not None or len(found) < 2:
        return options.question or (found[0] if found else "labels"), []
    others = ", ".join(map(repr, found[1:]))
    return found[0], [f"The labels are the answers to {found[0]!r}. The file has other questions too: {others}; they are kept."]


class FlatReader:
    """Reads the records of a flat export once."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.question, self.said = chosen(questions(shape), options)
        self.entries = Entries(self.question, options)
        self.base = f"{self.question}.responses"
        self.ours = f"{self.base}.annotators" in shape.columns
        self.known: dict[str, bool] = {}  # by column: whether it is no field of the person's
        sample = [cells for _, cells in shape.sample]
        free = [column for column in shape.columns if not self._structural(column)]
        self.vectors = {} if self.ours else {column: size for column in free if (size := _vector(sample, column))}
        given = (value for cells in sample for value in cells.get(self.base) or ())
        self.numbers = any(isinstance(value, int) for value in given)
        self.text = text_key(sample, lambda key: key not in free)
        self.media = media_key(free)

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for each judgement; see :class:`Entries`."""
        return each(records, lambda cells: self.entries.rows(self.entry(cells)))

    def warnings(self) -> list[str]:
        """What a person should know about the rows read so far."""
        vectors = [vectors_note(column, size) for column, size in self.vectors.items()]
        return [*self.said, *vectors, *self.entries.warnings()]

    def _structural(self, column: str) -> bool:
        if column not in self.known:
            own = {f"{self.base}.{name}" for name in OWN} | {SCORES, *NEWEST} if self.ours else set()
            self.known[column] = column in HEAD or column in own or PART.fullmatch(column) is not None
        return self.known[column]

    def entry(self, cells: Mapping[str, Any]) -> Entry:
        """What a record says."""
        rest = self._rest(cells)
        metadata = self._metadata(cells)
        answers = tuple(self._answers(cells, metadata))
        at, said = item_date(metadata)
        metadata.pop(said or "", None)
        media = cells.get(self.media) if self.media else None
        return Entry(
            uid=plain_text(cells.get("id"), "id"), text=plain_text(cells.get(self.text or "") or "", self.text),
            media=plain_text(media, self.media).strip() or None, metadata=metadata, at=at,
            completed=cells.get("status") == "completed", answers=answers, others=self._others(cells),
            scores=self._scores(cells, rest), agent=cells.get(f"{self.question}.suggestion.agent"), rest=rest,
        )  # fmt: skip

    def _metadata(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        named = (self.text, self.media)
        free = {k: v for k, v in cells.items() if k not in named and k not in self.vectors and not self._structural(k)}
        return metadata_of(free) if self.ours else kept(free)

    def _rest(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """What Argilla needs back: its own id, and all of the other questions."""
        other = {column: cell for column, cell in cells.items() if _foreign(column, self.question)}
        named = {"text": self.text} if self.text not in (None, "text") else {}
        return kept({"_server_id": cells.get("_server_id"), **named, **other})

    def _answers(self, cells: Mapping[str, Any], metadata: dict[str, Any]) -> Iterator[Answer]:
        values = _list(cells, self.base)
        users, states = (_list(cells, f"{self.base}.{part}", len(values)) for part in ("users", "status"))
        own = {name: _list(cells, f"{self.base}.{name}", len(values)) for name in OWN}
        sent = metadata.get("selection_source") in SOURCES and moment(metadata.get("updated_at"))
        if not self.ours and len(values) == 1 and sent:
            own |= {name: [metadata.pop(name, None)] for name in NEWEST}  # it has been through Argilla
        for place, value in enumerate(values):
            given = {name: own[name][place] for name in OWN}
            yield self._answer(users[place], value, states[place], given)

    def _answer(self, user: Any, value: Any, status: Any, own: Mapping[str, Any]) -> Answer:
        if status is not None and status not in (SUBMITTED, DISCARDED, DRAFT):
            raise BadCell(f"{self.base}.status", status, "the status is not known", "Use submitted, discarded or draft.")
        source = own["selection_source"]
        return Answer(
            plain_text(own["annotators"] or user, f"{self.base}.users"), value, status, moment(own["updated_at"]),
            seconds_of(own["lead_time_s"], "lead_time_s"), source if source in SOURCES else "import",
        )  # fmt: skip

    def _others(self, cells: Mapping[str, Any]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for column in cells:
            if column.endswith(".responses.users") and column != f"{self.base}.users":
                users = _list(cells, column)
                found.update(zip(map(str, users), _list(cells, column.removesuffix("users") + "status", len(users)), strict=True))
        return found

    def _scores(self, cells: Mapping[str, Any], rest: dict[str, Any]) -> Mapping[str, float] | None:
        if self.ours and (scores := label_scores(cells.get(SCORES), SCORES)) is not None:
            return scores
        name = f"{self.question}.suggestion"
        if isinstance(cells.get(name), int) and not self.numbers:  # a class, by its number
            self.entries.noted["numbered"] += 1
            return None
        return self.entries.suggestion(cells.get(name), cells.get(f"{name}.score"), rest)


@lru_cache(maxsize=4096)
def _foreign(column: str, question: str) -> bool:
    """Whether a column is that of another question."""
    match = PART.fullmatch(column)
    return match is not None and match[1] != question


def _list(cells: Mapping[str, Any], column: str, size: int | None = None) -> list[Any]:
    """The list in a column; without one, nothing for each of ``size``."""
    found = cells.get(column)
    if found is None:
        return [None] * (size or 0)
    if not isinstance(found, list) or (size is not None and len(found) != size):
        rule = "the lists of answers, people and statuses must be equally long"
        raise BadCell(column, found, rule, "Export the records from Argilla again.")
    return found


def _vector(sample: list[dict[str, Any]], column: str) -> int | None:
    """How many numbers an item has in this column, if it is one of vectors."""
    cells = [cell for cells in sample if (cell := cells.get(column)) is not None]
    sizes = {len(cell) if isinstance(cell, list) and all(isinstance(x, float | int) for x in cell) else 0 for cell in cells}
    return sizes.pop() or None if len(sizes) == 1 else None


_KEEPS = Keeps(
    dismissed=False, partial="such a review goes out as a draft", note=False, confirmed=False,
    time="in columns that Argilla takes as metadata at most", seconds="in columns that Argilla takes as metadata at most",
    source="in columns that Argilla takes as metadata at most",
    scores="labels of at least 0.5 are suggested with their scores, all stand in the column label_scores; one model an item",
)  # fmt: skip
LINES = ToolFormat(
    "argilla", "Argilla 2", frozenset({"jsonl", "json", "parquet", "arrow"}), ".jsonl", _KEEPS,
    recognises, FlatReader, write_flat_lines, questions,
)  # fmt: skip
PARQUET = ToolFormat(
    "argilla-parquet", "Argilla 2 (Parquet)", frozenset({"parquet"}), ".parquet", _KEEPS, recognises, None, write_flat_parquet
)
